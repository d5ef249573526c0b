"""The hub's own pages over HTTP: signing in and out, the language, health."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from inspection_app import access
from inspection_app.core.visit import Appointment, Description, Role, Stage, Visit
from inspection_app.routes import WrongCodes
from inspection_app.services import consolidate, join, screen
from inspection_app.store import panel, visits
from inspection_app.store.file import VisitFile, new_file
from tests.hub import free_port, hub
from tests.services.conftest import EXPERT as EXPERT_NAME
from tests.services.conftest import NOW, dump, scene_at

SLUG = "云溪县-20260406"
SECRETARY, EXPERT = "7KQ4-PX2M", "ABCD-EFGH"
DEMO = [{"label": "专家 李敏", "code": EXPERT}]


def make_visit(folder: Path, slug: str = SLUG, applicant: str = "云溪县") -> VisitFile:
    description = Description(applicant, "county", date(2026, 4, 6), date(2026, 4, 7), "云溪县人民政府")
    created = datetime(2026, 4, 1, tzinfo=UTC)
    with new_file(folder, slug) as (file, db):
        visit = Visit("v", description, Stage.SCORE, "henan-county", "1", "0" * 64, 5, "", created)
        visits.insert(db, visit, "a rubric", b"salt")
        for name, role, code in (("陈晓", Role.SECRETARY, SECRETARY), ("李敏", Role.EXPERT, EXPERT)):
            panel.set_code(db, panel.appoint(db, Appointment(name, role)), access.hash_code(code, b"salt"))
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "visits"
    make_visit(folder)
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with hub(folder) as url:
        yield url


def get(address: str, **options: object) -> requests.Response:
    return requests.get(address, allow_redirects=False, timeout=20, **options)  # type: ignore[arg-type]


def post_code(url: str, code: str, slug: str = SLUG, **headers: str) -> requests.Response:
    form = {"visit": slug, "code": code}
    return requests.post(url + "/sign-in", data=form, headers=headers, allow_redirects=False, timeout=20)


def session_of(answer: requests.Response, folder: Path) -> access.Session | None:
    return access.read_session(answer.cookies[access.COOKIE], access.hub_secret(folder))


def test_health(url: str) -> None:
    """The health route answers in one word."""
    answer = get(url + "/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_health_says_when_the_visits_are_gone(tmp_path: Path) -> None:
    """A folder that cannot be reached (a pulled stick) makes the hub unhealthy."""
    folder = tmp_path / "visits"
    with hub(folder) as url:
        folder.rename(tmp_path / "elsewhere")
        assert get(url + "/healthz").status_code == 503


def test_sign_in_page(url: str) -> None:
    """The page is Chinese by default, says which visit it is for, and its field suits a tablet's keyboard."""
    page = get(url + f"/sign-in?visit={SLUG}")
    assert page.status_code == 200
    assert '<html lang="zh-CN">' in page.text
    assert "云溪县" in page.text
    assert "2026年4月6日" in page.text
    for attribute in ('autocomplete="off"', 'autocapitalize="characters"', 'inputmode="text"'):
        assert attribute in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "http://" not in page.text.replace(url, "")
    assert "https://" not in page.text


def test_sign_in_page_in_english(url: str) -> None:
    """The language cookie decides the page's language and its lang attribute."""
    page = get(url + f"/sign-in?visit={SLUG}", cookies={"inspection_language": "en"})
    assert '<html lang="en">' in page.text
    assert "Your personal code" in page.text
    assert "April 6, 2026 to April 7, 2026" in page.text


@pytest.mark.parametrize("typed", [EXPERT, "abcd efgh", "ＡＢＣＤ－ＥＦＧＨ"])
def test_right_code(url: str, folder: Path, typed: str) -> None:
    """A code signs its owner in, however the keyboard wrote it; scripts cannot read the cookie."""
    answer = post_code(url, typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={access.COOKIE_SECONDS}"):
        assert part in cookie
    session = session_of(answer, folder)
    assert session is not None
    actor, member = join.actor_of(VisitFile(folder / f"{SLUG}.visit"), session)
    assert (member.name, actor.role) == ("李敏", Role.EXPERT)


def test_cookie_outlives_a_power_cut(tmp_path: Path) -> None:
    """After kill -9 and a new start on the same port, a cookie from before is still good, and so are Streamlit's."""
    folder, port = tmp_path / "visits", free_port()
    make_visit(folder)
    with hub(folder, port) as url:
        answer = post_code(url, SECRETARY)
        secret = access.hub_secret(folder)
    with hub(folder, port) as url:
        assert access.hub_secret(folder) == secret
        assert session_of(answer, folder) == access.Session(SLUG, 1, 1, "v")
        assert session_of(post_code(url, SECRETARY), folder) == access.Session(SLUG, 1, 1, "v")


def test_wrong_code(url: str) -> None:
    """A wrong code sets nothing; the page comes back with the fault and with what was typed, as text."""
    answer = post_code(url, '"><b>7KQ4')
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert 'role="alert"' in answer.text
    assert "&gt;&lt;b&gt;7KQ4" in answer.text
    assert "<b>" not in answer.text


def test_too_many_wrong_codes(tmp_path: Path) -> None:
    """After ten wrong codes even the right one has to wait, by form and by link, and the page says how long."""
    folder = tmp_path / "visits"
    make_visit(folder)
    with hub(folder) as url:
        assert [post_code(url, "WRNG-2222").status_code for _ in range(10)] == [401] * 10
        answer = post_code(url, SECRETARY)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 300
        assert "Set-Cookie" not in answer.headers
        assert get(url + f"/join/{SLUG}/{SECRETARY}").status_code == 429


def test_wrong_codes_sent_at_once(tmp_path: Path) -> None:
    """Of forty wrong codes sent at the same moment ten are looked at: a try counts before it is known to be wrong."""
    folder = tmp_path / "visits"
    make_visit(folder)
    with hub(folder) as url, ThreadPoolExecutor(40) as senders:
        found = Counter(senders.map(lambda _: post_code(url, "WRNG-2222").status_code, range(40)))
    assert found == {401: 10, 429: 30}


def test_right_codes_are_not_counted(tmp_path: Path) -> None:
    """A tablet that is passed around signs in as often as people like."""
    folder = tmp_path / "visits"
    make_visit(folder)
    with hub(folder) as url:
        assert [post_code(url, EXPERT).status_code for _ in range(15)] == [303] * 15


def test_wrong_codes_are_forgotten_one_by_one() -> None:
    """The wait ends when the oldest of the last three leaves the window, and belongs to one address only."""
    now = [0.0]
    wrong = WrongCodes(limit=3, window=300, clock=lambda: now[0])
    for at in (0, 100, 250):
        now[0] = at
        assert wrong.wait("10.0.0.7", "a") == 0
    assert (wrong.wait("10.0.0.7", "a"), wrong.wait("10.0.0.8", "a")) == (50, 0)
    now[0] = 300
    assert wrong.wait("10.0.0.7", "a") == 0
    assert wrong.wait("10.0.0.7", "b") == 100  # another visit does not help
    wrong.right("10.0.0.7", "a")
    assert wrong.wait("10.0.0.7", "a") == 0


def test_many_addresses_do_not_help() -> None:
    """Past a visit's limit only who has made no mistake has a try, one; other visits go on."""
    wrong = WrongCodes(limit=10, everywhere=20, clock=lambda: 0.0)
    assert sum(wrong.wait(f"10.0.0.{n % 5}", "a") == 0 for n in range(100)) == 20
    assert [wrong.wait("10.0.1.1", "a") for _ in range(2)] == [0, 300]
    assert [wrong.wait("10.0.1.2", "b") for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://[*a,*a]", "[", ""])
def test_form_of_another_website_is_refused(url: str, origin: str) -> None:
    """A page of another website cannot sign anybody in, right code or not."""
    answer = post_code(url, SECRETARY, Origin=origin)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_own_form_is_taken(url: str) -> None:
    """Our own page's form, with the Origin a browser sends along, is taken."""
    assert post_code(url, SECRETARY, Origin=url).status_code == 303


def test_sign_out(url: str) -> None:
    """Signing out removes the cookie."""
    answer = get(url + "/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert f'{access.COOKIE}=""' in answer.headers["Set-Cookie"]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("back", "location"),
    [
        ("/score?item=6", "/score?item=6"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nX-Bad: 1", "/"),
        ("/\t/evil.example", "/"),
    ],
)
def test_language(url: str, back: str, location: str) -> None:
    """Choosing a language is remembered and leads back, but never off this hub."""
    answer = get(url + f"/language/en?back={quote(back)}")
    assert (answer.status_code, answer.headers["Location"]) == (303, location)
    assert answer.cookies["inspection_language"] == "en"


def test_unknown_language(url: str) -> None:
    """A language that there is no catalogue for changes nothing."""
    assert "Set-Cookie" not in get(url + "/language/xx").headers


def test_join_by_link(url: str, folder: Path) -> None:
    """The link on a personal card signs its owner in; with a wrong code it leads to the sign-in page with the fault."""
    answer = get(url + f"/join/{SLUG}/{EXPERT}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert session_of(answer, folder) == access.Session(SLUG, 2, 1, "v")
    wrong = get(url + f"/join/{SLUG}/WRNG-2222")
    assert wrong.status_code == 401
    assert 'name="code"' in wrong.text
    assert "Set-Cookie" not in wrong.headers


@pytest.mark.parametrize("slug", ["nowhere", "../visits/" + SLUG, "a/../" + SLUG])
def test_unknown_visit(url: str, slug: str) -> None:
    """A visit that is not there, or a path made up, is not found, with a way home."""
    for answer in (get(url + "/sign-in", params={"visit": slug}), post_code(url, SECRETARY, slug)):
        assert answer.status_code == 404
        assert 'href="/"' in answer.text


def test_no_visit_named(url: str, tmp_path: Path) -> None:
    """Without a visit in the address: the only one, a choice of several, or what to do first."""
    assert get(url + "/sign-in").headers["Location"] == f"/sign-in?visit={quote(SLUG)}"
    folder = tmp_path / "visits"
    with hub(folder) as other:
        assert 'href="/"' in get(other + "/sign-in").text
        make_visit(folder, "a", "甲县")
        make_visit(folder, "b", "乙市")
        (folder / "broken.visit").write_bytes(b"not a database, only bytes" * 100)
        page = get(other + "/sign-in")
        assert page.status_code == 200
        assert ["甲县" in page.text, "乙市" in page.text, "/sign-in?visit=b" in page.text] == [True] * 3
        assert get(other + "/sign-in?visit=broken").status_code == 404


@pytest.mark.parametrize("path", ["/", "/sign-in", f"/join/{SLUG}/{EXPERT}"])
def test_wechat(url: str, path: str) -> None:
    """Inside WeChat every page asks to be opened in the browser; nobody is signed in there."""
    agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0.40", "Accept": "text/html,*/*"}
    answer = get(url + path, headers=agent)
    assert answer.status_code == 200
    assert url + "/" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_sample_people(folder: Path, tmp_path: Path) -> None:
    """A demo offers its fictional people as buttons; an ordinary hub offers nobody."""
    other = tmp_path / "visits"
    make_visit(other)
    with hub(other, environment={"INSPECTION_DEMO_CODES": json.dumps(DEMO)}) as url:
        assert f'<button name="code" value="{EXPERT}">专家 李敏</button>' in get(url + f"/sign-in?visit={SLUG}").text


def test_no_sample_people_otherwise(url: str) -> None:
    """An ordinary hub shows no codes."""
    assert '<button name="code"' not in get(url + f"/sign-in?visit={SLUG}").text


def test_the_public_screen_tells_nothing_else(tmp_path: Path) -> None:
    """Every text of a decided visit that is not meant for the room (names, phones, numbers, notes, reasons, marks, codes,
    secrets) is looked for in every answer of the public screen, whatever it shows: none is there."""
    folder = tmp_path / "visits"
    scene = scene_at(folder, Stage.CONSOLIDATE)
    consolidate.adjudicate(scene.file, scene.chair, "4", "3", "合议定为三分", "", NOW)
    tables = dump(scene.file)
    public = {row["name"] for row in tables["card"]} | {row["name"] for row in tables["site"]}
    columns = {
        "member": ("name", "organisation", "speciality", "code_hash"),
        "citizen": ("name", "birth", "phone", "id_number", "id_digest", "household", "others"),
        "annex": ("nonce", "identity"), "answer": ("note", "answers"), "adjudication": ("reason", "points"),
        "veto_decision": ("proof",), "gate_decision": ("proof",), "figure": ("value", "source"), "log": ("hash",),
        "declaration": ("conflict",), "finding": ("text",),
    }  # fmt: skip
    secret = {str(row[name]) for table, names in columns.items() for row in tables[table] for name in names} - public
    secret = {text for text in secret if len(text) > 1 and text not in {"{}", "[]"}}
    assert len(secret) > 80
    assert {"合议定为三分", EXPERT_NAME} <= secret
    marks = {str(mark) for row in tables["answer"] for mark in re.findall(r"\d+\.\d+", row["answers"])}
    told = []
    with hub(folder) as url:
        for shows in screen.Shows:
            screen.lead_screen(scene.file, scene.secretary, shows, NOW)
            for path in ("/screen", f"/screen/{quote(scene.file.slug)}", f"/screen/{quote(scene.file.slug)}/now"):
                answer = requests.get(url + path, timeout=20)
                assert answer.status_code == 200
                told.append(answer.text)
                assert "Set-Cookie" not in answer.headers
    for text in told:
        words = re.sub(r"<(style|script).*?</\1>", "", text, flags=re.DOTALL)
        # a mark is a number of its own, not a part of a ticket
        assert [word for word in secret | marks if re.search(rf"(?<![\d.]){re.escape(word)}(?![\d.])", words)] == []
