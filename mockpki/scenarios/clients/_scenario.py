"""A scenario: what became of a certificate, what each source offers, and what each policy must do.

1. Data only: staging it is `_stage`'s, judging a client `_case`'s.
2. What is expected is worked out from the offers and the policy, and never from what a client did.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ...publishing import Publishing
from ...relying_party import Policy
from ...relying_party._policy import CONFIRMING
from ._filter_offer import FilterOffer
from ._history import Event, Visited
from ._offer import NO_OFFER, Offer, Says

STATUSES = ("good", "revoked", "hold", "unknown")
"""What can have become of a certificate, at the CA that issued it."""
ABOUT = ("leaf", "intermediate")
CHAINS = ("complete", "leaf alone")
"""What the server can send."""
_MAY_FETCH = (
    "RFC 8446 section 4.4.2 has the server send what certifies its certificate; RFC 5280 section 4.2.2.1 "
    "says where else that is, and demands of no client to fetch it"
)


class Expected(StrEnum):
    """What a client that keeps a policy does with the connection."""

    ACCEPT = "accept"
    REJECT = "reject"
    EITHER = "either"


@dataclass(frozen=True)
class Expectation:
    """What a policy demands in a scenario, and why.

    *told_by* are the sources that told a client to reject, or could not tell: it must have looked at one of
    them. Empty where there were none. *if_fetched*: where a client has to be told of the CRL, what is
    demanded of one that was seen to fetch it, and so had been told. *if_whole*: where a session can be
    resumed, what is demanded of one that was seen to make a whole handshake instead.
    """

    verdict: Expected
    reason: str
    told_by: frozenset[str] = frozenset()
    if_fetched: Expected | None = None
    if_whole: Expected | None = None

    def __str__(self) -> str:
        return f"{self.verdict}: {self.reason}"


@dataclass(frozen=True)
class Scenario:
    """A named situation that a TLS client can meet.

    *name* is in lower case with hyphens, *sentence* says what the situation is. *staple*, *ocsp* and *crl*
    are what each source offers about the certificate that the scenario is *about*, the ``"leaf"`` or the
    ``"intermediate"``; with the latter, *staple* is still the leaf's, for which every source is honest.
    None: the server has no staple, the certificate names no responder or no CRL. *status* is what
    became of the certificate at its CA: what an offer without faults says follows from it.
    *must_staple*: the leaf demands a staple (RFC 7633). *crlite* is what CRLite's filters say of the leaf,
    whichever the scenario is about; None: it was not logged, and they do not speak of it.

    *earlier*: the same client has come before, when the responder answered with these faults (``()``:
    honestly) and the certificate was good; only what it does now is judged.

    *chain* is what the server sends, ``"complete"`` or the ``"leaf alone"``: what is missing has to be
    fetched from where caIssuers says, and a client that does not do so comes to no path and may reject.
    *publishes* is how the CA of the certificate publishes its CRLs (`mockpki.publishing`; None: anew at every
    request), and *history* what happened there since it began, in the place of *status*: `Held`,
    `Revoked`, `Released`, `Published` and `Visited`, one after the other. *indirect*: a CRL issuer that the
    root has certified signs them, for another CA, too, and the server sends its certificate. With
    *resumption* the server resumes sessions of earlier visits, and sends no certificate and no staple then.

    Raises ValueError for what none of this can be.
    """

    name: str
    sentence: str
    staple: Offer | None = None
    ocsp: Offer | None = None
    crl: Offer | None = None
    status: str = "good"
    about: str = "leaf"
    must_staple: bool = False
    earlier: Sequence[Any] | None = None
    chain: str = "complete"
    publishes: Publishing | None = None
    history: Sequence[Event] = ()
    indirect: bool = False
    crlite: FilterOffer | None = None
    resumption: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise ValueError(
                f"{self.name!r} is no name of a scenario: lower-case words with hyphens, such as 'ocsp-stale'"
            )
        if self.status not in STATUSES:
            raise ValueError(f"status={self.status!r} cannot be; there are {', '.join(STATUSES)}")
        if self.about not in ABOUT:
            raise ValueError(f"about={self.about!r} cannot be; there are {', '.join(ABOUT)}")
        if self.chain not in CHAINS:
            raise ValueError(f"chain={self.chain!r} cannot be; there are {', '.join(CHAINS)}")
        if self.history and self.status != "good":
            raise ValueError(
                f"status={self.status!r} and history= both say what became of the certificate; leave status= "
                "out"
            )

    def __str__(self) -> str:
        return self.name

    @property
    def was_visited(self) -> bool:
        """Whether the same client has come before."""
        return self.earlier is not None or any(isinstance(one, Visited) for one in self.history)

    @property
    def offers(self) -> Mapping[str, Offer]:
        """What each source offers about the certificate in question, by its name in a policy."""
        offers = {"staple": self.staple, "OCSP": self.ocsp, "CRL": self.crl, "CRLite": self.crlite}
        return {source: offer or NO_OFFER for source, offer in offers.items()}

    def expected(self, policy: Policy) -> Expectation:
        """What a client that keeps *policy* does here."""
        ends = list(self._find_ends(policy))
        found = {end.verdict: end for end in reversed(ends)}
        if self.chain != "complete" and Expected.ACCEPT in found:
            return Expectation(Expected.EITHER, _MAY_FETCH)
        if len(found) == 1:
            return next(iter(found.values()))
        # What the offer itself says is read first, and then what else may be.
        if_fetched = ends[0].verdict if self.offers["CRL"].where == "told" else None
        if_whole = ends[0].verdict if self.resumption else None
        clauses = _list_clauses(self.offers.values())
        return Expectation(Expected.EITHER, clauses, if_fetched=if_fetched, if_whole=if_whole)

    def _find_ends(self, policy: Policy) -> Iterator[Expectation]:
        """Every end to which a client may come; where several come to one verdict, the first says why."""
        leaf, intermediate = dict(self.offers), {**_OF_THE_LEAF, **_HONEST}
        if self.about == "intermediate":
            leaf, intermediate = {**leaf, **_HONEST}, {**leaf, **_OF_THE_LEAF}
        for readings in _combine_readings(leaf, policy):
            end = _follow_policy(policy, readings, leaf_demands=self.must_staple)
            if end.verdict is Expected.REJECT or not policy.whole_chain:
                yield end
                continue
            for others in _combine_readings(intermediate, policy):
                other = _follow_policy(policy, others, about="the intermediate: ")
                is_why = self.about == "intermediate" or other.verdict is Expected.REJECT
                yield other if is_why else end


_OF_THE_LEAF = {"staple": NO_OFFER, "CRLite": NO_OFFER}
"""A CA has no staple, and filters do not speak of it."""
_HONEST = {"OCSP": Offer(Says.GOOD), "CRL": Offer(Says.GOOD)}

Readings = Mapping[str, Says]


def _combine_readings(offers: Mapping[str, Offer], policy: Policy) -> Iterable[Readings]:
    """Every way in which a client may read the offers."""
    readings = (offer.readings(policy) for offer in offers.values())
    return (dict(zip(offers, reading, strict=True)) for reading in itertools.product(*readings))


def _follow_policy(
    policy: Policy, says: Readings, *, leaf_demands: bool = False, about: str = ""
) -> Expectation:
    """Look at the sources in the policy's order, until one of them settles it.

    *leaf_demands*: the leaf's certificate requires a staple. *about* begins the reason, empty for the leaf.
    """
    tried: dict[str, Says] = {}
    suspected = False
    for source in policy.sources:
        said = says[source]
        if suspected and source not in CONFIRMING:
            continue
        if source == "CRLite" and said is Says.REVOKED and policy.filter_confirms:
            suspected, tried[source] = True, said
            continue
        if said is Says.GOOD:
            return Expectation(Expected.ACCEPT, f"{about}{source} says good")
        if said in (Says.REVOKED, Says.FATAL) or (said is Says.UNKNOWN and policy.unknown_rejects):
            what = "ends the handshake" if said is Says.FATAL else f"says {said}"
            return Expectation(Expected.REJECT, f"{about}{source} {what}", frozenset({source}))
        tried[source] = said
        if source == "staple" and not about and (demand := _explain_demand(policy, said, leaf_demands)):
            return Expectation(Expected.REJECT, f"{demand}, and the staple is {said}", frozenset({source}))
    if suspected:
        told = f"{about}CRLite says revoked, and no source tells otherwise"
        return Expectation(Expected.REJECT, told, frozenset({"CRLite"}))
    return _end_search(policy, tried, about)


def _end_search(policy: Policy, tried: Readings, about: str) -> Expectation:
    """What becomes of a certificate about which none of the sources that were *tried* could tell."""
    listed = "; ".join(f"{source}: {said}" for source, said in tried.items())
    told = f"{about}no source can tell ({listed})" if tried else f"{about}the policy checks nothing"
    there = frozenset(source for source, said in tried.items() if said is not Says.NOTHING)
    unusable = frozenset(source for source, said in tried.items() if said is Says.UNUSABLE)
    if policy.hard_fail and policy.sourceless_passes and not there:
        return Expectation(Expected.ACCEPT, f"{told}, for there is none, which the policy lets pass")
    if policy.hard_fail:
        return Expectation(Expected.REJECT, f"{told}, and the policy is hard-fail", there)
    if policy.unusable_rejects and unusable:
        return Expectation(Expected.REJECT, f"{told}, and the policy wants an answer to be usable", unusable)
    if policy.sourceless_rejects and tried and not there:
        return Expectation(Expected.REJECT, f"{told}, and the policy wants a source to be there")
    return Expectation(Expected.ACCEPT, f"{told}, which the policy lets pass" if tried else told)


def _explain_demand(policy: Policy, said: Says, leaf_demands: bool) -> str:
    """Why a staple that is no use rejects; an empty text where it does not."""
    if said is Says.UNKNOWN:
        return ""
    if policy.require_staple:
        return "the policy requires a usable staple"
    if policy.honour_must_staple and leaf_demands:
        return "the certificate requires a usable staple (RFC 7633)"
    if policy.bad_staple_rejects and said in (Says.UNUSABLE, Says.NO_ANSWER):
        return "the policy wants a staple to be usable (RFC 6066 section 8)"
    return ""


def _list_clauses(offers: Iterable[Offer]) -> str:
    """The clauses that let a client read an offer in two ways."""
    return "; ".join(dict.fromkeys(offer.why for offer in offers if offer.why))
