"""What the tests of the TLS server see of it."""

import socket
import ssl
from typing import Any

import pytest
from OpenSSL import SSL

from mockpki import PKI
from mockpki._tls.handshake import Handshake
from mockpki._tls.server import TlsServer
from tests.kit.tls_clients import connected

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def only(server: TlsServer) -> Handshake:
    """The one connection there was."""
    (handshake,) = server.connections
    return handshake


def staple_seen(pki: PKI, server: TlsServer, version: str = "TLSv1.3", name: str = "localhost") -> bytes:
    """The staple that pyOpenSSL's client is given, b"" for none."""
    seen: list[bytes] = []

    def keep(_: SSL.Connection, staple: bytes, __: Any) -> bool:
        seen.append(staple)
        return True

    ctx = SSL.Context(SSL.TLS_CLIENT_METHOD)
    number = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}[version]
    ctx.set_min_proto_version(number)
    ctx.set_max_proto_version(number)
    pki.configure_trust(ctx)
    ctx.set_verify(SSL.VERIFY_PEER)
    ctx.set_ocsp_client_callback(keep)
    with socket.create_connection((server.host, server.port), timeout=10) as sock:
        sock.setblocking(True)
        client = SSL.Connection(ctx, sock)
        client.set_tlsext_host_name(name.encode("ascii"))
        client.request_ocsp()
        client.set_connect_state()
        client.do_handshake()
        client.shutdown()
    (staple,) = seen
    return staple


def certificate_seen(server: TlsServer, ctx: ssl.SSLContext, name: str) -> bytes:
    """The DER of the leaf that Python's ssl is shown, and has verified, for *name*."""
    with connected(server, ctx, name) as tls:
        return tls.getpeercert(binary_form=True) or b""


def client_hello(*, ask: bool) -> bytes:
    """What a client of OpenSSL's says first."""
    client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
    if ask:
        client.request_ocsp()
    client.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    return client.bio_read(1 << 16)
