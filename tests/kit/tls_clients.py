"""TLS clients that the tests drive: Python's own, and three programs of others."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import CompletedProcess

import pytest

from mockpki import PKI, Leaf
from mockpki._tls.server import TlsServer
from tests.kit.programs import need, run

VERSIONS = ("TLSv1.2", "TLSv1.3")
each_version = pytest.mark.parametrize("version", VERSIONS)


def context(
    pki: PKI, version: str | None = None, *, alpn: list[str] | None = None, own: Leaf | None = None
) -> ssl.SSLContext:
    """What a Python client that trusts *pki* goes by; *own* is the certificate it shows."""
    made = ssl.create_default_context(cafile=pki.ca_file)
    if version is not None:
        made.minimum_version = made.maximum_version = ssl.TLSVersion[version.replace(".", "_")]
    if alpn is not None:
        made.set_alpn_protocols(alpn)
    if own is not None:
        own.configure_cert(made)
    return made


@contextmanager
def connected(server: TlsServer, ctx: ssl.SSLContext, name: str = "localhost") -> Iterator[ssl.SSLSocket]:
    """A TLS connection by Python's ssl, which verified that the server is *name*.

    An end without close_notify is an error.
    """
    with (
        socket.create_connection((server.host, server.port), timeout=10) as sock,
        ctx.wrap_socket(sock, server_hostname=name, suppress_ragged_eofs=False) as tls,
    ):
        yield tls


def shake_hands(server: TlsServer, ctx: ssl.SSLContext, name: str = "localhost") -> None:
    """A handshake by Python's ssl, and no more."""
    with connected(server, ctx, name):
        pass


def received(sock: socket.socket) -> bytes:
    """All that the other side sends until it closes."""
    parts = []
    while part := sock.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def curl(pki: PKI, server: TlsServer, version: str, *args: object) -> CompletedProcess[str]:
    """One request by curl. Raises no error: its exit status is the verdict."""
    program, number = need("curl"), version.removeprefix("TLSv")
    return run(
        program, "--silent", "--show-error", "--cacert", pki.ca_file, "--noproxy", "*",
        f"--tlsv{number}", "--tls-max", number, *args, server.url,
    )  # fmt: skip


def curl_with_openssl() -> None:
    """Skip the test where curl is built on another library: its words are other ones."""
    if "OpenSSL" not in run(need("curl"), "--version").stdout:
        pytest.skip("this curl is not built with OpenSSL")


def s_client(
    pki: PKI, server: TlsServer, version: str, *args: object, send: bytes = b""
) -> CompletedProcess[str]:
    """One handshake by ``openssl s_client``, which verifies the chain and tells every message, and *send*."""
    where, option = f"{server.host}:{server.port}", f"-{version.lower().replace('v', '').replace('.', '_')}"
    return run(
        need("openssl"), "s_client", "-connect", where, "-servername", "localhost", "-CAfile", pki.ca_file,
        "-verify_return_error", "-msg", option, *args, input=send,
    )  # fmt: skip


def handshake_messages(printed: str) -> bytes:
    """The handshake messages that came from the server, decrypted, as ``s_client -msg`` has printed them."""
    found = re.findall(r"^<<< [^\n]* Handshake \[[^\n]*\n((?: {4}[0-9a-f ]+\n)+)", printed, re.MULTILINE)
    return b"".join(map(bytes.fromhex, found))


def gnutls_cli(pki: PKI, server: TlsServer, version: str, *args: object) -> CompletedProcess[str]:
    """One handshake by gnutls-cli, which judges staples by itself."""
    return run(
        need("gnutls-cli"), "--x509cafile", pki.ca_file, "--port", server.port,
        "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version.removeprefix('TLSv')}", *args, "localhost",
    )  # fmt: skip
