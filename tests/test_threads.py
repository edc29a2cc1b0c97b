"""What may be called from any thread, called from several at once, which take turns after every few steps."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from mockpki import PKI, Leaf, faults, sequences
from mockpki._exchange.http import HttpRequest
from mockpki._problems import Problems
from tests.kit.asking import cert_id, question
from tests.kit.clients import status
from tests.kit.wire import Wire, get

ROUNDS = 150
THREADS = 4


@pytest.fixture(autouse=True)
def _take_turns() -> Iterator[None]:
    """Threads change over a thousand times as often as they do."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


def run_together(*works: Callable[[int], object]) -> None:
    """Each of *works* again and again on a thread of its own, with the number of the round."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[int], object]) -> None:
        barrier.wait(30)
        for number in range(ROUNDS):
            work(number)

    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(run, work) for work in works]:
            future.result(120)


def ask(pki: PKI, leaf: Leaf | None = None) -> bytes:
    """What the responder puts on the wire, asked without a socket, as by any server's thread."""
    body = question(cert_id(leaf or pki.ca))
    steps = pki.ocsp.handle(HttpRequest("POST", "/ocsp", (("Host", "test"),), body))
    return b"".join(step.data for step in steps if isinstance(step, faults.Send))


READERS: dict[str, Callable[[PKI], Any]] = {
    "requests": lambda pki: [str(request) for request in pki.ocsp.requests],
    "assert_not_asked": lambda pki: pki.ocsp.assert_not_asked(5),
    "wait_for_request": lambda pki: _wait(pki),
    "check": lambda pki: pki.check(),
    "respond_with": lambda pki: pki.ocsp.respond_with(faults.TryLater()),
    "respond_with to": lambda pki: pki.ocsp.respond_with(faults.TryLater(), to=5),
    "respond_by": lambda pki: pki.ocsp.respond_by(sequences.EveryNth(2, faults.TryLater())),
    "choosers": lambda pki: pki.ocsp.choosers,
    "unused": lambda pki: pki.ocsp.unused(),
    "script": lambda pki: _script(pki),
    "response_for": lambda pki: pki.ocsp.response_for(pki.ca.serial_number + 1),
    "crl": lambda pki: pki.crl.crl(),
    "revoke": lambda pki: pki.revoke(pki.issue_cert("localhost")),
    "shift": lambda pki: pki.clock.shift(timedelta(seconds=1)),
    "repr": lambda pki: (repr(pki), repr(pki.ocsp), pki.ca_file, pki.dead_url),
}


def _wait(pki: PKI) -> None:
    with contextlib.suppress(TimeoutError):
        pki.ocsp.wait_for_request(0.0001)


def _script(pki: PKI) -> None:
    with contextlib.suppress(ValueError):
        pki.ocsp.script([], [faults.TryLater()])
    pki.ocsp.forget_script()


@pytest.mark.parametrize("reader", READERS)
def test_beside_requests_and_resets(reader: str) -> None:
    """While clients ask and another thread resets, each works as it does alone: it raises nothing."""
    with PKI(key_type="Ed25519") as pki:
        act = READERS[reader]
        run_together(
            lambda number: ask(pki),
            lambda number: ask(pki),
            lambda number: pki.ocsp.reset(),
            lambda number: act(pki),
        )
        pki.ocsp.reset()
        assert b"200 OK" in ask(pki)
        pki.ocsp.assert_asked(times=1)


def test_no_rule_is_lost() -> None:
    """Faults for many certificates, set by several threads at once, are all in force; taken back, none is."""
    with PKI(key_type="Ed25519") as pki:
        serials = range(1, 1 + THREADS * ROUNDS)

        def set_rules(thread: int) -> Callable[[int], object]:
            return lambda number: pki.ocsp.respond_with(faults.TryLater(), to=1 + thread * ROUNDS + number)

        def drop_rules(thread: int) -> Callable[[int], object]:
            return lambda number: pki.ocsp._set_rule(1 + thread * ROUNDS + number, None)

        run_together(*map(set_rules, range(THREADS)))
        assert pki.ocsp._rules.keys() == set(serials)
        run_together(*map(drop_rules, range(THREADS)))
        assert not pki.ocsp._rules


def test_the_port_is_as_the_last_one_wanted_it() -> None:
    """Outages that several threads begin and end at once leave the port open when all have ended."""
    with PKI(key_type="Ed25519") as pki:

        def fail_for_a_moment(number: int) -> None:
            pki.crl.respond_with(faults.Refused())
            pki.crl.respond_with()

        run_together(*[fail_for_a_moment] * THREADS)
        with Wire(pki.crl.url) as wire:
            wire.send(get())
            assert wire.answer().status == 200


def test_one_script_of_several() -> None:
    """Of scripts that are given at once one is taken, and the others are told of it: no answer is lost."""
    with PKI(key_type="Ed25519") as pki:
        barrier = threading.Barrier(THREADS)

        def give(number: int) -> str:
            barrier.wait(30)
            try:
                pki.crl.script([], [])
            except ValueError as error:
                return str(error)
            return "taken"

        with ThreadPoolExecutor(THREADS) as pool:
            for _ in range(ROUNDS):
                said = list(pool.map(give, range(THREADS)))
                assert said.count("taken") == 1
                assert sum("still has 2 answers left" in one for one in said) == THREADS - 1
                pki.crl.forget_script()


def test_every_shift_counts() -> None:
    """A clock that several threads move has gone all the way."""
    with PKI(key_type="Ed25519") as pki:
        run_together(*[lambda number: pki.clock.shift(timedelta(seconds=1))] * THREADS)
        assert pki.clock.offset == timedelta(seconds=THREADS * ROUNDS)


def test_every_revocation_is_listed() -> None:
    """What several threads issue and revoke is in the CRL, which others fetch meanwhile."""
    with PKI(key_type="Ed25519") as pki:
        revoked: list[Leaf] = []

        def revoke(number: int) -> None:
            leaf = pki.issue_cert("localhost")
            pki.revoke(leaf)
            revoked.append(leaf)
            assert b"200 OK" in ask(pki, leaf)

        run_together(revoke, revoke, lambda number: pki.crl.crl())
        listed = {entry.serial_number for entry in x509.load_der_x509_crl(pki.crl.crl())}
        assert listed == {leaf.serial_number for leaf in revoked}
        assert status(pki, revoked[-1]) == "revoked"


def test_problems_are_taken_once() -> None:
    """Of several threads that take, each problem goes to one, and none of them finds too few."""
    problems, taken = Problems(), list[BaseException]()

    def add(number: int) -> None:
        problems.add(ValueError(number), "raised there")

    run_together(add, add, *[lambda number: taken.extend(problems.take())] * THREADS)
    taken += problems.take()
    assert len(taken) == len(set(map(id, taken))) == 2 * ROUNDS
