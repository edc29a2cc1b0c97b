"""`mockpki run`: a command beside a PKI, which it finds in its environment, and ends as."""

import functools
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpki._serve.settings import Settings
from mockpki.cli import main
from tests.kit.programs import need, run
from tests.kit.server_scripts import alive

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")

MOCKPKI = [sys.executable, "-m", "mockpki", "run"]
PRINT = "import json, os; print(json.dumps(dict(os.environ)))"


def test_a_pki_alone(tmp_path: Path) -> None:
    """Without a word there are a root and services, and no certificate; the folder of files is gone after."""
    done = run(*MOCKPKI, "--", sys.executable, "-c", PRINT, env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name for name in found if name.startswith("MOCKPKI_")} == {
        "MOCKPKI_CA_FILE", "MOCKPKI_CRL_URL", "MOCKPKI_OCSP_URL", "MOCKPKI_URL",
    }  # fmt: skip
    assert found["SSL_CERT_FILE"] == found["MOCKPKI_CA_FILE"]
    assert found["MOCKPKI_CA_FILE"].startswith(str(tmp_path))
    assert os.listdir(tmp_path) == []
    assert done.stderr == ""


def test_the_whole_story(tmp_path: Path) -> None:
    """curl trusts the server, gets its staple, and the API has the PKI; openssl verifies the files."""
    curl, openssl = need("curl"), need("openssl")
    script = f"""
        set -e
        {curl} -sS --cert-status "$MOCKPKI_TLS_URL" > {tmp_path}/page
        {curl} -sS --resolve "billing.example:$MOCKPKI_TLS_PORT:$MOCKPKI_TLS_HOST" \
            "https://billing.example:$MOCKPKI_TLS_PORT/" >> {tmp_path}/page
        {openssl} verify -CAfile "$MOCKPKI_CA_FILE" -untrusted "$MOCKPKI_CHAIN_FILE" "$MOCKPKI_CERT_FILE"
        {openssl} pkey -in "$MOCKPKI_KEY_FILE" -noout
        {curl} -sS "$MOCKPKI_CRL_URL" | {openssl} crl -inform DER -noout -lastupdate
        {curl} -sS "${{MOCKPKI_URL}}v1/pkis/default/certificates/leaf"
        read word; echo "read $word"; exit 9
    """
    arguments = ("--name", "localhost", "--name", "billing.example", "--must-staple", "--key-type", "P-384")
    done = run(*MOCKPKI, *arguments, "--", "sh", "-c", script, input=b"what is piped in\n")
    assert done.returncode == 9, done.stderr
    assert (tmp_path / "page").read_text().count("you reached") == 2
    assert "lastUpdate=" in done.stdout
    assert '"identities":["localhost","billing.example"]' in done.stdout
    assert done.stdout.endswith("read what is piped in\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--revoke",), "SSL certificate revocation reason"),
        (("--staple", "Stale by=9d"), "expired"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_staple(options: tuple[str, ...], said: str) -> None:
    """curl, which takes what is honest above, rejects each for what was asked for."""
    script = 'exec "$0" -sS -o /dev/null --cert-status "$MOCKPKI_TLS_URL"'
    done = run(*MOCKPKI, *options, "--", "sh", "-c", script, need("curl"))
    assert done.returncode != 0
    assert said in done.stderr


def test_what_is_wrong_with_the_services() -> None:
    """Faults of the responder and of the publisher are in force when the command begins."""
    curl = need("curl")
    script = (
        f'{curl} -sS -o /dev/null -o /dev/null -w "%{{http_code}}\\n" "$MOCKPKI_OCSP_URL" "$MOCKPKI_CRL_URL"'
    )
    done = run(*MOCKPKI, "--ocsp", "HttpStatus 503", "--crl", "HttpStatus 418", "--", "sh", "-c", script)
    assert done.stdout == "503\n418\n", done


def test_what_there_is_to_say() -> None:
    """A script that was not used up is told, and makes a good end a bad one; a bad one stays as it is."""
    put = f'{need("curl")} -sS -o /dev/null -X PUT --json \'{{"answers": [["Hang"]]}}\' '
    put += "${MOCKPKI_URL}v1/pkis/default/ocsp/script"
    for end, status in (("exit 0", 1), ("exit 7", 7)):
        done = run(*MOCKPKI, "--", "sh", "-c", f"{put}; {end}")
        assert done.returncode == status
        assert done.stderr.startswith("mockpki run: AssertionError: the script of the OCSP responder of ")
        assert "was not used up" in done.stderr


def test_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is not started, the port is blamed, and not the staple."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = functools.partial(Settings, tls_ports=range(port, port + 1))
        monkeypatch.setattr("mockpki._serve.settings.Settings", ports)
        result = CliRunner().invoke(main, ["run", "--tls", "--", "no-such-program"])
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("mockpki run: --tls-ports: ")
    again = CliRunner().invoke(main, ["run", "--tls", "--", "no-such-program"])
    assert again.exit_code == 127


def test_a_signal_goes_to_the_command(tmp_path: Path) -> None:
    """SIGTERM ends it and what it has started; the status says so, and no file is left."""
    script = "sleep 600 & echo $!; echo ready; wait"
    process = subprocess.Popen(
        [*MOCKPKI, "--tls", "--", "sh", "-c", script],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    assert process.stdout.readline() == "ready\n"
    assert os.listdir(tmp_path) != []
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert not alive(pid)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--", "no-such-program"), 127, "mockpki run: no-such-program: there is no such program\n"),
        (("--", "/"), 126, "mockpki run: /: it cannot be started: Permission denied\n"),
        (("--ocsp", "Hnag", "--", "true"), 2, "Error: --ocsp: there is no fault 'Hnag'; did you mean Hang"),
        (("--crl", "NoNonce", "--", "true"), 2, "Error: --crl: NoNonce() is a fault of the OCSP content"),
        (("--staple", "ngnix", "--", "true"), 2, "Error: --staple: nothing is called 'ngnix'; did you mean"),
        (("--staple", "none", "--staple", "Stale", "--", "true"), 2, "Error: --staple: none stands alone"),
        (("--name", "a b", "--", "true"), 2, "Error: --name: 'a b' "),
        (("--key-type", "P-1", "--", "true"), 2, "P-1"),
        (("--tls",), 2, "Missing argument"),
    ],
)  # fmt: skip
def test_mistakes(arguments: tuple[str, ...], status: int, said: str) -> None:
    """Each is told with its option, and nothing is run."""
    result = CliRunner().invoke(main, ["run", *arguments])
    assert result.exit_code == status, result.output
    assert said.lower() in result.output.lower()
