"""What every request passes on its way to the hub, and every answer on its way out: which hosts and origins are let in,
which headers go with a page, and what of Streamlit's own page is made ours.

Each layer knows nothing of the others; their order is the hub's (``server``).
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import os
import re
import socket
from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inspection_app import language, routes
from inspection_app.language import _

NAMES_VARIABLE = "INSPECTION_NAMES"
"""The environment variable with further names of this machine, such as the router gives it; commas between."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class KnownHost:
    """Refuse requests for a name that is not this machine's.

    A website can let its own name point to this machine (DNS rebinding), and its page would then be our own origin. It
    cannot do that with an address in digits, so those all pass, whichever Wi-Fi this machine is in.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and not is_known_host(Headers(scope=scope).get("host", "")):
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008})
            return await PlainTextResponse("refused: this is not the hub's address", 421)(scope, receive, send)
        return await self.app(scope, receive, send)


def is_known_host(host: str) -> bool:
    """Say whether a Host header names this machine: an address in digits, localhost, or one of its names.

    >>> [is_known_host(host) for host in ("192.168.8.2:8501", "[::1]:8501", "localhost", "evil.example:8501", "")]
    [True, True, True, False, False]
    """
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@?#\[\]]+)(:\d{1,5})?", host)
    if not match:
        return False
    name = match[1].strip("[]").lower().removesuffix(".")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in own_names()
    return True


@cache
def own_names() -> frozenset[str]:
    """Return what this machine is called, in small letters, ``localhost`` included."""
    own = socket.gethostname().lower().partition(".")[0]
    given = os.environ.get(NAMES_VARIABLE, "").lower().replace(",", " ").split()
    return frozenset({"localhost", *given, *(own + ending for ending in ("", ".local", ".lan", ".home.arpa") if own)})


class OwnOriginOnly:
    """Refuse what the page of another website sends here, WebSockets included.

    Streamlit would let in every page of this machine, and ask a host on the internet for this machine's address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _READING):
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            # not taken apart by urlsplit, which refuses some texts by an exception: an origin is a scheme and a host
            if origin is not None and origin.partition("://")[2] != headers.get("host"):
                if scope["type"] == "websocket":
                    return await send({"type": "websocket.close", "code": 1008})
                return await PlainTextResponse("refused: another website sent this", 403)(scope, receive, send)
        return await self.app(scope, receive, send)


async def _rewritten(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, change: Callable[[bytes], bytes]
) -> None:
    """Pass a request on and change the body of its answer."""
    # Uncompressed, so that it can be read here; unconditional, so that there is a body.
    skipped = {b"accept-encoding", b"if-none-match", b"if-modified-since"}
    scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in skipped]}
    start: Message = {}
    body = b""

    async def rewrite(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
            return
        body += message.get("body", b"")
        if message.get("more_body"):
            return
        if start["status"] == 200 and body:
            body = change(body)
            headers = MutableHeaders(raw=start["headers"])
            headers["content-length"] = str(len(body))
            for stale in ("etag", "last-modified"):
                if stale in headers:
                    del headers[stale]
        await send(start)
        await send({"type": "http.response.body", "body": body})

    await app(scope, receive, rewrite)


class NoConnectionDialog:
    """Answer ``host-config`` as Streamlit does, but with ``blockErrorDialogs``.

    While the hub cannot be reached, a dialog would make the page inert, and what is typed then would be lost.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/_stcore/host-config"):
            return await self.app(scope, receive, send)
        await _rewritten(
            self.app, scope, receive, send,
            lambda body: json.dumps({**json.loads(body), "blockErrorDialogs": True}).encode(),
        )  # fmt: skip


class OwnShell:
    """Make Streamlit's shell ours before it comes alive: its language, or browsers offer to translate Chinese into
    Chinese, its title, and words for as long as a slow network takes.

    It also says where the hub is: Streamlit would first ask for it below every page's own address, and be refused.
    Its own font is not loaded ahead; we show the device's.
    """

    SCRIPT = 'window.__streamlit={BACKEND_BASE_URL:location.origin+"/"}'
    WAITING = '<p style="font:18px/1.7 sans-serif;color:#5B6575;text-align:center;margin:30vh 0 0">%s</p>'

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            return await self.app(scope, receive, send)
        language.use(Request(scope).cookies.get(language.COOKIE))
        tag = "en" if language.current() == language.ENGLISH else "zh-CN"
        changes = (
            (r'<html lang="en">', f'<html lang="{tag}">'),
            (r"<title>Streamlit</title>", f"<title>{_('Acceptance visit')}</title><script>{self.SCRIPT}</script>"),
            (r'<link rel="shortcut icon"[^>]*>', '<link rel="shortcut icon" href="data:,">'),
            (r'<link\s+rel="preload"[^>]*as="font"[^>]*>', ""),
            (r'<div id="root"></div>', f'<div id="root">{self.WAITING % _("Opening …")}</div>'),
        )

        def ours(body: bytes) -> bytes:
            if b'<div id="root"></div>' not in body:  # a photo, a file, a page of our own
                return body
            shell = body.decode()
            for before, after in changes:
                shell = re.sub(before, after, shell, count=1)
            return shell.encode()

        await _rewritten(self.app, scope, receive, send, ours)


class SafeHeaders:
    """Keep browsers from guessing types, framing the app, loading anything from elsewhere, and telling our addresses.

    The policy is as tight as Streamlit's own pages allow: their styles are made while they run, their components come
    as blobs, and their shell has one script in its text, which is named by its digest. Pages with a tighter policy of
    their own keep it.
    """

    HEADERS = (
        ("X-Content-Type-Options", "nosniff"),
        # Not "no-referrer": with it browsers send "Origin: null" with our own forms.
        ("Referrer-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "geolocation=(), microphone=(), payment=(), usb=()"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in self.HEADERS:
                    headers.setdefault(name, value)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("Content-Security-Policy", policy(Headers(scope=scope).get("host", "")))
            await send(message)

        return await self.app(scope, receive, add)


def policy(host: str) -> str:
    """Return what a page of Streamlit may load: our own files, and nothing of another host's.

    Args:
        host: as the browser named it; older browsers take 'self' for HTTP alone, without the WebSocket.
    """
    return (
        f"default-src 'self'; script-src 'self' blob: {_shell_scripts()}; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; "
        f"connect-src 'self' ws://{host} wss://{host}; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-src 'none'; frame-ancestors 'none'"
    )


@cache
def _shell_scripts() -> str:
    shell = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    scripts = [*re.findall(r"<script>(.*?)</script>", shell, re.DOTALL), OwnShell.SCRIPT]
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


class NotInWeChat:
    """Answer WeChat's own browser with a request to open the page in the device's browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            headers = Headers(scope=scope)
            if "MicroMessenger" in headers.get("user-agent", "") and "text/html" in headers.get("accept", ""):
                return await routes.wechat_page(Request(scope))(scope, receive, send)
        return await self.app(scope, receive, send)
