"""The search: staple, OCSP, CRL, in this order, for each certificate of a chain but the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Protocol

from cryptography import x509

from .._pkix.ocsp_response import ResponseStatus
from .._validation.crl import read_crl
from .._validation.finding import Finding, Status, Tolerance, Unusable, label
from .._validation.ocsp import read_response, write_request
from .._validation.pointers import crl_urls, must_staple, responders
from ._fetch import ask, fetch
from ._policy import Policy
from ._verdict import Fetched, Verdict

_WORST_LAST = tuple(Status)
# RFC 6960 section 2.3: errors of a responder that has no answer now.
_COME_AGAIN = (ResponseStatus.INTERNAL_ERROR.rfc_name, ResponseStatus.TRY_LATER.rfc_name)


class _Reader(Protocol):
    """What makes a finding of octets, or raises `Unusable`."""

    def __call__(
        self, der: bytes, certificate: x509.Certificate, issuer: x509.Certificate,
        now: datetime, tolerance: Tolerance,
    ) -> Finding: ...  # fmt: skip


@dataclass(frozen=True)
class _Source:
    """Somewhere to look: how to get the octets, and how to read them."""

    name: str
    url: str | None
    get: Callable[[], bytes]
    read: _Reader


@dataclass
class Search:
    """One check of a chain under a policy, at the time *now*; and what it has found so far."""

    policy: Policy
    now: datetime
    fetched: list[Fetched] = field(default_factory=list)

    def judge(self, chain: Sequence[x509.Certificate], staple: bytes | None) -> Verdict:
        """The verdict on *chain*, leaf first and trust anchor last, as the server sent it with *staple*."""
        statuses: list[Status] = []
        accepting: list[str] = []
        rejecting: list[str] = []
        for place, (certificate, issuer) in enumerate(pairwise(chain)):
            status, ok, reason = self._certificate(certificate, issuer, place == 0, staple)
            statuses.append(status)
            (accepting if ok else rejecting).append(reason)
            if not ok:
                break
        return Verdict(
            accepted=not rejecting,
            reasons=tuple(rejecting or accepting or ["the certificate is itself trusted"]),
            status=max(statuses, key=_WORST_LAST.index, default=Status.UNDETERMINED),
            fetched=tuple(self.fetched),
            chain=tuple(chain),
            staple=staple,
        )

    def _certificate(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        is_leaf: bool,
        staple: bytes | None,
    ) -> tuple[Status, bool, str]:
        """What is known about one certificate, whether that will do, and why."""
        policy, name = self.policy, label(certificate)
        if not (policy.sources or policy.hard_fail):
            return Status.UNDETERMINED, True, f"{name}: the policy checks nothing"
        if not (is_leaf or policy.whole_chain):
            return Status.UNDETERMINED, True, f"{name}: the policy looks at the leaf alone"
        status = Status.UNDETERMINED
        before = len(self.fetched)
        there = unusable = False
        for source in self._sources(certificate, issuer, staple if is_leaf else None, is_leaf):
            there = there or source.url is not None or staple is not None
            finding, answered = self._look(source, certificate, issuer)
            unusable = unusable or (finding is None and answered)
            if finding is not None and finding.status is not Status.UNKNOWN:
                says = f"{name}: {source.name} says {finding.sentence}"
                return finding.status, finding.status is Status.GOOD, says
            if finding is not None:
                status = Status.UNKNOWN
                if policy.unknown_rejects:
                    return status, False, f"{name}: {source.name} says unknown"
            elif source.name == "staple" and (insistence := self._insistence(certificate, staple)):
                return status, False, f"{name}: {insistence}; {self.fetched[-1].sentence}"
        tried = "; ".join(f"{look.source}: {look.outcome}" for look in self.fetched[before:])
        could_not = f"{name}: no source could tell ({tried or 'there is none to ask'})"
        if policy.hard_fail and policy.sourceless_passes and not there:
            return status, True, f"{could_not}, which the policy lets pass"
        if policy.hard_fail or (policy.unusable_rejects and unusable):
            return status, False, could_not
        return status, True, f"{could_not}, which the policy lets pass"

    def _sources(
        self, certificate: x509.Certificate, issuer: x509.Certificate, staple: bytes | None, is_leaf: bool
    ) -> Iterator[_Source]:
        timeout = self.policy.timeout
        for kind in self.policy.sources:
            if kind == "staple":
                if is_leaf:
                    yield _Source(kind, None, partial(_sent_staple, staple), read_response)
            elif kind == "OCSP":
                question = write_request(certificate, issuer)
                for url in responders(certificate):
                    yield _Source(kind, url, partial(ask, url, question, timeout), read_response)
            else:
                for url in crl_urls(certificate):
                    yield _Source(kind, url, partial(fetch, url, timeout), read_crl)

    def _look(
        self, source: _Source, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> tuple[Finding | None, bool]:
        """The finding, None for want of a usable answer, and whether there was one; noted in either case."""
        name = label(certificate)
        answer = b""
        try:
            answer = source.get()
            finding = source.read(answer, certificate, issuer, self.now, self.policy.tolerance)
        except Unusable as unusable:
            self.fetched.append(Fetched(source.name, name, source.url, unusable.word, unusable.sentence))
            return None, bool(answer) and unusable.word not in _COME_AGAIN
        self.fetched.append(Fetched(source.name, name, source.url, finding.status, finding.sentence))
        return finding, True

    def _insistence(self, certificate: x509.Certificate, staple: bytes | None) -> str:
        """Why nothing but a usable staple will do; an empty text if anything else will."""
        if self.policy.require_staple:
            return "the policy requires a usable staple"
        # RFC 7633 section 4.3.3: "A client MUST treat a certificate with a TLS feature extension as an
        # invalid certificate if the features offered by the server do not contain all features present in
        # both the client's ClientHello message and the TLS feature extension."
        if self.policy.honour_must_staple and must_staple(certificate):
            return "the certificate requires a usable staple (RFC 7633)"
        if self.policy.bad_staple_rejects and staple is not None:
            return "the policy wants a staple to be usable (RFC 6066 section 8)"
        return ""


def _sent_staple(staple: bytes | None) -> bytes:
    if staple is None:
        raise Unusable("no staple", "the server sent no staple")
    return staple
