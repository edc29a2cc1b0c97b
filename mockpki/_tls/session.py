"""One TLS connection, seen from the server, without a socket: what both transports share.

Rules of this file:

1. Bytes in, bytes out. No sockets, threads or clocks, here or in the sessions.
2. What the client did is recorded, not judged: the alert it sent, by name; the staple it was
   really given, byte by byte; why a handshake failed, in one sentence.
3. No TLS library is imported here, so deciding which one to use costs nothing.

Two transports, because neither can do the other's work. OpenSSL is fast and complete, but changes
or drops some staples; `needs_tlslite` knows which. tlslite-ng carries any bytes, and is slow. What neither
can do is refused by `transports`, when the server is made.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import ocsp

from .._exchange.staples import LONGEST
from .._pkix.keys import PrivateKey
from .._pkix.reading import has_plain_extensions, read_issuer, read_serial, read_subject
from .alerts import alert_name
from .client_certificates import Refusal
from .resumption import Resumption

VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


@dataclass(frozen=True)
class Presentation:
    """What the server shows in one handshake.

    Certificates are DER, the chain as it is sent, leaf first. ``staples`` has one entry for each
    certificate of the chain, leaf first; entries left out at the end are None, no staple.
    ``client_cas`` are trust anchors; where there are any, the client is asked for a certificate.
    ``refuse`` says which verified ones are refused all the same; only tlslite asks it.
    A client that offers no protocol of ``alpn`` is refused, unless it is ``alpn_optional``. With
    ``resumption`` sessions that were begun with the same chain and the same ``client_cas`` are resumed.
    Versions are named as ``ssl.SSLSocket.version`` names them.
    """

    chain: tuple[bytes, ...]
    private_key: PrivateKey
    staples: tuple[bytes | None, ...] = ()
    alpn: tuple[str, ...] = ()
    client_cas: tuple[bytes, ...] = ()
    client_certificate_required: bool = False
    minimum_version: str = "TLSv1.2"
    maximum_version: str = "TLSv1.3"
    alpn_optional: bool = False
    refuse: Refusal | None = None
    resumption: Resumption | None = None

    def __post_init__(self) -> None:
        """Refuse what no handshake could show."""
        if not self.chain:
            raise ValueError("a server needs a chain of at least one certificate to present")
        if len(self.staples) > len(self.chain):
            raise ValueError(f"there are {len(self.staples)} staples for {len(self.chain)} certificates")
        if self.client_certificate_required and not self.client_cas:
            raise ValueError("a required client certificate needs client_cas to be checked with")
        for version in (self.minimum_version, self.maximum_version):
            if version not in VERSIONS:
                raise ValueError(f"{version!r} is no TLS version; use one of {VERSIONS}")

    @property
    def staple(self) -> bytes | None:
        """The leaf's staple."""
        return self.staples[0] if self.staples else None


class Session(ABC):
    """The server's side of one connection.

    Feed what the socket delivers to `receive` or `eof`, then write what `pending` gives. Nothing
    the client sends makes a method raise.
    """

    established: bool = False
    """The handshake is complete: the client accepted what it was shown."""
    closed: bool = False
    """Nothing more will be received: close_notify, a fatal alert, an error or the end of TCP."""
    alert: str | None = None
    """The alert received. Before establishment any; after it any but close_notify."""
    alert_sent: str | None = None
    """The alert sent, other than close_notify. OpenSSL answers some garbage with none."""
    error: str | None = None
    """One sentence saying why the handshake, or the connection after it, failed."""
    resumed: bool = False
    """An earlier session was resumed: no certificate was shown, and no staple."""
    failure: BaseException | None = None
    """What failed here, and not at the client: a function of the test's, for a staple or of a certificate."""
    staples_sent: tuple[bytes | None, ...] = ()
    """The staples that the client was given, one for each certificate; empty when it was given none."""

    @property
    def staple_sent(self) -> bytes | None:
        """The leaf's staple as the client was given it; None when it was given none."""
        return self.staples_sent[0] if self.staples_sent else None

    @property
    @abstractmethod
    def version(self) -> str | None:
        """The TLS version, as ``ssl.SSLSocket.version`` names it; None until negotiated."""

    @property
    @abstractmethod
    def alpn(self) -> str | None:
        """The application protocol agreed on, or None."""

    @property
    @abstractmethod
    def client_certificate(self) -> bytes | None:
        """The client's certificate in DER, or None."""

    @abstractmethod
    def receive(self, data: bytes) -> bytes:
        """Take ciphertext from the wire; return the application's bytes in it, often none."""

    @abstractmethod
    def send(self, data: bytes) -> None:
        """Encrypt the application's bytes.

        ``RuntimeError`` before establishment. Once the connection has failed or `close` was
        called there is nobody to send to, and *data* is dropped.
        """

    @abstractmethod
    def pending(self) -> bytes:
        """Take the ciphertext that is to be put on the wire."""

    @abstractmethod
    def close(self) -> None:
        """Queue close_notify. Before establishment there is nothing to close."""

    def eof(self) -> None:
        """Note that the client closed its side of TCP."""
        if not self.established and not self.closed:
            self._fail("the client closed the connection before the handshake was complete")
        self.closed = True

    def _fail(self, sentence: str) -> None:
        self.closed = True
        self.error = sentence

    def _alert_received(self, number: int) -> None:
        name = alert_name(number)
        # A client may say what is wrong and close_notify after it: the reason is what counts.
        if name != "close_notify" or not (self.established or self.alert):
            self.alert = name

    def _alert_sent(self, number: int) -> None:
        if number:
            self.alert_sent = alert_name(number)


# What OpenSSL 4.0.3 does with the bytes its status callback hands over, measured on the wire;
# TLS 1.2 and 1.3 alike, and tests/tls/test_carrying.py keeps it true:
#
#   as they are       a response whose SingleResponses, or one of several, have the leaf's serial
#                     number and its issuer's name hash, whatever else they say and whoever
#                     signed; an error status; a
#                     response with no SingleResponse; an outer SEQUENCE that holds what does not
#                     parse (another response type, trailing bytes further in)
#   changed           trailing bytes after the outer SEQUENCE are cut off, and a length in BER is
#                     written anew in DER
#   dropped silently  anything that does not parse as OCSPResponse, a response for other serial
#                     numbers or issuers only, every response when the leaf is self-signed or has an
#                     extension that is malformed, and b"", which cannot be told from no staple
#
# and it staples nothing to intermediates. As a client it is no witness for any of this: it changes
# what arrives in the same way, refuses what does not parse with bad_certificate_status_response,
# and on TLS 1.2 takes 16,384 bytes at most. TLS 1.3 itself has room for 65,535.
def needs_tlslite(staples: tuple[bytes | None, ...], leaf: bytes) -> bool:
    """Tell whether OpenSSL would not carry these staples, leaf first, exactly as they are.

    *leaf* is the leaf certificate in DER; one that OpenSSL does not understand needs tlslite, too. On
    the safe side: only what was measured to be carried, and has a plain form, is left to OpenSSL.
    """
    if any(staple is not None for staple in staples[1:]) or not _is_plain(leaf):
        return True
    staple = staples[0] if staples else None
    return staple is not None and not _openssl_carries(staple, leaf)


@lru_cache(maxsize=16)  # a server that is given octets staples the same ones again and again
def _openssl_carries(staple: bytes, leaf: bytes) -> bool:
    if len(staple) > LONGEST:
        return False
    try:
        response = ocsp.load_der_ocsp_response(staple)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            # SEQUENCE { ENUMERATED } and nothing more: five bytes.
            return len(staple) == 5
        serial_number, issuer = _serial_number_and_issuer(leaf)
        singles = list(response.responses)
        return bool(singles and issuer) and all(
            single.serial_number == serial_number
            and single.issuer_name_hash == _name_hash(issuer, single.hash_algorithm.name)
            for single in singles
        )
    except (ValueError, UnsupportedAlgorithm):
        return False


# The same few leaves are asked about in every handshake.
_is_plain = lru_cache(maxsize=256)(has_plain_extensions)


@lru_cache(maxsize=256)
def _serial_number_and_issuer(leaf: bytes) -> tuple[int, bytes]:
    """The serial number, and the issuer's name in DER; b"" for a certificate that is its own issuer."""
    issuer = read_issuer(leaf)
    return read_serial(leaf), b"" if issuer == read_subject(leaf) else issuer


@lru_cache(maxsize=256)
def _name_hash(name: bytes, algorithm: str) -> bytes:
    return hashlib.new(algorithm, name).digest()
