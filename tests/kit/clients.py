"""Two clients of a PKI: one asks the responder about a leaf, the other shakes hands with a TLS server."""

import socket
import ssl

from mockpki import PKI, Leaf, TlsServer
from tests.kit.asking import cert_id, question, statuses
from tests.kit.asking import post as post_ocsp


def status(pki: PKI, leaf: Leaf) -> str:
    """What the responder says of *leaf* over HTTP."""
    [only] = statuses(post_ocsp(pki.ocsp.url, question(cert_id(leaf))).body)
    return only


def handshake(pki: PKI, server: TlsServer) -> None:
    """A client that trusts the root, shakes hands and leaves."""
    context = ssl.create_default_context()
    pki.configure_trust(context)
    with socket.create_connection((server.host, server.port), timeout=30) as sock:
        context.wrap_socket(sock, server_hostname="localhost").close()
