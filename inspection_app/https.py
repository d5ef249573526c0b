"""The hub over https: its certificates kept fit for the addresses it has now, and cookies for https alone.

How certificates are made is ``local_ca``'s; nothing is served here.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inspection_app import local_ca

_LOOK_SECONDS = 10.0
_OURS, _SECURE = "inspection_", "__Host-inspection_"


class SecureCookies:
    """Let our cookies go over https only, where that is how the hub is reached.

    There they bear a name of their own: browsers let no page of plain http replace a cookie of https, so that under
    one name nobody could sign in on a hub that is started without https the next day; and the prefix keeps others on
    the network from slipping in theirs. Streamlit's own cookie, which its pages read by name, stays as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or scope.get("scheme") not in {"https", "wss"}:
            return await self.app(scope, receive, send)
        scope = {**scope, "headers": [(name, _plain(value) if name == b"cookie" else value)
                                      for name, value in scope["headers"]]}  # fmt: skip

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                own = [one for one in headers.getlist("set-cookie") if one.startswith(_OURS)]
                others = [one for one in headers.getlist("set-cookie") if not one.startswith(_OURS)]
                if own:
                    del headers["set-cookie"]
                    for one in (*others, *(f"{_SECURE}{one.removeprefix(_OURS)}; Secure" for one in own)):
                        headers.append("set-cookie", one)
            await send(message)

        return await self.app(scope, receive, mark)


def _plain(cookies: bytes) -> bytes:
    """Give the cookies of https the names that the app knows, and drop those that came here over plain http.

    >>> _plain(b"inspection_session=old; __Host-inspection_session=new; other=1")
    b'inspection_session=new; other=1'
    """
    given = (one.strip() for one in cookies.split(b";"))
    return b"; ".join(
        one.removeprefix(b"__Host-") if one.startswith(_SECURE.encode()) else one
        for one in given if not one.startswith(_OURS.encode())
    )  # fmt: skip


class Credentials:
    """The hub's certificate authority, and a server certificate for the addresses that this machine has now.

    Args:
        folder: where the visits are; the keys are kept there.
        addresses: asked again and again: the laptop may join another Wi-Fi while the hub runs.
        names: of this machine.
    """

    def __init__(self, folder: Path, addresses: Callable[[], list[str]], names: frozenset[str]) -> None:
        self._folder, self._addresses, self._names = folder, addresses, names
        self.authority = local_ca.authority(folder, addresses(), names, datetime.now().astimezone())
        self._pem = b""
        self.renew()
        self.context = self._newest
        self.context.sni_callback = self._use_newest

    def renew(self) -> None:
        """Take a new certificate where this machine has got another address, or the kept one ends soon."""
        now, addresses = datetime.now().astimezone(), [*self._addresses(), "127.0.0.1"]
        path = local_ca.server_file(self._folder, self.authority, addresses, self._names, now)
        pem = path.read_bytes()
        if pem == self._pem:
            return
        fresh = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        fresh.minimum_version = ssl.TLSVersion.TLSv1_2
        fresh.load_cert_chain(path)
        self._newest, self._pem = fresh, pem

    def _use_newest(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._newest

    def keep(self, ended: threading.Event) -> None:
        """Renew in time, until the hub ends."""
        while not ended.wait(_LOOK_SECONDS):
            try:
                self.renew()
            except OSError:  # a folder that takes nothing: the old one still serves the old addresses
                continue
