"""Clients that are broken in ways that have nothing to do with revocation."""

import contextlib
import socket
import ssl
import time
import urllib.request


def _wrap(host: str, port: int, context: ssl.SSLContext, name: str = "localhost") -> ssl.SSLSocket:
    sock = socket.create_connection((host, port), timeout=5)
    try:
        return context.wrap_socket(sock, server_hostname=name)
    except OSError:
        sock.close()
        raise


def without_trust(url: str) -> None:
    """Has never heard of the CA."""
    urllib.request.urlopen(url, timeout=5).close()


def with_another_name(host: str, port: int, ca_file: str) -> None:
    """Expects somebody else."""
    _wrap(host, port, ssl.create_default_context(cafile=ca_file), "elsewhere.example").close()


def with_another_protocol(host: str, port: int, ca_file: str) -> None:
    """Shakes hands, waits for a greeting, and gets none."""
    with _wrap(host, port, ssl.create_default_context(cafile=ca_file)) as tls:
        tls.settimeout(0.05)
        try:
            greeting = tls.recv(100)
        except TimeoutError as error:
            raise ConnectionError("the server does not greet") from error
        if not greeting.startswith(b"220"):
            raise ConnectionError(f"it greets with {greeting!r}")


def stays_away() -> None:
    """Never comes, and finds that well."""


def stays_away_and_fails() -> None:
    """Never comes, and finds that ill."""
    raise OSError("I am out of order")


def always_fails(host: str, port: int, ca_file: str) -> bool:
    """Comes, and rejects whatever happens."""
    _wrap(host, port, ssl.create_default_context(cafile=ca_file)).close()
    return False


def closes_at_once(host: str, port: int) -> None:
    """Opens a connection, and closes it."""
    socket.create_connection((host, port), timeout=5).close()


def hangs(host: str, port: int) -> None:
    """Waits for a server that waits for it, as long as it has patience."""
    with socket.create_connection((host, port), timeout=0.2) as sock:
        sock.recv(1)


async def is_a_coroutine(host: str, port: int) -> None:
    """Never runs unless somebody awaits it."""
    time.sleep(0)


def speaks_before_tls(host: str, port: int) -> None:
    """Says something in the clear, and wants an answer in the clear."""
    with socket.create_connection((host, port), timeout=5) as sock:
        sock.sendall(b"EHLO client.example\r\n")
        if not sock.recv(100).startswith(b"250"):
            raise ConnectionError("this is no mail")


def trusts_anybody(host: str, port: int, ca_file: str) -> None:
    """Verifies no chain, as in a hurry."""
    context = ssl.create_default_context(cafile=ca_file)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _ask(host, port, context)


def hides_its_errors(host: str, port: int, ca_file: str) -> None:
    """Verifies, and tells nobody what came of it."""
    with contextlib.suppress(ssl.SSLError):
        _ask(host, port, ssl.create_default_context(cafile=ca_file))


def _ask(host: str, port: int, context: ssl.SSLContext) -> None:
    with _wrap(host, port, context) as tls:
        tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while tls.recv(1 << 16):
            pass


BROKEN = {
    without_trust: "it does not trust the CA: give it {ca_file}",
    with_another_name: "let it expect the name {server_name}",
    with_another_protocol: "it failed after the handshake: does it speak HTTP? see handler=, forward_to=",
    stays_away: "the client never came",
    stays_away_and_fails: "the client never came",
    always_fails: "it failed after the handshake",
    closes_at_once: "it completed no TLS handshake",
    hangs: "it completed no TLS handshake",
    speaks_before_tls: "it completed no TLS handshake",
    trusts_anybody: "it accepts a certificate by a CA that it does not trust",
    hides_its_errors: "(alert unknown_ca): its verdict is read wrongly, or it hides its errors",
}
"""And what is said of each; for `is_a_coroutine` there is a TypeError."""
