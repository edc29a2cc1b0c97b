"""`mockpki serve` at the prompt: what is typed, what is refused with which status, and `--check`."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from click.testing import CliRunner, Result

from mockpki._engine.ports import addresses, url_host
from mockpki._serve.process import Process
from mockpki._serve.settings import Settings
from mockpki.cli import main
from tests.kit.asking import send
from tests.kit.plain_server import answering, plain_server
from tests.kit.serve_process import started
from tests.kit.serving import serving


def type_in(*words: str, env: Mapping[str, str] = MappingProxyType({})) -> Result:
    """The command with these words, which ends by itself."""
    return CliRunner().invoke(main, ["serve", *words], env=dict(env))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--port", "65536"), "--port"),
        (
            ("--tls-ports", "8500-8400"),
            "'8500-8400' is no port, such as 8443, and no range, such as 8500-8531",
        ),
        (("--tls-ports", "0"), "'0' is no port"),
        (("--tls-ports", "1-"), "'1-' is no port"),
        (("--tls-ports", "a-b"), "'a-b' is no port"),
        (("--idle-timeout", "10"), "'10' is no time, such as 90s, 15min or 1h."),
        (("--pki-ttl", "0s"), "'0s' is no time"),
        (("--max-pkis", "0"), "--max-pkis"),
        (("--journal", "-1"), "--journal"),
        (("--format", "xml"), "--format"),
        (("--allow-forward", "backend"), "'backend' is no host and port, such as backend:6379."),
        (("--allow-forward", "nobody.invalid:80"), "--allow-forward: nobody.invalid:80 leads to no address"),
        (("--allow-forward", "127.0.0.1:{port}", "--port", "{port}"), "127.0.0.1 is this server's own"),
        (("--host", "0.0.0.0"), "--host: 0.0.0.0 can be reached from other machines; add --allow-remote"),
        (("--port", "1", "--port", "2"), "--port is given 2 times, and can be given once."),
        (("--token-file", "/nowhere/token"), "--token-file: /nowhere/token cannot be read"),
        (("--token", "secret"), "No such option"),
        (("--check", "http://127.0.0.1:1/", "--port", "1"), "--check looks at a server that runs; --port is"),
        (("--check", "http://127.0.0.1:1/", "--strict"), "--strict is for one that starts"),
        (("--check", "http://127.0.0.1:1/", "--dir", "x"), "--dir is for one that starts"),
        (("a.example", "--check", "http://127.0.0.1:1/"), "a.example is for one that starts"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_mistakes(words: tuple[str, ...], sentence: str) -> None:
    """Each ends with 2 and a sentence, and nothing is opened."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = str(sock.getsockname()[1])
    result = type_in(*(word.replace("{port}", port) for word in words))
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in " ".join(result.stderr.split())


def test_mistakes_in_the_environment() -> None:
    """They are told as those that are typed; an option that may be repeated has several words there."""
    result = type_in(env={"MOCKPKI_SERVE_TLS_PORTS": "none"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'none' is no port" in result.stderr
    result = type_in(env={"MOCKPKI_SERVE_ALLOW_HOST": "one two/three"})
    assert "--allow-host: 'two/three' is no name" in result.stderr
    result = type_in("--no-token", env={"MOCKPKI_TOKEN": "abc"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "--no-token: the environment variable MOCKPKI_TOKEN has a token; give one of the two."
        in result.stderr
    )


@pytest.mark.parametrize("option", ["--port", "--services-port"])
def test_a_port_that_is_taken(option: str) -> None:
    """It ends with 3 and a sentence, whoever has it, and nothing listens twice."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = type_in(option, str(port))
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"mockpki serve: port {port} of 127.0.0.1 cannot be had: Address already in use" in result.stderr
    assert f"give another {option}, or 0 for a free one." in result.stderr


@pytest.mark.parametrize("options", [["--ready-file"], ["localhost", "--dir"]], ids=lambda one: one[-1])
def test_a_file_that_cannot_be_written(options: list[str], tmp_path: Path) -> None:
    """It ends with 2 and a sentence, and not as if it had served."""
    (tmp_path / "file").touch()
    result = type_in(*options, str(tmp_path / "file" / "below"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Error: {options[-1]}: " in result.stderr
    assert "Not a directory" in result.stderr


@pytest.mark.parametrize(
    ("words", "port", "said"),
    [
        (("localhost", "--tls-ports", "{port}"), None, "--tls-ports: "),
        (("localhost", "--staple", "none", "--tls-ports", "{port}-{port}"), None, "--tls-ports: "),
        (("localhost", "--tls-ports", "{port}", "--revoke", "--ocsp", "Hang"), None, "--tls-ports: "),
        (("{file}",), "{port}", "pki.front.tls_servers[0].port: "),
        (("{file}", "--tls-ports", "{port}"), None, "pki.front.tls_servers[0].port: "),
    ],
)
def test_a_port_of_a_tls_server_that_is_taken(
    tmp_path: Path, words: tuple[str, ...], port: str | None, said: str
) -> None:
    """The port is blamed, where it was typed, and not the staple; once it is free, the same words serve."""
    file = tmp_path / "pkis.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        line = "" if port is None else f"port = {number}\n"
        file.write_text(f"[[pki.front.tls_servers]]\nissue = true\n{line}")
        typed = [word.format(port=number, file=file) for word in words]
        result = type_in(*typed)
    assert (result.exit_code, result.stdout) == (3, "")
    assert said in result.stderr
    assert "taken" in result.stderr or "in use" in result.stderr
    assert "--staple" not in result.stderr
    with started(*typed) as server:
        assert server.end()[0] == 0


def test_a_host_that_this_machine_does_not_have() -> None:
    """TEST-NET-1 is nobody's."""
    result = type_in("--host", "192.0.2.1", "--allow-remote")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "give a --host that this machine has." in result.stderr


def test_check() -> None:
    """0 for a server that is well, whatever the environment has; else 1, and why."""
    with serving() as served:
        for url in (served.url, f"{served.url}/"):
            result = type_in(
                "--check", url, env={"MOCKPKI_SERVE_PORT": "1", "http_proxy": "http://127.0.0.1:1/"}
            )
            assert (result.exit_code, result.output) == (0, "")
    result = type_in("--check", served.url)
    assert result.exit_code == 1
    assert f"mockpki serve: {served.url} has no mockpki that answers: Connection refused." in result.stderr


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            "answered HTTP 503 Service Unavail",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "has no mockpki that answers: Object missing"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "has no mockpki that answers: JSON is malformed"),
        (b"SSH-2.0-OpenSSH\r\n", "has no mockpki that answers"),
        (b"", "has no mockpki that answers"),
    ],
    ids=["503", "another", "text", "ssh", "nothing"],
)
def test_check_of_something_else(answer: bytes, sentence: str) -> None:
    """What answers, and is no mockpki that is well, is told apart."""
    with plain_server(answering(answer)) as (host, port):
        result = type_in("--check", f"http://{host}:{port}/")
    assert result.exit_code == 1
    assert sentence in result.stderr


def test_check_of_what_is_no_url() -> None:
    """A sentence, and nothing is opened: no file either."""
    for text in (f"file://{Path(__file__)}", "127.0.0.1:8480", ""):
        result = type_in("--check", text)
        assert result.exit_code == 1
        assert f"{text!r} is no http URL, such as http://127.0.0.1:8480/" in result.stderr


def test_a_control_port_on_localhost_is_one_on_both_addresses() -> None:
    """Clients try either first."""
    process = Process(Settings(host="localhost"), None)
    process.open()
    try:
        process.start(lambda topology: {})
        assert process.url.startswith("http://localhost:")
        for host in addresses("localhost"):
            reply = send(process.url.replace("localhost", url_host(host)), target="/health")
            assert (reply.status, json.loads(reply.body)["status"]) == (200, "ok")
    finally:
        process.close()
