"""The public screen's HTTP routes: a page for the projector, and the small JSON that it asks for every second.

No sign-in, nothing to press, nothing of a visit changed; everything it can tell stands in ``services.screen``. Here it
is only said in words. A page whose hub is gone keeps its picture and says since when.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from inspection_app import language
from inspection_app.errors import N_, InspectionError, NotFound
from inspection_app.language import _
from inspection_app.places import visits_folder

# The services and the templates are imported where they are used, as in ``routes``: the hub must start at once.
if TYPE_CHECKING:
    from jinja2 import Environment

    from inspection_app.services.screen import PublicDraw, PublicList, PublicScreen
    from inspection_app.store.file import VisitFile

Told = dict[str, Any]

TITLES = {"sites": N_("Draw of the sites to visit"), "citizens": N_("Draw of the citizens to meet")}
LISTED = {"sites": N_("Candidate sites"), "citizens": N_("Roster of citizens")}
PARTIES = {"applicant": N_("Applicant"), "chair": N_("Chair"), "neither": N_("Neither side")}


async def page(request: Request) -> Response:
    return await run_in_threadpool(_page, request)


async def now(request: Request) -> Response:
    return await run_in_threadpool(_now, request)


async def choose(request: Request) -> Response:
    return await run_in_threadpool(_choose, request)


ROUTES = [Route("/screen", choose), Route("/screen/{visit}", page), Route("/screen/{visit}/now", now)]


def _choose(request: Request) -> Response:
    """There is mostly one visit on a hub; otherwise whoever sets the projector up chooses."""
    from inspection_app.services.screen import public_screen
    from inspection_app.store.file import visit_files

    language.use(request.cookies.get(language.COOKIE))
    files = visit_files(visits_folder())
    if len(files) == 1:
        return RedirectResponse(f"/screen/{quote(files[0].slug)}", status_code=303)
    choices = []
    for file in files:
        try:
            found = public_screen(file, datetime.now().astimezone())
        except InspectionError:  # an unreadable file must not hide the others
            continue
        choices.append((found.applicant, _days(found.starts, found.ends), f"/screen/{quote(file.slug)}"))
    html = _templates().get_template("choose_visit.html").render(tag=_tag(), other_languages=[], choices=choices)
    return HTMLResponse(html, headers={"Cache-Control": "no-store", "Content-Security-Policy": _PLAIN_POLICY})


def _page(request: Request) -> Response:
    language.use(request.cookies.get(language.COOKIE))
    slug = request.path_params["visit"]
    try:
        file = _visit(slug)
    except NotFound as error:
        html = _templates().get_template("notice.html").render(
            tag=_tag(), other_languages=[], title=_("Not found"), text=error.text(_)
        )
        return HTMLResponse(html, 404, {"Cache-Control": "no-store", "Content-Security-Policy": _PLAIN_POLICY})
    html = _templates().get_template("screen.html").render(
        tag=_tag(), now=f"/screen/{quote(file.slug)}/now", style=_asset("screen.css"), script=_asset("screen.js"),
        mirror="mirror" in request.query_params,
    )  # fmt: skip
    return HTMLResponse(html, headers={"Cache-Control": "no-store", "Content-Security-Policy": _policy()})


def _now(request: Request) -> Response:
    from inspection_app.services.screen import public_screen

    language.use(request.cookies.get(language.COOKIE))
    headers, at = {"Cache-Control": "no-store"}, datetime.now().astimezone()
    try:
        found = public_screen(_visit(request.path_params["visit"]), at)
    except NotFound as error:
        return JSONResponse({"message": error.text(_), "code": error.code}, 404, headers)
    except InspectionError as error:  # the file is busy or out of reach: the picture that stands may stay
        return JSONResponse({"message": error.text(_), "code": error.code}, 503, headers)
    told = {"clock": f"{at:%H:%M:%S}", "picture": picture(found), "left": time_left(found, at)}
    return JSONResponse(told, headers=headers)


def time_left(found: PublicScreen, at: datetime) -> Told | None:
    """Return the clock of the activity, in words and seconds; apart from the picture, which stays when time goes on."""
    if found.clock is None:
        return None
    return {
        "of": found.clock.of, "seconds": int((found.clock.ends - at).total_seconds()), "left": _("Time left"),
        "over": _("Over time"), "until": _("until {time}", time=f"{found.clock.ends.astimezone(at.tzinfo):%H:%M}"),
    }  # fmt: skip


def picture(found: PublicScreen) -> Told:
    """Return what the screen shows, in words: only such parts as there is something in."""
    shown = found.shows
    told: Told = {"shows": str(shown), "applicant": found.applicant}
    if shown in TITLES:
        drawn = found.draw(shown)
        return told | (_draw(drawn) if drawn else {"title": _(TITLES[shown])})
    told |= {
        "welcome": {"title": _("On-site acceptance"), "large": found.applicant},
        "thanks": {"title": _("On-site acceptance"), "large": _("Thank you")},
        "agenda": {"title": _("Agenda")},
        "lists": {"title": _("Locked lists"), "sentence": _("What is locked can no longer be changed. Compare the code "
                                                            "with the signed slip.")},
    }[shown]  # fmt: skip
    if shown in ("welcome", "thanks"):
        told["small"] = _days(found.starts, found.ends)
    if shown == "agenda":
        told["agenda"] = [
            {"when": [when for when in (_day(one.day), one.time) if when], "title": one.title, "place": one.place,
             "now": found.clock is not None and one.title == found.clock.of}
            for one in found.agenda
        ]
    if shown == "lists":
        told["lists"] = [
            {"title": _(LISTED[one.kind]), "mark": _mark(one), **(_locked(one.locked) if one.locked else
             {"note": _("Not locked yet")})}
            for one in found.draws
        ]  # fmt: skip
    return told


def _locked(one: PublicList) -> Told:
    return {
        "code": f"{one.short_code[:4]} {one.short_code[4:]}", "digest": one.digest,
        "note": _("{wanted} of {rows} are drawn. Locked at {time}.", wanted=one.wanted, rows=one.rows,
                  time=f"{one.at:%Y-%m-%d %H:%M:%S}"),
    }  # fmt: skip


def _draw(one: PublicDraw) -> Told:
    from inspection_app.services.screen import COLUMN_OF, COLUMNS, Step

    column = COLUMN_OF[one.step]
    told: Told = {
        "title": _(TITLES[one.kind]),
        "mark": _mark(one),
        "steps": [
            {"text": _(text), "state": "done" if at < column or one.complete else "now" if at == column else "ahead"}
            for at, text in enumerate(COLUMNS)
        ],
        "sentence": sentence(one),
        "witnesses": [{"party": _(PARTIES[party]), "name": name} for party, name in one.witnesses],
        "voided": [
            _("Ceremony {number} was voided: {reason}", number=number, reason=reason) for number, reason in one.voided
        ],
    }
    if one.locked:
        told["facts"] = _facts(one, one.locked)
    if one.step is Step.CARDS and one.locked:
        told |= {"large": f"{one.locked.short_code[:4]} {one.locked.short_code[4:]}", "small": one.locked.digest}
    if one.step in (Step.DIGITS, Step.OPEN):
        told |= {"large": grouped(one.digits) or "· · ·", "small": bits(one)}
    if one.step is Step.DRAWN:
        told["tickets"] = _tickets(one)
        told["count"] = len(one.tickets)
    return told


def sentence(one: PublicDraw) -> str:
    """Say what happens now and who acts."""
    from inspection_app.services.screen import SENTENCES, Step

    if one.by_hand:
        return _("Drawn by hand: this draw cannot be recomputed.")
    if one.step is Step.DRAWN:
        if not one.complete:
            return _("The order appears, one number after the other.")
        return _("Drawn. {count} reserves follow in the order of the draw.", count=one.reserves)
    return _(SENTENCES[one.step])


def bits(one: PublicDraw) -> str:
    """Say how much chance the public digits bring: enough for every possible selection, or how much is missing."""
    return _(
        "{count} digits; from {wanted} on every result has a chance　"
        "chance needed {needed} bits, got {got} bits", count=len(one.digits),
        wanted=max(6, one.digits_wanted), needed=one.needed_bits, got=one.got_bits,
    )  # fmt: skip


def grouped(digits: str) -> str:
    """Set digits in groups of three, so that a room can compare them.

    >>> grouped("31415926")
    '314 159 26'
    """
    return " ".join(digits[at : at + 3] for at in range(0, len(digits), 3))


def _facts(one: PublicDraw, locked: PublicList) -> list[str]:
    facts = [_("{wanted} of {rows}", wanted=locked.wanted, rows=locked.rows),
             _("List {code}", code=f"{locked.short_code[:4]} {locked.short_code[4:]}")]  # fmt: skip
    if one.ceremony:
        held = _("Ceremony {number}, {place}", number=one.ceremony, place=one.place)
        facts.append(held + (f"，{one.at:%H:%M:%S}" if one.at else ""))
    return facts


def _tickets(one: PublicDraw) -> list[Told]:
    """Return a row of places for each stratum; those whose ticket has not appeared are empty, so that nothing moves."""
    appeared = {(ticket.stratum, ticket.place): ticket for ticket in one.tickets}
    rows = []
    for stratum, wanted in one.wanted:
        tickets = [appeared.get((stratum, place)) for place in range(1, wanted + 1)]
        rows.append({
            "title": stratum if len(one.wanted) > 1 else "",
            "places": [
                {"number": str(ticket.number), "name": ticket.name, "ticket": ticket.ticket} if ticket else {}
                for ticket in tickets
            ],
        })  # fmt: skip
    return rows


def _mark(one: PublicDraw) -> str:
    return _("REHEARSAL – this does not count") if one.rehearsal else ""


def _visit(slug: str) -> VisitFile:
    from inspection_app.store.file import visit_files

    # Compared with the names that are there, so that a made-up slug can never become a path.
    for file in visit_files(visits_folder()):
        if file.slug == slug:
            return file
    raise NotFound(N_("There is no visit “{slug}” on this hub. Check the address."), "no-visit", slug=slug)


def _days(first: date, last: date) -> str:
    return _day(first) if first == last else _("{first} to {last}", first=_day(first), last=_day(last))


def _day(day: date | None) -> str:
    from babel.dates import format_date

    return format_date(day, "long", locale=language.current()) if day else ""


def _tag() -> str:
    return "en" if language.current() == language.ENGLISH else "zh-CN"


_PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"


@cache
def _policy() -> str:
    """Let the page run its own script and style only, and ask nobody but this hub."""
    script, style = (
        base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()
        for name in ("screen.js", "screen.css")
    )
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; frame-ancestors 'none'"
    )


@cache
def _asset(name: str) -> str:
    return (resources.files("inspection_app") / "templates" / name).read_text("utf-8")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(loader=PackageLoader("inspection_app"), autoescape=True, undefined=StrictUndefined)
    templates.globals["_"] = _
    return templates
