"""CRLs on a schedule, over real HTTP."""

import http.client
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from freezegun import freeze_time
from werkzeug.test import Client

from mockpki import PKI, Leaf, faults, publishing, wsgi
from mockpki._pkix.signing import Signer
from mockpki.publishing import ByReason, BySerial, Deltas, Filling, Publishing, Schedule
from mockpki.relying_party import crl_urls

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
HOURLY = Publishing(Schedule(HOUR, DAY))
WITH_DELTAS = Publishing(Schedule(DAY, 2 * DAY), deltas=Deltas(Schedule(HOUR, DAY)))


def opened(publishes: Publishing | str, **options: Any) -> PKI:
    """A PKI whose clock begins three weeks ago, and stands."""
    pki = PKI(publishes=publishes, ago=21 * DAY, **options)
    pki.clock.stop()
    return pki


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, parts.path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def load(url: str) -> x509.CertificateRevocationList:
    """The CRL at *url*."""
    status, _, body = fetch(url)
    assert status == 200
    return x509.load_der_x509_crl(body)


def own_url(leaf: Leaf) -> str:
    """Where the certificate says that its CRL is."""
    (url,) = crl_urls(leaf.certificate)
    return url


def serials(crl: x509.CertificateRevocationList) -> list[int]:
    """What is on it."""
    return sorted(entry.serial_number for entry in crl)


def extension(crl: x509.CertificateRevocationList, kind: type[Any]) -> Any:
    """An extension's value, None where there is none."""
    try:
        return crl.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def test_a_revocation_shows_at_the_next_issue() -> None:
    """Not before, and then at the file that the certificate names."""
    with opened("lets-encrypt") as pki:
        leaf, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        before = load(own_url(leaf))
        pki.revoke(leaf, "key_compromise")
        assert fetch(own_url(leaf))[2] == before.public_bytes(Encoding.DER)
        assert HOUR - timedelta(minutes=1) < pki.crl.due_in <= HOUR
        pki.clock.shift(pki.crl.due_in)
        after = load(own_url(leaf))
        assert serials(after) == [leaf.serial_number]
        assert after.last_update_utc - before.last_update_utc == HOUR
        assert extension(after, x509.CRLNumber).crl_number > extension(before, x509.CRLNumber).crl_number
        pki.crl.assert_asked(leaf, times=3)
        if own_url(other) != own_url(leaf):
            pki.crl.assert_not_asked(other)


def test_every_certificate_names_its_shard() -> None:
    """The URL in its distribution point is, octet for octet, that in the list's scope; together they are
    everything."""
    with opened(replace(HOURLY, shards=BySerial(4, aggregate=True))) as pki:
        leaves = [pki.issue_cert("localhost") for _ in range(12)]
        pki.revoke(leaves)
        pki.revoke([1, 2, 3, 4])  # never issued
        pki.clock.shift(HOUR)
        found: list[int] = []
        for url in sorted({own_url(leaf) for leaf in leaves}):
            crl = load(url)
            scope = extension(crl, x509.IssuingDistributionPoint)
            assert scope.full_name == [x509.UniformResourceIdentifier(url)]
            found += serials(crl)
        for file in pki.crl.files:
            assert load(file.url).public_bytes(Encoding.DER) == file.der
        everything = sorted([*(leaf.serial_number for leaf in leaves), 1, 2, 3, 4])
        complete = pki.crl.files[0]
        assert (complete.path, sorted(complete.serials)) == ("/ca.crl", everything)
        assert extension(x509.load_der_x509_crl(complete.der), x509.IssuingDistributionPoint) is None
        assert sorted(serial for file in pki.crl.files[1:] for serial in file.serials) == everything
        with pytest.raises(ValueError, match=r"has several CRLs; file_for\(leaf\)"):
            _ = pki.crl.url


def test_deltas() -> None:
    """What changed since the complete list, and what was released again although no complete list ever had
    it."""
    with opened(WITH_DELTAS) as pki:
        held, stolen, good = (pki.issue_cert("localhost") for _ in range(3))
        pki.revoke(held, "certificate_hold")
        pki.crl.publish(delta=True)
        pki.release(held)
        pki.revoke(stolen, "key_compromise")
        pki.crl.publish(delta=True)
        file = pki.crl.file_for(good, delta=True)
        crl = load(file.url)
        assert extension(crl, x509.DeltaCRLIndicator).crl_number == pki.crl.file_for(good).number == file.base
        reasons = {entry.serial_number: entry.extensions[0].value.reason for entry in crl}
        assert reasons == {
            held.serial_number: x509.ReasonFlags.remove_from_crl,
            stolen.serial_number: x509.ReasonFlags.key_compromise,
        }
        assert serials(load(pki.crl.file_for(good).url)) == []
        points = [held.certificate.extensions, load(pki.crl.file_for(held).url).extensions]
        for extensions in points:
            (point,) = extensions.get_extension_for_class(x509.FreshestCRL).value
            assert point.full_name[0].value == file.url
        assert extension(crl, x509.FreshestCRL) is None
        assert [issue.base for issue in pki.crl.issued] == [None, file.base]


def test_reasons_divide_the_list() -> None:
    """Each list says for which reasons it is, and a certificate names both; without a reason nobody is
    revoked."""
    with opened(replace(HOURLY, shards=ByReason())) as pki:
        leaf, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        with pytest.raises(ValueError, match="needs a reason"):
            pki.revoke(leaf)
        pki.revoke(leaf, "key_compromise")
        pki.revoke(other, "superseded")
        pki.clock.shift(HOUR)
        first, second = crl_urls(leaf.certificate)
        assert [serials(load(url)) for url in (first, second)] == [
            [leaf.serial_number],
            [other.serial_number],
        ]
        pki.revoke(leaf, "superseded")
        pki.clock.shift(HOUR)
        both = sorted([leaf.serial_number, other.serial_number])
        assert [serials(load(url)) for url in (first, second)] == [[], both]


def test_kinds_have_lists_of_their_own() -> None:
    """CAs on one, users on the other, each of which says so; with users alone no CA can be issued."""
    with opened(replace(HOURLY, only="kind"), depth=0) as pki:
        child, leaf = pki.root.create_child_ca(), pki.issue_cert("localhost")
        pki.revoke([child, leaf])
        pki.clock.shift(HOUR)
        cas, users = (load(crl_urls(one.certificate)[0]) for one in (child, leaf))
        assert (serials(cas), serials(users)) == ([child.serial_number], [leaf.serial_number])
        assert extension(cas, x509.IssuingDistributionPoint).only_contains_ca_certs
        assert extension(users, x509.IssuingDistributionPoint).only_contains_user_certs
    with opened("lets-encrypt", depth=0) as pki:
        with pytest.raises(ValueError, match="so it issues no CA; publish by"):
            pki.root.create_child_ca()
        assert own_url(pki.issue_cert("localhost")) in {file.url for file in pki.crl.files}


def test_shards_that_fill() -> None:
    """A new one comes with the certificate that no longer fits."""
    with opened(replace(HOURLY, shards=Filling(2, aggregate=False))) as pki:
        urls = [own_url(pki.issue_cert("localhost")) for _ in range(5)]
        assert [urlsplit(url).path for url in urls] == [f"/ca/{number}.crl" for number in (1, 1, 2, 2, 3)]
        assert [file.path for file in pki.crl.files] == ["/ca/1.crl", "/ca/2.crl", "/ca/3.crl"]


def test_what_is_asked_for_again() -> None:
    """304 to whoever has it, with the headers of RFC 9110 section 15.4.5 and no content; 200 once there is
    another."""
    with opened(HOURLY) as pki:
        url = pki.crl.url
        _, headers, body = fetch(url)
        tag, modified = headers["ETag"], headers["Last-Modified"]
        known = [
            {"If_None_Match": tag}, {"If_None_Match": f'"another", W/{tag}'}, {"If_None_Match": "*"},
            {"If_Modified_Since": modified}, {"If_None_Match": tag, "If_Modified_Since": "x"},
        ]  # fmt: skip
        for asked in known:
            for method in ("GET", "HEAD"):
                status, again, content = fetch(url, method, **asked)
                assert (status, content) == (304, b"")
                assert {name: again[name] for name in ("ETag", "Expires", "Cache-Control", "Date")} == {
                    name: headers[name] for name in ("ETag", "Expires", "Cache-Control", "Date")
                }
                assert "Content-Type" not in again
        unknown = [
            {"If_None_Match": '"another"'}, {"If_None_Match": '"another"', "If_Modified_Since": modified},
            {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        ]  # fmt: skip
        for asked in unknown:
            assert fetch(url, **asked)[::2] == (200, body)
        pki.clock.shift(HOUR)
        for asked in (known[0], known[3]):
            assert fetch(url, **asked)[0] == 200


def test_one_file_can_be_bent() -> None:
    """Faults with to= are for one file: of a leaf, a file or a path; the others stay honest."""
    with opened(replace(HOURLY, shards=BySerial(2))) as pki:
        leaves = {own_url(leaf): leaf for leaf in (pki.issue_cert("localhost") for _ in range(12))}
        (url, leaf), (other, _) = leaves.items()
        file = pki.crl.file_for(leaf)
        for target in (leaf, file, file.path, file.url):
            with pki.crl.respond_with(faults.HttpStatus(500), to=target):
                assert (fetch(url)[0], fetch(other)[0]) == (500, 200)
                with pki.crl.respond_with(faults.HttpStatus(503)):
                    assert (fetch(url)[0], fetch(other)[0]) == (500, 503)
        assert fetch(url)[0] == 200
        with pytest.raises(ValueError, match="is none of the paths"):
            pki.crl.respond_with(to="/ca.crl")
        assert fetch(f"{pki.crl.file_for(leaf).url[:-4]}7.crl")[0] == 404


def test_an_outage_of_the_signer() -> None:
    """What was published stays and goes stale; what was due is made up for at the end."""
    with opened(HOURLY) as pki:
        leaf = pki.issue_cert("localhost")
        first = pki.crl.crl()
        with pki.crl.suspended():
            pki.revoke(leaf)
            pki.clock.shift(2 * DAY)
            assert pki.crl.crl() == first
            with pytest.raises(ValueError, match="while the signer is suspended"):
                pki.crl.publish()
        assert serials(x509.load_der_x509_crl(pki.crl.crl())) == [leaf.serial_number]


def test_lists_of_the_future_are_told() -> None:
    """A PKI that was shifted forwards signs what clients will not believe: one warning, with the way out."""
    with PKI(publishes=HOURLY) as pki:
        pki.crl.crl()
        pki.clock.shift(DAY)
        with pytest.warns(UserWarning, match="still to come"):
            pki.crl.crl()
        pki.clock.shift(DAY)
        assert fetch(pki.crl.url)[0] == 200  # and warnings are errors
    with freeze_time("2031-01-01"), PKI(publishes=HOURLY, ago=2 * DAY) as pki:
        pki.clock.shift(2 * DAY)
        pki.crl.crl()


def test_what_needs_a_schedule_says_so() -> None:
    """A CA that signs at every request has none of it, and one without deltas no deltas."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        uses: list[Callable[[], object]] = [
            lambda: pki.crl.files, lambda: pki.crl.issued, lambda: pki.crl.due_in, pki.crl.publish,
            lambda: pki.crl.file_for(leaf), lambda: pki.crl.crl(of=leaf), pki.crl.suspended,
            lambda: pki.crl.respond_with(to=leaf),
        ]  # fmt: skip
        for use in uses:
            with pytest.raises(ValueError, match=r"such as PKI\(publishes='lets-encrypt'\)"):
                use()
    with opened("vault") as pki:
        with pytest.raises(LookupError, match="comes with a revocation"):
            _ = pki.crl.due_in
        uses = [lambda: pki.crl.publish(delta=True), lambda: pki.crl.file_for(7, delta=True)]
        for use in uses:
            with pytest.raises(ValueError, match="publishes no deltas"):
                use()
        with pytest.raises(ValueError, match="is still to come"):
            pki.crl.publish(at=pki.clock.now() + DAY)


@pytest.mark.parametrize("name", publishing.NAMED)
def test_each_preset_as_octets(name: str) -> None:
    """Every figure of it, read back from certificates, CRLs and headers."""
    value = publishing.NAMED[name]
    if not value.scheduled:
        return
    with opened(name) as pki:
        leaf = pki.issue_cert("localhost")
        file = pki.crl.file_for(leaf)
        crl = x509.load_der_x509_crl(file.der)
        assert crl.next_update_utc is not None
        assert crl.next_update_utc - crl.last_update_utc == value.full.life
        # The CA was made a moment before the clock was stopped, and signed then.
        made = crl.last_update_utc + value.full.backdate
        assert timedelta() <= pki.clock.now() - made < timedelta(minutes=1)
        scope = extension(crl, x509.IssuingDistributionPoint)
        assert (scope is not None) == (value.idp == "always" or value.divided or bool(value.only))
        if scope is not None:
            assert scope.full_name == [x509.UniformResourceIdentifier(file.url)]
            assert scope.only_contains_user_certs == (value.only == "user")
        assert crl_urls(leaf.certificate) == ((file.url,) if value.in_certificates else ())
        text = [item.oid.dotted_string for item in leaf.certificate.extensions]
        assert ("2.5.29.46" in text) == (value.deltas is not None and value.in_certificates)
        number = extension(crl, x509.CRLNumber).crl_number
        unit = {"count": None, "ms": 10**3, "ns": 10**9}[value.numbers]
        assert number == (1 if unit is None else int(made.timestamp()) * unit)
        _, headers, _ = fetch(file.url)
        if value.cache_control:
            assert headers["Cache-Control"] == value.cache_control
        access = leaf.certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        assert len(access) == (1 if value.ocsp == "none" else 2)
        if value.full.every is not None:
            pki.clock.shift(made + value.full.every - SECOND - pki.clock.now())
            assert pki.crl.file_for(leaf).number == number
            pki.clock.shift(SECOND)
            assert pki.crl.file_for(leaf).number > number
        pki.revoke(leaf, "superseded")
        if value.full.after_revocation is not None:
            pki.clock.shift(value.full.after_revocation)
            assert leaf.serial_number in pki.crl.file_for(leaf).serials


def test_one_more_revocation_signs_one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all shards, that one alone is signed for the next issue which somebody asks for, and once; a delta
    beside it no more than the others."""
    signed: list[bytes] = []
    sign = Signer.make_signature

    def count(self: Signer, tbs: bytes) -> bytes:
        signed.append(tbs)
        return sign(self, tbs)

    deltas = Deltas(Schedule(HOUR, DAY))
    with opened(Publishing(Schedule(HOUR, DAY), shards=BySerial(40), deltas=deltas)) as pki:
        leaf = pki.issue_cert("localhost")
        pki.revoke(range(1 << 64, (1 << 64) + 1000))
        pki.clock.shift(pki.crl.due_in)
        monkeypatch.setattr(Signer, "make_signature", count)
        assert len(pki.crl.files) == len(signed) == 80
        signed.clear()
        pki.revoke(leaf)
        pki.clock.shift(pki.crl.due_in)
        assert leaf.serial_number in serials(load(own_url(leaf)))
        assert len(signed) == 1
        load(own_url(leaf))
        assert len(signed) == 1
        assert len(pki.crl.files) == len(signed) == 80


def test_behind_wsgi() -> None:
    """The same files, wherever they are mounted."""
    with opened(replace(WITH_DELTAS, shards=BySerial(2))) as pki:
        leaf = pki.issue_cert("localhost")
        client = Client(wsgi.application(pki))
        for file in (pki.crl.file_for(leaf), pki.crl.file_for(leaf, delta=True)):
            answer = client.get(file.path, base_url="http://x/pki")
            assert (answer.status_code, answer.data) == (200, file.der)
        assert client.get("/ca/9.crl").status_code == 404
