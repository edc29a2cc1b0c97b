"""What certificates hold: each in its profile, and as long as it was asked to."""

import ipaddress
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
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
    with pytest.raises(TypeError, match=r"extensions takes x509.Extension or x509.ExtensionType; got 'odd'"):
        ca.issue_cert("a.example", extensions=["odd"])  # type: ignore[list-item]
