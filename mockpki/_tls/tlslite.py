"""TLS sessions by tlslite-ng, which lets a server send any bytes for a staple.

Rules of this file:

1. tlslite is imported here and in `tlslite_input`, and nowhere else, because it is slow to import; import
   this module late. It has no types: what comes from it is `Any`, and goes no further than these two files.
2. The library's flow is left alone. It is met at a few seams only: the ClientHello and the client's
   Certificate as they come in, a flight's messages as they go out, the TLS 1.3 Certificate message as
   it is made, and the hybrid key shares that it has no code for. What is put into the server's
   messages are the octets of `StapleMessages`.
3. Sessions are resumed only where a server is asked to: a resumed handshake shows no certificate and no
   staple.
4. Whatever goes wrong inside tlslite ends the connection with a sentence, and raises nothing.
5. A client that OpenSSL would have gone on with, and tlslite did not, has rejected nothing: that is a
   `failure`, which the test is told.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .._exchange.staples import StapleMessages, check_writable, staple_messages
from .._pkix.reading import read_subject
from .._problems import describe
from .alerts import alert_name
from .client_certificates import RefusedCertificateError, check_client_certificate
from .key_shares import HYBRIDS, encapsulate
from .openssl import OpenSSLSession
from .session import Presentation, Session
from .tlslite_input import NUMBERS, Wire, find_kept, make_chain, make_key, make_settings, please
from .transports import find_limit

with warnings.catch_warnings():
    # On Python 3.11 tlslite imports asyncore, which warns; nothing that is used here does.
    warnings.simplefilter("ignore", DeprecationWarning)
    from tlslite import (
        constants,
        errors,
        extensions,
        messages,
        tlsconnection,
    )

_NAMES = {number: name for name, number in NUMBERS.items()}

_INTERNAL_ERROR, _HANDSHAKE_FAILURE, _BAD_CERTIFICATE, _CERTIFICATE_REQUIRED = 80, 40, 42, 116
_NO_APPLICATION_PROTOCOL = 120
# RFC 8446 section 4.2.4, and RFC 8879 section 3.
_CERTIFICATE_AUTHORITIES, _COMPRESS_CERTIFICATE = 47, 27
# An alert record, fatal, in the clear: for when tlslite itself is lost.
_LAST_WORD = bytes([21, 3, 3, 0, 2, 2, _INTERNAL_ERROR])


class TlsliteSession(Session):
    """One connection by tlslite-ng, with RSA, ECDSA and EdDSA keys on either side."""

    def __init__(
        self,
        presentation: Presentation,
        bend: Callable[[StapleMessages], StapleMessages] = lambda honest: honest,
    ) -> None:
        """Show *presentation*; its staples are written as *bend* turns the honest way of writing them.

        What *bend* raises becomes `failure`. ``ValueError`` if tlslite-ng cannot show what is asked.
        """
        limit = find_limit(presentation)
        if limit is not None:
            raise ValueError(f"only tlslite can send what is asked for, and {limit}")
        self._presentation = presentation
        self._bend = bend
        self._requested = False
        self._shows_certificate = False
        self._closing = False
        self._version: str | None = None
        self._alpn: str | None = None
        self._client_chain: tuple[bytes, ...] = ()
        self._first = b""
        self._wire = Wire()
        self._connection = _Connection(self._wire, self)
        memory = presentation.resumption
        self._steps = self._life(
            self._connection.handshakeServerAsync(
                certChain=make_chain(presentation),
                privateKey=make_key(presentation.private_key),
                settings=make_settings(presentation),
                alpn=[name.encode("latin-1") for name in presentation.alpn] or None,
                reqCert=bool(presentation.client_cas),
                reqCAs=_subjects(presentation) or None,
                sessionCache=None if memory is None else find_kept(presentation, memory).sessions,
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
        return self._client_chain[0] if self._client_chain else None

    def receive(self, data: bytes) -> bytes:
        if self.closed:
            return b""
        self._wire.incoming += data
        if self._version is None:
            self._first += data
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
            self._compare()
        except Exception as error:  # rule 4: it parses what anyone may have sent
            self._wire.outgoing += _LAST_WORD
            self._alert_sent(_INTERNAL_ERROR)
            if self.failure is not None:
                self._fail(describe(self.failure))
            else:
                self._fail(f"tlslite failed with {type(error).__name__}{_because(str(error))}")
                self._compare()
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
        self.resumed = not self._shows_certificate
        if self.resumed:
            self._note_resumed(self._connection.session)
        self.established = True
        while not self._connection.closed:
            for result in self._connection.readAsync():
                yield None if result in (0, 1) else result

    def _note_resumed(self, session: Any) -> None:
        # Below TLS 1.3 its ServerHello goes past the seams.
        self._version = _NAMES[self._connection.version]
        chain = session.clientCertChain
        self._client_chain = tuple(bytes(one.bytes) for one in chain.x509List) if chain else ()

    def _compare(self) -> None:
        """Note a `failure` where it is this library alone that has no answer to the client's first words."""
        if self._version is not None or self.failure is not None:
            return
        try:
            other = OpenSSLSession(replace(self._presentation, staples=()))
        except ValueError:  # nor does OpenSSL show such a certificate
            return
        other.receive(self._first)
        if not other.closed and other.pending():
            self.failure = RuntimeError(
                f"{self.error}; OpenSSL would have gone on, so the client has rejected nothing: it cannot be "
                "sent this staple here"
            )

    def hello_received(self, hello: Any) -> tuple[int, str] | None:
        """Settle what depends on the ClientHello; the alert's number for one that will not do, and why."""
        please(hello)
        asked = hello.getExtension(constants.ExtensionType.status_request)
        self._requested = asked is not None and asked.status_type == constants.CertificateStatusType.ocsp
        asked = hello.getExtension(constants.ExtensionType.alpn)
        if asked is not None and asked.protocol_names:
            return self._choose_alpn(hello, asked)
        return None

    def _choose_alpn(self, hello: Any, asked: Any) -> tuple[int, str] | None:
        """Let tlslite see the server's first choice only; by itself it would take the client's."""
        known = [bytes(name).decode("latin-1") for name in asked.protocol_names]
        self._alpn = next((name for name in self._presentation.alpn if name in known), None)
        if self._alpn is not None:
            asked.protocol_names = [bytearray(self._alpn.encode("latin-1"))]
        elif self._presentation.alpn_optional or not self._presentation.alpn:
            hello.extensions.remove(asked)
        else:
            # RFC 7301 section 3.2: "then the server SHALL respond with a fatal "no_application_protocol"
            # alert."
            return _NO_APPLICATION_PROTOCOL, "the client offers none of the protocols spoken here"
        return None

    def client_certificate_received(self, certificate: Any) -> tuple[int, str] | None:
        """The alert's number for a client certificate that will not do, and why; None for one that will."""
        chain = certificate.cert_chain
        self._client_chain = tuple(bytes(one.bytes) for one in chain.x509List) if chain else ()
        if self._client_chain:
            try:
                shown = self._presentation
                check_client_certificate(self._client_chain, shown.client_cas, shown.refuse)
            except RefusedCertificateError as error:
                return error.alert, str(error)
            except BaseException as error:  # pytest.fail(), too, in a function of the test's own
                self.failure = error
                return _INTERNAL_ERROR, describe(error)
        elif self._presentation.client_certificate_required:
            # RFC 5246 section 7.4.6 has handshake_failure for it, RFC 8446 section 6.2 certificate_required.
            alert = _CERTIFICATE_REQUIRED if self._version == "TLSv1.3" else _HANDSHAKE_FAILURE
            return alert, "peer did not return a certificate"
        return None

    def complete_request(self, request: Any) -> None:
        """Have a CertificateRequest of TLS 1.3 name the CAs, as older ones do, and ask for no compression."""
        request.extensions = [one for one in request.extensions if one.extType != _COMPRESS_CERTIFICATE]
        names = b"".join(len(name).to_bytes(2) + name for name in _subjects(self._presentation))
        request.addExtension(_extension(_CERTIFICATE_AUTHORITIES, len(names).to_bytes(2) + names))

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
        self._shows_certificate = True
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
        self._shows_certificate = True
        if self._version != "TLSv1.3":  # below, nothing has been sent yet: it goes with this message
            return
        entries = self._written(self._version).entries
        for entry, wanted in zip(certificate.certificate_list, entries, strict=False):
            entry.extensions += [_extension(number, content) for number, content in wanted]


class _Connection(tlsconnection.TLSConnection):  # type: ignore[misc]
    """tlslite's connection, and the seams of rule 2."""

    def __init__(self, wire: Wire, session: TlsliteSession) -> None:
        super().__init__(wire)
        self._mockpki_session = session

    def _getMsg(self, *arguments: Any) -> Iterator[Any]:  # noqa: N802
        steps = super()._getMsg(*arguments)
        wanted = arguments[1] if len(arguments) > 1 else None
        if _asks_for_certificate(wanted):
            steps = self._read_certificate(steps)
        for result in steps:
            if isinstance(result, messages.ClientHello):
                refused = self._mockpki_session.hello_received(result)
                if refused is not None:
                    yield from self._sendError(*refused)
            yield result

    def _read_certificate(self, steps: Iterator[Any]) -> Iterator[Any]:
        """The client's certificate is judged at once, as OpenSSL does, and before it has signed anything."""
        try:
            for result in steps:
                refused = None
                if isinstance(result, messages.Certificate):
                    refused = self._mockpki_session.client_certificate_received(result)
                if refused is not None:
                    yield from self._sendError(*refused)
                yield result
        except (SyntaxError, LookupError) as error:
            reason = f"tlslite does not read the client's certificate ({type(error).__name__}: {error})"
            yield from self._sendError(_BAD_CERTIFICATE, reason)

    def _queue_message(self, msg: Any) -> None:
        if isinstance(msg, messages.CertificateRequest):
            self._mockpki_session.complete_request(msg)
        super()._queue_message(msg)

    @staticmethod
    def _getKEX(group: int, version: tuple[int, int]) -> Any:  # noqa: N802
        # For a hybrid tlslite wants a library of its own here, and then does no more with it.
        return None if group in HYBRIDS.values() else tlsconnection.TLSConnection._getKEX(group, version)

    @classmethod
    def _KEMEncaps(cls, group: int, public: Any) -> Any:  # noqa: N802
        try:
            secret, share = encapsulate(group, bytes(public))
        except ValueError as error:
            raise errors.TLSIllegalParameterException(str(error)) from error
        return bytearray(secret), extensions.KeyShareEntry().create(group, bytearray(share), None)

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


def _subjects(presentation: Presentation) -> list[bytes]:
    """The names of the CAs that clients are asked for a certificate by."""
    return [read_subject(der) for der in presentation.client_cas]


def _asks_for_certificate(wanted: Any) -> bool:
    kinds = wanted if isinstance(wanted, tuple) else (wanted,)
    return constants.HandshakeType.certificate in kinds


def _extension(number: int, content: bytes) -> Any:
    return extensions.TLSExtension().create(number, bytearray(content))


def _certificate_status(body: bytes) -> Any:
    header = bytes([constants.HandshakeType.certificate_status]) + len(body).to_bytes(3)
    return messages.Message(constants.ContentType.handshake, bytearray(header + body))


def _because(message: str | None) -> str:
    """Return tlslite's own words; of a traceback only the last line."""
    lines = (message or "").strip().splitlines()
    return f": {lines[-1].rstrip('.')}" if lines else ""
