"""The plugin, from outside: whole runs of pytest in a process of their own."""

import subprocess
import sys

import pytest

HEAD = """
import http.client
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit
import pytest
from mockpki import PKI, faults

def get(url):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", urlsplit(url).path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()

@dataclass(frozen=True)
class Mine(faults.HTTP):
    '''A fault of the user's own, with a mistake in it.'''
    error: type = KeyError
    def __call__(self, honest):
        raise self.error("the mistake in it")
"""

OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-W", "error", "--strict-markers")


def inner(pytester: pytest.Pytester, body: str, *options: str) -> pytest.RunResult:
    """A run of pytest over a test module with *body*."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(HEAD + body)
    return pytester.runpytest_subprocess(*OPTIONS, *options)


def test_the_fixture_is_fresh_for_each_test(pytester: pytest.Pytester) -> None:
    """Two tests get two PKIs; what one did to its own is not seen by the next."""
    result = inner(
        pytester,
        """
SEEN = []

@pytest.mark.parametrize("time", [1, 2])
def test_one(pki, time):
    assert isinstance(pki, PKI)
    pki.crl.assert_not_asked()
    assert get(pki.crl.url) == 200
    pki.crl.respond_with(faults.Refused())
    SEEN.append(pki.ca.certificate.subject)

def test_two():
    assert len(set(SEEN)) == 2
    assert not [thread for thread in threading.enumerate() if thread.name == "mockpki"]
""",
    )
    result.assert_outcomes(passed=3)


def test_the_marker_gives_options(pytester: pytest.Pytester) -> None:
    """``@pytest.mark.pki(depth=2)`` makes such a PKI, from a class and from the nearest marker too."""
    result = inner(
        pytester,
        """
@pytest.mark.pki(depth=2, key_type="Ed25519")
class TestDeep:
    def test_one(self, pki):
        assert len(pki.cas) == 3

    @pytest.mark.pki(depth=0, delegated=True)
    def test_two(self, pki):
        assert pki.cas == (pki.root,)
""",
    )
    result.assert_outcomes(passed=2)


def test_a_wrong_option_is_an_error(pytester: pytest.Pytester) -> None:
    """The marker is not ignored where it is wrong."""
    result = inner(
        pytester,
        """
@pytest.mark.pki(depht=2)
def test_misspelt(pki): pass

@pytest.mark.pki(2)
def test_without_a_name(pki): pass

@pytest.mark.pki(key_type="DSA")
def test_no_such_value(pki): pass
""",
    )
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "E*unexpected keyword argument 'depht'*",
            "E*takes options by name, such as depth=2; got (2,)*",
            "E*'DSA' is no key type*",
        ]
    )


def test_the_marker_and_the_fixture_are_documented(pytester: pytest.Pytester) -> None:
    """pytest's own lists say what they are for."""
    listed = pytester.runpytest_subprocess("--markers").stdout
    listed.fnmatch_lines(["@pytest.mark.pki([*][*]options): *"])
    listed = pytester.runpytest_subprocess("--fixtures").stdout
    listed.fnmatch_lines(["pki -- *", "*A fresh `mockpki.PKI` for this test*"])


# Failures of the background.


def test_the_background_fails_the_test_itself(pytester: pytest.Pytester) -> None:
    """The test that caused it is the one that fails, once and not in its teardown, with a sentence."""
    result = inner(
        pytester,
        """
import socket, ssl

def test_fault(pki):
    pki.crl.respond_with(Mine())
    assert get(pki.crl.url) == 500

def test_pytest_fail(pki):
    pki.crl.respond_with(Mine(error=pytest.fail.Exception))
    assert get(pki.crl.url) == 500

def test_script(pki):
    pki.ocsp.script([faults.TryLater()], [])

def test_indirect(request):
    request.getfixturevalue("pki").crl.script([])

def test_handler(pki):
    context = ssl.create_default_context()
    pki.configure_trust(context)

    def handler(sock):
        raise KeyError("the mistake in it")

    with pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server:
        with socket.create_connection((server.host, server.port)) as sock:
            with context.wrap_socket(sock, server_hostname="localhost") as tls:
                assert tls.recv(1) == b""

def test_several(pki):
    pki.crl.respond_with(Mine())
    pki.ocsp.script([faults.TryLater()])
    assert get(pki.crl.url) == 500

def test_next(pki):
    assert get(pki.crl.url) == 200
""",
    )
    result.assert_outcomes(failed=6, passed=1)
    result.stdout.fnmatch_lines(
        [
            *("*__ test_fault __*", ">*raise self.error*", "E*KeyError: 'the mistake in it'"),
            "E*mockpki: raised in the CRL publisher * while it answered with [[]Mine(*",
            *("*__ test_pytest_fail __*", ">*raise self.error*", "E*mockpki: raised in the CRL publisher*"),
            *("*__ test_script __*", "E*AssertionError: the script of the OCSP responder *"),
            *("*__ test_indirect __*", "E*AssertionError: the script of the CRL publisher *"),
            *("*__ test_handler __*", ">*raise KeyError*", "E*mockpki: raised in the handler*"),
            *("*__ test_several __*", "*several things failed in the background (2 sub-exceptions)*"),
            *("*the mistake in it*", "*was not used up: the client made 0 of 1 requests, *"),
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_failed_test_fails_for_its_own_reason(pytester: pytest.Pytester) -> None:
    """What failed in the background is said beside the test's own failure, which stays what it was."""
    result = inner(
        pytester,
        """
def test_one(pki):
    pki.crl.respond_with(Mine())
    pki.ocsp.script([faults.TryLater()])
    assert get(pki.crl.url) == 200
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*assert get(pki.crl.url) == 200",
            "E*assert 500 == 200",
            "E*mockpki: meanwhile, in the background: KeyError: 'the mistake in it'*",
            "E*mockpki: meanwhile, in the background: AssertionError: the script * was not used up*",
            "FAILED *::test_one - AssertionEr*",
        ]
    )


def test_skipped_and_expected_failures_stay_so(pytester: pytest.Pytester) -> None:
    """A test that skips or fails on purpose is not turned into another outcome by an unused script."""
    result = inner(
        pytester,
        """
def test_skip(pki):
    pki.ocsp.script([])
    pytest.skip("not today")

@pytest.mark.xfail(strict=True)
def test_xfail(pki):
    pki.ocsp.script([])
""",
    )
    result.assert_outcomes(skipped=1, xfailed=1)


def test_a_fixture_of_the_users_own(pytester: pytest.Pytester) -> None:
    """A PKI that comes from another fixture fails its test in the same way."""
    result = inner(
        pytester,
        """
@pytest.fixture(scope="module")
def deep():
    with PKI(depth=2) as made:
        yield made

@pytest.fixture
def client(deep):
    return lambda: get(deep.crl.url)

def test_one(client):
    assert client() == 200

def test_two(client, deep):
    deep.crl.respond_with(Mine())
    assert client() == 500

def test_three(client, deep):
    deep.crl.respond_with()
    assert client() == 200
""",
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_two - KeyError: *"])


# Company.


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
@pytest.mark.pki(depth=0)
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

def check(pki):
    # This waits on the loop's own timer, which a frozen clock would never let ring.
    pki.crl.respond_with(faults.Slow(by=timedelta(milliseconds=20)))
    assert get(pki.crl.url) == 200
    assert pki.crl.wait_for_request().time == THEN
    crl = x509.load_der_x509_crl(pki.crl.requests[0].answer.body)
    assert (crl.last_update_utc, crl.next_update_utc) == (THEN, THEN + timedelta(days=7))
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


# Cost.

HEAVY = (
    "OpenSSL", "asyncio", "click", "cryptography", "httptools", "idna", "rich", "tlslite", "werkzeug",
    "mockpki._ca.ca", "mockpki._engine", "mockpki._pki", "mockpki.faults", "mockpki.cli",
)  # fmt: skip


def test_the_plugin_imports_nothing_heavy() -> None:
    """Every run of pytest imports the plugin: it costs two small modules more than pytest itself."""
    code = (
        "import sys, pytest; before = set(sys.modules); import mockpki.pytest_plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    assert imported == ["mockpki", "mockpki.pytest_plugin"]


def test_a_run_without_the_fixture_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    """A suite that has the package installed and does not use it does not pay for it."""
    pytester.makepyfile(
        f"""
import sys

def test_one():
    pass

def test_after():
    assert "mockpki.pytest_plugin" in sys.modules
    assert [name for name in {HEAVY!r} if name in sys.modules] == []
"""
    )
    only_ours = ("-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:xdist", "-p", "no:hypothesispytest")
    pytester.runpytest_subprocess(*only_ours).assert_outcomes(passed=2)
