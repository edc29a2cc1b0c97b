"""What a fault does, seen: every fault and every recipe can be shown at work."""

import dataclasses
import datetime
from typing import Any

import pytest

from mockpki import faults
from mockpki._catalogue.difference import of_fault, of_recipe
from mockpki._catalogue.entries import describe_fault
from mockpki._catalogue.lookup import RECIPES
from mockpki._catalogue.recipe import Recipe

Kind = type[faults.Fault[Any]]

SHOWN = [(kind, target) for kind in faults.CATALOGUE for target in describe_fault(kind).targets]


@pytest.mark.parametrize(("kind", "target"), SHOWN, ids=lambda value: getattr(value, "__name__", value))
def test_a_fault_is_seen_at_work(kind: Kind, target: str) -> None:
    """Whatever it can be given to, there is a scene in which the decoded answer is another."""
    difference = of_fault(kind(), target)
    marks = {mark for mark, _ in difference.lines}
    assert marks & {"-", "+"}
    assert difference.target == target


def test_the_difference_is_decoded() -> None:
    """Only what changed is shown, below what holds it; times say how far away they are."""
    lines = of_fault(faults.Stale(by=datetime.timedelta(days=2)), "CRL").lines
    assert [line for mark, line in lines if mark == " "] == ["CertificateList", "  tbsCertList"]
    assert [line.partition(", ")[2] for mark, line in lines if mark != " "] == [
        "10 min ago", "in 7 d", "9 d ago", "2 d ago",
    ]  # fmt: skip


def test_the_signature_is_verified() -> None:
    """Of a signature the difference says whose it is: a forged one is nobody's, and nothing else differs."""
    lines = of_fault(faults.Forged(), "OCSP").lines
    assert [(mark, line.strip()) for mark, line in lines if mark != " "] == [
        ("-", "signature: made with the CA's key"),
        ("+", "signature: made with no key known here, or over other octets"),
    ]


def test_a_fault_with_nothing_to_bend_is_shown_elsewhere() -> None:
    """Good() says of a revoked certificate that it is good: of a good one there is nothing to see."""
    difference = of_fault(faults.Good(), "OCSP")
    assert "revoked" in difference.scene
    assert "certStatus: revoked" in str(difference)


@dataclasses.dataclass(frozen=True)
class Idle(faults.Timing):
    """Does nothing. RFC 6960 section 2.4."""

    def __call__(self, honest: faults.Window) -> faults.Window:
        return honest


def test_a_fault_that_does_nothing_is_not_shown() -> None:
    """Where no scene shows anything, it is an error, and not an empty difference."""
    with pytest.raises(ValueError, match=r"Idle\(\) changes nothing here"):
        of_fault(Idle(), "OCSP")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.given_to}-{recipe.name}")
def test_a_recipe_is_seen_at_work(recipe: Recipe) -> None:
    """What it makes can be shown; nothing differs only where nothing is bent and nothing is set up."""
    difference = of_recipe(recipe)
    assert difference.target == recipe.given_to
    honest = recipe.expression in ("()", "ByKey()") and not (recipe.setup and recipe.given_to == "CRL")
    assert bool(difference.lines) != honest
