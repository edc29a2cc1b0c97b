"""Signed certificate timestamps, and the extension of a certificate that lists them (RFC 6962 section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .._pkix import der
from .._pkix.der import OCTET_STRING, Extension
from .._pkix.element import Element
from .contents import HASH_SIZE
from .reading import Reader

SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"
"""The extension's OID (RFC 6962 section 3.3)."""
SHA256 = 4
"""HashAlgorithm of RFC 5246 section 7.4.1.4.1."""
RSA, ECDSA = 1, 3
"""SignatureAlgorithm of RFC 5246 section 7.4.1.4.1."""


@dataclass(frozen=True)
class Sct:
    """What a log promised of a certificate: to have it in its list, since *timestamp*.

    RFC 6962 section 3.2. *timestamp* is in milliseconds since 1970; *hash_algorithm* and
    *signature_algorithm* are numbers of RFC 5246. Version 0 is v1.
    """

    log_id: bytes
    timestamp: int
    signature: bytes = field(repr=False)
    hash_algorithm: int = SHA256
    signature_algorithm: int = ECDSA
    extensions: bytes = b""
    version: int = 0

    @property
    def log_and_time(self) -> tuple[bytes, int]:
        """What the coverage of a filter is compared with: the log, and when."""
        return self.log_id, self.timestamp

    def encode(self) -> bytes:
        """The SignedCertificateTimestamp."""
        return b"".join(
            (
                bytes((self.version,)),
                self.log_id,
                self.timestamp.to_bytes(8, "big"),
                _opaque(self.extensions),
                bytes((self.hash_algorithm, self.signature_algorithm)),
                _opaque(self.signature),
            )
        )

    @classmethod
    def parse(cls, octets: bytes) -> Sct:
        """The SCT that *octets* are; ValueError for what is none."""
        reader = Reader(octets, "big", "an SCT")
        version = reader.number(1, "version")
        log_id, timestamp = reader.take(HASH_SIZE, "LogID"), reader.number(8, "timestamp")
        extensions = reader.take(reader.number(2, "length of extensions"), "extensions")
        hash_algorithm, signature_algorithm = reader.take(2, "algorithms")
        signature = reader.take(reader.number(2, "length of the signature"), "signature")
        reader.finish()
        return cls(log_id, timestamp, signature, hash_algorithm, signature_algorithm, extensions, version)


def scts_extension(scts: Iterable[bytes]) -> Extension:
    """The extension of a certificate with these *scts*, as `Sct.encode` or `CtLog.sct` give them.

    RFC 6962 section 3.3: their list is wrapped in an OCTET STRING of its own. It is not critical.
    """
    octets = _opaque(b"".join(map(_opaque, scts)))
    return Extension(SCT_LIST, False, der.octet_string(octets))


def read_scts(value: bytes) -> tuple[Sct, ...]:
    """The SCTs in the *value* of such an extension, its extnValue's content; ValueError for what has none."""
    reader = Reader(Element.whole(value, OCTET_STRING).content, "big", "a list of SCTs")
    size = reader.number(2, "length")
    if size != reader.left:
        raise ValueError(f"a list of SCTs says that it has {size} octets, and has {reader.left}")
    found = []
    while reader.left:
        found.append(Sct.parse(reader.take(reader.number(2, "length of an SCT"), "SCT")))
    return tuple(found)


def _opaque(octets: bytes) -> bytes:
    """RFC 5246 section 4.3: opaque <0..2^16-1>."""
    if len(octets) >> 16:
        raise ValueError(f"SCTs and what is in them have less than 65536 octets; got {len(octets)}")
    return len(octets).to_bytes(2, "big") + octets
