"""The function that connects: what has to be awaited is awaited, or refused."""

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from mockpki import PKI, relying_party
from mockpki.relying_party import HARD_FAIL, NO_CHECK, Verdict
from mockpki.scenarios import Case
from tests.kit.reference_client import by_name, reference


async def connect(host: str, port: int, ca_file: str) -> None:
    """Shakes hands, and checks nothing."""
    context = ssl.create_default_context(cafile=ca_file)
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname="localhost")
    writer.close()
    await writer.wait_closed()


async def strict(host: str, port: int, ca_file: str, server_name: str) -> Verdict:
    """The reference client, in a thread, so that the loop goes on."""
    return await asyncio.to_thread(reference(HARD_FAIL), host, port, ca_file, server_name)


class Client:
    """A client that can be called, and has to be awaited."""

    async def __call__(self, host: str, port: int, ca_file: str) -> None:
        await connect(host, port, ca_file)


def yields(url: str) -> Iterator[None]:
    """A generator."""
    yield


async def yields_later(url: str) -> AsyncIterator[None]:
    """An asynchronous generator."""
    yield


def promised(url: str) -> Future[bool]:
    """A future of a thread."""
    return Future()


class TestCheck:
    @pytest.mark.parametrize(
        ("client", "way_out"),
        [
            (connect, "await scenario.check_async(connect)"),
            (functools.partial(connect), "await scenario.check_async(connect)"),
            (Client(), "await scenario.check_async(connect)"),
            (lambda host, port, ca_file: connect(host, port, ca_file), "await scenario.check_async(connect)"),
            (promised, "let it return its result()"),
            (yields, "has a yield: nobody would go on with it"),
            (yields_later, "has a yield: nobody would go on with it"),
            (lambda url: yields(url), "let it return, and not yield"),
        ],
        ids=["function", "partial", "object", "lambda", "future", "generator", "async generator", "yielding"],
    )
    def test_what_has_not_ended(self, client: Callable[..., object], way_out: str) -> None:
        """What has not come to its end is no verdict: it is refused, and the sentence has the way out."""
        for name in ("ocsp-good", "ocsp-revoked"):
            for evidence in (True, False):
                with pytest.raises(TypeError) as caught:
                    Case(by_name(name), HARD_FAIL).check(client, evidence=evidence)
                assert way_out in str(caught.value)

    def test_run_to_its_end(self) -> None:
        """A coroutine that is run to its end is a client like any other."""
        case = Case(by_name("ocsp-revoked"), NO_CHECK)
        assert case.check(lambda host, port, ca_file: asyncio.run(connect(host, port, ca_file))).ok


class TestCheckAsync:
    @pytest.mark.parametrize("client", [connect, functools.partial(connect), Client()])
    def test_awaited(self, client: Callable[..., object]) -> None:
        """A coroutine function is awaited, and judged by what was seen: it checks nothing."""

        async def main() -> None:
            assert (await Case(by_name("ocsp-revoked"), NO_CHECK).check_async(client)).ok
            with pytest.raises(AssertionError, match="demands reject, and the client did accept"):
                await Case(by_name("ocsp-revoked"), HARD_FAIL).check_async(client)

        asyncio.run(main())

    def test_verdicts(self, pki: PKI) -> None:
        """What is awaited is read as what is returned: a verdict, False, an exception, or a future's."""

        async def main() -> None:
            for name in ("ocsp-good", "ocsp-revoked", "ocsp-recovers"):
                result = await Case(by_name(name), HARD_FAIL).check_async(strict, pki=pki)
                assert result.outcome.accepted is (name != "ocsp-revoked")
            plain = await Case(by_name("ocsp-revoked"), HARD_FAIL).check_async(reference(HARD_FAIL))
            assert plain.seen.asked == {"staple", "OCSP"}

            def in_a_thread(host: str, port: int, ca_file: str) -> Future[bool]:
                done: Future[bool] = Future()
                done.set_result(relying_party.check(host, port, ca=ca_file, server_name="localhost").accepted)
                return done

            assert (await Case(by_name("crl-revoked"), HARD_FAIL).check_async(in_a_thread)).ok

        asyncio.run(main())

    def test_not_judged(self) -> None:
        """The control is awaited, too; and mistakes are passed on."""

        async def fails(url: str) -> None:
            raise OSError("out of order")

        async def mistaken(url: str) -> None:
            raise TypeError("my own mistake")

        wrong: Any = yields_later

        async def main() -> None:
            with pytest.raises(AssertionError, match="ocsp-revoked: not judged: the client never came"):
                await Case(by_name("ocsp-revoked"), HARD_FAIL).check_async(fails)
            with pytest.raises(TypeError, match="my own mistake"):
                await Case(by_name("ocsp-revoked"), HARD_FAIL).check_async(mistaken)
            with pytest.raises(TypeError, match="has a yield"):
                await Case(by_name("ocsp-revoked"), HARD_FAIL).check_async(wrong)

        asyncio.run(main())
