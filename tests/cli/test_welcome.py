"""`mockpki serve NAME...`: for a person, from the lines to paste to what then happens."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpki.cli import main
from tests.kit.programs import need, run
from tests.kit.serve_process import started


def read_page(server: object) -> list[str]:
    """What is shown until the last line to paste."""
    lines: list[str] = []
    while not (lines and lines[-1].startswith("  openssl verify")):
        lines.append(server.process.stdout.readline().decode().rstrip("\n"))  # type: ignore[attr-defined]
    return [line.strip() for line in lines]


def test_what_is_pasted(tmp_path: Path) -> None:
    """Real curl and openssl, as pasted, say what was asked for; each of them is then a line."""
    for program in ("curl", "openssl"):
        need(program)
    folder = tmp_path / "a folder"
    options = ("localhost", "billing.example", "--format", "text", "--revoke", "--dir", str(folder))
    with started(*options) as server:
        assert server.line == "mockpki serves localhost, billing.example until Ctrl-C.\n"
        page = read_page(server)
        (console,) = (line.split()[1] for line in page if line.startswith("console "))
        assert "<title>mockpki</title>" in run(need("curl"), "-sS", console).stdout
        curl, s_client, ocsp, verify = page[-4:]
        done = run("sh", "-c", curl)
        assert "SSL certificate revocation reason" in done.stderr
        done = run("sh", "-c", s_client)
        assert "Cert Status: revoked" in done.stdout
        assert "Verify return code: 0 (ok)" in done.stdout
        done = run("sh", "-c", ocsp)
        assert "Response verify OK" in done.stderr
        assert f"{shlex.split(ocsp)[5]}: revoked" in done.stdout
        done = run("sh", "-c", verify)
        assert "certificate revoked" in done.stderr
        assert server.process.stdout is not None
        server.process.stdout.readline()
        told = [server.process.stdout.readline().decode() for _ in range(3)]
        assert [re.sub(r"^\d\d:\d\d:\d\dZ (\w+).*\n", r"\1", line) for line in told] == [
            "TLSv1",
            "TLSv1",
            "OCSP",
        ]
        assert "staple asked for, one of" in told[0]
        status, _, said = server.end()
        assert (status, said) == (0, "")
    assert (folder / "leaf.key").exists()


def test_where_there_is_no_console() -> None:
    """The control port is called what it is then: the API alone."""
    with started("localhost", "--format", "text", "--no-console") as server:
        page = read_page(server)
        assert not [line for line in page if line.startswith("console")]
        (api,) = (line.split()[1] for line in page if line.startswith("API "))
        assert "there is nothing at" in run(need("curl"), "-sS", api).stdout
        assert '"default"' in run(need("curl"), "-sS", f"{api}v1/pkis").stdout


@pytest.mark.parametrize(
    ("options", "verified", "answered"),
    [((), "0 (ok)", "good"), (("--revoke",), "23 (certificate revoked)", "revoked")],
)
def test_what_is_pasted_where_nothing_is_stapled(
    options: tuple[str, ...], verified: str, answered: str
) -> None:
    """No line asks for a staple; curl reaches the page, and openssl fetches what there is to know."""
    for program in ("curl", "openssl"):
        need(program)
    with started("localhost", "--format", "text", "--staple", "none", *options) as server:
        curl, s_client, ocsp, verify = read_page(server)[-4:]
        assert "--cert-status" not in curl
        assert "-status" not in s_client
        assert "you reached" in run("sh", "-c", curl).stdout
        assert f"Verify return code: {verified}" in run("sh", "-c", s_client).stdout
        assert f"{shlex.split(ocsp)[5]}: {answered}" in run("sh", "-c", ocsp).stdout
        assert ("certificate revoked" in run("sh", "-c", verify).stderr) is bool(options)


def test_pkis_of_a_file(tmp_path: Path) -> None:
    """Each has its CA, its addresses and lines that work; and what happens at any is told."""
    need("curl")
    file = tmp_path / "pkis.toml"
    tables = (
        f'[[pki.{name}.certificates]]\nname = "web"\nidentities = ["*.a.test", "localhost"]\n'
        f'[[pki.{name}.tls_servers]]\ncertificates = ["web"]\n'
        for name in ("one", "two")
    )
    file.write_text("".join(tables))
    with started(str(file), "--format", "text") as server:
        assert server.line.startswith("mockpki serves at http://")
        page = [*read_page(server), *read_page(server)]
        assert [line for line in page if line.startswith("PKI ")] == ["PKI one", "PKI two"]
        for what in ("CA", "OCSP", "CRL", "TLS"):
            assert len([line for line in page if line.startswith(f"{what:6}")]) == 2
        lines = [line for line in page if line.startswith("curl ")]
        assert len(lines) == 2
        assert server.process.stdout is not None
        server.process.stdout.readline()
        for name, line in zip(("one", "two"), lines, strict=True):
            assert "you reached" in run("sh", "-c", line).stdout
            told = server.process.stdout.readline().decode()
            assert told.startswith(f"{name}: ")
            assert "for localhost: staple asked for, one of" in told
        assert server.end()[0] == 0


def test_one_object() -> None:
    """Where nobody watches, stdout has one object, and what happens is on stderr."""
    with started("billing.example", "--staple", "none", "--crl", "HttpStatus 503") as server:
        (pki,) = server.ask("GET", "/v1/pkis")["pkis"]
        assert server.ready["pkis"] == {"default": pki["id"]}
        tls = server.ask("GET", "/v1/pkis/default/tls_servers/tls")
        page = run(
            need("curl"), "--silent", "--cacert", pki["ca_file"], "--resolve",
            f"billing.example:{tls['port']}:{tls['host']}", f"https://billing.example:{tls['port']}/",
        )  # fmt: skip
        assert "you reached" in page.stdout
        run(need("curl"), "--silent", pki["cas"][-1]["crl_url"])
        assert server.process.stderr is not None
        events = [json.loads(server.process.stderr.readline()) for _ in range(2)]
        assert {one["event"] for one in events} == {"handshake", "request"}
        assert {one["pki"] for one in events} == {pki["id"]}
        status, out, _ = server.end()
        assert (status, out) == (0, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--revoke",), "--revoke goes with a NAME, such as localhost"),
        (("--dir", "x"), "--dir goes with a NAME"),
        (("localhost", "--ocsp", "Hnag"), "--ocsp: There is no fault 'Hnag'; did you mean Hang"),
        (("a b",), "NAME: 'a b' is no host name"),
        (("localhost", "--dir", "/no/such/folder"), "--dir: No such file or directory: /no/such/folder."),
    ],
)  # fmt: skip
def test_mistakes(words: tuple[str, ...], said: str) -> None:
    """Each ends with 2, before anything is said on stdout."""
    done = run(sys.executable, "-m", "mockpki", "serve", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert CliRunner().invoke(main, ["serve", "--help"]).exit_code == 0
