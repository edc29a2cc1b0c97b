"""TLS sessions by OpenSSL, through pyOpenSSL's memory BIOs.

Rules of this file:

1. A context is costly (keys and certificates are parsed again), a connection is not: contexts are
   kept by the `OpenSSLServer` that made them, and know nothing of staples.
2. Sessions are resumed only where a server is asked to: a resumed handshake shows no certificate and no
   staple. Keys of tickets are a context's own, so no session goes on under another certificate.
3. The certificate's strength is the client's to judge, so OpenSSL's own security level is 0.
4. Callbacks find their session through a weak reference, so that a dropped session is freed at
   once, with OpenSSL's memory, and does not wait for the garbage collector.
"""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from typing import Any, cast

import OpenSSL
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL, crypto

from .._pkix.keys import PrivateKey
from .._pkix.reading import load_certificate
from .session import Presentation, Session, needs_tlslite

_VERSIONS = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}
# A constant of OpenSSL's that pyOpenSSL has no name for. With it, a chain is sent as it was
# given; without, OpenSSL completes it from the trust anchors for client certificates.
_MODE_NO_AUTO_CHAIN = 0x8

_WRITES_CERTIFICATE = b"SSLv3/TLS write certificate"

# One TLS record and its overhead; a server's whole first flight fits most of the time.
_READ_SIZE = 32 * 1024


class OpenSSLServer:
    """Makes sessions, and keeps the contexts they share; not for several threads at a time."""

    def __init__(self, size: int = 128) -> None:
        """Keep up to *size* contexts; the one unused for longest goes first."""
        self._size = size
        self._contexts: OrderedDict[tuple[object, ...], tuple[SSL.Context, PrivateKey]]
        self._contexts = OrderedDict()

    def session(self, presentation: Presentation) -> OpenSSLSession:
        """Return a new session; ``ValueError`` if OpenSSL cannot show what is asked."""
        if needs_tlslite(presentation.staples, presentation.chain[0]):
            raise ValueError("OpenSSL cannot show this certificate with these staples; use tlslite")
        return OpenSSLSession(presentation, self.find_context(presentation))

    def find_context(self, shown: Presentation) -> SSL.Context:
        """The context for all of *shown* but its staples, new or kept; ``ValueError`` as `new_context`."""
        key = (
            shown.chain,
            id(shown.private_key),
            shown.alpn,
            shown.alpn_optional,
            shown.client_cas,
            shown.client_certificate_required,
            shown.minimum_version,
            shown.maximum_version,
            shown.resumption is not None,
        )
        entry = self._contexts.get(key)
        if entry is None:
            # The private key is kept so that no other object gets its id.
            entry = self._contexts[key] = (new_context(shown), shown.private_key)
            if len(self._contexts) > self._size:
                self._contexts.popitem(last=False)
        else:
            self._contexts.move_to_end(key)
        return entry[0]


def new_context(presentation: Presentation) -> SSL.Context:
    """Return a server's context for all of a presentation but its staples."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    if OpenSSL.__version__ == "25.1.0":
        # It makes a connection to check the list, and would warn of every further step here, all as right as
        # with any other version. The list has to come first: certificates are held to its level.
        context._used = False
    context.set_min_proto_version(_VERSIONS[presentation.minimum_version])
    context.set_max_proto_version(_VERSIONS[presentation.maximum_version])
    context.set_options(SSL.OP_NO_RENEGOTIATION)
    if presentation.resumption is None:
        context.set_options(SSL.OP_NO_TICKET)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    else:
        context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
        # Without one, no session with a client certificate can be resumed.
        context.set_session_id(b"mockpki")
    context.set_mode(_MODE_NO_AUTO_CHAIN)
    try:
        _use_credentials(context, presentation)
        _use_client_cas(context, presentation)
    except (SSL.Error, crypto.Error, TypeError) as error:
        raise ValueError(f"OpenSSL cannot use this certificate or key: {error}") from error
    if presentation.alpn:
        offered = tuple(name.encode("latin-1") for name in presentation.alpn)
        optional = presentation.alpn_optional
        context.set_alpn_select_callback(lambda _, asked: _select(offered, asked, optional))
    context.set_ocsp_server_callback(_give_staple)
    context.set_info_callback(_note_alert if presentation.resumption is None else _note_state)
    return context


def _use_credentials(context: SSL.Context, presentation: Presentation) -> None:
    leaf, *others = (load_certificate(der) for der in presentation.chain)
    context.use_certificate(leaf)
    for certificate in others:
        context.add_extra_chain_cert(certificate)
    _use_key(context, presentation.private_key)
    context.check_privatekey()


def _use_key(context: SSL.Context, key: PrivateKey) -> None:
    # Whether it takes this kind of key depends on its version.
    known: Any = key
    try:
        context.use_privatekey(known)
    except TypeError:
        # pyOpenSSL converts no ML-DSA keys of cryptography's, and deprecates its own class of keys.
        # Filters are the whole process's: not to be touched where there is another way.
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.use_privatekey(crypto.load_privatekey(crypto.FILETYPE_ASN1, der))


def _use_client_cas(context: SSL.Context, presentation: Presentation) -> None:
    if not presentation.client_cas:
        return
    store = context.get_cert_store()
    assert store is not None
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    for der in presentation.client_cas:
        certificate = load_certificate(der)
        context.add_client_ca(certificate)
        store.add_cert(crypto.X509.from_cryptography(certificate))
    mode = SSL.VERIFY_PEER
    if presentation.client_certificate_required:
        mode |= SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    context.set_verify(mode)


def _select(
    offered: tuple[bytes, ...], asked: list[bytes], optional: bool
) -> bytes | SSL._NoOverlappingProtocols:
    """Choose the server's first protocol that the client knows too; an error becomes the alert."""
    for name in offered:
        if name in asked:
            return name
    if optional:
        return SSL.NO_OVERLAPPING_PROTOCOLS
    # RFC 7301 section 3.2: "In the event that the server supports no protocols that the client advertises,
    # then the server SHALL respond with a fatal "no_application_protocol" alert."
    raise SSL.Error([("", "", "the client offers none of the protocols spoken here")])


def _session_of(connection: SSL.Connection) -> OpenSSLSession:
    session = connection.get_app_data()()
    return cast(OpenSSLSession, session)


def _give_staple(connection: SSL.Connection, _: object) -> bytes:
    # Called only when the client asked; b"" is pyOpenSSL's word for no staple.
    return _session_of(connection)._give_staple()


def _note_alert(connection: SSL.Connection, where: int, value: int) -> None:
    # Called some thirty times in a handshake; what is not about an alert leaves at once.
    if where & SSL.SSL_CB_ALERT:
        _session_of(connection)._note_alert(bool(where & SSL.SSL_CB_READ), value & 0xFF)


def _note_state(connection: SSL.Connection, where: int, value: int) -> None:
    # pyOpenSSL does not tell whether a session is resumed, but what is being written. RFC 8446 section 2.2:
    # "As the server is authenticating via a PSK, it does not send a Certificate or a CertificateVerify
    # message."
    if where & SSL.SSL_CB_LOOP and connection.get_state_string() == _WRITES_CERTIFICATE:
        _session_of(connection)._shows_certificate = True
    _note_alert(connection, where, value)


class OpenSSLSession(Session):
    """One connection by OpenSSL."""

    def __init__(self, presentation: Presentation, context: SSL.Context | None = None) -> None:
        """Show *presentation*; *context* is the one `new_context` made for it, if kept."""
        self._staple = presentation.staple
        self._bare = len(presentation.chain) - 1
        self._connection = SSL.Connection(context or new_context(presentation), None)
        self._connection.set_app_data(weakref.ref(self))
        self._connection.set_accept_state()
        self._shows_certificate = presentation.resumption is None
        self._closing = False

    @property
    def version(self) -> str | None:
        # Before the ServerHello there is no random number, and OpenSSL names the highest version.
        if self._connection.server_random() is None:
            return None
        return self._connection.get_protocol_version_name()

    @property
    def alpn(self) -> str | None:
        return self._connection.get_alpn_proto_negotiated().decode("latin-1") or None

    @property
    def client_certificate(self) -> bytes | None:
        # As OpenSSL's own: cryptography does not read every certificate that OpenSSL takes.
        certificate = self._connection.get_peer_certificate()
        return None if certificate is None else crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)

    def receive(self, data: bytes) -> bytes:
        if self.closed or not data:
            return b""
        self._connection.bio_write(data)
        received: list[bytes] = []
        try:
            if not self.established:
                self._connection.do_handshake()
                self.established = True
                self.resumed = not self._shows_certificate
            while True:
                received.append(self._connection.recv(_READ_SIZE))
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._end(error)
        return b"".join(received)

    def send(self, data: bytes) -> None:
        if not self.established:
            raise RuntimeError("nothing can be sent before the handshake is complete")
        if self.error is None and not self._closing:
            self._connection.sendall(data)

    def pending(self) -> bytes:
        flight = self._take()
        if len(flight) < _READ_SIZE:
            return flight
        parts = [flight]
        while parts[-1]:
            parts.append(self._take())
        return b"".join(parts)

    def close(self) -> None:
        if self.established and self.error is None and not self._closing:
            self._connection.shutdown()
        self._closing = True

    def _take(self) -> bytes:
        try:
            return self._connection.bio_read(_READ_SIZE)
        except SSL.WantReadError:
            return b""

    def _end(self, error: SSL.Error) -> None:
        """Say why OpenSSL will go no further with this connection."""
        if self.established and isinstance(error, SSL.ZeroReturnError):
            self.closed = True
        elif self.alert is not None:
            self._fail(f"the client ended the connection with the alert {self.alert}")
        else:
            reasons = ", ".join(_reasons(error)) or "no reason given"
            alert = "without an alert" if self.alert_sent is None else f"with {self.alert_sent}"
            self._fail(f"OpenSSL ended the connection {alert}: {reasons}")

    def _give_staple(self) -> bytes:
        if self._staple is None:
            return b""
        self.staples_sent = (self._staple, *(None,) * self._bare)
        return self._staple

    def _note_alert(self, received: bool, number: int) -> None:
        if received:
            self._alert_received(number)
        else:
            self._alert_sent(number)


def _reasons(error: SSL.Error) -> list[str]:
    """Return OpenSSL's words from its error queue."""
    queue = error.args[0] if error.args else ()
    return [entry[-1] for entry in queue] if isinstance(queue, list) else [str(error)]
