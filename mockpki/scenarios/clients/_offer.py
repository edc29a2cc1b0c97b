"""What a source offers about one certificate in a scenario, and what a right client reads in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from ..._exchange.http import Answer
from ..._layers import HTTP, Envelope, Listener, Transport, bend
from ..._pkix.ocsp_response import OCSPResponse, ResponseStatus
from ..._pkix.window import BACKDATED_BY
from ...relying_party import Policy


class Says(StrEnum):
    """What a source tells a client that reads it rightly."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    UNUSABLE = "unusable"
    """There is an answer, and nothing can be learnt from it."""
    NO_ANSWER = "no answer"
    """Somebody can be asked, and nothing comes but trouble, or an error that says to come again."""
    NOTHING = "nothing"
    """There is none: no staple, or no URL to ask."""
    FATAL = "fatal"
    """It ends the handshake, whatever the policy."""


@dataclass(frozen=True)
class Offer:
    """One source of a scenario: what it *says*, and the *faults* that make it so.

    *where* the certificate sends the client: ``"live"`` is the CA's own service, ``"unresolvable"`` a host
    without an address, ``"first dead"`` a URL where connections are refused and then the live one,
    ``"first point dead"`` the same as two distribution points; ``"told"`` nowhere, but the client may have
    been told of the CA's own service.

    *also* is what a client may read as well without breaking a rule, and *why* it may, with the clause.
    *delay*: it takes this long, so that a client with a shorter time-out learns nothing. *off_by*: it is
    out of date by this much, so that a client with a larger clock skew may find it good. *age*: thisUpdate
    was that long ago, by default as long as any honest one.

    Of CRLs, *without_deltas* is what a client reads that understands no delta CRLs, and *without_extended*
    one that understands no indirect CRLs, CRLs for some reasons and CRLs by another key of the CA
    (`Policy.use_deltas`, `Policy.extended_crls`); None: the same. *delta_faults* are those of the delta CRL,
    *second_faults* of the second file, where reasons divide the list. `Instead` can be among them all.
    """

    says: Says
    faults: Sequence[Any] = ()
    where: str = "live"
    also: Says | None = None
    why: str = ""
    delay: timedelta = timedelta()
    off_by: timedelta | None = None
    age: timedelta = BACKDATED_BY
    without_deltas: Says | None = None
    without_extended: Says | None = None
    delta_faults: Sequence[Any] = ()
    second_faults: Sequence[Any] = ()

    def __post_init__(self) -> None:
        if self.where not in PLACES:
            raise ValueError(f"where={self.where!r} is no place of an offer; there are {', '.join(PLACES)}")
        if (self.also is None) != (not self.why):
            raise ValueError(
                f"also={self.also!r} and why={self.why!r} go together: what else a client may read, "
                "and the clause that lets it"
            )

    @property
    def answers(self) -> bool:
        """Whether an answer arrives at all, of use or not: HTTP status 200 with something in it.

        RFC 6960 section 2.3: internalError "indicates that the OCSP responder reached an inconsistent
        internal state", tryLater that it is "temporarily unable to return a response"; that is none.
        """
        if self.where == "unresolvable" or any(isinstance(one, Transport | Listener) for one in self.faults):
            return False
        answer = bend(HTTP, Answer.of(200, "", b"octets"), self.faults)
        envelope = bend(Envelope, OCSPResponse(ResponseStatus.SUCCESSFUL, b""), self.faults)
        return answer.status == 200 and bool(answer.body) and envelope.status not in _COME_AGAIN

    def readings(self, policy: Policy) -> tuple[Says, ...]:
        """What a client of this *policy* may make of it: one reading, or two."""
        if self.delay >= policy.timeout:
            return (Says.NO_ANSWER,)
        if policy.max_age is not None and self.age > policy.max_age + policy.clock_skew:
            return (Says.UNUSABLE,)
        lacking = self._read_without(policy)
        if lacking is not None:
            return (lacking,)
        says = self.says
        if self.off_by is not None and self.off_by <= policy.clock_skew:
            says = Says.GOOD
        read = (says,) if self.also in (None, says) else (says, self.also)
        silent = Says.UNUSABLE in read and not self.answers
        return tuple(Says.NO_ANSWER if silent and one is Says.UNUSABLE else one for one in read)

    def _read_without(self, policy: Policy) -> Says | None:
        """What is read without what *policy* does not understand; None where that is no matter."""
        if not policy.use_deltas and self.without_deltas is not None:
            return self.without_deltas
        return None if policy.extended_crls else self.without_extended

    @property
    def leaves_a_trace(self) -> bool:
        """Whether a client that looks there, as far as it has to, can be seen to."""
        return self.where == "live" and not any(isinstance(fault, Listener) for fault in self.faults)


_COME_AGAIN = (ResponseStatus.INTERNAL_ERROR, ResponseStatus.TRY_LATER)

PLACES = ("live", "unresolvable", "first dead", "first point dead", "told")
"""Where a certificate can send a client."""

NO_OFFER = Offer(Says.NOTHING)
"""No staple, or no URL in the certificate."""
