"""Who may not, changes nothing: every public service and every route, for everybody it is not for, at every stage.

What is tried is read off the app itself: a service that opens ``act`` and has no call in ``ACTS``, or a route that has no
row here, fails. ``python -m tests.test_authorisation`` prints how many forbidden calls there were and what they changed.
"""

from __future__ import annotations

import ast
import atexit
import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from requests import Session
from starlette.routing import Route

from inspection_app import access, routes, server
from inspection_app.core.visit import PERMITS, Act, Actor, Role, Stage
from inspection_app.errors import InspectionError
from inspection_app.services import prepare
from inspection_app.store import content, log
from inspection_app.store.file import VisitFile, kept_open
from tests.hub import hub
from tests.services.acts import ACTS, Call
from tests.services.conftest import CHAIR, EXPERT, SECRETARY, Scene, photo, scene_at

SERVICES = sorted((Path(server.__file__).parent / "services").glob("*.py"))
STRANGERS = {
    "nobody": Actor(0, Role.CHAIR),
    "a member of another visit": Actor(77, Role.CHAIR),  # whose id nobody has here
    "an expert who claims to be the chair": Actor(3, Role.CHAIR),
}
PEOPLE = {"secretary": SECRETARY, "chair": CHAIR, "expert": EXPERT}


def state(file: VisitFile) -> tuple[str, str]:
    """What a visit says: the digest of its content, personal values included, and the head of its log."""
    with file.reading() as db:
        scope = content.scope_of(db)
        leaves = {place: content.leaf_digest(place, "", value) for place, value in content.values(db, scope)}
        return content.digest(db, scope, leaves), log.head(db)


def bytes_of(file: VisitFile) -> bytes:
    """A digest of the file and of what waits in the log beside it: where it is the same, nothing was changed."""
    beside = file.path.with_name(file.path.name + "-wal")
    return hashlib.sha256(file.path.read_bytes() + (beside.read_bytes() if beside.is_file() else b"")).digest()


@cache
def folder_of_scenes() -> Path:
    kept = tempfile.TemporaryDirectory(prefix="authorisation-")
    atexit.register(kept.cleanup)
    return Path(kept.name)


@cache
def scene_of(stage: Stage) -> Scene:
    """A visit at a stage, beside those at the others."""
    folder = folder_of_scenes()
    scene = scene_at(folder / stage, stage)
    (folder / "visits").mkdir(exist_ok=True)
    path = shutil.copy(scene.file.path, folder / "visits" / f"{stage}.visit")
    return replace(scene, file=VisitFile(Path(path)))


# --- services -------------------------------------------------------------------------------------------------------


def opening(source: str) -> set[str]:
    """Return the public functions of a text that open an act."""
    return {
        function.name
        for function in ast.parse(source).body
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.context_expr, ast.Call) and ast.unparse(item.context_expr.func) == "act"
    }


def named(code: CodeType) -> Iterator[frozenset[str]]:
    yield frozenset(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from named(inner)


def services() -> dict[tuple[str, str], list[tuple[Act, Call]]]:
    """Return every public service that opens an act, with its calls."""
    rows: dict[tuple[str, str], list[tuple[Act, Call]]] = {
        (path.stem, name): [] for path in SERVICES if path.stem != "act" for name in opening(path.read_text("utf-8"))
    }
    for what, calls in ACTS.items():
        for call in calls:
            words = list(named(call.__code__))
            for (module, name), found in rows.items():
                if any({module, name} <= one for one in words):
                    found.append((what, call))
    return rows


def forbidden(what: Act, stage: Stage, scene: Scene) -> Iterator[tuple[str, Actor, str]]:
    """Yield everybody who may not do this at this stage, and the code of the refusal: "" where any will do."""
    permit = PERMITS[what]
    for role, name in PEOPLE.items():
        if Role(role) not in permit.roles or stage not in permit.stages:
            code = "wrong-stage" if Role(role) in permit.roles else "role-may-not"
            yield role, scene.people[name], code
    for stranger, actor in STRANGERS.items():
        if actor.member_id != scene.expert.member_id or Role.EXPERT not in permit.roles or stage not in permit.stages:
            yield stranger, actor, ""


def try_services(stages: Iterable[Stage] = Stage) -> tuple[Counter[str], list[str]]:
    """Make every forbidden call; return how many there were and what was wrong with them."""
    made, wrong, known = Counter[str](), [], dict[Stage, tuple[str, str]]()
    for (module, name), calls in services().items():
        for stage in stages:
            scene = scene_of(stage)
            before, written = known.get(stage) or state(scene.file), bytes_of(scene.file)
            known[stage] = before
            for what, call in calls:
                for who, actor, code in forbidden(what, stage, scene):
                    made["services"] += 1
                    try:
                        call(scene, actor)
                    except InspectionError as error:
                        if error.code != code and code:
                            wrong.append(f"{module}.{name} by {who} at {stage}: refused as {error.code}")
                        continue
                    wrong.append(f"{module}.{name} by {who} at {stage}: not refused")
            if bytes_of(scene.file) != written and state(scene.file) != before:
                wrong.append(f"{module}.{name} at {stage}: changed")
    return made, wrong


def test_every_service_has_a_call() -> None:
    """A service that opens an act is tried here, or this test names it."""
    assert opening("def f(file):\n    with act(file) as tx:\n        pass\ndef _g():\n    with act(1):\n        pass\n") == {"f"}
    rows = services()
    assert len(rows) > 90
    assert [key for key, calls in rows.items() if not calls] == []


def test_forbidden_services_change_nothing() -> None:
    """Whoever may not is refused, whatever they claim to be, and content and log stay to the last digit."""
    for stage in Stage:
        scene_of(stage)  # before: what is kept open is not copied whole
    with kept_open():  # as the hub does for each run of a page
        made, wrong = try_services()
    assert wrong == []
    assert made["services"] > 2000


def test_a_change_would_be_seen(tmp_path: Path) -> None:
    """What is compared differs when a personal value, a row of content or the log differs."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    before = state(scene.file)
    ACTS[Act.NAME_SITES][0](scene, scene.secretary)
    assert state(scene.file)[1] != before[1]
    ACTS[Act.APPOINT_MEMBER][1](scene, scene.secretary)
    assert state(scene.file)[0] != before[0]


# --- routes ---------------------------------------------------------------------------------------------------------

_ANSWER = {"item": "1", "client": "t1-p1", "sequence": 1, "base": 0, "answers": {"1": True}, "note": "看了"}
_FILE = {"client": "t1-p1", "sequence": 2, "item": "1"}

ROUTES: Mapping[tuple[str, str], tuple[Act | None, Mapping[str, Any]]] = {
    ("POST", "/pad/answers"): (Act.ANSWER_ITEM, _ANSWER),
    ("POST", "/pad/phrases"): (Act.KEEP_PHRASES, {"own": ["查阅原件"]}),
    ("POST", "/pad/disputes"): (Act.DISPUTE_FIGURE, {"figure": "fund", "note": "与年报不符"}),
    ("POST", "/pad/hand-in"): (Act.HAND_IN, {}),
    ("POST", "/pad/take-back"): (Act.TAKE_BACK, {}),
    ("POST", "/pad/looked-again"): (Act.LOOK_AGAIN, {"item": "4"}),
    ("POST", "/pad/evidence"): (Act.ATTACH_EVIDENCE, _FILE),
    ("POST", "/pad/evidence/change"): (Act.ATTACH_EVIDENCE, {"evidence": 1, "caption": "车间", "withdrawn": True}),
    ("POST", "/pad/bring"): (Act.BRING_SHEETS, {"answers": "{}"}),
    ("POST", "/pad/bring/look"): (Act.BRING_SHEETS, {"answers": "{}"}),
    ("POST", "/sign-in"): (None, {"code": "AAAA-AAAA"}),
    ("GET", "/pad/sheet"): (None, {}),
    ("GET", "/pad/pulse"): (None, {"client": "t1-p1", "waiting": 0}),
    ("GET", "/pad/evidence"): (None, {}),
    ("GET", "/pad/evidence/{id:int}"): (None, {}),
    ("GET", "/pad/alone"): (None, {}),
    ("GET", "/pad/bring"): (None, {}),
    ("GET", "/pad/{version}/{name:path}"): (None, {}),
    ("GET", "/sw.js"): (None, {}),
    ("GET", "/healthz"): (None, {}),
    ("GET", "/sign-in"): (None, {}),
    ("GET", "/sign-out"): (None, {}),
    ("GET", "/join/{visit}/{code}"): (None, {}),
    ("GET", "/language/{code}"): (None, {}),
    ("GET", "/screen"): (None, {}),
    ("GET", "/screen/{visit}"): (None, {}),
    ("GET", "/screen/{visit}/now"): (None, {}),
}
"""Every route: the act that it is, None where it changes nothing for anybody, and what is sent."""


def rows_of_routes() -> set[tuple[str, str]]:
    """Return method and path of every route of the app, whatever list it stands in."""
    return {
        (method, route.path)
        for route in routes.ROUTES
        if isinstance(route, Route)
        for method in (route.methods or {"GET"}) - {"HEAD"}
    }


def cookies(folder: Path, scene: Scene, slug: str) -> dict[str, tuple[str, int, Role | None]]:
    """Return what everybody's tablet sends: the cookie, the member it says it is, and the role it stands for."""
    secret, visit = access.hub_secret(folder), prepare.outline(scene.file).visit.id

    def signed(named: str, member: int, number: int = 1, key: bytes = secret, of: str = visit) -> str:
        return access.sign_session(access.Session(named, member, number, of), key)

    expert = scene.expert.member_id
    found: dict[str, tuple[str, int, Role | None]] = {
        role: (signed(slug, scene.people[name].member_id), scene.people[name].member_id, Role(role))
        for role, name in PEOPLE.items()
    }
    return found | {
        "nobody": ("", expert, None),
        "a made-up cookie": ("x" * 40, expert, None),
        "a cookie of another hub": (signed(slug, expert, 1, bytes(32)), expert, None),
        "a code that was replaced": (signed(slug, expert, 0), expert, None),
        "a member of another visit": (signed("elsewhere", expert), expert, None),
        "the same slug of another visit": (signed(slug, expert, of="another"), expert, None),
        "somebody who is nobody": (signed(slug, 77), 77, None),
        "an expert for the chair": (signed(slug, expert), scene.chair.member_id, None),
    }


def send(
    line: Session, url: str, method: str, path: str, sent: Mapping[str, Any], slug: str, cookie: str, member: int
) -> int:
    where = path.replace("{id:int}", "1").replace("{visit}", slug).replace("{version}", "v").replace("{name:path}", "m")
    where = url + where.replace("{code}", "AAAA-AAAA" if "join" in path else "en")
    said = {"visit": slug, "member": member, **sent}
    more: dict[str, Any] = {"params": said}
    if method == "POST" and path == "/pad/evidence":
        more["data"] = photo()
    elif method == "POST":
        more = {"data": said} if path == "/sign-in" else {"json": said}
    own = {access.COOKIE: cookie} if cookie else {}
    line.cookies.clear()  # a hub's answer may set one
    return line.request(method, where, cookies=own, timeout=30, allow_redirects=False, **more).status_code


def try_routes(stages: Collection[Stage] = tuple(Stage)) -> tuple[Counter[str], list[str]]:
    """Send every forbidden request at these stages; return how many there were and what was wrong with them."""
    made, wrong = Counter[str](), []
    folder = folder_of_scenes() / "visits"
    for stage in stages:
        scene_of(stage)  # the hub finds them all there
    with hub(folder) as url, Session() as line:
        line.trust_env = False
        for stage in stages:
            scene = scene_of(stage)
            slug = scene.file.slug
            people, before, written = cookies(folder, scene, slug), state(scene.file), bytes_of(scene.file)
            for (method, path), (what, sent) in ROUTES.items():
                for who, (cookie, member, role) in people.items():
                    if what and role and role in PERMITS[what].roles and stage in PERMITS[what].stages:
                        continue
                    made["routes"] += 1
                    status = send(line, url, method, path, sent, slug, cookie, member)
                    own = who == "an expert for the chair" and path in {"/pad/sheet", "/pad/bring"}  # one's own
                    closed = what or (path.startswith("/pad/") and "version" not in path and not role and not own)
                    if status >= 500 or (closed and status < 400):
                        wrong.append(f"{method} {path} by {who} at {stage}: {status}")
                if bytes_of(scene.file) != written and state(scene.file) != before:
                    wrong.append(f"{method} {path} at {stage}: changed")
    return made, wrong


def test_every_route_has_a_row() -> None:
    """A route of the app that is not tried here is named; so is a row whose route is gone."""
    assert rows_of_routes() ^ ROUTES.keys() == set()
    assert all(isinstance(route, Route) for route in routes.ROUTES)


@pytest.mark.slow
def test_forbidden_requests_change_nothing() -> None:
    """Whoever has no cookie, a wrong, foreign or replaced one, or not the role, is refused, and nothing changes."""
    made, wrong = try_routes([Stage.SCORE])  # main() takes every stage
    assert wrong == []
    assert made["routes"] > 200


@pytest.mark.slow
def test_an_allowed_request_would_be_seen(tmp_path: Path) -> None:
    """The same request from whom it is for does change the visit."""
    scene = scene_at(tmp_path / "visits", Stage.SCORE)
    with hub(scene.file.path.parent) as url, Session() as line:
        before = state(scene.file)
        own = cookies(scene.file.path.parent, scene, scene.file.slug)["expert"]
        assert send(line, url, "POST", "/pad/answers", _ANSWER, scene.file.slug, own[0], own[1]) == 200
    assert state(scene.file) != before


@pytest.mark.parametrize("what", sorted(set(Act) - {Act.CREATE_VISIT}))
def test_every_act_is_among_the_services(what: Act) -> None:
    """No act is without a call, so none goes untried."""
    assert what in ACTS or what is Act.BRING_SHEETS


def main() -> None:
    made, wrong = try_services()
    more, also = try_routes()
    print(f"services: {len(services())}, routes: {len(rows_of_routes())}, stages: {len(Stage)}")
    print(f"forbidden calls of services: {made['services']}, of routes: {more['routes']}")
    print(f"that changed anything or were not refused: {len(wrong) + len(also)}")
    print(*wrong, *also, sep="\n")


if __name__ == "__main__":
    main()
