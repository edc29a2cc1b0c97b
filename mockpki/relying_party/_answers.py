"""Where answers come from: the network, or whoever has them already.

Each gives places to look at one by one: a URL, None where there is none, and how to get the octets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from .._pkix.reading import read_serial
from .._validation.finding import Unusable, reading
from .._validation.ocsp import write_request
from .._validation.pointers import Point, distribution_points, responders
from .._validation.revocation_list import RevocationList
from .._validation.scope import has_name
from ._fetch import ask, fetch
from ._filters import Filters

Place = tuple[str | None, Callable[[], bytes]]


class Answers(Protocol):
    """What a search asks for."""

    def responses(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Iterator[Place]:
        """OCSP responses about *certificate*."""

    def lists(self, certificate: x509.Certificate) -> Iterator[Iterable[Place]]:
        """Its complete CRLs, those of one scope together: the first of them that is usable counts."""

    def deltas(self, urls: Sequence[str]) -> Iterable[Place]:
        """Delta CRLs, the best first. *urls* is where they are said to be."""

    def filters(self) -> tuple[str | None, Callable[[], Filters]]:
        """The filters of CRLite: a URL, None where there is none, and how to get them."""


@dataclass(frozen=True)
class Online:
    """They are fetched; *timeout* is for each. *crlite* is the URL of filters, or all that are at hand."""

    timeout: timedelta
    crlite: str | Sequence[bytes] = ()

    def responses(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Iterator[Place]:
        """Those of the responders that it names."""
        question = write_request(certificate, issuer)
        for url in responders(certificate):
            yield url, partial(ask, url, question, self.timeout)

    def lists(self, certificate: x509.Certificate) -> Iterator[Iterable[Place]]:
        """Those of its distribution points."""
        # RFC 5280 section 4.2.1.13: "If the DistributionPointName contains multiple values, each name
        # describes a different mechanism to obtain the same CRL."
        for point in distribution_points(certificate):
            yield self.deltas(point.urls)

    def deltas(self, urls: Sequence[str]) -> Iterable[Place]:
        """Those behind the *urls*, in their order."""
        return [(url, partial(fetch, url, self.timeout)) for url in urls]

    def filters(self) -> tuple[str | None, Callable[[], Filters]]:
        """Those of the service, or those that are at hand."""
        if isinstance(self.crlite, str):
            return self.crlite, partial(Filters.fetch, self.crlite, self.timeout)
        return None, partial(Filters.read, self.crlite)


@dataclass(frozen=True)
class Given:
    """They are at hand, as DER, in any order; *crlite* are filters."""

    ocsp: Sequence[bytes] = ()
    crls: Sequence[bytes] = ()
    crlite: Sequence[bytes] = ()

    def responses(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Iterator[Place]:
        """Those about the certificate; if none is, though it names a responder, all, which say why not."""
        about = [der for der in self.ocsp if _may_be_about(der, certificate)]
        yield from map(_at_hand, about or (self.ocsp if responders(certificate) else ()))

    def lists(self, certificate: x509.Certificate) -> Iterator[Iterable[Place]]:
        """Those of its issuer, or of a CRL issuer that it names; if none is, though it names a place, all."""
        points = distribution_points(certificate)
        names = {certificate.issuer}.union(*(point.crl_issuers for point in points))
        read = [(der, crl) for der, crl in map(_read, self.crls) if crl is None or crl.base is None]
        about = [(der, crl) for der, crl in read if crl is not None and crl.issuer in names]
        # RFC 5280 section 5.2.3: the CRL number "allows users to easily determine when a particular CRL
        # supersedes another CRL", "for a given CRL scope and CRL issuer".
        by_scope: dict[tuple[bytes, bytes], list[_Read]] = {}
        for one in sorted(about or (read if points else ()), key=_age, reverse=True):
            by_scope.setdefault(_scope(one), []).append(one)
        # In the order of the certificate; of two that fit as well the newer first.
        in_order = sorted(by_scope.values(), key=lambda alike: _order(alike[0], points))
        for alike in in_order:
            yield [_at_hand(der) for der, _ in alike]

    def deltas(self, urls: Sequence[str]) -> Iterable[Place]:
        """All of them, the newest first."""
        # RFC 5280 section 5.2.4: "If more than one current delta CRL for a given scope is encountered, the
        # application SHOULD consider the one with the latest value in thisUpdate to be the most current one."
        read = [(der, crl) for der, crl in map(_read, self.crls) if crl is not None and crl.base is not None]
        newest_first = sorted(read, key=lambda one: one[1].crl.last_update_utc, reverse=True)
        return [_at_hand(der) for der, _ in newest_first]

    def filters(self) -> tuple[str | None, Callable[[], Filters]]:
        """All of them."""
        return None, partial(Filters.read, self.crlite)


_Read = tuple[bytes, RevocationList | None]


def _at_hand(der: bytes) -> Place:
    return None, lambda: der


def _read(der: bytes) -> _Read:
    """It with what is read of it; None where that fails, which is told when it is looked at."""
    try:
        with reading():
            crl = RevocationList.load(der)
            _ = crl.issuer, crl.number, crl.base, crl.scope, crl.crl.last_update_utc
            return der, crl
    except Unusable:
        return der, None


def _age(one: _Read) -> tuple[int, float]:
    """The greater, the newer."""
    crl = one[1]
    if crl is None:
        return -1, 0
    return -1 if crl.number is None else crl.number, crl.crl.last_update_utc.timestamp()


def _order(one: _Read, points: Sequence[Point]) -> tuple[int, float]:
    """Which of *points* it is for, and then the lesser, the newer."""
    crl = one[1]
    fitting = (place for place, point in enumerate(points) if crl is not None and has_name(crl, point))
    return next(fitting, len(points)), -_age(one)[1]


def _scope(one: _Read) -> tuple[bytes, bytes]:
    crl = one[1]
    if crl is None:
        return b"", one[0]
    return crl.issuer.public_bytes(), b"" if crl.scope is None else crl.scope.public_bytes()


def _may_be_about(der: bytes, certificate: x509.Certificate) -> bool:
    serial = read_serial(certificate.public_bytes(Encoding.DER))
    try:
        with reading():
            singles = ocsp.load_der_ocsp_response(der).responses
            return any(single.serial_number == serial for single in singles)
    except Unusable:
        return True  # what is wrong with it is told when it is looked at
