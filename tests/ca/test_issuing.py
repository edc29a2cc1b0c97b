"""What certificates hold: each in its profile, and as long as it was asked to."""

import ipaddress
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from mockpki import CA, PKI
from mockpki._pkix.certificate import check_validity
from mockpki._pkix.keys import KeyType, key_type_of
from tests.kit.authorities import KINDS, NOW, key
from tests.kit.profiles import assert_is_ca, assert_is_delegate, assert_is_leaf, value_of

UTC = timezone.utc
ED = KeyType.ED25519


# The profiles.


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_type_makes_a_whole_pki(kind: KeyType) -> None:
    """Root, CAs, leaves and the OCSP delegate, with each key type, each in its profile."""
    key(kind)
    with PKI(key_type=kind, depth=2, delegated=True) as pki:
        for own in pki.cas:
            assert_is_ca(own.certificate, own.issuer or own)
            assert key_type_of(own.key) is kind
        leaf = pki.issue_cert("a.example", must_staple=True)
        assert_is_leaf(leaf, x509.DNSName("a.example"), must_staple=True)
        assert key_type_of(leaf.key) is kind
        assert_is_leaf(
            pki.issue_cert("joe@a.example", client=True), x509.RFC822Name("joe@a.example"), client=True
        )
        answer = ocsp.load_der_ocsp_response(pki.ocsp.response_for(leaf))
        (delegate,) = answer.certificates
        assert_is_delegate(delegate, pki.ca)
        assert len({item.subject for item in (*leaf.chain, delegate, pki.root.certificate)}) == 5


def test_a_chain_is_accepted_by_an_independent_verifier(world: PKI) -> None:
    """cryptography's path validation accepts a leaf under the root, for its name and no other."""
    leaf = world.issue_cert("a.example", "*.b.example", "10.1.2.3")
    policy = PolicyBuilder().store(Store([world.root.certificate]))
    for name in (
        x509.DNSName("a.example"),
        x509.DNSName("x.b.example"),
        x509.IPAddress(ipaddress.ip_address("10.1.2.3")),
    ):
        assert policy.build_server_verifier(name).verify(leaf.certificate, [world.ca.certificate])
    with pytest.raises(VerificationError):
        policy.build_server_verifier(x509.DNSName("c.example")).verify(
            leaf.certificate, [world.ca.certificate]
        )
    with pytest.raises(VerificationError), PKI() as other:
        PolicyBuilder().store(Store([other.root.certificate])).build_server_verifier(
            x509.DNSName("a.example")
        ).verify(leaf.certificate, [world.ca.certificate])


# Validity.


def test_a_certificate_begins_30_days_ago_and_lasts_90(ca: CA) -> None:
    """So that a stale answer is stale and nothing else; and authorities outlive what they issue."""
    certificate = ca.issue_cert("a.example").certificate
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=90)
    age = ca._realm.clock.now() - certificate.not_valid_before_utc
    assert timedelta(days=30) <= age < timedelta(days=31)
    assert ca.certificate.not_valid_before_utc < certificate.not_valid_before_utc
    assert certificate.not_valid_after_utc < ca.certificate.not_valid_after_utc


PERIODS = [
    (NOW - timedelta(days=9), NOW - timedelta(days=2)),
    (NOW + timedelta(days=2000), NOW + timedelta(days=2001)),
    (NOW, NOW + timedelta(seconds=1)),
    (NOW, NOW),
    (datetime(1950, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    (NOW.astimezone(timezone(timedelta(hours=9))), NOW + timedelta(days=1)),
]


@pytest.mark.parametrize(("not_before", "not_after"), PERIODS)
def test_validity_is_what_was_asked(ca: CA, not_before: datetime, not_after: datetime) -> None:
    """Past, future, one second, the end of the calendar, another zone: both times are as given."""
    certificate = ca.issue_cert("a.example", not_before=not_before, not_after=not_after).certificate
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (not_before, not_after)


def test_one_end_alone_moves_the_other(ca: CA) -> None:
    """With one end given, the other is where it usually is, or 90 days from it."""
    now = ca._realm.clock.now()
    ended = ca.issue_cert("a.example", not_after=now - timedelta(days=40)).certificate
    assert ended.not_valid_after_utc == now - timedelta(days=40)
    assert ended.not_valid_before_utc == now - timedelta(days=130)
    coming = ca.issue_cert("a.example", not_before=now + timedelta(days=400)).certificate
    assert coming.not_valid_before_utc == now + timedelta(days=400)
    assert coming.not_valid_after_utc == now + timedelta(days=490)
    short = ca.issue_cert("a.example", not_after=now + timedelta(hours=1)).certificate
    assert short.not_valid_before_utc < now < short.not_valid_after_utc == now + timedelta(hours=1)


def test_a_fraction_of_a_second_is_cut(ca: CA) -> None:
    """X.509 has whole seconds."""
    end = (NOW + timedelta(days=1)).replace(microsecond=999_999)
    leaf = ca.issue_cert("a.example", not_before=NOW, not_after=end)
    assert leaf.certificate.not_valid_after_utc == end.replace(microsecond=0)


def test_a_period_that_is_none(ca: CA) -> None:
    """Backwards, without a zone, or no time at all: each its own sentence."""
    with pytest.raises(ValueError, match=r"would end at .*, before it begins at"):
        ca.issue_cert("a.example", not_before=NOW, not_after=NOW - timedelta(seconds=1))
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="has no time zone; give an aware datetime"):
        ca.issue_cert("a.example", not_before=naive)
    with pytest.raises(ValueError, match="has no time zone; give an aware datetime"):
        ca.issue_cert("a.example", not_after=naive)
    with pytest.raises(TypeError, match="a time is an aware datetime; got '2026'"):
        check_validity("2026", "2027")  # type: ignore[arg-type]


def test_a_shifted_clock_widens_the_period() -> None:
    """Where the PKI's clock is ahead, a certificate is valid by it and by the system's."""
    with PKI() as pki:
        pki.clock.shift(timedelta(days=300))
        pki.clock.shift(timedelta(days=100))
        assert pki.clock.offset == timedelta(days=400)
        certificate = pki.issue_cert("a.example").certificate
        system, shifted = pki.clock.system_time(), pki.clock.now()
        assert timedelta(days=399) < shifted - system < timedelta(days=401)
        for moment in (system, shifted):
            assert certificate.not_valid_before_utc < moment < certificate.not_valid_after_utc


def test_a_shift_that_is_none(world: PKI) -> None:
    """What is no timedelta, or leaves the calendar, is refused, and the clock stays where it was."""
    before = world.clock.offset
    with pytest.raises(TypeError, match=r"shift\(\) takes a timedelta, such as timedelta\(days=1\); got 5"):
        world.clock.shift(5)  # type: ignore[arg-type]
    for by in (timedelta.max, timedelta.min, timedelta(days=-365 * 100), timedelta(days=365 * 7500)):
        with pytest.raises(ValueError, match="moves this clock out of the years 1950 to 9000"):
            world.clock.shift(by)
    assert world.clock.offset == before


# Extensions of one's own.


def test_own_extensions_are_added_and_replace(ca: CA) -> None:
    """One of a new OID is added, critical if it says so; one of an OID that is there takes its place."""
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00")
    leaf = ca.issue_cert(
        "a.example",
        extensions=[
            x509.Extension(odd.oid, True, odd),
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]),
        ],
    )
    added = leaf.certificate.extensions.get_extension_for_oid(odd.oid)
    assert (added.critical, added.value) == (True, odd)
    usages = value_of(leaf.certificate, x509.ExtendedKeyUsage, critical=False)
    assert list(usages) == [ExtendedKeyUsageOID.CODE_SIGNING]
    plain = ca.issue_cert("a.example").certificate
    order = [item.oid for item in plain.extensions]
    assert [item.oid for item in leaf.certificate.extensions] == [*order, odd.oid]
    with pytest.raises(
        TypeError,
        match=r"extensions= of .* takes a list of x509.Extension or x509.ExtensionType; got .'odd'.",
    ):
        ca.issue_cert("a.example", extensions=["odd"])  # type: ignore[list-item]


def alternative(*names: str) -> x509.SubjectAlternativeName:
    """A subjectAltName with these host names, and a URI for what has a scheme."""
    return x509.SubjectAlternativeName(
        x509.UniformResourceIdentifier(name) if "://" in name else x509.DNSName(name) for name in names
    )


NAMES: list[tuple[tuple[str, ...], x509.SubjectAlternativeName, tuple[str, ...]]] = [
    (("localhost",), alternative("spiffe://a.example/x"), ("localhost", "spiffe://a.example/x")),
    (("a.test", "127.0.0.1"), alternative("b.test", "a.test"), ("a.test", "127.0.0.1", "b.test")),
    ((), alternative("b.test", "b.test"), ("b.test",)),
]


@pytest.mark.parametrize(("identities", "own", "expected"), NAMES)
@pytest.mark.parametrize("critical", [False, True])
def test_names_of_ones_own_are_merged(
    ca: CA,
    identities: tuple[str, ...],
    own: x509.SubjectAlternativeName,
    expected: tuple[str, ...],
    critical: bool,
) -> None:
    """No name that was asked for is lost: identities first, then those of the extension."""
    leaf = ca.issue_cert(*identities, extensions=[x509.Extension(own.oid, critical, own)])
    assert leaf.names == expected
    value_of(leaf.certificate, x509.SubjectAlternativeName, critical=critical)


POINTERS = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://mine.example/")
        )
    ]
)
LISTS = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier("http://mine.example/")], None, None, None)]
)
FEATURES = {number: x509.TLSFeature([kind]) for number, kind in enumerate(x509.TLSFeatureType)}
CONTRADICTIONS: dict[str, tuple[x509.ExtensionType, dict[str, Any], str]] = {
    "must-staple": (FEATURES[1], {"must_staple": True}, "TLSFeature .* what must_staple=True asks for"),
    "client": (
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        {"client": True},
        "extendedKeyUsage .* what client=True asks for",
    ),
    "OCSP": (POINTERS, {"ocsp_urls": ["http://a/"]}, "authorityInfoAccess .* what ocsp_urls= asks for"),
    "caIssuers": (
        POINTERS,
        {"ocsp_urls": ["http://a/"], "ca_issuers_urls": ["http://b/"]},
        "what ocsp_urls=, ca_issuers_urls= asks for",
    ),
    "CRL": (LISTS, {"crl_urls": ["http://a/"]}, "cRLDistributionPoints .* what crl_urls= asks for"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_an_extension_undoes_no_option(ca: CA, case: str) -> None:
    """What both an option and an extension say is refused where they differ; each alone is taken."""
    own, options, sentence = CONTRADICTIONS[case]
    with pytest.raises(ValueError, match=sentence):
        ca.issue_cert("a.example", extensions=[own], **options)
    ca.issue_cert("a.example", **options)
    alone = ca.issue_cert("a.example", extensions=[own])
    assert alone.certificate.extensions.get_extension_for_oid(own.oid).value == own


def test_an_extension_in_the_place_of_none(ca: CA) -> None:
    """An empty list leaves the CA's own pointers out, and asks for none that an extension could displace."""
    leaf = ca.issue_cert(
        "a.example", ocsp_urls=[], ca_issuers_urls=[], crl_urls=[], extensions=[POINTERS, LISTS]
    )
    for own in (POINTERS, LISTS):
        assert leaf.certificate.extensions.get_extension_for_oid(own.oid).value == own


def test_an_extension_that_agrees_with_an_option(ca: CA) -> None:
    """must_staple= and client= stand beside an extension that says so, and more, itself."""
    both = x509.TLSFeature([x509.TLSFeatureType.status_request, x509.TLSFeatureType.status_request_v2])
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
    leaf = ca.issue_cert("a.example", must_staple=True, client=True, extensions=[both, usages])
    assert value_of(leaf.certificate, x509.TLSFeature, critical=False) == both
    assert value_of(leaf.certificate, x509.ExtendedKeyUsage, critical=False) == usages


def test_an_extension_given_twice(ca: CA) -> None:
    """Two of one OID would leave one out: refused, and with OID and the way out."""
    with pytest.raises(
        ValueError, match=r"extensions has two of the same OID, 1\.3\.6\.1\.5\.5\.7\.1\.24; give one"
    ):
        ca.issue_cert("a.example", extensions=[FEATURES[0], FEATURES[1]])
