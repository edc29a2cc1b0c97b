"""Certificates as DER, however odd: what can be read of each, where cryptography declines some."""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import Iterator
from contextlib import suppress

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from .der import OCTET_STRING, SEQUENCE
from .element import Element

_VERSION, _EXTENSIONS = 0xA0, 0xA3
_LEAST_FIELDS = 6
"""From serialNumber to subjectPublicKeyInfo."""
_SUBJECT_ALT_NAME = "2.5.29.17"

# RFC 5280 section 4.2.1.6: GeneralName's [1] rfc822Name, [2] dNSName and [6] uniformResourceIdentifier.
_TEXTS = (0x81, 0x82, 0x86)
_IP_ADDRESS = 0x87


def load_certificate(der: bytes) -> x509.Certificate:
    """*der* as cryptography reads it. Raises ValueError for what it does not.

    It warns of a serial number that is not positive; here such a one is meant.
    """
    try:
        if read_serial(der) > 0:
            return x509.load_der_x509_certificate(der)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise ValueError(f"cryptography does not read this certificate: {error}") from error


def read_serial(der: bytes) -> int:
    """The serial number of a certificate, whatever it is."""
    return _fields(der)[0].as_integer()


def read_serial_octets(der: bytes) -> bytes:
    """The content octets of its INTEGER, as they stand there."""
    return _fields(der)[0].content


def read_issuer(der: bytes) -> bytes:
    """The issuer's name, as DER."""
    return _fields(der)[2].der


def read_subject(der: bytes) -> bytes:
    """The subject's name, as DER."""
    return _fields(der)[4].der


def read_spki(der: bytes) -> bytes:
    """The SubjectPublicKeyInfo, as DER."""
    return _fields(der)[5].der


def read_extension(der: bytes, oid: str) -> bytes | None:
    """What extnValue holds in the first extension with this *oid*; None where there is none."""
    for field in _fields(der):
        if field.tag == _EXTENSIONS:
            for name, value in _extensions(field):
                if name == oid:
                    return value.expect(OCTET_STRING).content
    return None


def has_plain_extensions(der: bytes) -> bool:
    """Whether cryptography reads the certificate and its extensions, each of which is there once."""
    try:
        list(load_certificate(der).extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    return True


def read_names(der: bytes) -> tuple[str, ...]:
    """The host names, addresses and URIs in its subjectAltName, as text; none where that is malformed."""
    with suppress(ValueError, IndexError):
        for field in _fields(der):
            if field.tag == _EXTENSIONS:
                return tuple(_alternative_names(field))
    return ()


def _fields(der: bytes) -> list[Element]:
    """The fields of the TBSCertificate (RFC 5280 section 4.1), without the version."""
    parts = Element.whole(der, SEQUENCE).children()
    fields = parts[0].children() if parts else []
    if fields and fields[0].tag == _VERSION:
        del fields[0]
    if len(fields) < _LEAST_FIELDS:
        raise ValueError("the structure is no Certificate (RFC 5280 section 4.1): too little is in it")
    return fields


def _alternative_names(extensions: Element) -> Iterator[str]:
    for oid, value in _extensions(extensions):
        if oid != _SUBJECT_ALT_NAME:
            continue
        for name in Element.whole(value.expect(OCTET_STRING).content, SEQUENCE).children():
            if name.tag in _TEXTS:
                yield name.content.decode("latin-1")
            elif name.tag == _IP_ADDRESS:
                yield _address(name.content)


def _extensions(field: Element) -> Iterator[tuple[str, Element]]:
    """The OID of each, and its extnValue."""
    for extension in field.only(SEQUENCE).children():
        oid, *_, value = extension.children()
        yield oid.as_oid(), value


def _address(octets: bytes) -> str:
    """An IP address; or, with a mask behind it, a network."""
    if len(octets) in (4, 16):
        return str(ipaddress.ip_address(octets))
    half = len(octets) // 2
    mask = int.from_bytes(octets[half:])
    return str(ipaddress.ip_network((octets[:half], mask.bit_count())))
