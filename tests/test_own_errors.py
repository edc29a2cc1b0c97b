"""What fails in code of the test's own fails the test, whatever fails and wherever it is called."""

import asyncio
import contextlib
import http.client
import unittest
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from mockpki import PKI, TlsServer, faults, staplers, wsgi
from tests.kit.asking import cert_id, question
from tests.kit.inner_pytest import inner
from tests.kit.staple_reader import capture
from tests.kit.staples import BLOCKING, START

Fail = Callable[[], NoReturn]


class UnsayableError(Exception):
    """Has no text: asked for one it fails."""

    def __str__(self) -> str:
        pytest.fail("there is no text")


class NotedError(Exception):
    """Has no room for notes."""

    __notes__ = None  # type: ignore[assignment]


ERRORS: dict[str, BaseException] = {
    "Exception": Exception("the mistake in it"),
    "no text at all": ValueError(),
    "AssertionError": AssertionError("the mistake in it"),
    "fail": pytest.fail.Exception("the mistake in it"),
    "skip": pytest.skip.Exception("not here"),
    "SkipTest": unittest.SkipTest("not here"),
    "xfail": pytest.xfail.Exception("not yet"),
    "exit": pytest.exit.Exception("no more"),
    "SystemExit": SystemExit("the mistake in it"),
    "KeyboardInterrupt": KeyboardInterrupt("the mistake in it"),
    "GeneratorExit": GeneratorExit("the mistake in it"),
    "StopIteration": StopIteration("the mistake in it"),
    "TimeoutError": TimeoutError("the mistake in it"),
    "CancelledError": asyncio.CancelledError("the mistake in it"),
    "unsayable": UnsayableError("never said"),
    "a lone surrogate": ValueError("half of a pair: \ud800"),
    "no room for notes": NotedError("the mistake in it"),
    "a group": BaseExceptionGroup("two", [ValueError("\udcff"), KeyboardInterrupt()]),
}


# Faults, one a layer, which fail.


@dataclass(frozen=True)
class Failing:
    """Calls *fail* when it is to bend something, and also when it is asked what it is."""

    fail: Fail

    def __call__(self, honest: Any) -> Any:
        self.fail()

    def __repr__(self) -> str:
        self.fail()


def failing(layer: type[Any], fail: Fail) -> Any:
    """A fault of *layer* that fails."""
    return type("Own", (Failing, layer), {"__doc__": "Fails."})(fail)


# Clients: each returns when its exchange is over, however it ends.


def ask(pki: PKI) -> int:
    """The HTTP status of an answer of the responder."""
    connection = http.client.HTTPConnection(urlsplit(pki.ocsp.url).netloc, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", "/ocsp", question(cert_id(pki.issue_cert("localhost"))))
        return connection.getresponse().status


def visit(pki: PKI, server: TlsServer) -> None:
    """Ask for a staple, and wait for the end of the connection, which the server has to come to."""
    with contextlib.suppress(ConnectionError):
        capture(pki, server, "TLSv1.3")


# Places where code of the test's own is called: each has *fail* called once.


def in_a_fault(layer: type[Any]) -> Callable[[PKI, Fail], None]:
    """A fault of *layer*, of the responder."""

    def place(pki: PKI, fail: Fail) -> None:
        with pki.ocsp.respond_with(failing(layer, fail)):
            assert ask(pki) == 500
        (request,) = pki.ocsp.requests
        assert "HTTP 500" in str(replace(request, faults=()))

    return place


def in_a_script(pki: PKI, fail: Fail) -> None:
    """A fault of a script."""
    pki.ocsp.script([failing(faults.Timing, fail)])
    assert ask(pki) == 500


def in_a_chooser(pki: PKI, fail: Fail) -> None:
    """What `respond_by` was given."""
    with pki.ocsp.respond_by(lambda incoming: fail()):
        assert ask(pki) == 500


def behind_wsgi(pki: PKI, fail: Fail) -> None:
    """A fault, where somebody else's server asks for the answer."""
    with pki.ocsp.respond_with(failing(faults.HTTP, fail)):
        assert Client(wsgi.application(pki)).post("/ocsp", data=b"none").status_code == 500


def in_a_late_answer(pki: PKI, fail: Fail) -> None:
    """What a fault sends, which fails when it is sent."""

    class Late(bytes):
        def __len__(self) -> int:
            return fail()

    class Own(faults.Transport):
        """Sends what fails when it is sent, after a while."""

        def __call__(self, honest: faults.Wire) -> faults.Wire:
            return (faults.Wait(0.01), faults.Trickle(Late(), 1, 0.01))

    with pki.ocsp.respond_with(Own()), pytest.raises(ConnectionError):
        ask(pki)


def in_a_handler(pki: PKI, fail: Fail) -> None:
    """The handler of a TLS server."""
    with pki.tls_server(pki.issue_cert("localhost"), handler=lambda sock: fail()) as server:
        visit(pki, server)


def in_a_stapler(pki: PKI, fail: Fail) -> None:
    """The function that makes a staple."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=lambda leaf: fail()) as server:
        visit(pki, server)


def in_a_staple_fault(layer: type[Any]) -> Callable[[PKI, Fail], None]:
    """A fault of a staple."""

    def place(pki: PKI, fail: Fail) -> None:
        def bend(self: Any, honest: Any) -> Any:
            # What a staple is made of is looked at when the server is made, too.
            return fail() if armed else honest

        armed = False
        own = type("Own", (layer,), {"__doc__": "Fails.", "__call__": bend})()
        with pki.tls_server(pki.issue_cert("localhost"), staple=[own]) as server:
            armed = True
            visit(pki, server)

    return place


def in_a_function_that_issues(pki: PKI, fail: Fail) -> None:
    """The function that issues leaves."""
    with pki.tls_server(lambda name: fail()) as server:
        visit(pki, server)


@dataclass(frozen=True)
class Rule(staplers.BeforeEnd):
    """A rule of the test's own, which fails."""

    fail: Fail = lambda: pytest.fail("there is nothing to call")

    def at(self, now: datetime, this_update: datetime, end: datetime | None) -> datetime:
        self.fail()


def in_a_rule(pki: PKI, fail: Fail) -> None:
    """A rule of a stapling policy."""
    rule = Rule(timedelta(hours=1), fail)
    with pki.tls_server(pki.issue_cert("localhost"), staple=replace(BLOCKING, refresh=rule)) as server:
        visit(pki, server)


def in_a_rule_at_the_start(pki: PKI, fail: Fail) -> None:
    """The same before there is a handshake."""
    rule = Rule(timedelta(hours=1), fail)
    with pki.tls_server(pki.issue_cert("localhost"), staple=replace(START, refresh=rule)) as server:
        server.stapler.settle()


LAYERS = (
    faults.Timing, faults.OCSPContent, faults.Signing, faults.ToBeSigned, faults.Sealing, faults.Envelope,
    faults.Encoding, faults.HTTP, faults.Transport,
)  # fmt: skip
PLACES: dict[str, Callable[[PKI, Fail], None]] = {
    **{f"a fault of {layer.layer}": in_a_fault(layer) for layer in LAYERS},
    **{f"a staple of {layer.layer}": in_a_staple_fault(layer) for layer in (faults.Timing, faults.Stapling)},
    "a script": in_a_script,
    "a chooser": in_a_chooser,
    "WSGI": behind_wsgi,
    "a late answer": in_a_late_answer,
    "a handler": in_a_handler,
    "a stapler": in_a_stapler,
    "a function that issues": in_a_function_that_issues,
    "a rule of a policy": in_a_rule,
    "a rule at the start": in_a_rule_at_the_start,
}


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("place", PLACES)
def test_every_error_reaches_the_test(place: str, kind: str) -> None:
    """Itself, once, from everywhere; the client is answered or let go, and the services go on."""
    error = ERRORS[kind]

    def fail() -> NoReturn:
        raise error

    with PKI() as pki:
        PLACES[place](pki, fail)
        with pytest.raises(BaseException) as caught:  # noqa: PT011
            pki.check()
        # Python lets no StopIteration out of a coroutine, but as the cause of another error.
        assert error in (caught.value, caught.value.__cause__)
        pki.ocsp.reset()
        assert ask(pki) == 200


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_told_beside_the_tests_own(kind: str) -> None:
    """A test that fails for a reason of its own fails for that; what failed meanwhile is said in a text."""

    def fail() -> NoReturn:
        raise ERRORS[kind]

    def block() -> None:
        with PKI() as pki, pki.ocsp.respond_by(lambda incoming: fail()):
            assert ask(pki) == 500
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        block()
    error = ERRORS[kind]
    each = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
    told = [note for note in caught.value.__notes__ if "meanwhile" in note]
    assert [type(one).__name__ in note for one, note in zip(each, told, strict=True)] == [True] * len(each)
    assert all(note.encode() for note in told)


def test_what_pytest_makes_of_them(pytester: pytest.Pytester) -> None:
    """Skip and xfail in code on another thread skip the test, or have it fail as expected; all else fails it.

    Two that skip do so once, and beside a failure they save nothing. What fails in a handler is no less.
    """
    result = inner(
        pytester,
        """
import sys, unittest

class Unsayable(Exception):
    def __str__(self):
        raise KeyError("no text")

def raise_it(error):
    raise error

ONE_EACH = {
    "passed": lambda: None,
    "skip": lambda: pytest.skip("not here"),
    "SkipTest": lambda: raise_it(unittest.SkipTest("not here")),
    "xfail": lambda: pytest.xfail("not yet"),
    "fail": lambda: pytest.fail("the mistake in it"),
    "exit": lambda: sys.exit("the mistake in it"),
    "unsayable": lambda: raise_it(Unsayable()),
    "surrogate": lambda: raise_it(ValueError("half of a pair: \\ud800")),
    "error": lambda: raise_it(AssertionError("the mistake in it")),
}

def choose(fail):
    return lambda incoming: fail() or []

@pytest.mark.parametrize("kind", ONE_EACH)
def test_in_a_chooser(pki, kind):
    pki.crl.respond_by(choose(ONE_EACH[kind]))
    get(pki.crl.url)

@pytest.mark.parametrize("kind", ONE_EACH)
def test_in_a_handler(pki, kind):
    import socket, ssl
    context = ssl.create_default_context(cafile=pki.ca_file)
    with pki.tls_server(pki.issue_cert("localhost"), handler=lambda sock: ONE_EACH[kind]()) as server:
        with socket.create_connection((server.host, server.port)) as sock:
            with context.wrap_socket(sock, server_hostname="localhost") as tls:
                assert tls.recv(1) == b""

def test_skip_twice(pki):
    pki.crl.respond_by(choose(ONE_EACH["skip"]))
    get(pki.crl.url), get(pki.crl.url)

def test_skip_beside_an_error(pki):
    with pki.crl.respond_by(choose(ONE_EACH["skip"])):
        get(pki.crl.url)
    pki.crl.respond_by(choose(ONE_EACH["error"]))
    get(pki.crl.url)
""",
    )
    result.assert_outcomes(passed=2, skipped=5, xfailed=2, failed=11)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.fnmatch_lines(["*several things failed in the background (2 sub-exceptions)*"])


def test_what_pytest_makes_of_a_fault_that_does_not_return(pytester: pytest.Pytester) -> None:
    """The test fails itself, once and not in its teardown, and is told where; the next one is not held up."""
    result = inner(
        pytester,
        """
import socket, time

class Stuck(faults.HTTP):
    '''Never returns.'''
    def __call__(self, honest):
        while True:
            self.linger()
    def linger(self):
        time.sleep(0.01)

def test_stuck(pki):
    pki.crl.respond_with(Stuck())
    with pki.tls_server(pki.issue_cert("localhost")), pki.tls_server(pki.issue_cert("localhost")):
        threading.Thread(target=get, args=(pki.crl.url,), daemon=True).start()
        time.sleep(0.5)

def test_next(pki):
    assert get(pki.crl.url) == 200
""",
        "-W",
        "ignore::pytest.PytestUnhandledThreadExceptionWarning",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["E*TimeoutError: the services have been busy for 2 s*.py:*, in *"])
