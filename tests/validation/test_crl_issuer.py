"""Who may have signed a CRL, and what leads from there to the trust anchor."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mockpki._validation.crl_issuer import find_signer
from mockpki._validation.finding import Unusable
from mockpki._validation.revocation_list import RevocationList
from tests.kit.crl_world import (
    CA,
    CRL_ISSUER,
    DAY,
    NEW_KEY,
    NOW,
    OTHER_ROOT,
    ROOT,
    YEAR,
    Authority,
    crl,
)

PATH = CA.certificate, ROOT.certificate


@pytest.mark.parametrize(
    ("by", "others", "found"),
    [
        (CA, (), (CA, ROOT)),
        (ROOT, (), (ROOT,)),
        (CRL_ISSUER, (CRL_ISSUER,), (CRL_ISSUER, ROOT)),
        (NEW_KEY, (CRL_ISSUER, NEW_KEY), (NEW_KEY, ROOT)),
        (replace(NEW_KEY, by=CA), (replace(NEW_KEY, by=CA),), (replace(NEW_KEY, by=CA), CA, ROOT)),
    ],
    ids=["the-issuer", "the-anchor", "a-crl-issuer", "another-key", "another-key-by-the-first"],
)
def test_found(by: Authority, others: tuple[Authority, ...], found: tuple[Authority, ...]) -> None:
    """It is on the path, or among the others and leads to the same anchor."""
    given = [one.certificate for one in others]
    zone = timezone(timedelta(hours=7))
    signer = find_signer(RevocationList.load(crl(by=by)), PATH, given, NOW.astimezone(zone))
    assert signer == tuple(one.certificate for one in found)


@pytest.mark.parametrize(
    ("octets", "instead"),
    [
        (b"\x0c\x0aCRL Issuer", b"\x0c\x0aCRL \xffssuer"),  # no UTF-8
        (
            b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
            b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x7f",
        ),  # no curve
        (b"\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03", b"\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x04"),
    ],
    ids=["name", "key", "usage"],
)
def test_what_cannot_be_read_is_nobody(octets: bytes, instead: bytes) -> None:
    """A certificate beside the chain may be anything; it stands in nobody's way."""
    honest = CRL_ISSUER.certificate.public_bytes(Encoding.DER)
    assert octets in honest
    odd = x509.load_der_x509_certificate(honest.replace(octets, instead))
    listing = RevocationList.load(crl(by=CRL_ISSUER))
    found = find_signer(listing, PATH, [odd, CRL_ISSUER.certificate], NOW)
    assert found == (CRL_ISSUER.certificate, ROOT.certificate)
    with pytest.raises(Unusable, match="no certificate of CN=CRL Issuer is at hand"):
        find_signer(listing, PATH, [odd], NOW)


@pytest.mark.parametrize(
    ("other", "word", "sentence"),
    [
        (None, "wrong signer", "no certificate of CN=CRL Issuer is at hand"),
        (replace(CRL_ISSUER, key_of="stranger"), "bad signature", "not that of the issuer"),
        (replace(CRL_ISSUER, crl_sign=False), "wrong signer", "not for signing CRLs"),
        (replace(CRL_ISSUER, by=OTHER_ROOT), "wrong signer", "CRL Issuer leads to no trust anchor"),
        (replace(CRL_ISSUER, valid=(-YEAR, -DAY)), "wrong signer", "leads to no trust anchor: .*expired"),
    ],
)
def test_not_found(other: Authority | None, word: str, sentence: str) -> None:
    """What is wrong with it is said."""
    others = [] if other is None else [other.certificate, OTHER_ROOT.certificate]
    with pytest.raises(Unusable, match=sentence) as caught:
        find_signer(RevocationList.load(crl(by=CRL_ISSUER)), PATH, others, NOW)
    assert caught.value.word == word
