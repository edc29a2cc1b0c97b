"""The publisher of filters: what it serves, what it was asked, and what it says."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from mockpki import PKI, crlite, faults
from mockpki.crlite import Clubcard, Status
from tests.kit.asking import send

DAY = timedelta(days=1)
RECORDS = "v1/buckets/security-state/collections/cert-revocations/records"


def publish(pki: PKI, deltas: int = 1, good: int = 9) -> None:
    """A full filter and so many deltas, each with one certificate more that is revoked."""
    for _ in range(good):
        pki.issue_cert("localhost")
    for _ in range(deltas + 1):
        pki.revoke(pki.issue_cert("localhost"), "key_compromise")
        pki.crlite.publish()


def read(pki: PKI, path: str) -> Any:
    """What stands at a path, as JSON."""
    answer = send(pki.crlite.url + path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    return json.loads(answer.body)


def test_what_the_lists_say_is_there() -> None:
    """Every file of either list is at its name, of the size and hash that are said, and is what it is."""
    with PKI(logged=True) as pki:
        assert read(pki, "manifest.json")["files"] == []
        assert read(pki, RECORDS) == {"data": []}
        publish(pki, 2)
        listed = read(pki, "manifest.json")
        assert listed["generated_at"] == pki.crlite.files[-1].published.timestamp()
        bodies = [send(pki.crlite.url + one["filename"]).body for one in listed["files"]]
        assert tuple(bodies) == pki.crlite.filters
        assert [(one["size"], one["hash"]) for one in listed["files"]] == [
            (len(body), sha256(body).hexdigest()) for body in bodies
        ]
        records = read(pki, RECORDS)["data"]
        assert [one["channel"] for one in records] == ["default"] * 3 + ["compat"] * 3
        assert [one["incremental"] for one in records] == [False, True, True] * 2
        assert [one["parent"] for one in records[1:3]] == [one["id"] for one in records[:2]]
        compat = [one["attachment"] for one in records[3:]]
        files = read(pki, "compat/manifest.json")["files"]
        assert [(one["filename"], one["size"], one["hash"]) for one in compat] == [
            (one["filename"], one["size"], one["hash"]) for one in files
        ]
        for one in compat:
            body = send(pki.crlite.url + one["location"]).body
            assert one["hash"] == sha256(body).hexdigest()


def test_http() -> None:
    """Other paths are not there, other methods not allowed; who has the octets already is told so."""
    with PKI(logged=True) as pki:
        publish(pki)
        file = pki.crlite.files[0]
        for path in (file.name, "manifest.json", RECORDS):
            first = send(pki.crlite.url + path)
            tag = {"If-None-Match": first.headers["etag"]}
            assert send(pki.crlite.url + path, headers=tag).status == 304
            other = {"If-None-Match": '"another"'}
            assert send(pki.crlite.url + path, headers=other).body == first.body
        head = send(file.url, method="HEAD")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(file.octets)))
        assert send(pki.crlite.url + "another.filter").status == 404
        assert send(pki.crlite.url).status == 404
        assert send(file.url, method="POST").status == 405
        # One that has been replaced is there for whoever still wants it.
        pki.crlite.publish(full=True)
        assert file not in pki.crlite.files
        assert send(file.url).body == file.octets


def test_evidence() -> None:
    """It tells which file was asked for, how often, and that one was not."""
    with PKI(logged=True) as pki:
        publish(pki)
        pki.crlite.assert_not_asked()
        full, delta = pki.crlite.files
        send(pki.crlite.url + "manifest.json")
        send(full.url)
        send(full.url)
        pki.crlite.assert_asked(times=3)
        pki.crlite.assert_asked("/manifest.json", times=1)
        pki.crlite.assert_asked(full, times=2)
        pki.crlite.assert_not_asked(delta)
        pki.crlite.assert_not_asked("/compat/manifest.json")
        with pytest.raises(AssertionError, match=rf"was not asked for {delta.name}"):
            pki.crlite.assert_asked(delta)
        assert [request.path for request in pki.crlite.requests] == [
            "/manifest.json", f"/{full.name}", f"/{full.name}",
        ]  # fmt: skip


def test_faults_for_all_and_for_one() -> None:
    """What a filter was made into is listed as such; what becomes of its octets, and of one file, is not."""
    with PKI(logged=True) as pki:
        publish(pki)
        full, delta = pki.crlite.files

        def fetch() -> list[bool]:
            """Of each file, whether what comes has the hash that is listed."""
            files = read(pki, "manifest.json")["files"]
            found = [send(pki.crlite.url + one["filename"]).body for one in files]
            return [sha256(body).hexdigest() == one["hash"] for one, body in zip(files, found, strict=True)]

        with pki.crlite.respond_with(faults.NotEnrolled()):
            assert fetch() == [True, True]
            assert Clubcard.parse(send(full.url).body).blocks == ()
        with pki.crlite.respond_with(faults.NotEnrolled(), to=full):
            assert fetch() == [True, True]
            assert Clubcard.parse(send(full.url).body).blocks == ()
            assert send(delta.url).body == delta.octets
        with pki.crlite.respond_with(faults.Truncated()):
            assert fetch() == [False, False]
        with pki.crlite.respond_with(faults.Truncated(), to=f"/{delta.name}"):
            assert fetch() == [True, False]
        with pki.crlite.respond_with(faults.HttpStatus(503), to="/manifest.json"):
            assert send(pki.crlite.url + "manifest.json").status == 503
            assert send(full.url).status == 200
        pki.crlite.script([], faults.HttpStatus(500))
        assert [send(full.url).status for _ in range(3)] == [200, 500, 200]
        assert fetch() == [True, True]
        wrong: Any = faults.Stale()
        with pytest.raises(TypeError, match="a fault of the timing layer, which the CRLite service"):
            pki.crlite.respond_with(wrong)


def test_versions() -> None:
    """The full filter in either; both are the same filter."""
    with PKI(logged=True) as pki:
        pki.revoke(pki.issue_cert("localhost"), "superseded")
        publish(pki, good=200)
        assert pki.crlite.filter() == pki.crlite.filters[0] == pki.crlite.filter("v3")
        assert Clubcard.parse(pki.crlite.filter("v4")) == Clubcard.parse(pki.crlite.filter())
        assert pki.crlite.filter("v4")[:2] == b"\4\0"
        assert pki.crlite.filter(channel="compat") != pki.crlite.filter()


def test_false_positives() -> None:
    """A number that the filters take for revoked is a certificate that they missed; a full one knows it."""
    with PKI(logged=True) as pki:
        publish(pki, good=60)
        for _ in range(3):
            serial = pki.crlite.false_positive()
            leaf = pki.issue_cert("localhost", serial_number=serial, logged_at=pki.crlite.coverage_ends)
            assert pki.crlite.check(leaf) is Status.REVOKED
            # A delta that knows it says that it is good, and what is revoked by any is revoked.
            pki.crlite.publish()
            assert pki.crlite.check(leaf) is Status.REVOKED
            pki.crlite.publish(full=True)
            assert pki.crlite.check(leaf) is Status.GOOD


def test_false_positives_of_the_older_structure() -> None:
    """The same by a cascade of the same certificates, which knows neither issuers nor coverage."""
    pytest.importorskip("filtercascade")
    with PKI(logged=True) as pki:
        publish(pki, deltas=0, good=60)
        cascade = crlite.cascade(pki.crlite.files[0].universe)
        issuer = crlite.spki_hash(pki.ca)
        serial = pki.crlite.false_positive(of=cascade)
        leaf = pki.issue_cert("localhost", serial_number=serial)
        assert cascade.status(issuer, leaf.serial_number) is Status.REVOKED
        pki.crlite.publish(full=True)
        renewed = crlite.cascade(pki.crlite.files[0].universe)
        assert renewed.status(issuer, leaf.serial_number) is Status.GOOD


def test_false_positives_of_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the filters speak of several issuers, one is named; where nothing is revoked, there are none."""
    monkeypatch.setattr("mockpki._services.crlite._TRIES", 500)
    with PKI(logged=True) as pki:
        pki.root.issue_cert("localhost")
        pki.root.revoke(pki.root.issue_cert("localhost"))
        pki.crlite.publish()
        pki.issue_cert("localhost")
        serial = pki.crlite.false_positive()
        pki.crlite.publish(full=True)
        with pytest.raises(ValueError, match="speak of 2 issuers; say of which it is to be, with issuer="):
            pki.crlite.false_positive()
        serial = pki.crlite.false_positive(pki.root)
        leaf = pki.root.issue_cert("localhost", serial_number=serial, logged_at=pki.crlite.coverage_ends)
        assert pki.crlite.check(leaf) is Status.REVOKED
        with pytest.raises(
            ValueError, match=r"no serial number in 500 that .* takes for revoked; revoke one"
        ):
            pki.crlite.false_positive(pki.ca)


def test_what_there_is_not(pki: PKI) -> None:
    """Before the first filter, and where nothing is logged, each answer is a sentence."""
    leaf = pki.issue_cert("localhost")
    for ask in (
        lambda: pki.crlite.check(leaf),
        lambda: pki.crlite.filter(),
        lambda: pki.crlite.false_positive(),
        lambda: pki.crlite.coverage_ends,
    ):
        with pytest.raises(LookupError, match="has no filter in the channel 'default' yet: publish"):
            ask()
    pki.crlite.publish()
    assert pki.crlite.check(leaf) is Status.NOT_COVERED
    with pytest.raises(LookupError, match="covers nothing: nothing was logged before it"):
        _ = pki.crlite.coverage_ends
    with pytest.raises(ValueError, match="is a root: no filter speaks of it"):
        pki.crlite.check(pki.root)
    with pytest.raises(ValueError, match=r"coverage_ends=.* is still to come; .* use faults\.Coverage"):
        pki.crlite.publish(coverage_ends=pki.clock.now() + DAY)
    schedule: Any = DAY
    with pytest.raises(TypeError, match=r"schedule= takes a Schedule of mockpki\.publishing; got"):
        pki.crlite.schedule = schedule


def test_its_port() -> None:
    """It is opened when it is first asked for, or at once where all is logged; once closed, never."""
    with PKI() as plain, PKI(logged=True) as logged:
        assert len(plain._realm.listeners) == len(logged._realm.listeners) - 1
        service = logged.crlite
    assert logged.crlite is service
    with pytest.raises(ValueError, match="this PKI is closed"):
        _ = plain.crlite
    with pytest.raises(ValueError, match="is closed"):
        service.publish()


@dataclass(frozen=True)
class Asking(faults.HTTP):
    """Asks the PKI for its filters, and bends nothing."""

    pki: Any
    found: list[object] = field(hash=False)

    def __call__(self, honest: faults.Answer) -> faults.Answer:
        self.found.append(self.pki.crlite)
        return honest


def test_a_fault_can_be_the_first_to_ask(pki: PKI) -> None:
    """It runs inside a service, which then has to open a port."""
    found: list[object] = []
    with pki.ca.ca_issuers.respond_with(Asking(pki, found)):
        assert send(pki.ca.ca_issuers.url).status == 200
    assert found == [pki.crlite]
    assert send(pki.crlite.url + "manifest.json").status == 200
