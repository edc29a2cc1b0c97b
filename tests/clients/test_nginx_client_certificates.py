"""nginx as a server that checks its clients' certificates by OCSP.

The manual of ngx_http_ssl_module: ``ssl_ocsp on`` validates the client's chain, ``leaf`` its certificate
alone, and ``ssl_verify_client`` has to be on. The responder is the one in the certificate, unless
``ssl_ocsp_responder`` names another. ``ssl_ocsp_cache shared:NAME:SIZE`` keeps statuses; without it nginx
asks at each connection. A client that does not pass gets error 495, after the handshake, and
``$ssl_client_verify`` says why. There is no option that lets one pass when no status can be had: hard-fail.

Here the client is Python's ssl, and it is nginx that is put to the test.
"""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mockpki import PKI, Leaf, faults, scenarios
from mockpki.relying_party import Policy
from mockpki.scenarios import Case, Outcome, Seen
from tests.kit.programs import need

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log info;
events {{ worker_connections 16; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {leaf.chain_file};
        ssl_certificate_key {leaf.key_file};
        ssl_client_certificate {ca_file};
        ssl_verify_client on;
        ssl_verify_depth 2;
        {directives}
        error_page 495 = @refused;
        location / {{ return 200 "$ssl_client_verify"; }}
        location @refused {{ return 403 "$ssl_client_verify"; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(pki: PKI, folder: Path, directives: str) -> Iterator[Callable[[Leaf], str]]:
    """nginx with *directives*, for a block; it gives what a client with a certificate is told.

    The port is bound before nginx starts, and handed over in the way in which an old nginx hands its ports to
    a new one: nobody can take it in between, and a client that is early waits in the queue.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, number = listening.getsockname()[1], listening.fileno()
        configuration = folder / "nginx.conf"
        leaf, where = pki.issue_cert("localhost"), {"folder": folder, "port": port, "ca_file": pki.ca_file}
        configuration.write_text(CONFIGURATION.format(leaf=leaf, directives=directives, **where))
        server = subprocess.Popen(
            [need("nginx"), "-p", folder, "-c", configuration, "-e", folder / "error.log"],
            pass_fds=[number],
            env={**os.environ, "NGINX": f"{number};"},
            start_new_session=True,
        )

    def visit(client: Leaf) -> str:
        context = ssl.create_default_context(cafile=pki.ca_file)
        client.configure_cert(context)
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as sock,
            context.wrap_socket(sock, server_hostname="localhost") as tls,
        ):
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b"".join(iter(lambda: tls.recv(4096), b"")).decode().partition("\r\n\r\n")[2]

    with server:
        try:
            yield visit
        finally:
            # It leads a group: itself and its worker.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)


def someone(pki: PKI) -> Leaf:
    """A client's certificate."""
    return pki.issue_cert("someone@example.org", client=True)


LEAF = Policy(sources=("OCSP",), hard_fail=True, unknown_rejects=True, whole_chain=False)
VERDICTS = {
    "ocsp-good": "SUCCESS",
    "ocsp-slow": "SUCCESS",
    "ocsp-revoked": "FAILED:certificate revoked",
    "ocsp-hold": "FAILED:certificate revoked",
    "ocsp-unknown": "FAILED:certificate status unknown",
    "ocsp-stale": "FAILED:certificate status request failed",
    "ocsp-bad-signature": "FAILED:certificate status request failed",
    "ocsp-wrong-certificate": "FAILED:certificate status request failed",
    "ocsp-try-later": "FAILED:certificate status request failed",
    "ocsp-http-500": "FAILED:certificate status request failed",
    "ocsp-reset": "FAILED:certificate status request failed",
}


@scenarios.parametrize(policy=LEAF, only=VERDICTS)
def test_leaf(scenario: Case, pki: PKI, tmp_path: Path) -> None:
    """With ``ssl_ocsp leaf`` only a client whose responder says good gets in."""
    client, what = someone(pki), scenario.scenario
    if what.status == "unknown":
        pki.forget(client)
    elif what.status != "good":
        pki.revoke(client, "certificate_hold" if what.status == "hold" else "key_compromise")
    assert what.ocsp is not None
    pki.ocsp.respond_with(*what.ocsp.faults)
    with nginx(pki, tmp_path, "ssl_ocsp leaf;") as visit:
        words = visit(client)
    seen = Seen(handshakes=(), ocsp=tuple(pki.ocsp.requests), crl=tuple(pki.crl.requests))
    result = scenarios.judge(what, scenario.expected, Outcome(words == "SUCCESS", words), seen)
    assert result.ok, str(result)
    assert words == VERDICTS[scenario.name]
    pki.ocsp.assert_asked(client, times=1)
    pki.root.ocsp.assert_not_asked()


def test_refused(pki: PKI, tmp_path: Path) -> None:
    """While the responder is down nobody gets in: the log says that it was tried. Then all is well."""
    with nginx(pki, tmp_path, "ssl_ocsp leaf;") as visit:
        with pki.ocsp.respond_with(faults.Refused()):
            assert visit(someone(pki)) == "FAILED:certificate status request failed"
        log = (tmp_path / "error.log").read_text(encoding="utf-8")
        assert "Connection refused) while requesting certificate status" in log
        assert visit(someone(pki)) == "SUCCESS"


@pytest.mark.parametrize(
    ("directives", "words"), [("ssl_ocsp on;", "FAILED:certificate revoked"), ("ssl_ocsp leaf;", "SUCCESS")]
)
def test_chain(pki: PKI, tmp_path: Path, directives: str, words: str) -> None:
    """``ssl_ocsp on`` asks about the CA as well, at the root's responder, and ``leaf`` does not."""
    with nginx(pki, tmp_path, directives) as visit:
        assert visit(someone(pki)) == "SUCCESS"
        pki.revoke(pki.ca, "ca_compromise")
        assert visit(someone(pki)) == words
    pki.ocsp.assert_asked(times=2)
    pki.root.ocsp.assert_asked(times=2 if directives == "ssl_ocsp on;" else 0)


@pytest.mark.parametrize(
    ("directives", "words", "times"),
    [
        ("ssl_ocsp leaf;", "FAILED:certificate revoked", 2),
        ("ssl_ocsp leaf; ssl_ocsp_cache shared:statuses:1m;", "SUCCESS", 1),
    ],
    ids=["no-cache", "cache"],
)
def test_cache(pki: PKI, tmp_path: Path, directives: str, words: str, times: int) -> None:
    """With ``ssl_ocsp_cache`` a status is kept, and so is a client that was revoked since."""
    client = someone(pki)
    with nginx(pki, tmp_path, directives) as visit:
        assert visit(client) == "SUCCESS"
        pki.revoke(client)
        assert visit(client) == words
    pki.ocsp.assert_asked(client, times=times)


def test_another_responder(pki: PKI, tmp_path: Path) -> None:
    """``ssl_ocsp_responder`` is asked in the place of the one that the certificate names."""
    client = pki.issue_cert("someone@example.org", client=True, ocsp_urls=[pki.dead_url])
    with nginx(pki, tmp_path, f"ssl_ocsp leaf; ssl_ocsp_responder {pki.ocsp.url};") as visit:
        assert visit(client) == "SUCCESS"
    pki.ocsp.assert_asked(client, times=1)


def test_no_check(pki: PKI, tmp_path: Path) -> None:
    """Without ``ssl_ocsp`` a revoked client gets in, and one of another PKI does not."""
    client = someone(pki)
    pki.revoke(client)
    with PKI() as other, nginx(pki, tmp_path, "") as visit:
        assert visit(client) == "SUCCESS"
        assert visit(someone(other)).startswith("FAILED:unable to get")
    pki.ocsp.assert_not_asked()
