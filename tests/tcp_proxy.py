"""A line between a browser and a hub that can be cut, can swallow everything, or can hold back a single request.

It works on TCP, below what browsers and hubs know of: ``set_offline`` of a browser, for one, leaves WebSockets open. It
knows no HTTP beyond the first bytes of a request, by which ``hold_next`` and ``wait_for`` recognise it.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from tests.hub import free_port

Way = Literal["requests", "answers"]
BOTH_WAYS: frozenset[Way] = frozenset({"requests", "answers"})
_AT_ONCE = struct.pack("ii", 1, 0)  # linger for no time: closing resets the connection instead of ending it
_PATIENCE = 30


@dataclass(eq=False)
class _Pair:
    """One connection of the browser, and the one to the hub that stands for it."""

    here: socket.socket
    there: socket.socket
    held: set[Way] = field(default_factory=set)
    late: bool = False  # something of it was held back: the hub must get it even where the browser has gone
    gone: bool = False

    def reset(self) -> None:
        self.gone = True
        for end in (self.here, self.there):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                end.shutdown(socket.SHUT_RD)  # wakes whoever is reading
            end.close()


class Held:
    """One request that is on its way for as long as one likes."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._pair: _Pair | None = None

    def caught(self) -> None:
        """Wait until the request is here."""
        self._proxy.until(lambda: self._pair is not None)

    def release(self) -> None:
        """Let the request go on to the hub, even where the browser has given it up."""
        with self._proxy.changed:
            assert self._pair, "no such request came"
            self._pair.held.clear()
            self._proxy.changed.notify_all()


class Proxy:
    """Listens on a port of its own and passes everything on to the hub's, both ways, until told otherwise."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.port = free_port()
        self.changed = threading.Condition()
        self._swallowed: frozenset[Way] = frozenset()
        self._pairs: set[_Pair] = set()
        self._seen: Counter[bytes] = Counter()
        self._wanted: tuple[bytes, Held] | None = None
        self._listener: socket.socket | None = None
        self._listen()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # Faults

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self._reset_all()

    def swallow(self, ways: frozenset[Way] = BOTH_WAYS) -> None:
        """Let nothing through, and let nobody know: connections are taken and stay open."""
        with self.changed:
            self._swallowed = ways
            self.changed.notify_all()

    def hold_next(self, start: bytes) -> Held:
        """Hold back the next request that begins with these bytes; everything else goes through."""
        with self.changed:
            held = Held(self)
            self._wanted = start, held
        return held

    def mend(self, *, lost: bool = False) -> None:
        """Let everything through again.

        Args:
            lost: what was swallowed never arrives and its connections are dead, as after a long time out of range;
                otherwise it arrives late, as after a short one.
        """
        if lost:
            self._reset_all()
        with self.changed:
            self._swallowed = frozenset()
            self.changed.notify_all()
        if self._listener is None:
            self._listen()

    def close(self) -> None:
        self.cut()
        self.swallow(frozenset())

    # Looking

    def wait_for(self, start: bytes, count: int = 1) -> None:
        """Wait until so many requests that begin with these bytes have come from the browser since ``forget``."""
        self.until(lambda: sum(n for first, n in self._seen.items() if first.startswith(start)) >= count)

    def forget(self) -> None:
        with self.changed:
            self._seen.clear()

    def until(self, true: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(true, _PATIENCE), "nothing like it came"

    # Carrying

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _address = listener.accept()
                threading.Thread(target=self._join, args=(here,), daemon=True).start()

    def _join(self, here: socket.socket) -> None:
        try:
            there = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            return here.close()
        for end in (here, there):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = _Pair(here, there)
        with self.changed:
            self._pairs.add(pair)
        threading.Thread(target=self._carry, args=(pair, "requests", here, there), daemon=True).start()
        self._carry(pair, "answers", there, here)
        with self.changed:
            self._pairs.discard(pair)

    def _carry(self, pair: _Pair, way: Way, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                with self.changed:
                    if way == "requests":
                        self._look(pair, piece)
                    while not pair.gone and (way in self._swallowed or way in pair.held):
                        pair.late = True
                        self.changed.wait()
                if pair.gone:
                    break
                target.sendall(piece)
        if way == "requests" and pair.late and not pair.gone:
            return  # the hub ends the connection when it has answered
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _look(self, pair: _Pair, piece: bytes) -> None:
        self._seen[piece[:40]] += 1
        if self._wanted and piece.startswith(self._wanted[0]):
            self._wanted[1]._pair = pair
            pair.held = {"requests"}
            self._wanted = None
        self.changed.notify_all()

    def _reset_all(self) -> None:
        with self.changed:
            pairs, self._pairs = self._pairs, set()
            for pair in pairs:
                pair.reset()
            self.changed.notify_all()
