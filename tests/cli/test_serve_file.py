"""`mockpki serve FILE.toml`: options of a file are the defaults of others, and mistakes in it are told."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpki.cli import main
from mockpki.cli._serve import serve
from mockpki.cli._serve_file import list_options
from tests.kit.serve_process import started


def test_a_file_is_served(tmp_path: Path) -> None:
    """Its PKIs are there when the ready line is; what is typed goes before what is in it."""
    path = tmp_path / "pkis.toml"
    path.write_text(
        'serve = { max-pkis = 2, journal = 5, allow-host = ["proxy"], no_console = true }\n'
        '[[pki.one.certificates]]\nname = "web"\nidentities = ["localhost"]\nstatus = "on_hold"\n[pki.two]\n'
    )
    with started(str(path), "--max-pkis", "3") as server:
        assert list(server.ready["pkis"]) == ["one", "two"]
        leaf = server.ask("GET", "/v1/pkis/one/certificates/web")
        assert leaf["status"]["status"] == "on_hold"
        assert server.send("GET", "/health", headers={"Host": "proxy"}).status == 200
        server.make_pki()
        assert "the limit of --max-pkis" in server.refuse("POST", "/v1/pkis", {}, 409)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("serve.max-pki = 3", "serve: there is no option 'max-pki'; did you mean max-pkis"),
        ("serve.max-pkis = 0", "Invalid value for '--max-pkis': 0 is not in the range"),
        ("serve.max-pkis = [3]", "serve.max-pkis takes a text or a number; got [3]."),
        ("serve.strict = 1", "serve.strict takes true or false; got 1."),
        ('serve.allow-host = "x"', "serve.allow-host takes a list of texts; got 'x'."),
        ("serve.check = 'http://x'", "there is no option 'check'"),
        ("serve.idle-timeout = 10", "'10' is no time"),
        ("pki.x.key_type = 'P-1'", "pki.x.key_type: key_type='P-1' is no key type"),
        ("pki.x.kye_type = 'P-1'", "pki.x.kye_type: there is no field 'kye_type' here; did you"),
        ("x = ", "is no TOML"),
    ],
)  # fmt: skip
def test_mistakes(text: str, said: str, tmp_path: Path) -> None:
    """Each ends with 2 before anything is started."""
    path = tmp_path / "pkis.toml"
    path.write_text(text)
    result = CliRunner().invoke(main, ["serve", str(path)])
    assert result.exit_code == 2, result.output
    assert said in result.output


@pytest.mark.parametrize("of", ["serve", "pki"])
def test_a_port_that_is_taken(of: str, tmp_path: Path) -> None:
    """It ends with 3, be it a port of the server or one of a PKI, whose table is named; a free one is had."""
    path = tmp_path / "pkis.toml"
    whole = "[serve]\nport = {0}\n[[pki.a.tls_servers]]\nissue = true\nport = {1}\n"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path.write_text(whole.format(*((port, 0) if of == "serve" else (0, port))))
        result = CliRunner().invoke(main, ["serve", str(path)])
    assert (result.exit_code, result.stdout) == (3, ""), result.output
    assert str(port) in result.stderr
    assert (f"{path}: pki.a.tls_servers[0].port: " in result.stderr) == (of == "pki")
    with started(str(path)) as server:
        assert str(port) in (
            server.url if of == "serve" else server.ask("GET", "/v1/pkis/a/tls_servers/1")["url"]
        )


def test_a_file_stands_alone(tmp_path: Path) -> None:
    """Names beside it, options of names, and a file that is not there are refused."""
    path = tmp_path / "pkis.toml"
    path.write_text("")
    for words, said in (
        ((str(path), "localhost"), "A file stands alone"),
        ((str(path), "--revoke"), "--revoke goes with a NAME"),
        ((str(tmp_path / "no.toml"),), "cannot be read: No such file or directory."),
    ):
        result = CliRunner().invoke(main, ["serve", *words])
        assert (result.exit_code, said in result.output) == (2, True), result.output


def test_the_schema() -> None:
    """Every option that a file may have is in it, with its kind and its help."""
    result = CliRunner().invoke(main, ["serve", "--print-schema"])
    assert result.exit_code == 0
    properties = json.loads(result.output)["properties"]["serve"]["properties"]
    assert set(properties) == set(list_options(serve))
    assert {"port", "max-pkis", "tls-ports", "strict", "format"} <= set(properties)
    assert "print-schema" not in properties
    assert all(one["description"] for one in properties.values())
    assert properties["strict"]["type"] == "boolean"
    assert properties["max-pkis"]["minimum"] == 1
    assert properties["format"]["enum"] == ["text", "json"]
