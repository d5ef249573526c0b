"""The hub over https: its certificate authority, the page to install it from, and cookies for https alone."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import ssl
import stat
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from inspection_app import access, https, local_ca, server
from inspection_app.core.visit import Role
from inspection_app.places import hub_address
from tests.https_hub import https_hub
from tests.hub import free_port, hub
from tests.services.conftest import Scene, create

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
NOW = datetime.now().astimezone()
NAMES = {"localhost", "laptop.local"}


def trusted(authority: local_ca.Authority) -> ssl.SSLContext:
    """Return what a tablet trusts that has installed this CA and nothing else."""
    pem = authority.certificate.public_bytes(serialization.Encoding.PEM).decode()
    context = ssl.create_default_context(cadata=pem)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def presented(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> x509.Certificate:
    """Shake hands in memory; return the server's certificate, or raise what the client finds wrong."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (asking, answering) * 4:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    found = asking.getpeercert(binary_form=True)
    assert found
    return x509.load_der_x509_certificate(found)


def served(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


# --- certificates --------------------------------------------------------------------------------------------------


def test_the_authority_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The second start finds the same CA; it is valid for two years, and both files are their owner's alone."""
    first = local_ca.authority(tmp_path, [], NAMES, NOW)
    local_ca.server_file(tmp_path, first, ["192.168.8.2"], NAMES, NOW)
    second = local_ca.authority(tmp_path, [], NAMES, NOW + timedelta(days=600))
    assert (first.fresh, second.fresh) == (True, False)
    assert first.der == second.der
    assert first.fingerprint.replace(":", "").lower() == hashlib.sha256(first.der).hexdigest()
    assert first.certificate.not_valid_after_utc - NOW == pytest.approx(timedelta(days=730), abs=timedelta(seconds=2))
    if os.name != "nt":
        for name in (local_ca.AUTHORITY_FILE, local_ca.SERVER_FILE):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [local_ca.AUTHORITY_FILE, local_ca.SERVER_FILE]


def test_a_new_authority_in_time(tmp_path: Path) -> None:
    """A CA that ends within a month, or whose file is damaged, is replaced, and said to be new."""
    first = local_ca.authority(tmp_path, [], NAMES, NOW)
    late = local_ca.authority(tmp_path, [], NAMES, NOW + timedelta(days=705))
    assert late.fresh
    assert late.der != first.der
    (tmp_path / local_ca.AUTHORITY_FILE).write_bytes(b"half a k")
    assert local_ca.authority(tmp_path, [], NAMES, NOW).fresh


def test_the_server_certificate_holds_for_addresses_and_names(tmp_path: Path) -> None:
    """A strict client that trusts the CA accepts each address and name of the machine, and nothing else; at most 397
    days; nothing changes with the next start."""
    signer = local_ca.authority(tmp_path, [], NAMES, NOW)
    path = local_ca.server_file(tmp_path, signer, ["192.168.8.2", "127.0.0.1"], NAMES, NOW)
    for name in ("192.168.8.2", "127.0.0.1", "localhost", "laptop.local"):
        found = presented(trusted(signer), served(path), name)
        assert found.not_valid_after_utc - found.not_valid_before_utc == timedelta(days=397)
    for other in ("192.168.8.3", "example.org"):
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            presented(trusted(signer), served(path), other)
    before = path.read_bytes()
    assert local_ca.server_file(tmp_path, signer, ["192.168.8.2"], NAMES, NOW).read_bytes() == before


def test_a_new_address_gets_a_new_certificate(tmp_path: Path) -> None:
    """Another Wi-Fi, the last month, another CA: a new server certificate under the same file; the CA stays."""
    signer = local_ca.authority(tmp_path, [], NAMES, NOW)
    path = local_ca.server_file(tmp_path, signer, ["192.168.8.2"], NAMES, NOW)
    first = path.read_bytes()
    local_ca.server_file(tmp_path, signer, ["10.1.1.7"], NAMES, NOW)
    assert path.read_bytes() != first
    presented(trusted(local_ca.authority(tmp_path, [], NAMES, NOW)), served(path), "10.1.1.7")
    second = path.read_bytes()
    local_ca.server_file(tmp_path, signer, ["10.1.1.7"], NAMES, NOW + timedelta(days=380))
    assert path.read_bytes() != second
    other = local_ca.authority(tmp_path / "other", [], NAMES, NOW)
    local_ca.server_file(tmp_path, other, ["10.1.1.7"], NAMES, NOW)
    presented(trusted(other), served(path), "10.1.1.7")


def test_the_authority_can_vouch_for_nothing_public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever steals the CA's key still cannot pose as a website; addresses and names that it may not vouch for never
    get into a certificate, or it would be refused as a whole."""
    signer = local_ca.authority(tmp_path, ["192.0.2.2"], NAMES, NOW)
    path = local_ca.server_file(tmp_path, signer, ["192.0.2.2", "192.0.2.3"], NAMES | {"bank.example"}, NOW)
    presented(trusted(signer), served(path), "192.0.2.2")
    path.unlink()
    networks, names = local_ca._vouched(signer)
    monkeypatch.setattr(local_ca, "_vouched", lambda _signer: (networks, names | {"bank.example"}))  # a thief's tool
    local_ca.server_file(tmp_path, signer, ["192.0.2.2"], NAMES | {"bank.example"}, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        presented(trusted(signer), served(path), "bank.example")


def test_names_that_no_certificate_can_hold(tmp_path: Path) -> None:
    """A computer may be called 张伟的电脑, or a_b: that name is left out, and the others hold."""
    signer = local_ca.authority(tmp_path, [], {"张伟的电脑", "a_b", "localhost"}, NOW)
    path = local_ca.server_file(tmp_path, signer, ["10.1.1.7"], {"张伟的电脑", "a_b", "localhost"}, NOW)
    presented(trusted(signer), served(path), "localhost")


def test_a_running_hub_takes_the_new_address(tmp_path: Path) -> None:
    """The context that the hub listens with presents the new certificate after the laptop has joined another Wi-Fi,
    also to clients that ask by address and so name nothing."""
    addresses = ["192.168.8.2"]
    credentials = https.Credentials(tmp_path, lambda: addresses, frozenset(NAMES))
    client = trusted(credentials.authority)
    presented(client, credentials.context, "192.168.8.2")
    addresses[:] = ["10.1.1.7"]
    credentials.renew()
    presented(client, credentials.context, "10.1.1.7")


# --- a hub ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return create(tmp_path_factory.mktemp("https") / "visits")


@pytest.fixture(scope="module")
def folder(scene: Scene) -> Path:
    return scene.file.path.parent


@pytest.fixture(scope="module")
def addresses(folder: Path) -> Iterator[tuple[str, str]]:
    """The hub over https, and the page to install from."""
    with https_hub(folder) as found:
        yield found


def test_pages_and_stream_over_https(addresses: tuple[str, str], folder: Path) -> None:
    """With the downloaded CA as the only trusted one, pages and WebSocket open; without it nothing does."""
    url, install = addresses
    answer = requests.get(f"{install}/inspection-hub-ca.crt")
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
    kept = local_ca.authority(folder, [], [], NOW)
    assert answer.content == kept.der
    context = trusted(kept)
    with urllib.request.urlopen(f"{url}/healthz", context=context) as page:
        assert page.read() == b"ok"
    with connect(
        url.replace("https", "wss", 1) + "/_stcore/stream", origin=Origin(url),
        subprotocols=[Subprotocol("streamlit")], ssl=context,
    ):  # fmt: skip
        pass
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{url}/healthz")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_install_page(addresses: tuple[str, str], folder: Path, language: str) -> None:
    """It tells the steps for each kind of tablet in the reader's language, the fingerprint that the console tells too,
    and the way to the hub under the name by which the tablet came; a name of somebody else's is refused."""
    url, install = addresses
    page = requests.get(f"{install}/ca", cookies={"inspection_language": language}).text
    pairs = local_ca.authority(folder, [], [], NOW).fingerprint
    assert pairs in folder.with_name("https.log").read_text()
    assert re.sub(r"\s|<br>", "", re.search(r'fingerprint">(.*?)</p>', page, re.DOTALL)[1]) == pairs.replace(":", "")
    assert all(word in page for word in ("Android", "iPad", "Windows", f'href="{url}"', "/inspection-hub-ca.crt"))
    assert ("Set up this tablet" in page) is (language == "en")
    assert requests.get(f"{install}/ca", headers={"Host": "evil.example"}).status_code == 421
    assert requests.get(f"{install}/join/a/b").status_code == 404


def test_cookies_go_over_https_only(addresses: tuple[str, str], scene: Scene) -> None:
    """Our cookies are Secure and bear a name of https alone; signing in, being known and signing out work with it, and
    a cookie that came over plain http counts for nothing."""
    url, _install = addresses
    tablet = requests.Session()
    tablet.verify, tablet.trust_env = False, False
    code = scene.codes[next(name for name, actor in scene.people.items() if actor.role is Role.SECRETARY)]
    cookie = tablet.get(f"{url}/join/{scene.file.slug}/{code}", allow_redirects=False).headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-{access.COOKIE}=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    value = cookie.partition("=")[2].partition(";")[0]
    pulse = f"{url}/pad/pulse?visit={scene.file.slug}&member={scene.secretary.member_id}&client=t1-p1&waiting=0"
    assert requests.get(pulse, verify=False, cookies={f"__Host-{access.COOKIE}": value}).status_code == 403
    assert requests.get(pulse, verify=False, cookies={access.COOKIE: value}).status_code == 401
    gone = tablet.get(f"{url}/sign-out", allow_redirects=False).headers["Set-Cookie"]
    assert gone.startswith(f'__Host-{access.COOKIE}="";')
    assert {"Max-Age=0", "Secure"} <= set(gone.split("; "))


def test_without_the_option_nothing_of_it_appears(tmp_path: Path) -> None:
    """No certificate, no second port, no https, no service worker, and cookies as ever."""
    folder = tmp_path / "visits"
    port = free_port()
    with hub(folder, port) as url:
        assert not [path.name for path in folder.iterdir() if path.suffix == ".pem"]
        log = folder.with_name("visits.log").read_text("utf-8")
        assert "https" not in log
        assert "SHA-256" not in log
        assert requests.get(f"{url}/sw.js").status_code == 404
        assert "<html" in requests.get(f"{url}/ca", headers={"Accept": "text/html"}).text
        cookie = requests.get(f"{url}/language/en", allow_redirects=False).headers["Set-Cookie"]
        assert cookie.startswith("inspection_language=en;")
        assert "Secure" not in cookie
        with socket.create_connection(("127.0.0.1", port)) as raw, pytest.raises((ssl.SSLError, ConnectionError)):
            ssl.create_default_context().wrap_socket(raw, server_hostname="127.0.0.1")


def test_a_typed_address_over_plain_http_harms_nothing(addresses: tuple[str, str]) -> None:
    """Whoever types the address without https:// gets no page, and the hub goes on."""
    url, _install = addresses
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url.replace("https", "http", 1))
    assert requests.get(f"{url}/healthz", verify=False).text == "ok"


def test_the_kept_page_is_its_owners(addresses: tuple[str, str], scene: Scene) -> None:
    """The pad as a page of its own is for whoever is signed in; the service worker may answer for the whole hub."""
    url, _install = addresses
    assert requests.get(f"{url}/pad/alone?visit={scene.file.slug}", verify=False).status_code == 401
    worker = requests.get(f"{url}/sw.js", verify=False)
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert worker.headers["Cache-Control"] == "no-cache"


def test_cards_lead_to_https(tmp_path: Path) -> None:
    """The address that QR codes on cards carry, and the one for this machine, are those of https; the console tells the
    page to install from, the fingerprint, and that the certificate is new."""
    said: list[str] = []
    credentials = https.Credentials(tmp_path, server._lan_addresses, frozenset(NAMES))
    here = server._announce(said.append, "0.0.0.0", 8501, "/", tmp_path, server._Install(credentials, 8502))
    assert here == "https://localhost:8501/"
    assert hub_address() == next((f"https://{ip}:8501" for ip in server._lan_addresses()), "")
    text = "\n".join(said)
    assert credentials.authority.fingerprint in text
    assert not server._lan_addresses() or f"http://{server._lan_addresses()[0]}:8502/ca" in text
