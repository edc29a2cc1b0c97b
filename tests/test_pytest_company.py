"""The plugin in company: with xdist, asyncio, freezegun, threads and unittest, each in a run of its own."""

import pytest

from tests.kit.inner_pytest import inner


def test_under_xdist(pytester: pytest.Pytester) -> None:
    """Two workers at once, each with its own PKIs; a failure comes back whole."""
    pytest.importorskip("xdist")
    result = inner(
        pytester,
        """
@pytest.mark.parametrize("number", range(30))
def test_many(pki, number):
    leaf = pki.issue_cert("localhost")
    assert get(pki.crl.url) == 200
    assert len(pki.crl.requests) == 1

def test_script(pki):
    pki.ocsp.script([faults.TryLater()])
""",
        "-n",
        "2",
    )
    result.assert_outcomes(passed=30, failed=1)
    result.stdout.fnmatch_lines(["*the script of the OCSP responder * was not used up*"])


def test_in_async_tests(pytester: pytest.Pytester) -> None:
    """A client on the test's own loop is answered, by services on theirs, TLS included."""
    pytest.importorskip("pytest_asyncio")
    result = inner(
        pytester,
        """
import asyncio, ssl

async def ask(url, **tls):
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port, **tls)
    try:
        writer.write(f"GET {urlsplit(url).path} HTTP/1.0\\r\\n\\r\\n".encode())
        return int((await reader.read()).split()[1])
    finally:
        writer.close()
        await writer.wait_closed()

@pytest.mark.asyncio
async def test_http(pki):
    assert await asyncio.gather(*(ask(pki.crl.url) for _ in range(20))) == [200] * 20
    pki.crl.assert_asked(times=20)

@pytest.mark.asyncio
async def test_waiting(pki):
    pki.crl.respond_with(faults.Hang())
    asking = asyncio.ensure_future(ask(pki.crl.url))
    await asyncio.to_thread(pki.crl.wait_for_request)
    assert not asking.done()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

@pytest.mark.asyncio
async def test_tls(pki):
    context = ssl.create_default_context()
    pki.configure_trust(context)
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        assert await ask(server.url, ssl=context) == 200
    assert server.connections[0].completed

@pytest.mark.asyncio
async def test_failure(pki):
    pki.crl.respond_with(Mine())
    assert await ask(pki.crl.url) == 500

@pytest.mark.asyncio
async def test_pki_in_a_coroutine():
    with PKI() as pki:
        assert await ask(pki.crl.url) == 200
""",
    )
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["E*KeyError: 'the mistake in it'", "FAILED *test_failure*"])


def test_with_freezegun(pytester: pytest.Pytester) -> None:
    """Frozen around the test or inside it: answers carry that time, and nothing stalls."""
    pytest.importorskip("freezegun")
    result = inner(
        pytester,
        """
from datetime import datetime, timedelta, timezone
from cryptography import x509
from freezegun import freeze_time

THEN = datetime(2031, 5, 4, 3, 2, 1, tzinfo=timezone.utc)
DATED = THEN - timedelta(minutes=10)

def check(pki):
    # This waits on the loop's own timer, which a frozen clock would never let ring.
    pki.crl.respond_with(faults.Slow(by=timedelta(milliseconds=20)))
    assert get(pki.crl.url) == 200
    assert pki.crl.wait_for_request().time == THEN
    crl = x509.load_der_x509_crl(pki.crl.requests[0].answer.body)
    assert (crl.last_update_utc, crl.next_update_utc) == (DATED, DATED + timedelta(days=7))
    assert pki.clock.now() == THEN
    with pytest.raises(TimeoutError):
        pki.ocsp.wait_for_request(timeout=0.05)

@freeze_time(THEN)
def test_around(pki):
    check(pki)

def test_inside(pki):
    with freeze_time(THEN):
        check(pki)
    pki.crl.reset()
    assert get(pki.crl.url) == 200
    assert abs(pki.crl.requests[0].time - datetime.now(timezone.utc)) < timedelta(hours=1)

@pytest.fixture
def frozen():
    with freeze_time(THEN):
        yield

def test_from_before_the_pki_to_after_it(frozen, pki):
    check(pki)

def test_made_inside():
    with freeze_time(THEN), PKI() as pki:
        check(pki)

@freeze_time(THEN, tick=True)
def test_ticking(pki):
    assert get(pki.crl.url) == 200
    assert THEN <= pki.crl.requests[0].time < THEN + timedelta(hours=1)
""",
    )
    result.assert_outcomes(passed=5)


def test_in_threads(pytester: pytest.Pytester) -> None:
    """Clients and users of one PKI may be in any thread; a failure in them is the test's."""
    result = inner(
        pytester,
        """
from concurrent.futures import ThreadPoolExecutor

def test_one(pki):
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: get(pki.crl.url), range(80))) == {200}
        leaves = list(threads.map(lambda n: pki.issue_cert(f"host{n}.example"), range(40)))
        list(threads.map(pki.revoke, leaves))
    pki.crl.assert_asked(times=80)

def test_two(pki):
    thread = threading.Thread(target=lambda: (pki.crl.respond_with(Mine()), get(pki.crl.url)))
    thread.start()
    thread.join()
""",
    )
    result.assert_outcomes(passed=1, failed=1)


def test_in_unittest_classes(pytester: pytest.Pytester) -> None:
    """A TestCase gets the fixture as pytest hands any to it."""
    result = inner(
        pytester,
        """
import unittest

class Test(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _pki(self, pki):
        self.pki = pki

    def test_one(self):
        self.assertEqual(get(self.pki.crl.url), 200)

    def test_two(self):
        self.pki.crl.script([])
""",
    )
    result.assert_outcomes(passed=1, failed=1)
