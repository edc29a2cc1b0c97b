"""Distribution points, in certificates and in CRLs."""

import pytest
from cryptography import x509

from mockpki._pkix.points import (
    Coverage,
    delta_crl_indicator,
    freshest_crl,
    named_bits,
    point_name,
    reason_flags,
)
from tests.kit.octets import point, tlv

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a CRL issuer")])
URLS = ("http://a.test/1.crl", "http://b.test/1.crl")


def test_a_point_has_urls_or_a_name() -> None:
    """One field or the other, or none; both, and what is not ASCII, are refused."""
    assert point_name(("http://a", "http://b"), "") == point("http://a", "http://b")
    assert point_name((), "") == b""
    with pytest.raises(ValueError, match="URLs or a relative name, and not both"):
        point_name(("http://a",), "part 1")
    with pytest.raises(ValueError, match="is not ASCII"):
        point_name(("http://ä",), "")


def test_bits() -> None:
    """X.690 section 11.2.2: no zero bits at the end, and the number of unused ones before."""
    assert named_bits(()) == b"\0"
    assert named_bits((0,)) == b"\x07\x80"
    assert named_bits((1, 8)) == b"\x07\x40\x80"
    assert reason_flags(3, ("superseded",)) == b"\x83\x02\x03\x08"
    assert reason_flags(3, ()) == b""
    with pytest.raises(ValueError, match="has no bit among the ReasonFlags"):
        reason_flags(3, ("remove_from_crl",))
    assert reason_flags(1, ("key_compromise",), unused=True) == b"\x81\x02\x06\xc0"


COVERAGES = [
    Coverage(URLS),
    Coverage(URLS[:1], only_user=True),
    Coverage(only_ca=True),
    Coverage(URLS, reasons=("key_compromise", "aa_compromise")),
    Coverage(URLS, indirect=True),
]


@pytest.mark.parametrize("coverage", COVERAGES, ids=repr)
def test_what_a_crl_covers(coverage: Coverage) -> None:
    """In a CRL and in a certificate, cryptography writes the same octets."""
    names = [x509.UniformResourceIdentifier(url) for url in coverage.urls] or None
    flags = frozenset(x509.ReasonFlags[name] for name in coverage.reasons) or None
    issuing = x509.IssuingDistributionPoint(
        names,
        None,
        coverage.only_user,
        coverage.only_ca,
        flags,
        coverage.indirect,
        only_contains_attribute_certs=False,
    )
    extension = coverage.extension()
    assert extension.critical
    assert (extension.oid, extension.value) == (issuing.oid.dotted_string, issuing.public_bytes())
    if names is not None:
        issuer = (
            [x509.DirectoryName(x509.Name.from_rfc4514_string("CN=a CRL issuer"))]
            if coverage.indirect
            else None
        )
        points = [x509.DistributionPoint(names, None, flags, issuer)]
        written = coverage.point(NAME.public_bytes() if coverage.indirect else None)
        assert tlv(0x30, written) == x509.CRLDistributionPoints(points).public_bytes()
        freshest = freshest_crl([written])
        assert (freshest.critical, freshest.value) == (False, x509.FreshestCRL(points).public_bytes())


def test_whether_it_covers_everything() -> None:
    """RFC 5280 section 5.2.5 has no empty one: whoever covers everything leaves it out."""
    assert Coverage().is_empty
    assert not any(coverage.is_empty for coverage in COVERAGES)


def test_the_base_of_a_delta() -> None:
    """The number of the complete CRL, critical."""
    base = x509.DeltaCRLIndicator(77)
    assert delta_crl_indicator(77) == (base.oid.dotted_string, True, base.public_bytes())
