"""Client certificates, judged as OpenSSL's own TLS server judges them, for a transport that does not.

A chain is verified by OpenSSL; what is written here is only what its TLS adds to that: the purpose, and the
alert that goes with each reason. After that comes what the test itself wants to be refused: with an alert of
its choice, which pyOpenSSL's verify callback could not set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto

from .._pkix.reading import load_certificate
from .alerts import ALERTS

# OpenSSL's numbers, X509_V_ERR_..., and its alerts for them; every other reason is certificate_unknown.
_ALERTS = {
    number: alert
    for alert, numbers in {
        "unknown_ca": (2, 18, 19, 20, 21, 24, 25, 29, 30, 31, 79, 92, 93),
        "certificate_expired": (10, 12),
        "bad_certificate": (4, 6, 9, 11, 13, 14, 15, 16, 27, 28),
        "decrypt_error": (7, 8),
        "certificate_revoked": (23,),
        "unsupported_certificate": (26,),
    }.items()
    for number in numbers
}
_NUMBERS = {name: number for number, name in ALERTS.items()}
_CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH

Refusal = Callable[[Sequence[bytes]], str | None]
"""What a test has refused: the alert for a verified chain, DER and leaf first; None where it is welcome."""


class RefusedCertificateError(Exception):
    """A client certificate that is refused, with the number of the *alert* that says why."""

    def __init__(self, alert: str, sentence: str) -> None:
        super().__init__(sentence)
        self.alert = _NUMBERS[alert]


def check_client_certificate(
    chain: Sequence[bytes], anchors: tuple[bytes, ...], refuse: Refusal | None = None
) -> None:
    """Raise `RefusedCertificateError` unless *chain*, DER and leaf first, leads to one of *anchors*.

    Also for what *refuse* has an alert for. What that raises itself goes through.
    """
    try:
        leaf, *others = map(_load, chain)
    except ValueError as error:
        raise RefusedCertificateError("bad_certificate", str(error)) from error
    try:
        verified = crypto.X509StoreContext(anchor_store(anchors), leaf, others).get_verified_chain()
    except crypto.X509StoreContextError as error:
        number = error.errors[0] if error.errors else 0
        sentence = f"certificate verify failed: {error}"
        raise RefusedCertificateError(_ALERTS.get(number, "certificate_unknown"), sentence) from error
    ders = [crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in verified]
    for place, der in enumerate(ders):
        if not _is_for_clients(der, leaf=place == 0):
            raise RefusedCertificateError(
                "unsupported_certificate", "certificate verify failed: unsuitable certificate purpose"
            )
    alert = refuse(ders) if refuse is not None else None
    if alert is not None:
        raise RefusedCertificateError(alert, "this server refuses the client's certificate")


@lru_cache(maxsize=64)
def anchor_store(anchors: tuple[bytes, ...]) -> crypto.X509Store:
    """Trust in each of *anchors*, a root or not. Raises ValueError for one that cannot be read."""
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    for der in anchors:
        store.add_cert(_load(der))
    return store


def _load(der: bytes) -> crypto.X509:
    # As OpenSSL's own: cryptography does not read every certificate that OpenSSL takes.
    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except crypto.Error as error:
        raise ValueError(f"OpenSSL does not read this certificate: {error}") from error


def _is_for_clients(der: bytes, *, leaf: bool) -> bool:
    """Whether its usages, where it has any, let a TLS client use it, or a CA above one."""
    try:
        extensions = load_certificate(der).extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.ExtendedKeyUsage) and _CLIENT_AUTH not in value:
            return False
        if leaf and isinstance(value, x509.KeyUsage) and not (value.digital_signature or value.key_agreement):
            return False
    return True
