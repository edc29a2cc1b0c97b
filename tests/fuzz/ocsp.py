"""OCSP requests: as octets, as the body of a POST, in the target of a GET."""

from __future__ import annotations

import contextlib
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

import asn1crypto.ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as theirs

from mockpki._exchange.http import HttpRequest
from mockpki._exchange.steps import Send
from mockpki._pkix.der import Extension, explicit, implicit, octet_string, oid, sequence
from mockpki._pkix.ocsp_request import HASHES, OCSPRequest
from mockpki._pkix.ocsp_response import ResponseStatus

from .kit import Target, World

_REMEMBERED = 100


def questions(fuzzed: World) -> list[bytes]:
    """Requests by cryptography's builder, and one of all the parts that it does not write."""
    made = []
    asked: tuple[tuple[hashes.HashAlgorithm, x509.Certificate, bytes | None], ...] = (
        (hashes.SHA1(), fuzzed.server.certificate, None),
        (hashes.SHA256(), fuzzed.client.certificate, b"n" * 32),
        (hashes.SHA512(), fuzzed.server.certificate, b"n"),
    )
    for algorithm, certificate, nonce in asked:
        builder = theirs.OCSPRequestBuilder().add_certificate(
            certificate, fuzzed.pki.root.certificate, algorithm
        )
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        made.append(builder.build().public_bytes(Encoding.DER))
    singles = [sequence(cert_id.encode()) for der in made for cert_id in OCSPRequest.read(der).cert_ids]
    requestor = explicit(1, implicit(2, b"a.example"))
    extension = explicit(2, sequence(Extension("1.2.3", False, octet_string(b"x")).encode()))
    signature = explicit(0, sequence(sequence(oid("1.2.840.10045.4.3.2")), b"\x03\x02\x00s"))
    return [*made, sequence(sequence(requestor, sequence(*singles), extension), signature)]


def paths(fuzzed: World) -> Iterator[bytes]:
    """Targets of a GET, escaped and not, with and without padding, and something around them."""
    for der in questions(fuzzed):
        text = b64encode(der).decode()
        yield f"/ocsp/{quote(text, safe='')}".encode()
        yield f"/M/{text.rstrip('=')}?query".encode()
        yield f"//{text.replace('+', '-').replace('/', '_')}/".encode()


def post(fuzzed: World) -> Target:
    """OCSPRequest.read raises nothing but ValueError, and every body of a POST is answered."""

    def run(data: bytes) -> None:
        read = None
        with contextlib.suppress(ValueError):
            read = OCSPRequest.read(data)
        assert _asked(fuzzed, HttpRequest("POST", "/ocsp", body=data)) == read

    return Target(run, tuple(questions(fuzzed)))


def get(fuzzed: World) -> Target:
    """Every target of a GET is answered."""

    def run(data: bytes) -> None:
        _asked(fuzzed, HttpRequest("GET", data.decode("latin-1")))

    return Target(run, tuple(paths(fuzzed)))


def _asked(fuzzed: World, request: HttpRequest) -> OCSPRequest | None:
    """What was read of *request*. Its answer is HTTP 200, and an OCSP response that fits it."""
    service = fuzzed.pki.ocsp
    wire = service.handle(request)
    fuzzed.pki.check()
    # No name for the list: the ValueError of a malformed request keeps this frame, and all that it names.
    asked = service.requests[-1]
    question, answer = asked.question, asked.answer
    if len(service.requests) >= _REMEMBERED:
        service.reset()
    assert answer.status == 200, f"HTTP {answer.status}"
    assert wire == (Send(answer.encode()),), f"{wire!r} is not the whole answer"
    status = _status(answer.body)
    # RFC 6960 section 2.3: "A server produces the "malformedRequest" response if the request received
    # does not conform to the OCSP syntax."
    fitting = (
        (ResponseStatus.MALFORMED_REQUEST,)
        if question is None
        else (ResponseStatus.SUCCESSFUL, ResponseStatus.UNAUTHORIZED)
    )
    assert status in fitting, f"the response status is {status}, and the request was {question}"
    if question is None or all(cert_id.hash_oid in HASHES for cert_id in question.cert_ids):
        assert theirs.load_der_ocsp_response(answer.body).response_status.value == status
    return question


def _status(der: bytes) -> int:
    """responseStatus of an OCSPResponse, which is all there is in one that is not successful."""
    response = asn1crypto.ocsp.OCSPResponse.load(der, strict=True)
    status = int(response["response_status"])
    assert (status == ResponseStatus.SUCCESSFUL) == bool(response["response_bytes"])
    return status
