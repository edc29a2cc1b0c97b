"""TLS sessions by tlslite-ng, which lets a server send any bytes for a staple.

Rules of this file:

1. tlslite is imported here and nowhere else, because it is slow to import; import this module late.
   It has no types: what comes from it is `Any`, and goes no further than this file.
2. The library's flow is left alone. It is met at three seams only: the ClientHello as it comes
   in, a flight's messages as they go out, the TLS 1.3 Certificate message as it is made. What is
   put in there are the octets of `StapleMessages`.
3. No resumption: a resumed handshake shows no certificate and no staple.
4. Whatever goes wrong inside tlslite ends the connection with a sentence, and raises nothing.
"""

from __future__ import annotations

import errno
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from .._exchange.staples import StapleMessages, check_writable, staple_messages
from .._pkix.keys import PrivateKey
from .._pkix.pem import private_pem
from .alerts import alert_name
from .session import VERSIONS, Presentation, Session

with warnings.catch_warnings():
    # On Python 3.11 tlslite imports asyncore, which warns; nothing that is used here does.
    warnings.simplefilter("ignore", DeprecationWarning)
    from tlslite import (
        constants,
        errors,
        extensions,
        handshakesettings,
        messages,
        tlsconnection,
        x509,
        x509certchain,
    )
    from tlslite.utils.keyfactory import parsePEMKey

_NUMBERS = {name: (3, minor) for minor, name in enumerate(VERSIONS, start=1)}
_NAMES = {number: name for name, number in _NUMBERS.items()}

_INTERNAL_ERROR = 80
# An alert record, fatal, in the clear: for when tlslite itself is lost.
_LAST_WORD = bytes([21, 3, 3, 0, 2, 2, _INTERNAL_ERROR])


class TlsliteSession(Session):
    """One connection by tlslite-ng. RSA, ECDSA and EdDSA keys; no client certificates."""

    def __init__(
        self,
        presentation: Presentation,
        bend: Callable[[StapleMessages], StapleMessages] = lambda honest: honest,
    ) -> None:
        """Show *presentation*; its staples are written as *bend* turns the honest way of writing them.

        What *bend* raises becomes `failure`. ``ValueError`` if tlslite-ng cannot show what is asked.
        """
        if presentation.client_cas:
            raise ValueError("tlslite cannot check client certificates; ask for none, or staple")
        self._presentation = presentation
        self._bend = bend
        self._requested = False
        self._closing = False
        self._version: str | None = None
        self._alpn: str | None = None
        self._wire = _Wire()
        self._connection = _Connection(self._wire, self)
        self._steps = self._life(
            self._connection.handshakeServerAsync(
                certChain=_chain(presentation),
                privateKey=_key(presentation.private_key),
                settings=_settings(presentation),
                alpn=[name.encode("latin-1") for name in presentation.alpn] or None,
            )
        )

    @property
    def version(self) -> str | None:
        return self._version

    @property
    def alpn(self) -> str | None:
        return self._alpn

    @property
    def client_certificate(self) -> bytes | None:
        return None

    def receive(self, data: bytes) -> bytes:
        if self.closed:
            return b""
        self._wire.incoming += data
        received = []
        try:
            for part in self._steps:
                if part is None:  # more is needed; the generator waits where it is
                    break
                received.append(part)
            else:
                self.closed = True
        except errors.TLSRemoteAlert as alert:
            self._alert_received(alert.description)
            self._fail(f"the client ended the connection with the alert {self.alert}")
        except errors.TLSLocalAlert as alert:
            self._alert_sent(alert.description)
            self._fail(
                f"tlslite ended the connection with {alert_name(alert.description)}{_because(alert.message)}"
            )
        except Exception as error:  # rule 4: it parses what anyone may have sent
            self._wire.outgoing += _LAST_WORD
            self._alert_sent(_INTERNAL_ERROR)
            if self.failure is not None:
                self._fail(f"{type(self.failure).__name__}: {self.failure}")
            else:
                self._fail(f"tlslite failed with {type(error).__name__}{_because(str(error))}")
        return b"".join(received)

    def send(self, data: bytes) -> None:
        if not self.established:
            raise RuntimeError("nothing can be sent before the handshake is complete")
        if not self._connection.closed:
            self._connection.write(data)

    def pending(self) -> bytes:
        taken = bytes(self._wire.outgoing)
        self._wire.outgoing.clear()
        return taken

    def close(self) -> None:
        if self.established and not self._connection.closed:
            self._closing = True
            self._connection.close()
        self.closed = True

    @property
    def stays_open(self) -> bool:
        """Whether the client's close_notify leaves this side to write. RFC 8446 section 6.1."""
        return self.established and not self._closing and self._version == "TLSv1.3"

    def _life(self, handshake: Iterator[int]) -> Iterator[bytes | None]:
        """Yield application bytes, None whenever more input is needed; end with close_notify."""
        for _ in handshake:
            yield None
        self.established = True
        while not self._connection.closed:
            for result in self._connection.readAsync():
                yield None if result in (0, 1) else result

    def hello_received(self, hello: Any) -> None:
        """Settle what depends on the ClientHello."""
        asked = hello.getExtension(constants.ExtensionType.status_request)
        self._requested = asked is not None and asked.status_type == constants.CertificateStatusType.ocsp
        asked = hello.getExtension(constants.ExtensionType.alpn)
        if asked is not None and asked.protocol_names:
            self._choose_alpn(hello, asked)

    def _choose_alpn(self, hello: Any, asked: Any) -> None:
        """Let tlslite see the server's first choice only, and no ALPN if there is no overlap.

        By itself it would take the client's first choice, or end the handshake.
        """
        known = [bytes(name).decode("latin-1") for name in asked.protocol_names]
        self._alpn = next((name for name in self._presentation.alpn if name in known), None)
        if self._alpn is None:
            hello.extensions.remove(asked)
        else:
            asked.protocol_names = [bytearray(self._alpn.encode("latin-1"))]

    def flight_leaves(self, flight: list[Any]) -> list[Any]:
        """Note what was negotiated, and put the staple's messages in below TLS 1.3."""
        hello = flight[0]  # every flight of a server's begins so; HelloRetryRequest is one, too
        chosen = hello.getExtension(constants.ExtensionType.supported_versions)
        self._version = _NAMES[chosen.version if chosen else hello.server_version]
        return flight if chosen else self._with_staple(hello, flight)

    def _written(self, version: str) -> StapleMessages:
        """What is written for the staples. Raises RuntimeError after noting the `failure`."""
        try:
            shown = self._presentation
            messages = self._bend(staple_messages(shown.chain, shown.staples, self._requested, version))
            check_writable(messages)
        except BaseException as error:  # pytest.fail(), too, in a fault of the test's own
            self.failure = error
            raise RuntimeError("the staple cannot be written") from error
        self.staples_sent = messages.sent
        return messages

    def _with_staple(self, hello: Any, flight: list[Any]) -> list[Any]:
        written = self._written(_NAMES[hello.server_version])
        for number, content in written.server_hello:
            hello.addExtension(_extension(number, content))
        body = written.certificate_status
        if body is None:
            return flight
        # RFC 6066 section 8: "sending the certificate status message immediately after the
        # Certificate message".
        kinds = [type(message) for message in flight]
        place = kinds.index(messages.Certificate) + 1
        return [*flight[:place], _certificate_status(body), *flight[place:]]

    def certificate_made(self, certificate: Any) -> None:
        """Put the staples' extensions in the CertificateEntries of TLS 1.3."""
        if self._version != "TLSv1.3":  # below, nothing has been sent yet: it goes with this message
            return
        entries = self._written(self._version).entries
        for entry, wanted in zip(certificate.certificate_list, entries, strict=False):
            entry.extensions += [_extension(number, content) for number, content in wanted]


class _Connection(tlsconnection.TLSConnection):  # type: ignore[misc]
    """tlslite's connection, and the seams of rule 2."""

    def __init__(self, wire: _Wire, session: TlsliteSession) -> None:
        super().__init__(wire)
        self._mockpki_session = session

    def _getMsg(self, *arguments: Any) -> Iterator[Any]:  # noqa: N802
        for result in super()._getMsg(*arguments):
            if isinstance(result, messages.ClientHello):
                self._mockpki_session.hello_received(result)
            yield result

    def _sendMsgs(self, msgs: list[Any]) -> Iterator[Any]:  # noqa: N802
        yield from super()._sendMsgs(self._mockpki_session.flight_leaves(msgs))

    def _sendMsg(self, msg: Any, *arguments: Any, **options: Any) -> Iterator[Any]:  # noqa: N802
        is_close = (
            isinstance(msg, messages.Alert) and msg.description == constants.AlertDescription.close_notify
        )
        # What tlslite says to a close_notify of the client's, as below TLS 1.3.
        if is_close and self._mockpki_session.stays_open:
            return
        yield from super()._sendMsg(msg, *arguments, **options)

    def _shutdown(self, resumable: bool) -> None:
        # True after close_notify, False after an error.
        if resumable and self._mockpki_session.stays_open:
            self._mockpki_session.closed = True
        else:
            super()._shutdown(resumable)

    def _create_cert_msg(self, *arguments: Any) -> Any:
        certificate = super()._create_cert_msg(*arguments)
        self._mockpki_session.certificate_made(certificate)
        return certificate


class _Wire:
    """The socket tlslite believes in: two buffers."""

    def __init__(self) -> None:
        self.incoming = bytearray()
        self.outgoing = bytearray()

    def recv(self, size: int) -> bytes:
        if not self.incoming:
            raise BlockingIOError(errno.EWOULDBLOCK, "nothing was received")
        taken = bytes(self.incoming[:size])
        del self.incoming[:size]
        return taken

    def send(self, data: bytes) -> int:
        self.outgoing += data
        return len(data)

    sendall = send

    def close(self) -> None:
        """Keep the buffers: an alert may still have to go out."""


def _settings(presentation: Presentation) -> Any:
    settings = handshakesettings.HandshakeSettings()
    settings.minVersion = _NUMBERS[presentation.minimum_version]
    settings.maxVersion = _NUMBERS[presentation.maximum_version]
    # A compressed Certificate message is made by other code, without the seam.
    settings.certificate_compression_send = []
    settings.use_heartbeat_extension = False
    settings.ticket_count = 0
    return settings


def _key(private_key: PrivateKey) -> Any:
    _algorithm(private_key)
    return parsePEMKey(private_pem(private_key).decode("ascii"), private=True)


def _algorithm(private_key: PrivateKey) -> str:
    """Name the key's algorithm as tlslite does."""
    names = {
        rsa.RSAPrivateKey: "rsa",
        ec.EllipticCurvePrivateKey: "ecdsa",
        ed25519.Ed25519PrivateKey: "Ed25519",
        ed448.Ed448PrivateKey: "Ed448",
    }
    for kind, name in names.items():
        if isinstance(private_key, kind):
            return name
    raise ValueError(
        f"tlslite has no {type(private_key).__name__}; "
        "with such a key only staples that OpenSSL carries can be sent"
    )


def _chain(presentation: Presentation) -> Any:
    """Return the chain as tlslite wants it, without having it parsed.

    tlslite's parser knows few algorithms, and a certificate may be absurd on purpose. Of the leaf
    it has to know the public key, of which the private one tells all.
    """
    certificates = []
    for der in presentation.chain:
        certificate = x509.X509()
        certificate.bytes = bytearray(der)
        certificates.append(certificate)
    certificates[0].certAlg = _algorithm(presentation.private_key)
    certificates[0].publicKey = _key(presentation.private_key)
    return x509certchain.X509CertChain(certificates)


def _extension(number: int, content: bytes) -> Any:
    return extensions.TLSExtension().create(number, bytearray(content))


def _certificate_status(body: bytes) -> Any:
    header = bytes([constants.HandshakeType.certificate_status]) + len(body).to_bytes(3)
    return messages.Message(constants.ContentType.handshake, bytearray(header + body))


def _because(message: str | None) -> str:
    """Return tlslite's own words; of a traceback only the last line."""
    lines = (message or "").strip().splitlines()
    return f": {lines[-1].rstrip('.')}" if lines else ""
