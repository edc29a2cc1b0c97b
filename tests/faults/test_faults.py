"""Each fault changes its own field, on the bytes and over the wire, and nothing else."""

import errno
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from freezegun import freeze_time

from mockpki import PKI, Leaf, faults
from mockpki._services.service import Service
from tests.kit.asking import (
    Reply,
    cert_id,
    connect,
    crl_fields,
    crl_signature_holds,
    differing,
    ocsp_fields,
    post,
    question,
    raw_post,
    read_answer,
    response_status,
    send,
    signature_holds,
)

NOW = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
AN_HOUR_AGO = NOW - timedelta(hours=1)
STATUS = {"cert_status", "signature"}
TIMES = {"this_update", "next_update", "produced_at", "signature"}


def _id(value: object) -> str:
    """A name that is the same in every process: sets have no order of their own."""
    return ",".join(sorted(value)) if isinstance(value, set | frozenset) else repr(value)


@pytest.fixture(
    params=[{}, {"delegated": True}, {"responder_id": "name"}], ids=["issuer", "delegate", "by name"]
)
def still(request: pytest.FixtureRequest) -> Iterator[PKI]:
    """A PKI whose clock stands and whose signatures (Ed25519) are the same for the same octets."""
    with freeze_time(NOW), PKI(key_type="ed25519", **request.param) as pki:
        yield pki


def ask(pki: PKI, leaf: Leaf) -> Reply:
    """The answer about `leaf`, over HTTP."""
    return post(pki.ocsp.url, question(cert_id(leaf)))


@pytest.mark.parametrize(
    ("fault", "fields", "signature"),
    [
        (faults.Good(), STATUS, True),
        (faults.Revoked(), STATUS, True),
        (faults.Revoked("key_compromise", at=NOW), STATUS, True),
        (faults.Unknown(), STATUS, True),
        (faults.WrongSerial(), {"cert_id", "signature"}, True),
        (faults.Stale(), TIMES, True),
        (faults.WrongSigner(), {"responder_id", "signature"}, False),
        (faults.Forged(), {"signature"}, False),
        (faults.BadSignature(), {"signature"}, False),
    ],
    ids=_id,
)
def test_ocsp_answer_differs_in_its_field_alone(
    still: PKI, fault: Any, fields: set[str], signature: bool
) -> None:
    """Over HTTP as in bytes; the signature holds unless the fault is about it."""
    leaf = still.issue_cert("localhost")
    if isinstance(fault, faults.Good):
        still.revoke(leaf)
    honest = ask(still, leaf)
    with still.ocsp.respond_with(fault):
        bent = ask(still, leaf)
    if isinstance(fault, faults.WrongSigner) and ocsp_fields(honest.body)["certs"]:
        fields = fields | {"certs"}  # the stranger has nothing to show
    assert differing(ocsp_fields(honest.body), ocsp_fields(bent.body)) == fields
    assert still.ocsp.response_for(leaf, fault) == bent.body
    assert signature_holds(honest.body, still.ca.certificate)
    if not (isinstance(fault, faults.WrongSigner)):
        assert signature_holds(bent.body, still.ca.certificate) is signature
    assert ask(still, leaf) == honest
    assert [request.faults for request in still.ocsp.requests] == [(), (fault,), ()]


def test_what_the_status_faults_say(still: PKI) -> None:
    """Good, revoked with reason and time, unknown, another serial number."""
    leaf = still.issue_cert("localhost")

    def read(*given: faults.OCSPBytesFault) -> ocsp.OCSPResponse:
        return ocsp.load_der_ocsp_response(still.ocsp.response_for(leaf, *given))

    plain = read(faults.Revoked())
    assert (plain.revocation_time_utc, plain.revocation_reason) == (AN_HOUR_AGO, None)
    told = read(faults.Revoked("caCompromise", at=NOW))
    assert (told.revocation_time_utc, told.revocation_reason) == (NOW, x509.ReasonFlags.ca_compromise)
    assert read(faults.Unknown()).certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    assert read(faults.WrongSerial(by=-3)).serial_number == leaf.serial_number - 3
    still.revoke(leaf)
    assert read().certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert read(faults.Good()).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_faults_together_go_in_their_order(still: PKI) -> None:
    """The last status wins; a stale revocation is an hour older than the old answer."""
    leaf = still.issue_cert("localhost")
    der = still.ocsp.response_for(leaf, faults.Unknown(), faults.Revoked(), faults.Stale(timedelta(hours=2)))
    response = ocsp.load_der_ocsp_response(der)
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.next_update_utc == NOW - timedelta(hours=2)
    assert response.revocation_time_utc == response.produced_at_utc - timedelta(hours=1)


def test_a_stale_answer_is_told_as_stale(still: PKI) -> None:
    """nextUpdate passed by so much, the window as long as ever, and HTTP caches are told the same."""
    leaf = still.issue_cert("localhost")
    with still.ocsp.respond_with(faults.Stale(by=timedelta(minutes=90))):
        reply = ask(still, leaf)
    stale, honest = (ocsp.load_der_ocsp_response(der) for der in (reply.body, ask(still, leaf).body))
    assert stale.next_update_utc == NOW - timedelta(minutes=90)
    assert honest.next_update_utc is not None
    assert stale.next_update_utc - stale.this_update_utc == honest.next_update_utc - honest.this_update_utc
    assert stale.produced_at_utc == stale.this_update_utc
    assert reply.headers["expires"] == "Mon, 03 Feb 2031 02:35:06 GMT"
    assert reply.headers["cache-control"].startswith("max-age=0,")


@pytest.mark.parametrize(
    ("fault", "status", "octet"),
    [
        (faults.MalformedRequest(), "malformed_request", 1),
        (faults.InternalError(), "internal_error", 2),
        (faults.TryLater(), "try_later", 3),
        (faults.SigRequired(), "sign_required", 5),
        (faults.Unauthorized(), "unauthorized", 6),
    ],
    ids=_id,
)
def test_error_statuses(still: PKI, fault: Any, status: str, octet: int) -> None:
    """RFC 6960 section 4.2.1: the status, no responseBytes, HTTP 200, and not to be cached."""
    leaf = still.issue_cert("localhost")
    with still.ocsp.respond_with(fault):
        reply = ask(still, leaf)
    assert reply.status == 200
    assert response_status(reply.body) == status
    assert reply.body == bytes((0x30, 3, 0x0A, 1, octet)) == still.ocsp.response_for(leaf, fault)
    assert reply.headers["cache-control"] == "no-store"
    assert "etag" not in reply.headers
    assert still.ocsp.requests[-1].serials == (leaf.serial_number,)


@pytest.mark.parametrize(
    ("fault", "fields", "signature"),
    [
        (faults.Stale(), {"this_update", "next_update", "signature"}, True),
        (faults.WrongSigner(), {"issuer", "signature"}, False),
        (faults.Forged(), {"signature"}, False),
        (faults.BadSignature(), {"signature"}, False),
    ],
    ids=_id,
)
def test_crl_differs_in_its_field_alone(still: PKI, fault: Any, fields: set[str], signature: bool) -> None:
    """The same faults on a CRL: over HTTP as in bytes."""
    still.revoke(still.issue_cert("localhost"), "key_compromise")
    honest = send(still.crl.url)
    with still.crl.respond_with(fault):
        bent = send(still.crl.url)
    assert differing(crl_fields(honest.body), crl_fields(bent.body)) == fields
    assert still.crl.crl(fault) == bent.body
    assert crl_signature_holds(honest.body, still.ca.certificate)
    assert crl_signature_holds(bent.body, still.ca.certificate) is signature
    assert send(still.crl.url) == honest


@pytest.mark.parametrize("key_type", ["P-256", "RSA-2048"])
def test_a_forgery_is_of_the_same_kind_as_the_real_key(key_type: str) -> None:
    """So that the algorithm gives nothing away, and a flipped bit leaves a signature that parses."""
    with PKI(key_type=key_type) as pki:
        leaf = pki.issue_cert("localhost")
        honest, *bent = (
            pki.ocsp.response_for(leaf, *given)
            for given in ([], [faults.Forged()], [faults.BadSignature()], [faults.WrongSigner()])
        )
        for der in bent:
            assert ocsp_fields(der)["signature_algorithm"] == ocsp_fields(honest)["signature_algorithm"]
            assert not signature_holds(der, pki.ca.certificate)
        assert signature_holds(honest, pki.ca.certificate)


# HTTP and the connection: the same for all three services.


@pytest.fixture(params=["ocsp", "crl", "ca_issuers"])
def service(request: pytest.FixtureRequest, pki: PKI) -> Service[Any]:
    """Each of the services of the issuing CA."""
    service: Service[Any] = getattr(pki.ca, request.param)
    return service


def ordinary(pki: PKI, service: Service[Any]) -> bytes:
    """An ordinary request to `service`, kept alive, as octets."""
    if service is pki.ocsp:
        return raw_post(service.url, question(cert_id(pki.ca)))
    return b"GET /anything HTTP/1.1\r\nHost: test\r\n\r\n"


def test_garbage(pki: PKI, service: Any) -> None:
    """Other octets, with the length and the ETag of those octets."""
    with service.respond_with(faults.Garbage(b"")), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).body == b""
    with service.respond_with(faults.Garbage()), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        reply = read_answer(connection)
    assert (reply.status, reply.body) == (200, b"mockpki: this is not DER")


@pytest.mark.parametrize("code", [204, 404, 503, 599])
def test_http_status(pki: PKI, service: Any, code: int) -> None:
    """Another code; the body stays, or is replaced together with its length."""
    with service.respond_with(faults.HttpStatus(code, body=b"sorry")), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        reply = read_answer(connection)
    assert (reply.status, reply.headers["content-length"]) == (code, "5")
    assert reply.body == (b"" if code == 204 else b"sorry")
    assert service.requests[-1].answer.status == code
    assert service.requests[-1].answer.body == b"sorry"


def test_http_status_leaves_the_body(still: PKI) -> None:
    """A 500 whose body is an honest, signed answer."""
    leaf = still.issue_cert("localhost")
    with still.ocsp.respond_with(faults.HttpStatus(500)):
        reply = ask(still, leaf)
    honest = ask(still, leaf)
    assert (reply.status, honest.status) == (500, 200)
    assert (reply.body, reply.headers) == (honest.body, honest.headers)


def test_hang_is_silence_until_the_client_has_enough(pki: PKI, service: Any) -> None:
    """Accepted, read, and not a word; when the client gives up, the service is there for the next."""
    with service.respond_with(faults.Hang()), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert service.wait_for_request().wire == (faults.Silence(),)
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(30)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    with connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).status == 200


def test_hang_ends_when_the_pki_closes() -> None:
    """A client that waits is let go at once, and closing waits for nobody."""
    with PKI() as pki:
        pki.ocsp.respond_with(faults.Hang())
        connection = connect(pki.ocsp.url)
        connection.sendall(ordinary(pki, pki.ocsp))
        pki.ocsp.wait_for_request()
    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_close_is_a_fin_without_a_word(pki: PKI, service: Any) -> None:
    """The client reads an end of file, and no error."""
    with service.respond_with(faults.Close()), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert connection.recv(1) == b""
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    assert service.requests[-1].wire == (faults.Finish(),)


def test_reset_is_an_rst(pki: PKI, service: Any) -> None:
    """The client reads ECONNRESET."""
    with service.respond_with(faults.Reset()), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert service.requests[-1].wire == (faults.Abort(),)


def test_slow_comes_whole_and_not_at_once(pki: PKI, service: Any) -> None:
    """Nothing until the wait is over, recorded before it; then the same answer as ever."""
    pause = faults.Slow(by=timedelta(seconds=0.4))
    with service.respond_with(pause), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        waiting, sent = service.wait_for_request().wire
        assert waiting == faults.Wait(0.4)
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(30)
        octets = bytearray()
        while len(octets) < len(sent.data):
            octets += connection.recv(65536)
        assert octets == sent.data


def test_refused_at_once_and_the_port_is_kept(pki: PKI, service: Any) -> None:
    """ECONNREFUSED; connections there were are torn down; the other services live; then the same port."""
    url = service.url
    services: set[Any] = {pki.ocsp, pki.crl, pki.ca.ca_issuers}
    with connect(url) as kept:
        kept.sendall(ordinary(pki, service))
        assert read_answer(kept).status == 200
        with service.respond_with(faults.Refused()):
            with pytest.raises(ConnectionResetError):
                kept.recv(1)
            for _ in range(3):
                with pytest.raises(ConnectionRefusedError) as refused:
                    connect(url)
                assert refused.value.errno == errno.ECONNREFUSED
            for other in services - {service}:
                connect(other.url).close()
    assert service.url == url
    assert len(service.requests) == 1
    with connect(url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).status == 200
    assert len(service.requests) == 2


def test_refused_inside_refused(pki: PKI) -> None:
    """The outer outage lasts until its own end, whatever is set and reset inside."""
    with pki.ocsp.respond_with(faults.Refused()):
        with pki.ocsp.respond_with(faults.Refused()):
            pass
        with pytest.raises(ConnectionRefusedError):
            connect(pki.ocsp.url)
        with pki.ocsp.respond_with(faults.TryLater()):
            assert response_status(ask(pki, pki.issue_cert("localhost")).body) == "try_later"
        with pytest.raises(ConnectionRefusedError):
            connect(pki.ocsp.url)
        pki.ocsp.reset()
        connect(pki.ocsp.url).close()
    connect(pki.ocsp.url).close()


def test_a_transport_fault_on_one_client_leaves_the_others_alone(pki: PKI) -> None:
    """While one connection hangs, others are answered, on the same service."""
    leaf, other = pki.issue_cert("a.test"), pki.issue_cert("b.test")
    with pki.ocsp.respond_with(faults.Hang(), to=leaf), connect(pki.ocsp.url) as hanging:
        hanging.sendall(raw_post(pki.ocsp.url, question(cert_id(leaf))))
        pki.ocsp.wait_for_request()
        replies: list[int] = []
        threads = [threading.Thread(target=lambda: replies.append(ask(pki, other).status)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert replies == [200] * 4
        hanging.setblocking(False)
        with pytest.raises(BlockingIOError):
            hanging.recv(1)


@pytest.mark.parametrize(
    ("make", "kind", "sentence"),
    [
        (lambda: faults.HttpStatus(99), ValueError, "99 is no final HTTP status; give one from 200 to 999"),
        (lambda: faults.HttpStatus(100), ValueError, "100 is no final HTTP status"),
        (lambda: faults.Revoked("stolen"), ValueError, "'stolen' is no revocation reason"),
        (lambda: faults.Revoked(at=datetime(2030, 1, 1)), ValueError, "has no time zone"),  # noqa: DTZ001
        (lambda: faults.Stale(3), TypeError, r"Stale\(by=3.*\) needs a timedelta"),  # type: ignore[arg-type]
        (lambda: faults.Slow(3), TypeError, r"Slow\(by=3.*\) needs a timedelta"),  # type: ignore[arg-type]
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_where_it_is_written(
    make: Any, kind: type[Exception], sentence: str
) -> None:
    """Not later, in the service's thread."""
    with pytest.raises(kind, match=sentence):
        make()


def test_faults_are_values() -> None:
    """Equal when alike, hashable, printed as they are written, and frozen."""
    assert faults.Stale(by=timedelta(days=2)) == faults.Stale(timedelta(2)) != faults.Stale()
    assert len({faults.Hang(), faults.Hang(), faults.Close()}) == 2
    assert repr(faults.HttpStatus(404)) == "HttpStatus(code=404, body=None)"
    with pytest.raises(AttributeError):
        faults.HttpStatus(404).code = 200  # type: ignore[misc]
