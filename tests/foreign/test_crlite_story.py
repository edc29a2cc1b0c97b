"""The story of CRLite, told from the CA to the client: CRL, filter, difference, false positive, OCSP.

A client keeps filters that hold all revoked certificates, brings them up to date by what is new in them, and
looks nothing up; only where they say *revoked*, which may be wrong, does it ask OCSP.
"""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from mockpki import PKI, Leaf, crlite, publishing
from mockpki._crlite.subject import Subject
from mockpki.crlite import Clubcard, Status
from tests.foreign.test_crlite import ask as ask_crlite_python
from tests.kit.asking import cert_id, post, question, send

Reader = Callable[[bytes, Subject], Status]
"""What a program says of a certificate by the octets of one filter."""


def read_by_crlite_python(octets: bytes, subject: Subject) -> Status:
    """Mozilla's own reader."""
    return ask_crlite_python(octets, [(subject.issuer, subject.serial, subject.scts)])[0]


def read_by_ours(octets: bytes, subject: Subject) -> Status:
    """The reader of this package."""
    return Clubcard.parse(octets).status(subject.issuer, subject.serial, subject.scts)


class Client:
    """Has filters, and whom to ask where they say *revoked*."""

    def __init__(self, pki: PKI, read: Reader) -> None:
        self._pki, self._read = pki, read
        self._filters: dict[str, bytes] = {}

    def update(self) -> list[str]:
        """Fetches what is new, and tells what that was; what is not listed any more is dropped."""
        url = self._pki.crlite.url
        listed = {one["filename"]: one for one in json.loads(send(f"{url}manifest.json").body)["files"]}
        new = [name for name in listed if name not in self._filters]
        fetched = {name: send(url + name).body for name in new}
        assert [sha256(body).hexdigest() for body in fetched.values()] == [
            listed[name]["hash"] for name in new
        ]
        self._filters = {name: fetched.get(name) or self._filters[name] for name in listed}
        return [name.rpartition(".")[2] for name in new]

    def look_up(self, leaf: Leaf) -> Status:
        """What the filters say, without a word to anybody."""
        subject = Subject.read(crlite.spki_hash(leaf.issuer), leaf.der)
        found = [self._read(octets, subject) for octets in self._filters.values()]
        order: Sequence[Status] = (Status.REVOKED, Status.GOOD, Status.NOT_ENROLLED, Status.NOT_COVERED)
        return next(status for status in order if status in found)

    def accepts(self, leaf: Leaf) -> bool:
        """Whether it goes on with *leaf*."""
        return self.look_up(leaf) is Status.GOOD or ask_ocsp(leaf) is OCSPCertStatus.GOOD


def ask_ocsp(leaf: Leaf) -> OCSPCertStatus:
    """What the responder of its CA says of it."""
    return load_der_ocsp_response(post(leaf.issuer.ocsp.url, question(cert_id(leaf))).body).certificate_status


def is_on_crl(leaf: Leaf) -> bool:
    """Whether the CRL of its CA lists it."""
    crl = x509.load_der_x509_crl(send(leaf.issuer.crl.url).body)
    return crl.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None


@pytest.mark.parametrize("read", [read_by_crlite_python, read_by_ours])
def test_the_story(read: Reader) -> None:
    """From a revocation to a client that knows of it, and one that was wronged and is cleared."""
    with PKI(logged=True, ago=timedelta(days=5)) as pki, pki.clock.stop():
        # Two hundred certificates, all of which are in a log; three of them will come to harm.
        first, second, *others = (pki.issue_cert("localhost") for _ in range(200))
        pki.crlite.schedule = publishing.Schedule(every=timedelta(hours=12), life=timedelta(days=2))
        client = Client(pki, read)
        assert client.update() == ["filter"]
        assert all(client.look_up(leaf) is Status.GOOD for leaf in (first, second, *others))

        # The first is revoked. The CRL has it at once, and no filter yet.
        pki.revoke(first, "key_compromise")
        assert is_on_crl(first)
        assert client.update() == []
        assert client.accepts(first)

        # With the next publication all CRLs are collected again, and the client fetches the difference.
        pki.clock.shift(pki.crlite.due_in)
        assert client.update() == ["delta"]
        assert client.look_up(first) is Status.REVOKED
        assert not client.accepts(first)
        assert client.look_up(second) is Status.GOOD

        # The second is revoked: one more difference, and what is known stays known.
        pki.revoke(second, "superseded")
        pki.clock.shift(pki.crlite.due_in)
        assert client.update() == ["delta"]
        assert [client.accepts(leaf) for leaf in (first, second, others[0])] == [False, False, True]

        # Nobody was asked about whom the filters know to be good.
        asked = len(pki.ocsp.requests)
        assert all(client.accepts(leaf) for leaf in others)
        assert len(pki.ocsp.requests) == asked

        # A certificate was in the log, and whoever made the filters has missed it: they take it for revoked.
        serial = pki.crlite.false_positive()
        wronged = pki.issue_cert("localhost", serial_number=serial, logged_at=pki.crlite.coverage_ends)
        assert client.look_up(wronged) is Status.REVOKED
        assert not is_on_crl(wronged)
        # OCSP knows better.
        assert client.accepts(wronged)
        pki.ocsp.assert_asked(wronged, times=1)

        # What is issued after a filter is not covered by it, and OCSP is asked, too.
        new = pki.issue_cert("localhost")
        assert client.look_up(new) is Status.NOT_COVERED
        assert client.accepts(new)

        # After two days there is a full filter, which has all of them.
        pki.clock.shift(timedelta(days=1))
        assert client.update() == ["filter"]
        assert [client.look_up(leaf) for leaf in (first, second)] == [Status.REVOKED] * 2
        assert [client.look_up(leaf) for leaf in (wronged, new, *others)] == [Status.GOOD] * 200


def test_the_story_of_2017() -> None:
    """A cascade of Bloom filters takes a certificate for revoked that it never knew, and OCSP clears it."""
    pytest.importorskip("filtercascade")
    with PKI(logged=True) as pki:
        revoked, *others = (pki.issue_cert("localhost") for _ in range(100))
        pki.revoke(revoked)
        assert is_on_crl(revoked)
        pki.crlite.publish()
        issuer = crlite.spki_hash(pki.ca)
        # The client gets octets, and has to read them.
        cascade = crlite.Cascade.parse(crlite.cascade(pki.crlite.files[0].universe).encode())
        assert cascade.status(issuer, revoked.serial_number) is Status.REVOKED
        assert {cascade.status(issuer, leaf.serial_number) for leaf in others} == {Status.GOOD}
        wronged = pki.issue_cert("localhost", serial_number=pki.crlite.false_positive(of=cascade))
        assert cascade.status(issuer, wronged.serial_number) is Status.REVOKED
        assert (ask_ocsp(wronged), ask_ocsp(revoked)) == (OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED)
        assert not is_on_crl(wronged)
        pki.crlite.publish(full=True)
        renewed = crlite.cascade(pki.crlite.files[0].universe)
        assert renewed.status(issuer, wronged.serial_number) is Status.GOOD
        assert renewed.status(issuer, revoked.serial_number) is Status.REVOKED
