"""What a TLS server put on the wire, read octet by octet: no TLS library says what was in a message.

OpenSSL plays the client, whatever it thinks of what it is sent, and gives away the traffic secret.
The rest is here: records, the decryption of TLS 1.3, messages, extensions.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from OpenSSL import SSL

from mockpki import PKI
from mockpki._tls.server import TlsServer
from tests.kit.tls_octets import Extensions, extensions, messages, records, vector

STATUS_REQUEST = 5
SERVER_HELLO, CERTIFICATE, FINISHED, CERTIFICATE_STATUS = 2, 11, 20, 22
_CHANGE_CIPHER_SPEC, _HANDSHAKE, _APPLICATION_DATA = 20, 22, 23
_SUPPORTED_VERSIONS = 43
_NUMBERS = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}


@dataclass(frozen=True)
class Flight:
    """The handshake messages a server sent, as (type, body), and what the client made of it."""

    messages: list[tuple[int, bytes]]
    completed: bool

    def body(self, kind: int) -> bytes:
        """The body of the one message of this type."""
        (found,) = (body for number, body in self.messages if number == kind)
        return found

    @property
    def server_hello(self) -> Extensions:
        """The extensions of the ServerHello."""
        body = self.body(SERVER_HELLO)
        return extensions(body[2 + 32 + 1 + body[34] + 2 + 1 :])

    @property
    def entries(self) -> list[tuple[bytes, Extensions]]:
        """TLS 1.3: each certificate, and its extensions (RFC 8446 section 4.4.2)."""
        body = self.body(CERTIFICATE)
        context, rest = vector(body, 1)
        listed, rest = vector(rest, 3)
        assert (context, rest) == (b"", b"")
        found = []
        while listed:
            certificate, listed = vector(listed, 3)
            own, after = vector(listed, 2)
            found.append((certificate, extensions(listed[: 2 + len(own)])))
            listed = after
        return found

    @property
    def certificates(self) -> list[bytes]:
        """The chain as it was sent, leaf first."""
        if any(number == _SUPPORTED_VERSIONS for number, _ in self.server_hello):
            return [certificate for certificate, _ in self.entries]
        listed, rest = vector(self.body(CERTIFICATE), 3)
        assert rest == b""
        found = []
        while listed:
            certificate, listed = vector(listed, 3)
            found.append(certificate)
        return found

    @property
    def acknowledgements(self) -> list[bytes]:
        """The contents of status_request in the ServerHello."""
        return [content for number, content in self.server_hello if number == STATUS_REQUEST]

    @property
    def statuses(self) -> list[list[bytes]]:
        """Each CertificateStatus, as it is, by certificate: one list for each that was shown, leaf first."""
        if any(number == _SUPPORTED_VERSIONS for number, _ in self.server_hello):
            return [[body for number, body in own if number == STATUS_REQUEST] for _, own in self.entries]
        kinds = [number for number, _ in self.messages]
        found = [body for number, body in self.messages if number == CERTIFICATE_STATUS]
        # RFC 6066 section 8: "immediately after the "Certificate" message".
        assert not found or kinds.index(CERTIFICATE_STATUS) == kinds.index(CERTIFICATE) + 1
        return [found, *([] for _ in self.certificates[1:])]


def handshake(data: bytes, secret: bytes | None) -> list[tuple[int, bytes]]:
    """The handshake messages in a server's octets, as far as its Finished.

    *secret* is that of the TLS 1.3 handshake; None up to TLS 1.2, where the Finished cannot be read.
    """
    joined, found, cipher = b"", [], None
    for kind, header, fragment in records(data):
        if secret is None and kind == _CHANGE_CIPHER_SPEC:
            break
        if secret is not None and kind == _APPLICATION_DATA:
            cipher = cipher or _Cipher(joined, secret)
            kind, fragment = cipher.decrypt(header, fragment)
        if kind == _HANDSHAKE:
            joined += fragment
        found = list(messages(joined))
        if found and found[-1][0] == FINISHED:
            break
    return found


class _Cipher:
    """The server's handshake traffic of TLS 1.3 (RFC 8446 sections 5.2, 5.3, 7.1 and 7.3)."""

    def __init__(self, server_hello: bytes, secret: bytes) -> None:
        body = server_hello[4:]
        suite = int.from_bytes(body[2 + 32 + 1 + body[34] :][:2])
        suites: dict[int, tuple[hashes.HashAlgorithm, int, type[AESGCM | ChaCha20Poly1305]]] = {
            0x1301: (hashes.SHA256(), 16, AESGCM),
            0x1302: (hashes.SHA384(), 32, AESGCM),
            0x1303: (hashes.SHA256(), 32, ChaCha20Poly1305),
        }
        algorithm, size, aead = suites[suite]

        def expand(label: bytes, length: int) -> bytes:
            info = length.to_bytes(2) + bytes([6 + len(label)]) + b"tls13 " + label + b"\0"
            return HKDFExpand(algorithm, length, info).derive(secret)

        self._aead, self._iv = aead(expand(b"key", size)), int.from_bytes(expand(b"iv", 12))
        self._count = 0

    def decrypt(self, header: bytes, fragment: bytes) -> tuple[int, bytes]:
        """The inner type and content of the next record."""
        nonce = (self._iv ^ self._count).to_bytes(12)
        self._count += 1
        plain = self._aead.decrypt(nonce, fragment, header).rstrip(b"\0")
        return plain[-1], plain[:-1]


def capture(
    pki: PKI,
    server: TlsServer,
    version: str,
    *,
    ask: bool = True,
    verify: bool = True,
    prepare: Callable[[SSL.Context], object] = lambda context: None,
) -> Flight:
    """One handshake with *server*, by a client that trusts *pki* and asks for a staple, or does not.

    With *verify* off it takes any certificate. *prepare* has the last word on what it can do.
    """
    secrets: list[bytes] = []

    def keep(_: SSL.Connection, line: bytes) -> None:
        words = line.decode("ascii").split()
        if words[0] == "SERVER_HANDSHAKE_TRAFFIC_SECRET":
            secrets.append(bytes.fromhex(words[2]))

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(_NUMBERS[version])
    context.set_max_proto_version(_NUMBERS[version])
    context.set_verify(SSL.VERIFY_PEER if verify else SSL.VERIFY_NONE)
    context.set_keylog_callback(keep)
    context.set_ocsp_client_callback(lambda *_: True)
    pki.configure_trust(context)
    prepare(context)
    client = SSL.Connection(context, None)
    client.set_tlsext_host_name(b"localhost")
    if ask:
        client.request_ocsp()
    client.set_connect_state()
    received = bytearray()
    with socket.create_connection((server.host, server.port), timeout=10) as sock:
        completed = _shake_hands(client, sock, received)
        with suppress(OSError):  # the server may be gone
            sock.shutdown(socket.SHUT_WR)
            while part := sock.recv(1 << 16):
                received += part
    return Flight(handshake(bytes(received), secrets[0] if secrets else None), completed)


def _shake_hands(client: SSL.Connection, sock: socket.socket, received: bytearray) -> bool:
    """Whether the client gets through; what comes for it is added to *received*."""
    ended = completed = False
    while not ended:
        try:
            client.do_handshake()
            ended = completed = True
        except SSL.WantReadError:
            pass
        except SSL.Error:
            ended = True
        with suppress(SSL.WantReadError):
            sock.sendall(client.bio_read(1 << 16))  # at the end, Finished or an alert
        if not ended:
            part = sock.recv(1 << 16)
            ended = not part
            received += part
            if part:
                client.bio_write(part)
    return completed
