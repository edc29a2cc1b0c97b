"""The TLS client: pyOpenSSL over memory BIOs, on one socket with a deadline.

The certificates are judged inside the handshake, where OpenSSL hands over the staple. A rejection
therefore ends it with the alert `bad_certificate_status_response`, and nothing is ever sent to a
server that is not accepted. A policy that asks for no staple is applied right after the handshake.

OpenSSL 4.0 (cryptography 47 and later) reads the staple itself, and ends the handshake in the same way when
it cannot; so such a staple rejects under every policy that asks for one. RFC 6066 section 8 wants no less:
clients "MUST check the OCSP response and abort the handshake if the response is not satisfactory". An older
OpenSSL hands over any octets, and what cannot be read is one more staple of no use: the policy decides.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from cryptography import x509
from OpenSSL import SSL, crypto

from .._clock import Clock
from .._parameters import OWN_CHECK, Pause, Within, check_arguments
from .._validation.finding import label
from ._answers import Online
from ._fetch import Deadline, connect, receive
from ._filters import CRLite, check_source
from ._named import PolicyOrName, named
from ._policy import HARD_FAIL
from ._search import Search
from ._verdict import Verdict

_READ_SIZE = 32 * 1024


@check_arguments
def check(
    host: str,
    port: Annotated[int, Within(1, 65535)],
    *,
    ca: Annotated[str | os.PathLike[str] | bytes, "the path of a PEM file, or PEM bytes"],
    server_name: str | None = None,
    policy: PolicyOrName = HARD_FAIL,
    timeout: Pause = timedelta(seconds=10),
    now: datetime | None = None,
    crlite: Annotated[CRLite | None, OWN_CHECK] = None,
) -> Verdict:
    """Connect to *host* and *port* by TLS, and judge the server as *policy*, a value or a name, says.

    *ca* holds the trusted certificates: a path of a PEM file, or PEM bytes. *server_name* (left out:
    *host*) is sent as SNI and has to be in the certificate. *timeout* is the server's, for its part of
    the handshake; the policy has that for fetches. *now* is an aware datetime for the windows of
    answers; validity periods of certificates go by the system's clock, which is OpenSSL's. *crlite* is for
    the source ``"CRLite"``: a service such as ``pki.crlite`` or its URL, from which they are fetched, or the
    filters themselves, as bytes, one or several.

    Raises OSError when there is no connection, it is torn down, or the server takes too long
    (TimeoutError); LookupError for no such policy; ValueError or TypeError for arguments that make no sense.
    """
    _check_name("host", host)
    _check_name("server_name", server_name or host)
    context = _context(_trusted(ca))
    deadline = Deadline(timeout)
    rules = named(policy)
    search = Search(rules, Clock().now() if now is None else now, Online(rules.timeout, check_source(crlite)))
    with connect(host, port, deadline) as sock:
        return _Client(context, sock, deadline, server_name or host, search).run()


def _check_name(parameter: str, name: str) -> None:
    try:
        why = "it has a NUL" if b"\0" in name.encode("idna") else ""
    except UnicodeError as error:
        why = str(error)
    if why:
        raise ValueError(f"{parameter}={name!r} is no host name: {why}; give one, or an address")


def _trusted(ca: str | os.PathLike[str] | bytes) -> list[x509.Certificate]:
    try:
        pem = ca if isinstance(ca, bytes) else Path(ca).read_bytes()
    except ValueError as error:
        raise ValueError(f"ca={ca!r} is no path: {error}") from error
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ValueError(f"ca= holds no certificate in PEM: {error}") from error


def _context(trusted: list[x509.Certificate]) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    store = context.get_cert_store()
    assert store is not None
    # What is given is trusted, whether it is a root or not.
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    for certificate in trusted:
        store.add_cert(crypto.X509.from_cryptography(certificate))
    return context


@dataclass
class _Client:
    """One connection."""

    context: SSL.Context
    sock: socket.socket
    deadline: Deadline
    server_name: str
    search: Search
    verdict: Verdict | None = None
    trouble: list[str] = field(default_factory=list)

    def run(self) -> Verdict:
        asks = self.search.policy.asks_for_staple
        self.context.set_verify(SSL.VERIFY_PEER, self._verify)
        if asks:
            self.context.set_ocsp_client_callback(lambda tls, staple, _: self._judge(tls, staple))
        tls = SSL.Connection(self.context, None)
        tls.set_connect_state()
        if not _is_address(self.server_name):
            tls.set_tlsext_host_name(self.server_name.encode("idna"))
        if asks:
            tls.request_ocsp()
        try:
            self._drive(tls, tls.do_handshake)
            if self.verdict is None:
                self._judge(tls, b"")
            tls.shutdown()
        except SSL.Error as error:
            if self.verdict is None:
                self.verdict = Verdict(False, (self._why(error),))
        finally:
            self._flush(tls)
        assert self.verdict is not None
        return self.verdict

    def _judge(self, tls: SSL.Connection, staple: bytes) -> bool:
        chain = tls.get_verified_chain(as_cryptography=True) or []
        if not _is_for(chain[0], self.server_name):
            self.verdict = Verdict(
                False, (f"the certificate is not for {self.server_name}",), chain=tuple(chain)
            )
        else:
            # What the server sent beside the chain may hold the issuer of a CRL.
            self.search.others = tls.get_peer_cert_chain(as_cryptography=True) or ()
            self.verdict = self.search.judge(chain, staple or None)
        # What the search took of the time was not the server's.
        self.deadline.restart()
        return self.verdict.accepted

    def _verify(self, _: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int) -> bool:
        if not ok:
            name = label(certificate.to_cryptography())
            self.trouble.append(f"{name}: {_PATH_ERRORS.get(error, f'X.509 error {error} of OpenSSL')}")
        return bool(ok)

    def _drive(self, tls: SSL.Connection, step: Callable[[], None]) -> None:
        """Do *step*, carrying octets to and from the server for as long as OpenSSL wants."""
        buffer = bytearray(_READ_SIZE)
        while True:
            try:
                step()
            except SSL.WantReadError:
                self._flush(tls)
                size = receive(self.sock, buffer, self.deadline)
                if size:
                    tls.bio_write(bytes(buffer[:size]))
                else:
                    tls.bio_shutdown()
            else:
                return

    def _flush(self, tls: SSL.Connection) -> None:
        while True:
            try:
                data = tls.bio_read(_READ_SIZE)
            except SSL.Error:
                return
            try:
                self.sock.sendall(data)
            except ConnectionError:
                # The server has gone; what it said before is in the BIO, or it has said nothing.
                return

    def _why(self, error: SSL.Error) -> str:
        if self.trouble:
            return f"the certificates lead to no trusted one: {'; '.join(self.trouble)}"
        queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
        words = ", ".join(entry[-1] for entry in queue) or "the server ended the connection"
        return f"the handshake failed: {words}"


_PATH_ERRORS = {
    7: "its signature is not valid",
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed and not trusted",
    19: "it is self-signed and not trusted",
    20: "its issuer is not known",
    26: "it is not for TLS servers",
}
"""X509_V_ERR_* of OpenSSL, the ones that people meet."""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_for(certificate: x509.Certificate, server_name: str) -> bool:
    """Whether the subjectAltName has *server_name*: RFC 9525 section 6."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    if _is_address(server_name):
        return ipaddress.ip_address(server_name) in names.get_values_for_type(x509.IPAddress)
    wanted = server_name.encode("idna").decode("ascii").lower().rstrip(".")
    wildcard = "*." + wanted.partition(".")[2]
    presented = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    return bool(presented & {wanted, wildcard})
