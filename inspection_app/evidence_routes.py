"""The HTTP routes of photos and files: taking one in, changing its caption, withdrawing it, and showing it.

A photo is acknowledged only after it is committed. Who may do and see what is decided by ``services.attach``; how a
request is read and refused is the score pad's (``pad_routes``).
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inspection_app.pad_routes import (
    OWN_PAGES_ONLY,
    SAVING,
    Body,
    Caller,
    Told,
    answered,
    caller_of,
    client_of,
    field_of,
    missing,
    now,
    read_body,
    seconds_of,
    session_of,
    take,
    whole_of,
)

# The services are imported where they are used, as in ``pad_routes``.
if TYPE_CHECKING:
    from inspection_app.store.evidence import Place

_unpacking = threading.Semaphore(2)
"""A photo may be 150 MB unpacked: two at a time, however many come in together."""


async def take_evidence(request: Request) -> Response:
    """Attach one photo or file to a place, and say so after the commit; sent again, it is answered the same.

    The body is the file itself; what it is stands in the address.
    """
    from inspection_app.files.images import MOST_FILE_BYTES, too_big

    content = await read_body(request, MOST_FILE_BYTES)

    def told() -> Told:
        from inspection_app.services.attach import attach
        from inspection_app.services.pad import evidence_json
        from inspection_app.store.sheets import Receipt

        session_of(request)  # a stranger is told nothing of what they sent
        asked: Body = dict(request.query_params)
        caller = caller_of(request, field_of(asked, "visit", str), whole_of(asked, "member"))
        receipt = Receipt(client_of(asked), whole_of(asked, "sequence", 1))
        place = _place(asked)
        if content is None:
            raise too_big()
        arrived = now()
        with _unpacking:
            found = attach(
                caller.file, caller.actor, content, place, arrived, caption=asked.get("caption", ""),
                name=asked.get("name", ""), taken=_taken(asked, arrived), receipt=receipt,
            )  # fmt: skip
        return {
            **evidence_json(found), "place": found.place.name, "now": now().isoformat(), "sequence": receipt.sequence,
        }  # fmt: skip

    return await run_in_threadpool(answered, request, told)


async def change_evidence(request: Request) -> Response:
    """Change the caption of one's own photo, withdraw it or bring it back, and say so after the commit."""

    def told(caller: Caller, body: Body) -> Told:
        from inspection_app.services.attach import change_evidence as change
        from inspection_app.services.pad import evidence_json

        id_ = whole_of(body, "evidence", 1)
        caption, withdrawn = field_of(body, "caption", str), field_of(body, "withdrawn", bool)
        with SAVING:
            found = change(caller.file, caller.actor, id_, now(), caption=caption, withdrawn=withdrawn)
        return {**evidence_json(found), "now": now().isoformat()}

    return await take(request, told)


async def own_evidence(request: Request) -> Response:
    """Send what the signed-in person attached anywhere, for the pages that have photos and no score sheet."""

    def told() -> Told:
        from inspection_app.services import pad

        asked = request.query_params
        caller = caller_of(request, asked.get("visit", ""), whole_of(asked, "member"))
        return {**pad.own_evidence(caller.file, caller.actor), "now": now().isoformat()}

    return await run_in_threadpool(answered, request, told)


async def show_evidence(request: Request) -> Response:
    """Send a photo, its thumbnail, or a file to be saved: never anything that a page would run."""

    def told() -> Response:
        from inspection_app.files.images import JPEG
        from inspection_app.services.attach import read_evidence

        small = request.query_params.get("size") == "thumbnail"
        caller = caller_of(request, request.query_params.get("visit", ""))
        found, content = read_evidence(caller.file, caller.actor, request.path_params["id"], thumbnail=small)
        headers = {
            **OWN_PAGES_ONLY, "Cache-Control": "private, no-cache", "ETag": f'"{found.digest}-{int(small)}"',
            "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
        }  # fmt: skip
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if found.media != JPEG:
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name or 'file.pdf', safe='')}"
        return Response(content, 200, headers, JPEG if small else found.media)

    return await run_in_threadpool(answered, request, told)


def _place(asked: Body) -> Place:
    """Return the one place that a photo belongs to; none is refused, and so are two."""
    from inspection_app.store.evidence import Place

    named = [kind for kind in ("item", "site", "activity") if asked.get(kind)]
    if len(named) != 1:
        raise missing("item, site, activity")
    if named == ["activity"]:
        return Place(activity=whole_of(asked, "activity", 1))
    return Place(**{named[0]: field_of(asked, named[0], str)})


def _taken(asked: Body, arrived: datetime) -> datetime:
    """Return when a photo was taken: as it says itself (read on the tablet), or so many seconds ago."""
    from inspection_app.files.images import read_taken

    said = read_taken(str(asked.get("taken", "")))
    return said or arrived - timedelta(seconds=min(seconds_of(str(asked.get("ago", ""))) or 0, 30 * 86400))


ROUTES = [
    Route("/pad/evidence", own_evidence),
    Route("/pad/evidence", take_evidence, methods=["POST"]),
    Route("/pad/evidence/change", change_evidence, methods=["POST"]),
    Route("/pad/evidence/{id:int}", show_evidence),
]
