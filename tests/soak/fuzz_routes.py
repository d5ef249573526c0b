"""Requests for ``tests.soak.fuzz``: every route of the hub, asked inside this process through the hub's own middleware.

Each route has a visit in a state in which its valid request is taken. What is sent is a JSON text that says the parts of
a request (the path's values, query, headers, body), so that one way of changing reaches all of them; what is no such
text is sent as the body itself. After every request that was taken what it claims is looked up in the visit, and the
visit is put back; a request that was refused must have left the visit's log as it was.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from starlette.applications import Starlette
from starlette.requests import cookie_parser
from starlette.routing import Route

from inspection_app import access, install_page, local_ca, places, routes, scorepad, server
from inspection_app.core.merge import CarriedEntry, CarriedSheet, Stamp
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError
from inspection_app.services import attach, dispute, hand_in, prepare, score
from inspection_app.sheets.answer_file import write_answer_file
from inspection_app.store import sheets as stored_sheets
from inspection_app.store.evidence import Place
from inspection_app.store.file import VisitFile
from tests.services.conftest import EXPERT, NOW, Scene, mark_all, photo, scene_at

Parts = dict[str, Any]
HOST = "127.0.0.1:8501"
_ADDRESSES = count(1)
"""Each request comes from another address: the wait for wrong codes has tests of its own, here codes are read."""


class Traceback(Exception):
    """A traceback was shown to whoever sent the input."""


@dataclass
class Answer:
    """What a route answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Asked:
    """How a route is asked: the visit, the parts of a valid request, and what must hold after one that was taken.

    ``holds`` gets the scene, the parts as they were sent, and the answer; ``own`` says that only who is signed in is
    answered. ``app`` is made once, from the folder of the visits.
    """

    at: Callable[[Path], Scene]
    parts: Callable[[Scene], Parts]
    holds: Callable[[Scene, Parts, Answer], None]
    own: bool = True
    scheme: str = "http"
    share: int = 3
    app: Callable[[Path], Starlette] = field(default=lambda _folder: hub_app())


# --- the hub ---------------------------------------------------------------------------------------------------------


@cache
def hub_app() -> Starlette:
    """The hub's own routes behind its own middleware; Streamlit, which is not ours, is left out."""
    return Starlette(routes=routes.ROUTES, middleware=server.app._user_middleware)


@cache
def install_app(folder: Path) -> Starlette:
    return Starlette(routes=install_routes(folder), middleware=server.app._user_middleware)


def install_routes(folder: Path) -> list[Route]:
    authority = local_ca.authority(folder, ["127.0.0.1"], frozenset({"localhost"}), datetime.now().astimezone())
    return install_page.install_routes(authority, 8501)


# --- the visits -----------------------------------------------------------------------------------------------------


@cache
def _built(stage: Stage) -> Scene:
    return scene_at(Path(tempfile.mkdtemp(prefix="fuzz-")), stage)


def copy_at(stage: Stage, folder: Path) -> Scene:
    """A visit at this stage, of the caller's own."""
    path = shutil.copy(_built(stage).file.path, folder)
    return replace(_built(stage), file=VisitFile(Path(path)))


def scoring(folder: Path) -> Scene:
    return copy_at(Stage.SCORE, folder)


def sealed(folder: Path) -> Scene:
    return copy_at(Stage.SEALED, folder)


def with_photo(folder: Path) -> Scene:
    scene = scoring(folder)
    attach.attach(scene.file, scene.expert, photo("red"), Place(item="1"), NOW)
    return scene


def complete(folder: Path) -> Scene:
    scene = scoring(folder)
    mark_all(scene, EXPERT)
    return scene


def handed_in(folder: Path) -> Scene:
    scene = complete(folder)
    hand_in.hand_in_sheet(scene.file, scene.expert, NOW)
    return scene


def asked_again(folder: Path) -> Scene:
    scene = copy_at(Stage.CONSOLIDATE, folder)
    hand_in.ask_again(scene.file, scene.chair, scene.expert.member_id, "4", "与现场所见不符", NOW)
    return scene


# --- what is sent ---------------------------------------------------------------------------------------------------


def cookie_of(scene: Scene) -> str:
    visit = prepare.outline(scene.file).visit.id
    session = access.Session(scene.file.slug, scene.expert.member_id, 1, visit)
    return access.sign_session(session, access.hub_secret(scene.file.path.parent))


def headers_of(scene: Scene, **more: str) -> dict[str, str]:
    return {"host": HOST, "cookie": f"{access.COOKIE}={cookie_of(scene)}; inspection_language=en", **more}


def whose(scene: Scene) -> dict[str, Any]:
    return {"visit": scene.file.slug, "member": scene.expert.member_id}


def posted(**body: Any) -> Callable[[Scene], Parts]:
    def parts(scene: Scene) -> Parts:
        return {"headers": headers_of(scene, origin=f"http://{HOST}"), "body": {**whose(scene), **body}}

    return parts


def got(query: Mapping[str, Any] | None = None, **params: str) -> Callable[[Scene], Parts]:
    def parts(scene: Scene) -> Parts:
        named = {name: value.replace("SLUG", scene.file.slug) for name, value in params.items()}
        asked = {"visit": scene.file.slug} if query is None else {**whose(scene), **query}
        return {"params": named, "query": asked, "headers": headers_of(scene, accept="text/html")}

    return parts


def over_https(made: Callable[[Scene], Parts]) -> Callable[[Scene], Parts]:
    """The same request with the name that the cookie bears there."""

    def parts(scene: Scene) -> Parts:
        found = made(scene)
        return {**found, "headers": {**found["headers"], "cookie": f"__Host-{access.COOKIE}={cookie_of(scene)}"}}

    return parts


def _photo_sent(scene: Scene) -> Parts:
    query = {
        **whose(scene),
        "client": "t1-p1",
        "sequence": 1,
        "item": "1",
        "caption": "车间",
        "name": "a.png",
        "ago": "3",
    }
    return {"headers": headers_of(scene), "query": query, "raw": photo("blue").decode("latin-1")}


def _code_sent(scene: Scene) -> Parts:
    return {"headers": headers_of(scene), "form": {"visit": scene.file.slug, "code": scene.codes[EXPERT]}}


def _by_link(scene: Scene) -> Parts:
    return {"headers": headers_of(scene), "params": {"visit": scene.file.slug, "code": scene.codes[EXPERT]}}


def answer_file_of(at: Scene) -> bytes:
    """An answer file of the expert, as an offline sheet exports it."""
    entries = tuple(
        CarriedEntry(item, answers, f"第{item}项", 0, Stamp("t1", number))
        for number, (item, answers) in enumerate({"1": {"1": True, "2": False}, "4": {"1": "2.5"}}.items(), 1)
    )
    found = prepare.outline(at.file).visit
    return write_answer_file(CarriedSheet(found.id, found.rubric_digest, at.expert.member_id, "file", NOW, entries))


def _offline_sheet(scene: Scene) -> Parts:
    body = {**whose(scene), "answers": answer_file_of(scene).decode()}
    return {"headers": headers_of(scene), "body": body}


def _modules(scene: Scene) -> Parts:
    return {"headers": headers_of(scene), "params": {"version": scorepad.version(), "name": "modules.json"}}


# --- what must hold -------------------------------------------------------------------------------------------------


def _nothing(scene: Scene, parts: Parts, answer: Answer) -> None:
    """Nothing more than what holds for every answer."""


def _json(scene: Scene, parts: Parts, answer: Answer) -> None:
    assert isinstance(answer.told, dict), "no JSON object"


def _kept_answer(scene: Scene, parts: Parts, answer: Answer) -> None:
    body = parts["body"]
    entry = score.sheet_of(scene.file, scene.expert).entries[body["item"]]
    least = body["base"] + 1  # a version put aside that is the same as the newest is none of its own
    assert least <= entry.revision == answer.told["revision"] <= least + len(body.get("aside", [])), "another revision"
    assert entry.note.strip() == body["note"].strip(), "another note"
    assert entry.answers.keys() <= body["answers"].keys(), "an answer that nobody gave"
    assert int(body["sequence"]) == answer.told["sequence"] >= 1, "another sequence"


def _kept_phrases(scene: Scene, parts: Parts, answer: Answer) -> None:
    sent = [phrase.strip() for phrase in parts["body"]["own"]]
    with scene.file.reading() as db:
        kept = list(stored_sheets.phrases(db, scene.expert.member_id))
    assert kept == list(dict.fromkeys(filter(None, sent))), "other phrases"


def _kept_dispute(scene: Scene, parts: Parts, answer: Answer) -> None:
    (one,) = dispute.disputes(scene.file)
    assert (one.key, one.note, one.member) == (
        parts["body"]["figure"], parts["body"]["note"].strip(), scene.expert.member_id
    ), "another dispute"  # fmt: skip
    assert one.note, "no note"


def _in(scene: Scene, parts: Parts, answer: Answer) -> None:
    assert hand_in.pad_standing(scene.file, scene.expert).handed_in is not None, "not handed in"


def _out(scene: Scene, parts: Parts, answer: Answer) -> None:
    assert hand_in.pad_standing(scene.file, scene.expert).handed_in is None, "still handed in"


def _looked(scene: Scene, parts: Parts, answer: Answer) -> None:
    (asking,) = hand_in.askings(scene.file)
    assert asking.ended is not None, "still asked"
    assert parts["body"]["item"] == "4", "another item"


def _kept_photo(scene: Scene, parts: Parts, answer: Answer) -> None:
    evidence, content = attach.read_evidence(scene.file, scene.expert, answer.told["evidence"])
    assert content, "nothing kept"
    assert evidence.place.item == str(parts["query"]["item"]), "another item"
    assert evidence.taken <= datetime.now().astimezone() + timedelta(minutes=1), "taken in the future"
    said = "".join(sign for sign in str(parts["query"].get("caption", "")) if sign.isprintable() or sign.isspace())
    assert evidence.caption.split() == said.split() or not evidence.caption.isascii(), "another caption"


def _changed_photo(scene: Scene, parts: Parts, answer: Answer) -> None:
    body = parts["body"]
    evidence, _content = attach.read_evidence(scene.file, scene.expert, body["evidence"])
    assert evidence.withdrawn is body["withdrawn"], "not withdrawn as asked"
    assert len(evidence.caption) <= attach.MOST_CAPTION_CHARACTERS, "a long caption"


def _right_code(scene: Scene, parts: Parts, answer: Answer) -> None:
    """Whoever got a cookie sent a code of this visit; other pages give none."""
    given = parts.get("form") or parts.get("params") or {}
    if access.COOKIE in answer.headers.get("set-cookie", ""):
        right = {access.hash_code(code, b"") for code in scene.codes.values()}
        assert access.hash_code(str(given.get("code")), b"") in right, "signed in without a code"
        assert given.get("visit") == scene.file.slug, "signed in to another visit"


def _local(scene: Scene, parts: Parts, answer: Answer) -> None:
    """A redirection stays on this hub."""
    where = answer.headers.get("location", "/").removeprefix(f"http://{HOST}")
    assert re.match(r"/(?![/\\])", where), f"leads to {where[:80]!r}"


def _public(scene: Scene, parts: Parts, answer: Answer) -> None:
    assert "set-cookie" not in answer.headers, "a cookie from the public screen"
    for name in (scene.codes[EXPERT], "13900000101", "第4项现场所见"):
        assert name not in answer.body.decode("utf-8", "replace"), "not for the room"


_ANSWER = {"item": "1", "client": "t1-p1", "sequence": 1, "base": 0, "answers": {"1": True, "2": False}, "note": "看了",
           "aside": [{"answers": {"1": True}, "note": "另一版"}]}  # fmt: skip

ROUTES: Mapping[tuple[str, str], Asked] = {
    ("POST", "/pad/answers"): Asked(scoring, posted(**_ANSWER), _kept_answer, share=6),
    ("POST", "/pad/phrases"): Asked(scoring, posted(own=["查阅原件", "现场询问"]), _kept_phrases),
    ("POST", "/pad/disputes"): Asked(scoring, posted(figure="fund", note="与年报不符"), _kept_dispute),
    ("POST", "/pad/hand-in"): Asked(complete, posted(), _in),
    ("POST", "/pad/take-back"): Asked(handed_in, posted(), _out),
    ("POST", "/pad/looked-again"): Asked(asked_again, posted(item="4"), _looked),
    ("POST", "/pad/evidence"): Asked(scoring, _photo_sent, _kept_photo),
    ("POST", "/pad/evidence/change"): Asked(
        with_photo, posted(evidence=1, caption="车间", withdrawn=True), _changed_photo
    ),
    ("POST", "/pad/bring"): Asked(scoring, _offline_sheet, _json),
    ("POST", "/pad/bring/look"): Asked(scoring, _offline_sheet, _json),
    ("POST", "/sign-in"): Asked(scoring, _code_sent, _right_code, own=False),
    ("GET", "/sign-in"): Asked(scoring, got(), _right_code, own=False),
    ("GET", "/sign-out"): Asked(scoring, got(), _local, own=False),
    ("GET", "/join/{visit}/{code}"): Asked(scoring, _by_link, _right_code, own=False),
    ("GET", "/language/{code}"): Asked(scoring, got({"back": "/score?item=6"}, code="en"), _local, own=False),
    ("GET", "/healthz"): Asked(scoring, got(), _nothing, own=False),
    ("GET", "/screen"): Asked(sealed, got(), _public, own=False),
    ("GET", "/screen/{visit}"): Asked(sealed, got(visit="SLUG"), _public, own=False),
    ("GET", "/screen/{visit}/now"): Asked(sealed, got(visit="SLUG"), _public, own=False),
    ("GET", "/pad/sheet"): Asked(complete, got(), _json),
    ("GET", "/pad/pulse"): Asked(complete, got({"client": "t1-p1", "waiting": 2, "oldest": "3.5"}), _json),
    ("GET", "/pad/evidence"): Asked(with_photo, got({}), _json),
    ("GET", "/pad/evidence/{id:int}"): Asked(with_photo, got({"size": "thumbnail"}, id="1"), _nothing),
    ("GET", "/pad/alone"): Asked(scoring, over_https(got()), _nothing, scheme="https"),
    ("GET", "/pad/bring"): Asked(scoring, got(), _nothing),
    ("GET", "/pad/{version}/{name:path}"): Asked(scoring, _modules, _json, own=False),
    ("GET", "/sw.js"): Asked(scoring, got(), _nothing, own=False, scheme="https"),
    **{
        ("GET", path): Asked(scoring, got(), _nothing, own=False, app=install_app)
        for path in ("/", "/ca", f"/{install_page.FILE_NAME}")
    },
}
"""Every route of the hub, and of the page that its certificate authority is installed from."""


# --- asking ---------------------------------------------------------------------------------------------------------


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def reader_of(method: str, path: str) -> tuple[bytes, Callable[[bytes], None], int]:
    """Return a route's valid request as a text, what sends a text to it, and its share of all inputs."""
    asked = ROUTES[method, path]
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    scene = asked.at(folder)
    with closing(sqlite3.connect(scene.file.path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = sqlite3.connect(":memory:")
    looking = sqlite3.connect(scene.file.path, check_same_thread=False)  # held open: what is committed is seen at once
    looking.backup(kept)
    head = _head(looking)
    seed = json.dumps(asked.parts(scene), ensure_ascii=False).encode()
    expert, visit = scene.expert.member_id, prepare.outline(scene.file).visit.id
    secret = access.hub_secret(folder)
    app = asked.app(folder)

    def read(content: bytes) -> None:
        os.environ[places.VISITS_VARIABLE] = str(folder)
        parts, scope, body = request_of(method, path, content, json.loads(seed), asked.scheme)
        answer = _runner().run(ask(app, scope, body))
        if b"Traceback" in answer.body or b'File "/' in answer.body:
            raise Traceback
        if answer.status >= 500:
            raise RuntimeError(f"status {answer.status}: {answer.body[:200]!r}")
        changed = _head(looking) != head
        if answer.status >= 400:
            assert not changed, "refused, and the visit was changed"
            _whatever_is_answered(answer)
            raise InspectionError("refused", "refused")
        try:
            _whatever_is_answered(answer)
            if asked.own:  # only this expert's own cookie is answered, and only for what it says of itself
                cookies = cookie_parser(_header(scope, b"cookie"))
                prefix = "__Host-" if asked.scheme == "https" else ""
                session = access.read_session(cookies.get(prefix + access.COOKIE, ""), secret)
                assert session == access.Session(scene.file.slug, expert, 1, visit), "answered without a session"
            if method == "POST" and asked.own:
                said = parts["body"] if "body" in parts else parts["query"]
                assert (said["visit"], int(said["member"])) == (scene.file.slug, expert), "answered for another sheet"
            asked.holds(scene, parts, answer)
        finally:
            if changed:
                kept.backup(looking)

    return seed, read, asked.share


def _head(db: sqlite3.Connection) -> str:
    return str(db.execute("SELECT hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()[0])


def _whatever_is_answered(answer: Answer) -> None:
    """Every answer, refusals too: no guessing of types, nothing of the sender's as markup, no second header."""
    assert answer.headers.get("x-content-type-options") == "nosniff", "types may be guessed"
    assert not any("\n" in value or "\r" in value for value in answer.headers.values()), "a header in a header"
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert b"<fuzz>" not in answer.body, "markup came back"
        assert "content-security-policy" in answer.headers, "no policy"


def request_of(
    method: str, path: str, content: bytes, valid: Parts, scheme: str
) -> tuple[Parts, dict[str, Any], bytes]:
    """Return the parts of a request as the hub will read them, its ASGI scope and its body."""
    try:
        parts = json.loads(content.decode("utf-8", "surrogatepass"))
        raw = None
    except (ValueError, RecursionError):
        parts, raw = valid, content
    if not isinstance(parts, dict):
        parts, raw = valid, content
    params, query, headers = (
        found if isinstance(found := parts.get(name), dict) else {} for name in ("params", "query", "headers")
    )
    where = re.sub(r"{(\w+)(:\w+)?}", lambda match: _text(params.get(match[1], "")), path)
    sent = quote(where.encode("utf-8", "surrogatepass"))
    asked = urlencode([(_text(name).encode("utf-8", "surrogatepass"), _text(value).encode("utf-8", "surrogatepass"))
                       for name, value in query.items()])  # fmt: skip
    if raw is not None and method == "GET":
        asked = quote(raw, safe="&=%+")
    body = _body(parts, raw)
    scope = {
        "type": "http", "method": method, "path": unquote(sent), "raw_path": sent.encode(), "root_path": "",
        "query_string": asked.encode(), "http_version": "1.1", "scheme": scheme, "headers": list(_lines(headers)),
        "client": (f"10.{(n := next(_ADDRESSES)) >> 16 & 255}.{n >> 8 & 255}.{n & 255}", 1), "server": ("127.0.0.1", 8501),
    }  # fmt: skip
    return _as_read(parts, asked, body), scope, body


def _body(parts: Parts, raw: bytes | None) -> bytes:
    if raw is not None:
        return raw
    if "form" in parts:
        form = parts["form"] if isinstance(parts["form"], dict) else {"": parts["form"]}
        return urlencode([(_text(name).encode("utf-8", "surrogatepass"), _text(one).encode("utf-8", "surrogatepass"))
                          for name, one in form.items()]).encode()  # fmt: skip
    if "raw" in parts:
        return _text(parts["raw"]).encode("latin-1", "ignore")
    if "body" in parts:
        return json.dumps(parts["body"], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b""


def _as_read(parts: Parts, asked: str, body: bytes) -> Parts:
    """Return what the hub reads of a request: numbers with a point as text, the last of what is said twice."""
    found: Parts = dict(parts)
    found["query"] = {name: values[-1] for name, values in parse_qs(asked, keep_blank_values=True).items()}
    if "form" in parts:
        found["form"] = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if "body" in parts:
        try:
            found["body"] = json.loads(body.decode("utf-8"), parse_float=str)
        except (ValueError, RecursionError):
            found["body"] = None
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _lines(headers: Mapping[str, object]) -> Iterator[tuple[bytes, bytes]]:
    """Headers as a server lets them through: names are words, values are on one line."""
    for name, value in headers.items():
        said = re.sub(rb"[\r\n\0]", b"", _text(value).encode("utf-8", "surrogatepass"))
        if re.fullmatch(r"[a-z-]+", name):
            yield name.encode(), said


def _header(scope: Mapping[str, Any], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


async def ask(app: Starlette, scope: dict[str, Any], body: bytes) -> Answer:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent[0].get("headers", [])}
    return Answer(sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:]))
