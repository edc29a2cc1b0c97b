"""Waiting for a request without standing in the way of the client that is to send it."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from freezegun import freeze_time

from mockpki import PKI
from mockpki._engine.waiting import blocks_a_loop, wait_in_loop
from tests.kit.asking import send


async def fetch(url: str) -> bytes:
    """A client of the same loop."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def run(main: Callable[[], Awaitable[object]]) -> None:
    """A test's own loop, which must not stand still."""

    async def within() -> None:
        await main()

    asyncio.run(within())


def test_the_client_of_the_same_loop_comes(pki: PKI) -> None:
    """Awaited, its request is given; what came before, too, and each once."""

    async def main() -> None:
        for _ in range(2):
            task = asyncio.create_task(fetch(pki.crl.url))
            request = await pki.crl.next_request(30)
            assert request.path == "/ca.crl"
            assert (await task).startswith(b"HTTP/1.1 200")
        await fetch(pki.crl.url)
        assert await pki.crl.next_request(0) is pki.crl.requests[2]
        with pytest.raises(TimeoutError, match="after those returned before; it was asked 3 times"):
            await pki.crl.next_request(timedelta(milliseconds=10))

    run(main)


def test_nobody_comes(pki: PKI) -> None:
    """The TimeoutError says what was waited for; and the loop went on."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def main() -> None:
        task = asyncio.create_task(turn())
        with pytest.raises(TimeoutError) as nobody:
            await pki.ocsp.next_request(0.1)
        task.cancel()
        assert str(nobody.value) == (
            f"no request came to the OCSP responder of {pki.ca.common_name} within 0.1 s; "
            "it was never asked anything"
        )
        assert "\n" not in str(nobody.value)

    run(main)
    assert turns > 10


def test_under_freezegun_it_ends(pki: PKI) -> None:
    """The loop's clock stands still; the time-out does not, and a client is heard."""

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await pki.crl.next_request(0.05)
        task = asyncio.create_task(fetch(pki.crl.url))
        assert (await pki.crl.next_request(30)).method == "GET"
        await task

    with freeze_time("2031-02-03"):
        run(main)


def test_several_wait_and_one_gives_up(pki: PKI) -> None:
    """No request is given twice, and none is lost to a waiting that was cancelled."""

    async def main() -> None:
        gone, *waiting = [asyncio.create_task(pki.crl.next_request(30)) for _ in range(4)]
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(*(fetch(pki.crl.url) for _ in range(3)))
        got = await asyncio.gather(*waiting)
        assert {id(request) for request in got} == {id(request) for request in pki.crl.requests}
        with pytest.raises(asyncio.CancelledError):
            await gone

    run(main)


def test_waiting_in_the_way_of_a_loop_is_said(pki: PKI) -> None:
    """A coroutine that blocks its loop is told what to write; a plain test is not."""

    async def main() -> None:
        task = asyncio.create_task(fetch(pki.crl.url))
        with pytest.raises(
            TimeoutError, match=r"stood still meanwhile.*use `await \.\.\.\.next_request\(\)`"
        ):
            pki.crl.wait_for_request(0.1)
        await task
        assert pki.crl.wait_for_request(0.1).method == "GET"

    run(main)
    with pytest.raises(TimeoutError) as plain:
        pki.crl.wait_for_request(0.01)
    assert "loop" not in str(plain.value)


def test_a_loop_is_known_by_its_thread() -> None:
    """Only the thread that runs one is blocked by waiting."""

    async def main() -> tuple[bool, bool]:
        return blocks_a_loop(), await asyncio.to_thread(blocks_a_loop)

    assert asyncio.run(main()) == (True, False)
    assert not blocks_a_loop()


def test_what_comes_in_the_last_moment_is_given() -> None:
    """News from another thread wake it; it looks once more when the time is over, and unwatches always."""
    news: list[str] = []
    watching: list[Callable[[], None]] = []

    def watch(wake: Callable[[], None]) -> Callable[[], None]:
        watching.append(wake)
        return lambda: watching.remove(wake)

    def take() -> str | None:
        return news.pop() if news else None

    def later() -> None:
        time.sleep(0.05)
        news.append("there")
        watching[0]()

    async def main() -> tuple[str | None, str | None]:
        threading.Thread(target=later).start()
        return await wait_in_loop(take, watch, 30), await wait_in_loop(take, watch, 0.01)

    assert asyncio.run(main()) == ("there", None)
    assert watching == []


def test_a_client_of_another_thread_comes(pki: PKI) -> None:
    """The twin of all of them: a client that is no coroutine."""

    async def main() -> None:
        thread = threading.Thread(target=send, args=(pki.ca.ca_issuers.url,))
        thread.start()
        assert (await pki.ca.ca_issuers.next_request(30)).path == "/ca.crt"
        await asyncio.to_thread(thread.join)

    run(main)
