"""The house's rules, held by tests: who imports whom, who writes, what may be read from outside, what files may name.

Each rule that is read off the syntax tree is a function of a source text, and is first tried on a text that breaks it.
"""

from __future__ import annotations

import ast
import ipaddress
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from inspection_app.core.visit import Act

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "inspection_app"
SERVICES = sorted((PACKAGE / "services").glob("*.py"))
STORE = sorted((PACKAGE / "store").glob("*.py"))
SOURCES = sorted(PACKAGE.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def parsed(source: str | Path) -> ast.Module:
    return ast.parse(source.read_text("utf-8") if isinstance(source, Path) else dedent(source))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def parameters(function: ast.FunctionDef) -> dict[str, str]:
    """Return the annotation of each parameter, as it is written."""
    asked = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {one.arg: ast.unparse(one.annotation) if one.annotation else "" for one in asked}


def opens(node: ast.AST, name: str) -> bool:
    """Say whether a node is a ``with`` that calls a function or method of this name."""
    if not isinstance(node, ast.With):
        return False
    called = [item.context_expr.func for item in node.items if isinstance(item.context_expr, ast.Call)]
    return any(name == (one.id if isinstance(one, ast.Name) else getattr(one, "attr", "")) for one in called)


# --- tools ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        ["-m", "ruff", "check", "."],
        ["-m", "mypy"],
    ],
    ids=["imports point down", "ruff", "mypy"],
)
def test_the_tools_find_nothing(command: list[str]) -> None:
    """The import contracts, the linter and the type checker, all configured in pyproject.toml, have no complaint."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- use cases -----------------------------------------------------------------------------------------------------


def unguarded(tree: ast.Module) -> set[str]:
    """Return the functions that take an ``actor`` and neither open ``act`` nor merely read."""
    return {
        function.name
        for function in functions(tree)
        if "actor" in parameters(function)
        and not any(opens(node, "act") or opens(node, "reading") for node in ast.walk(function))
    }


@cache
def writers() -> frozenset[tuple[str, str]]:
    """Return the store's functions that write, as (module, function): they call a table's own verbs, SQL that is no
    SELECT, or a function of their module that does."""
    verbs = {"insert", "insert_all", "update", "upsert", "upsert_all", "delete", "delete_where", "executescript"}
    found: set[tuple[str, str]] = set()
    calls: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for path in STORE:
        for function in functions(parsed(path)):
            here = (path.stem, function.name)
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                verb = getattr(call.func, "attr", "")
                sql = call.args[0] if call.args and isinstance(call.args[0], ast.Constant) else None
                reads = sql is not None and str(sql.value).lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN", "VACUUM"))
                if verb in verbs or (verb == "execute" and not reads):
                    found.add(here)
                calls.setdefault(here, set()).add((path.stem, getattr(call.func, "id", "")))
    while more := {here for here, called in calls.items() if called & found} - found:
        found |= more
    return frozenset(found)


def loose_writes(tree: ast.Module) -> set[str]:
    """Return what a text writes to the store outside an open act, outside the making of a file, and not on behalf of
    a caller's transaction."""
    imported = {
        alias.asname or alias.name: (node.module or "").removeprefix("inspection_app.store.").replace(
            "inspection_app.store", alias.name
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("inspection_app.store")
        for alias in node.names
    }
    found = set()

    def look(node: ast.AST, allowed: bool) -> None:
        if isinstance(node, ast.FunctionDef):
            allowed = node.name.startswith("_") and "Transaction" in parameters(node).values()
        allowed = allowed or opens(node, "act") or opens(node, "new_file")
        if isinstance(node, ast.Call) and not allowed:
            called = node.func
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                target = (imported.get(called.value.id, ""), called.attr)
            else:
                name = getattr(called, "id", "")
                target = (imported.get(name, ""), name)
            if target in writers():
                found.add(".".join(target))
        for child in ast.iter_child_nodes(node):
            look(child, allowed)

    look(tree, False)
    return found


def users_of(name: str) -> set[str]:
    """Return where a function or method is called by this name, dotted or not, as ``file:function``."""
    ending = name.split(".")
    return {user for user, called in calls() if called[-len(ending) :] == ending}


@cache
def calls() -> list[tuple[str, list[str]]]:
    """Return every call of the app: where it stands, as ``file:function``, and the dotted name's parts."""
    return [
        (f"{relative(path)}:{function.name}", ast.unparse(node.func).split("."))
        for path in SOURCES
        for function in functions(parsed(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
    ]


def test_the_rules_on_use_cases_can_fail() -> None:
    """A use case without ``act``, a write beside it, and a public function that is handed a transaction are caught."""
    bad = parsed("""
        from inspection_app.store import decisions, visits
        from inspection_app.store.log import append
        def finish(file, actor, now):
            with file.writing() as db:
                visits.finish(db, now)
        def recommend(file, actor, what, now):
            with act(file, actor, Act.RECOMMEND, now) as tx:
                visits.recommend(tx.db, what)
            visits.set_stage(tx.db, what)
        def helper(tx: Transaction):
            append(tx.db)
        def _helper(tx: Transaction):
            decisions.adjudicate(tx.db)
    """)
    assert unguarded(bad) == {"finish"}
    assert loose_writes(bad) == {"visits.finish", "visits.set_stage", "log.append"}


@pytest.mark.parametrize("path", [path for path in SERVICES if path.stem != "act"], ids=lambda path: path.stem)
def test_whoever_acts_opens_act(path: Path) -> None:
    """Every function of the services that takes an actor opens ``act``, or only reads."""
    assert unguarded(parsed(path)) == set()


def test_most_use_cases_are_seen() -> None:
    """The rule above is not empty: every act but the making of a visit is opened by a service."""
    acts = {
        ast.unparse(item.context_expr.args[2])
        for path in SERVICES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.With) and opens(node, "act")
        for item in node.items
        if isinstance(item.context_expr, ast.Call)
    }
    assert acts == {f"Act.{act.name}" for act in Act} - {"Act.CREATE_VISIT"}


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path not in {*STORE, PACKAGE / "services" / "act.py"}], ids=relative
)
def test_nothing_is_written_outside_an_act(path: Path) -> None:
    """Permission, stage, transaction and log meet in one place; the making of a visit is the one other."""
    assert loose_writes(parsed(path)) == set()


def test_the_store_has_writers() -> None:
    """What the rule above looks for is there: a few of the writing functions, and none that only reads."""
    assert {("sheets", "add_revision"), ("panel", "set_code"), ("log", "append"), ("visits", "set_stage"),
            ("lists", "set_sites"), ("decisions", "decide_gate")} <= writers()  # fmt: skip
    assert not {("sheets", "sheet"), ("panel", "members"), ("log", "head"), ("panel", "code_number")} & writers()


def test_transactions_are_opened_in_two_places() -> None:
    """``act`` opens the file for writing; ``create_visit`` alone makes a new one; both write to the log.

    A sample visit of the archive is held open around all its acts: each is an act all the same, and writes its entry.
    """
    assert users_of("writing") == {"services/act.py:act", "archive/samples.py:make_sample"}
    assert {user for user in users_of("new_file") if not user.startswith("store/")} == {
        "services/prepare.py:create_visit"
    }
    assert users_of("Transaction") == {"services/act.py:act", "services/prepare.py:create_visit"}
    assert users_of("log.append") == users_of("Transaction")


def sql(tree: ast.Module) -> set[str]:
    """Return the texts that look like SQL."""
    words = re.compile(r"\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s.+\sSET|DELETE\s+FROM|CREATE\s+TABLE|PRAGMA)\b")
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and words.match(text)}


def test_sql_lives_in_the_store() -> None:
    """No other file holds a line of it."""
    assert sql(parsed('x = "SELECT a FROM b"')) == {"SELECT a FROM b"}
    assert sum(len(sql(parsed(path))) for path in STORE) > 10
    assert {relative(path): sql(parsed(path)) for path in SOURCES if path not in STORE and sql(parsed(path))} == {}


# --- what may be read from outside ---------------------------------------------------------------------------------


def outside(tree: ast.Module) -> set[str]:
    """Return the clocks, sources of chance and variables that a text reads, and what it opens or prints."""
    names = {"open", "input", "print", "eval", "exec"}
    attributes = {"now", "today", "utcnow", "urandom", "token_bytes", "token_hex", "monotonic", "environ", "getenv"}
    return {
        ast.unparse(node)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in names)
        or (
            isinstance(node, ast.Attribute)
            and node.attr in attributes
            and isinstance(node.value, ast.Name)
            and node.value.id in {"datetime", "date", "time", "os", "secrets", "random"}
        )
    }


def test_nothing_timed_but_an_argument_nothing_random_but_the_seed() -> None:
    """Core, services, store and report read no clock, no chance and no environment; time and nonces are handed in."""
    assert outside(parsed("x = datetime.now(); y = os.urandom(4); print(open('f'))")) == {
        "datetime.now", "os.urandom", "print", "open",
    }  # fmt: skip
    pure = [path for path in SOURCES if relative(path).startswith(("core/", "services/", "store/", "report/"))]
    assert {relative(path): outside(parsed(path)) for path in pure if outside(parsed(path))} == {}


def test_one_page_module_touches_the_session() -> None:
    """Streamlit's session state, under whatever name, appears in ui/session.py alone."""
    assert [relative(path) for path in SOURCES if "session_state" in path.read_text("utf-8")] == ["ui/session.py"]


# --- names and places ----------------------------------------------------------------------------------------------

BUILT = {"build", "dist", "venv", "node_modules", "__pycache__"}  # what .gitignore keeps out


def files() -> list[Path]:
    """Return the files that belong to the repository; in the package, hidden folders too."""
    found = []
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = parts[0].startswith(".") and parts[0] not in {".ci", ".gitignore"}
        unkept = parts[:2] == ("data", "visits") or path.suffix in {".visit", ".pyc"}
        if path.is_file() and not hidden and not unkept and not BUILT & set(parts) and ".egg-info" not in parts[0]:
            found.append(path)
    return found


def text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:  # fonts
        return ""


def test_the_top_level_is_the_one_of_the_design() -> None:
    """Six names and the files that every repository has; what is new goes into one of the folders."""
    tops = {path.relative_to(ROOT).parts[0] for path in files()}
    required = {"inspection_app", "rubrics", "data", "tests", "pyproject.toml", "README.md"}
    assert required <= tops
    allowed = required | {"README.zh-CN.md", "LICENSE", "CHANGELOG.md", "constraints.txt"}
    assert {name for name in tops - allowed if not name.startswith(".")} == set()


def test_no_module_hides_one_of_the_standard_library() -> None:
    """Streamlit puts the folder of its entry script on the path: such a module would take the place of Python's own."""
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert {"cli", "ui", "core"} <= names
    assert names & sys.stdlib_module_names == set()


def test_no_module_is_named_after_nothing() -> None:
    """Names say what a module is about; these words fit everything."""
    empty = {"utils", "util", "helpers", "helper", "manager", "handler", "process", "data", "info", "common", "misc"}
    assert {relative(path) for path in SOURCES if empty & {*path.relative_to(PACKAGE).parts[:-1], path.stem}} == set()


ADDRESS = re.compile(r"https?://([^\s/\"'`<>()|\\:\]]*)")
KNOWN_HOSTS = {"json-schema.org", "www.w3.org", "schemas.openxmlformats.org", "schemas.microsoft.com", "purl.org"}
"""Names of vocabularies that have to be written so; nobody asks there for anything."""

LICENCE_HOSTS = {"scripts.sil.org", "openfontlicense.org", "www.adobe.com", "github.com"}


def foreign(text: str, known: set[str]) -> set[str]:
    """Return the hosts of http addresses that are neither this machine, a private or made-up one, nor known."""
    found = set()
    for host in ADDRESS.findall(text):
        made_up = host in {"", "localhost", "testserver"} or host.endswith((".example", ".test")) or host[0] in "{$["
        try:
            private = ipaddress.ip_address(host).is_private
        except ValueError:
            private = False
        if not (made_up or private or host in known):
            found.add(host)
    return found


def test_no_file_names_a_foreign_host() -> None:
    """There is no internet where this runs, and a page that loads from elsewhere would be broken and watched there."""
    bad = "see http:" + "//cdn.jsdelivr.net/x and http:" + "//192.168.1.4:8501/ and https:" + "//a.example/"
    assert foreign(bad, KNOWN_HOSTS) == {"cdn.jsdelivr.net"}
    named = {}
    for path in files():
        known = KNOWN_HOSTS | (LICENCE_HOSTS if path.name.startswith(("OFL", "LICENSE")) else set())
        if path != Path(__file__) and (hosts := foreign(text_of(path), known)):
            named[path.relative_to(ROOT).as_posix()] = hosts
    assert named == {}


REGISTRY = re.compile(
    r"pypi\.[a-z]|pythonhosted\.[a-z]|npmjs\.[a-z]|registry\.[a-z]+\.|proxy\.golang\.|crates\.io\b|files?\.python"
    r"|\bmirrors?\.[a-z]+\.|index-url",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.$}/])/(?:work|home|root|Users|mnt|media)/[\w.]|\b[A-Z]:\\\\?(?:Users|Windows)\b")


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    """Where packages come from is the installer's setting; where files lie is the user's."""
    assert REGISTRY.search("registry.npm" + "js.org")
    assert REGISTRY.search("--index" + "-url x")
    assert MACHINE.search("x = '/ho" + "me/me/f'")
    named = {}
    for path in files():
        if path != Path(__file__):
            text = text_of(path)
            found = {match.group() for pattern in (REGISTRY, MACHINE) for match in pattern.finditer(text)}
            if found:
                named[path.relative_to(ROOT).as_posix()] = found
    assert named == {}
