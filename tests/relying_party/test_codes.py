"""The codes by which clients tell why they reject."""

import pytest

from mockpki.relying_party import Code
from mockpki.relying_party._codes import JDK, OPENSSL, WINDOWS, Codes, find_code


@pytest.mark.parametrize(
    ("codes", "cause", "name"),
    [
        (WINDOWS, "revoked", "CRYPT_E_REVOKED"),
        (WINDOWS, "no answer", "CRYPT_E_REVOCATION_OFFLINE"),
        (WINDOWS, "stale", "CRYPT_E_NO_REVOCATION_CHECK"),
        (WINDOWS, "nothing", "CRYPT_E_NO_REVOCATION_CHECK"),
        (JDK, "stale", "UNDETERMINED_REVOCATION_STATUS"),
        (OPENSSL, "stale", "X509_V_ERR_CRL_HAS_EXPIRED"),
        (OPENSSL, "not DER", None),
        (OPENSSL, "unknown", None),
        (WINDOWS, "", None),
        ({}, "revoked", None),
    ],
)
def test_causes(codes: Codes, cause: str, name: str | None) -> None:
    """A cause has its code; a word for what is wrong with an answer has its own, or that of any other."""
    found = find_code(codes, cause)
    assert (found and found.name) == name


def test_words() -> None:
    """A code is shown as its documentation writes it: HRESULTs in hexadecimal, small numbers as they are."""
    assert str(WINDOWS["no answer"]) == "CRYPT_E_REVOCATION_OFFLINE (0x80092013)"
    assert str(OPENSSL["revoked"]) == "X509_V_ERR_CERT_REVOKED (23)"
    assert str(Code("REVOKED", None, "The certificate is revoked.")) == "REVOKED"
