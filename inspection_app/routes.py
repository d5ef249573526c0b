"""The hub's own HTTP routes: health, signing in and out, the language.

They are plain HTML because a Streamlit page can neither set a cookie nor be shown in WeChat's browser. Who may do what
is not decided here, and nothing of a visit is changed here.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from inspection_app import access, away_routes, bring_routes, evidence_routes, language, pad_routes, public_screen
from inspection_app.errors import N_, InspectionError, NotFound, PermissionDenied
from inspection_app.language import _
from inspection_app.places import visits_folder

# The store and the templates are imported where they are used: they cost half of the start, and the page that the
# browser loads first needs neither. The server imports them in the background meanwhile.
if TYPE_CHECKING:
    from jinja2 import Environment

    from inspection_app.core.visit import Description
    from inspection_app.store.file import VisitFile

DEMO_CODES_VARIABLE = "INSPECTION_DEMO_CODES"
"""The environment variable with the fictional people of the sample visit: ``[{"label": "…", "code": "…"}, …]``."""

_Headers = dict[str, str]

_YEAR_SECONDS = 365 * 24 * 3600
_FORM_BYTES = 4096


@dataclass
class WrongCodes:
    """Counts tries at codes by network address and by visit, so that nobody tries codes until one fits.

    A try counts before it is looked at, or a hundred sent at once would all pass; a right code takes its own back.

    Args:
        limit: so many wrong codes from one address …
        everywhere: … or so many for one visit from all addresses together …
        window: … within so many seconds, and the address has to wait. Past the visit's limit an address that has made
            no mistake still has its first try: whoever guesses keeps nobody else out.
        clock: seconds from a steady source.
    """

    limit: int = 10
    everywhere: int = 100
    window: float = 300
    clock: Callable[[], float] = time.monotonic
    _tries: list[tuple[float, str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, address: str, visit: str) -> float:
        """Count one try, or return for how many seconds this address has to wait before the next.

        >>> now = 0.0
        >>> wrong = WrongCodes(limit=2, window=60, clock=lambda: now)
        >>> wrong.wait("10.0.0.7", "a"), wrong.wait("10.0.0.7", "a"); now = 20.0
        (0, 0)
        >>> wrong.wait("10.0.0.7", "a"), wrong.wait("10.0.0.8", "a")
        (40.0, 0)
        """
        with self._lock:
            now = self.clock()
            self._tries = [one for one in self._tries if one[0] > now - self.window]
            own = [at for at, whose, _visit in self._tries if whose == address]
            all_ = [at for at, _whose, which in self._tries if which == visit]
            ends = [times[-most] for times, most in ((own, self.limit), (all_, self.everywhere)) if len(times) >= most]
            if own and ends:
                return max(ends) + self.window - now
            self._tries.append((now, address, visit))
            return 0

    def right(self, address: str, visit: str) -> None:
        """Take a try back: its code was right."""
        with self._lock:
            last = max((n for n, one in enumerate(self._tries) if one[1:] == (address, visit)), default=None)
            if last is not None:
                del self._tries[last]


_wrong_codes = WrongCodes()


async def health(request: Request) -> Response:
    """Say whether the hub can reach the visits."""
    folder = visits_folder()
    if folder.is_dir() and os.access(folder, os.R_OK | os.W_OK):
        return PlainTextResponse("ok")
    return PlainTextResponse("the visits folder cannot be reached", status_code=503)


async def ask_for_code(request: Request) -> Response:
    return await run_in_threadpool(_sign_in_page, request, request.query_params.get("visit", ""))


async def take_code(request: Request) -> Response:
    form = await _form(request)
    return await run_in_threadpool(_enter, request, form.get("visit", ""), form.get("code", ""))


async def join_by_link(request: Request) -> Response:
    """Sign in with the code in the address: what the QR code on a personal card opens."""
    return await run_in_threadpool(_enter, request, request.path_params["visit"], request.path_params["code"])


async def sign_out(request: Request) -> Response:
    response = RedirectResponse("/", status_code=303)
    response.delete_cookie(access.COOKIE, path="/", httponly=True, samesite="lax")
    return response


async def choose_language(request: Request) -> Response:
    code = request.path_params["code"]
    back = request.query_params.get("back", "/")
    response = RedirectResponse(back if _is_local(back) else "/", status_code=303)
    if code in language.LANGUAGES:
        response.set_cookie(language.COOKIE, code, max_age=_YEAR_SECONDS, path="/", samesite="lax")
    return response


ROUTES = [
    Route("/healthz", health),
    Route("/sign-in", ask_for_code, methods=["GET"]),
    Route("/sign-in", take_code, methods=["POST"]),
    Route("/sign-out", sign_out),
    Route("/join/{visit}/{code}", join_by_link),
    Route("/language/{code}", choose_language),
    *evidence_routes.ROUTES,
    *away_routes.ROUTES,
    *bring_routes.ROUTES,
    *pad_routes.ROUTES,
    *public_screen.ROUTES,
]


def wechat_page(request: Request) -> Response:
    """Ask to open this address in the device's own browser: WeChat's forgets cookies and storage."""
    _use_language(request)
    # The short address: it can be typed, and no personal code stands on the screen.
    return _page("wechat.html", request, address=str(request.base_url))


def _enter(request: Request, slug: str, code: str) -> Response:
    from inspection_app.services import join

    _use_language(request)
    address = request.client.host if request.client else ""
    try:
        file = _visit(slug)
    except NotFound as error:
        return _not_found(request, error)
    if wait := _wrong_codes.wait(address, slug):
        message = _("Too many wrong codes came from this device. Try again in {minutes} min.", minutes=ceil(wait / 60))
        return _sign_in_page(request, slug, code, message, 429, {"Retry-After": str(ceil(wait))})
    try:
        session = join.sign_in(file, code)
    except NotFound as error:
        return _not_found(request, error)
    except PermissionDenied as error:
        return _sign_in_page(request, slug, code, error.text(_), 401)
    _wrong_codes.right(address, slug)
    response = RedirectResponse("/", status_code=303, headers=_UNCACHED)
    response.set_cookie(
        access.COOKIE, access.sign_session(session, access.hub_secret(visits_folder())),
        max_age=access.COOKIE_SECONDS, path="/", httponly=True, samesite="lax",
    )  # fmt: skip
    return response


def _sign_in_page(
    request: Request, slug: str, code: str = "", fault: str = "", status: int = 200, headers: _Headers | None = None
) -> Response:
    _use_language(request)
    if not slug:
        return _choice_of_visits(request)
    try:
        description = _description(_visit(slug))
    except NotFound as error:
        return _not_found(request, error)
    return _page(
        "sign_in.html", request, status, headers, slug=slug, applicant=description.applicant, place=description.place,
        days=_days(description.starts, description.ends), code=code, fault=fault, people=_demo_people(),
    )  # fmt: skip


def _choice_of_visits(request: Request) -> Response:
    """Somebody came without a visit's address: there is mostly one, otherwise they choose."""
    from inspection_app.store.file import visit_files

    files = visit_files(visits_folder())
    if len(files) == 1:
        return RedirectResponse("/sign-in?" + urlencode({"visit": files[0].slug}), status_code=303)
    choices = []
    for file in files:
        try:
            description = _description(file)
        except InspectionError:  # an unreadable file must not keep people out of the others
            continue
        days = _days(description.starts, description.ends)
        choices.append((description.applicant, days, "/sign-in?" + urlencode({"visit": file.slug})))
    return _page("choose_visit.html", request, choices=choices)


def _visit(slug: str) -> VisitFile:
    from inspection_app.store.file import visit_files

    # Compared with the names that are there, so that a made-up slug can never become a path.
    for file in visit_files(visits_folder()):
        if file.slug == slug:
            return file
    raise NotFound(N_("There is no visit “{slug}” on this hub. Check the address."), "no-visit", slug=slug)


def _description(file: VisitFile) -> Description:
    from inspection_app.store import visits

    with file.reading() as db:
        return visits.read(db).description


def _days(first: date, last: date) -> str:
    from babel.dates import format_date

    one, other = (format_date(day, "long", locale=language.current()) for day in (first, last))
    return one if first == last else _("{first} to {last}", first=one, last=other)


def _demo_people() -> list[dict[str, str]]:
    people: list[dict[str, str]] = json.loads(os.environ.get(DEMO_CODES_VARIABLE) or "[]")
    return people


def _not_found(request: Request, error: NotFound) -> Response:
    return _page("notice.html", request, 404, title=_("Not found"), text=error.text(_))


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _is_local(back: str) -> bool:
    r"""Say whether an address stays on this hub.

    >>> [_is_local(back) for back in ("/", "/score?item=6", "//evil.example", "/\\evil.example", "https://evil.example")]
    [True, True, False, False, False]
    """
    return back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()


def _use_language(request: Request) -> None:
    language.use(request.cookies.get(language.COOKIE))


_UNCACHED = {"Cache-Control": "no-store"}
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def _page(
    template: str, request: Request, status: int = 200, headers: _Headers | None = None, **context: object
) -> Response:
    html = _templates().get_template(template).render(
        tag="en" if language.current() == language.ENGLISH else "zh-CN", other_languages=_other_languages(request),
        **context,
    )  # fmt: skip
    return HTMLResponse(html, status, {**_UNCACHED, "Content-Security-Policy": _POLICY, **(headers or {})})


def _other_languages(request: Request) -> list[tuple[str, str]]:
    """Return the name of each language that is not in use, and the address that switches to it."""
    here = request.url.path
    if request.method != "GET" or here.startswith("/join/"):  # coming back would send the form, or the code, again
        here = "/sign-in"
    if request.url.query and here == request.url.path:
        here += "?" + request.url.query
    return [
        (name, f"/language/{code}?" + urlencode({"back": here}))
        for code, name in language.LANGUAGES.items()
        if code != language.current()
    ]


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(loader=PackageLoader("inspection_app"), autoescape=True, undefined=StrictUndefined)
    templates.globals["_"] = _
    return templates
