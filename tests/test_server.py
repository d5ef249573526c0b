"""The hub process: how it starts, what it adds to Streamlit's answers, what it refuses."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
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
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from inspection_app import server
from inspection_app.errors import InspectionError
from inspection_app.places import hub_address
from tests.hub import ROOT, free_port, hub, serving


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
        "theme.primaryColor": "#1D4E89",
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


@pytest.mark.parametrize("path", ["/", "/healthz", "/sign-in", "/_stcore/health"])
def test_headers(url: str, path: str) -> None:
    """Every answer forbids type guessing and foreign frames, and does not say which server this is."""
    headers = requests.get(url + path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Server" not in headers


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
    asyncio.run(server.NoConnectionDialog(GZipMiddleware(plain, minimum_size=10))(scope, receive, send))
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

    page = AppTest.from_function(script).run()
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
