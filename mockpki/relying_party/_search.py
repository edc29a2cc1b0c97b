"""The search: from source to source, in the policy's order, for each certificate of a chain but the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from cryptography import x509

from .._pkix.ocsp_response import ResponseStatus
from .._validation.crl import Opened, Walk
from .._validation.crl_issuer import Path
from .._validation.finding import Finding, Status, Unusable, label, reading
from .._validation.ocsp import read_response
from .._validation.pointers import distribution_points, must_staple, responders
from .._validation.revocation_list import RevocationList
from ._answers import Answers
from ._clients import ClientPolicy
from ._codes import find_code
from ._filters import NO_SOURCE, OF_NO_USE
from ._policy import CONFIRMING, Policy
from ._verdict import Fetched, Verdict

_WORST_LAST = tuple(Status)
# RFC 6960 section 2.3: errors of a responder that has no answer now.
_COME_AGAIN = (ResponseStatus.INTERNAL_ERROR.rfc_name, ResponseStatus.TRY_LATER.rfc_name)


class Judgement(NamedTuple):
    """What is known about one certificate, whether that will do, and why. *cause* is what has a code."""

    status: Status
    ok: bool
    reason: str
    cause: str = ""


@dataclass
class Search:
    """One check of a chain under a policy, at the time *now*; and what it has found so far.

    *others* are certificates beside the chain, among which the issuer of a CRL may be.
    """

    policy: Policy
    now: datetime
    answers: Answers
    others: Sequence[x509.Certificate] = ()
    fetched: list[Fetched] = field(default_factory=list)
    judging: list[x509.Certificate] = field(default_factory=list)
    """Those whose status is being found out, the innermost last."""

    def judge(self, chain: Sequence[x509.Certificate], staple: bytes | None) -> Verdict:
        """The verdict on *chain*, leaf first and trust anchor last, as the server sent it with *staple*."""
        statuses: list[Status] = []
        accepting: list[str] = []
        rejecting: list[str] = []
        code = None
        for place, certificate in enumerate(chain[:-1]):
            status, ok, reason, cause = self._certificate(certificate, chain[place + 1 :], place == 0, staple)
            statuses.append(status)
            (accepting if ok else rejecting).append(reason)
            if not ok:
                code = find_code(self.policy.codes, cause) if isinstance(self.policy, ClientPolicy) else None
                break
        return Verdict(
            accepted=not rejecting,
            reasons=tuple(rejecting or accepting or ["the certificate is itself trusted"]),
            status=max(statuses, key=_WORST_LAST.index, default=Status.UNDETERMINED),
            fetched=tuple(self.fetched),
            chain=tuple(chain),
            staple=staple,
            code=code,
        )

    def _certificate(
        self,
        certificate: x509.Certificate,
        path: Sequence[x509.Certificate],
        is_leaf: bool,
        staple: bytes | None,
    ) -> Judgement:
        """What is known about one certificate. *path* leads to the anchor."""
        self.judging.append(certificate)
        try:
            return self._try_sources(certificate, path, is_leaf, staple)
        finally:
            self.judging.pop()

    def _try_sources(
        self,
        certificate: x509.Certificate,
        path: Sequence[x509.Certificate],
        is_leaf: bool,
        staple: bytes | None,
    ) -> Judgement:
        policy, name = self.policy, label(certificate)
        if not (policy.sources or policy.hard_fail):
            return Judgement(Status.UNDETERMINED, True, f"{name}: the policy checks nothing")
        if not (is_leaf or policy.whole_chain):
            return Judgement(Status.UNDETERMINED, True, f"{name}: the policy looks at the leaf alone")
        # RFC 5280 section 4.2: "A certificate-using system MUST reject the certificate if it encounters a
        # critical extension it does not recognize or a critical extension that contains information that it
        # cannot process." Of what cannot be read nobody can tell what it demands, or where to ask.
        try:
            with reading():
                _ = certificate.extensions
        except Unusable as unreadable:
            return Judgement(Status.UNDETERMINED, False, f"{name}: {unreadable.sentence} (its extensions)")
        status = Status.UNDETERMINED
        before = len(self.fetched)
        there = False
        unusable = suspicion = ""
        for source in policy.sources:
            if suspicion and source not in CONFIRMING:
                continue
            there = there or (is_leaf and staple is not None) or _names(source, certificate)
            for finding, answered in self._ask(source, certificate, path, staple, is_leaf):
                there = there or _was_there(source, self.fetched[-1])
                if finding is None and answered:
                    unusable = self.fetched[-1].outcome
                if finding is None:
                    if source == "staple" and (insistence := self._insistence(certificate, staple)):
                        reason = f"{name}: {insistence}; {self.fetched[-1].sentence}"
                        return Judgement(status, False, reason, unusable or "nothing")
                elif finding.status is Status.UNKNOWN:
                    status = Status.UNKNOWN
                    if policy.unknown_rejects:
                        return Judgement(status, False, f"{name}: {source} says unknown", "unknown")
                elif source == "CRLite" and finding.status is Status.REVOKED and policy.filter_confirms:
                    suspicion = f"CRLite says {finding.sentence}"
                elif finding.status is not Status.UNDETERMINED:
                    says = f"{name}: {source} says {finding.sentence}"
                    return Judgement(finding.status, finding.status is Status.GOOD, says, str(finding.status))
        looks = [look for look in self.fetched[before:] if look.certificate == name]
        tried = "; ".join(f"{look.source}: {look.outcome}" for look in looks)
        if suspicion:
            told = f"{name}: {suspicion}, and no source tells otherwise ({tried})"
            return Judgement(Status.REVOKED, False, told, "revoked")
        could_not = f"{name}: no source could tell ({tried or 'there is none to ask'})"
        if policy.hard_fail and policy.sourceless_passes and not there:
            return Judgement(status, True, f"{could_not}, which the policy lets pass")
        if (
            policy.hard_fail
            or (policy.unusable_rejects and unusable)
            or (policy.sourceless_rejects and not there)
        ):
            cause = "unknown" if status is Status.UNKNOWN else unusable
            return Judgement(status, False, could_not, cause or ("no answer" if there else "nothing"))
        return Judgement(status, True, f"{could_not}, which the policy lets pass")

    def _ask(
        self,
        source: str,
        certificate: x509.Certificate,
        path: Sequence[x509.Certificate],
        staple: bytes | None,
        is_leaf: bool,
    ) -> Iterator[tuple[Finding | None, bool]]:
        """What each place of *source* comes to, one by one; see `_look`."""
        tolerance = self.policy.tolerance
        if source == "CRL":
            yield from self._walk(certificate, path)
            return
        if source == "CRLite":
            if is_leaf:
                yield self._look_into_filters(certificate, path[0])
            return
        read = partial(
            read_response, certificate=certificate, issuer=path[0], now=self.now, tolerance=tolerance
        )
        if source == "OCSP":
            for url, get in self.answers.responses(certificate, path[0]):
                yield self._look(source, certificate, url, get, read)
        elif is_leaf:
            yield self._look(source, certificate, None, partial(_sent_staple, staple), read)

    def _walk(
        self, certificate: x509.Certificate, path: Sequence[x509.Certificate]
    ) -> Iterator[tuple[Finding | None, bool]]:
        """The CRLs. RFC 5280 section 6.3.3: "For each distribution point (DP) in the certificate's CRL
        distribution points extension, for each corresponding CRL in the local CRL cache"."""
        walk = Walk(
            certificate, path, self.now, self.policy.tolerance, self.policy.use_deltas,
            self.policy.extended_crls, self.others, self._vouch,
        )  # fmt: skip
        for alike in self.answers.lists(certificate):
            for url, get in alike:
                finding, answered = self._look(
                    "CRL", certificate, url, get, partial(self._read_list, walk, label(certificate))
                )
                yield finding, answered
                if finding is not None:
                    break

    def _read_list(self, walk: Walk, name: str, der: bytes) -> Finding:
        """What a complete CRL says, with the delta CRL that completes it. Raises `Unusable`."""
        complete = walk.open(der)
        url, delta = self._find_delta(walk, name, complete)
        finding = walk.settle(complete, delta)
        if delta is not None:
            says = f"delta CRL {delta.number}, for CRL {delta.base} or later; together: {finding.sentence}"
            self.fetched.append(Fetched("CRL", name, url, finding.status, says))
        return finding

    def _find_delta(
        self, walk: Walk, name: str, complete: Opened
    ) -> tuple[str | None, RevocationList | None]:
        """The first delta CRL that can be used, and its URL. What is wrong with others is noted."""
        urls = walk.find_freshest(complete)
        for url, get in () if urls is None else self.answers.deltas(urls):
            try:
                return url, walk.open_delta(get(), complete)
            except Unusable as unusable:
                self.fetched.append(
                    Fetched("CRL", name, url, unusable.word, f"as a delta CRL: {unusable.sentence}")
                )
        return None, None

    def _look_into_filters(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> tuple[Finding | None, bool]:
        """What the filters say, as `_look` has it."""
        name, (url, get) = label(certificate), self.answers.filters()
        try:
            finding = get().find(certificate, issuer, self.now, self.policy.filter_max_age)
        except Unusable as unusable:
            self.fetched.append(Fetched("CRLite", name, url, unusable.word, unusable.sentence))
            return None, unusable.word in OF_NO_USE
        self.fetched.append(Fetched("CRLite", name, url, finding.status, finding.sentence))
        return finding, True

    def _look(
        self,
        source: str,
        certificate: x509.Certificate,
        url: str | None,
        get: Callable[[], bytes],
        read: Callable[[bytes], Finding],
    ) -> tuple[Finding | None, bool]:
        """The finding, None for want of a usable answer, and whether there was one; noted in either case."""
        name, place = label(certificate), len(self.fetched)
        answer = b""
        try:
            answer = get()
            finding = read(answer)
        except Unusable as unusable:
            self.fetched.insert(place, Fetched(source, name, url, unusable.word, unusable.sentence))
            return None, bool(answer) and unusable.word not in _COME_AGAIN
        self.fetched.insert(place, Fetched(source, name, url, finding.status, finding.sentence))
        return finding, True

    def _vouch(self, path: Path) -> None:
        """Raise `Unusable` unless the policy takes the issuer of a CRL, whose *path* is valid otherwise."""
        for place, certificate in enumerate(path[:-1]):
            if certificate in self.judging:
                raise Unusable("wrong signer", "its signer's own status depends on it")
            found = self._certificate(certificate, path[place + 1 :], False, None)
            if not found.ok:
                raise Unusable("wrong signer", f"its signer is not to be trusted: {found.reason}")

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


def _was_there(source: str, look: Fetched) -> bool:
    """Whether there was a source at which to *look*."""
    return source != "staple" and (source != "CRLite" or look.outcome not in NO_SOURCE)


def _names(source: str, certificate: x509.Certificate) -> bool:
    """Whether *certificate* says that there is this source."""
    if source == "CRL":
        return bool(distribution_points(certificate))
    return source == "OCSP" and bool(responders(certificate))
