"""Which delta CRL completes which complete one: RFC 5280 section 5.2.4, and 6.3.3 (c) and (h)."""

from __future__ import annotations

from cryptography import x509

from .finding import Unusable, check_digest
from .revocation_list import RevocationList


def check_delta(delta: RevocationList, complete: RevocationList, signer: x509.Certificate) -> None:
    """Raise `Unusable` unless *delta* can be combined with *complete*, which *signer* has signed."""
    if delta.base is None:
        raise Unusable("no delta", "it has no delta CRL indicator")
    # Section 5.2.4: "(a) The complete CRL and delta CRL have the same issuer."
    if delta.issuer != complete.issuer:
        raise Unusable("wrong signer", f"it is the delta CRL of {delta.issuer.rfc4514_string()}")
    # "(b) The complete CRL and delta CRL have the same scope."
    if delta.scope != complete.scope:
        raise Unusable("wrong scope", "its scope is not that of the complete CRL")
    if delta.number is None or complete.number is None:
        raise Unusable("no number", "it or the complete CRL has no CRL number")
    # "(c) The CRL number of the complete CRL is equal to or greater than the BaseCRLNumber specified in the
    # delta CRL. That is, the complete CRL contains (at a minimum) all the revocation information held by the
    # referenced base CRL."
    if complete.number < delta.base:
        raise Unusable(
            "base too new", f"it is for CRL {delta.base} or later, and the complete one is {complete.number}"
        )
    # "(d) The CRL number of the complete CRL is less than the CRL number of the delta CRL. That is, the delta
    # CRL follows the complete CRL in the numbering sequence."
    if complete.number >= delta.number:
        raise Unusable(
            "obsolete", f"it is CRL {delta.number}, and the complete one is {complete.number} already"
        )
    # 6.3.3 (c) (3): "Verify that the delta CRL authority key identifier extension matches the complete CRL
    # authority key identifier extension."
    if delta.key_identifier != complete.key_identifier:
        raise Unusable("wrong signer", "its authority key identifier is not that of the complete CRL")
    # 6.3.3 (h): "If use-deltas is set, then validate the signature on the delta CRL using the public key
    # validated in step (f)."
    check_digest(delta.crl.signature_hash_algorithm)
    if not delta.is_by(signer):
        raise Unusable("bad signature", "its signature is not that of the complete CRL's issuer")
    delta.check_extensions()
