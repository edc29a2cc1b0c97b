"""Who may have signed a CRL: RFC 5280 section 6.3.3 (f) and (g)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from cryptography import x509
from OpenSSL import crypto

from .finding import Unusable, check_digest, find_extension, label, reading
from .revocation_list import RevocationList

Path = tuple[x509.Certificate, ...]


def find_signer(
    crl: RevocationList, path: Sequence[x509.Certificate], others: Sequence[x509.Certificate], now: datetime
) -> Path:
    """The path from *crl*'s signer to the trust anchor, which is the last certificate of *path*.

    *path* is that of the certificate in question, its issuer first, and is trusted; *others* may hold CRL
    issuers, and certificates of a CA's other keys. Raises `Unusable` where nobody may have signed it.
    """
    check_digest(crl.crl.signature_hash_algorithm)
    others = [one for one in others if _is_readable(one)]
    known = [one for one in (*path, *others) if one.subject == crl.issuer]
    if not known:
        raise Unusable("wrong signer", f"no certificate of {crl.issuer.rfc4514_string()} is at hand")
    # "(g) Validate the signature on the complete CRL using the public key validated in step (f)."
    signers = [certificate for certificate in known if crl.is_by(certificate)]
    if not signers:
        raise Unusable("bad signature", "its signature is not that of the issuer")
    # "If a key usage extension is present in the CRL issuer's certificate, verify that the cRLSign bit is
    # set."
    allowed = [certificate for certificate in signers if _may_sign(certificate)]
    if not allowed:
        raise Unusable("wrong signer", "the issuer's certificate is not for signing CRLs (cRLSign)")
    for signer in allowed:
        if signer in path:
            return tuple(path[path.index(signer) :])
    # "(f) Obtain and validate the certification path for the issuer of the complete CRL. The trust anchor for
    # the certification path MUST be the same as the trust anchor used to validate the target certificate."
    return _validate(allowed, path, others, now)


def _is_readable(certificate: x509.Certificate) -> bool:
    """Whether all can be read of it that is looked at here: a server may send anything beside its chain."""
    try:
        with reading():
            _ = certificate.subject, certificate.public_key(), _may_sign(certificate)
            crypto.X509.from_cryptography(certificate)
    except Unusable:
        return False
    return True


def _may_sign(certificate: x509.Certificate) -> bool:
    usage = find_extension(certificate, x509.KeyUsage)
    return usage is None or usage.crl_sign


def _validate(
    signers: Sequence[x509.Certificate],
    path: Sequence[x509.Certificate],
    others: Sequence[x509.Certificate],
    now: datetime,
) -> Path:
    """The first of *signers* that leads to the trust anchor, and what leads there."""
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    store.set_time(now.astimezone(timezone.utc))
    store.add_cert(crypto.X509.from_cryptography(path[-1]))
    between = [crypto.X509.from_cryptography(one) for one in (*path[:-1], *others)]
    why = ""
    for signer in signers:
        context = crypto.X509StoreContext(store, crypto.X509.from_cryptography(signer), between)
        try:
            return tuple(one.to_cryptography() for one in context.get_verified_chain())
        except crypto.X509StoreContextError as error:
            why = str(error)
    raise Unusable("wrong signer", f"its signer {label(signers[0])} leads to no trust anchor: {why}")
