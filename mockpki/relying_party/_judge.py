"""The same judgement without a network: certificates and answers are at hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from cryptography import x509

from .._clock import Clock
from .._pkix.reading import load_certificate
from ._answers import Given
from ._named import named
from ._policy import HARD_FAIL, Policy
from ._search import Search
from ._verdict import Verdict

T = TypeVar("T")


def judge(
    chain: Iterable[x509.Certificate | bytes],
    *,
    others: Iterable[x509.Certificate | bytes] = (),
    staple: bytes | None = None,
    ocsp: Iterable[bytes] = (),
    crls: Iterable[bytes] = (),
    filters: Iterable[bytes] = (),
    at: datetime | None = None,
    policy: Policy | str = HARD_FAIL,
) -> Verdict:
    """Judge *chain* as *policy*, a value or a name, says, by the answers that are given, as octets.

        relying_party.judge([leaf.der, ca.der, root.der], crls=[crl, delta], policy="rfc5280")

    *chain* is leaf first and trust anchor last, and is taken as valid but for revocation; *others* may hold
    CRL issuers, and certificates of a CA's other keys. Certificates are `cryptography`'s, or DER. *staple* is
    the leaf's. *filters* are those of CRLite, with their deltas. *at* is an aware datetime; None is now. The
    status is *undetermined* where nothing could tell.

    Raises LookupError for no such policy; ValueError or TypeError for arguments that make no sense.
    """
    if at is not None and at.tzinfo is None:
        raise ValueError(f"at={at!r} has no time zone; give an aware datetime, such as one in UTC")
    path = _certificates("chain", chain)
    if not path:
        raise ValueError("chain= is empty; give the certificates, leaf first and trust anchor last")
    answers = Given(_octets("ocsp", ocsp), _octets("crls", crls), _octets("filters", filters))
    now = Clock().now() if at is None else at
    search = Search(named(policy), now, answers, _certificates("others", others))
    if staple is not None:
        _octets("staple", [staple])
    return search.judge(path, staple if search.policy.asks_for_staple else None)


def _certificates(name: str, given: Iterable[x509.Certificate | bytes]) -> list[x509.Certificate]:
    found = []
    for one in _items(name, given):
        if isinstance(one, bytes):
            one = load_certificate(one)
        if not isinstance(one, x509.Certificate):
            raise TypeError(f"{name}= takes certificates of cryptography, or DER as bytes; got {one!r}")
        found.append(one)
    return found


def _octets(name: str, given: Iterable[bytes]) -> list[bytes]:
    found = _items(name, given)
    for one in found:
        if not isinstance(one, bytes):
            raise TypeError(f"{name}= takes {'octets' if name == 'filters' else 'DER'} as bytes; got {one!r}")
    return found


def _items(name: str, given: Iterable[T]) -> list[T]:
    if isinstance(given, bytes | str) or not isinstance(given, Iterable):
        raise TypeError(f"{name}= takes several, such as a list; got {given!r}")
    return list(given)
