"""The hub: the Streamlit app with the hub's own routes and its middleware in order, and how it is started.

``inspection-app serve`` calls ``run``; ``streamlit run inspection_app/server.py`` and
``uvicorn inspection_app.server:app`` serve the same ``app``. Streamlit's settings are in ``.streamlit/config.toml``
beside this file. Nothing of a visit is read here.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import hmac
import io
import ipaddress
import logging
import os
import socket
import struct
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import config
from streamlit.starlette import App

from inspection_app import access, https, install_page, routes
from inspection_app.compressed import CompressedOnce
from inspection_app.errors import N_, InspectionError
from inspection_app.language import _
from inspection_app.middleware import (
    KnownHost,
    NoConnectionDialog,
    NotInWeChat,
    OwnOriginOnly,
    OwnShell,
    SafeHeaders,
    own_names,
)
from inspection_app.places import VISITS_VARIABLE, tell_hub, visits_folder

if TYPE_CHECKING:
    from inspection_app.services.keep import Found

BACKUP_VARIABLE = "INSPECTION_BACKUP"
"""The environment variable that names the second place for snapshots."""

LOCKED_VARIABLE = "INSPECTION_BACKUP_LOCKED"
"""Set: the copies in the second place are encrypted."""

RUNNING = ".hub-running"
"""The file that stands among the visits while a hub runs, and stays there when it does not end properly."""

DEFAULT_PORT = 8501
_LOOK_SECONDS = 20.0
_PORTS_TRIED = 50
_COOKIE_SECRET_VARIABLE = "STREAMLIT_SERVER_COOKIE_SECRET"  # noqa: S105 - a name


def _show_error(error: Exception) -> bool:
    """Show an error that a page let through, in words; Streamlit has logged the rest."""
    if isinstance(error, InspectionError):
        from inspection_app.ui.widgets import literal  # the pages are imported by their first run, not by the start

        st.error(literal(error.text(_)))
    else:
        st.error(_("Something went wrong on this page. What was saved before is safe. Reload the page."))
    return True


@asynccontextmanager
async def _prepared(_app: App) -> AsyncIterator[None]:
    folder = visits_folder()
    _keep_cookie_secret(folder)
    logging.getLogger("uvicorn.access").disabled = True  # addresses hold personal codes
    threading.Thread(target=_load_ahead, daemon=True).start()
    left = _mark_running(folder)
    ended = threading.Event()
    keeping = threading.Thread(target=_keep, args=(folder, left, ended), daemon=True)
    keeping.start()
    if __name__ != "inspection_app.server":  # started from this file by `streamlit run`, with Streamlit's banner off
        _announce(print, "0.0.0.0", config.get_option("server.port"), "/", folder)  # noqa: S104
    yield
    ended.set()
    keeping.join(10)  # a last snapshot
    with suppress(OSError):
        if (folder / RUNNING).read_text("ascii") == str(os.getpid()):  # another hub's stays
            (folder / RUNNING).unlink()


def _mark_running(folder: Path) -> dict[str, int] | None:
    """Leave a mark for as long as this hub runs; return None after a clean end of the last one, else what stands in the
    logs beside the visits, by slug, in bytes: seen now, for whoever opens a visit takes its log in."""
    mark = folder / RUNNING
    left = None
    if mark.exists():
        logs = folder.glob("*.visit-wal")
        left = {path.name.removesuffix(".visit-wal"): path.stat().st_size for path in logs}
    with suppress(OSError):  # a folder that takes nothing is told by whoever saves
        mark.write_text(str(os.getpid()), "ascii")
    return left


def _keep(folder: Path, left: dict[str, int] | None, ended: threading.Event) -> None:
    """Keep the visits for as long as the hub runs (see ``services.keep``)."""
    from inspection_app.services import keep

    lock = None
    if os.environ.get(LOCKED_VARIABLE):
        lock = keep.locking(access.backup_passphrase(folder), os.urandom)
    second = os.environ.get(BACKUP_VARIABLE)
    keeper = keep.Keeper(folder, Path(second).expanduser() if second else None, lock)
    if left is not None:
        keeper.found = keep.look_over(folder, left)
        for line in unclean_end(keeper.found):
            _console[0](line)
    keep.tell_keeper(keeper)
    while not ended.wait(_LOOK_SECONDS):
        _look(keeper.look)
    _look(lambda now: keeper.look(now, ending=True))
    keep.tell_keeper(None)


def _look(look: Callable[[datetime], None]) -> None:
    try:
        look(datetime.now().astimezone())
    except Exception:  # the next look may do better, and the visits go on without snapshots
        logging.getLogger(__name__).exception("looking after the visits")


def unclean_end(found: tuple[Found, ...]) -> list[str]:
    """Say what was found after an end of the hub that was no proper one, a line for each visit."""
    lines = [_("The hub did not end properly last time, or another one is running on this folder. Checked just now:")]
    for one in found:
        if one.fault:
            lines.append(f"  {one.slug}: {one.fault.text(_)}")
        elif one.last:
            lines.append("  " + _(
                "{slug}: sound; {count} acts, the last at {time}; {waiting} bytes were taken over from its log",
                slug=one.slug, count=one.last.seq, time=one.last.at[:19].replace("T", " "), waiting=one.waiting,
            ))  # fmt: skip
    return lines


_console: list[Callable[[str], object]] = [print]


def _load_ahead() -> None:
    """Import what the first page needs while the browser is still loading Streamlit's own files."""
    for module in ("inspection_app.services.join", "jinja2"):
        import_module(module)
    gc.collect()
    gc.freeze()  # modules stay: looking through all of them again would hold up a page now and then, by 40 to 70 ms


def _keep_cookie_secret(folder: Path) -> None:
    """Give Streamlit the same cookie secret after every start, or uploads from open pages fail after a restart."""
    secret = hmac.new(access.hub_secret(folder), b"streamlit cookies", hashlib.sha256).hexdigest()
    os.environ.setdefault(_COOKIE_SECRET_VARIABLE, secret)  # for when Streamlit reads its settings again
    config.set_option("server.cookieSecret", os.environ[_COOKIE_SECRET_VARIABLE])


app = App(
    str(Path(__file__).resolve().with_name("app.py")),
    routes=routes.ROUTES,
    middleware=[
        Middleware(SafeHeaders),
        Middleware(KnownHost),
        Middleware(https.SecureCookies),
        Middleware(OwnOriginOnly),
        Middleware(NotInWeChat),
        Middleware(NoConnectionDialog),
        Middleware(OwnShell),
        Middleware(CompressedOnce),
    ],
    lifespan=_prepared,
    on_script_error=_show_error,
)


def run(
    folder: Path,
    port: int | None = None,
    open_path: str = "/",
    host: str = "0.0.0.0",  # noqa: S104 - the tablets come from outside this machine
    open_browser: bool = True,
    announce: Callable[[str], object] = print,
    backup: Path | None = None,
    locked: bool = False,
    secure: bool = False,
) -> None:
    """Serve the visits of a folder until Ctrl+C.

    Args:
        folder: where the visits are kept; made if there is none.
        port: 1..65535; None takes the first free one from 8501 on.
        open_path: the page that the browser of this machine opens, with its query.
        host: the address to listen on; ``127.0.0.1`` keeps the hub to this machine.
        announce: takes each line for the person at the terminal.
        backup: the second place for snapshots, such as a USB stick; it may come and go.
        locked: encrypt the copies there; the passphrase is told to the person at the terminal only.
        secure: serve over https, with the hub's own certificate authority; tablets install it from a page on a
            second port.

    Raises:
        InspectionError: the port is taken or may not be used, or the folder cannot be written to.
    """
    folder = folder.expanduser().resolve()
    os.environ[VISITS_VARIABLE] = str(folder)
    try:
        # Also before uvicorn's settings: when Streamlit reads its own, it resets the levels of uvicorn's log.
        _keep_cookie_secret(folder)
    except OSError as error:
        raise InspectionError(
            N_("The folder {folder} cannot be used ({reason}). Choose another one for the visits."),
            "no-folder", folder=folder, reason=error.strerror,
        ) from error  # fmt: skip
    _console[:] = [announce]
    if backup:
        os.environ[BACKUP_VARIABLE] = str(backup.expanduser().resolve())
        if locked:
            os.environ[LOCKED_VARIABLE] = "yes"
            announce(_("Passphrase of the snapshots in {path}, to be written down: {passphrase}",
                       path=backup, passphrase=access.backup_passphrase(folder)))  # fmt: skip
    with _listen(host, port) as listener:  # from here on a browser that comes early waits instead of failing
        port = listener.getsockname()[1]
        install = _offer_certificate(host, port, folder) if secure else None
        here = _announce(announce, host, port, open_path, folder, install)
        if open_browser and _has_browser():
            threading.Thread(target=webbrowser.open, args=(here,), daemon=True).start()
        settings = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, proxy_headers=False,
            timeout_graceful_shutdown=3,
        )  # fmt: skip
        if install:
            settings.load()
            settings.ssl = install.credentials.context
        try:
            uvicorn.Server(settings).run(sockets=[listener])
        except KeyboardInterrupt:
            announce(_("The hub has stopped. What was saved is safe."))


def _listen(host: str, port: int | None) -> socket.socket:
    candidates = [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED)
    for candidate in candidates:
        # The protocol is named: only then asyncio lets small answers go at once instead of 40 ms later (TCP_NODELAY).
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name != "nt":  # on Windows it would let two hubs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(2048)
            return listener
        except OSError as error:
            listener.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise InspectionError(
                    N_("The hub cannot listen on {host} ({reason}). Choose another address."),
                    "cannot-listen", host=host, reason=error.strerror,
                ) from error  # fmt: skip
    if port is None:
        raise InspectionError(
            N_("No port from {first} to {last} is free. Close other programs, or choose one with --port."),
            "port-taken", first=candidates[0], last=candidates[-1],
        )  # fmt: skip
    raise InspectionError(
        N_("Port {port} is in use or not allowed. Is the hub already running? Otherwise choose another with --port."),
        "port-taken", port=port,
    )  # fmt: skip


@dataclass(frozen=True)
class _Install:
    """What tablets need to trust the hub over https, and the port where they get it."""

    credentials: https.Credentials
    port: int


def _offer_certificate(host: str, https_port: int, folder: Path) -> _Install:
    """Serve the page to install the hub's certificate authority from, over plain http, as long as this process runs."""
    credentials = https.Credentials(folder, _lan_addresses, own_names())
    listener = _listen(host, None)
    page = Starlette(
        routes=[
            *install_page.install_routes(credentials.authority, https_port),
            Route("/language/{code}", routes.choose_language),
        ],
        middleware=[Middleware(SafeHeaders), Middleware(KnownHost), Middleware(NotInWeChat)],
    )
    settings = uvicorn.Config(
        page, log_level="warning", access_log=False, server_header=False, proxy_headers=False, lifespan="off"
    )
    serving = uvicorn.Server(settings).run
    threading.Thread(target=serving, kwargs={"sockets": [listener]}, daemon=True).start()
    threading.Thread(target=credentials.keep, args=(threading.Event(),), daemon=True).start()
    return _Install(credentials, listener.getsockname()[1])


def _announce(
    announce: Callable[[str], object], host: str, port: int, open_path: str, folder: Path,
    install: _Install | None = None,
) -> str:  # fmt: skip
    """Tell the addresses of the hub, and return the one for this machine."""
    everywhere = host == "0.0.0.0"  # noqa: S104
    scheme = "https" if install else "http"
    itself = "localhost" if everywhere or host == "127.0.0.1" else host
    here = f"{scheme}://{itself}:{port}{open_path}"

    def for_tablets() -> list[str]:
        return [f"{scheme}://{ip}:{port}" for ip in _lan_addresses()] if everywhere else []

    tell_hub(lambda: next(iter(for_tablets()), ""))
    addresses = for_tablets()
    announce(_("On-site acceptance: the hub is running."))
    announce("  " + _("This computer: {address}", address=here))
    for address in addresses:
        announce("  " + _("Tablets on the panel's Wi-Fi: {address}", address=address))
    announce("  " + _("Visits are kept in: {folder}", folder=folder))
    first = addresses[:1]
    if install:
        first = [f"http://{ip}:{install.port}/ca" for ip in (_lan_addresses()[:1] if everywhere else [itself])]
        authority = install.credentials.authority
        for address in first:
            announce(_("Each tablet once, to trust the hub: {address}", address=address))
        announce(_("Fingerprint (SHA-256) to compare: {fingerprint}", fingerprint=authority.fingerprint))
        if authority.fresh:
            announce(_("This certificate was made just now: install it on every tablet, also where an older one is."))
    if first and (drawing := _qr_code(first[0])):
        announce(drawing)
    announce(_("Stop with Ctrl+C."))
    return here


def _qr_code(address: str) -> str:
    """Draw a QR code for the terminal, light on dark unless colours can be set; nothing where it has no such signs."""
    from qrcode import QRCode

    code = QRCode(border=2)
    code.add_data(address)
    drawing = io.StringIO()
    code.print_ascii(out=drawing, invert=True)
    lines = drawing.getvalue().replace("\xa0", " ").splitlines()
    try:
        "".join(lines).encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return ""
    if sys.stdout.isatty():
        lines = [f"\x1b[38;5;231;48;5;16m{line}\x1b[0m" for line in lines]
    return "\n".join(lines)


def _has_browser() -> bool:
    """Say whether a browser window can open here: a text browser would take over the terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _lan_addresses() -> list[str]:
    """Return this machine's private IPv4 addresses, the one that other devices most likely reach first.

    Nothing is sent: connecting a datagram socket only looks up the route.
    """
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address that nobody has
            found.append(probe.getsockname()[0])
        except OSError:  # no route to anywhere: a router without internet may give none
            pass
        found += _interface_addresses(probe)
    return [ip for ip in dict.fromkeys(found) if _is_lan(ipaddress.IPv4Address(ip))]


def _interface_addresses(probe: socket.socket) -> list[str]:
    if sys.platform == "win32":
        try:
            return socket.gethostbyname_ex(socket.gethostname())[2]
        except OSError:
            return []
    import fcntl

    ask_address = 0xC0206921 if sys.platform == "darwin" else 0x8915  # SIOCGIFADDR
    addresses = []
    for _number, name in socket.if_nameindex():
        try:
            answer = fcntl.ioctl(probe.fileno(), ask_address, struct.pack("256s", name.encode()[:15]))
        except OSError:  # this interface has no IPv4 address
            continue
        addresses.append(socket.inet_ntoa(answer[20:24]))
    return addresses


def _is_lan(address: ipaddress.IPv4Address) -> bool:
    return address.is_private and not (address.is_loopback or address.is_link_local or address.is_unspecified)
