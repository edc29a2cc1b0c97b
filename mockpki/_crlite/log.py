"""A certificate transparency log: its key, and the timestamps that it signs (RFC 6962)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .._pkix.keys import KeyType, PrivateKey, spki_der
from .._pkix.signing import SignatureAlgorithm, Signer
from .contents import count_milliseconds
from .scts import ECDSA, RSA, Sct


@dataclass(frozen=True)
class CtLog:
    """A log, as far as certificates know of it: it signs, and keeps no list.

    RFC 6962 section 2.1.4: "A log MUST use either elliptic curve signatures using the NIST P-256 curve
    [...] or RSA signatures (RSASSA-PKCS1-V1_5 with SHA-256, Section 8.2 of [RFC3447]) using a key of at
    least 2048 bits." Without a *key* it makes one of P-256; TypeError and ValueError for any other.

    >>> log = CtLog()
    >>> log.sct(certificate.tbs_precertificate_bytes, issuer_spki, datetime.now(UTC))
    """

    key: PrivateKey = field(default_factory=KeyType.P256.generate, repr=False)
    name: str = "mockpki log"

    def __post_init__(self) -> None:
        key = self.key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            right = isinstance(key.curve, ec.SECP256R1)
        elif isinstance(key, rsa.RSAPrivateKey):
            right = key.key_size >= 2048
        else:
            raise TypeError(f"key= of a log is a private key, of P-256 or RSA; got {key!r}")
        if not right:
            raise ValueError(f"key= of a log is one of P-256, or RSA with 2048 bits or more; got {key!r}")

    @property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo of the log's key."""
        return spki_der(self.key.public_key())

    @property
    def log_id(self) -> bytes:
        """RFC 6962 section 3.2: "the SHA-256 hash of the log's public key, calculated over the DER encoding
        of the key represented as SubjectPublicKeyInfo".
        """
        return sha256(self.spki).digest()

    @property
    def openssl_config(self) -> str:
        """The text of a file for ``openssl s_client -ct -ctlogfile``, which then knows this log alone."""
        key = base64.b64encode(self.spki).decode()
        return f"enabled_logs = mockpki\n\n[mockpki]\ndescription = {self.name}\nkey = {key}\n"

    def sct(self, tbs: bytes, issuer_spki: bytes, at: datetime) -> bytes:
        """The SCT of a certificate, truly signed, as `scts_extension` takes it.

        *tbs* is its TBSCertificate without the extension that lists SCTs, *issuer_spki* the
        SubjectPublicKeyInfo of its issuer, *at* an aware datetime, which counts to the millisecond.
        """
        timestamp = count_milliseconds(at)
        if timestamp < 0:
            raise ValueError(f"at= is a time since 1970, in milliseconds from then; got {at!r}")
        signature = Signer(self.key, b"", b"", SignatureAlgorithm.for_key(self.key)).sign(
            signed_octets(tbs, issuer_spki, timestamp)
        )
        algorithm = RSA if isinstance(self.key, rsa.RSAPrivateKey) else ECDSA
        return Sct(self.log_id, timestamp, signature.signature, signature_algorithm=algorithm).encode()


def signed_octets(tbs: bytes, issuer_spki: bytes, timestamp: int) -> bytes:
    """What a log signs (RFC 6962 section 3.2).

    Version v1, signature_type certificate_timestamp, the timestamp, entry_type precert_entry, the hash of the
    issuer's key, the TBSCertificate with its length, and no extensions.
    """
    return b"".join(
        (
            b"\0\0",
            timestamp.to_bytes(8, "big"),
            b"\0\1",
            sha256(issuer_spki).digest(),
            len(tbs).to_bytes(3, "big"),
            tbs,
            b"\0\0",
        )
    )
