"""The contents of certificates to DER, and what an honest one holds (RFC 5280 section 4).

Extension values are cryptography's own encodings; only the frame around them is written here, so
that a certificate can be odd where a test wants it odd.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from . import der
from .der import Extension
from .keys import PublicKey
from .points import CRL_DISTRIBUTION_POINTS, freshest_crl
from .signing import Signed, Signer
from .times import Time, check_time, encode_x509_time

OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"


@dataclass(frozen=True, slots=True)
class TBSCertificate:
    """What is signed, but for the issuer's name and the algorithm, which are the signer's.

    RFC 5280 section 4.1.2. *subject* and *public_key* are DER; *version* is 2 for v3.
    """

    serial_number: int
    not_before: Time
    not_after: Time
    subject: bytes
    public_key: bytes = field(repr=False)
    extensions: tuple[Extension, ...]
    version: int | None = 2

    def encode(self, signer: Signer) -> bytes:
        """What *signer* signs, as DER."""
        version = b"" if self.version is None else der.explicit(0, der.integer(self.version))
        validity = encode_x509_time(self.not_before), encode_x509_time(self.not_after)
        extensions = der.explicit(3, der.extensions(self.extensions)) if self.extensions else b""
        return der.sequence(
            version,
            der.integer(self.serial_number),
            signer.algorithm.encode(),
            signer.name,
            der.sequence(*validity),
            self.subject,
            self.public_key,
            extensions,
        )

    def signed_by(self, signer: Signer) -> Signed:
        """The certificate, sealed: nothing is embedded in one, whatever the signer embeds."""
        signed = signer.sign(self.encode(signer))
        return Signed(signed.tbs, signed.algorithm, signed.signature)


@dataclass(frozen=True, slots=True)
class Pointers:
    """Where a certificate says its revocation services are: URLs, in the order they are written."""

    ocsp: Sequence[str] = ()
    ca_issuers: Sequence[str] = ()
    crl: Sequence[str] = ()
    points: Sequence[bytes] = ()
    """Distribution points of CRLs that say more than *crl* could, as DER."""
    freshest: Sequence[bytes] = ()
    """Those of delta CRLs."""

    def extensions(self) -> list[Extension]:
        found = []
        access = [(AuthorityInformationAccessOID.OCSP, url) for url in self.ocsp]
        access += [(AuthorityInformationAccessOID.CA_ISSUERS, url) for url in self.ca_issuers]
        if access:
            descriptions = (der.sequence(der.oid(oid.dotted_string), _uri(url)) for oid, url in access)
            # RFC 5280 section 4.2.2.1: "Conforming CAs MUST mark this extension as non-critical."
            found.append(Extension("1.3.6.1.5.5.7.1.1", False, der.sequence(*descriptions)))
        points = list(self.points)
        if self.crl:
            names = der.implicit(0, b"".join(map(_uri, self.crl)), constructed=True)
            points.insert(0, der.sequence(der.implicit(0, names, constructed=True)))
        if points:
            found.append(Extension(CRL_DISTRIBUTION_POINTS, False, der.sequence(*points)))
        if self.freshest:
            found.append(freshest_crl(self.freshest))
        return found


def _uri(url: str) -> bytes:
    """GeneralName uniformResourceIdentifier, whatever the text says."""
    try:
        return der.implicit(6, url.encode("ascii"))
    except UnicodeEncodeError:
        raise ValueError(f"the URL {url!r} is not ASCII; a certificate holds an IA5String here") from None


def extension(value: x509.ExtensionType, critical: bool = False) -> Extension:
    """One of cryptography's extension values as ours."""
    return Extension(value.oid.dotted_string, critical, value.public_bytes())


def key_identifiers(issuer: Signer, own: Signer | bytes) -> list[Extension]:
    """AKI and SKI; both non-critical (RFC 5280 sections 4.2.1.1 and 4.2.1.2)."""
    own_id = own if isinstance(own, bytes) else own.key_identifier
    return [
        extension(x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None)),
        extension(x509.SubjectKeyIdentifier(own_id)),
    ]


# The bits of RFC 5280 section 4.2.1.3, in their order.
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _key_usage(*names: str) -> Extension:
    return extension(x509.KeyUsage(**{bit: bit in names for bit in KEY_USAGES}), critical=True)


# RFC 5280 section 4.2.1.3: "When present, conforming CAs SHOULD mark this extension as critical." A CA
# signs its OCSP answers with its own key, which takes digitalSignature, too.
_CA_USAGE = _key_usage("digital_signature", "key_cert_sign", "crl_sign")
_RSA_USAGE = _key_usage("digital_signature", "key_encipherment")
_USAGE = _key_usage("digital_signature")
_LIST_USAGE = _key_usage("crl_sign")
_NOT_A_CA = extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
# RFC 5280 section 4.2.1.9: CAs "MUST mark the extension as critical in such certificates".
_A_CA = extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
# RFC 7633 section 4: "The TLS feature extension SHOULD NOT be marked critical." status_request is 5.
_MUST_STAPLE = extension(x509.TLSFeature([x509.TLSFeatureType.status_request]))
_SERVER = extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]))
_CLIENT = extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))
_OCSP_SIGNING = extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]))


def authority_extensions(issuer: Signer, own: Signer, pointers: Pointers) -> tuple[Extension, ...]:
    """What a CA certificate carries; a root is its own issuer."""
    return (_A_CA, _CA_USAGE, *key_identifiers(issuer, own), *pointers.extensions())


def leaf_extensions(
    issuer: Signer,
    key_hash: bytes,
    public_key: PublicKey,
    names: Iterable[x509.GeneralName],
    pointers: Pointers,
    *,
    client: bool,
    must_staple: bool,
    nameless: bool = False,
) -> tuple[Extension, ...]:
    """What an end-entity certificate carries. *nameless*: its subject is empty."""
    found = [
        _NOT_A_CA,
        _RSA_USAGE if isinstance(public_key, rsa.RSAPublicKey) else _USAGE,
        _CLIENT if client else _SERVER,
        *key_identifiers(issuer, key_hash),
        *pointers.extensions(),
    ]
    names = list(names)
    if names:
        # RFC 5280 section 4.2.1.6: "If the subject field contains an empty sequence, then the issuing CA MUST
        # include a subjectAltName extension that is marked as critical."
        found.append(extension(x509.SubjectAlternativeName(names), critical=nameless))
    if must_staple:
        found.append(_MUST_STAPLE)
    return tuple(found)


def crl_issuer_extensions(issuer: Signer, own: Signer, pointers: Pointers) -> tuple[Extension, ...]:
    """What the certificate of a CRL issuer carries, which signs CRLs and nothing else.

    RFC 5280 section 6.3.3 (f): "If a key usage extension is present in the CRL issuer's certificate, verify
    that the cRLSign bit is set."
    """
    return (_NOT_A_CA, _LIST_USAGE, *key_identifiers(issuer, own), *pointers.extensions())


def delegate_extensions(issuer: Signer, own: Signer) -> tuple[Extension, ...]:
    """What an honest OCSP delegate carries.

    RFC 6960 section 4.2.2.2: "OCSP signing delegation SHALL be designated by the inclusion of
    id-kp-OCSPSigning in an extended key usage certificate extension". Section 4.2.2.2.1, of
    id-pkix-ocsp-nocheck: "This SHOULD be a non-critical extension. The value of the extension SHALL be
    NULL." RFC 9919 section 3.2.2: "neither an OCSP Authority Information Access (AIA) extension nor CRL
    Distribution Points (CRLDP) extension".
    """
    return (
        _NOT_A_CA,
        _USAGE,
        _OCSP_SIGNING,
        *key_identifiers(issuer, own),
        Extension(OCSP_NO_CHECK, False, der.NULL),
    )


def check_validity(not_before: datetime, not_after: datetime) -> None:
    """Raise ValueError unless the period is one, and its times are aware; TypeError for no times at all."""
    check_time(not_before)
    check_time(not_after)
    if not_after < not_before:
        raise ValueError(f"the certificate would end at {not_after}, before it begins at {not_before}")
