"""A recipe says what it does, in the words of its own code."""

import ast
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mockpki import PKI, Leaf, faults
from mockpki._catalogue.lookup import RECIPES
from mockpki._catalogue.recipe import Recipe, do_nothing

NOW = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)

each_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda one: f"{one.given_to}-{one.name}")


@pytest.fixture(scope="module")
def pki() -> Iterator[PKI]:
    """One whose clock stands, so that what is made twice is the same."""
    with PKI() as pki, pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(pki.clock), "now", lambda self: NOW)
        yield pki


@pytest.fixture(scope="module")
def leaf(pki: PKI) -> Leaf:
    """The certificate asked about."""
    return pki.issue_cert("localhost")


def names(**more: object) -> dict[str, Any]:
    """What the expressions may use."""
    known = {name: getattr(faults, name) for name in dir(faults)}
    return known | {"timedelta": timedelta, "datetime": datetime, "timezone": timezone, "PKI": PKI} | more


@each_recipe
def test_the_expression_is_what_is_made(recipe: Recipe, pki: PKI, leaf: Leaf) -> None:
    """Whoever copies the expression has the faults that the recipe makes."""
    found = eval(recipe.expression, names(pki=pki, leaf=leaf))
    assert (found if isinstance(found, tuple) else (found,)) == recipe.make_faults(pki, leaf)


class Recorder:
    """Writes down what is called on a PKI, and does none of it."""

    serial_number = 17

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.calls.append((name, given))


@each_recipe
def test_the_set_up_is_what_is_done(recipe: Recipe) -> None:
    """Whoever copies the set-up does what the recipe does; where there is none, nothing is done."""
    written, done = Recorder(), Recorder()
    asked: Any = Recorder()
    exec(recipe.setup, {"pki": written, "leaf": asked})
    recipe.set_up(done, asked)  # type: ignore[arg-type]
    assert written.calls == done.calls
    assert bool(done.calls) == bool(recipe.setup) == (recipe.set_up is not do_nothing)


@each_recipe
def test_the_pki_is_the_one_that_is_made(recipe: Recipe) -> None:
    """Whoever copies the PKI has one with the same kind of keys."""
    call = ast.parse(recipe.pki, mode="eval").body
    assert isinstance(call, ast.Call)
    assert (recipe.pki == "PKI()") == (recipe.make_pki is PKI)
    if recipe.make_pki is not PKI:
        with recipe.make_pki() as ours, eval(recipe.pki, names()) as theirs:
            key, written = (type(pki.ca.certificate.public_key()) for pki in (ours, theirs))
            assert key is written
