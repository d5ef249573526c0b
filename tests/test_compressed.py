"""Streamlit's scripts reach tablets compressed, and are compressed once."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from starlette.types import Message, Receive, Scope, Send

from inspection_app.compressed import CompressedOnce

SCRIPT = b"export const a = 1;\n" * 500


class Files:
    """What stands behind: it answers every path with the script, in two pieces, and counts."""

    def __init__(self, status: int = 200) -> None:
        self.asked = 0
        self.status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        headers = [(b"content-type", b"text/javascript"), (b"content-length", b"%d" % len(SCRIPT)), (b"etag", b'"x"')]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": SCRIPT[:99], "more_body": True})
        await send({"type": "http.response.body", "body": SCRIPT[99:]})


def answered(app: CompressedOnce, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask once and return status, headers and body."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(app({"type": "http", "method": method, "path": path, "headers": raw}, receive, send))
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:])


def test_a_script_is_compressed_once() -> None:
    """Two tablets get the same bytes with the right length; what stands behind is asked once."""
    files = Files()
    app = CompressedOnce(files)
    for _tablet in range(2):
        status, told, body = answered(app, "/static/js/index.A1-b_c.js", accept_encoding="gzip, deflate")
        assert (status, gzip.decompress(body)) == (200, SCRIPT)
        assert (told["content-encoding"], told["content-length"], told["vary"]) == ("gzip", str(len(body)), "Accept-Encoding")
        assert (told["content-type"], len(body) < len(SCRIPT) / 10) == ("text/javascript", True)
    assert files.asked == 1


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/static/js/a.js", "GET", {}),
        ("/static/js/a.js", "HEAD", {"accept_encoding": "gzip"}),
        ("/static/js/a.js", "GET", {"accept_encoding": "gzip", "range": "bytes=0-9"}),
        ("/static/js/a.js", "GET", {"accept_encoding": "gzip", "if_none_match": '"x"'}),
        ("/static/media/a.woff2", "GET", {"accept_encoding": "gzip"}),
        ("/static/js/../../visits.js", "GET", {"accept_encoding": "gzip"}),
        ("/answers", "GET", {"accept_encoding": "gzip"}),
    ],
)
def test_everything_else_is_passed_on(path: str, method: str, headers: dict[str, str]) -> None:
    """Other files, parts, questions whether something changed, and browsers that cannot unpack."""
    status, told, body = answered(CompressedOnce(Files()), path, method, **headers)
    assert (status, "content-encoding" in told, body) == (200, False, SCRIPT)


def test_a_refusal_is_not_kept() -> None:
    """What is not there now may be there later."""
    files = Files(404)
    app = CompressedOnce(files)
    for _try in range(2):
        status, told, body = answered(app, "/static/js/a.js", accept_encoding="gzip")
        assert (status, "content-encoding" in told, body) == (404, False, SCRIPT)
    assert files.asked == 2
