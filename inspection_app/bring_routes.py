"""The routes by which an offline sheet comes in by itself: a page of the hub that takes the answer file from the window
that opened it, shows what it would change, and brings it in after one tap.

A page opened from a device's storage has no origin of its own, and what such a page sends is refused like any
stranger's (``middleware.OwnOriginOnly``). So the sheet opens this page, which is the hub's own, and gives it a text;
whoever is signed in on this browser reads whose it is and what it changes, and sends it in their own name. A website
that opens the page is not listened to (``templates/bring.js``). What may come in is decided by
``services.bring_sheets``, as of an upload; conflicts are settled where uploads are, on the Score page.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from inspection_app import language
from inspection_app.core.merge import KIND_NAMES, Kind
from inspection_app.errors import N_, InspectionError, PermissionDenied
from inspection_app.files.limits import MOST_BYTES
from inspection_app.language import _
from inspection_app.pad_routes import (
    OWN_PAGES_ONLY,
    SAVING,
    Caller,
    Told,
    answered,
    caller_of,
    field_of,
    now,
    read_body,
    session_of,
    whole_of,
)

# The services and the templates are imported where they are used, as in ``pad_routes``.
if TYPE_CHECKING:
    from jinja2 import Environment

    from inspection_app.services.bring_sheets import Preview

_MOST_SENT = 2 * MOST_BYTES  # a text within JSON: its quotation marks are escaped once more
_COLOURS = {Kind.NEW: "saved", Kind.NEWER: "saved", Kind.CONFLICTING: "waiting", Kind.REFUSED: "refused"}


async def page(request: Request) -> Response:
    return await run_in_threadpool(_page, request)


async def look(request: Request) -> Response:
    """Say what an answer file would change; nothing is changed."""

    def told(caller: Caller, answers: bytes) -> Told:
        return _told(_preview(caller, answers), caller)

    return await _take(request, told)


async def bring(request: Request) -> Response:
    """Bring an answer file in, and say so after the commit; the same file again changes nothing."""

    def told(caller: Caller, answers: bytes) -> Told:
        from inspection_app.services.bring_sheets import bring_in

        with SAVING:
            shown = _preview(caller, answers)
            done = bring_in(caller.file, caller.actor, shown, {}, now())
        whole = bool(shown.sheets) and not shown.of(Kind.REFUSED) and not any(one.faults for one in shown.files)
        return {"told": _("{taken} items were brought in.", taken=done.taken), "whole": whole}

    return await _take(request, told)


ROUTES = [
    Route("/pad/bring", page, methods=["GET"]),
    Route("/pad/bring", bring, methods=["POST"]),
    Route("/pad/bring/look", look, methods=["POST"]),
]


async def _take(request: Request, told: Callable[[Caller, bytes], Told]) -> Response:
    """Take an answer file, as a text, from whoever the cookie stands for."""
    raw = await read_body(request, _MOST_SENT)

    def taken() -> Told:
        session_of(request)  # a stranger is told nothing of what they sent
        try:
            body = json.loads((raw or b"").decode("utf-8"))
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise InspectionError(N_("The answer file did not arrive whole. Export it, and bring it in on the Score "
                                     "page."), "not-json")  # fmt: skip
        caller = caller_of(request, field_of(body, "visit", str), whole_of(body, "member"))
        return told(caller, field_of(body, "answers", str).encode("utf-8", "replace"))

    return await run_in_threadpool(answered, request, taken)


def _preview(caller: Caller, answers: bytes) -> Preview:
    from inspection_app.services.bring_sheets import Upload, preview

    return preview(caller.file, caller.actor, [Upload("", answers)])


def _told(shown: Preview, caller: Caller) -> Told:
    """Say in words whose sheet it is, what becomes of its items, and whether one tap brings them in."""
    (file,) = shown.files
    rows = [
        {"colour": _COLOURS.get(kind, "quiet"), "kind": _(KIND_NAMES[kind]),
         "text": " · ".join(filter(None, (_("items {items}", items=one.items), one.why.text(_) if one.why else "")))}
        for kind in Kind for one in shown.alike(kind)
    ]  # fmt: skip
    coming, conflicts = len(shown.of(Kind.NEW, Kind.NEWER)), len(shown.of(Kind.CONFLICTING))
    if conflicts:
        note = _("On some items the hub has something else. Export the answer file, and bring it in on the Score page: "
                 "there you choose which counts.")  # fmt: skip
    elif shown.cases and not coming:
        note = _("Nothing here is new: there is nothing to bring in.")
    elif any(case.member.id != caller.member.id for case in shown.of(Kind.NEW, Kind.NEWER)):
        note = _("What you bring in for others counts as theirs once they have confirmed it.")
    else:
        note = ""
    return {
        "title": _("Offline sheet of {name}, saved {time}", name=file.whose, time=f"{file.made_at:%m-%d %H:%M}")
        if file.whose and file.made_at else _("Offline sheet"),
        "faults": [fault.text(_) for fault in file.faults], "rows": rows, "note": note,
        "button": _("Bring in {count} items", count=coming) if coming and not conflicts else "",
    }  # fmt: skip


def _page(request: Request) -> Response:
    language.use(request.cookies.get(language.COOKIE))
    caller, fault, status = None, "", 200
    try:
        caller = caller_of(request, request.query_params.get("visit", ""))
    except InspectionError as error:
        fault, status = error.text(_), 401 if isinstance(error, PermissionDenied) else 503
    given = {
        "visit": caller.file.slug if caller else "", "member": caller.member.id if caller else 0, "most": MOST_BYTES,
        "words": {
            "nobody": _("No offline sheet has given anything to this page. Open it from the sheet, by “Send to the "
                        "hub”."),
            "failed": _("The hub could not be reached. Nothing was changed; try again."),
        },
    }  # fmt: skip
    html = _templates().get_template("bring.html").render(
        tag="en" if language.current() == language.ENGLISH else "zh-CN", other_languages=[],
        fault=fault, name=caller.member.name if caller else "",
        given=json.dumps(given, ensure_ascii=False).replace("<", "\\u003c"), script=_script() if caller else "",
    )  # fmt: skip
    digest = base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, status, {
        **OWN_PAGES_ONLY, "Cache-Control": "no-store", "Content-Security-Policy": policy,
        # of all pages this one alone may know who opened it
        "Cross-Origin-Opener-Policy": "unsafe-none",
    })  # fmt: skip


@cache
def _script() -> str:
    return (resources.files("inspection_app") / "templates" / "bring.js").read_text("utf-8")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(loader=PackageLoader("inspection_app"), autoescape=True, undefined=StrictUndefined)
    templates.globals["_"] = _
    return templates
