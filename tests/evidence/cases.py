"""What is shown to the verifiers: every fault of the catalogue, every recipe, and an honest answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockpki import PKI, Leaf, faults
from mockpki._catalogue.difference import find_scene
from mockpki._catalogue.entries import TARGETS, describe_fault
from mockpki._catalogue.lookup import RECIPES
from mockpki._catalogue.recipe import SetUp, do_nothing

Faults = tuple[Any, ...]
"""Faults of any layer: whoever is given some that it cannot have says so."""


@dataclass(frozen=True)
class Case:
    """One row: *make* makes the faults for *target*, after *set_up* in the PKI of *make_pki*.

    What these say stands in *expression*, *setup* and *pki*. In handshakes of TLS *version* at most, clients
    have *asked* for a staple, or not.
    """

    name: str
    target: str
    expression: str
    make: Callable[[PKI, Leaf], Faults]
    setup: str = ""
    set_up: SetUp = do_nothing
    pki: str = "PKI()"
    make_pki: Callable[[], PKI] = PKI
    version: str = "TLSv1.3"
    asked: bool = True


@dataclass(frozen=True)
class World:
    """A case, set up: *staple* are the faults that a staple can have, None where it can have none.

    *der* is the OCSP answer or the CRL as octets, None where the fault bends none.
    """

    case: Case
    pki: PKI
    leaf: Leaf
    faults: Faults
    folder: Path
    der: bytes | None
    staple: Faults | None


def cases() -> Iterator[Case]:
    """Honest answers first, then the catalogue by layer, then the recipes."""
    for target in ("OCSP", "CRL"):
        yield Case("honest", target, "()", lambda pki, leaf: ())
    for kind in faults.CATALOGUE:
        targets = describe_fault(kind).targets
        # What an OCSP answer can have, its staple shows as well.
        for target in targets if "OCSP" not in targets else (one for one in targets if one != "staple"):
            if target not in ("caIssuers", "filter"):
                yield _of_fault(kind, target)
    for one in RECIPES:
        yield Case(
            one.name, one.given_to, one.expression, one.make_faults,
            one.setup, one.set_up, one.pki, one.make_pki,
        )  # fmt: skip


def _of_fault(kind: type[faults.Fault[Any]], target: str) -> Case:
    scene = find_scene(kind(), target)[0]
    # The scene's own PKI has signatures that repeat; the verifiers get what a test has unless it asks.
    options = ", ".join(f"{name}={value!r}" for name, value in scene.options.items())
    return Case(
        kind.__name__, target, f"{kind.__name__}()", lambda pki, leaf: (kind(),), scene.setup, scene.set_up,
        f"PKI({options})", lambda: PKI(**scene.options), scene.version, scene.asked,
    )  # fmt: skip


@contextmanager
def world(case: Case, folder: Path) -> Iterator[World]:
    """The case's PKI, live, with the faults in force where they belong."""
    with case.make_pki() as pki:
        leaf = pki.issue_cert("localhost")
        case.set_up(pki, leaf)
        bent = case.make(pki, leaf)
        if case.target == "certificate":
            leaf, bent = pki.issue_cert("localhost", faults=bent), ()
        service: Any = {"OCSP": pki.ocsp, "CRL": pki.crl}.get(case.target)
        with service.respond_with(*bent) if service else nullcontext():
            der = _octets(case, pki, leaf, bent)
            yield World(case, pki, leaf, bent, folder, der, _staple(case, bent, der))


def _octets(case: Case, pki: PKI, leaf: Leaf, bent: Faults) -> bytes | None:
    try:
        return pki.crl.crl(*bent) if case.target == "CRL" else pki.ocsp.response_for(leaf, *bent)
    except (TypeError, ValueError):
        # A fault of HTTP or of the connection; or one that needs a nonce in the question.
        return None


def _staple(case: Case, bent: Faults, der: bytes | None) -> Faults | None:
    if case.target == "CRL" or (case.target == "OCSP" and der is None):
        return None
    layers = TARGETS["staple"]
    return bent if all(isinstance(fault, layers) for fault in bent) else None
