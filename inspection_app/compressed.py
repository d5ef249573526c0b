"""Streamlit's scripts and styles, compressed once and kept: what a tablet's first visit mostly waits for.

Streamlit leaves these to a proxy, which a laptop in a village hall does not have, and would else compress them anew for
every tablet. It touches nothing but files whose names carry a digest of their content, so what is kept is never stale.
"""

from __future__ import annotations

import gzip
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FILES = re.compile(r"/static/(js|css)/[\w.-]+\.(js|css)")
_CONDITIONS = frozenset({"range", "if-none-match", "if-modified-since"})


class CompressedOnce:
    """Answer for Streamlit's scripts and styles with what was compressed the first time somebody asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _FILES.fullmatch(scope["path"]):
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        if "gzip" not in headers.get("accept-encoding", "") or _CONDITIONS & set(headers.keys()):
            return await self.app(scope, receive, send)
        if scope["path"] not in self._kept:
            start, body = await self._asked(scope, receive)
            if start["status"] != 200 or "content-encoding" in Headers(raw=start["headers"]):
                await send(start)
                return await send({"type": "http.response.body", "body": body})
            body = gzip.compress(body, 6, mtime=0)
            answer = MutableHeaders(raw=list(start["headers"]))
            answer["content-encoding"] = "gzip"
            answer["content-length"] = str(len(body))
            answer.add_vary_header("Accept-Encoding")
            self._kept[scope["path"]] = ({**start, "headers": answer.raw}, body)
        start, body = self._kept[scope["path"]]
        await send({**start, "headers": list(start["headers"])})  # whoever is outside adds to them
        await send({"type": "http.response.body", "body": body})

    async def _asked(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """Return how Streamlit begins its answer, and its whole body."""
        start: Message = {}
        parts = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self.app(scope, receive, keep)
        return start, b"".join(parts)
