"""The page from which tablets install the hub's certificate authority, and the certificate itself.

It is served over plain http, since before the installation nothing else opens without a warning; what it hands out is
public, and whether it came unchanged is seen by the fingerprint. It knows nothing of visits.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from inspection_app import language
from inspection_app.language import _
from inspection_app.local_ca import Authority

if TYPE_CHECKING:
    from jinja2 import Environment

FILE_NAME = "inspection-hub-ca.crt"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"


def install_routes(authority: Authority, https_port: int) -> list[Route]:
    """Return the routes of the page and of the certificate.

    Args:
        https_port: where the hub itself is reached, under the name by which the tablet has reached this page.
    """

    async def page(request: Request) -> Response:
        language.use(request.cookies.get(language.COOKIE))
        pairs = authority.fingerprint.split(":")
        html = _templates().get_template("install.html").render(
            tag="en" if language.current() == language.ENGLISH else "zh-CN",
            other_languages=[
                (name, f"/language/{code}?back=/ca")
                for code, name in language.LANGUAGES.items() if code != language.current()
            ],
            fingerprint=[" ".join(pairs[at : at + 8]) for at in range(0, len(pairs), 8)], file=FILE_NAME,
            hub=f"https://{request.url.hostname}:{https_port}",
            name=authority.certificate.subject.rfc4514_string().removeprefix("CN="),
            ends=f"{authority.certificate.not_valid_after_utc:%Y-%m-%d}",
        )  # fmt: skip
        return HTMLResponse(html, headers={"Cache-Control": "no-store", "Content-Security-Policy": _POLICY})

    async def certificate(_request: Request) -> Response:
        headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
        return Response(authority.der, 200, headers, "application/x-x509-ca-cert")

    return [Route("/", page), Route("/ca", page), Route(f"/{FILE_NAME}", certificate)]


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(loader=PackageLoader("inspection_app"), autoescape=True, undefined=StrictUndefined)
    templates.globals["_"] = _
    return templates
