"""What goes over a connection or stands in a handshake, a filter or a list, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from .._crlite.clubcard import Clubcard, Universe, serial_octets
from .._crlite.listing import Listing
from .._exchange.staples import StapleMessages
from .._exchange.steps import Abort, Finish, Listening, Send, Silence, Step, Trickle, Wait, Wire
from .decoded import Decoder
from .fields import OCSP
from .values import octets

Lines = list[str]


# Staples in a handshake.


def message_lines(messages: StapleMessages, decoder: Decoder) -> Lines:
    """The status_request extensions and the CertificateStatus of a handshake."""
    lines: Lines = []
    entries = [(f"CertificateEntry {place}", entry) for place, entry in enumerate(messages.entries)]
    for name, extensions in (*entries, ("ServerHello", messages.server_hello)):
        lines.append(name)
        for number, content in extensions:
            lines.append(f"  extension {number}")
            lines += [f"    {line}" for line in status_lines(content, decoder)]
    if messages.certificate_status is not None:
        lines += ["CertificateStatus"]
        lines += [f"  {line}" for line in status_lines(messages.certificate_status, decoder)]
    return lines


def status_lines(content: bytes, decoder: Decoder) -> Lines:
    """A CertificateStatus: RFC 6066 section 8."""
    if not content:
        return ["no octets"]
    length = int.from_bytes(content[1:4])
    response, behind = content[4 : 4 + length], content[4 + length :]
    lines = [f"status_type: {content[0]}", f"length: {length}"]
    if response:
        lines += decoder.lines(response, OCSP)
    return [*lines, f"behind the end: {octets(behind)}"] if behind else lines


# A filter.


def filter_lines(card: Clubcard) -> Lines:
    """What a filter speaks of, and its columns."""
    lines = ["filter", f"  version: {octets(card.v3()[:2])}"]
    for interval in card.coverage:
        lines += [
            f"  log {octets(interval.log_id)}",
            f"    low: {interval.low}",
            f"    high: {interval.high}",
        ]
    for block in card.blocks:
        lines += [f"  issuer {octets(block.issuer)}", f"    rank: {block.rank}"]
    return [*lines, *(f"  column: {octets(column)}" for column in (*card.approximate, card.exact))]


def universe_lines(universe: Universe) -> Lines:
    """What a filter is made of: the revoked serial numbers of each issuer, and how many are known."""
    lines = ["what the filter is made of"]
    for issuer, (known, revoked) in universe.items():
        serials = (serial_octets(serial).hex() for serial in revoked)
        lines += [f"  issuer {octets(issuer)}", f"    known: {len(list(known))}"]
        lines += [f"    revoked: {serial}" for serial in sorted(serials)]
    return lines


def listing_lines(listing: Listing) -> Lines:
    """What is listed of each filter."""
    lines = [f"filters of {listing.generated_at}"]
    for one in listing.files:
        lines += [f"  {one.name}", f"    size: {one.size}", f"    hash: {octets(one.digest)}"]
        lines += [f"    parent: {one.parent}"] if one.parent else []
    return lines


# The port, and the connection.


def listening_lines(listening: Listening) -> Lines:
    """The port: whether it takes connections, and when."""
    return ["the port", *(f"  {one.name}: {getattr(listening, one.name)}" for one in fields(listening))]


def wire_lines(wire: Wire) -> Lines:
    """What goes over a connection, step by step."""
    return [line for step in wire for line in _step_lines(step)]


def _step_lines(step: Step) -> Iterator[str]:
    match step:
        case Send(data):
            yield "send"
            yield from _http_lines(data)
        case Trickle(data, size, seconds):
            yield f"send, {size} octet{'s' if size > 1 else ''} every {seconds:g} s"
            yield from _http_lines(data)
        case Wait(seconds):
            yield f"wait {seconds:g} s"
        case Silence():
            yield "say nothing, for as long as the client waits"
        case Finish():
            yield "close the connection (FIN)"
        case Abort():
            yield "reset the connection (RST)"


def _http_lines(data: bytes) -> Iterator[str]:
    """The head of an HTTP message line by line, and its body as octets; whatever else as octets."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not (blank and data.startswith(b"HTTP/")):
        head, body = b"", data
    yield from (f"  {line}" for line in head.decode("latin-1").split("\r\n") if line)
    yield f"  {'body' if head else 'octets'}: {octets(body)}"
