"""The CRL publisher over real HTTP, and the bytes it gives without."""

import hashlib
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mockpki import PKI, faults
from mockpki._clock import Clock
from mockpki._pkix.keys import KeyType
from mockpki._pkix.signing import Signer, subject
from mockpki._pkix.status import Reason, Revocation
from mockpki._problems import Problems
from mockpki._services.ledger import Ledger
from mockpki._services.publisher import Publisher
from tests.kit.asking import connect, crl_fields, crl_signature_holds, read_answer, send
from tests.kit.authorities import pairs


def load(pki: PKI) -> x509.CertificateRevocationList:
    """The CRL as it is published now."""
    return x509.load_der_x509_crl(send(pki.crl.url).body)


def number(crl: x509.CertificateRevocationList) -> int:
    """Its CRL number, which must not be critical."""
    extension = crl.extensions.get_extension_for_class(x509.CRLNumber)
    assert not extension.critical
    return extension.value.crl_number


def entries(crl: x509.CertificateRevocationList) -> dict[int, tuple[datetime, str | None]]:
    """Serial number to time and reason; no serial number may be there twice."""
    listed = [(entry.serial_number, (entry.revocation_date_utc, reason(entry))) for entry in crl]
    assert len(dict(listed)) == len(listed)
    return dict(listed)


def reason(entry: x509.RevokedCertificate) -> str | None:
    """Its reason, None where it says none."""
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name
    except x509.ExtensionNotFound:
        return None


def test_an_empty_crl_follows_the_profile(pki: PKI) -> None:
    """RFC 5280 section 5: v2, nextUpdate, AKI of the issuer, CRL number, and no empty list."""
    reply = send(pki.crl.url)
    assert reply.status == 200
    crl = x509.load_der_x509_crl(reply.body)
    assert crl_signature_holds(reply.body, pki.ca.certificate)
    assert not crl_signature_holds(reply.body, pki.root.certificate)
    assert crl.issuer == pki.ca.certificate.subject
    fields = crl_fields(reply.body)
    assert fields["version"] == b"\x02\x01\x01"
    assert fields["revoked_certificates"] is None
    assert fields["inner_algorithm"] == fields["signature_algorithm"]
    assert crl.next_update_utc is not None
    assert crl.next_update_utc > crl.last_update_utc
    authority = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = pki.ca.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert authority == x509.AuthorityKeyIdentifier(own.digest, None, None)
    assert number(crl) >= 1


def test_headers(pki: PKI) -> None:
    """Media type, length, and caching headers that agree with the times inside."""
    reply = send(pki.crl.url)
    crl = x509.load_der_x509_crl(reply.body)
    assert reply.headers["content-type"] == "application/pkix-crl"
    assert reply.headers["content-length"] == str(len(reply.body))
    assert reply.headers["etag"] == f'"{hashlib.sha256(reply.body).hexdigest()}"'
    assert parsedate_to_datetime(reply.headers["last-modified"]) == crl.last_update_utc
    assert parsedate_to_datetime(reply.headers["expires"]) == crl.next_update_utc
    assert reply.headers["cache-control"].startswith("max-age=")
    assert "no-store" not in reply.headers["cache-control"]


def test_head_and_other_methods(pki: PKI) -> None:
    """HEAD has a GET's headers without a body; anything else is HTTP 405 with Allow."""
    with freeze_time("2031-02-03"), connect(pki.crl.url) as connection:
        connection.sendall(b"GET /ca.crl HTTP/1.1\r\nHost: test\r\n\r\n")
        whole = read_answer(connection)
        connection.sendall(b"HEAD /ca.crl HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        octets = b"".join(iter(lambda: connection.recv(65536), b""))
    head, end, body = octets.partition(b"\r\n\r\n")
    assert (end, body) == (b"\r\n\r\n", b"")
    for name, value in whole.headers.items():
        assert f"\r\n{name}: {value}".lower() in head.decode().lower()
    for method in ("POST", "PUT", "DELETE"):
        reply = send(pki.crl.url, method, b"")
        assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_the_number_rises_with_every_change_and_every_second(pki: PKI) -> None:
    """The same list in the same second is the same CRL, octet for octet; else the number is higher."""
    leaves = [pki.issue_cert("a.test"), pki.issue_cert("b.test")]
    with freeze_time("2031-02-03 04:05:06") as frozen:
        first = send(pki.crl.url).body
        assert send(pki.crl.url).body == first == pki.crl.crl()
        numbers = [number(x509.load_der_x509_crl(first))]
        for change in (
            lambda: pki.revoke(leaves[0], "certificate_hold"),
            lambda: pki.revoke(leaves[1]),
            lambda: pki.release(leaves[0]),
            lambda: frozen.tick(1),
            lambda: frozen.move_to("2031-02-03 04:05:06"),
            lambda: pki.clock.shift(timedelta(days=-1)),
        ):
            change()
            numbers.append(number(load(pki)))
            assert numbers[-1] == number(load(pki))
    assert numbers == sorted(set(numbers))


def test_a_number_is_never_given_to_two_crls(pki: PKI) -> None:
    """A faulty CRL between two honest ones takes nothing from either; the honest one is not spoilt."""
    with freeze_time("2031-02-03"):
        honest = send(pki.crl.url).body
        with pki.crl.respond_with(faults.BadSignature()):
            bad = send(pki.crl.url).body
        assert not crl_signature_holds(bad, pki.ca.certificate)
        assert send(pki.crl.url).body == honest
        assert crl_signature_holds(honest, pki.ca.certificate)


@pytest.mark.parametrize("name", [flag.name for flag in x509.ReasonFlags if flag.name != "remove_from_crl"])
def test_reasons(pki: PKI, name: str) -> None:
    """Every reason of RFC 5280 section 5.3.1 by its number; unspecified by silence."""
    leaf = pki.issue_cert("localhost")
    at = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
    invalid = datetime(2024, 5, 1, tzinfo=timezone.utc)
    pki.revoke(leaf, name, at=at, invalidity_date=invalid)
    crl = load(pki)
    assert entries(crl) == {leaf.serial_number: (at, None if name == "unspecified" else name)}
    [entry] = crl
    date = entry.extensions.get_extension_for_class(x509.InvalidityDate)
    assert (date.value.invalidity_date_utc, date.critical) == (invalid, False)


def test_entries_come_and_go(pki: PKI) -> None:
    """Revoked, on hold, released, forgotten: the list holds exactly what is revoked now."""
    one, two, three = (pki.issue_cert(f"{name}.test") for name in "abc")
    pki.revoke([one, two, three], "certificate_hold")
    assert set(entries(load(pki))) == {one.serial_number, two.serial_number, three.serial_number}
    pki.release(two)
    assert set(entries(load(pki))) == {one.serial_number, three.serial_number}
    pki.forget(one)
    assert set(entries(load(pki))) == {three.serial_number}
    pki.revoke(three, "key_compromise")
    assert [value for _, value in entries(load(pki)).values()] == ["key_compromise"]
    pki.revoke(two)
    assert set(entries(load(pki))) == {two.serial_number, three.serial_number}
    pki.forget([two, three])
    assert crl_fields(send(pki.crl.url).body)["revoked_certificates"] is None


def test_each_ca_has_its_own(pki: PKI) -> None:
    """A leaf is on its issuer's CRL, a CA on its parent's, and neither on the other's."""
    leaf = pki.issue_cert("localhost")
    pki.revoke([leaf, pki.ca])
    assert set(entries(x509.load_der_x509_crl(send(pki.crl.url).body))) == {leaf.serial_number}
    above = send(pki.root.crl.url).body
    assert set(entries(x509.load_der_x509_crl(above))) == {pki.ca.serial_number}
    assert crl_signature_holds(above, pki.root.certificate)


def test_pem_is_the_same_crl(pki: PKI) -> None:
    """In lines of 64, as their reader and OpenSSL's want it."""
    pki.revoke(range(1, 40))
    with freeze_time("2031-02-03"):
        pem = pki.crl.pem()
        assert x509.load_pem_x509_crl(pem) == x509.load_der_x509_crl(pki.crl.crl())
    first, *lines, last, end = pem.split(b"\n")
    assert (first, last, end) == (b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----", b"")
    assert {len(line) for line in lines[:-1]} == {64}
    with pytest.raises(TypeError, match=r"HttpStatus\(\) is a fault of the HTTP layer"):
        pki.crl.pem(faults.HttpStatus())  # type: ignore[arg-type]


def test_times_follow_the_clock(pki: PKI) -> None:
    """thisUpdate and nextUpdate move with `pki.clock`, over the turn of 2050 too."""
    before = load(pki)
    pki.clock.shift(timedelta(days=365 * 30))
    after = load(pki)
    moved = after.last_update_utc - before.last_update_utc
    assert timedelta(0) <= moved - timedelta(days=365 * 30) < timedelta(hours=1)
    assert after.last_update_utc.year >= 2050


SIGNER = Signer.named(subject("publisher under test"), KeyType.of("ed25519").generate())
TIME = datetime(2030, 1, 1, tzinfo=timezone.utc)


def build(ledger: Ledger, now: datetime, number: int) -> bytes:
    """The list by `cryptography`'s own builder, with the key of SIGNER, whose signatures are the same each
    time."""
    made = now - timedelta(minutes=10)
    issuer = x509.Name.from_rfc4514_string("CN=publisher under test,O=mockpki")
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer)
    builder = builder.last_update(made).next_update(made + timedelta(days=7))
    builder = builder.add_extension(x509.AuthorityKeyIdentifier(SIGNER.key_hash, None, None), critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for serial, one in pairs(ledger):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(one.time)
        if one.reason is not Reason.UNSPECIFIED:
            entry = entry.add_extension(
                x509.CRLReason(x509.ReasonFlags[one.reason.name.lower()]), critical=False
            )
        if one.invalidity_date is not None:
            entry = entry.add_extension(x509.InvalidityDate(one.invalidity_date), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(SIGNER.key, None).public_bytes(Encoding.DER)


def test_the_octets_of_a_list_without_a_schedule() -> None:
    """They are those of another writer: nothing is in such a list that no test asked for."""
    ledger = Ledger()
    clock = Clock()
    clock.stop()
    publisher = Publisher("publisher under test", clock, Problems(), ledger, SIGNER)
    assert publisher.crl() == build(ledger, clock.now(), 1)
    ledger.revoke([1, 2, 128, 1 << 158], Revocation(TIME, Reason.CERTIFICATE_HOLD))
    ledger.revoke([2], Revocation(TIME.replace(year=2055), Reason.KEY_COMPROMISE, TIME))
    assert publisher.crl() == build(ledger, clock.now(), 2)
    ledger.release(128)
    ledger.revoke([300], Revocation(TIME))
    assert publisher.crl() == build(ledger, clock.now(), 3)
    ledger.forget(1 << 158)
    clock.shift(timedelta(hours=1))
    assert publisher.crl() == build(ledger, clock.now(), 4)


class Publishing(RuleBasedStateMachine):
    """Revoke, release and forget in any order: a CRL kept up is the CRL made from scratch."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.kept_up = self.publisher()
        self.expected: dict[int, Revocation] = {}

    def publisher(self) -> Publisher:
        return Publisher("publisher under test", Clock(), Problems(), self.ledger, SIGNER)

    @rule(serials=st.lists(st.integers(1, 30), max_size=5), reason=st.sampled_from(Reason), far=st.booleans())
    def revoke(self, serials: list[int], reason: Reason, far: bool) -> None:
        revocation = Revocation(TIME.replace(year=2055) if far else TIME, reason)
        self.ledger.revoke(serials, revocation)
        self.expected |= dict.fromkeys(serials, revocation)

    def held(self) -> list[int]:
        return [key for key, value in self.expected.items() if value.reason is Reason.CERTIFICATE_HOLD]

    @precondition(lambda self: self.held())
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        serial = data.draw(st.sampled_from(self.held()))
        self.ledger.release(serial)
        del self.expected[serial]

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        serial = data.draw(st.sampled_from(sorted(self.expected)))
        self.ledger.forget(serial)
        del self.expected[serial]

    @rule()
    def publish(self) -> None:
        kept_up, anew = self.kept_up.crl(), self.publisher().crl()
        assert crl_fields(kept_up)["revoked_certificates"] == crl_fields(anew)["revoked_certificates"]
        wanted = {
            serial: (one.time, None if one.reason is Reason.UNSPECIFIED else one.reason.name.lower())
            for serial, one in self.expected.items()
        }
        assert entries(x509.load_der_x509_crl(kept_up)) == wanted

    @invariant()
    def the_ledger_agrees(self) -> None:
        assert dict(pairs(self.ledger)) == self.expected


TestPublishing = Publishing.TestCase


@given(st.lists(st.integers(1, 2**159), unique=True, max_size=60))
def test_any_serial_number_is_listed(serials: list[int]) -> None:
    """From one octet to twenty, with and without the top bit."""
    ledger = Ledger()
    ledger.revoke(serials, Revocation(TIME, Reason.SUPERSEDED))
    der = Publisher("publisher under test", Clock(), Problems(), ledger, SIGNER).crl()
    assert list(entries(x509.load_der_x509_crl(der))) == serials
