"""The search: staple, OCSP, CRL, in this order, for each certificate of a chain but the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Protocol

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from . import _crl, _ocsp
from ._fetch import ask, fetch
from ._policy import Policy
from ._verdict import Fetched, Finding, Status, Unusable, Verdict, label

_WORST_LAST = tuple(Status)


class _Reader(Protocol):
    """What makes a finding of octets, or raises `Unusable`."""

    def __call__(
        self, der: bytes, certificate: x509.Certificate, issuer: x509.Certificate,
        now: datetime, policy: Policy,
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
        for source in self._sources(certificate, issuer, staple if is_leaf else None, is_leaf):
            finding = self._look(source, certificate, issuer)
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
        if policy.hard_fail:
            return status, False, could_not
        return status, True, f"{could_not}, which the policy lets pass"

    def _sources(
        self, certificate: x509.Certificate, issuer: x509.Certificate, staple: bytes | None, is_leaf: bool
    ) -> Iterator[_Source]:
        timeout = self.policy.timeout
        for kind in self.policy.sources:
            if kind == "staple":
                if is_leaf:
                    yield _Source(kind, None, partial(_there, staple), _ocsp.read)
            elif kind == "OCSP":
                question = _ocsp.request(certificate, issuer)
                for url in responders(certificate):
                    yield _Source(kind, url, partial(ask, url, question, timeout), _ocsp.read)
            else:
                for url in _crl.urls(certificate):
                    yield _Source(kind, url, partial(fetch, url, timeout), _crl.read)

    def _look(
        self, source: _Source, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> Finding | None:
        """The finding, None for an unusable answer; noted in either case."""
        name = label(certificate)
        try:
            finding = source.read(source.get(), certificate, issuer, self.now, self.policy)
        except Unusable as unusable:
            self.fetched.append(Fetched(source.name, name, source.url, unusable.word, unusable.sentence))
            return None
        self.fetched.append(Fetched(source.name, name, source.url, finding.status, finding.sentence))
        return finding

    def _insistence(self, certificate: x509.Certificate, staple: bytes | None) -> str:
        """Why nothing but a usable staple will do; an empty text if anything else will."""
        if self.policy.require_staple:
            return "the policy requires a usable staple"
        if self.policy.honour_must_staple and _must_staple(certificate):
            return "the certificate requires a usable staple (RFC 7633)"
        if self.policy.bad_staple_rejects and staple is not None:
            return "the policy wants a staple to be usable (RFC 6066 section 8)"
        return ""


def _there(staple: bytes | None) -> bytes:
    if staple is None:
        raise Unusable("no staple", "the server sent no staple")
    return staple


def _must_staple(certificate: x509.Certificate) -> bool:
    # RFC 7633 section 4.3.3: "A client MUST treat a certificate with a TLS feature extension as an
    # invalid certificate if the features offered by the server do not contain all features present in
    # both the client's ClientHello message and the TLS feature extension."
    try:
        features = certificate.extensions.get_extension_for_class(x509.TLSFeature).value
    except x509.ExtensionNotFound:
        return False
    return x509.TLSFeatureType.status_request in features


def responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """The OCSP responders that *certificate* names, in its order: RFC 5280 section 4.2.2.1."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        point.access_location.value
        for point in access
        if point.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(point.access_location, x509.UniformResourceIdentifier)
    )
