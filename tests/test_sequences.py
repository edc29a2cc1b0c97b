"""Faults that come and go: scripts, respond_by, and the ready-made sequences."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._exchange.http import HttpRequest
from mockpki.sequences import EveryNth, FirstN, Flapping, Incoming, Mix
from tests.kit.asking import cert_id, connect, post, question, raw_post, read_answer, send, statuses
from tests.kit.exchanges import SERVICES
from tests.kit.programs import need, run

DOWN = faults.HttpStatus(503)


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, pki: PKI) -> Any:
    """Each of the services of the issuing CA."""
    return getattr(pki.ca, request.param)


def codes(service: Any, count: int) -> list[int]:
    """The HTTP status of so many requests, one after the other, each on its own connection."""
    return [send(service.url, target="/").status for _ in range(count)]


# Up and down.


def test_up_down_and_up_again(pki: PKI, service: Any) -> None:
    """A port that refuses, answers, refuses and answers; the client's question is the same."""
    assert codes(service, 1) == [200]
    for _ in range(2):
        with service.respond_with(faults.Refused()):
            for _ in range(2):
                with pytest.raises(ConnectionRefusedError):
                    send(service.url)
        assert codes(service, 2) == [200, 200]
    service.assert_asked(times=5)


def test_good_then_revoked_on_one_connection(pki: PKI) -> None:
    """The ledger changes between two questions of a client that keeps its connection."""
    leaf = pki.issue_cert("localhost")
    octets = raw_post(pki.ocsp.url, question(cert_id(leaf)))
    found = []
    with connect(pki.ocsp.url) as connection:
        for change in (pki.revoke, pki.forget, None):
            connection.sendall(octets)
            found += statuses(read_answer(connection).body)
            if change is not None:
                change(leaf)
    assert found == ["good", "revoked", "unknown"]
    assert len({request.client for request in pki.ocsp.requests}) == 1


def test_a_script_on_one_connection(pki: PKI) -> None:
    """Good, revoked, good again: three answers to one question, by a script."""
    leaf = pki.issue_cert("localhost")
    octets = raw_post(pki.ocsp.url, question(cert_id(leaf)))
    pki.ocsp.script([], [faults.Revoked()], [])
    found = []
    with connect(pki.ocsp.url) as connection:
        for _ in range(3):
            connection.sendall(octets)
            found += statuses(read_answer(connection).body)
    assert found == ["good", "revoked", "good"]


# Ready-made.


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        (EveryNth(3, DOWN), [200, 200, 503, 200, 200, 503, 200]),
        (EveryNth(1, [DOWN]), [503] * 7),
        (FirstN(2, DOWN), [503, 503, 200, 200, 200, 200, 200]),
        (FirstN(2, DOWN, per_client=False), [503, 503, 200, 200, 200, 200, 200]),
        (Flapping(2, 1, DOWN), [200, 200, 503, 200, 200, 503, 200]),
        (Flapping(1, 3, [DOWN]), [200, 503, 503, 503, 200, 503, 503]),
        (Mix([], DOWN, [faults.HttpStatus(404)], seed=7), [404, 404, 200, 503, 200, 200, 503]),
    ],
    ids=repr,
)
def test_what_comes_when(service: Any, sequence: Any, expected: list[int]) -> None:
    """The same answers in the same order whenever the sequence is begun, and honest ones afterwards."""
    for _ in range(2):
        with service.respond_by(sequence) as given:
            assert given is service
            assert codes(service, 7) == expected
    assert codes(service, 3) == [200] * 3
    assert [bool(request.faults) for request in service.requests[:7]] == [code != 200 for code in expected]


def test_a_real_client_that_asks_again(pki: PKI) -> None:
    """curl, with the same URL twice on one connection, and the next time it is run."""
    save = ("-o", "/dev/null", pki.crl.url)
    ask = (need("curl"), "-sS", "--noproxy", "*", "-w", "%{http_code} ", *save, *save)
    with pki.crl.respond_by(FirstN(3, DOWN)):
        assert [run(*ask).stdout.split() for _ in range(2)] == [["503", "503"], ["503", "200"]]
    assert [request.faults for request in pki.crl.requests] == [(DOWN,), (DOWN,), (DOWN,), ()]


def test_the_first_n_of_each_client(pki: PKI) -> None:
    """A client is an address and a User-Agent, whatever connection it comes on."""

    def ask(agent: str | None) -> int:
        with connect(pki.crl.url) as connection:
            line = "" if agent is None else f"user-agent: {agent}\r\n"
            connection.sendall(f"GET / HTTP/1.1\r\nHost: test\r\n{line}\r\n".encode())
            return read_answer(connection).status

    with pki.crl.respond_by(FirstN(2, DOWN)):
        assert [ask("one"), ask("two"), ask("one"), ask(None)] == [503] * 4
        assert [ask("one"), ask("two"), ask("two"), ask(None), ask(None)] == [200, 503, 200, 503, 200]
    with pki.crl.respond_by(FirstN(2, DOWN, per_client=False)):
        assert [ask("one"), ask("two"), ask("one")] == [503, 503, 200]


def test_each_service_counts_for_itself(pki: PKI) -> None:
    """One value in force at two services, begun at different times."""
    every = EveryNth(2, DOWN)
    pki.crl.respond_by(every)
    assert codes(pki.crl, 1) == [200]
    pki.root.crl.respond_by(every)
    assert (codes(pki.root.crl, 2), codes(pki.crl, 1)) == ([200, 503], [503])


def test_an_inner_block_does_not_stop_the_outer_count(pki: PKI) -> None:
    """What was in force before goes on where it was."""
    with pki.crl.respond_by(EveryNth(3, DOWN)):
        assert codes(pki.crl, 2) == [200, 200]
        with pki.crl.respond_with(faults.HttpStatus(404)):
            assert codes(pki.crl, 1) == [404]
        with pki.crl.respond_by(Flapping(1, 1, DOWN)):
            assert codes(pki.crl, 2) == [200, 503]
        assert codes(pki.crl, 2) == [503, 200]


def test_a_script_and_to_go_before_it(pki: PKI) -> None:
    """As before respond_with; what they answer is not counted."""
    one, other = pki.issue_cert("a.test"), pki.issue_cert("b.test")
    pki.ocsp.respond_by(FirstN(1, DOWN))
    pki.ocsp.respond_with(faults.HttpStatus(404), to=one)
    pki.ocsp.script([faults.HttpStatus(500)])
    found = [post(pki.ocsp.url, question(cert_id(leaf))).status for leaf in (other, one, other, other)]
    assert found == [500, 404, 503, 200]


def test_respond_with_takes_its_place(pki: PKI) -> None:
    """Both set what is for every request, so the last one is in force; a port that refused is open."""
    pki.crl.respond_by(EveryNth(1, DOWN))
    pki.crl.respond_with()
    assert codes(pki.crl, 1) == [200]
    pki.crl.respond_with(faults.Refused())
    pki.crl.respond_by(EveryNth(1, DOWN))
    assert codes(pki.crl, 1) == [503]
    pki.crl.reset()
    assert codes(pki.crl, 1) == [200]


def test_many_clients_at_once_are_counted_right(pki: PKI) -> None:
    """Of 60 requests on several threads every third is bent, no more and no fewer."""
    pki.crl.respond_by(EveryNth(3, DOWN))
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.extend(codes(pki.crl, 10))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found.count(503), found.count(200)) == (20, 40)


# A chooser of the user's own.


def test_a_function_chooses(pki: PKI) -> None:
    """By what was asked: the question's serial numbers, the request's headers, and the numbers."""
    bad, good = pki.issue_cert("a.test"), pki.issue_cert("b.test")
    seen: list[Incoming] = []

    def choose(incoming: Incoming) -> list[faults.Revoked]:
        seen.append(incoming)
        return [faults.Revoked()] if bad.serial_number in incoming.serials else []

    with pki.ocsp.respond_by(choose):
        found = [statuses(post(pki.ocsp.url, question(cert_id(leaf))).body) for leaf in (bad, good, bad)]
    assert found == [["revoked"], ["good"], ["revoked"]]
    assert [(one.number, one.number_of_client) for one in seen] == [(1, 1), (2, 2), (3, 3)]
    assert seen[0].serials == (bad.serial_number,)
    assert seen[0].request.method == "POST"
    assert seen[0].headers["content-length"] == str(len(seen[0].request.body))
    with pki.crl.respond_by(lambda incoming: DOWN if incoming.serials == () else []):
        assert codes(pki.crl, 1) == [503]


@pytest.mark.parametrize(
    ("chosen", "kind", "sentence"),
    [
        (faults.TryLater(), TypeError, r"TryLater\(\) is a fault of the OCSP envelope layer, which the CRL"),
        ([faults.Refused()], ValueError, "a refused connection never becomes a request"),
        (None, TypeError, r"takes faults, such as faults.Stale\(\); got None"),
        (faults.Reset, TypeError, r"Reset is a class; write Reset\(\)"),
    ],
)
def test_a_function_that_chooses_what_cannot_be(chosen: Any, kind: type[Exception], sentence: str) -> None:
    """The client has a 500, and the test has the sentence."""
    with pytest.raises(kind, match=sentence), PKI() as pki, pki.crl.respond_by(lambda incoming: chosen):
        assert codes(pki.crl, 1) == [500]


def test_a_function_that_raises() -> None:
    """Its own error is what the test fails with, once for each request."""
    with pytest.raises(ZeroDivisionError), PKI() as pki, pki.crl.respond_by(lambda incoming: 1 // 0):  # type: ignore[arg-type, return-value]
        assert codes(pki.crl, 1) == [500]


@dataclass(frozen=True)
class Odd:
    """Six lines, nothing registered: every request with an odd number fails."""

    def __call__(self, incoming: Incoming) -> list[faults.HttpStatus]:
        return [DOWN] if incoming.number % 2 else []


def test_a_sequence_of_the_users_own(service: Any) -> None:
    """A callable value is as good as the ready-made ones."""
    with service.respond_by(Odd()):
        assert codes(service, 4) == [503, 200, 503, 200]


# Dice, and the seed.


def test_a_mix_is_random_and_can_be_had_again() -> None:
    """A drawn seed differs from time to time; with the same one every choice is the same."""
    once, again = Mix([], [DOWN]), Mix([], [DOWN])
    assert once.seed != again.seed
    assert repr(once) == f"Mix([], [HttpStatus()], seed={once.seed})"
    incoming = [Incoming(HttpRequest("GET", "/"), number, number) for number in range(1, 301)]
    chosen = [once(one) for one in incoming]
    assert chosen == [Mix([], [DOWN], seed=once.seed)(one) for one in incoming]
    assert chosen != [again(one) for one in incoming]
    assert 90 < chosen.count([]) < 210


def test_a_mix_leaves_other_dice_alone(pki: PKI) -> None:
    """The test's own random numbers are the same with it as without."""
    random.seed(1)
    expected = [random.random() for _ in range(3)]
    random.seed(1)
    with pki.crl.respond_by(Mix([], [DOWN], seed=1)):
        codes(pki.crl, 3)
    assert [random.random() for _ in range(3)] == expected


@pytest.mark.parametrize(
    "fails",
    [
        lambda service: service.assert_not_asked(),
        lambda service: service.assert_asked(times=9),
        lambda service: service.wait_for_request() and service.wait_for_request(timeout=0),
    ],
    ids=["not asked", "asked", "wait"],
)
def test_the_services_own_messages_show_the_seed(pki: PKI, fails: Callable[[Any], object]) -> None:
    """And which faults each request had, until reset()."""
    with pki.ocsp.respond_by(Mix([DOWN], [faults.HttpStatus(404)], seed=12345)):
        send(pki.ocsp.url)
    with pytest.raises(
        (AssertionError, TimeoutError), match=r"\(answering by Mix\(.*seed=12345\)\)"
    ) as caught:
        fails(pki.ocsp)
    assert f"with {pki.ocsp.requests[0].faults[0]!r}" in str(caught.value)
    pki.ocsp.reset()
    with pytest.raises(AssertionError) as caught_again:
        pki.ocsp.assert_asked()
    assert "seed" not in str(caught_again.value)


def test_any_error_that_leaves_the_block_shows_the_seed() -> None:
    """Beside what the test itself says."""
    with pytest.raises(ZeroDivisionError) as caught, PKI() as pki:  # noqa: PT012
        pki.crl.respond_by(Mix([], [DOWN], seed=4711))
        raise ZeroDivisionError
    [note] = caught.value.__notes__
    assert note.startswith("mockpki: the CRL publisher of mockpki CA 1 ")
    assert note.endswith("(answering by Mix([], [HttpStatus()], seed=4711))")


def test_a_failing_test_shows_the_seed_that_was_drawn(pytester: pytest.Pytester) -> None:
    """With the fixture, whatever the test fails for; one that passes says nothing."""
    pytester.makepyfile(
        """
        from mockpki import faults
        from mockpki.sequences import Mix

        def test_fails(pki):
            mix = Mix([], [faults.Reset()])
            pki.ocsp.respond_by(mix)
            print("drawn:", mix.seed)
            assert 1 == 2

        def test_passes(pki):
            pki.ocsp.respond_by(Mix([], [faults.Reset()], seed=999))
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1, passed=1)
    seed = next(line.split()[1] for line in result.outlines if line.startswith("drawn:"))
    result.stdout.fnmatch_lines([f"*mockpki: the OCSP responder of * (answering by Mix(*, seed={seed}))"])
    assert "999" not in result.stdout.str()


# What cannot be.


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: EveryNth(0, DOWN), "n= of EveryNth takes a whole number, 1 or more; got 0"),
        (lambda: EveryNth(2, []), r"EveryNth\(n=2, faults=\[\]\) changes nothing; give it a fault"),
        (lambda: FirstN(-1, DOWN), "n= of FirstN takes a whole number, 1 or more; got -1"),
        (lambda: FirstN(True, DOWN), "n= of FirstN takes a whole number, 1 or more; got True"),
        (lambda: Flapping(0, 1, DOWN), "up= of Flapping takes a whole number, 1 or more; got 0"),
        (lambda: Flapping(1, 1.5, DOWN), "down= of Flapping takes a whole number, 1 or more; got 1.5"),  # type: ignore[arg-type]
        (
            lambda: Mix([DOWN]),
            r"needs two alternatives or more, such as Mix\(\[\], \[faults.TryLater\(\)\]\)",
        ),
    ],
)
def test_a_sequence_that_makes_no_sense(make: Callable[[], Any], sentence: str) -> None:
    """Refused where it is written."""
    with pytest.raises((TypeError, ValueError), match=sentence):
        make()


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        (EveryNth(2, faults.TryLater()), TypeError, r"TryLater\(\) is a fault of the OCSP envelope layer"),
        (
            Mix([], [faults.Refused()], seed=1),
            ValueError,
            r"\(Refused\(\),\) in a sequence: a refused connection",
        ),
        (FirstN(1, faults.SlowAccept()), ValueError, "one kept waiting is not yet one"),
        (Flapping(1, 1, "down"), TypeError, r"takes faults, such as faults.Stale\(\); got 'down'"),  # type: ignore[arg-type]
        (DOWN, TypeError, r"got HttpStatus\(.*; faults that stay the same go to respond_with\(\)"),
        (EveryNth, TypeError, r"got <class 'mockpki.sequences.EveryNth'>"),
        ([DOWN], TypeError, r"respond_by\(\) takes a function of the request, such as EveryNth"),
    ],
    ids=repr,
)
def test_what_a_service_cannot_have_is_refused_at_once(
    pki: PKI, given: Any, kind: type[Exception], sentence: str
) -> None:
    """Before any request, and what was in force stays."""
    pki.crl.respond_with(faults.HttpStatus(404))
    with pytest.raises(kind, match=sentence):
        pki.crl.respond_by(given)
    assert codes(pki.crl, 1) == [404]


def test_after_the_pki_is_closed() -> None:
    """It is too late to set anything; a block that is still open ends quietly."""
    with PKI() as pki:
        block = pki.crl.respond_by(EveryNth(2, DOWN))
    with pytest.raises(ValueError, match="is closed; faults can only be set while its PKI is open"):
        pki.crl.respond_by(EveryNth(2, DOWN))
    with block:
        pass
