"""Each fault of a CRL changes what its name says and nothing else.

The CRL that they bend lists two certificates: FIRST, revoked for key_compromise, and SECOND. The clock
stands, so that times and numbers are the same in the honest CRL and in the bent one.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core, parser
from cryptography import x509
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import CA, PKI, faults
from mockpki._catalogue.entries import list_faults
from mockpki.faults import Extension, _crl_content, _crl_entries, _crl_scope
from tests.faults import test_crl_scope
from tests.kit.crls import (
    AN_HOUR_AGO,
    DATED,
    FIRST,
    LISTED,
    NOW,
    OTHER_URL,
    SECOND,
    TBS,
    TOMORROW,
    URL,
    reason,
)
from tests.kit.differ import at, changed, crl_fields, signature_holds
from tests.kit.octets import NULL, extension, general_time, integer, named, point, tlv, utc_time
from tests.kit.programs import need, run

FIRST_REASON = f"{LISTED}.0.crl_entry_extensions.crl_reason.extn_value"
EXTENSIONS = f"{TBS}.crl_extensions"
NUMBER = f"{EXTENSIONS}.crl_number"
AKI = f"{EXTENSIONS}.authority_key_identifier"
SCOPE = f"{EXTENSIONS}.issuing_distribution_point"


def scope(*fields: bytes, critical: bool = True) -> bytes:
    """An issuingDistributionPoint extension of these fields."""
    return extension("2.5.29.28", critical, tlv(0x30, *fields))


ANOTHER = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another CA")])
ANOTHERS = tlv(0x30, named("another CA", 0x31))
NOBODYS = tlv(
    0x30,
    tlv(0x31, tlv(0x30, b"\x06\x03\x55\x04\x0a", tlv(0x0C, b"mockpki"))),
    named("mockpki CA that nobody knows", 0x31),
)

ROWS: list[tuple[Any, dict[str, bytes]]] = [
    # A fault, and every field that it changes with what is there then: nothing, where it is left out.
    (faults.Entry(), {f"{LISTED}.2": integer(1) + utc_time(AN_HOUR_AGO)}),
    (
        faults.Entry(FIRST, "superseded", extensions=(Extension("2.999.7", True, NULL),)),
        {
            f"{LISTED}.2": integer(FIRST)
            + utc_time(AN_HOUR_AGO)
            + reason(4)
            + extension("2.999.7", True, NULL)
        },
    ),
    (faults.Entry(9, 99, TOMORROW), {f"{LISTED}.2": integer(9) + utc_time(TOMORROW) + reason(99)}),
    (faults.NoEntry(), {LISTED: b""}),
    (faults.NoEntry(SECOND), {f"{LISTED}.1": b""}),
    (faults.DuplicateEntry(SECOND), {f"{LISTED}.2": integer(SECOND) + utc_time(AN_HOUR_AGO)}),
    (faults.EntryReason(of=FIRST), {FIRST_REASON: b"\x04\x03\x0a\x01\x08"}),
    (faults.EntryReason("certificate_hold", of=FIRST), {FIRST_REASON: b"\x04\x03\x0a\x01\x06"}),
    (faults.EntryReason(7, of=FIRST), {FIRST_REASON: b"\x04\x03\x0a\x01\x07"}),
    (faults.EntryReason(0, of=SECOND), {f"{LISTED}.1.crl_entry_extensions": reason(0)}),
    (faults.RevocationDate(of=SECOND), {f"{LISTED}.1.revocation_date": utc_time(DATED + timedelta(days=3))}),
    (
        faults.RevocationDate(timedelta(days=-1)),
        {f"{LISTED}.{number}.revocation_date": utc_time(DATED - timedelta(days=1)) for number in (0, 1)},
    ),
    (
        faults.EntryExtension(of=FIRST),
        {f"{LISTED}.0.crl_entry_extensions.2_999_1": extension("2.999.1", False, NULL)},
    ),
    (
        faults.EntryExtension("2.999.7", critical=True, value=integer(3), of=SECOND),
        {f"{LISTED}.1.crl_entry_extensions": extension("2.999.7", True, integer(3))},
    ),
    (
        faults.CertificateIssuer(of=SECOND),
        {f"{LISTED}.1.crl_entry_extensions": extension("2.5.29.29", True, tlv(0x30, tlv(0xA4, NOBODYS)))},
    ),
    (
        faults.CertificateIssuer(ANOTHER, critical=False, of=SECOND),
        {f"{LISTED}.1.crl_entry_extensions": extension("2.5.29.29", False, tlv(0x30, tlv(0xA4, ANOTHERS)))},
    ),
    (faults.EmptyRevoked(), {LISTED: b"\x30\x00"}),
    (faults.Shard(), {f"{LISTED}.1": b""}),
    (faults.Shard(of=3), {LISTED: b""}),
    # Extensions.
    (faults.CrlExtension(), {f"{EXTENSIONS}.2_999_1": extension("2.999.1", False, NULL)}),
    (
        faults.CrlExtension("2.999.7", critical=True, value=integer(3)),
        {f"{EXTENSIONS}.2_999_7": extension("2.999.7", True, integer(3))},
    ),
    (faults.NoCrlExtensions(), {EXTENSIONS: b""}),
    (faults.EmptyCrlExtensions(), {EXTENSIONS: b"\xa0\x02\x30\x00"}),
    (faults.NoAki(), {AKI: b""}),
    (faults.WrongAki(), {f"{AKI}.extn_value": tlv(0x04, tlv(0x30, tlv(0x80, b"mockpki: no such key")))}),
    (faults.WrongAki(b"short"), {f"{AKI}.extn_value": tlv(0x04, tlv(0x30, tlv(0x80, b"short")))}),
    (faults.NoCrlNumber(), {NUMBER: b""}),
    (faults.CrlNumber(), {f"{NUMBER}.extn_value": tlv(0x04, b"\x02\x01\xff")}),
    (
        faults.CrlNumber(2**160),
        {f"{NUMBER}.extn_value": tlv(0x04, tlv(0x02, b"\x01" + bytes(20)))},
    ),
    (faults.CrlNumber(None, critical=True), {f"{NUMBER}.critical": b"\x01\x01\xff"}),
    (faults.OldCrlNumber(), {f"{NUMBER}.extn_value": tlv(0x04, integer(0))}),
    (
        faults.DeltaCrl(),
        {f"{EXTENSIONS}.delta_crl_indicator": extension("2.5.29.27", True, integer(0))},
    ),
    (
        faults.DeltaCrl(77, critical=False),
        {f"{EXTENSIONS}.delta_crl_indicator": extension("2.5.29.27", False, integer(77))},
    ),
    (
        faults.FreshestCrl(URL),
        {f"{EXTENSIONS}.freshest_crl": extension("2.5.29.46", False, tlv(0x30, tlv(0x30, point(URL))))},
    ),
    # The scope.
    (faults.IssuingDistributionPoint(), {SCOPE: scope()}),
    (faults.IssuingDistributionPoint(URL), {SCOPE: scope(point(URL))}),
    (
        faults.IssuingDistributionPoint((URL, OTHER_URL), critical=False),
        {SCOPE: scope(point(URL, OTHER_URL), critical=False)},
    ),
    (
        faults.IssuingDistributionPoint(relative_name="part 1"),
        {SCOPE: scope(tlv(0xA0, named("part 1", 0xA1)))},
    ),
    (
        faults.IssuingDistributionPoint(only_user=True, only_ca=True),
        {SCOPE: scope(b"\x81\x01\xff", b"\x82\x01\xff")},
    ),
    (faults.IssuingDistributionPoint(only_user=False), {SCOPE: scope(b"\x81\x01\x00")}),
    # RFC 5280 section 4.2.1.13: keyCompromise is bit 1, aACompromise bit 8.
    (
        faults.IssuingDistributionPoint(some_reasons=("key_compromise", "aa_compromise"), indirect=True),
        {SCOPE: scope(b"\x83\x03\x07\x40\x80", b"\x84\x01\xff")},
    ),
    (
        faults.IssuingDistributionPoint(some_reasons="superseded", only_attr=True, rest=b"\x86\x00"),
        {SCOPE: scope(b"\x83\x02\x03\x08", b"\x85\x01\xff", b"\x86\x00")},
    ),
    # The frame.
    (faults.CrlVersion(), {f"{TBS}.version": b""}),
    (faults.CrlVersion(0), {f"{TBS}.version": integer(0)}),
    (faults.CrlVersion(2), {f"{TBS}.version": integer(2)}),
    (faults.WrongIssuerName(), {f"{TBS}.issuer": NOBODYS}),
    (faults.WrongIssuerName(ANOTHER), {f"{TBS}.issuer": ANOTHERS}),
    (faults.GeneralizedTime(), {f"{TBS}.this_update": general_time(DATED)}),
    (
        faults.GeneralizedTime("next_update"),
        {f"{TBS}.next_update": general_time(DATED + timedelta(days=7))},
    ),
    (faults.BadTime(), {f"{TBS}.this_update": b"\x17\x0b3102030355Z"}),
    (faults.BadTime(form="no_zone"), {f"{TBS}.this_update": b"\x17\x0c310203035506"}),
    (faults.BadTime(form="offset"), {f"{TBS}.this_update": b"\x17\x11310203045506+0100"}),
    (faults.BadTime("next_update", "fraction"), {f"{TBS}.next_update": b"\x18\x1120310210035506.5Z"}),
    (faults.BadTime(form="thirteenth_month"), {f"{TBS}.this_update": b"\x17\x0d311303035506Z"}),
]

LEAVES: list[tuple[Any, list[bytes], list[bytes]]] = [
    # What asn1crypto would read into the wrong field: a fault, the primitive elements that it replaces
    # in tbsCertList, and what stands there then.
    (faults.BadTime(form="text"), [utc_time(DATED)], [b"\x0c\x0d310203035506Z"]),
    (faults.BadTime(form="integer"), [utc_time(DATED)], [integer(int(DATED.timestamp()))]),
    (faults.Entry(9, first=True), [integer(FIRST)], [integer(9), utc_time(AN_HOUR_AGO), integer(FIRST)]),
    (faults.SignedTrailingAt((0,)), [b"\x02\x01\x01"], [b"\x02\x02\x01\x00"]),
    (faults.SignedTrailingAt((3,), b"junk"), [utc_time(DATED)], [b"\x17\x11310203035506Zjunk"]),
    (
        faults.SignedTrailingAt((5, 1), NULL),
        [integer(SECOND), utc_time(AN_HOUR_AGO)],
        [integer(SECOND), utc_time(AN_HOUR_AGO), NULL],
    ),
]


@pytest.fixture
def pki() -> Iterator[PKI]:
    """A PKI whose clock stands, with two revoked certificates."""
    with freeze_time(NOW), PKI(key_type="ed25519") as pki:
        pki.revoke(FIRST, "key_compromise", at=AN_HOUR_AGO)
        pki.revoke(SECOND, at=AN_HOUR_AGO)
        yield pki


def signed_by(ca: CA, der: bytes) -> bool:
    """Whether this is the signature of *ca*, whatever else is wrong."""
    return signature_holds(der, ca.certificate.public_key())


@pytest.mark.parametrize(("fault", "says"), ROWS, ids=[repr(fault) for fault, _ in ROWS])
def test_changes_its_field_alone(pki: PKI, fault: Any, says: dict[str, bytes]) -> None:
    """Every other field keeps its octets, this one says what it is meant to say, and the signature holds."""
    honest, bent = crl_fields(pki.crl.crl()), crl_fields(pki.crl.crl(fault))
    assert changed(honest, bent) == set(says)
    assert {path: at(bent, path) for path in says} == says
    assert signed_by(pki.ca, pki.crl.crl(fault))


def leaves(der: bytes) -> list[bytes]:
    """The primitive elements of *der*, one behind the other."""
    found: list[bytes] = []
    start = 0
    while start < len(der):
        _, method, _, header, content, _ = parser.parse(der[start:])
        found += leaves(content) if method else [header + content]
        start += len(header) + len(content)
    return found


@pytest.mark.parametrize(("fault", "old", "new"), LEAVES, ids=[repr(fault) for fault, _, _ in LEAVES])
def test_changes_these_elements_alone(pki: PKI, fault: Any, old: list[bytes], new: list[bytes]) -> None:
    """Of all primitive elements these have become those, and the signature holds."""
    honest, bent = (leaves(core.Sequence.load(der)[0].dump()) for der in (pki.crl.crl(), pki.crl.crl(fault)))
    at = honest.index(old[0])
    assert honest[at : at + len(old)] == old
    assert bent == honest[:at] + new + honest[at + len(old) :]
    assert signed_by(pki.ca, pki.crl.crl(fault))


def test_every_fault_of_a_crl_is_covered() -> None:
    """Each of the catalogue's is tried here, works without arguments, and names the clause it touches."""
    modules = (_crl_content.__name__, _crl_entries.__name__)
    own = {fault for fault in faults.CATALOGUE if fault.__module__ in modules} | {faults.Pem}
    covered = {type(fault) for fault, *_ in (*ROWS, *LEAVES)} | {faults.Pem}
    elsewhere = {fault for fault in faults.CATALOGUE if fault.__module__ == _crl_scope.__name__}
    assert (
        {fault for fault in faults.CATALOGUE if fault.home is faults.CRLContent} - elsewhere < own <= covered
    )
    assert elsewhere <= {type(fault) for fault, *_ in test_crl_scope.CASES}
    for entry in list_faults():
        if getattr(faults, entry.name) in own:
            assert entry.clause.startswith("RFC 5280 section "), entry.name
    for fault in own:
        assert repr(fault()).startswith(fault.__name__)


def test_a_wrong_name_stays_when_somebody_else_signs(pki: PKI) -> None:
    """WrongIssuerName and Forged are two layers, and one CRL can have both."""
    honest, forged = (
        pki.crl.crl(),
        pki.crl.crl(faults.Forged(), faults.WrongIssuerName(ANOTHER), faults.NoAki()),
    )
    assert changed(crl_fields(honest), crl_fields(forged)) == {f"{TBS}.issuer", AKI}
    assert not signed_by(pki.ca, forged)


def test_a_version_1_crl(pki: PKI) -> None:
    """Without version and extensions it is v1, as cryptography and openssl read it."""
    for serial in (FIRST, SECOND):
        pki.forget(serial)
    der = pki.crl.crl(faults.CrlVersion(None), faults.NoCrlExtensions())
    assert set(crl_fields(der)) == {
        f"{TBS}.signature.algorithm", f"{TBS}.issuer", f"{TBS}.this_update", f"{TBS}.next_update",
        "signature_algorithm.algorithm", "signature",
    }  # fmt: skip
    ran = run(need("openssl"), "crl", "-inform", "DER", "-noout", "-text", input=der)
    assert "Version 1 (0x0)" in ran.stdout


def test_a_delta_crl_and_one_that_matches_nothing(pki: PKI) -> None:
    """A delta CRL lists only what is new since its base; its base can be one that was never published."""
    base = crl_fields(pki.crl.crl())
    pki.clock.shift(timedelta(hours=1))
    pki.revoke(0x1002)
    delta = crl_fields(pki.crl.crl(faults.NoEntry(FIRST), faults.EntryReason(of=SECOND), faults.DeltaCrl()))
    assert delta[f"{EXTENSIONS}.delta_crl_indicator.extn_value"] == base[f"{NUMBER}.extn_value"]
    listed = [delta[path] for path in delta if path.endswith("user_certificate")]
    assert listed == [integer(SECOND), integer(0x1002)]
    lost = crl_fields(pki.crl.crl(faults.DeltaCrl(base=1000)))
    assert lost[f"{EXTENSIONS}.delta_crl_indicator.extn_value"] == tlv(0x04, integer(1000))
    assert lost[f"{NUMBER}.extn_value"] == tlv(0x04, integer(2))


def test_the_number_goes_back(pki: PKI) -> None:
    """A CRL that comes later has a lower number than the one before."""
    numbers = []
    for bent in ([], [faults.OldCrlNumber(by=2)]):
        pki.clock.shift(timedelta(hours=1))
        numbers.append(
            x509.load_der_x509_crl(pki.crl.crl(*bent)).extensions.get_extension_for_class(x509.CRLNumber)
        )
    assert [number.value.crl_number for number in numbers] == [1, 0]


# Typed loosely: a type checker refuses some of these, too.
UNTYPED: Any = faults
MISUSE: list[tuple[Any, type[Exception], str]] = [
    (
        lambda pki: pki.crl.crl(faults.EntryReason(of=7)),
        ValueError,
        "does not list serial number 0x7; revoke",
    ),
    (
        lambda pki: pki.crl.crl(faults.NoEntry(), faults.NoEntry()),
        ValueError,
        "does not list anybody; revoke",
    ),
    (lambda pki: UNTYPED.Entry("localhost"), TypeError, "'localhost' is no leaf, CA, certificate or serial"),
    (lambda pki: faults.Entry(True), TypeError, "True is no leaf"),
    (lambda pki: faults.Entry(reason="bored"), ValueError, "'bored' is no revocation reason"),
    (lambda pki: faults.Entry(at=datetime(2031, 1, 1)), ValueError, "has no time zone"),  # noqa: DTZ001
    (lambda pki: pki.crl.crl(faults.BadTime(), faults.Entry()), ValueError, "thisUpdate that is ready DER"),
    (lambda pki: UNTYPED.RevocationDate(1), TypeError, "needs a timedelta"),
    (lambda pki: faults.EntryExtension("x"), ValueError, "'x' is not an object identifier"),
    (lambda pki: faults.Shard(2, of=2), ValueError, "number is from 0 to 1"),
    (lambda pki: pki.crl.crl(faults.NoAki(), faults.NoAki()), ValueError, "finds no extension 2.5.29.35"),
    (lambda pki: faults.CrlNumber(None), ValueError, "would be the honest number"),
    (lambda pki: faults.CrlVersion(1), ValueError, "is v2, the honest version"),
    (lambda pki: faults.GeneralizedTime("produced_at"), ValueError, "'produced_at' is no time of a CRL"),
    (lambda pki: faults.BadTime(form="roman"), ValueError, "'roman' is no form of a bad time"),
    (lambda pki: pki.crl.crl(faults.NoNextUpdate(), faults.BadTime("next_update")), ValueError, "it is None"),
    (lambda pki: faults.IssuingDistributionPoint("ü"), ValueError, "is not ASCII"),
    (lambda pki: UNTYPED.IssuingDistributionPoint((1,)), TypeError, "1 is no text"),
    (lambda pki: faults.IssuingDistributionPoint(URL, relative_name="x"), ValueError, "and not both"),
    (lambda pki: faults.IssuingDistributionPoint(some_reasons="unspecified"), ValueError, "has no bit"),
    (lambda pki: pki.crl.crl(faults.SignedTrailingAt((0, 0))), ValueError, "there is no number 0"),
    (lambda pki: pki.ocsp.respond_with(faults.NoAki()), TypeError, "CRL content"),
]


@pytest.mark.parametrize(("use", "error", "sentence"), MISUSE, ids=[sentence for *_, sentence in MISUSE])
def test_misuse_is_a_sentence(pki: PKI, use: Any, error: type[Exception], sentence: str) -> None:
    """What would leave a test with nothing to test is refused, with the reason."""
    with pytest.raises(error, match=re.escape(sentence)):
        use(pki)


# Whatever is combined: a CRL, or a sentence.

SERIALS = st.sampled_from([None, FIRST, SECOND, 9])
BIG = st.integers(-(2**170), 2**170)
DAYS = st.integers(-(10**6), 10**6).map(lambda days: timedelta(days=days))
FIELDS = st.sampled_from(["this_update", "next_update"])
FLAG = st.sampled_from([None, True, False])
PATHS = st.lists(st.integers(-1, 7), max_size=4).map(tuple)
ANY_FAULT = st.one_of(
    st.builds(faults.Entry, BIG, st.integers(-9, 999), first=st.booleans()),
    st.builds(faults.NoEntry, SERIALS),
    st.builds(faults.DuplicateEntry, SERIALS),
    st.builds(faults.EntryReason, st.integers(-9, 999), SERIALS),
    st.builds(faults.RevocationDate, DAYS, SERIALS),
    st.builds(faults.EntryExtension, critical=st.booleans(), value=st.binary(max_size=9), of=SERIALS),
    st.builds(faults.CertificateIssuer, critical=st.booleans(), of=SERIALS),
    st.builds(faults.CrlExtension, critical=st.booleans(), value=st.binary(max_size=9)),
    st.builds(faults.CrlNumber, BIG, st.booleans()),
    st.builds(faults.OldCrlNumber, BIG),
    st.builds(faults.WrongAki, st.binary(max_size=30)),
    st.builds(faults.DeltaCrl, st.none() | BIG),
    st.builds(
        faults.IssuingDistributionPoint, st.sampled_from([(), URL]), FLAG, FLAG,
        indirect=FLAG, rest=st.binary(max_size=5),
    ),
    st.builds(faults.Shard, st.just(0), st.integers(1, 3)),
    st.builds(faults.CrlVersion, st.none() | st.integers(2, 99)),
    st.builds(faults.GeneralizedTime, FIELDS),
    st.builds(faults.BadTime, FIELDS, st.sampled_from(["offset", "integer", "fraction", "thirteenth_month"])),
    st.builds(faults.SignedTrailingAt, PATHS, st.binary(min_size=1, max_size=5)),
    st.builds(faults.TrailingAt, PATHS, st.binary(min_size=1, max_size=5)),
    st.builds(faults.Stale, DAYS),
    st.sampled_from([
        faults.EmptyRevoked(), faults.NoCrlExtensions(), faults.EmptyCrlExtensions(), faults.NoAki(),
        faults.NoCrlNumber(), faults.FreshestCrl(), faults.WrongIssuerName(), faults.Pem(),
        faults.Forged(), faults.BadSignature(), faults.NoNextUpdate(), faults.Garbage(b""),
    ]),
)  # fmt: skip


@pytest.fixture(scope="module")
def long_lived() -> Iterator[PKI]:
    """One PKI for many examples."""
    with PKI(key_type="ed25519") as pki:
        pki.revoke([FIRST, SECOND])
        yield pki


@settings(deadline=None)
@given(bent=st.lists(ANY_FAULT, max_size=6))
def test_any_faults_together_give_octets_or_a_sentence(long_lived: PKI, bent: list[Any]) -> None:
    """Random faults in random order end in a CRL, or in a ValueError with words; the next CRL is honest."""
    try:
        made = long_lived.crl.crl(*bent)
    except ValueError as error:
        sentence = str(error)
    else:
        sentence = f"{len(made)} octets, not a sentence of an error"
    assert len(sentence.split()) > 4
    assert x509.load_der_x509_crl(long_lived.crl.crl()).get_revoked_certificate_by_serial_number(FIRST)
