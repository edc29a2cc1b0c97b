"""Every fault of the connection on every service: what comes, when, and what never does."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._services.service import Service
from tests.kit.asking import (
    cert_id,
    connect,
    question,
    raw_post,
    read_answer,
    send,
)
from tests.kit.endings import HOUR, SOON, ends
from tests.kit.exchanges import (
    SERVICES,
    everything,
    exactly,
    exchange,
    head_of,
    nothing_yet,
    ordinary,
    standing,
)
from tests.kit.programs import need, run
from tests.kit.standing_clock import ask

# What comes on the wire.


def test_not_http(pki: PKI, service: Any) -> None:
    """The octets as given, then FIN."""
    for octets in (b"220 mockpki ESMTP\r\n", b"\0\xff"):
        with service.respond_with(faults.NotHttp(octets)), connect(service.url) as connection:
            connection.sendall(ordinary(pki, service))
            assert everything(connection) == octets
    assert faults.NotHttp() == faults.NotHttp(b"220 mockpki ESMTP\r\n")


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("end", ["silence", "reset", "close"])
def test_half(name: str, end: str) -> None:
    """The whole head and half of the body, then the one end that was asked for, and no other."""
    with standing(name) as (pki, service):
        head, _, body = exchange(pki, service).partition(b"\r\n\r\n")
        half = head + b"\r\n\r\n" + body[: len(body) // 2]
        with service.respond_with(faults.Half(end)), connect(service.url) as connection:
            connection.sendall(ordinary(pki, service))
            assert exactly(connection, len(half)) == half
            if end != "silence":
                assert ends(connection) == end
                return
            assert nothing_yet(connection, service)
            connection.sendall(ordinary(pki, service))
            assert nothing_yet(connection, service)
            assert len(service.requests) == 3
            connection.shutdown(socket.SHUT_WR)
            assert nothing_yet(connection, service)


def test_slow_body(pki: PKI, service: Any) -> None:
    """The head is there while the body is not; in the end it comes, and the connection goes on."""
    with service.respond_with(faults.SlowBody(HOUR)), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert head_of(connection).startswith(b"HTTP/1.1 200 OK\r\n")
        assert nothing_yet(connection, service)
    with service.respond_with(faults.SlowBody(SOON)), connect(service.url) as connection:
        for _ in range(2):
            connection.sendall(ordinary(pki, service))
            assert read_answer(connection).body == service.requests[-1].answer.body
    assert [type(step) for step in service.requests[-1].wire] == [faults.Send, faults.Wait, faults.Send]


def test_drip(pki: PKI, service: Any) -> None:
    """Drop by drop: one octet, and the next is far; or as many at a time as the rate makes in a tenth."""
    with service.respond_with(faults.Drip(0.001)), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert connection.recv(100) == b"H"
        assert nothing_yet(connection, service)
    with service.respond_with(faults.Drip(50_000)), connect(service.url) as connection:
        for _ in range(2):
            connection.sendall(ordinary(pki, service))
            assert read_answer(connection).body == service.requests[-1].answer.body
    [drops] = service.requests[-1].wire
    assert (drops.size, drops.seconds) == (5000, 0.1)


@dataclass(frozen=True)
class Spoon(faults.Transport):
    """Three octets, then an hour until the next three."""

    def __call__(self, honest: faults.Wire) -> faults.Wire:
        return (faults.Trickle(b"abcdefg", 3, 3600),)


def test_a_drop_has_its_size(pki: PKI, service: Any) -> None:
    """What is in one drop comes together, and no octet more."""
    with service.respond_with(Spoon()), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert exactly(connection, 3) == b"abc"
        assert nothing_yet(connection, service)


# Together.


def test_faults_of_the_connection_compose() -> None:
    """In the order given, each bends what the one before has made of the answer."""
    with standing("crl") as (pki, service):
        whole = exchange(pki, service)
        head = whole.index(b"\r\n\r\n") + 4
        half = whole[: head + (len(whole) - head) // 2]
        for given_faults, octets, end in (
            ([faults.Slow(SOON), faults.Half("close")], half, "close"),
            ([faults.Half("reset"), faults.SlowBody(SOON), faults.Slow(SOON)], half, "reset"),
            ([faults.Drip(10_000), faults.Half("close"), faults.SlowBody(SOON)], half, "close"),
            ([faults.Hang(), faults.Close()], b"", "close"),
            ([faults.Hang(), faults.Half("reset")], b"", "reset"),
            ([faults.NotHttp(b"x"), faults.SlowBody(SOON)], b"x", "close"),
            ([faults.NotHttp(b"abcd"), faults.Half("reset")], b"ab", "reset"),
        ):
            with service.respond_with(*given_faults), connect(service.url) as connection:
                connection.sendall(ordinary(pki, service))
                assert exactly(connection, len(octets)) == octets
                assert ends(connection) == end, given_faults


def test_a_large_answer_drips_and_is_cut(pki: PKI) -> None:
    """Ten megabytes drop by drop cost nothing that is not sent."""
    with pki.crl.respond_with(faults.Oversize(), faults.Drip(1), faults.Half()):
        with connect(pki.crl.url) as connection:
            connection.sendall(ordinary(pki, pki.crl))
            assert exactly(connection, 1) == b"H"
        drops, silence = pki.crl.requests[-1].wire
    assert isinstance(drops, faults.Trickle)
    assert (len(drops.data) > 5_000_000, silence) == (True, faults.Silence())
    assert "(trickled, 1 at a time every 1 s then silence)" in str(pki.crl.requests[-1])


# Real clients.


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.NotHttp(), {1, 52, 56}),
        (faults.Half("close"), {18}),
        (faults.Half("reset"), {56}),
        (faults.Close(), {52}),
        (faults.Reset(), {56}),
        (faults.Refused(), {7}),
    ],
    ids=repr,
)
def test_curl_says_what_happened(pki: PKI, fault: Any, status: set[int], tmp_path: Path) -> None:
    """Not HTTP, a partial file, an empty reply, a failure to receive, to connect; honest, it is content."""
    ask = (need("curl"), "-sS", "--noproxy", "*", "-o", tmp_path / "file", pki.crl.url)
    with pki.crl.respond_with(fault):
        assert run(*ask).returncode in status
    assert run(*ask).returncode == 0
    assert (tmp_path / "file").read_bytes() == pki.crl.requests[-1].answer.body


@pytest.mark.parametrize(
    "fault",
    [faults.Slow(SOON), faults.SlowBody(SOON), faults.Drip(20_000), faults.SlowAccept(SOON)],
    ids=repr,
)
def test_curl_and_openssl_have_patience(pki: PKI, fault: Any, tmp_path: Path) -> None:
    """What is only slow comes whole: the file is the honest one, and the leaf is good."""
    leaf = pki.issue_cert("localhost")
    with pki.crl.respond_with(fault), pki.ocsp.respond_with(fault):
        run(need("curl"), "-sS", "--noproxy", "*", "-o", tmp_path / "file", pki.crl.url)
        done = run(
            need("openssl"), "ocsp", "-issuer", pki.ca.cert_file, "-cert", leaf.cert_file,
            "-CAfile", pki.ca_file, "-url", pki.ocsp.url, "-no_nonce",
        )  # fmt: skip
    assert (tmp_path / "file").read_bytes() == pki.crl.requests[-1].answer.body
    assert f"{leaf.cert_file}: good" in done.stdout
    pki.ocsp.assert_asked(leaf, times=1)


def test_a_client_with_a_timeout_gives_up(pki: PKI, service: Any) -> None:
    """Python's own, whose timeout is for each wait: the head's, or the body's."""
    for fault in (faults.Hang(), faults.SlowBody(HOUR), faults.Half(), faults.SlowAccept(HOUR)):
        with service.respond_with(fault), pytest.raises(TimeoutError):
            send(service.url, timeout=0.05)
    assert send(service.url, target="/").status == 200


# What makes no sense.


@pytest.mark.parametrize(
    ("make", "kind", "sentence"),
    [
        (
            lambda: faults.Half("explosion"),
            ValueError,
            "'explosion' is no end; after half a body come 'silence'",
        ),
        (lambda: faults.Drip(0), ValueError, r"never sends anything; give more than 0, or use faults.Hang"),
        (lambda: faults.Drip(-1), ValueError, "never sends anything"),
        (lambda: faults.SlowBody(3), TypeError, "by= of SlowBody takes a timedelta .*; got 3"),  # type: ignore[arg-type]
        (lambda: faults.SlowAccept(3), TypeError, "by= of SlowAccept takes a timedelta .*; got 3"),  # type: ignore[arg-type]
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    make: Callable[[], Any], kind: type[Exception], sentence: str
) -> None:
    """Where it is written, with the way out."""
    with pytest.raises(kind, match=sentence):
        make()


# HTTP and the connection: the same for all three services.


@pytest.fixture(params=["ocsp", "crl", "ca_issuers"])
def service(request: pytest.FixtureRequest, pki: PKI) -> Service[Any]:
    """Each of the services of the issuing CA."""
    service: Service[Any] = getattr(pki.ca, request.param)
    return service


def test_hang_is_silence_until_the_client_has_enough(pki: PKI, service: Any) -> None:
    """Accepted, read, and not a word; when the client gives up, the service is there for the next."""
    with service.respond_with(faults.Hang()), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert service.wait_for_request().wire == (faults.Silence(),)
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.shutdown(socket.SHUT_WR)
        with pytest.raises(TimeoutError):
            connection.recv(1)
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
