"""Every fault of the connection and the port on every service: what comes, when, and what never does."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import PKI, faults
from mockpki._engine.loop import Engine
from mockpki.faults import Fault
from tests.kit.asking import connect, read_answer, send
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
from tests.kit.wire import held

HOUR = timedelta(hours=1)
SOON = timedelta(milliseconds=20)


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, pki: PKI) -> Any:
    """Each of the services of the issuing CA."""
    return getattr(pki.ca, request.param)


def ends(connection: socket.socket, *, skip: bool = False) -> str:
    """How the connection ends, which is waited for, after nothing more; or after whatever still comes."""
    try:
        while octets := connection.recv(1 << 16):
            assert skip, f"more came: {octets!r}"
    except ConnectionResetError:
        return "reset"
    return "close"


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
            assert ends(connection) == "close"


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


def test_slow_accept(pki: PKI, service: Any) -> None:
    """The connection is open and its request unread, also when the fault has gone; others are served."""
    with service.respond_with(faults.SlowAccept(HOUR)):
        waiting = connect(service.url)
        waiting.sendall(ordinary(pki, service))
        assert nothing_yet(waiting, service)
    with waiting, connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).status == 200
        assert nothing_yet(waiting, service)
        assert len(service.requests) == 1


def test_slow_accept_accepts_in_the_end(pki: PKI, service: Any) -> None:
    """Once the wait is over the request is read and answered, and the connection kept without a wait."""
    with service.respond_with(faults.SlowAccept(SOON)), connect(service.url) as connection:
        for _ in range(2):
            connection.sendall(ordinary(pki, service))
            assert read_answer(connection).status == 200
        # A client that gives up while it waits harms nobody.
        connect(service.url).close()
    assert len(service.requests) == 2


def test_slow_accept_is_for_new_connections(pki: PKI, service: Any) -> None:
    """One that is open already is answered at once, and is refused with all the others."""
    with connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).status == 200
        with service.respond_with(faults.SlowAccept(HOUR)):
            connection.sendall(ordinary(pki, service))
            assert read_answer(connection).status == 200
            with connect(service.url) as waiting, service.respond_with(faults.Refused()):
                assert {ends(connection), ends(waiting)} == {"reset"}


# Cancelled at once.

ENDLESS: list[Fault[Any]] = [
    faults.Hang(),
    faults.Slow(HOUR),
    faults.SlowBody(HOUR),
    faults.Drip(0.001),
    faults.Half(),
    faults.ContentLength(100),
    faults.SlowAccept(HOUR),
]


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("fault", ENDLESS, ids=repr)
def test_closing_waits_for_nothing(name: str, fault: Any) -> None:
    """The client that was kept waiting is let go, and nothing is left behind."""
    before = held()
    with PKI() as pki:
        service: Any = getattr(pki.ca, name)
        service.respond_with(fault)
        connection = connect(service.url)
        connection.sendall(ordinary(pki, service))
        assert len(service.requests) == (not isinstance(fault, faults.SlowAccept))
    with connection:
        assert ends(connection, skip=True) == "reset"
    assert len(service.requests) == (not isinstance(fault, faults.SlowAccept))
    assert held() == before


@pytest.mark.parametrize("fault", ENDLESS, ids=repr)
def test_being_honest_again_waits_for_nothing(pki: PKI, service: Any, fault: Any) -> None:
    """A new connection is answered while the old one still waits."""
    with connect(service.url) as old:
        with service.respond_with(fault):
            if isinstance(fault, faults.SlowAccept):
                old.close()
                old = connect(service.url)
            old.sendall(ordinary(pki, service))
            assert isinstance(service.requests, list)
        with old, connect(service.url) as new:
            new.sendall(ordinary(pki, service))
            assert read_answer(new).status == 200


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
    assert "(Trickle then Silence)" in str(pki.crl.requests[-1])


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
        (lambda: faults.SlowBody(3), TypeError, r"SlowBody\(by=3\) needs a timedelta"),  # type: ignore[arg-type]
        (lambda: faults.SlowAccept(3), TypeError, r"SlowAccept\(by=3\) needs a timedelta"),  # type: ignore[arg-type]
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    make: Callable[[], Any], kind: type[Exception], sentence: str
) -> None:
    """Where it is written, with the way out."""
    with pytest.raises(kind, match=sentence):
        make()


def test_a_port_knows_no_certificate_and_no_count(pki: PKI) -> None:
    """SlowAccept, as Refused, comes before there is a request to tell by."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(ValueError, match=r"SlowAccept.* with to=.*use faults.Reset\(\) or faults.Slow\(\)"):
        pki.ocsp.respond_with(faults.SlowAccept(), to=leaf)
    with pytest.raises(ValueError, match=r"SlowAccept.* in a script: .*cannot be counted"):
        pki.ocsp.script([faults.SlowAccept()])


# Any of them together.

BODIES: list[Fault[Any]] = [
    faults.HttpStatus(404),
    faults.EmptyBody(),
    faults.Gzip(),
    faults.ContentType(None),
    faults.Redirect(),
    faults.AuthenticationRequired(),
    faults.Cached(),
    faults.Header(),
    faults.ContentLength(5),
    faults.ContentLength(-3),
    faults.ContentLength(None),
    faults.Chunked(11),
    faults.Http10(),
    faults.Oversize(300_000),
]
WIRES: list[Fault[Any]] = [
    faults.Slow(timedelta(milliseconds=1)),
    faults.SlowBody(timedelta(milliseconds=1)),
    faults.Drip(10_000_000),
    faults.Hang(),
    faults.Close(),
    faults.Reset(),
    faults.NotHttp(),
    faults.Half("silence"),
    faults.Half("reset"),
    faults.Half("close"),
]
ANSWERS: list[Fault[Any]] = [
    faults.Stale(),
    faults.Good(),
    faults.Revoked(),
    faults.Unknown(),
    faults.WrongSerial(),
    faults.TryLater(),
    faults.Forged(),
    faults.BadSignature(),
    faults.Truncated(),
    faults.Trailing(),
    faults.SignedGarbage(),
    faults.Garbage(),
    faults.NoNextUpdate(),
    faults.NoSingleResponses(),
]
LAST_WORD = {
    faults.Hang(): "silence",
    faults.Half("silence"): "silence",
    faults.Close(): "close",
    faults.NotHttp(): "close",
    faults.Half("close"): "close",
    faults.Reset(): "reset",
    faults.Half("reset"): "reset",
}


AT_ONCE = 50_000  # what the system takes for a client that does not read; of more, a reset loses some


def test_every_fault_of_the_connection_is_among_them() -> None:
    """A fault that is added is to be drawn below, or kept waiting above."""
    tested = {type(fault) for fault in WIRES + ENDLESS} | {faults.Refused}
    wanted = {fault for fault in faults.CATALOGUE if issubclass(fault, faults.Transport | faults.Listener)}
    assert wanted <= tested


def last_word(chosen: list[Fault[Any]]) -> str:
    """How an exchange with these faults must end."""
    words = [LAST_WORD[fault] for fault in chosen if fault in LAST_WORD]
    if words:
        return words[-1]
    if faults.Http10() in chosen:
        return "close"
    lengths = [fault.by for fault in chosen if isinstance(fault, faults.ContentLength)]
    has_length = lengths[-1] is not None if lengths else True
    return "silence" if has_length or faults.Chunked(11) in chosen else "close"


@pytest.fixture(scope="module")
def shared() -> Iterator[PKI]:
    """One PKI for many exchanges."""
    with PKI() as made:
        yield made


@settings(max_examples=250, deadline=None)
@given(
    name=st.sampled_from(SERVICES),
    answers=st.lists(st.sampled_from(ANSWERS), max_size=3),
    bent=st.lists(st.sampled_from(BODIES + WIRES), max_size=5),
)
def test_any_faults_together(
    shared: PKI, name: str, answers: list[Fault[Any]], bent: list[Fault[Any]]
) -> None:
    """The answer or the silence is exactly what was said, and nothing of it is left afterwards."""
    if sum(isinstance(fault, faults.Oversize) for fault in bent) > 1:
        bent = [fault for fault in bent if not isinstance(fault, faults.Oversize)]
    service: Any = getattr(shared.ca, name)
    chosen = bent + (answers if name == "ocsp" else [])
    with service.respond_with(*chosen), connect(service.url) as connection:
        connection.settimeout(10)
        connection.sendall(ordinary(shared, service))
        wire = service.wait_for_request().wire
        said = b"".join(getattr(step, "data", b"") for step in wire)
        if last_word(bent) == "reset" and len(said) > AT_ONCE:
            assert ends(connection, skip=True) == "reset"
            return
        assert exactly(connection, len(said)) == said
        if last_word(bent) == "silence":
            assert nothing_yet(connection, service)
            connection.shutdown(socket.SHUT_WR)
            assert ends(connection) == "close"
        else:
            assert ends(connection) == last_word(bent)
    assert send(service.url).status == 200
    service.wait_for_request()
    shared.check()
    engine = Engine._current
    assert engine is not None
    engine.settle()
    assert not engine.connections
    assert not asyncio.all_tasks(engine.loop)
