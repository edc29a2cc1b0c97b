"""Staples in a server's messages: which octets are written where. Nothing is sent here.

RFC 6066 section 8 has the structure, and its place up to TLS 1.2; RFC 8446 section 4.4.2.1 its place
in TLS 1.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

STATUS_REQUEST = 5
_OCSP = 1
_HEADER = 4

# RFC 8446 section 4: "uint24 length; /* remaining bytes in message */"; RFC 5246 section 7.4 alike.
_MESSAGE_ROOM = 2**24 - 1
# RFC 8446 section 4.4.2: "Extension extensions<0..2^16-1>". Type and length of one take four octets.
_ENTRY_ROOM = 2**16 - 1
LONGEST = _ENTRY_ROOM - 4 - _HEADER
"""The longest staple that TLS 1.3 has room for, too."""

Extensions = tuple[tuple[int, bytes], ...]
"""(extension type, content) in the order in which they are written."""


def _nobody(place: int, *faults: Any) -> bytes:
    raise LookupError(f"there is no responder to ask about certificate {place} of the chain")


@dataclass(frozen=True)
class StapleMessages:
    """Where staples are in the server's messages of one handshake, as the octets that are written.

    In TLS 1.3, *entries* has the extensions of each CertificateEntry, leaf first. Up to TLS 1.2,
    *server_hello* are the extensions added to the ServerHello, and *certificate_status* is the body
    of the CertificateStatus message; None: there is no such message.

    The rest is what a fault has to know: the *version* negotiated, as ``ssl.SSLSocket.version`` names
    it; whether a staple was *requested*; the *chain* shown, in DER, leaf first; and its *staples*, one
    for each certificate, None for none. ``response_for(place, *faults)`` makes an OCSP response about
    the certificate at that place of the chain, which its issuer's responder would give.
    """

    entries: tuple[Extensions, ...] = ()
    server_hello: Extensions = ()
    certificate_status: bytes | None = None
    version: str = "TLSv1.3"
    requested: bool = True
    chain: tuple[bytes, ...] = ()
    staples: tuple[bytes | None, ...] = ()
    response_for: Callable[..., bytes] = field(default=_nobody, compare=False, repr=False)

    def with_body(self, change: Callable[[bytes], bytes]) -> StapleMessages:
        """The same with the leaf's CertificateStatus changed, wherever it is; unchanged without one."""
        if self.certificate_status is not None:
            return replace(self, certificate_status=change(self.certificate_status))
        leaf = tuple(
            (number, change(content) if number == STATUS_REQUEST else content)
            for number, content in (self.entries[0] if self.entries else ())
        )
        return replace(self, entries=(leaf, *self.entries[1:])) if leaf else self

    @property
    def written(self) -> tuple[object, ...]:
        """What of it goes out in this version of TLS."""
        return self.entries if self.version == "TLSv1.3" else (self.server_hello, self.certificate_status)

    @property
    def sent(self) -> tuple[bytes | None, ...]:
        """The response given for each certificate, None for none; empty where none was given at all.

        It is what the length before it delimits: all there is where it says more, of several the first.
        """
        if self.version == "TLSv1.3":
            found = [dict(reversed(entry)).get(STATUS_REQUEST) for entry in self.entries]
        else:
            found = [self.certificate_status, *(None for _ in self.chain[1:])]
        sent = tuple(None if body is None else _response(body) for body in found)
        return sent if any(response is not None for response in sent) else ()


def certificate_status(staple: bytes) -> bytes:
    """Write a CertificateStatus, RFC 6066 section 8: ``status_type``, then the response.

    Raises ValueError for a staple that no message has room for.
    """
    if len(staple) > _MESSAGE_ROOM - _HEADER:
        raise ValueError(f"no TLS message has room for a staple of {len(staple)} octets (RFC 6066 section 8)")
    return bytes([_OCSP]) + len(staple).to_bytes(3) + staple


def _response(body: bytes) -> bytes:
    length = int.from_bytes(body[1:_HEADER])
    return body[_HEADER : _HEADER + length]


def staple_messages(
    chain: tuple[bytes, ...], staples: tuple[bytes | None, ...], requested: bool, version: str
) -> StapleMessages:
    """Write the *staples* of a *chain* as RFC 6066 section 8 and RFC 8446 section 4.4.2.1 say."""
    padded = staples + (None,) * (len(chain) - len(staples))
    nothing = StapleMessages(version=version, requested=requested, chain=chain, staples=padded)
    return add_staples(nothing) if requested else nothing


def add_staples(silent: StapleMessages) -> StapleMessages:
    """The same with the staples it has, as they are written for a client that asks."""
    if silent.version == "TLSv1.3":
        return replace(
            silent,
            entries=tuple(
                () if staple is None else ((STATUS_REQUEST, certificate_status(staple)),)
                for staple in silent.staples
            ),
        )
    staple = silent.staples[0]
    if staple is None:
        return silent
    # RFC 6066 section 8: servers return a response "by sending a 'CertificateStatus' message",
    # and then "MUST have included an extension of type 'status_request' with empty
    # 'extension_data' in the extended server hello".
    return replace(
        silent, server_hello=((STATUS_REQUEST, b""),), certificate_status=certificate_status(staple)
    )


def check_writable(messages: StapleMessages) -> None:
    """Raise ValueError, with a sentence, for what the server's messages have no room for."""
    if messages.entries and len(messages.entries) != len(messages.chain):
        raise ValueError(f"{len(messages.entries)} entries cannot be {len(messages.chain)} certificates'")
    for blocks in (*messages.entries, messages.server_hello):
        size = sum(4 + len(content) for _, content in blocks)
        if size > _ENTRY_ROOM:
            raise ValueError(
                f"staples of {size} octets in one block of {messages.version} extensions are too many; "
                f"there is room for {_ENTRY_ROOM} (RFC 8446 section 4.4.2)"
            )
    size = len(messages.certificate_status or b"")
    if size > _MESSAGE_ROOM:
        raise ValueError(f"a CertificateStatus of {size} octets is too long; a message has {_MESSAGE_ROOM}")
