"""A certificate that a CA here has issued, with its key and its chain."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryptography import x509

from .._parameters import show
from .._pkix.keys import PrivateKey
from .._pkix.pem import private_pem, write_pem
from .._pkix.pkcs12 import write_p12
from .._pkix.reading import load_certificate, read_names
from .folder import Folder

if TYPE_CHECKING:
    from .ca import CA


_LONG = 64


def shorten(text: str) -> str:
    """*text* as it stands in a message: on one line, and its middle left out where it is long."""
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= _LONG else f"{shown[: _LONG // 2]}...{shown[3 - _LONG // 2 :]}"


def list_some(items: Sequence[str], what: str) -> str:
    """*items* in a line: the first few of them, and how many more there are."""
    if len(items) <= 3:
        return ", ".join(map(shorten, items))
    return f"{', '.join(map(shorten, items[:2]))} and {len(items) - 2} more {what}"


def stem_of(certificate: bytes) -> str:
    """What files about *certificate* are called: two CAs may have given one serial number."""
    return hashlib.sha256(certificate).hexdigest()[:32]


class Leaf:
    """An end-entity certificate. Made by `CA.issue_cert`."""

    def __init__(
        self, issuer: CA, der: bytes, serial_number: int, key: PrivateKey | None, folder: Folder
    ) -> None:
        self.issuer = issuer
        """The CA that issued it."""
        self.der = der
        """The certificate as DER, octet for octet as it was issued."""
        self.serial_number = serial_number
        self._key = key
        self._folder = folder

    def __repr__(self) -> str:
        names = list_some(self.names, "names") or f"number {shorten(str(self.serial_number))}"
        return f"<Leaf {names} by {shorten(self.issuer.common_name)}>"

    @cached_property
    def certificate(self) -> x509.Certificate:
        """The certificate, as cryptography reads it. Raises ValueError for one that it does not."""
        return load_certificate(self.der)

    @property
    def key(self) -> PrivateKey:
        """The private key. Raises LookupError for a certificate that was issued from a CSR."""
        if self._key is None:
            raise LookupError(f"{self!r} was issued from a CSR: its key is with whoever made the request")
        return self._key

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The host names, addresses and URIs in the subjectAltName, as text."""
        return read_names(self.der)

    @property
    def chain_ders(self) -> tuple[bytes, ...]:
        """What a server sends: this certificate and those above it, without the root; DER."""
        return (self.der, *self.issuer.chain_ders)

    @cached_property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """What a server sends: this certificate and those above it, without the root."""
        return tuple(map(load_certificate, self.chain_ders))

    @property
    def cert_pem(self) -> bytes:
        """This certificate alone."""
        return _certificate_pem(self.der)

    @property
    def chain_pem(self) -> bytes:
        """`chain` in one text, leaf first."""
        return b"".join(map(_certificate_pem, self.chain_ders))

    @property
    def key_pem(self) -> bytes:
        """PKCS #8, not encrypted. Raises LookupError as `key` does."""
        return private_pem(self.key)

    @property
    def cert_file(self) -> str:
        """Path of a file with `cert_pem`."""
        return self._folder.write(f"{stem_of(self.der)}.crt", self.cert_pem)

    @property
    def chain_file(self) -> str:
        """Path of a file with `chain_pem`, as servers want it."""
        return self._folder.write(f"{stem_of(self.der)}.chain.crt", self.chain_pem)

    @property
    def key_file(self) -> str:
        """Path of a file with `key_pem`."""
        return self._folder.write(f"{stem_of(self.der)}.key", self.key_pem)

    @property
    def p12_file(self) -> str:
        """Path of a PKCS #12 with the key and `chain`, as Java wants it; its password is ``mockpki``.

        Raises LookupError as `key` does, and ValueError for a key that none can hold (ML-DSA).
        """
        own, *above = self.chain
        return self._folder.write(f"{self.serial_number:x}.p12", write_p12(self.key, own, above))

    def configure_cert(self, context: Any) -> None:
        """Make an `ssl.SSLContext` or an ``OpenSSL.SSL.Context`` present this certificate.

        Raises TypeError for any other context.
        """
        if isinstance(context, ssl.SSLContext):
            context.load_cert_chain(self.chain_file, self.key_file)
        elif hasattr(context, "use_privatekey"):
            context.use_certificate(self.certificate)
            for certificate in self.chain[1:]:
                context.add_extra_chain_cert(certificate)
            context.use_privatekey(self.key)
        else:
            raise TypeError(
                f"configure_cert() takes an ssl.SSLContext or an OpenSSL.SSL.Context; got {show(context)}"
            )


def _certificate_pem(der: bytes) -> bytes:
    return write_pem("CERTIFICATE", der)
