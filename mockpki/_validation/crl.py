"""Whether a certificate is revoked, by its CRLs: RFC 5280 section 6.3.3, step by step.

What a step says stands above the lines that obey it; `scope`, `delta` and `crl_issuer` have their own. A
client that understands neither delta CRLs nor extended ones takes complete CRLs by the certificate's own
issuer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._pkix.reading import read_serial
from .crl_issuer import Path, find_signer
from .delta import check_delta
from .finding import Finding, Status, Tolerance, Unusable, check_issued, check_window, find_extension, reading
from .pointers import ALL_REASONS, Reasons, freshest_urls
from .revocation_list import RevocationList, reason_of
from .scope import find_reasons


def read_crl(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime, tolerance: Tolerance
) -> Finding:
    """What the complete CRL *der* alone says about *certificate*. Raises `Unusable`, with the reason."""
    walk = Walk(certificate, (issuer,), now, tolerance)
    return walk.settle(walk.open(der))


class Opened(NamedTuple):
    """A complete CRL that is about the certificate, the reasons it covers, and who has signed it."""

    crl: RevocationList
    reasons: Reasons
    signer: x509.Certificate


@dataclass
class Walk:
    """What the CRLs say about one *certificate*, one after the other.

    *path* leads from its issuer to the trust anchor. *extended* understands indirect CRLs, CRLs for some
    reasons, those that are named by their issuer, and those that a CA has signed with another of its keys;
    *others* are the certificates this may need. *vouch* is given the path of a CRL issuer that is not on
    *path*, and raises `Unusable` if it is revoked.
    """

    certificate: x509.Certificate
    path: Sequence[x509.Certificate]
    now: datetime
    tolerance: Tolerance
    use_deltas: bool = False
    extended: bool = False
    others: Sequence[x509.Certificate] = ()
    vouch: Callable[[Path], None] = field(default=lambda _: None, repr=False)
    reasons: Reasons = field(default=frozenset(), init=False)
    """The reasons_mask of section 6.3.2 (a)."""

    def open(self, der: bytes) -> Opened:
        """The complete CRL *der*, with its issuer and scope verified. Raises `Unusable`."""
        with reading():
            crl = RevocationList.load(der)
            reasons = find_reasons(crl, self.certificate, extended=self.extended)
            # "(e) Verify that interim_reasons_mask includes one or more reasons that are not included in the
            # reasons_mask."
            if reasons <= self.reasons:
                raise Unusable("no new reasons", "it covers no reasons that were not covered before")
            if self.extended:
                signed_by = find_signer(crl, self.path, self.others, self.now)
            else:
                signed_by = find_signer(crl, self.path[:1], (), self.now)
            crl.check_extensions()
            if signed_by[0] not in self.path:
                self.vouch(signed_by)
            return Opened(crl, reasons, signed_by[0])

    def find_freshest(self, complete: Opened) -> tuple[str, ...] | None:
        """Where delta CRLs for it are; None where it is to be used as it is."""
        # (a) (2): "If the current time is before the value of the next update field, use-deltas is set, and
        # either the certificate or the CRL contains the freshest CRL extension, then obtain the current delta
        # CRL that can be used to update the locally cached complete CRL as specified in Section 5.2.4."
        # (a) (1) (i) says the same of a CRL whose nextUpdate has passed.
        with reading():
            both = self.certificate, complete.crl.crl
            pointing = [one for one in both if find_extension(one, x509.FreshestCRL) is not None]
            if not (self.use_deltas and pointing):
                return None
            return tuple(dict.fromkeys(url for one in pointing for url in freshest_urls(one)))

    def open_delta(self, der: bytes, complete: Opened) -> RevocationList:
        """The delta CRL *der*, which can be combined with *complete* now. Raises `Unusable`."""
        with reading():
            delta = RevocationList.load(der)
            check_delta(delta, complete.crl, complete.signer)
            self._check_times(delta)
            self._find(delta)
            return delta

    def settle(self, complete: Opened, delta: RevocationList | None = None) -> Finding:
        """What *complete* says, combined with *delta* if there is one. Raises `Unusable`.

        The status is undetermined where it lists nothing, and not all reasons are covered by now.
        """
        with reading():
            # Section 5.2.4: "In addition, the resulting locally constructed CRL has the thisUpdate and
            # nextUpdate times specified in the corresponding fields of the delta CRL used in its
            # construction."
            self._check_times(complete.crl if delta is None else delta)
            check_issued(complete.crl.crl.last_update_utc, self.now, self.tolerance)
            # "(i) If use-deltas is set, then search for the certificate on the delta CRL." "(j) If
            # (cert_status is UNREVOKED), then search for the certificate on the complete CRL."
            entry = self._find(complete.crl)
            if delta is not None:
                entry = self._find(delta) or entry
            # "(l) Set the reasons_mask state variable to the union of its previous value and the value of the
            # interim_reasons_mask state variable."
            self.reasons |= complete.reasons
            return self._conclude(entry)

    def _find(self, crl: RevocationList) -> x509.RevokedCertificate | None:
        serial = read_serial(self.certificate.public_bytes(Encoding.DER))
        return crl.find(serial, self.certificate.issuer)

    def _conclude(self, entry: x509.RevokedCertificate | None) -> Finding:
        reason = None if entry is None else reason_of(entry)
        # "(k) If (cert_status is removeFromCRL), then set cert_status to UNREVOKED."
        if entry is not None and reason is not x509.ReasonFlags.remove_from_crl:
            why = "" if reason is None else f" ({reason.value})"
            return Finding(Status.REVOKED, f"revoked at {entry.revocation_date_utc:%Y-%m-%d %H:%M:%S}Z{why}")
        says = "not on the list" if entry is None else "removed from the list"
        # "If ((reasons_mask is all-reasons) OR (cert_status is not UNREVOKED)), then the revocation status
        # has been determined, so return cert_status."
        if self.reasons >= ALL_REASONS:
            return Finding(Status.GOOD, f"good ({says})")
        left = ", ".join(sorted(reason.value for reason in ALL_REASONS - self.reasons))
        return Finding(Status.UNDETERMINED, f"nothing yet ({says}, which leaves open {left})")

    def _check_times(self, current: RevocationList) -> None:
        if current.crl.next_update_utc is None:
            # Section 5.1.2.5: "Conforming CRL issuers MUST include the nextUpdate field in all CRLs."
            raise Unusable("stale", "it has no nextUpdate")
        check_window(current.crl.last_update_utc, current.crl.next_update_utc, self.now, self.tolerance)
