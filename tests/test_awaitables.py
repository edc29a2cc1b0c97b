"""Callables that must be awaited: refused where they are given, or when they return; never passed over."""

import asyncio
import concurrent.futures
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest.mock import AsyncMock

import pytest

from mockpki import PKI, faults
from mockpki._awaitables import refuse_async, refuse_awaitable
from tests.kit.asking import send
from tests.kit.endings import wait_until
from tests.kit.tls_clients import connected, context


async def coroutine_function(given: object) -> None:
    """Raises, if anyone ever runs it."""
    raise AssertionError(f"it was run with {given!r}")


async def async_generator_function(given: object) -> AsyncIterator[object]:
    """The same with a ``yield``."""
    yield given


def generator_function(given: object) -> Iterator[object]:
    """One that runs only while somebody asks for the next."""
    yield given


class Methods:
    """Callables that are no functions."""

    async def method(self, given: object) -> None:
        """A method with ``async``."""

    async def __call__(self, given: object) -> None:
        """An object that is called."""


ASYNC: dict[str, Callable[..., Any]] = {
    "coroutine function": coroutine_function,
    "async generator": async_generator_function,
    "generator": generator_function,
    "method": Methods().method,
    "object": Methods(),
    "partial": functools.partial(coroutine_function),
    "partial of a partial": functools.partial(functools.partial(Methods().method)),
    "async mock": AsyncMock(),
}
LATE: dict[str, Callable[..., Any]] = {
    "lambda around a coroutine function": lambda given: coroutine_function(given),
    "lambda around a generator": lambda given: generator_function(given),
    "future of an executor": lambda given: concurrent.futures.Future(),
}
PLAIN: dict[str, Callable[..., Any]] = {
    "function": lambda given: None,
    "builtin": repr,
    "class": dict,
    "partial": functools.partial(dict, a=1),
    "one that runs a loop": lambda given: asyncio.run(asyncio.sleep(0)),
}


@pytest.mark.parametrize("function", ASYNC.values(), ids=ASYNC)
def test_what_a_plain_call_does_not_run(function: Callable[..., Any]) -> None:
    """It is a TypeError that names the parameter, the function and the way out."""
    with pytest.raises(TypeError, match=r"handler= takes a plain function; .* is a .*: write it otherwise"):
        refuse_async(function, "handler=", "write it otherwise")


@pytest.mark.parametrize("function", LATE.values(), ids=LATE)
def test_what_turns_out_late(function: Callable[..., Any]) -> None:
    """A plain function that returns what somebody has to wait for is told of when it has returned."""
    refuse_async(function, "handler=", "")
    with pytest.raises(
        TypeError, match=r"handler= takes a function that is done when it returns; .* returned <"
    ):
        refuse_awaitable(function(1), function, "handler=")


@pytest.mark.parametrize("function", PLAIN.values(), ids=PLAIN)
def test_plain_functions_are_taken(function: Callable[..., Any]) -> None:
    """Whatever they return, if it is there."""
    refuse_async(function, "handler=", "")
    refuse_awaitable(function([]), function, "handler=")


def tls_server(pki: PKI, *leaves: Any, **options: Any) -> Any:
    """A TLS server, with a leaf where there is none."""
    return pki.tls_server(*(leaves or [pki.issue_cert("localhost")]), **options)


DOORS: dict[str, tuple[str, Callable[[PKI, Any], object]]] = {
    "handler": ("handler=", lambda pki, given: tls_server(pki, handler=given)),
    "staple": ("staple=", lambda pki, given: tls_server(pki, staple=given)),
    "issue": ("tls_server()", lambda pki, given: tls_server(pki, given)),
    "chooser of the responder": ("respond_by()", lambda pki, given: pki.ocsp.respond_by(given)),
    "chooser of the publisher": ("respond_by()", lambda pki, given: pki.crl.respond_by(given)),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("function", ASYNC.values(), ids=ASYNC)
def test_every_door_refuses_it(pki: PKI, door: str, function: Callable[..., Any]) -> None:
    """Before anything starts, by the name of the parameter; a plain function passes."""
    parameter, give = DOORS[door]
    with pytest.raises(TypeError) as refused:
        give(pki, function)
    assert str(refused.value).startswith(f"{parameter} takes a plain function; {function!r} is a ")
    give(pki, lambda given: None)


def touch(pki: PKI, server: Any) -> None:
    """A client that comes, and takes what it gets."""
    try:
        with server, connected(server, context(pki)) as tls:
            tls.recv(1)
            wait_until(lambda: server.connections[-1].closed)
    except OSError:
        pass


LATE_AT: dict[str, tuple[str, Callable[[PKI, Any], object]]] = {
    "handler": ("handler=", lambda pki, given: touch(pki, tls_server(pki, handler=given))),
    "issue": ("tls_server()", lambda pki, given: touch(pki, tls_server(pki, given))),
    "chooser": ("respond_by()", lambda pki, given: [pki.ocsp.respond_by(given), send(pki.ocsp.url)]),
}


@pytest.mark.parametrize("place", LATE_AT)
@pytest.mark.parametrize("function", LATE.values(), ids=LATE)
def test_what_turns_out_late_fails_the_test(place: str, function: Callable[..., Any]) -> None:
    """A problem of the PKI, which fails the test, and no warning of Python's alone."""
    parameter, use = LATE_AT[place]
    with PKI() as pki:
        use(pki, function)
        with pytest.raises(TypeError) as failed:
            pki.check()
    assert str(failed.value).startswith(f"{parameter} takes a function that is done when it returns; ")


def test_a_plain_chooser_chooses(pki: PKI) -> None:
    """The twin: what it returns is what the answer has."""
    pki.crl.respond_by(lambda incoming: faults.HttpStatus(418))
    assert send(pki.crl.url).status == 418
