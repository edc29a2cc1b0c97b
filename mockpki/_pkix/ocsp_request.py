"""OCSP requests, read and written, and the CertIDs in them (RFC 6960 section 4.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from . import der
from .der import BIT_STRING, INTEGER, NULL, OCTET_STRING, SEQUENCE, Extension
from .element import Element
from .keys import key_bits

NONCE = "1.3.6.1.5.5.7.48.1.2"

# Request extensions that a responder knows, RFC 6960 section 4.4.
_KNOWN_EXTENSIONS = {
    NONCE,
    "1.3.6.1.5.5.7.48.1.4",  # acceptable response types
    "1.3.6.1.5.5.7.48.1.7",  # service locator
    "1.3.6.1.5.5.7.48.1.8",  # preferred signature algorithms
}

HASHES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "1.3.14.3.2.26": ("sha1", lambda data: hashlib.sha1(data).digest()),
    "2.16.840.1.101.3.4.2.1": ("sha256", lambda data: hashlib.sha256(data).digest()),
    "2.16.840.1.101.3.4.2.2": ("sha384", lambda data: hashlib.sha384(data).digest()),
    "2.16.840.1.101.3.4.2.3": ("sha512", lambda data: hashlib.sha512(data).digest()),
}
"""Hash functions of a CertID: OID to name and function."""


@dataclass(frozen=True, slots=True)
class CertID:
    """Which certificate is meant. *hash_algorithm* is the AlgorithmIdentifier's DER, as it was sent.

    RFC 6960 section 4.1.1.
    """

    hash_algorithm: bytes
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int

    @property
    def hash_oid(self) -> str:
        """The hash algorithm's OID, in dotted decimals."""
        return _algorithm_oid(self.hash_algorithm)

    @property
    def hash_name(self) -> str:
        """``sha1``, ``sha256`` and so on; the dotted OID of a hash this package does not know."""
        oid = self.hash_oid
        return HASHES[oid][0] if oid in HASHES else oid

    def encode(self) -> bytes:
        """The CertID as DER."""
        return der.sequence(
            self.hash_algorithm,
            der.octet_string(self.issuer_name_hash),
            der.octet_string(self.issuer_key_hash),
            der.integer(self.serial_number),
        )

    @classmethod
    def read(cls, element: Element) -> CertID:
        """The CertID that *element* is; ValueError if it is none."""
        algorithm, name_hash, key_hash, serial = element.expect(SEQUENCE).fields(4, 4)
        der = algorithm.der
        # An answer that echoed other parameters than these could not be read by everyone. RFC 4055
        # section 2.1 has them absent or NULL for the SHA family.
        parameters = [item.der for item in algorithm.children()[1:]]
        if _algorithm_oid(der) in HASHES and parameters not in ([], [NULL]):
            raise ValueError("the parameters of the CertID's hash are neither absent nor NULL")
        return cls(
            der,
            name_hash.expect(OCTET_STRING).content,
            key_hash.expect(OCTET_STRING).content,
            serial.as_integer(),
        )


@lru_cache(maxsize=32)
def _algorithm_oid(der: bytes) -> str:
    """The OID of an AlgorithmIdentifier, which has it and at most one field of parameters."""
    return Element.whole(der, SEQUENCE).fields(1, 2)[0].as_oid()


class Issuer:
    """The CA as CertIDs see it: the hashes of its name and of its key, for each hash function."""

    def __init__(self, name: bytes, spki: bytes) -> None:
        key = key_bits(spki)
        # RFC 6960 section 4.1.1: "The hash shall be calculated over the DER encoding of the issuer's name
        # field in the certificate being checked", and over the key's value "excluding tag and length".
        self._hashes = {oid: (digest(name), digest(key)) for oid, (_, digest) in HASHES.items()}

    def owns(self, cert_id: CertID) -> bool:
        """Whether *cert_id* names this CA as the issuer."""
        pair = (cert_id.issuer_name_hash, cert_id.issuer_key_hash)
        return self._hashes.get(cert_id.hash_oid) == pair

    def cert_id(self, serial: int, hash_name: str = "sha1") -> CertID:
        """The CertID a client would make. Raises ValueError for an unknown *hash_name*."""
        for oid, (name, _) in HASHES.items():
            if name == hash_name:
                return CertID(der.sequence(der.oid(oid), NULL), *self._hashes[oid], serial)
        names = ", ".join(name for name, _ in HASHES.values())
        raise ValueError(f"hash_algorithm={hash_name!r} is no hash for a CertID here; there are {names}")


@dataclass(frozen=True, slots=True)
class OCSPRequest:
    """What a client asked for. *nonce* is the Nonce's own octets (RFC 9654), None without one."""

    cert_ids: tuple[CertID, ...]
    nonce: bytes | None = None
    signed: bool = False
    requestor_name: bytes | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, der: bytes) -> OCSPRequest:
        """Parse the DER of an OCSPRequest, RFC 6960 section 4.1.1.

        Raises ValueError, with a sentence, for whatever deserves ``malformedRequest``.
        """
        tbs, *signature = Element.whole(der, SEQUENCE).fields(1, 2)
        for item in signature:
            _check_signature(item.expect(0xA0).only(SEQUENCE))
        fields = tbs.expect(SEQUENCE).fields(1, 4)
        # version [0] EXPLICIT DEFAULT v1: strictly DER leaves v1 out; accept one that says it.
        if fields[0].tag == 0xA0 and fields.pop(0).only(INTEGER).as_integer() != 0:
            raise ValueError("the request's version is not v1")
        requestor = _read_requestor(fields.pop(0)) if fields and fields[0].tag == 0xA1 else None
        if not fields:
            raise ValueError("the request has no requestList")
        singles = fields.pop(0).expect(SEQUENCE).children()
        # RFC 6960 section 4.1.1: "requestList contains one or more single certificate status requests."
        if not singles:
            raise ValueError("the requestList is empty")
        cert_ids = tuple(map(_read_single_request, singles))
        extensions = _read_extensions(fields.pop(0).expect(0xA2)) if fields else ()
        if fields:
            raise ValueError("something follows the requestExtensions")
        return cls(cert_ids, _read_nonce(extensions), bool(signature), requestor, extensions)

    @classmethod
    def about(cls, cert_id: CertID, nonce: bytes, critical: bool = False) -> OCSPRequest:
        """What is read where a request has one CertID, a nonce and nothing else."""
        return cls((cert_id,), nonce, extensions=(nonce_extension(nonce, critical),))

    def encode(self) -> bytes:
        """The unsigned request as DER."""
        singles = (der.sequence(cert_id.encode()) for cert_id in self.cert_ids)
        return der.sequence(der.sequence(der.sequence(*singles), self.encode_extensions()))

    def encode_extensions(self) -> bytes:
        """The requestExtensions as DER, of which there is nothing where there is none."""
        extensions = self.extensions
        if self.nonce is not None and not extensions:
            extensions = (nonce_extension(self.nonce),)
        return der.explicit(2, der.extensions(extensions)) if extensions else b""


def _check_signature(element: Element) -> None:
    """Only the shape. RFC 9919 section 3.1.2: "Responders MAY ignore the signature on OCSPRequests." """
    algorithm, bits, *certs = element.fields(2, 3)
    _algorithm_oid(algorithm.der)
    bits.expect(BIT_STRING)
    for item in certs:
        item.expect(0xA0).only(SEQUENCE)


def _read_requestor(element: Element) -> bytes:
    """The DER of requestorName. A GeneralName is a CHOICE whose tags are all context tags."""
    (name,) = element.fields(1, 1)
    if name.tag & 0xC0 != 0x80:
        raise ValueError(f"the requestorName at octet {name.start} is no GeneralName")
    return name.der


def _read_single_request(element: Element) -> CertID:
    cert_id, *extensions = element.expect(SEQUENCE).fields(1, 2)
    for item in extensions:
        _read_extensions(item.expect(0xA0))
    return CertID.read(cert_id)


def _read_extensions(tagged: Element) -> tuple[Extension, ...]:
    found = tuple(map(_read_extension, tagged.only(SEQUENCE).children()))
    for extension in found:
        # RFC 6960 section 4.1.2: "Unrecognized extensions MUST be ignored (unless they have the critical
        # flag set and are not understood)."
        if extension.critical and extension.oid not in _KNOWN_EXTENSIONS:
            raise ValueError(f"the request has an unknown critical extension, {extension.oid}")
    return found


def _read_extension(element: Element) -> Extension:
    oid, *critical, value = element.expect(SEQUENCE).fields(2, 3)
    return Extension(
        oid.as_oid(),
        bool(critical) and critical[0].as_boolean(),
        value.expect(OCTET_STRING).content,
    )


def _read_nonce(extensions: tuple[Extension, ...]) -> bytes | None:
    nonces = [extension.value for extension in extensions if extension.oid == NONCE]
    if not nonces:
        return None
    if len(nonces) > 1:
        raise ValueError("the request has more than one nonce")
    try:
        nonce = Element.whole(nonces[0], OCTET_STRING).content
    except ValueError as error:
        raise ValueError(f"the nonce is no OCTET STRING (RFC 9654 section 2.1): {error}") from None
    # RFC 9654 section 2.1: "Responders that implement the extension in this document MUST reject any OCSP
    # request that has a Nonce with a length of either 0 octets or greater than 128 octets, with the
    # malformedRequest OCSPResponseStatus".
    if not 1 <= len(nonce) <= 128:
        raise ValueError(f"the nonce has {len(nonce)} octets; RFC 9654 allows 1 to 128")
    return nonce


def nonce_extension(nonce: bytes, critical: bool = False) -> Extension:
    """RFC 9654 section 2.1: "Nonce ::= OCTET STRING(SIZE(1..128))", inside extnValue."""
    return Extension(NONCE, critical, der.octet_string(nonce))
