"""What is fuzzed. A target is a driver of octets, which raises when they found a bug, and its seeds.

Seeds are what real clients send. The CA's key, name and serial numbers are always the same, so that
octets which found something find it again in another process; TLS has its own random numbers.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509 import ocsp as their_ocsp
from OpenSSL import SSL

from mockpki import PKI, Leaf, _client_hello
from mockpki._answer import Finish, HttpRequest, Send, Wire
from mockpki._der import Extension, explicit, implicit, octet_string, oid, sequence
from mockpki._engine import HttpSession
from mockpki._ocsp import OCSPRequest, ResponseStatus
from mockpki._tls_openssl import OpenSSLServer, OpenSSLSession
from mockpki._tls_session import Presentation

_SERIALS = (0x1001, 0x1002)
_REMEMBERED = 500


@dataclass(frozen=True)
class Target:
    """*run* takes any octets, and raises AssertionError, or what the code let out, for a bug."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


@dataclass(frozen=True)
class World:
    """The services and certificates that are fuzzed."""

    pki: PKI
    leaves: tuple[Leaf, ...]


@contextlib.contextmanager
def world() -> Iterator[World]:
    """A PKI of one CA, whose key and name are the same in every process."""
    key = ec.derive_private_key(0xF022, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fuzzed CA")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(100))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # What is read of a trustme.CA, which makes a key of its own.
    root: Any = SimpleNamespace(
        cert_pem=SimpleNamespace(bytes=lambda: certificate.public_bytes(Encoding.PEM)),
        private_key_pem=SimpleNamespace(bytes=lambda: pem),
    )
    with PKI(depth=0, root=root) as pki:
        leaves = tuple(
            pki.issue_cert("localhost", serial_number=serial, client=client)
            for serial, client in zip(_SERIALS, (False, True), strict=True)
        )
        pki.revoke(leaves[1])
        yield World(pki, leaves)


# OCSP, without and with a connection.


def _questions(fuzzed: World) -> list[bytes]:
    """OCSP requests by cryptography's builder, and with the parts that it does not write."""
    issuer = fuzzed.pki.root.certificate
    made = []
    for algorithm, leaf, nonce in (
        (hashes.SHA1(), fuzzed.leaves[0], None),
        (hashes.SHA256(), fuzzed.leaves[1], b"n" * 32),
        (hashes.SHA512(), fuzzed.leaves[0], b"n"),
    ):
        builder = their_ocsp.OCSPRequestBuilder().add_certificate(leaf.certificate, issuer, algorithm)
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        made.append(builder.build().public_bytes(Encoding.DER))
    cert_ids = [sequence(cert_id.encode()) for der in made for cert_id in OCSPRequest.read(der).cert_ids]
    requestor = explicit(1, implicit(2, b"a.example"))
    unknown = explicit(2, sequence(Extension("1.2.3", False, octet_string(b"x")).encode()))
    signature = explicit(0, sequence(sequence(oid("1.2.840.10045.4.3.2")), b"\x03\x02\x00s"))
    made.append(sequence(sequence(requestor, sequence(*cert_ids), unknown), signature))
    return made


def _answer(fuzzed: World, request: HttpRequest) -> OCSPRequest | None:
    """What was read of *request*, whose answer is an OCSP response that fits it, by HTTP 200."""
    service = fuzzed.pki.ocsp
    wire = service.handle(request)
    fuzzed.pki.check()
    requests = service.requests
    asked = requests[-1]
    if len(requests) >= _REMEMBERED:
        service.reset()
    assert asked.answer.status == 200, f"HTTP {asked.answer.status}"
    assert wire == (Send(asked.answer.encode()),), f"{wire!r} is not the whole answer"
    status = ResponseStatus(their_ocsp.load_der_ocsp_response(asked.answer.body).response_status.value)
    # RFC 6960 section 2.3: "A server produces the "malformedRequest" response if the request received
    # does not conform to the OCSP syntax."
    malformed = asked.question is None
    assert malformed == (status is ResponseStatus.MALFORMED_REQUEST), f"{asked} had {status!r}"
    assert malformed or status in (ResponseStatus.SUCCESSFUL, ResponseStatus.UNAUTHORIZED)
    return asked.question


def ocsp(fuzzed: World) -> Target:
    """OCSPRequest.read raises nothing but ValueError; the responder answers every body of a POST."""

    def run(data: bytes) -> None:
        read = None
        with contextlib.suppress(ValueError):
            read = OCSPRequest.read(data)
        assert _answer(fuzzed, HttpRequest("POST", "/ocsp", body=data)) == read

    return Target(run, tuple(_questions(fuzzed)))


def get(fuzzed: World) -> Target:
    """The responder answers every target of a GET."""

    def run(data: bytes) -> None:
        _answer(fuzzed, HttpRequest("GET", data.decode("latin-1")))

    return Target(run, tuple(path.encode() for path in _paths(fuzzed)))


def _paths(fuzzed: World) -> Iterator[str]:
    for der in _questions(fuzzed):
        text = x509_base64(der)
        yield f"/ocsp/{quote(text, safe='')}"
        yield f"/M/{text.rstrip('=')}?query"
        yield f"//{text.replace('+', '-').replace('/', '_')}/"


def x509_base64(der: bytes) -> str:
    """Base-64 in one line."""
    import base64

    return base64.b64encode(der).decode()
