"""A recipe: how to write a case that other test suites test. The names are our own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._ca.leaf import Leaf
from .._pki import PKI
from ..faults import Fault
from .source import read_calls

Faults = tuple[Fault[Any], ...]
MakeFaults = Callable[[PKI, Leaf], Fault[Any] | Faults]
SetUp = Callable[[PKI, Leaf], object]


def do_nothing(pki: PKI, leaf: Leaf) -> None:
    """The set-up where there is nothing to do."""


@dataclass(frozen=True)
class Recipe:
    """One case of the wider catalogue, and the code that makes it.

    name: what we call the case, for example "revoked_hold".
    given_to: "OCSP" or "CRL": the answer that the fault is given to.
    make: gives a fault, a tuple of faults, or () where nothing is bent, for the PKI and the certificate
        asked about, issued by `pki.ca`.
    set_up: what is done before the question is asked.
    make_pki: makes the PKI that it takes.
    """

    name: str
    given_to: str
    make: MakeFaults
    set_up: SetUp = do_nothing
    make_pki: Callable[[], PKI] = PKI

    def make_faults(self, pki: PKI, leaf: Leaf) -> Faults:
        """The faults, none or several."""
        made = self.make(pki, leaf)
        return made if isinstance(made, tuple) else (made,)

    @property
    def expression(self) -> str:
        """The faults as Python: "Revoked('certificate_hold')", "Revoked(), Stale()" or "()"."""
        return self._source_texts[1]

    @property
    def setup(self) -> str:
        """The set-up as Python: "pki.revoke(leaf, 'key_compromise')"; "" where there is nothing to do."""
        return self._source_texts.get("setup", "")

    @property
    def pki(self) -> str:
        """The PKI as Python: "PKI()", or what it takes where that does not do."""
        return self._source_texts.get("pki", "PKI()")

    @property
    def _source_texts(self) -> dict[str | int, str]:
        return read_calls(self.make.__module__, self.given_to.lower())[self.name]


def ocsp(name: str, make: MakeFaults, *, setup: SetUp = do_nothing, pki: Callable[[], PKI] = PKI) -> Recipe:
    """A recipe for an OCSP answer."""
    return Recipe(name, "OCSP", make, setup, pki)


def crl(name: str, make: MakeFaults, *, setup: SetUp = do_nothing, pki: Callable[[], PKI] = PKI) -> Recipe:
    """A recipe for a CRL."""
    return Recipe(name, "CRL", make, setup, pki)
