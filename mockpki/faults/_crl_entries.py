"""Faults of what a CRL lists (RFC 5280 section 5.1.2.6).

Where a fault takes *of*, that is the certificate whose entry is meant: a leaf, a CA, an
`x509.Certificate` or a serial number; left out, every entry is. Bending an entry that is not listed
is a ValueError: the test would hold for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509

from .._layers import CRLContent
from .._pkix import der
from .._pkix.crl import CERTIFICATE_ISSUER, REASON_CODE, TBSCertList
from .._pkix.der import Extension
from .._pkix.element import Element
from .._pkix.status import Reason
from .._pkix.times import check_time, x509_time
from ._parts import EXAMPLE, find_time, name_der

__all__ = [
    "CertificateIssuer",
    "DuplicateEntry",
    "EmptyRevoked",
    "Entry",
    "EntryExtension",
    "EntryReason",
    "NoEntry",
    "RevocationDate",
    "Shard",
]


class Numbered(Protocol):
    """A leaf, a CA, a certificate, or whatever else has a serial number."""

    @property
    def serial_number(self) -> int:
        """The serial number."""
        ...


def _read_serial(of: int | Numbered) -> int:
    serial = getattr(of, "serial_number", of)
    if isinstance(serial, bool) or not isinstance(serial, int):
        raise TypeError(f"{of!r} is no leaf, CA, certificate or serial number")
    return serial


def _read_entries(honest: TBSCertList) -> list[Element]:
    return Element.whole(der.tlv(der.SEQUENCE, honest.revoked or b""), der.SEQUENCE).children()


def _list_entries(honest: TBSCertList, entries: list[Element], bent: list[bytes]) -> TBSCertList:
    """*honest* with *bent* in the place of *entries*, one by one. Where the entry is gone that says whose the
    ones behind it are, the next of them says it."""
    if all(bent):
        return replace(honest, revoked=b"".join(bent) or None)
    listed, issuer = [], None
    for entry, octets in zip(entries, bent, strict=True):
        own = _find_issuer(entry)
        if not octets:
            issuer = own or issuer
        elif own is None and issuer is not None:
            first = Element.read(octets)
            octets, issuer = _put_extension(first, issuer) + octets[first.end :], None
        else:
            issuer = None
        listed.append(octets)
    return replace(honest, revoked=b"".join(listed) or None)


def _serial_of(entry: Element) -> int:
    return entry.fields(2, 3)[0].as_integer()


def _bend_entries(
    honest: TBSCertList, of: int | Numbered | None, fault: CRLContent, bend_entry: Callable[[Element], bytes]
) -> TBSCertList:
    """*honest* with the entry of *of* (None: every entry) replaced by what *bend_entry* makes of it."""
    wanted = None if of is None else _read_serial(of)
    entries = _read_entries(honest)
    meant = [wanted is None or _serial_of(entry) == wanted for entry in entries]
    if sum(meant) > 1 and of is not None:
        # Of an indirect CRL: the entry of that certificate, and not of another CA's with its serial number.
        narrowed = [all(both) for both in zip(meant, _find_issued(entries, of), strict=True)]
        meant = narrowed if any(narrowed) else meant
    if not any(meant):
        raise ValueError(
            f"{fault!r} has no entry to bend: the CRL does not list "
            f"{'anybody' if wanted is None else f'serial number {wanted:#x}'}; revoke the certificate first"
        )
    pairs = zip(entries, meant, strict=True)
    bent = [bend_entry(entry) if is_meant else entry.der for entry, is_meant in pairs]
    return _list_entries(honest, entries, bent)


def _find_issued(entries: list[Element], of: int | Numbered) -> list[bool]:
    """Which entries are about certificates by the issuer of *of*; all of them where that is not said."""
    issuer = getattr(getattr(of, "certificate", of), "issuer", None)
    if not isinstance(issuer, x509.Name):
        return [True] * len(entries)
    name = issuer.public_bytes()
    # RFC 5280 section 5.3.3: "On subsequent entries in an indirect CRL, if this extension is not present, the
    # certificate issuer for the entry is the same as that for the preceding entry."
    whose: list[Extension | None] = []
    for entry in entries:
        whose.append(_find_issuer(entry) or (whose[-1] if whose else None))
    found = [one is not None and one.value.endswith(name) for one in whose]
    # Before the first of them stand those of the CRL issuer itself.
    return found if any(found) else [one is None for one in whose]


def _find_issuer(entry: Element) -> Extension | None:
    """The certificate issuer that stands beside *entry*, None where there is none."""
    _, _, *rest = entry.fields(2, 3)
    for item in rest[0].children() if rest else []:
        if _oid(item) == CERTIFICATE_ISSUER:
            return Extension(CERTIFICATE_ISSUER, True, item.children()[-1].content)
    return None


def _put_extension(entry: Element, extension: Extension) -> bytes:
    """*entry* with *extension* in place of the one with its OID, or behind the others."""
    serial, date, *rest = entry.fields(2, 3)
    others = [item for item in (rest[0].children() if rest else []) if _oid(item) != extension.oid]
    kept = [item.der for item in others]
    return der.sequence(serial.der, date.der, der.sequence(*kept, extension.encode()))


def _oid(extension: Element) -> str:
    return extension.children()[0].as_oid()


def _reason_extension(reason: str | int) -> Extension:
    number = reason if isinstance(reason, int) else int(Reason.of(reason))
    return Extension(REASON_CODE, False, der.enumerated(number))


@dataclass(frozen=True)
class Entry(CRLContent):
    """Lists *of* as well, revoked *at* a time (left out: an hour earlier). RFC 5280 section 5.1.2.6.

    *reason* is a name, a number (also one there is not) or None for no reasonCode; *extensions* go
    behind it. *first* puts the entry before all others.
    """

    of: int | Numbered = 1
    reason: str | int | None = None
    at: datetime | None = None
    extensions: tuple[Extension, ...] = ()
    first: bool = False

    def _check_values(self) -> None:
        _read_serial(self.of)
        if self.reason is not None:
            _reason_extension(self.reason)
        if self.at is not None:
            check_time(self.at)

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        at = self.at
        if at is None:
            at = find_time(honest.this_update, "thisUpdate", self) - timedelta(hours=1)
        extensions = (*(() if self.reason is None else (_reason_extension(self.reason),)), *self.extensions)
        tail = der.extensions(extensions) if extensions else b""
        entry = der.sequence(der.integer(_read_serial(self.of)), x509_time(at), tail)
        listed = honest.revoked or b""
        return replace(honest, revoked=entry + listed if self.first else listed + entry)


@dataclass(frozen=True)
class NoEntry(CRLContent):
    """The entry of *of* is missing; left out, every entry. RFC 5280 section 5.1.2.6."""

    of: int | Numbered | None = None

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return _bend_entries(honest, self.of, self, lambda entry: b"")


@dataclass(frozen=True)
class DuplicateEntry(CRLContent):
    """The entry of *of* stands twice; left out, every entry. RFC 5280 section 5.1.2.6."""

    of: int | Numbered | None = None

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return _bend_entries(honest, self.of, self, lambda entry: entry.der * 2)


@dataclass(frozen=True)
class EntryReason(CRLContent):
    """The reasonCode is *reason*: a name, or a number that may be none. RFC 5280 section 5.3.1.

    ``remove_from_crl`` may only stand in a delta CRL, 0 (unspecified) should be absent, 7 is not used.
    """

    reason: str | int = "remove_from_crl"
    of: int | Numbered | None = None

    def _check_values(self) -> None:
        _reason_extension(self.reason)

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        extension = _reason_extension(self.reason)
        return _bend_entries(honest, self.of, self, lambda entry: _put_extension(entry, extension))


@dataclass(frozen=True)
class RevocationDate(CRLContent):
    """The revocationDate is *by* after thisUpdate; negative, before. RFC 5280 section 5.1.2.6.

    Three days, if *by* is left out: some verifiers allow a day.
    """

    by: timedelta = timedelta(days=3)
    of: int | Numbered | None = None

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        date = x509_time(find_time(honest.this_update, "thisUpdate", self) + self.by)
        return _bend_entries(honest, self.of, self, lambda entry: self._date_entry(entry, date))

    @staticmethod
    def _date_entry(entry: Element, date: bytes) -> bytes:
        serial, _, *rest = entry.fields(2, 3)
        return der.sequence(serial.der, date, *(item.der for item in rest))


@dataclass(frozen=True)
class EntryExtension(CRLContent):
    """One more extension of the entry: *oid*, *critical*, its *value* as DER. RFC 5280 section 5.3."""

    oid: str = EXAMPLE
    critical: bool = False
    value: bytes = der.NULL
    of: int | Numbered | None = None

    def _check_values(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        extension = Extension(self.oid, self.critical, self.value)
        return _bend_entries(honest, self.of, self, lambda entry: _put_extension(entry, extension))


@dataclass(frozen=True)
class CertificateIssuer(CRLContent):
    """The entry is about a certificate of *name* (left out: of nobody), as in an indirect CRL.
    RFC 5280 section 5.3.3.

    In an indirect CRL the entries behind it are then about certificates of *name* too.
    """

    name: x509.Name | None = None
    critical: bool = True
    of: int | Numbered | None = None

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        directory_name = der.explicit(4, name_der(self.name))
        extension = Extension(CERTIFICATE_ISSUER, self.critical, der.sequence(directory_name))
        return _bend_entries(honest, self.of, self, lambda entry: _put_extension(entry, extension))


@dataclass(frozen=True)
class EmptyRevoked(CRLContent):
    """revokedCertificates is there, and empty. RFC 5280 section 5.1.2.6."""

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return replace(honest, revoked=b"")


@dataclass(frozen=True)
class Shard(CRLContent):
    """Lists only the serial numbers that leave *number* when divided by *of*: one partition of a sharded CRL.
    RFC 5280 section 5.2.5.

    Which partition it is, an `IssuingDistributionPoint` says.
    """

    number: int = 0
    of: int = 2

    def _check_values(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(
                f"{self!r} is no partition; number is from 0 to {self.of - 1} where there are {self.of}"
            )

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        entries = _read_entries(honest)
        ours = [entry.der if _serial_of(entry) % self.of == self.number else b"" for entry in entries]
        return _list_entries(honest, entries, ours)
