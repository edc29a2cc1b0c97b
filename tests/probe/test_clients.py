"""`mockpki probe`: real clients in every scenario, and the policy that they behave like."""

import os
import re
import shlex
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from mockpki._probe import Client, Command, Probe, Run
from mockpki._programs.processes import Ended
from mockpki.cli import main
from mockpki.scenarios import TABLE, matching
from tests.kit import mail
from tests.kit.broken_clients import BROKEN, is_a_coroutine
from tests.kit.plain_server import plain_server
from tests.kit.programs import need

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no shell")

REFERENCE = """
import sys
from datetime import timedelta
from mockpki import relying_party

host, port, ca_file, policy, *crlite = sys.argv[1:]
verdict = relying_party.check(
    host, int(port), server_name="localhost", ca=ca_file, policy=relying_party.named(policy),
    timeout=timedelta(seconds=30), crlite=crlite[0] if crlite else None,
)
print(verdict)
sys.exit(not verdict.accepted)
"""


@pytest.fixture
def reference(tmp_path: Path) -> list[str]:
    """The command of the reference client, but for the policy it is to keep."""
    script = tmp_path / "client.py"
    script.write_text(REFERENCE)
    return [sys.executable, str(script), "{host}", "{port}", "{ca_file}"]


def probe(*arguments: str, env: dict[str, str] | None = None) -> Result:
    """`mockpki probe` on a terminal of 300 columns without colours."""
    return CliRunner().invoke(main, ["probe", *arguments], env={"COLUMNS": "300", **(env or {})})


def verdicts(result: Result) -> dict[str, str]:
    """The matrix: each scenario's verdict, with a mark in front if that is not as it should be."""
    rows = re.findall(r"^([! ]) ([a-z][a-z0-9-]+) +([a-z]+)(?: +-?\d+)? +\d+\.\d\d", result.output, re.M)
    return {name: f"{mark.strip()}{verdict}" for mark, name, verdict in rows}


class TestVerdicts:
    """How the end of a client is read."""

    COMMAND = Command(("x", "{url}"))

    @pytest.mark.parametrize(
        ("accept_when", "reject_when", "printed", "status", "accepted"),
        [
            (None, None, "", 0, True),
            (None, None, "", 1, False),
            ("good", None, "all is good", 1, True),
            ("good", None, "nothing", 0, False),
            ("^good$", None, "so it is\ngood\nhere", 0, True),
            (None, "revoked", "it is revoked", 0, False),
            (None, "revoked", "it is not", 0, True),
            (None, "revoked", "it is not", 1, False),
            ("good", "revoked", "good, and revoked", 0, False),
        ],
    )
    def test_read(
        self, accept_when: str | None, reject_when: str | None, printed: str, status: int, accepted: bool
    ) -> None:
        """The exit status is the verdict, unless what it prints is to tell; rejecting goes first."""
        patterns = [text and re.compile(text, re.MULTILINE) for text in (accept_when, reject_when)]
        client = Client(self.COMMAND, 10, *patterns)  # type: ignore[arg-type]
        assert client.outcome(Ended(status, printed, 1.5)).accepted is accepted

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (0, "exit status 0: the last line"),
            (7, "exit status 7: the last line"),
            (-11, "it was killed by SIGSEGV: the last line"),
            (-99, "it was killed by signal 99: the last line"),
            (None, "it had not ended after 10 s, and was killed with all it had started"),
        ],
    )
    def test_words(self, status: int | None, words: str) -> None:
        """How it ended is told with the last line it printed; a crash is no verdict, and so is hanging."""
        outcome = Client(self.COMMAND).outcome(Ended(status, "first\nthe last line\n\n", 1.5))
        assert (outcome.words, outcome.seconds) == (words, 1.5)
        assert (outcome.accepted is None) == (status is None or status < 0)


class TestClients:
    """Real programs, from the command line."""

    CURL = ("-q", "-sS", "-o", os.devnull, "--cacert", "{ca_file}")

    def test_curl_that_sends_mail(self) -> None:
        """The same over SMTP with STARTTLS, by functions that are named, and by a server of one's own."""
        only = [
            "--only",
            "staple-good",
            "--only",
            "staple-revoked",
            "--before-tls",
            "tests.kit.mail:starttls",
        ]
        mail_to = ["--noproxy", "*", "--ssl-reqd", "-X", "NOOP", "smtp://{server_name}:{port}"]
        command = ["--", need("curl"), *self.CURL, "--cert-status", *mail_to]
        with plain_server(mail.speak) as (host, port):
            for there in (["--handler", "tests.kit.mail:speak"], ["--forward-to", f"{host}:{port}"]):
                result = probe(*only, *there, "--jobs", "1", "--policy", "staple-required", *command)
                assert result.exit_code == 0, result.output
                assert verdicts(result) == {"staple-good": "accept", "staple-revoked": "reject"}
        without = probe("--only", "staple-good", "--timeout", "1", *command)
        assert without.exit_code == 4
        assert "The client does not end" in without.output

    def test_curl_that_wants_a_staple(self) -> None:
        """curl --cert-status is held to its manual: it verifies the server by the staple, and by no more."""
        only = ["--only", "staple-[grmu]*", "--only", "ocsp-good", "--only", "crl-good"]
        command = ["--", need("curl"), *self.CURL, "--cert-status", "{url}"]
        result = probe(*only, "--policy", "staple-required", *command)
        assert result.exit_code == 0, result.output
        assert verdicts(result) == {
            "staple-good": "accept", "staple-revoked": "reject", "staple-unknown": "reject",
            "staple-garbage": "reject", "staple-missing": "reject", "staple-unauthorized": "reject",
            "ocsp-good": "reject", "crl-good": "reject",
        }  # fmt: skip
        assert "8 of 8 scenarios ended as staple-required demands." in result.output
        assert "It behaves like staple-required, without exception, in 8 scenarios" in result.output
        assert "It asked for a staple in 8, OCSP answers in 0, CRLs in 0 of them." in result.output

    def test_filters(self, reference: list[str]) -> None:
        """A client that is told where filters are is put into their scenarios, which nobody asked for."""
        policy = "soft-fail,sources=CRLite+OCSP,filter_confirms=yes"
        few = [
            word
            for pattern in ("[!c]*", "crl-*", "crlite-[dl]*", "crlite-not-c*")
            for word in ("--skip", pattern)
        ]
        result = probe("--policy", policy, *few, "--", *reference, policy, "{crlite_url}")
        assert result.exit_code == 0, result.output
        assert verdicts(result) == {
            "crlite-good": "accept", "crlite-revoked": "reject", "crlite-not-enrolled": "reject",
            "crlite-false-positive": "accept", "crlite-corrupt": "reject",
        }  # fmt: skip
        assert (
            "It asked for a staple in 0, OCSP answers in 3, CRLs in 0, filters in 5 of them." in result.output
        )

    def test_curl_that_checks_nothing(self) -> None:
        """Without that option there is no check: it keeps no-check, and none that wants more."""
        command = ["--", need("curl"), *self.CURL, "{url}"]
        result = probe("--policy", "no-check", *command)
        assert result.exit_code == 0, result.output
        chosen = {scenario.name for scenario in TABLE if scenario.crlite is None}
        assert set(verdicts(result)) == chosen
        sentence = f"It behaves like no-check, without exception, in {len(chosen)} scenarios with a verdict."
        assert sentence in result.output
        strict = probe("--policy", "soft-fail", "--only", "ocsp-revoked", "--only", "ocsp-good", *command)
        assert strict.exit_code == 1
        assert verdicts(strict) == {"ocsp-good": "accept", "ocsp-revoked": "!accept"}
        assert "ocsp-revoked: the policy demands reject, and the client did accept" in strict.output
        assert "OCSP: not asked" in strict.output

    ONLY = ("--only", "crl-*", "--only", "*-refused-*", "--only", "bad-staple-*", "--skip", "crl-silent")

    def test_a_client_that_keeps_its_policy(self, reference: list[str]) -> None:
        """A hard-fail client of several sources, in a process of its own, keeps hard-fail everywhere."""
        command = ["--timeout", "60", "--", *reference, "hard-fail,timeout=20s"]
        result = probe("--policy", "hard-fail", *self.ONLY, *command)
        assert result.exit_code == 0, result.output
        assert "crl-silent" not in verdicts(result)
        assert "It behaves like hard-fail, without exception" in result.output
        assert "alert" in result.output
        assert "bad_certificate_status_response" in result.output

    def test_a_client_that_does_not(self, reference: list[str]) -> None:
        """The same client with another policy does not, and it is said where, and what it does instead."""
        command = ["--timeout", "60", "--", *reference, "soft-fail,timeout=20s"]
        result = probe("--policy", "hard-fail", *self.ONLY, *command)
        assert result.exit_code == 1
        found = verdicts(result)
        assert {found["crl-good"], found["crl-revoked"], found["crl-stale"]} == {
            "accept", "reject", "!accept",
        }  # fmt: skip
        assert "It behaves like soft-fail, without exception" in result.output
        # Without a policy to keep, it was probed, and that is all.
        result = probe("--only", "crl-[gr]*", *command)
        assert result.exit_code == 0
        assert "!" not in "".join(verdicts(result).values())

    def test_a_client_that_judges_without_connecting(self) -> None:
        """openssl ocsp is sent to the responder with files, and read by what it prints."""
        command = [
            need("openssl"), "ocsp", "-issuer", "{issuer_file}", "-cert", "{cert_file}", "-url", "{ocsp_url}",
            "-CAfile", "{ca_file}", "-verify_other", "{issuer_file}",
        ]  # fmt: skip
        result = probe(
            "--only", "ocsp-good", "--only", "ocsp-revoked", "--only", "ocsp-unknown", "--only", "ocsp-empty",
            "--policy", "hard-fail,sources=OCSP,whole_chain=no", "--accept-when", r"(?s)verify OK.*: good$",
            "--", *command,
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        assert list(verdicts(result).values()) == ["accept", "reject", "reject", "reject"]
        assert "It asked for a staple in 0, OCSP answers in 4, CRLs in 0 of them." in result.output

    @pytest.mark.parametrize(
        ("command", "status", "sentence"),
        [
            (
                ["openssl", "verify", "-CAfile", "{ca_file}", "-untrusted", "{chain_file}",
                 "-CRLfile", "{crl_file}", "-crl_check_all", "{cert_file}"],
                0, "3 of 3 scenarios ended as hard-fail,sources=CRL demands.",
            ),
            (["true", "{cert_file}"], 1, "crl-revoked: the policy demands reject, and the client did accept"),
            (["true", "{cert_file}", "{ca_file}"], 4, "it accepts a certificate by a CA that it does"),
            (["false", "{cert_file}"], 4, "it was given files alone, and rejected where every"),
            (["true", "{cert_file}", "{crl_url}"], 4, "The client never came"),
        ],
    )  # fmt: skip
    def test_files_alone(self, command: list[str], status: int, sentence: str) -> None:
        """A client that is given files, and no address, is judged by its exit status, and comes nowhere."""
        only = ["--only", "crl-good", "--only", "crl-revoked", "--only", "crl-stale"]
        result = probe(*only, "--policy", "hard-fail,sources=CRL", "--", need(command[0]), *command[1:])
        assert result.exit_code == status, result.output
        assert sentence in result.output

    def test_other_keys(self, reference: list[str]) -> None:
        """All keys can be of another type, and answers signed by a delegate."""
        keys = ["--key-type", "rsa-2048", "--delegated"]
        only = ["--only", "ocsp-good", "--only", "ocsp-revoked"]
        result = probe(
            *keys,
            *only,
            "--policy",
            "hard-fail",
            "--timeout",
            "60",
            "--",
            *reference,
            "hard-fail,timeout=20s",
        )
        assert result.exit_code == 0, result.output
        with Probe(Client(Command(("true", "{url}"))), "rsa-2048", True)._pki() as pki:
            assert pki.ca.certificate.public_key().key_size == 2048  # type: ignore[union-attr]

    def test_a_first_visit(self, reference: list[str]) -> None:
        """Where a scenario has the client come twice, it is run twice, and judged by the second time."""
        result = probe(
            "--policy", "hard-fail", "--only", "ocsp-recovers", "--timeout", "60",
            "--", *reference, "hard-fail,timeout=20s",
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        assert verdicts(result) == {"ocsp-recovers": "accept"}

    def test_progress(self) -> None:
        """On a terminal there is a bar, with the errors; elsewhere there is none."""
        command = ["--only", "crl-good", "--", need("curl"), *self.CURL, "{url}"]
        assert probe(*command).stderr == ""
        # Older releases of rich ask nothing but the file whether it is a terminal.
        if Console(file=StringIO(), _environ={"FORCE_COLOR": "1"}).is_terminal:
            assert "1/1" in probe(*command, env={"FORCE_COLOR": "1"}).stderr


BROKEN_CLIENT = """
import asyncio, inspect, sys
from tests.kit import broken_clients

name, *values = sys.argv[1:]
connect = getattr(broken_clients, name)
where = dict(zip(("host", "port", "url", "ca_file"), values))
where["port"] = int(where["port"])
found = connect(**{one: where[one] for one in inspect.signature(connect).parameters})
if inspect.iscoroutine(found):
    found.close()
sys.exit(found is False)
"""


class TestControl:
    """A client that does not accept where nothing is wrong is not judged."""

    def test_the_ca_forgotten(self) -> None:
        """The commonest first mistake ends with 4, and what is missing; with that, it is judged."""
        command = [need("curl"), "-q", "-sS", "-o", os.devnull, "{url}"]
        for policy in ([], ["--policy", "hard-fail", "--only", "ocsp-stale"]):
            result = probe(*policy, "--", *command)
            assert (result.exit_code, result.stdout) == (4, "")
            assert "The client is not judged" in result.stderr
            assert "it does not trust the CA: give it {ca_file}" in result.stderr
            assert "alert unknown_ca" in result.stderr
        judged = probe("--only", "ocsp-stale", "--", *command, "--cacert", "{ca_file}")
        assert judged.exit_code == 0

    @pytest.mark.parametrize("client", [*BROKEN, is_a_coroutine], ids=lambda client: client.__name__)
    def test_broken(self, client: Callable[..., object], tmp_path: Path) -> None:
        """Each is told by what was seen of it, and nothing is said of a policy."""
        script = tmp_path / "client.py"
        script.write_text(BROKEN_CLIENT)
        env = {"PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, str(script), client.__name__, "{host}", "{port}", "{url}", "{ca_file}"]
        result = probe("--timeout", "60", "--policy", "hard-fail", "--", *command, env=env)
        assert (result.exit_code, result.stdout) == (4, "")
        assert BROKEN.get(client, "the client never came") in result.stderr.replace(
            "The client", "the client"
        )

    def test_an_alert_later(self, tmp_path: Path) -> None:
        """A client that loses its trust after the control came to no verdict."""
        script = (
            f"[ -e {tmp_path}/once ] || CA='--cacert {{ca_file}}'; touch {tmp_path}/once; "
            f"exec {need('curl')} -q -sS -o {os.devnull} $CA {{url}}"
        )
        only = ["--only", "ocsp-revoked", "--only", "no-sources"]
        result = probe("--policy", "staple-required", *only, "--", "/bin/sh", "-c", script)
        assert result.exit_code == 1
        assert verdicts(result) == {"ocsp-revoked": "!other", "no-sources": "!other"}
        assert "Nothing can be said of its policy" in result.output


class TestNoVerdict:
    """Clients that cannot be judged."""

    def test_hanging(self, tmp_path: Path) -> None:
        """A client that hangs in a scenario is killed with all it started, and came to no verdict."""
        fifo = tmp_path / "witness"
        os.mkfifo(fifo)
        end = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        script = (
            f"exec 9>{shlex.quote(str(fifo))}; echo here >&9; "
            f"{need('curl')} -q -sS -o {os.devnull} --cacert {{ca_file}} {{url}} || exit 1; "
            f"{need('curl')} -q -sS -o {os.devnull} {{crl_url}} & wait $!"
        )
        result = probe(
            "--policy", "no-check", "--only", "crl-silent", "--only", "crl-good", "--timeout", "5",
            "--", "/bin/sh", "-c", script,
        )  # fmt: skip
        assert result.exit_code == 1
        assert verdicts(result) == {"crl-good": "accept", "crl-silent": "!hung"}
        assert "it had not ended after 5 s, and was killed with all it had started" in result.output
        assert "It came to no verdict in crl-silent; that is left out of this." in result.output
        # Four runs were there, two of them controls, and there is nobody left to hold the pipe open.
        assert os.read(end, 100) == b"here\n" * 4
        assert os.read(end, 100) == b""
        os.close(end)

    def test_crashing(self) -> None:
        """A client that a signal kills has not rejected; it is killed here for want of a staple."""
        script = f"{need('curl')} -q -sS --cert-status --cacert {{ca_file}} {{url}} || kill -SEGV $$"
        result = probe("--policy", "hard-fail", "--only", "ocsp-revoked", "--", "/bin/sh", "-c", script)
        assert result.exit_code == 1
        assert verdicts(result) == {"ocsp-revoked": "!crashed"}
        assert "it was killed by SIGSEGV" in result.output
        assert "Nothing can be said of its policy" in result.output

    def test_coming_at_times(self, tmp_path: Path) -> None:
        """A client that comes once and then no more is absent, whatever its exit status."""
        script = (
            f"[ -e {tmp_path}/once ] && exit 1; touch {tmp_path}/once; "
            f"exec {need('curl')} -q -sS -o {os.devnull} --cacert {{ca_file}} {{url}}"
        )
        result = probe("--policy", "hard-fail", "--only", "ocsp-revoked", "--", "/bin/sh", "-c", script)
        assert result.exit_code == 1
        assert verdicts(result) == {"ocsp-revoked": "!absent"}
        assert "the client never came" in result.output

    @pytest.mark.parametrize(
        ("command", "status", "sentences"),
        [
            (
                ["true", "{url}"],
                4,
                ["The client never came", "true https://localhost:", "and printed nothing"],
            ),
            (["sh", "-c", "echo no idea; exit 5", "{url}"], 4, ["ended with 5 after", "no idea"]),
            (["sh", "-c", "sleep 600 & wait", "{url}"], 4, ["The client never came", "It was killed after"]),
            (["no-such-client", "{url}"], 3, ["there is no program no-such-client on the PATH"]),
            (["sh", "-c", "no-such-client {url}"], 3, ["cannot be started", "no-such-client:"]),
        ],
    )
    def test_nothing_to_judge(self, command: list[str], status: int, sentences: list[str]) -> None:
        """Who does not come, or cannot be started, is told from who does not keep a policy."""
        result = probe("--timeout", "3", "--", *command)
        assert (result.exit_code, result.stdout) == (status, "")
        for sentence in sentences:
            assert sentence in result.stderr

    def test_never_ending(self) -> None:
        """A client that comes and does not end where nothing is wrong ends nowhere, so that is all."""
        script = f"{need('curl')} -q -sS --cacert {{ca_file}} {{url}}; sleep 600"
        result = probe("--timeout", "4", "--", "/bin/sh", "-c", script)
        assert (result.exit_code, result.stdout) == (4, "")
        assert "The client does not end, not even where nothing is wrong." in result.stderr

    def test_not_a_program(self, tmp_path: Path) -> None:
        """A file that is executable and no program is found out when it is started."""
        program = tmp_path / "client"
        program.write_bytes(b"\x7fELF, and no more")
        program.chmod(0o755)
        result = probe("--", str(program), "{url}")
        assert (result.exit_code, result.stdout) == (3, "")
        assert f"The client cannot be started: {program}: " in result.stderr

    def test_interrupted(self, tmp_path: Path) -> None:
        """Whatever ends the run ends every client, and starts no more."""
        script = (
            f"{need('curl')} -q -sS -o {os.devnull} --cacert {{ca_file}} {{url}}; "
            f"{need('curl')} -q -sS -o {os.devnull} {{crl_url}}"
        )
        prober = Probe(Client(Command(("/bin/sh", "-c", script)), 30))

        def interrupt(run: Run) -> None:
            raise KeyboardInterrupt

        chosen = [*matching("crl-good"), *matching("crl-silent"), *matching("crl-slow")]
        with pytest.raises(KeyboardInterrupt):
            prober.run_all(chosen, 2, interrupt)
        with pytest.raises(InterruptedError):
            prober.run_once(chosen[0])
