"""A case: a function that connects meets a scenario under a policy."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mockpki import relying_party, scenarios
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL, Verdict
from mockpki.scenarios import Case
from tests.kit import mail
from tests.kit.programs import need, run
from tests.kit.reference_client import by_name, careless, reference


class TestCheck:
    def test_verdicts(self) -> None:
        """False, an exception and a verdict reject; anything else accepts."""
        policy = replace(HARD_FAIL, sourceless_passes=False)
        case = Case(by_name("no-sources"), policy)

        def returns(value: object) -> Callable[[str, int, str], object]:
            def connect(host: str, port: int, ca_file: str) -> object:
                verdict = relying_party.check(host, port, ca=ca_file, server_name="localhost", policy=policy)
                told = value == "verdict" or verdict.accepted or not verdict.chain
                return verdict if told else value

            return connect

        assert case.check(returns(False)).outcome.words == "returned False"
        assert "no source could tell" in case.check(returns("verdict")).outcome.words
        for accepting in (None, True, 0):
            with pytest.raises(AssertionError, match="demands reject, and the client did accept"):
                case.check(returns(accepting))

    def test_mistakes(self) -> None:
        """A mistake in the test's own function is no verdict."""

        def mistaken(host: str) -> None:
            raise TypeError(f"my own mistake with {host}")

        with pytest.raises(TypeError, match="my own mistake with 127"):
            Case(by_name("ocsp-revoked"), HARD_FAIL).check(mistaken)
        with pytest.raises(FileNotFoundError, match="no-such-client"):
            Case(by_name("no-sources"), HARD_FAIL).check(lambda: subprocess.run(["no-such-client"]))

    def test_parameters(self) -> None:
        """A function that connects takes what there is to take, by name."""
        case = Case(by_name("staple-good"), SOFT_FAIL)
        got: dict[str, Any] = {}

        def everything(**where: Any) -> Verdict:
            got.update(where)
            return reference(SOFT_FAIL)(where["host"], where["port"], where["ca_file"], where["server_name"])

        case.check(everything)
        assert tuple(got) == scenarios.TARGET_NAMES
        assert got["url"] == f"https://localhost:{got['port']}/"
        assert (got["ocsp_url"], got["crl_url"]) == ("", "")
        Case(by_name("ocsp-unresolvable"), SOFT_FAIL).check(everything)
        assert got["ocsp_url"].endswith(".invalid/ocsp")
        Case(by_name("crl-good"), SOFT_FAIL).check(everything)
        assert got["crl_url"].endswith(".crl")
        wrong: Any = None
        with pytest.raises(TypeError, match="has no parameter 'cafile'; did you mean ca_file"):
            case.check(lambda cafile: wrong)
        with pytest.raises(TypeError, match="has no parameter 'zzz'; it can have host, port"):
            case.check(lambda zzz: wrong)
        with pytest.raises(TypeError, match="takes a function that connects"):
            case.check(wrong)
        assert case.check(lambda url, ca_file, verbose=True: careless(url, ca_file)).ok

    def test_what_it_is(self) -> None:
        """It is called like its scenario, and knows what the policy demands."""
        case = Case(by_name("ocsp-revoked"), HARD_FAIL)
        assert str(case) == case.name == "ocsp-revoked"
        assert case.sentence == case.scenario.sentence
        assert case.expected == case.scenario.expected(HARD_FAIL)


# Other protocols, and sessions.


def send_mail(port: int, ca_file: str) -> bool:
    """curl over SMTP, which requires TLS and a staple."""
    command = (
        need("curl"),
        "-q",
        "-sS",
        "--noproxy",
        "*",
        "--ssl-reqd",
        "--cert-status",
        "--cacert",
        ca_file,
    )
    return run(*command, "-X", "NOOP", f"smtp://localhost:{port}").returncode == 0


def test_a_client_that_sends_mail() -> None:
    """It is judged in its own protocol, control included, and without anybody who speaks it not at all."""
    spoken: dict[str, Any] = {"handler": mail.speak, "before_tls": mail.starttls}
    good, revoked = scenarios.cases("staple-required", only=["staple-good", "staple-revoked"])
    assert good.check(send_mail, **spoken).outcome.accepted
    assert not revoked.check(send_mail, **spoken).outcome.accepted
    with pytest.raises(AssertionError, match="not judged"):
        good.check(send_mail, handler=mail.speak, before_tls=lambda sock: sock.sendall(b"554 no\r\n"))


def test_a_client_of_asyncio_that_speaks_first() -> None:
    """`check_async` and `staged` take the same."""
    (case,) = scenarios.cases("no-check", only="staple-good")

    async def connect(host: str, port: int, ca_file: str) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.readexactly(2) == b"go"
        await writer.start_tls(ssl.create_default_context(cafile=ca_file), server_hostname="localhost")
        assert await reader.readexactly(2) == b"ok"
        writer.close()

    asyncio.run(
        case.check_async(
            connect,
            handler=lambda sock: sock.sendall(b"ok"),
            before_tls=lambda sock: sock.sendall(b"go"),
        )
    )
    with case.staged(before_tls=lambda sock: sock.sendall(b"go")) as stage:
        for target in stage.visits():
            with socket.create_connection((target.host, target.port), timeout=10) as sock:
                assert sock.recv(2) == b"go"


class Resuming:
    """A client that looks at the staple where it is shown one, and resumes a session where it *resumes*.

    With *careless*, it looks nowhere.
    """

    def __init__(self, *, resumes: bool, careless: bool = False) -> None:
        self.resumes, self.careless = resumes, careless
        self.sessions: dict[int, ssl.SSLSession] = {}
        self.contexts: dict[int, ssl.SSLContext] = {}

    def __call__(self, host: str, port: int, ca_file: str) -> bool:
        context = self.contexts.setdefault(port, ssl.create_default_context(cafile=ca_file))
        session = self.sessions.get(port)
        if session is None and not self.careless:
            verdict = relying_party.check(host, port, ca=ca_file, policy="hard-fail", server_name="localhost")
            if not verdict.accepted:
                return False
        with (
            socket.create_connection((host, port), timeout=10) as sock,
            context.wrap_socket(sock, server_hostname="localhost", session=session) as tls,
        ):
            tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while tls.recv(1 << 16):
                pass
            if self.resumes and tls.session is not None:
                self.sessions[port] = tls.session
            return True


def test_a_session_since_which_the_certificate_was_revoked() -> None:
    """Who resumes may accept; who makes a whole handshake is told, and has to reject."""
    (case,) = scenarios.cases("hard-fail", only="session-revoked-since")
    assert (case.expected.verdict, case.expected.if_whole) == ("either", "reject")
    assert "RFC 8446 section 2.2" in case.expected.reason
    resumed = case.check(Resuming(resumes=True))
    assert (resumed.outcome.accepted, resumed.seen.resumed) == (True, True)
    whole = case.check(Resuming(resumes=False))
    assert (whole.outcome.accepted, whole.seen.resumed) == (False, False)
    with pytest.raises(AssertionError) as caught:
        case.check(Resuming(resumes=False, careless=True))
    first, _, demanded, *_ = str(caught.value).splitlines()
    assert first == "session-revoked-since: the policy demands reject, and the client did accept"
    assert demanded.startswith("expected: reject: it has resumed no session; else either: RFC 8446 section")
    assert resumed.expectation == case.expected
