"""CRLs octet for octet against cryptography's builder, and the odd ones read by asn1crypto."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from asn1crypto import crl as foreign
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from mockpki._pkix.certificate import extension
from mockpki._pkix.crl import TBSCertList, crl_number, encode_entries
from mockpki._pkix.keys import KeyType
from mockpki._pkix.signing import Signer
from mockpki._pkix.status import Reason, Revocation
from mockpki._pkix.times import generalized_time
from tests.kit.authorities import DETERMINISTIC, KINDS, NOW, digest, encoded, key, signer

ED = KeyType.ED25519
UTC = timezone.utc
LATER = NOW + timedelta(days=7)
Revoked = list[tuple[int, Revocation]]


def content(who: Signer, revoked: Revoked, number: int = 1) -> TBSCertList:
    """What an honest publisher puts into a CRL."""
    aki = extension(x509.AuthorityKeyIdentifier(who.key_hash, None, None))
    return TBSCertList(NOW, LATER, encoded(revoked) or None, (aki, crl_number(number)))


def by_cryptography(
    kind: KeyType,
    revoked: Revoked,
    number: int = 1,
    this_update: datetime = NOW,
    next_update: datetime = LATER,
    certificate_issuer: x509.Name | None = None,
) -> x509.CertificateRevocationList:
    """The same CRL by cryptography's builder; *certificate_issuer* stands beside the first entry."""
    who, own = signer(kind), key(kind)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(_name(who))
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(x509.AuthorityKeyIdentifier(who.key_hash, None, None), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for serial, revocation in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(revocation.time)
        if revocation.reason is not Reason.UNSPECIFIED:
            flag = x509.ReasonFlags[revocation.reason.name.lower()]
            entry = entry.add_extension(x509.CRLReason(flag), critical=False)
        if revocation.invalidity_date is not None:
            entry = entry.add_extension(x509.InvalidityDate(revocation.invalidity_date), critical=False)
        if certificate_issuer is not None:
            issuer = x509.CertificateIssuer([x509.DirectoryName(certificate_issuer)])
            entry, certificate_issuer = entry.add_extension(issuer, critical=True), None
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(own, digest(own))


def _name(who: Signer) -> x509.Name:
    parts = foreign.Name.load(who.name).native
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, parts["organization_name"]),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, parts["common_name"]),
        ]
    )


def assert_same(theirs: x509.CertificateRevocationList, ours: TBSCertList, kind: KeyType) -> None:
    """The signed octets are the same, and the whole, with their signature where signing is random."""
    tbs = ours.encode(signer(kind))
    assert tbs == theirs.tbs_certlist_bytes
    signed = signer(kind).sign(tbs)
    if kind not in DETERMINISTIC:
        signed = replace(signed, signature=theirs.signature)
    assert signed.encode() == theirs.public_bytes(Encoding.DER)


SOME: Revoked = [
    (5, Revocation(NOW)),
    (2**159 - 1, Revocation(NOW, Reason.KEY_COMPROMISE)),
    (128, Revocation(NOW, Reason.KEY_COMPROMISE, NOW - timedelta(days=1))),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("revoked", [[], SOME], ids=["empty", "some"])
def test_every_key_type_signs_as_cryptography_does(kind: KeyType, revoked: Revoked) -> None:
    """With each key type the CRL is the same, and its signature verifies; an empty list is left out."""
    theirs = by_cryptography(kind, revoked)
    assert_same(theirs, content(signer(kind), revoked), kind)
    tbs = content(signer(kind), revoked).encode(signer(kind))
    loaded = x509.load_der_x509_crl(signer(kind).sign(tbs).encode())
    assert loaded.is_signature_valid(key(kind).public_key())
    assert len(loaded) == len(revoked)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("dated", [True, False])
def test_every_reason_is_written_as_cryptography_writes_it(reason: Reason, dated: bool) -> None:
    """Each reason, with and without an invalidity date; unspecified is said by leaving the reason out."""
    revoked = [(5, Revocation(NOW, reason, NOW if dated else None))]
    assert_same(by_cryptography(ED, revoked), content(signer(ED), revoked), ED)


@pytest.mark.parametrize("revoked", [[], SOME[:1], SOME, SOME[2:]], ids=["none", "one", "some", "dated"])
def test_whose_certificates_they_are(revoked: Revoked) -> None:
    """A certificate issuer stands beside the first entry, critical and last, and beside no other."""
    name = _name(signer(KeyType.P256))
    serials, listed = [serial for serial, _ in revoked], [revocation for _, revocation in revoked]
    entries = encode_entries(serials, listed, name.public_bytes())
    ours = replace(content(signer(ED), revoked), revoked=entries or None)
    assert_same(by_cryptography(ED, revoked, certificate_issuer=name), ours, ED)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 2**64, 2**159 - 1])
def test_every_number_is_the_same(number: int) -> None:
    """The CRL number may take any length up to 20 octets."""
    assert_same(by_cryptography(ED, SOME, number), content(signer(ED), SOME, number), ED)


@pytest.mark.parametrize("year", [2049, 2050])
def test_times_about_2050_are_the_same(year: int) -> None:
    """thisUpdate, nextUpdate and revocationDate change their type; an invalidity date is GeneralizedTime."""
    moment = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    revoked = [(5, Revocation(moment, Reason.SUPERSEDED, moment))]
    ours = replace(
        content(signer(ED), revoked), this_update=moment, next_update=moment + timedelta(seconds=1)
    )
    theirs = by_cryptography(ED, revoked, this_update=moment, next_update=moment + timedelta(seconds=1))
    assert_same(theirs, ours, ED)


moments = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
revocations = st.builds(
    Revocation,
    moments.map(lambda at: at.replace(microsecond=0)),
    st.sampled_from(Reason),
    st.none() | moments,
)


@given(st.lists(st.tuples(st.integers(1, 2**159 - 1), revocations), max_size=8, unique_by=lambda e: e[0]))
def test_any_list_is_the_same(revoked: Revoked) -> None:
    """Whatever is revoked, in whatever order: the octets are cryptography's."""
    assert_same(by_cryptography(ED, revoked), content(signer(ED), revoked), ED)


@given(st.lists(st.tuples(st.integers(1, 2**159 - 1), revocations), max_size=8), st.integers(0, 8))
def test_entries_can_be_appended(revoked: Revoked, at: int) -> None:
    """Two encoded parts put together are the encoded whole, so a publisher may append."""
    assert encoded(revoked[:at]) + encoded(revoked[at:]) == encoded(revoked)
    assert encoded(iter(revoked)) == encoded(revoked)


@pytest.mark.parametrize("serial", [0, -1, -129, 1 << 159, 1 << 800, 1 << 2000])
def test_a_serial_that_no_certificate_has_is_written_all_the_same(serial: int) -> None:
    """Zero, negative and over-long serials stand in an entry as they are, and are read back."""
    revoked = [(serial, SOME[2][1]), (7, SOME[0][1])]
    tbs = foreign.TbsCertList.load(content(signer(ED), revoked).encode(signer(ED)), strict=True)
    assert [entry["user_certificate"].native for entry in tbs["revoked_certificates"]] == [serial, 7]


BEYOND: list[tuple[str, Callable[[TBSCertList], TBSCertList], Callable[[Any], Any], Any, Any]] = [
    ("v1", lambda c: replace(c, version=None), lambda t: t["version"].native, "v2", None),
    ("no nextUpdate", lambda c: replace(c, next_update=None), lambda t: t["next_update"].native, LATER, None),
    ("empty list", lambda c: replace(c, revoked=b""), lambda t: t["revoked_certificates"].native, None, []),
    ("bare", lambda c: replace(c, extensions=None), lambda t: bool(t["crl_extensions"]), True, False),
    (
        "an older type of time",
        lambda c: replace(c, this_update=generalized_time(NOW)),
        lambda t: t["this_update"].name,
        "utc_time",
        "general_time",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "read", "before", "after"), [c[1:] for c in BEYOND], ids=[c[0] for c in BEYOND]
)
def test_what_cryptography_cannot_make(
    change: Callable[[TBSCertList], TBSCertList], read: Callable[[Any], Any], before: Any, after: Any
) -> None:
    """An odd value is written as it says: one field differs from the honest CRL, by asn1crypto."""
    honest = content(signer(ED), [])
    assert read(foreign.TbsCertList.load(honest.encode(signer(ED)), strict=True)) == before
    assert read(foreign.TbsCertList.load(change(honest).encode(signer(ED)), strict=True)) == after
