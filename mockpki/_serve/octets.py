"""What came and went, octet for octet and decoded: requests, answers, staples and chains."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from .._catalogue.decoded import Decoder
from .._catalogue.exchanges import find_question, handshake_lines, request_lines
from .._pkix.pem import write_pem
from .._services.service import Service
from .._tls.handshake import Handshake
from .._tls.server import TlsServer
from .certificates import PEM
from .hosted import FILTERS, Hosted
from .problem import Problem
from .route import Call, Content, Routes
from .services import find_request, name_service
from .tls_servers import find_handshake

ROUTES = Routes()
TEXT = "text/plain; charset=utf-8"
ANY = "application/octet-stream"
OCSP_REQUEST, OCSP_RESPONSE = "application/ocsp-request", "application/ocsp-response"
_PKI = "/v1/pkis/{pki}"
_REQUESTS = tuple(f"{_PKI}{path}/{{service}}/requests/{{number}}" for path in ("", "/cas/{ca}"))
_FILTERS = f"{_PKI}/{FILTERS}/requests/{{number}}"
_HANDSHAKES = f"{_PKI}/tls_servers/{{server}}/handshakes/{{number}}"


def make_decoder(hosted: Hosted, now: datetime) -> Decoder:
    """What decodes what there is in a PKI: it knows the keys of its CAs."""
    keys = {}
    for ca in hosted.pki.cas:
        # A fault may have made the certificate one that cryptography does not read.
        with suppress(ValueError):
            keys[f"the key of {ca.common_name}"] = ca.certificate.public_key()
    return Decoder(now, keys)


def _write(lines: list[str]) -> Content:
    return Content("\n".join([*lines, ""]).encode(), TEXT)


def _find_service(call: Call) -> Service[Any]:
    return call.hosted.find_service(call.path.get("ca"), name_service(call))


@ROUTES.add("GET", *(f"{path}/request.der" for path in _REQUESTS), answers=OCSP_REQUEST)
def get_request(call: Call) -> Content:
    """The OCSP request that came, in a body or in a path: DER, or what stood in its place; else 404."""
    service = _find_service(call)
    try:
        data = find_question(find_request(service, call.path["number"]))
    except LookupError as error:
        raise Problem("not-found", str(error)) from error
    return Content(data, OCSP_REQUEST, f"request-{call.path['number']}.der")


@ROUTES.add("GET", *(f"{path}/answer.bin" for path in (*_REQUESTS, _FILTERS)), answers=ANY)
def get_answer(call: Call) -> Content:
    """The body of the answer, bent as it was; how it went out, and how much of it, is told by `decoded`."""
    service = _find_service(call)
    answer = find_request(service, call.path["number"]).answer
    return Content(answer.body, ANY, f"answer-{call.path['number']}.bin")


@ROUTES.add("GET", *(f"{path}/decoded" for path in (*_REQUESTS, _FILTERS)), answers=TEXT)
def decode_request(call: Call) -> Content:
    """A request and its answer, decoded, and where the answer differs from the honest one."""
    hosted, service = call.hosted, _find_service(call)
    request = find_request(service, call.path["number"])
    return _write(request_lines(request, service, make_decoder(hosted, request.time)))


def _find(call: Call) -> tuple[Hosted, TlsServer, Handshake]:
    hosted = call.hosted
    server = hosted.servers.find(call.path["server"])
    return hosted, server, find_handshake(server, call.path["number"])


@ROUTES.add("GET", f"{_HANDSHAKES}/staple.der", answers=OCSP_RESPONSE)
def get_staple(call: Call) -> Content:
    """The staple that was sent for the server's certificate, as it went out; 404 where there was none."""
    staple = _find(call)[2].staple
    if staple is None:
        raise Problem("not-found", f"no staple was sent on connection {call.path['number']}")
    return Content(staple, OCSP_RESPONSE, f"staple-{call.path['number']}.der")


def _list_chain(server: TlsServer, shake: Handshake) -> tuple[bytes, ...]:
    return () if shake.leaf is None else server.chain_of(shake.leaf)


@ROUTES.add("GET", f"{_HANDSHAKES}/chain.pem", answers=PEM)
def get_chain(call: Call) -> Content:
    """The certificates that the server has shown, its own first, as PEM; 404 where it has shown none."""
    _, server, shake = _find(call)
    chain = _list_chain(server, shake)
    if not chain:
        raise Problem("not-found", f"no certificate was shown on connection {shake.number}")
    return Content(b"".join(write_pem("CERTIFICATE", der) for der in chain), PEM)


@ROUTES.add("GET", f"{_HANDSHAKES}/decoded", answers=TEXT)
def decode_handshake(call: Call) -> Content:
    """A connection, decoded: what became of it, and the staples and certificates that the server sent."""
    hosted, server, shake = _find(call)
    decoder = make_decoder(hosted, shake.time)
    return _write(handshake_lines(shake, _list_chain(server, shake), decoder))
