"""Whether a client kept its policy: what was expected, what it did, and what it could know.

A verdict alone is never trusted. A client that does not come has no verdict, one that rejects without
having looked at what told it to has rejected for another reason, and so has one whose alert says that it
failed over trust, names or the protocol.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ._scenario import Expectation, Expected, Scenario
from ._seen import Seen

OTHER_ALERTS = {
    "unknown_ca": "trust",
    "access_denied": "trust",
    "unknown_psk_identity": "trust",
    "certificate_required": "trust",
    "unrecognized_name": "names",
    "unsupported_certificate": "the kind of certificate",
    "handshake_failure": "the protocol",
    "protocol_version": "the protocol",
    "insufficient_security": "the protocol",
    "inappropriate_fallback": "the protocol",
    "no_renegotiation": "the protocol",
    "missing_extension": "the protocol",
    "unsupported_extension": "the protocol",
    "no_application_protocol": "the protocol",
    "ech_required": "the protocol",
    "bad_record_mac": "the protocol",
    "record_overflow": "the protocol",
}
"""The alerts that are not about revocation, and what they are about (RFC 8446 section 6.2)."""


@dataclass(frozen=True)
class Outcome:
    """What a client did: *accepted* is None for no verdict; *words* are its own, *seconds* its time."""

    accepted: bool | None
    words: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """One scenario, met by one client: what was expected, what happened, and what was seen of it.

    The *expectation* is what it came to by what was seen: who has resumed no session was told what there is.
    """

    scenario: Scenario
    expectation: Expectation
    outcome: Outcome
    seen: Seen
    problems: tuple[str, ...]
    """Sentences on what the client did not do as it should; none if it kept the policy."""

    @property
    def ok(self) -> bool:
        """Whether the client did what was expected."""
        return not self.problems

    def __str__(self) -> str:
        did = {True: "accepted", False: "rejected", None: "came to no verdict"}[self.outcome.accepted]
        words = f": {self.outcome.words}" if self.outcome.words else ""
        who = self.seen.party
        return "\n".join(
            (
                f"{self.scenario.name}: {'; '.join(self.problems) or 'as expected'}",
                f"staged:   {self.scenario.sentence}",
                f"expected: {self.expectation}",
                f"happened: the {who} {did} after {self.outcome.seconds:.2f} s{words}",
                "seen:",
                str(self.seen),
            )
        )


def judge(
    scenario: Scenario, expectation: Expectation, outcome: Outcome, seen: Seen, *, evidence: bool = True
) -> Result:
    """Hold an outcome against what was expected. Without *evidence*, the verdict alone counts."""
    settled = _settle(expectation, seen) if evidence else expectation
    problems = _find_problems(scenario, settled, outcome, seen, evidence)
    return Result(scenario, settled, outcome, seen, tuple(problems))


def _settle(expectation: Expectation, seen: Seen) -> Expectation:
    """What is expected of a client of which that was *seen*, where it was open what it would come to know."""
    if expectation.if_fetched is not None and "CRL" in seen.looked_at:
        verdict, why = expectation.if_fetched, "it has fetched the CRL"
    elif expectation.if_whole is not None and seen.completed and not seen.resumed:
        verdict, why = expectation.if_whole, "it has resumed no session"
    else:
        return expectation
    return replace(expectation, verdict=verdict, reason=f"{why}; else either: {expectation.reason}")


def _find_problems(
    scenario: Scenario, expectation: Expectation, outcome: Outcome, seen: Seen, evidence: bool
) -> list[str]:
    """Sentences on what the client did not do as it should: the first thing that is wrong, and no more."""
    who = f"the {seen.party}"
    if outcome.accepted is None:
        return [f"{who} came to no verdict"]
    if evidence and not seen:
        return [
            "the client never came: neither the server nor the services saw anything of it, "
            "so its verdict is about something else"
        ]
    demanded = expectation.verdict
    # Where a client may do either, it may do so for any reason.
    if evidence and demanded is not Expected.EITHER and (alert := find_other_alert(outcome, seen)):
        return [
            f"the client rejected with the alert {alert}, which is about {OTHER_ALERTS[alert]} and not about "
            "revocation: it is not judged"
        ]
    did = Expected.ACCEPT if outcome.accepted else Expected.REJECT
    if demanded not in (did, Expected.EITHER):
        return [f"the policy demands {demanded}, and {who} did {did}"]
    if not evidence:
        return []
    if outcome.accepted and seen.handshakes and not seen.completed:
        return [f"{who} accepted, and yet it completed no TLS handshake"]
    told_by = expectation.told_by if did is Expected.REJECT and demanded is did else frozenset()
    if not has_looked(scenario, told_by, seen):
        return [
            f"{who} rejected without having looked at what told it to ({', '.join(sorted(told_by))}), "
            "so it did for another reason"
        ]
    return []


def find_other_alert(outcome: Outcome, seen: Seen) -> str:
    """The alert by which a client that rejected says that it was not about revocation; empty for none.

    OpenSSL and rustls say unknown_ca, too, for want of an answer that they can use: whoever was seen to
    fetch one about the certificate in question may mean that. So may whoever was not sent the whole chain.
    And a server that accepted a certificate of the same CAs: OpenSSL says handshake_failure for whatever the
    program around it found.
    """
    if seen.party == "server":
        return ""
    fetched = seen.looked_at & {"OCSP", "CRL", "CRLite"}
    if outcome.accepted is not False or fetched or not seen.whole_chain:
        return ""
    return next((alert for alert in seen.alerts if alert in OTHER_ALERTS), "")


def has_looked(scenario: Scenario, sources: Iterable[str], seen: Seen) -> bool:
    """Whether the client looked at one of *sources*, or could have without being seen."""
    leaving_traces = {source for source in sources if scenario.offers[source].leaves_a_trace}
    return not leaving_traces or bool(leaving_traces & seen.looked_at)
