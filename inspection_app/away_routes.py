"""The routes that let the score pad be reloaded out of range: the service worker, and the pad as a page of its own.

Over https only: browsers allow no service worker otherwise. The page is the very pad of the Score page, without
Streamlit around it; tablets keep it while they are in range (``scorepad/main.js``) and get it back when the hub does
not answer (``scorepad/sw.js``). Nothing of a visit is in it: the sheet is fetched and kept beside it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from string import Template

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from inspection_app import language, scorepad
from inspection_app.language import _
from inspection_app.pad_routes import OWN_PAGES_ONLY, answered, caller_of

_PAGE = Template("""\
<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<style>
$style</style>
</head>
<body>
<header class="pad offline-head">
<div class="line waiting" role="status"><p>⚠ $told</p><p><a href="/score">$again</a></p></div>
</header>
<main id="sheet"></main>
<script type="application/json" id="given">$given</script>
<script type="module">$script</script>
</body>
</html>
""")
_MOUNT = """
const given = JSON.parse(document.getElementById("given").textContent);
mount({ parentElement: document.getElementById("sheet"), data: given });
"""


async def worker(request: Request) -> Response:
    if request.url.scheme != "https":
        return PlainTextResponse("there is no service worker over plain http", 404)
    return Response(scorepad.text("sw.js"), 200, {"Cache-Control": "no-cache"}, "text/javascript")


async def alone(request: Request) -> Response:
    """Send the pad as a page of its own, to be kept by the tablet."""
    if request.url.scheme != "https":
        return PlainTextResponse("nothing is kept over plain http", 404)

    def told() -> Response:
        caller = caller_of(request, request.query_params.get("visit", ""))
        return _page(caller.file.slug)

    return await run_in_threadpool(answered, request, told)


ROUTES = [Route("/sw.js", worker), Route("/pad/alone", alone)]


def _page(slug: str) -> Response:
    script = scorepad.text("main.js") + _MOUNT
    given = {
        "slug": slug, "language": language.current(), "version": scorepad.version(), "kept": True,
        "words": {
            "loading": _(scorepad.LOADING), "unreachable": _(scorepad.UNREACHABLE),
            "sign_in": _(scorepad.SIGN_IN_AGAIN), "too_old": _(scorepad.TOO_OLD),
        },
    }  # fmt: skip
    page = _PAGE.substitute(
        language="en" if language.current() == language.ENGLISH else "zh-CN", title=escape(_("Score sheet")),
        style=scorepad.text("pad.css") + scorepad.text("offline.css"), script=script,
        told=escape(_("The hub did not answer, so this is your score sheet as this tablet has kept it. What you enter "
                      "is kept here and is sent by itself when the hub is in range.")),
        again=escape(_("Open the whole app again")),
        given=json.dumps(given, ensure_ascii=False).replace("<", "\\u003c"),
    )  # fmt: skip
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}' blob:; style-src 'unsafe-inline'; connect-src 'self'; "
        "worker-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {**OWN_PAGES_ONLY, "Cache-Control": "no-store", "Content-Security-Policy": policy}
    return HTMLResponse(page, headers=headers)
