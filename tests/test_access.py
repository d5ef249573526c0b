"""Codes, sessions and the hub's secret."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import stat
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from inspection_app import server
from inspection_app.access import (
    ALPHABET,
    CODE_LENGTH,
    COOKIE,
    COOKIE_SECONDS,
    Session,
    backup_passphrase,
    hash_code,
    hub_secret,
    new_code,
    read_session,
    sign_session,
)
from inspection_app.errors import PermissionDenied
from inspection_app.services import join, prepare
from tests.services.conftest import Scene, create
from tests.soak import fuzz_routes
from tests.soak.fuzz_routes import HOST, cookie_of, hub_app, request_of

SECRET = bytes(range(32))
SESSION = Session("清溪县-2026-05-12", 3, 2, "5c0e")


def test_the_alphabet_has_no_twins() -> None:
    """32 signs, so that five bits are a sign; none that is read as another on paper."""
    assert len(set(ALPHABET)) == len(ALPHABET) == 32
    assert not set(ALPHABET) & set("01IO")
    assert ALPHABET.isascii()
    assert ALPHABET.upper() == ALPHABET


def test_every_code_is_as_likely() -> None:
    """A code takes one byte a sign and each sign stands for eight of the 256 bytes: no sign is favoured."""
    asked: list[int] = []

    def entropy(count: int) -> bytes:
        asked.append(count)
        return bytes([0, 31, 32, 255, 7, 8, 9, 10])

    assert new_code(entropy) == "2Z2Z-9ABC"
    assert asked == [CODE_LENGTH]
    signs = Counter(new_code(lambda count, byte=byte: bytes([byte] * count))[0] for byte in range(256))  # type: ignore[misc]
    assert signs == dict.fromkeys(ALPHABET, 8)


@pytest.mark.parametrize(
    "typed",
    ["7KQ4-PX2M", "7kq4px2m", " 7kq4 px2m ", "７ＫＱ４－ＰＸ２Ｍ", "7kq4—px2m",
     "７ｋｑ４　ｐｘ２ｍ", "7KQ4\u200bPX2M\n"],
)
def test_a_code_is_known_however_it_is_typed(typed: str) -> None:
    """Case, full width, blanks, hyphens and dashes of every kind make no difference."""
    assert hash_code(typed, b"salt") == hash_code("7KQ4-PX2M", b"salt")


@pytest.mark.parametrize("typed", ["", "7KQ4-PX2", "7KQ4-PX2N", "PX2M-7KQ4", "7KQ4-PX2M2"])
def test_another_code_is_another(typed: str) -> None:
    """One sign less, more, other or elsewhere does not open."""
    assert hash_code(typed, b"salt") != hash_code("7KQ4-PX2M", b"salt")


def test_the_hash_tells_nothing() -> None:
    """The hash is 64 hex digits, holds no code, and with another salt it is another."""
    one, other = hash_code("7KQ4-PX2M", b"one"), hash_code("7KQ4-PX2M", b"other")
    assert one != other
    assert len(bytes.fromhex(one)) == 32
    assert hash_code("7KQ4-PX2M", b"other") != one


def test_a_session_comes_back() -> None:
    """What was signed reads as it was, and stands in a cookie as it is."""
    cookie = sign_session(SESSION, SECRET)
    assert read_session(cookie, SECRET) == SESSION
    assert cookie.isascii()
    assert not set(cookie) & set(' ";,\\')


def test_an_altered_session_is_refused() -> None:
    """Whichever sign of a cookie is changed or left out, nobody is signed in as somebody else."""
    cookie = sign_session(SESSION, SECRET)
    for place, sign in enumerate(cookie):
        other = "A" if sign != "A" else "B"
        for altered in (cookie[:place] + other + cookie[place + 1 :], cookie[:place] + cookie[place + 1 :]):
            assert read_session(altered, SECRET) in {None, SESSION}  # the last sign carries spare bits
    payload, signature = cookie.rsplit(".", 1)
    elsewhere = sign_session(Session(SESSION.slug, 1, 2, "5c0e"), SECRET).rsplit(".", 1)[0]
    assert read_session(f"{elsewhere}.{signature}", SECRET) is None
    assert read_session(payload, SECRET) is None


@pytest.mark.parametrize("cookie", ["", ".", "x", "字", "a.b.c", "W10.", "\x00", "." * 10_000])
def test_what_is_no_session_is_none(cookie: str) -> None:
    """Anything may stand in a cookie; nothing of it raises."""
    assert read_session(cookie, SECRET) is None


def test_another_hubs_session_is_refused() -> None:
    """A cookie that another secret signed, or this one for another purpose, opens nothing here."""
    assert read_session(sign_session(SESSION, bytes(32)), SECRET) is None
    for_something_else = URLSafeTimedSerializer(SECRET, salt="something else").dumps(["清溪县-2026-05-12", 3, 2, "5c0e"])
    assert read_session(str(for_something_else), SECRET) is None


@pytest.mark.parametrize("content", [[], ["x"], ["x", "y", "z"], {"a": 1}, None, 7, ["x", None, 1], ["x", 1, 1]])
def test_a_signed_something_else_is_none(content: object) -> None:
    """What an older or newer version may have signed is no session, and raises nothing."""
    for kind in (URLSafeSerializer, URLSafeTimedSerializer):
        signed = kind(SECRET, salt="inspection-session").dumps(content)
        assert read_session(str(signed), SECRET) is None


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    """The first call makes the folder and 32 bytes; later calls, in any process, read the same."""
    folder = tmp_path / "new" / "visits"
    secret = hub_secret(folder)
    assert len(secret) == 32
    assert hub_secret(folder) == secret != hub_secret(tmp_path / "other")
    assert [path.name for path in folder.iterdir()] == [".hub-secret"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_secret_is_for_its_owner(tmp_path: Path) -> None:
    """Nobody else on the machine can read it, whatever the umask."""
    before = os.umask(0)
    try:
        hub_secret(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / ".hub-secret").stat().st_mode) == 0o600


def test_everybody_gets_the_same_secret(tmp_path: Path) -> None:
    """Sign-ins that come at the same moment, on the first start, are all signed with the secret that stays."""
    start = threading.Barrier(16)

    def ask(_: int) -> bytes:
        start.wait()
        return hub_secret(tmp_path)

    with ThreadPoolExecutor(16) as requests:
        secrets = set(requests.map(ask, range(16)))
    assert secrets == {hub_secret(tmp_path)}


@pytest.mark.parametrize("rest", [b"", b"short"])
def test_half_a_secret_is_not_used(tmp_path: Path, rest: bytes) -> None:
    """A file that a full disk left empty or short is no secret: anybody could sign with it."""
    (tmp_path / ".hub-secret").write_bytes(rest)
    secret = hub_secret(tmp_path)
    assert len(secret) == 32
    assert hub_secret(tmp_path) == secret


def test_a_session_ends(tmp_path: Path) -> None:
    """A week after it was signed a cookie opens nothing; a clock that is set back by an hour signs nobody out."""
    cookie, now = sign_session(SESSION, SECRET), time.time()
    assert COOKIE_SECONDS == 7 * 24 * 3600
    for seconds, expected in ((COOKIE_SECONDS - 9, SESSION), (COOKIE_SECONDS + 9, None), (-3600, SESSION)):
        assert read_session(cookie, SECRET, lambda seconds=seconds: now + seconds) == expected  # type: ignore[misc]


def test_a_session_without_an_end_is_refused() -> None:
    """What is signed without a time, as an early release did, is no session."""
    endless = URLSafeSerializer(SECRET, salt="inspection-session").dumps(["x", 3, 2, "5c0e"])
    assert read_session(str(endless), SECRET) is None


def test_a_code_is_forty_random_bits() -> None:
    """Two codes differ in whatever eight random bytes differ: 32 to the power of 8 codes."""
    assert len(ALPHABET) ** CODE_LENGTH == 2**40
    assert len({new_code(os.urandom) for _ in range(2000)}) == 2000


def test_the_passphrase_of_snapshots_is_made_once(tmp_path: Path) -> None:
    """Five groups of four signs, 100 bits, the same after every start, for its owner alone."""
    passphrase = backup_passphrase(tmp_path)
    assert [len(group) for group in passphrase.split("-")] == [4] * 5
    assert set(passphrase) <= {*ALPHABET, "-"}
    assert backup_passphrase(tmp_path) == passphrase != backup_passphrase(tmp_path / "other")
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / ".backup-passphrase").stat().st_mode) == 0o600


# --- over the routes, with the middleware of the hub ----------------------------------------------------------------


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return create(tmp_path_factory.mktemp("access") / "visits")


@pytest.fixture
def ask(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """Ask the hub's own app inside this process for the expert's sheet; return the status of the answer."""
    monkeypatch.setenv("INSPECTION_VISITS", str(scene.file.path.parent))
    with asyncio.Runner() as runner:

        def status(cookie: str) -> int:
            headers = {"host": HOST, "cookie": f"{COOKIE}={cookie}"}
            parts = json.dumps({"query": {"visit": scene.file.slug}, "headers": headers}).encode()
            _parts, scope, body = request_of("GET", "/pad/sheet", parts, {}, "http")
            return runner.run(fuzz_routes.ask(hub_app(), scope, body)).status

        yield status


def test_a_session_that_ended_opens_no_route(
    scene: Scene, ask: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cookie signed a week and a minute ago is refused by a route; the same one signed now is taken."""
    own = cookie_of(scene)
    with monkeypatch.context() as earlier:
        before = time.time() - COOKIE_SECONDS - 60
        earlier.setattr("itsdangerous.timed.time.time", lambda: before)
        old = cookie_of(scene)
    assert (ask(own), ask(old), ask("")) == (200, 401, 401)


def test_a_session_of_another_visit_opens_no_route(scene: Scene, ask: Callable[..., int]) -> None:
    """Neither a cookie for a visit of another name, nor one for an earlier visit of this very name."""
    secret, expert = hub_secret(scene.file.path.parent), scene.expert.member_id
    visit = prepare.outline(scene.file).visit.id
    assert ask(sign_session(Session(scene.file.slug, expert, 1, visit), secret)) == 200
    assert ask(sign_session(Session("elsewhere", expert, 1, visit), secret)) == 403
    assert ask(sign_session(Session(scene.file.slug, expert, 1, "another"), secret)) == 401
    assert ask(sign_session(Session(scene.file.slug, expert, 0, visit), secret)) == 401


def test_codes_are_compared_in_constant_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code is never compared itself: its hash is, with everybody's, by ``hmac.compare_digest``, all of one length."""
    compared: list[tuple[str, str]] = []
    real = hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    with pytest.raises(PermissionDenied):
        join.sign_in(scene.file, "WRNG-2222")
    assert len(compared) == len(scene.people)
    assert {len(bytes.fromhex(text)) for pair in compared for text in pair} == {32}
    assert len({one for one, _other in compared}) == 1


def test_no_code_is_in_the_file(scene: Scene) -> None:
    """The codes of a new visit are in no page of its file and of what lies beside it; their hashes are."""
    kept = b"".join(path.read_bytes() for path in scene.file.path.parent.iterdir() if path.is_file())
    assert kept
    assert [code for code in scene.codes.values() if code.encode() in kept or code.replace("-", "").encode() in kept] == []


@pytest.mark.parametrize(("address", "there"), [("127.0.0.1", True), ("::1", True), ("192.168.8.20", False)])
def test_a_visit_is_made_and_its_first_codes_are_shown_on_the_hub_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, there: bool
) -> None:
    """The page that makes a visit, and shows the first codes once, is there on the hub's own screen; a tablet does not
    get it, whatever address it opens."""
    monkeypatch.setenv("INSPECTION_VISITS", str(tmp_path))
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _context: {}))
    monkeypatch.setattr(ContextProxy, "ip_address", property(lambda _context: address))
    app = AppTest.from_file(str(Path(server.__file__).with_name("app.py")), default_timeout=60)
    app._page_hash = calc_hash("new")
    app.run()
    assert not app.exception
    assert (len(app.text_input) > 5) is there
