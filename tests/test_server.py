"""The hub process: how it starts, what it adds to Streamlit's answers, what it refuses."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_routes import create_host_config_routes
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from inspection_app import middleware, server
from inspection_app.errors import InspectionError
from inspection_app.places import hub_address
from inspection_app.services import keep
from tests.hub import ROOT, free_port, hub, serving
from tests.services.conftest import create


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with hub(tmp_path_factory.mktemp("hub") / "visits") as url:
        yield url


class Enough(Exception):
    """Raised from an announcement to leave ``run`` before it serves."""


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return what ``run`` announces when it is called with these arguments, without serving."""
    monkeypatch.setenv("INSPECTION_VISITS", str(tmp_path))

    def start(**arguments: object) -> str:
        lines: list[str] = []

        def announce(line: str) -> None:
            lines.append(line)
            if len(lines) == 2:
                raise Enough

        with pytest.raises(Enough):
            server.run(tmp_path, open_browser=False, announce=announce, **arguments)
        return "\n".join(lines)

    return start


@pytest.mark.slow
@pytest.mark.parametrize("way", ["streamlit run", "uvicorn"])
def test_other_ways_to_start(way: str, tmp_path: Path) -> None:
    """``streamlit run`` and uvicorn serve the same hub, routes included, and do not ask the internet for an address."""
    port = free_port()
    command = {
        "streamlit run": ["streamlit", "run", str(ROOT / "inspection_app" / "server.py"), "--server.port", str(port)],
        "uvicorn": ["uvicorn", "inspection_app.server:app", "--port", str(port)],
    }[way]
    folder = tmp_path / "visits"
    with serving([sys.executable, "-m", *command], port, folder) as url:
        assert requests.get(url + "/healthz").text == "ok"
        assert requests.get(url + "/_stcore/host-config").json()["blockErrorDialogs"] is True
        assert '<div id="root">' in requests.get(url + "/").text
    log = folder.with_name("visits.log").read_text()
    assert str(port) in log
    assert "External" not in log
    assert "/healthz" not in log


def test_settings_hold_from_any_folder(tmp_path: Path) -> None:
    """The hub's own settings win over those of the folder it is started in."""
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text("[browser]\ngatherUsageStats = true\n[theme]\nbase = 'dark'\n")
    wanted = {
        "runner.postScriptGC": False,
        "browser.gatherUsageStats": False,
        "server.disconnectedSessionTTL": 28800,
        "server.fileWatcherType": "none",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "server.headless": True,
        "logger.hideWelcomeMessage": True,
        "theme.base": "light",
        "theme.light.primaryColor": "#1D4E89",
        "theme.dark.backgroundColor": "#14181F",
    }
    code = (
        "import json, sys, inspection_app.server; from streamlit import config;"
        "print(json.dumps({key: config.get_option(key) for key in sys.argv[1:]}))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code, *wanted],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert json.loads(output) == wanted


def test_host_config_keeps_every_other_field(url: str) -> None:
    """The connection dialog is off; all else is what this Streamlit answers by itself."""
    plain = create_host_config_routes(None)[0].endpoint(Request({"type": "http", "headers": []}))  # type: ignore[attr-defined]
    expected = json.loads(asyncio.run(plain).body)
    assert expected["blockErrorDialogs"] is False
    answer = requests.get(url + "/_stcore/host-config", headers={"Accept-Encoding": "gzip"})
    assert answer.json() == expected | {"blockErrorDialogs": True}
    assert answer.headers["Content-Type"] == "application/json"


def test_the_shell_is_ours(url: str) -> None:
    """Before Streamlit comes alive its page has our title and words in the reader's language, loads no font ahead, and
    knows where the hub is: it need not ask below each page's address first."""
    for cookie, title, words in (("", "现场验收", "正在打开……"), ("en", "Acceptance visit", "Opening …")):
        cookies = {"inspection_language": cookie} if cookie else {}
        page = requests.get(url + "/prepare", headers={"Accept": "text/html"}, cookies=cookies).text
        assert f"<title>{title}</title>" in page
        assert words in page.partition('<div id="root">')[2]
        assert "BACKEND_BASE_URL" in page
        assert 'as="font"' not in page
        assert "favicon.png" not in page


@pytest.mark.parametrize("path", ["/", "/healthz", "/sign-in", "/_stcore/health", "/screen", "/pad/pulse"])
def test_headers(url: str, path: str) -> None:
    """Every answer forbids type guessing and frames, and does not say which server this is."""
    headers = requests.get(url + path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Server" not in headers


def test_pages_load_from_nowhere_else(url: str) -> None:
    """Streamlit's page may run its own files and the scripts in its text, its own and ours, and talk to the hub alone;
    our own plain pages run none at all. Nobody may frame either."""
    host = url.removeprefix("http://")
    page = requests.get(url + "/", headers={"Accept": "text/html"})
    parts = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
    assert len(digests) == 2
    assert set(parts["script-src"].split()) == {"'self'", "blob:", *(f"'sha256-{digest}'" for digest in digests)}
    assert parts["connect-src"] == f"'self' ws://{host} wss://{host}"
    assert (parts["default-src"], parts["frame-ancestors"], parts["object-src"]) == ("'self'", "'none'", "'none'")
    own = requests.get(url + "/sign-in", headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
    assert "default-src 'none'" in own
    assert "script-src" not in own
    assert "frame-ancestors 'none'" in own


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "", "a b", "x@127.0.0.1"])
def test_another_name_for_this_machine_is_refused(url: str, host: str) -> None:
    """A website that lets its own name point here (DNS rebinding) reaches neither pages nor routes nor the stream."""
    for path in ("/", "/healthz", "/sign-in", "/_stcore/host-config"):
        assert requests.get(url + path, headers={"Host": host}).status_code in {400, 421}
    with pytest.raises((InvalidStatus, InvalidMessage)) as refusal:
        connect(url.replace("http", "ws", 1) + "/_stcore/stream", additional_headers={"Host": host})
    if isinstance(refusal.value, InvalidStatus):
        assert refusal.value.response.status_code in {400, 403}


def test_names_of_this_machine() -> None:
    """Addresses in digits, whatever Wi-Fi they come from, localhost and this machine's own name."""
    own = socket.gethostname().partition(".")[0]
    for host in ("192.168.8.2:8501", "10.1.2.3", "[fe80::1]:8501", "localhost:8501", own, f"{own}.local:8501", own.upper()):
        assert middleware.is_known_host(host)


def test_a_clean_end_leaves_no_mark_and_an_unclean_one_is_told(tmp_path: Path) -> None:
    """Ctrl+C takes the mark away, after a last snapshot; kill -9 leaves it, and the next start says what it found."""
    folder = tmp_path / "visits"
    scene = create(folder)
    mark = folder / server.RUNNING

    def start() -> subprocess.Popen[str]:
        code = (
            "import sys; from pathlib import Path; from inspection_app import server;"
            "server.run(Path(sys.argv[1]), int(sys.argv[2]), host='127.0.0.1', open_browser=False,"
            " announce=lambda line: print(line, flush=True))"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(folder), str(free_port())],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        )  # fmt: skip
        for _ in range(600):
            if mark.exists() and mark.read_text() == str(process.pid):
                return process
            time.sleep(0.05)
        raise AssertionError("the hub did not start")

    def said(process: subprocess.Popen[str], words: str) -> bool:
        assert process.stdout
        return any(words in line for line in process.stdout)

    first = start()
    time.sleep(1)  # signals are heeded from then on
    first.send_signal(signal.SIGINT)
    assert not said(first, scene.file.slug)
    first.wait()
    assert not mark.exists()
    assert len(keep.taken(scene.file)) == 1
    second = start()
    second.kill()
    second.wait()
    assert mark.exists()
    third = start()
    try:
        assert said(third, scene.file.slug)
    finally:
        third.kill()
        third.wait()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_websocket_of_another_website_is_refused(url: str, origin: str) -> None:
    """A page of another website, or of another program on this machine, cannot open a session."""
    with pytest.raises(InvalidStatus) as refusal:
        connect(url.replace("http", "ws", 1) + "/_stcore/stream", origin=Origin(origin))
    assert refusal.value.response.status_code == 403


def test_websocket_of_own_page(url: str) -> None:
    """Our own page opens its session."""
    stream = url.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(stream, origin=Origin(url), subprotocols=[Subprotocol("streamlit")]):
        pass


def test_host_config_is_read_uncompressed() -> None:
    """An answer that Streamlit would compress, as long ones are, is rewritten as well."""

    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"blockErrorDialogs": False, "other": "x" * 2000})(scope, receive, send)

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {
        "type": "http", "method": "GET", "path": "/_stcore/host-config", "headers": [(b"accept-encoding", b"gzip")]
    }  # fmt: skip
    asyncio.run(middleware.NoConnectionDialog(GZipMiddleware(plain, minimum_size=10))(scope, receive, send))
    body = sent[1]["body"]
    assert json.loads(body) == {"blockErrorDialogs": True, "other": "x" * 2000}
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(body)).encode()


def test_error_of_a_page_tells_no_secrets() -> None:
    """What a page lets through is shown in words: our own errors as they are, others without any detail."""

    def script() -> None:
        from inspection_app.errors import NotFound
        from inspection_app.server import app

        assert app._on_script_error is not None
        assert app._on_script_error(ValueError("a secret")) is True
        assert app._on_script_error(NotFound("There is no item {item}.", "no-item", item="99")) is True

    page = AppTest.from_function(script, default_timeout=60).run()  # a ceiling for a busy machine
    assert not page.exception
    broken, expected = (error.value for error in page.error)
    assert "secret" not in broken
    assert broken
    assert expected == "There is no item 99."


def test_taken_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that was asked for and is taken is named, with the remedy; nothing is served elsewhere."""
    monkeypatch.setenv("INSPECTION_VISITS", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InspectionError, match=f"Port {port} is in use.*--port") as caught:
            server.run(tmp_path, port, host="127.0.0.1", open_browser=False)
    assert caught.value.code == "port-taken"


def test_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the place of the visits folder is named before anything is served."""
    monkeypatch.setenv("INSPECTION_VISITS", str(tmp_path))
    (tmp_path / "visits").write_text("not a folder")
    with pytest.raises(InspectionError, match="visits cannot be used"):
        server.run(tmp_path / "visits", free_port(), open_browser=False)


def test_next_free_port(announced) -> None:
    """Without a port asked for, the hub goes past those that are taken."""
    first = server.DEFAULT_PORT
    try:
        other = socket.create_server(("127.0.0.1", first))
    except OSError:  # somebody else has it, which serves as well
        other = None
    try:
        text = announced(host="127.0.0.1")
    finally:
        if other:
            other.close()
    (port,) = re.findall(r"localhost:(\d+)", text)
    assert int(port) > first


def test_announces_the_page_to_open(announced) -> None:
    """The address for this machine carries the page to open."""
    port = free_port()
    assert f"http://localhost:{port}/sign-in?visit=a" in announced(port=port, open_path="/sign-in?visit=a")


def test_pages_are_told_where_tablets_reach_the_hub(announced) -> None:
    """The address that is announced first for tablets; none while the hub is kept to this machine."""
    port = free_port()
    announced(port=port)
    assert hub_address() == next((f"http://{ip}:{port}" for ip in server._lan_addresses()), "")
    announced(port=port, host="127.0.0.1")
    assert hub_address() == ""


def test_lan_addresses_are_private() -> None:
    """Only addresses that a tablet beside this machine can use are offered, each once."""
    addresses = server._lan_addresses()
    assert len(addresses) == len(set(addresses))
    assert not [address for address in addresses if address.startswith(("127.", "169.254.", "0."))]
