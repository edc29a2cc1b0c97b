"""Faults of what a certificate says (RFC 5280 section 4.1.2): give them to ``issue_cert(faults=[...])``.

Much that is odd in a certificate needs none of them: ``ocsp_urls``, ``crl_urls``, ``extensions``,
``not_before`` and the rest of `CA.issue_cert` take any value that can be written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cryptography import x509

from .._layers import CertificateContent
from .._pkix import der
from .._pkix.certificate import KEY_USAGES, TBSCertificate
from .._pkix.der import Extension
from .._pkix.element import Element
from .._pkix.points import CRL_DISTRIBUTION_POINTS, FRESHEST_CRL, named_bits, point_name, reason_flags
from ._parts import (
    drop_extension,
    find_extension,
    put_extension,
    read_texts,
)

__all__ = [
    "CertVersion",
    "DistributionPoint",
    "FreshestPointer",
    "KeyUsage",
    "NoExtensions",
    "NoKeyUsage",
    "NoRevAvail",
    "OcspUrl",
    "SerialNumber",
    "TlsFeatures",
]

_KEY_USAGE = "2.5.29.15"
_NO_REV_AVAIL = "2.5.29.56"
_AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1"
_AD_OCSP = "1.3.6.1.5.5.7.48.1"
_TLS_FEATURE = "1.3.6.1.5.5.7.1.24"


@dataclass(frozen=True)
class SerialNumber(CertificateContent):
    """The serial number is *value*: zero, negative or of any length. RFC 5280 section 4.1.2.2.

    ``2**159`` has 21 octets, ``2**159 - 1`` the 20 that are allowed. The CA knows it by this number.
    """

    value: int = 0

    def _check_values(self) -> None:
        if isinstance(self.value, bool):
            raise TypeError(f"a serial number is an int; got {self.value!r}")

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        return replace(honest, serial_number=self.value)


@dataclass(frozen=True)
class CertVersion(CertificateContent):
    """The version is *number*: None leaves it out (v1), 1 says v2, 3 says v4. RFC 5280 section 4.1.2.1.

    The extensions stay, which only v3 has: `NoExtensions` takes them out.
    """

    number: int | None = None

    def _check_values(self) -> None:
        if self.number == 2:
            raise ValueError("CertVersion(2) is v3, the honest version; give None, 0, 1 or 3")

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        return replace(honest, version=self.number)


@dataclass(frozen=True)
class NoExtensions(CertificateContent):
    """There are no extensions, and so neither names nor services to ask. RFC 5280 section 4.2."""

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        return replace(honest, extensions=())


@dataclass(frozen=True)
class KeyUsage(CertificateContent):
    """The key is for *usages* alone; by default a CA's without cRLSign. RFC 5280 section 4.2.1.3."""

    usages: str | tuple[str, ...] = ("digital_signature", "key_cert_sign")

    def _check_values(self) -> None:
        for usage in read_texts(self.usages):
            if usage not in KEY_USAGES:
                raise ValueError(f"{usage!r} is no key usage; RFC 5280 has {', '.join(KEY_USAGES)}")

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        bits = der.tlv(der.BIT_STRING, named_bits(map(KEY_USAGES.index, read_texts(self.usages))))
        return put_extension(honest, Extension(_KEY_USAGE, True, bits))


@dataclass(frozen=True)
class NoKeyUsage(CertificateContent):
    """The key usage is missing: the key may be used for anything. RFC 5280 section 4.2.1.3."""

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        return drop_extension(honest, _KEY_USAGE, self)


@dataclass(frozen=True)
class TlsFeatures(CertificateContent):
    """The TLS features are *numbers*, those of TLS extensions: 5 is status_request. RFC 7633 section 4.1."""

    numbers: tuple[int, ...] = (5, 17)
    critical: bool = False

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        features = der.sequence(*map(der.integer, self.numbers))
        return put_extension(honest, Extension(_TLS_FEATURE, self.critical, features))


@dataclass(frozen=True)
class NoRevAvail(CertificateContent):
    """Says that there is no revocation information about the certificate. RFC 9608 section 2.

    The pointers to some stay, which contradict it: ``ocsp_urls=[]`` and ``crl_urls=[]`` leave them out.
    """

    critical: bool = False

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        return put_extension(honest, Extension(_NO_REV_AVAIL, self.critical, der.NULL))


@dataclass(frozen=True)
class OcspUrl(CertificateContent):
    """The URLs of OCSP responders are *url*, octet for octet, ASCII or not. RFC 5280 section 4.2.2.1.

    For any ASCII text, however malformed, ``ocsp_urls`` of `CA.issue_cert` will do.
    """

    url: bytes = b"http://\xff.invalid/ocsp"

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        access = find_extension(honest, _AUTHORITY_INFORMATION_ACCESS, self)
        descriptions = Element.whole(access.value, der.SEQUENCE).children()
        if not any(self._is_ocsp(item) for item in descriptions):
            raise ValueError(f"{self!r} finds no OCSP URL to bend: the certificate was issued without any")
        value = der.sequence(*(self._bend_description(item) for item in descriptions))
        return put_extension(honest, access._replace(value=value))

    def _bend_description(self, description: Element) -> bytes:
        if not self._is_ocsp(description):
            return description.der
        return der.sequence(der.oid(_AD_OCSP), der.implicit(6, self.url))

    @staticmethod
    def _is_ocsp(description: Element) -> bool:
        return description.children()[0].as_oid() == _AD_OCSP


@dataclass(frozen=True)
class DistributionPoint(CertificateContent):
    """The CRL distribution point is as given; with nothing, an empty SEQUENCE. RFC 5280 section 4.2.1.13.

    *url* is one or several; *reasons* are names; *crl_issuer* another issuer of the CRL;
    *relative_name* a common name below the issuer's; *rest* DER behind the last field. With *add*, the
    points that are there stay, behind it.
    """

    url: str | tuple[str, ...] = ()
    reasons: str | tuple[str, ...] = ()
    crl_issuer: x509.Name | None = None
    relative_name: str = ""
    add: bool = False
    rest: bytes = b""

    def _check_values(self) -> None:
        self._encode()

    def _encode(self) -> bytes:
        issuer = b""
        if self.crl_issuer is not None:
            issuer = der.implicit(2, der.explicit(4, self.crl_issuer.public_bytes()), constructed=True)
        point = point_name(read_texts(self.url), self.relative_name)
        return der.sequence(point, reason_flags(1, read_texts(self.reasons)), issuer, self.rest)

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        others = b""
        if self.add:
            others = Element.whole(
                find_extension(honest, CRL_DISTRIBUTION_POINTS, self).value, der.SEQUENCE
            ).content
        points = der.sequence(self._encode(), others)
        return put_extension(honest, Extension(CRL_DISTRIBUTION_POINTS, False, points))


@dataclass(frozen=True)
class FreshestPointer(CertificateContent):
    """Says that delta CRLs are to be had at *url*, one or several. RFC 5280 section 4.2.1.15."""

    url: str | tuple[str, ...] = "http://delta.invalid/delta.crl"

    def _check_values(self) -> None:
        point_name(read_texts(self.url), "")

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        point = der.sequence(point_name(read_texts(self.url), ""))
        return put_extension(honest, Extension(FRESHEST_CRL, False, der.sequence(point)))
