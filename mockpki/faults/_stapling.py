"""Faults of staples in a TLS server's messages, and of which certificates have one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Protocol, get_args

from .._exchange.staples import STATUS_REQUEST, StapleMessages, add_staples, certificate_status
from .._layers import OCSPBytesFault, Stapling, bend, check
from .._parameters import OWN_CHECK, show
from ._parts import check_octets

__all__ = [
    "AckedButMissing",
    "AnotherStaple",
    "DuplicateStaple",
    "EmptyStaple",
    "StapleLengthOverrun",
    "StapleOnIntermediate",
    "TrailingStaple",
    "UnsolicitedStaple",
    "WrongStatusType",
]


class _Responder(Protocol):
    """An OCSP responder, as far as a staple goes."""

    def response_for(self, leaf: Any, /) -> bytes: ...


class _Issuer(Protocol):
    """A CA that answers for what it has issued."""

    @property
    def ocsp(self) -> _Responder: ...


class _Certified(Protocol):
    """A leaf or a CA, as far as a staple about it goes."""

    @property
    def der(self) -> bytes: ...

    @property
    def issuer(self) -> _Issuer | None: ...


def bend_messages(honest: StapleMessages, faults: Iterable[Stapling]) -> StapleMessages:
    """*honest* after every fault, in the order given.

    Raises ValueError for a fault that changed nothing, for the test would then be of something else. A
    client that asks for no staple, and is given none, is nobody's test.
    """
    messages, idle = honest, []
    for fault in faults:
        bent = bend(Stapling, messages, (fault,))
        if bent.written == messages.written:
            idle.append(fault)
        messages = bent
    if idle and (honest.requested or messages.written != honest.written):
        asked = "that asked for a staple" if honest.requested else "that asked for no staple"
        raise ValueError(
            f"{idle[0]!r} changed nothing in a {honest.version} handshake that showed a chain of "
            f"{len(honest.chain)} to a client {asked}. What it does: {_first_sentence(idle[0])}"
        )
    return messages


def _first_sentence(fault: Stapling) -> str:
    return " ".join((type(fault).__doc__ or "").partition("\n\n")[0].split())


def _replace_response(response: bytes) -> Callable[[bytes], bytes]:
    return lambda body: certificate_status(response)


@dataclass(frozen=True)
class EmptyStaple(Stapling):
    """The staple is there, and has no octets. RFC 6066 section 8."""

    # RFC 6066 section 8: "opaque OCSPResponse<1..2^24-1>;"
    def __call__(self, honest: StapleMessages) -> StapleMessages:
        return honest.with_body(_replace_response(b""))


@dataclass(frozen=True)
class UnsolicitedStaple(Stapling):
    """The staple is sent to a client that did not ask for one. RFC 8446 section 4.2."""

    # RFC 8446 section 4.2: "Implementations MUST NOT send extension responses if the remote endpoint did
    # not send the corresponding extension requests".
    def __call__(self, honest: StapleMessages) -> StapleMessages:
        return honest if honest.requested else add_staples(honest)


@dataclass(frozen=True)
class DuplicateStaple(Stapling):
    """The status_request extension comes twice: in the leaf's CertificateEntry, or up to TLS 1.2 in the
    ServerHello. RFC 8446 section 4.2.
    """

    # RFC 8446 section 4.2, as RFC 5246 section 7.4.1.4 before: "There MUST NOT be more than one
    # extension of the same type in a given extension block."
    def __call__(self, honest: StapleMessages) -> StapleMessages:
        entries = tuple(entry * 2 if place == 0 else entry for place, entry in enumerate(honest.entries))
        return replace(honest, entries=entries, server_hello=honest.server_hello * 2)


@dataclass(frozen=True)
class StapleLengthOverrun(Stapling):
    """The length before the response is *by* larger than what is there. RFC 6066 section 8."""

    by: int = 1

    def _check_values(self) -> None:
        if self.by < 1:
            raise ValueError(f"{self!r} overruns nothing; give 1 or more")

    def __call__(self, honest: StapleMessages) -> StapleMessages:
        return honest.with_body(self._longer)

    def _longer(self, body: bytes) -> bytes:
        return body[:1] + (int.from_bytes(body[1:4]) + self.by).to_bytes(3) + body[4:]


@dataclass(frozen=True)
class WrongStatusType(Stapling):
    """The staple's type is *status_type*, and not 1, which is ocsp. RFC 6066 section 8."""

    status_type: int = 2

    def _check_values(self) -> None:
        if not 0 <= self.status_type <= 255 or self.status_type == 1:
            raise ValueError(f"{self!r} needs a number up to 255 other than 1")

    def __call__(self, honest: StapleMessages) -> StapleMessages:
        return honest.with_body(lambda body: bytes([self.status_type]) + body[1:])


@dataclass(frozen=True)
class TrailingStaple(Stapling):
    """*data* follows the response, outside its length, where the extension or the message should end.
    RFC 6066 section 8.
    """

    data: bytes = b"\0"

    def _check_values(self) -> None:
        check_octets(self.data, self)

    def __call__(self, honest: StapleMessages) -> StapleMessages:
        return honest.with_body(lambda body: body + self.data)


@dataclass(frozen=True)
class AckedButMissing(Stapling):
    """Up to TLS 1.2, the ServerHello promises a CertificateStatus message, and none comes.
    RFC 6066 section 8.

    It is allowed: a server "MAY also choose not to send a "CertificateStatus" message".
    """

    def __call__(self, honest: StapleMessages) -> StapleMessages:
        return replace(honest, certificate_status=None)


@dataclass(frozen=True)
class AnotherStaple(Stapling):
    """The leaf's staple is the honest one of another certificate: *of*, or the next one in the chain.
    RFC 6960 section 3.2, check 1.
    """

    of: _Certified | None = None

    def __call__(self, honest: StapleMessages) -> StapleMessages:
        return honest.with_body(lambda body: certificate_status(self._response(honest)))

    def _response(self, honest: StapleMessages) -> bytes:
        if self.of is None:
            if len(honest.chain) < 2:
                raise ValueError(f"{self!r} finds no other certificate in a chain of 1; give it one: of=")
            return honest.response_for(1)
        if self.of.der == honest.chain[0]:
            raise ValueError(f"{self!r} names the very certificate that is shown; give it another")
        if self.of.issuer is None:
            raise ValueError(f"{self!r} names a root: nobody is above it to answer for it")
        return self.of.issuer.ocsp.response_for(self.of)


@dataclass(frozen=True)
class StapleOnIntermediate(Stapling):
    """In TLS 1.3, the certificate at *place* of the chain, where the leaf is 0, has a staple, too.
    RFC 8446 section 4.4.2.1.

    *staple* is a list of faults, none for an honest one, and is made by the responder of whoever issued
    that certificate; or it is octets.
    """

    staple: Annotated[Sequence[OCSPBytesFault] | bytes, OWN_CHECK] = ()
    place: int = 1

    def _check_values(self) -> None:
        if not isinstance(self.staple, bytes):
            if not isinstance(self.staple, list | tuple):
                raise TypeError(
                    f"staple= of {type(self).__name__} takes a list of faults, or octets; "
                    f"got {show(self.staple)}"
                )
            checked = check(self.staple, get_args(OCSPBytesFault), "a staple on an intermediate")
            object.__setattr__(self, "staple", checked)  # so that it is a value, with a hash
        if self.place < 1:
            raise ValueError(f"{self!r}: the leaf is at place 0, so an intermediate is at 1 or more")

    def __call__(self, honest: StapleMessages) -> StapleMessages:
        entries = list(honest.entries)
        if self.place < len(entries):
            entries[self.place] += ((STATUS_REQUEST, certificate_status(self._response(honest))),)
        return replace(honest, entries=tuple(entries))

    def _response(self, honest: StapleMessages) -> bytes:
        if isinstance(self.staple, bytes):
            return self.staple
        return honest.response_for(self.place, *self.staple)
