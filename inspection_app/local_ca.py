"""The hub's own certificate authority (CA), and the server certificate that it signs for the hub's addresses.

Tablets that trust the CA open the hub over https without a warning. It is made once and may vouch for nothing but
private addresses and this machine's own names, so that nobody who steals its key can pose as a bank to such a tablet.
Both keys lie beside the visits, readable by nobody else. It serves nothing, and a draw's certificate is another thing.

Source: RFC 5280 (4.2.1.10: name constraints); Apple's and the CA/Browser Forum's limits for server certificates (at
most 398 days, purpose ``serverAuth``, addresses as subject alternative names).
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_FILE = ".hub-ca.pem"
"""Beside the visits: the CA's key and certificate."""

SERVER_FILE = ".hub-https.pem"
"""Beside the visits: the server's key and certificate, and the CA's certificate, as ``ssl`` loads them."""

AUTHORITY_DAYS = 2 * 365
SERVER_DAYS = 397
_LEFT_DAYS = 30
_EARLIER = timedelta(days=1)  # the clock of a tablet without internet may be slow
_PRIVATE = {*map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"))}  # RFC 1918
_DNS_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


@dataclass(frozen=True)
class Authority:
    """The CA; ``fresh`` where it was made just now, so that no tablet can know it yet."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    fresh: bool = False

    @property
    def der(self) -> bytes:
        """The certificate as tablets take it."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, as tablets show it: ``AB:CD:…``."""
        return hashlib.sha256(self.der).digest().hex(":").upper()


def authority(folder: Path, addresses: Iterable[str], names: Iterable[str], now: datetime) -> Authority:
    """Return the CA that is kept in this folder; made where there is none, or where it ends within a month.

    Args:
        addresses: of this machine, IPv4; a new CA may vouch for these and for all private ones.
        names: of this machine; a new CA may vouch for these.
    """
    path = folder / AUTHORITY_FILE
    try:
        pem = path.read_bytes()
        kept = Authority(_key(pem), x509.load_pem_x509_certificate(pem))
    except (FileNotFoundError, ValueError):  # a file that cannot be read holds a key that nobody can use
        pass
    else:
        if kept.certificate.not_valid_after_utc - now > timedelta(days=_LEFT_DAYS):
            return kept
    odd = {network for network in map(ipaddress.IPv4Network, addresses) if not any(map(network.subnet_of, _PRIVATE))}
    made = _new_authority([*sorted(_PRIVATE | odd)], sorted(filter(_DNS_NAME.fullmatch, set(names))), now)
    _write(path, _pem(made.key) + _pem(made.certificate))
    return made


def server_file(folder: Path, signer: Authority, addresses: Iterable[str], names: Iterable[str], now: datetime) -> Path:
    """Return the file with the server's key and certificates for ``SSLContext.load_cert_chain``; made anew where the
    kept one lacks an address, is another CA's, or ends within a month.

    Args:
        addresses, names: of this machine; those that the CA may not vouch for are left out, or tablets would refuse
            the whole certificate.
    """
    path = folder / SERVER_FILE
    networks, known = _vouched(signer)
    ips = {ip for ip in map(ipaddress.IPv4Address, addresses) if any(ip in network for network in networks)}
    wanted = {*map(x509.IPAddress, ips), *map(x509.DNSName, known & set(names))}
    try:
        pem = path.read_bytes()
        _key(pem)
        kept = x509.load_pem_x509_certificate(pem)
        kept.verify_directly_issued_by(signer.certificate)
        held = set(kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (FileNotFoundError, ValueError, InvalidSignature):
        pass
    else:
        if wanted <= held and kept.not_valid_after_utc - now > timedelta(days=_LEFT_DAYS):
            return path
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now - _EARLIER + timedelta(days=SERVER_DAYS), signer.certificate.not_valid_after_utc)
    certificate = (
        _builder(key, _name("inspection-app hub"), signer.certificate.subject, now, ends)
        .add_extension(x509.SubjectAlternativeName(sorted(wanted, key=str)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False
        )
        .sign(signer.key, hashes.SHA256())
    )
    _write(path, _pem(key) + _pem(certificate) + _pem(signer.certificate))
    return path


def served(folder: Path) -> tuple[datetime, frozenset[str]] | None:
    """Return until when the kept server certificate is valid and the addresses it names; None where there is none."""
    try:
        kept = x509.load_pem_x509_certificate((folder / SERVER_FILE).read_bytes())
        named = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return None
    return kept.not_valid_after_utc, frozenset(map(str, named.get_values_for_type(x509.IPAddress)))


def _new_authority(networks: list[ipaddress.IPv4Network], names: list[str], now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    itself = _name(f"inspection-app CA {now:%Y-%m-%d}")
    permitted = [*map(x509.IPAddress, networks), *map(x509.DNSName, names)]
    certificate = (
        _builder(key, itself, itself, now, now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate, fresh=True)


def _vouched(signer: Authority) -> tuple[set[ipaddress.IPv4Network], set[str]]:
    """Return the networks and the names that the CA may vouch for."""
    constraints = signer.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = constraints.permitted_subtrees or ()
    networks = {one.value for one in permitted if isinstance(one, x509.IPAddress)}
    return (
        {network for network in networks if isinstance(network, ipaddress.IPv4Network)},
        {one.value for one in permitted if isinstance(one, x509.DNSName)},
    )


def _builder(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, now: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key of ours")
    return key


def _pem(one: ec.EllipticCurvePrivateKey | x509.Certificate) -> bytes:
    if isinstance(one, x509.Certificate):
        return one.public_bytes(serialization.Encoding.PEM)
    return one.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    """Write aside, readable by nobody else, and move into place: a crash in between leaves no half key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(prefix=f"{path.name}-", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    os.replace(fresh, path)
