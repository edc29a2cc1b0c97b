"""The CAs whose certificates are on the lists of one publisher: its own CA, or those of a CRL issuer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .._parameters import show
from .ledger import Ledger
from .scope import Facts

T = TypeVar("T")


@dataclass(eq=False)
class Authority:
    """One of them. *owner* is the CA itself; they are counted, and *number* is from 0."""

    number: int
    owner: object
    ledger: Ledger
    certificate_issuer: bytes | None
    """Its name as DER, with its entries (RFC 5280 section 5.3.3); None where it is the CRL issuer's, too."""
    crl_issuer: bytes | None
    """The CRL issuer's name as DER, in its certificates; None where it is its own."""
    facts: dict[int, Facts] = field(default_factory=dict, repr=False)
    """What is known of certificates that it really issued. Whoever divides its list writes it."""


class Authorities:
    """All of them, for a list issuer of that *name*. With *indirect*, others than itself may follow."""

    def __init__(self, name: bytes, what: str, *, indirect: bool) -> None:
        self._name, self._what, self._indirect = name, what, indirect
        self._lock = threading.Lock()
        self.all: tuple[Authority, ...] = ()
        """In the order in which they came. Replaced and never changed, so that nobody has to lock it."""

    def add(self, owner: object, name: bytes, ledger: Ledger) -> Authority:
        """One more CA, of that *name*."""
        # RFC 5280 section 4.2.1.13: "If the certificate issuer is also the CRL issuer, then conforming CAs
        # MUST omit the cRLIssuer field".
        names = (None, None) if name == self._name else (name, self._name)
        with self._lock:
            authority = Authority(len(self.all), owner, ledger, *names)
            self.all = (*self.all, authority)
        return authority

    def pair(self, items: Sequence[T]) -> list[tuple[Authority, T]]:
        """Each CA with its own of *items*, one for each of the first of them, in the order of their entries:
        the list issuer's own are first, where no name is needed."""
        # RFC 5280 section 5.3.3: "If this extension is not present on the first entry in an indirect CRL, the
        # certificate issuer defaults to the CRL issuer."
        pairs = zip(self.all, items, strict=False)
        return sorted(pairs, key=lambda pair: pair[0].certificate_issuer is not None)

    @property
    def is_indirect(self) -> bool:
        """Whether lists say that they are indirect."""
        # RFC 5280 section 5.2.5: "If the scope of the CRL only includes certificates issued by the CRL
        # issuer, then the indirectCRL boolean MUST be set to FALSE. Otherwise, if the scope of the CRL
        # includes certificates issued by one or more authorities other than the CRL issuer, the indirectCRL
        # boolean MUST be set to TRUE."
        if not self._indirect:
            return False
        return not self.all or any(one.certificate_issuer is not None for one in self.all)

    def find(self, leaf: Any) -> Authority:
        """The CA of *leaf*, a certificate or a serial number. Raises ValueError where that cannot be told."""
        if not self._indirect:
            return self.all[0]
        if isinstance(leaf, int):
            if len(self.all) == 1:
                return self.all[0]
            raise ValueError(
                f"serial number {show(leaf)} may be of any of the {len(self.all)} CAs of the {self._what}; "
                "give the leaf"
            )
        for one in self.all:
            if one.owner is getattr(leaf, "issuer", None):
                return one
        raise ValueError(f"{leaf!r} is not on the lists of the {self._what}: its CA publishes elsewhere")
