"""What took place, decoded: a request and its answer, with what its faults did to that; and a handshake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from .._exchange.steps import deliver
from .._layers import HTTP, Transport, bend
from .._services.evidence import Request
from .._services.publisher import Publisher
from .._services.responder import Responder
from .._services.service import Service
from .._tls.handshake import Handshake
from .._tls.staple_source import HONEST
from .decoded import Decoder
from .difference import find_changes
from .documents import Document, read_request_url
from .recognition import KINDS, recognise
from .shown import Lines, wire_lines


def find_question(request: Request) -> bytes:
    """The OCSP request in *request*, DER or what is in the place of it. Raises LookupError where none is."""
    if request.method == "POST":
        return request.body
    if request.read is not None:
        try:
            return read_request_url(request.path).data
        except ValueError as error:
            raise LookupError(f"{error}") from error
    raise LookupError(f"there is no OCSP request in {request.method} {request.path[:200]}")


def _decode(data: bytes, kind: str, decoder: Decoder) -> Lines:
    return Document(KINDS[kind], "", data).lines(decoder) if data else ["nothing"]


def _choose_kind(service: Service[Any]) -> str:
    """What a *service* answers with."""
    if isinstance(service, Responder):
        return "ocsp-response"
    return "crl" if isinstance(service, Publisher) else "certificate"


def request_lines(request: Request, service: Service[Any], decoder: Decoder) -> Lines:
    """What was asked, what was answered, and how that differs from the honest answer."""
    return list(_list_sections(request, service, decoder))


def _list_sections(request: Request, service: Service[Any], decoder: Decoder) -> Iterator[str]:
    yield from ("asked", f"  {request.method} {request.path}")
    yield from (f"  {name}: {value}" for name, value in request.asked.headers)
    try:
        yield from _indent(_decode(find_question(request), "ocsp-request", decoder))
    except LookupError:
        if request.error:
            yield f"  {request.error}"
    yield "answered"
    yield from _indent(wire_lines(request.wire))
    if request.answer.status == 200 or recognise(request.answer.body):
        yield "in the answer"
        yield from _indent(_decode(request.answer.body, _choose_kind(service), decoder))
    if request.faults:
        yield "where the honest answer (-) and this one (+) differ"
        try:
            changes = find_fault_changes(request, service, decoder)
        except (ValueError, TypeError, LookupError) as error:
            yield f"  cannot be told: {error}"
        else:
            yield from (f"  {mark} {line}" for mark, line in changes)


def find_fault_changes(
    request: Request, service: Service[Any], decoder: Decoder
) -> Sequence[tuple[str, str]]:
    """What the faults of an answer did to it: it is made again, without them and with them."""
    kind, faults = _choose_kind(service), request.faults
    honest, bent = service.remake(request, ()), service.remake(request, faults)
    pairs = [tuple(_decode(one.body, kind, decoder) for one in (honest, bent))]
    # With one body, so that it is told apart what is in an answer and how it goes out.
    in_http = bend(HTTP, replace(bent, target=request.path), faults)
    wires = (
        deliver(request.asked, bent),
        bend(Transport, deliver(request.asked, in_http), faults),
    )
    pairs.append(tuple(wire_lines(wire) for wire in wires))
    return [change for first, second in pairs for change in find_changes(first, second)]


def handshake_lines(shake: Handshake, chain: Sequence[bytes], decoder: Decoder) -> Lines:
    """A connection in a line, why it had its staple, and what was sent: each staple, each of the *chain*; and
    how the leaf's staple differs from the honest one of that time."""
    lines = [f"handshake: {shake}"]
    lines += [f"why this staple: {shake.staple_reason}"] if shake.staple_reason else []
    for place, staple in enumerate(shake.staples):
        if staple is not None:
            lines += [f"staple for certificate {place}", *_indent(_decode(staple, "ocsp-response", decoder))]
    lines += _list_staple_changes(shake, decoder)
    for place, der in enumerate(chain):
        lines += [f"certificate {place}", *_indent(_decode(der, "certificate", decoder))]
    return lines


def _list_staple_changes(shake: Handshake, decoder: Decoder) -> Lines:
    if shake.staple is None or shake.leaf is None:
        return []
    try:
        honest = shake.leaf.issuer.ocsp.remake_staple(shake.leaf, shake.time)
    except (ValueError, TypeError, LookupError) as error:
        changes = [f"  cannot be told: {error}"]
    else:
        pair = (_decode(one, "ocsp-response", decoder) for one in (honest, shake.staple))
        changes = [f"  {mark} {line}" for mark, line in find_changes(*pair)]
    # One that was made for the handshake may be of the next second.
    if not changes or shake.staple_reason == HONEST:
        return []
    return ["where the honest staple (-) and this one (+) differ", *changes]


def _indent(lines: Lines) -> Iterator[str]:
    return (f"  {line}" for line in lines)
