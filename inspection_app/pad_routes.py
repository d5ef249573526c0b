"""The score pad's HTTP routes: its modules, the sheet, answers, the heartbeat, handing in, phrases and disputes.

An answer is acknowledged only after it is committed. Who may do what is decided by the services behind; here a request
is read, checked for who sends it, and every refusal gets its status. Foreign origins are refused before (``server``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inspection_app import access, language, scorepad
from inspection_app.errors import N_, InspectionError, NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.language import _
from inspection_app.places import visits_folder
from inspection_app.presence import TABLETS

# The services are imported where they are used, as in ``routes``: the hub's first page must not wait for them.
if TYPE_CHECKING:
    from inspection_app.core.visit import Actor, Member
    from inspection_app.store.file import VisitFile
    from inspection_app.store.sheets import Entry

MOST_BYTES = 64 * 1024
_DRAINED_BYTES = 8 * 1024 * 1024
_MOST_CLIENT_CHARACTERS = 64
_MOST_ASIDE = 5
_NO_REVISION = -1  # what nothing can be made from
_LARGEST_NUMBER = 2**53 - 1  # the largest whole number that a browser is sure of

SAVING = threading.Lock()
"""Saves queue here, not at the file: there SQLite would ask again and again, and whoever came first might come last."""

Body = Mapping[str, Any]
Told = dict[str, Any]

_STATUS_BY_CODE = {
    "not-json": 400, "no-field": 400,
    "not-signed-in": 401, "code-replaced": 401, "no-member": 401,
    "another-visit": 403, "another-sheet": 403, "recused": 403, "scored-by-group": 403, "not-assigned": 403,
    "changed-elsewhere": 409, "sequence-reused": 409, "already-disputed": 409,
    "body-too-large": 413, "file-too-big": 413, "too-many-pixels": 413,
    "no-visit": 503, "not-a-visit": 503, "not-read": 503,  # a pulled stick: nothing that waits may be given up for it
}  # fmt: skip
_STATUS_BY_KIND = ((StageError, 409), (PermissionDenied, 403), (NotFound, 404), (ScoreError, 422))


@dataclass(frozen=True)
class Caller:
    """Who sends a request: the visit, and the member that the cookie stands for."""

    file: VisitFile
    actor: Actor
    member: Member


class _Conflict(Exception):
    """A change was made from a revision that no longer is the latest: both versions are shown to the expert."""

    def __init__(self, refused: InspectionError, latest: Entry | None) -> None:
        self.refused = refused
        self.latest = latest


async def modules(request: Request) -> Response:
    """Serve all modules, by name, under an address that names their content, so that they are fetched once."""
    if (request.path_params["version"], request.path_params["name"]) != (scorepad.version(), "modules.json"):
        language.use(request.cookies.get(language.COOKIE))
        return _refused(NotFound(N_("The hub has another version of this page. Reload it."), "other-version"))
    headers = {**OWN_PAGES_ONLY, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(json.dumps(scorepad.modules(), ensure_ascii=False), 200, headers, "application/json")


async def sheet(request: Request) -> Response:
    """Send the signed-in expert's own sheet with everything it takes to score without the hub."""

    def told() -> Told:
        from inspection_app.services.pad import pad_sheet

        caller = caller_of(request, request.query_params.get("visit", ""))
        found = pad_sheet(caller.file, caller.actor)
        words = {message: _(message) for message in scorepad.messages()}
        return {**found, "why": _(found["why"]) if found["why"] else "", "now": now().isoformat(), "words": words}

    return await run_in_threadpool(answered, request, told)


async def pulse(request: Request) -> Response:
    """Say how the sheet stands and what time it is; note that the tablet is there."""

    def told() -> Told:
        from inspection_app.services import pad

        asked = request.query_params
        caller = caller_of(request, asked.get("visit", ""), whole_of(asked, "member"))
        client, waiting = client_of(asked), whole_of(asked, "waiting")
        found = pad.pulse(caller.file, caller.actor)
        oldest = seconds_of(asked.get("oldest", ""))
        TABLETS.heard(caller.file.slug, caller.member.id, _tablet(client), waiting=waiting, oldest=oldest)
        return {**asdict(found), "why": _(found.why) if found.why else "", "now": now().isoformat()}

    return await run_in_threadpool(answered, request, told)


async def take_answer(request: Request) -> Response:
    """Save one change and say so after the commit; the same change sent again is answered the same."""

    def told(caller: Caller, body: Body) -> Told:
        from inspection_app.services import score
        from inspection_app.store.sheets import Receipt

        receipt = Receipt(client_of(body), whole_of(body, "sequence", 1))
        item, answers, note = field_of(body, "item", str), field_of(body, "answers", dict), field_of(body, "note", str)
        base, aside = whole_of(body, "base"), _aside(body)
        base_at = field_of(body, "base_at", str) if "base_at" in body else ""
        stands = score.revision(caller.file, caller.actor, item, base) if base and base_at else None
        if base and base_at and not (stands and stands.at.isoformat() == base_at):
            base = _NO_REVISION  # a restore took it, and others may have counted up to its number since
        try:
            with SAVING:
                entry = score.answer_item(
                    caller.file, caller.actor, item, answers, note,
                    base=base, now=now(), receipt=receipt, aside=aside,
                )  # fmt: skip
        except ScoreError as error:
            if error.code != "changed-elsewhere":
                raise
            raise _Conflict(error, score.latest(caller.file, caller.actor, item)) from error
        TABLETS.saved(caller.file.slug, caller.member.id, _tablet(receipt.client))
        return {
            "item": item, "revision": entry.revision, "at": entry.at.isoformat(), "now": now().isoformat(),
            "sequence": receipt.sequence,
        }  # fmt: skip

    return await take(request, told)


async def take_phrases(request: Request) -> Response:
    """Replace the expert's own quick phrases."""

    def told(caller: Caller, body: Body) -> Told:
        from inspection_app.services.pad import keep_phrases

        phrases = field_of(body, "own", list)
        if not all(isinstance(phrase, str) for phrase in phrases):
            raise missing("own")
        kept = keep_phrases(caller.file, caller.actor, phrases, now())
        return {"own": list(kept), "now": now().isoformat()}

    return await take(request, told)


async def take_dispute(request: Request) -> Response:
    """Dispute an agreed figure; sent again, it is the same dispute."""

    def told(caller: Caller, body: Body) -> Told:
        from inspection_app.services.dispute import dispute_figure, disputes

        figure, note = field_of(body, "figure", str), field_of(body, "note", str)
        try:
            id_ = dispute_figure(caller.file, caller.actor, figure, note, now())
        except ScoreError as error:
            own = (caller.member.id, note.strip())
            open_ = (one for one in disputes(caller.file, key=figure) if one.open and (one.member, one.note) == own)
            same = next(open_, None)
            if error.code != "already-disputed" or same is None:
                raise
            id_ = same.id
        return {"dispute": id_, "now": now().isoformat()}

    return await take(request, told)


async def hand_in(request: Request) -> Response:
    """Hand in the expert's own sheet, and say so after the commit; sent again, it stays handed in."""

    def told(caller: Caller, body: Body) -> Told:
        from inspection_app.services.hand_in import hand_in_sheet

        with SAVING:
            at = hand_in_sheet(caller.file, caller.actor, now())
        return {"handed_in": at.isoformat(), "now": now().isoformat()}

    return await take(request, told)


async def take_back(request: Request) -> Response:
    """Take the expert's own sheet back, and say so after the commit."""

    def told(caller: Caller, body: Body) -> Told:
        from inspection_app.services.hand_in import take_back_sheet

        with SAVING:
            take_back_sheet(caller.file, caller.actor, now())
        return {"handed_in": None, "now": now().isoformat()}

    return await take(request, told)


async def looked_again(request: Request) -> Response:
    """Note that the expert has looked again at an item that the chair asked about, and say so after the commit."""

    def told(caller: Caller, body: Body) -> Told:
        from inspection_app.services.hand_in import answered_again

        item = field_of(body, "item", str)
        with SAVING:
            answered_again(caller.file, caller.actor, item, now())
        return {"item": item, "now": now().isoformat()}

    return await take(request, told)


ROUTES = [
    Route("/pad/sheet", sheet),
    Route("/pad/pulse", pulse),
    Route("/pad/answers", take_answer, methods=["POST"]),
    Route("/pad/phrases", take_phrases, methods=["POST"]),
    Route("/pad/disputes", take_dispute, methods=["POST"]),
    Route("/pad/hand-in", hand_in, methods=["POST"]),
    Route("/pad/take-back", take_back, methods=["POST"]),
    Route("/pad/looked-again", looked_again, methods=["POST"]),
    Route("/pad/{version}/{name:path}", modules),
]


# --- who sends it --------------------------------------------------------------------------------------------------


def caller_of(request: Request, slug: str, member: int | None = None) -> Caller:
    """Return who a request comes from: the cookie decides, what the request says of itself must agree with it.

    A tablet changes hands: what one person entered must not be saved under the next one's name.
    """
    return _caller(session_of(request), slug, member)


def _caller(session: access.Session, slug: str, member: int | None) -> Caller:
    from inspection_app.services import join
    from inspection_app.store.file import SUFFIX, VisitFile

    if slug != session.slug:
        raise PermissionDenied(
            N_("This tablet is signed in to another visit. Sign in to this one with its code."), "another-visit"
        )
    if member not in (None, session.member):
        raise PermissionDenied(
            N_("Somebody else is signed in on this tablet. Sign in with your own code to save what you entered."),
            "another-sheet",
        )
    file = VisitFile(visits_folder() / f"{session.slug}{SUFFIX}")  # signed by this hub, so never a made-up path
    actor, person = join.actor_of(file, session)
    return Caller(file, actor, person)


def session_of(request: Request) -> access.Session:
    """Return who the cookie stands for, whatever else is sent."""
    session = access.read_session(request.cookies.get(access.COOKIE, ""), access.hub_secret(visits_folder()))
    if session is None:
        raise PermissionDenied(
            N_("Nobody is signed in on this tablet. Sign in; what is entered here stays."), "not-signed-in"
        )
    return session


# --- what is sent --------------------------------------------------------------------------------------------------


async def take(request: Request, told: Callable[[Caller, Body], Told]) -> Response:
    """Take a JSON body from whoever the cookie stands for, and answer what is told of it."""
    raw = await read_body(request, MOST_BYTES)

    def taken() -> Told:
        session = session_of(request)  # a stranger is told nothing of what they sent
        body = _json(raw)
        return told(_caller(session, field_of(body, "visit", str), whole_of(body, "member")), body)

    return await run_in_threadpool(answered, request, taken)


async def read_body(request: Request, most: int) -> bytes | None:
    """Return the body, None where it is too large; then the rest is read and dropped, or the answer would be lost."""
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            body += chunk
        elif size > most + _DRAINED_BYTES:
            break
    return bytes(body) if size <= most else None


def _json(raw: bytes | None) -> Body:
    if raw is None:
        raise InspectionError(
            N_("This is more than {most} kB, too much for one item. Shorten the note."),
            "body-too-large", most=MOST_BYTES // 1024,
        )  # fmt: skip
    try:
        # Numbers stay as they are written: nothing is rounded, and what is too large is refused where it is read.
        body = json.loads(raw.decode("utf-8"), parse_float=str, parse_constant=_no_number)
        json.dumps(body, ensure_ascii=False).encode("utf-8")  # halves of a character cannot be kept
    except (ValueError, RecursionError) as error:
        raise _not_json() from error
    if not isinstance(body, dict):
        raise _not_json()
    return body


def _no_number(word: str) -> None:
    raise ValueError(word)


def _not_json() -> InspectionError:
    return InspectionError(N_("The hub could not read what the tablet sent. Reload the page."), "not-json")


def missing(name: str) -> InspectionError:
    return InspectionError(
        N_("What the tablet sent lacks “{name}”, or it has the wrong form. Reload the page."), "no-field", name=name
    )


def field_of(body: Body, name: str, kind: type) -> Any:
    """Return a field that is of this kind."""
    value = body.get(name)
    if not isinstance(value, kind):
        raise missing(name)
    return value


def whole_of(body: Body, name: str, least: int = 0) -> int:
    """Return a field's whole number; in an address it is written in digits."""
    value = body.get(name)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 16:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST_NUMBER:
        raise missing(name)
    return value


def _aside(body: Body) -> list[tuple[Body, str]]:
    """Return the versions that were not chosen, as answers and note; a change of one's own has none."""
    versions = body.get("aside", [])
    if not isinstance(versions, list) or len(versions) > _MOST_ASIDE:
        raise missing("aside")
    if not all(isinstance(version, dict) for version in versions):
        raise missing("aside")
    return [(field_of(version, "answers", dict), field_of(version, "note", str)) for version in versions]


def client_of(body: Body) -> str:
    """Return what a page of a tablet calls itself."""
    value = field_of(body, "client", str)
    if not 0 < len(value) <= _MOST_CLIENT_CHARACTERS or not value.isprintable():
        raise missing("client")
    return str(value)


def _tablet(client: str) -> str:
    """Return the name of the tablet, which every page open on it puts before its own."""
    return client.partition("-")[0]


def seconds_of(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return max(seconds, 0.0) if isfinite(seconds) else None


# --- what is answered ----------------------------------------------------------------------------------------------


def answered(request: Request, told: Callable[[], Told | Response]) -> Response:
    """Answer in the reader's language with what is told, or with what was refused."""
    from inspection_app.store.file import kept_open

    language.use(request.cookies.get(language.COOKIE))
    try:
        with kept_open(leave=True):  # who asks, what stands and what is changed: opening the file was most of it all
            found = told()
        return found if isinstance(found, Response) else _answer(found)
    except _Conflict as conflict:
        return _refused(conflict.refused, latest=_version(conflict.latest))
    except InspectionError as error:
        return _refused(error)


def _version(entry: Entry | None) -> Told:
    if entry is None:
        return {"revision": 0, "answers": {}, "note": "", "at": None}
    return {
        "revision": entry.revision, "answers": entry.answers, "note": entry.note, "at": entry.at.isoformat(),
    }  # fmt: skip


def _refused(error: InspectionError, **more: object) -> Response:
    return _answer({"message": error.text(_), "code": error.code, **more}, _status(error))


def _status(error: InspectionError) -> int:
    if error.code == "not-written":
        reason = getattr(error.__cause__, "sqlite_errorname", "")
        return 503 if reason.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) else 507
    if error.code in _STATUS_BY_CODE:
        return _STATUS_BY_CODE[error.code]
    return next((status for kind, status in _STATUS_BY_KIND if isinstance(error, kind)), 422)


def _answer(content: Told, status: int = 200) -> Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(body, status, {**OWN_PAGES_ONLY, "Cache-Control": "no-store"}, "application/json")


OWN_PAGES_ONLY = {"Cross-Origin-Resource-Policy": "same-origin"}


def now() -> datetime:
    return datetime.now().astimezone()
