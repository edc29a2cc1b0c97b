"""Faults of what a CRL says around its entries: its extensions, version, issuer and times, and its frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography import x509

from .._layers import CRLContent
from .._pkix import der
from .._pkix.crl import CRL_NUMBER, TBSCertList
from .._pkix.der import Extension
from .._pkix.element import Element
from .._pkix.points import (
    DELTA_CRL_INDICATOR,
    FRESHEST_CRL,
    ISSUING_DISTRIBUTION_POINT,
    point_name,
    reason_flags,
)
from .._pkix.signing import Signer
from .._pkix.times import generalized_time, to_utc
from ._parts import (
    EXAMPLE,
    drop_extension,
    find_extension,
    find_time,
    name_der,
    put_extension,
    read_texts,
)

__all__ = [
    "BadTime",
    "CrlExtension",
    "CrlNumber",
    "CrlVersion",
    "DeltaCrl",
    "EmptyCrlExtensions",
    "FreshestCrl",
    "GeneralizedTime",
    "IssuingDistributionPoint",
    "NoAki",
    "NoCrlExtensions",
    "NoCrlNumber",
    "OldCrlNumber",
    "WrongAki",
    "WrongIssuerName",
]

_AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"


# Extensions: RFC 5280 section 5.2.


@dataclass(frozen=True)
class CrlExtension(CRLContent):
    """One more extension of the CRL: *oid*, *critical*, its *value* as DER. RFC 5280 section 5.2."""

    oid: str = EXAMPLE
    critical: bool = False
    value: bytes = der.NULL

    def _check_values(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return put_extension(honest, Extension(self.oid, self.critical, self.value))


@dataclass(frozen=True)
class NoCrlExtensions(CRLContent):
    """crlExtensions is absent: neither an authority key identifier nor a number. RFC 5280 section 5.1.2.7."""

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return replace(honest, extensions=None)


@dataclass(frozen=True)
class EmptyCrlExtensions(CRLContent):
    """crlExtensions is there, and empty. RFC 5280 section 5.1.2.7."""

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return replace(honest, extensions=())


@dataclass(frozen=True)
class NoAki(CRLContent):
    """The authority key identifier is missing. RFC 5280 section 5.2.1."""

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return drop_extension(honest, _AUTHORITY_KEY_IDENTIFIER, self)


@dataclass(frozen=True)
class WrongAki(CRLContent):
    """The authority key identifier is *key_id*, which is no key's. RFC 5280 section 5.2.1."""

    key_id: bytes = b"mockpki: no such key"

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        value = der.sequence(der.implicit(0, self.key_id))
        return put_extension(honest, Extension(_AUTHORITY_KEY_IDENTIFIER, False, value))


@dataclass(frozen=True)
class NoCrlNumber(CRLContent):
    """The CRL number is missing. RFC 5280 section 5.2.3."""

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return drop_extension(honest, CRL_NUMBER, self)


@dataclass(frozen=True)
class CrlNumber(CRLContent):
    """The CRL number is *value*; with *critical*, it is marked so. RFC 5280 section 5.2.3.

    It may be negative or of any length: ``2**160`` has 21 octets. None keeps the honest one.
    """

    value: int | None = -1
    critical: bool = False

    def _check_values(self) -> None:
        if self.value is None and not self.critical:
            raise ValueError(f"{self!r} would be the honest number; give a value, or critical=True")

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        value = (
            find_extension(honest, CRL_NUMBER, self).value if self.value is None else der.integer(self.value)
        )
        return put_extension(honest, Extension(CRL_NUMBER, self.critical, value))


@dataclass(frozen=True)
class OldCrlNumber(CRLContent):
    """The CRL number goes back: it is *by* less than is due. RFC 5280 section 5.2.3."""

    by: int = 1

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        value = der.integer(_number(honest, self) - self.by)
        return put_extension(honest, Extension(CRL_NUMBER, False, value))


def _number(honest: TBSCertList, fault: object) -> int:
    return Element.whole(find_extension(honest, CRL_NUMBER, fault).value, der.INTEGER).as_integer()


@dataclass(frozen=True)
class DeltaCrl(CRLContent):
    """Says it is a delta to the CRL of number *base* (left out: the one before). RFC 5280 section 5.2.4.

    The entries stay: drop and add some with `NoEntry` and `Entry`. A *base* that was never published,
    or is above the CRL's own number, makes a delta CRL that matches nothing.
    """

    base: int | None = None
    critical: bool = True

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        base = _number(honest, self) - 1 if self.base is None else self.base
        return put_extension(honest, Extension(DELTA_CRL_INDICATOR, self.critical, der.integer(base)))


@dataclass(frozen=True)
class FreshestCrl(CRLContent):
    """Says that delta CRLs are to be had at *url*, one or several. RFC 5280 section 5.2.6."""

    url: str | tuple[str, ...] = "http://delta.invalid/delta.crl"
    critical: bool = False

    def _check_values(self) -> None:
        point_name(read_texts(self.url), "")

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        point = der.sequence(point_name(read_texts(self.url), ""))
        return put_extension(honest, Extension(FRESHEST_CRL, self.critical, der.sequence(point)))


@dataclass(frozen=True)
class IssuingDistributionPoint(CRLContent):
    """Narrows the scope to what is given; with nothing, it is an empty SEQUENCE. RFC 5280 section 5.2.5.

    *url* is one or several; *relative_name* a common name below the issuer's; *some_reasons* names of
    reasons. The booleans are absent (None), TRUE or, against DER, an explicit FALSE. *rest* is DER
    behind the last field, such as ``b"\\x86\\x00"``: a tag that is not defined.
    """

    url: str | tuple[str, ...] = ()
    only_user: bool | None = None
    only_ca: bool | None = None
    some_reasons: str | tuple[str, ...] = ()
    indirect: bool | None = None
    only_attr: bool | None = None
    relative_name: str = ""
    critical: bool = True
    rest: bytes = b""

    def _check_values(self) -> None:
        self._encode()

    def _encode(self) -> bytes:
        return der.sequence(
            point_name(read_texts(self.url), self.relative_name),
            _flag(1, self.only_user),
            _flag(2, self.only_ca),
            reason_flags(3, read_texts(self.some_reasons)),
            _flag(4, self.indirect),
            _flag(5, self.only_attr),
            self.rest,
        )

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return put_extension(honest, Extension(ISSUING_DISTRIBUTION_POINT, self.critical, self._encode()))


def _flag(number: int, value: bool | None) -> bytes:
    return b"" if value is None else der.implicit(number, b"\xff" if value else b"\x00")


# The frame: version, issuer, times.


@dataclass(frozen=True)
class CrlVersion(CRLContent):
    """The version is *number*: None leaves it out (v1), 0 says v1, 2 says v3. RFC 5280 section 5.1.2.1.

    The extensions stay, which v1 has none of: `NoCrlExtensions` takes them out.
    """

    number: int | None = None

    def _check_values(self) -> None:
        if self.number == 1:
            raise ValueError("CrlVersion(1) is v2, the honest version; give None, 0 or 2")

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return replace(honest, version=self.number)


@dataclass(frozen=True, slots=True)
class _Renamed(TBSCertList):
    """A TBSCertList in somebody else's name."""

    issuer: bytes = b""

    def encode(self, signer: Signer) -> bytes:
        return TBSCertList.encode(self, replace(signer, name=self.issuer))


@dataclass(frozen=True)
class WrongIssuerName(CRLContent):
    """The issuer is called *name* (left out: what nobody is called); key and signature are the CA's.
    RFC 5280 section 5.1.2.3."""

    name: x509.Name | None = None

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return _Renamed(
            honest.this_update,
            honest.next_update,
            honest.revoked,
            honest.extensions,
            honest.version,
            name_der(self.name),
        )


_FIELDS = ("this_update", "next_update")


def _bend_time(
    honest: TBSCertList, field: str, fault: object, encode: Callable[[datetime], bytes]
) -> TBSCertList:
    bent = encode(to_utc(find_time(getattr(honest, field), field, fault)))
    return replace(honest, this_update=bent) if field == "this_update" else replace(honest, next_update=bent)


def _check_field(field: str) -> None:
    if field not in _FIELDS:
        raise ValueError(f"{field!r} is no time of a CRL; it has {' and '.join(_FIELDS)}")


@dataclass(frozen=True)
class GeneralizedTime(CRLContent):
    """The time *field* is a GeneralizedTime, which is for 2050 and later. RFC 5280 section 5.1.2.4."""

    field: str = "this_update"

    def _check_values(self) -> None:
        _check_field(self.field)

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return _bend_time(honest, self.field, self, generalized_time)


def _write_time(time: datetime, form: str) -> bytes:
    return f"{time:{form}}".encode("ascii")


_FORMS: dict[str, Callable[[datetime], bytes]] = {
    # All but the last are the honest time: what is wrong is how it is written.
    "no_seconds": lambda time: der.tlv(0x17, _write_time(time, "%y%m%d%H%MZ")),
    "no_zone": lambda time: der.tlv(0x17, _write_time(time, "%y%m%d%H%M%S")),
    "offset": lambda time: der.tlv(0x17, _write_time(time + timedelta(hours=1), "%y%m%d%H%M%S+0100")),
    "fraction": lambda time: der.tlv(0x18, _write_time(time, "%Y%m%d%H%M%S.5Z")),
    "text": lambda time: der.tlv(0x0C, _write_time(time, "%y%m%d%H%M%SZ")),
    "integer": lambda time: der.integer(int(time.timestamp())),
    "thirteenth_month": lambda time: der.tlv(0x17, _write_time(time, "%y13%d%H%M%SZ")),
}


@dataclass(frozen=True)
class BadTime(CRLContent):
    """The time *field* is none that a CRL may have. RFC 5280 section 5.1.2.4.

    *form* is ``no_seconds``, ``no_zone``, ``offset`` (UTCTime), ``fraction`` (GeneralizedTime), ``text``,
    ``integer`` (another type), or ``thirteenth_month``.
    """

    field: str = "this_update"
    form: str = "no_seconds"

    def _check_values(self) -> None:
        _check_field(self.field)
        if self.form not in _FORMS:
            raise ValueError(f"{self.form!r} is no form of a bad time; there are {', '.join(_FORMS)}")

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return _bend_time(honest, self.field, self, _FORMS[self.form])
