"""The plugin, from outside: whole runs of pytest in a process of their own."""

import subprocess
import sys

import pytest

import mockpki
from mockpki import faults
from tests.kit.inner_pytest import inner


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


def test_variables_are_set_for_a_test(pytester: pytest.Pytester) -> None:
    """With ``pki_environ`` this process and its children trust the root; before and after it nobody does."""
    result = inner(
        pytester,
        """
import os, subprocess, sys, urllib.error

FETCH = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"

def trusts(pki):
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        return not subprocess.run([sys.executable, "-c", FETCH, server.url], stderr=-3).returncode

def test_without(pki):
    assert not trusts(pki)

def test_with(pki, pki_environ):
    assert trusts(pki)
    assert pki_environ == {name: os.environ[name] for name in pki_environ}
    assert os.environ["SSL_CERT_FILE"] == pki.ca_file

def test_after(pki):
    assert "PGSSLROOTCERT" not in os.environ
    assert not trusts(pki)
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
            "E*@pytest.mark.pki of test_misspelt: PKI has no option 'depht'; did you mean depth?*",
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
    others = ("cacheprovider", "asyncio", "xdist", "hypothesispytest", "schemathesis", "anyio")
    only_ours = [word for name in others for word in ("-p", f"no:{name}")]
    pytester.runpytest_subprocess(*only_ours).assert_outcomes(passed=2)


# One PKI for several tests.

SHARED = """
import unittest, urllib.request, urllib.error
from datetime import timedelta

@pytest.fixture(scope="session")
def shared(pki_factory):
    return pki_factory(depth=2)

@pytest.fixture
def pki(shared):
    yield shared
    shared.reset()
"""


def test_a_pki_of_a_whole_session_is_clean_for_each_test(pytester: pytest.Pytester) -> None:
    """With the recipe faults, records and the clock of one test are not the next one's; certificates are."""
    pytester.makeconftest(f"import pytest\nfrom mockpki import PKI\n{SHARED}")
    result = inner(
        pytester,
        """
import datetime
from mockpki import sequences
LEAVES = []

def test_leaves_everything(pki):
    LEAVES.append(pki.issue_cert("localhost"))
    pki.revoke(LEAVES[0])
    pki.crl.respond_with(faults.HttpStatus(503))
    pki.root.crl.respond_by(sequences.EveryNth(1, [faults.HttpStatus(500)]))
    pki.clock.shift(datetime.timedelta(days=9))
    pki.clock.stop()
    assert get(pki.root.crl.url) == 500
    server = pki.tls_server(LEAVES[0])
    LEAVES.append(server.__enter__())

def test_finds_nothing_of_it(pki, shared):
    assert pki is shared and len(pki.cas) == 3
    assert pki.root.crl.requests == [] and LEAVES[1].connections == []
    assert get(pki.crl.url) == get(pki.root.crl.url) == 200
    assert not pki.clock.stopped and abs(pki.clock.offset) < datetime.timedelta(seconds=2)
    assert pki.crl.crl() and LEAVES[0].issuer is pki.ca
    from cryptography import x509
    assert [one.serial_number for one in x509.load_der_x509_crl(pki.crl.crl())] == [LEAVES[0].serial_number]
""",
    )
    result.assert_outcomes(passed=2)


def test_a_pki_inside_an_object_is_checked_test_by_test(pytester: pytest.Pytester) -> None:
    """What one test leaves fails that test, and no other: a script, and an error in the background."""
    result = inner(
        pytester,
        """
class World:
    def __init__(self, pki):
        self.held = {"in": [pki]}

@pytest.fixture(scope="module")
def world():
    with PKI() as pki:
        yield World(pki)

def test_leaves_a_script(world):
    world.held["in"][0].crl.script([faults.HttpStatus(503)])

def test_is_not_blamed(world):
    assert get(world.held["in"][0].root.crl.url) == 200

def test_breaks_a_service(world):
    world.held["in"][0].crl.respond_by(lambda incoming: 1 / 0)
    assert get(world.held["in"][0].crl.url) == 500

def test_is_not_blamed_either(world):
    world.held["in"][0].reset()
    assert get(world.held["in"][0].crl.url) == 200
""",
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*the script of the CRL publisher*not used up*", "*ZeroDivisionError*"])


def test_reset_says_what_was_left() -> None:
    """Without pytest, it is where a script is told of; and it is clean afterwards, and once."""
    with mockpki.PKI() as pki:
        pki.crl.script([faults.HttpStatus(503)])
        with pytest.raises(AssertionError, match="was not used up"):
            pki.reset()
        pki.reset()
        assert pki.crl.requests == []
    with pytest.raises(ValueError, match="this PKI is closed"):
        pki.reset()


def test_a_failing_test_shows_what_came(pytester: pytest.Pytester) -> None:
    """Requests and handshakes of this test alone, of every PKI; a test that passes shows nothing."""
    result = inner(
        pytester,
        """
@pytest.fixture(scope="module")
def world():
    with PKI() as pki:
        yield [pki]

def test_before(world):
    assert get(world[0].crl.url) == 200

def test_fails(world):
    for _ in range(25):
        assert get(world[0].ca.ca_issuers.url) == 200
    with world[0].tls_server(world[0].issue_cert("localhost")) as server:
        with pytest.raises(Exception):
            get(server.url)
    assert False

def test_nobody_came(pki):
    assert False
""",
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*- mockpki saw -*",
            "<TlsServer *>: once",
            "  *not completed*",
            "<caIssuers file of *>: 25 times",
            "  ... 5 before these",
            "  *GET *-> HTTP 200",
            "<OCSP responder *>: not asked",
            "<CRL publisher *>: not asked",
            "*- mockpki saw -*",
            "no request, and no client",
        ]
    )
    result.stdout.no_fnmatch_line("<CRL publisher*>: once")


UNITTEST = """
import unittest
from mockpki import scenarios

class TestByPytest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _take_pki(self, pki):
        self.pki = pki

    def test_revoked(self):
        leaf = self.pki.issue_cert("localhost")
        self.pki.revoke(leaf)
        self.assertEqual(get(self.pki.ocsp.url.replace("/ocsp", "/nothing")), 200)

class TestAsync(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _take_pki(self, pki):
        self.pki = pki

    async def test_asked(self):
        import asyncio
        asyncio.get_running_loop().run_in_executor(None, get, self.pki.crl.url)
        request = await self.pki.crl.next_request()
        self.assertEqual(request.method, "GET")

class TestByItself(unittest.TestCase):
    def setUp(self):
        self.pki = self.enterContext(PKI())

    def test_crl(self):
        self.assertEqual(get(self.pki.crl.url), 200)

class TestLeaves(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _take_pki(self, pki):
        self.pki = pki

    def test_script(self):
        self.pki.crl.script([faults.HttpStatus(503)])

class TestScenarios(unittest.TestCase):
    @scenarios.parametrize(policy="hard-fail", only="ocsp-good")
    def test_table(self, scenario):
        pass

class TestPlain:
    @scenarios.parametrize(policy="hard-fail", only="ocsp-good")
    def test_table(self, scenario):
        assert scenario.name == "ocsp-good"
"""


def test_unittest(pytester: pytest.Pytester) -> None:
    """Classes of unittest, async ones too, get a PKI by a fixture of theirs; scenarios are looped over."""
    result = inner(pytester, UNITTEST)
    result.assert_outcomes(passed=4, failed=1, errors=1)
    result.stdout.fnmatch_lines_random(
        ["*pytest hands no parameters to the methods of a unittest.TestCase*", "*was not used up*"]
    )
