"""A server for other machines: what a client on another one sees of it, and what it does not."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.kit.namespaces import CLIENT, NAME, SERVER, Machines, two_machines
from tests.kit.programs import need, run
from tests.kit.serve_process import started
from tests.test_docker import command

JSON = ("-H", "Content-Type: application/json")


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """Two of them."""
    with two_machines() as both:
        yield both


class Client:
    """Whoever is on the other machine, with a *folder* for what it is told, and nothing else."""

    def __init__(self, machines: Machines, folder: Path) -> None:
        self.before = machines.client
        self.folder = folder

    def run(self, *words: object) -> Any:
        """A program there, to its end."""
        return run(*self.before, *words)

    def call(
        self, method: str, url: str, body: object = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[int, Any]:
        """The status that a call is answered with, and what; the status is 0 where there is no answer."""
        data = () if body is None else (*JSON, "--data-binary", json.dumps(body))
        more = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        done = self.run(need("curl"), "-sS", "-w", "\n%{http_code}", "-X", method, *data, *more, url)
        said, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(said) if said else done.stderr

    def ask(self, method: str, url: str, body: object = None) -> Any:
        """The answer to a call that succeeds."""
        status, said = self.call(method, url, body)
        assert 200 <= status < 300, (status, said)
        return said

    def write(self, name: str, pem: str) -> Path:
        """A file with what it was told."""
        path = self.folder / name
        path.write_text(pem)
        return path


BASE = f"http://{SERVER}:8480"


def test_the_command_of_the_image(machines: Machines, tmp_path: Path) -> None:
    """Clients go by what they are told, be it an address or a name; a name that nobody told it is none."""
    client = Client(machines, tmp_path)
    with started(*command(), before=machines.server) as server:
        for advertise in (None, f"http://{NAME}:8481"):
            accept_and_refuse(client, advertise)
        # A name that a stranger can point here is none of its names, though any address is.
        for named, status in (("evil.example:8480", 421), (f"{NAME}:8480", 421), ("203.0.113.9:8480", 200)):
            assert client.call("GET", f"{BASE}/v1/pkis", headers={"Host": named})[0] == status
        status, _, said = server.end()
        assert status == 0
        assert "--allow-remote: other machines reach this server at 0.0.0.0, and everybody may" in said


def accept_and_refuse(client: Client, advertise: str | None) -> None:
    """By what certificates say: a certificate is accepted by all, and once it is revoked refused by all."""
    fields = {} if advertise is None else {"advertise": advertise}
    pki = client.ask("POST", f"{BASE}/v1/pkis", {"depth": 1, "logged": True, **fields})
    path = f"{BASE}/v1/pkis/{pki['id']}"
    host = SERVER if advertise is None else NAME
    identities = {"identities": [SERVER, NAME], "must_staple": True}
    leaf = client.ask("POST", f"{path}/certificates", identities)
    servers = [
        client.ask("POST", f"{path}/tls_servers", {"certificates": [leaf["id"]], "staple": staple})
        for staple in ("honest", {"policy": "caddy"})
    ]
    assert [(one["host"], one["port"]) for one in servers] == [(host, 8500), (host, 8501)]
    roots, issuer = (
        client.write("roots.pem", pki["ca_pem"]),
        client.write("ca.pem", pki["cas"][1]["certificate"]),
    )
    own, crl = client.write("leaf.pem", leaf["certificate"]), client.folder / "crl.der"
    at = ["-in", own, "-noout", "-ocsp_uri"]
    responder = client.run(need("openssl"), "x509", *at).stdout.strip()
    assert urlsplit(responder).netloc == f"{host}:8481"
    assert urlsplit(pki["cas"][1]["crl_url"]).netloc == f"{host}:8481"
    assert urlsplit(pki["crlite_url"]).netloc == f"{host}:8481"
    client.ask("POST", f"{path}/crlite/publish")
    listed = client.run(need("curl"), "-sSf", f"{pki['crlite_url']}manifest.json").stdout
    (file,) = json.loads(listed)["files"]
    filter_file = client.run(
        need("curl"), "-sSf", "-o", client.folder / "filter", pki["crlite_url"] + file["filename"]
    )
    assert filter_file.returncode == 0
    assert (client.folder / "filter").stat().st_size == file["size"]
    curl = [need("curl"), "-sS", "--cert-status", "--cacert", roots]
    asking = ["ocsp", "-issuer", issuer, "-cert", own, "-url", responder, "-CAfile", roots]
    download = [need("curl"), "-sSf", "-o", crl, pki["cas"][1]["crl_url"]]
    verify = ["verify", "-CAfile", roots, "-untrusted", issuer, "-crl_check", "-CRLfile", crl, own]

    for one in servers:
        assert client.run(*curl, one["url"]).returncode == 0
    assert ": good\n" in client.run(need("openssl"), *asking).stdout
    assert client.run(*download).returncode == 0
    assert client.run(need("openssl"), *verify).returncode == 0

    client.ask("POST", f"{path}/certificates/{leaf['id']}/revoke", {"reason": "key_compromise"})

    refused = client.run(*curl, servers[0]["url"])
    assert (refused.returncode, "revocation reason: keyCompromise" in refused.stderr) == (91, True)
    assert ": revoked\n" in client.run(need("openssl"), *asking).stdout
    assert client.run(*download).returncode == 0
    refused = client.run(need("openssl"), *verify)
    assert "error 23 at 0 depth lookup: certificate revoked" in refused.stderr

    asked = client.ask("GET", f"{path}/ocsp/requests")["requests"]
    assert {one["client"].rpartition(":")[0] for one in asked} == {CLIENT, "127.0.0.1"}
    shakes = client.ask("GET", f"{path}/tls_servers/{servers[0]['id']}/handshakes")["handshakes"]
    assert {one["client"].rpartition(":")[0] for one in shakes} == {CLIENT}

    client.ask("DELETE", path)


def test_a_token_is_made_for_other_machines(machines: Machines, tmp_path: Path) -> None:
    """Unless it was said that there is none; with an advertised name, which callers may use."""
    client = Client(machines, tmp_path)
    options = ("--host", SERVER, "--allow-remote", "--advertise-host", NAME, "--port", "8480")
    with started(*options, before=machines.server) as server:
        base = f"http://{NAME}:8480"
        assert server.ready["url"] == f"http://{SERVER}:8480/"
        token = server.ready["token"]
        status, problem = client.call("POST", f"{base}/v1/pkis", {})
        assert (status, problem["type"]) == (401, "/v1/problems#no-token")
        status, pki = client.call("POST", f"{base}/v1/pkis", {}, {"Authorization": f"Bearer {token}"})
        assert status == 201
        assert urlsplit(pki["cas"][1]["crl_url"]).hostname == NAME
        assert client.run(need("curl"), "-sSf", "-o", "/dev/null", pki["cas"][1]["crl_url"]).returncode == 0
        assert client.call("GET", f"{base}/health")[0] == 200
        open_console(client, base, token)
        status, _, said = server.end()
        assert status == 0
        assert "whoever has the token may" in said
        assert token not in said


def open_console(client: Client, base: str, token: str) -> None:
    """By the advertised name: a browser there runs it, and calls with its cookie are answered; no others."""
    page = f"{base}/?token={token}"
    shown = client.run(
        need("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        f"--user-data-dir={client.folder / 'profile'}", "--dump-dom", page,
    )  # fmt: skip
    # Only its scripts put anything there.
    assert re.search(r'<main id="view"[^>]*><(?!noscript)\w', shown.stdout), shown
    curl = [need("curl"), "-sS", "-L", "-o", client.folder / "said", "-w", "%{http_code} %{url_effective}"]
    for cookies, status in ((["-c", client.folder / "jar", "-b", client.folder / "jar"], 200), ([], 401)):
        assert client.run(*curl, *cookies, page).stdout == f"{status} {base}/"
        said = client.run(*curl, *cookies, f"{base}/v1/pkis").stdout
        assert said == f"{status} {base}/v1/pkis"


def test_nothing_is_reached_that_was_not_allowed(machines: Machines, tmp_path: Path) -> None:
    """Without --allow-remote nothing answers on another machine, by any address; on its own it does."""
    client = Client(machines, tmp_path)
    ports = ("--port=8480", "--services-port=8481", "--tls-ports=8500-8531")
    with started(*ports, before=machines.server):
        for port in (8480, 8481):
            there = run(*machines.server, need("curl"), "-sS", f"http://127.0.0.1:{port}/health")
            assert there.returncode == 0
            for host in (SERVER, "127.0.0.1"):
                done = client.run(need("curl"), "-sS", f"http://{host}:{port}/health")
                assert (done.returncode, "Failed to connect" in done.stderr) == (7, True)
