"""The cases that other suites test with CRLs: each can be written here, and is another CRL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography import x509
from freezegun import freeze_time

from mockpki import PKI, Leaf
from mockpki._catalogue.recipe import Recipe
from mockpki._catalogue.recipes_crl import CRL_RECIPES
from tests.kit.asking import send

HONEST = {"good_empty", "good_other_serial", "revoked", "revoked_keycompromise"}
"""Names of what a CRL says anyway, where somebody, or nobody, is revoked."""

LISTED = {
    recipe.name
    for recipe in CRL_RECIPES
    if recipe.name.startswith(("revoked", "idp_")) and recipe.name != "idp_uri_mismatch_not_revoked"
} | {"duplicate_entry", "entry_unknown_critical_revoked"}
"""Names of CRLs that list the leaf; the others do not."""

NOW = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


@contextmanager
def set_up(recipe: Recipe, make_pki: Callable[[], PKI]) -> Iterator[tuple[PKI, Leaf, tuple[Any, ...]]]:
    """A PKI whose clock stands, the leaf asked about, and the faults, after the recipe's set-up."""
    with freeze_time(NOW), make_pki() as world:
        leaf = world.issue_cert("localhost")
        recipe.set_up(world, leaf)
        yield world, leaf, recipe.make_faults(world, leaf)


def repeatable(recipe: Recipe) -> Callable[[], PKI]:
    """A PKI for the recipe whose signatures over the same octets are the same."""
    if recipe.make_pki is not PKI:
        return recipe.make_pki
    return lambda: PKI(key_type="RSA-2048" if "SignatureDigest" in recipe.expression else "Ed25519")


@pytest.mark.parametrize("recipe", CRL_RECIPES, ids=[recipe.name for recipe in CRL_RECIPES])
def test_a_recipe_gives_another_crl(recipe: Recipe) -> None:
    """It is not the honest one, unless that is meant; and the honest one lists the leaf where it should.

    The recipe works in the PKI that it asks for, and what the bytes say is what is served.
    """
    with set_up(recipe, recipe.make_pki) as (pki, _, bent):
        assert recipe.given_to == "CRL"
        assert isinstance(pki.crl.crl(*bent), bytes)
    with set_up(recipe, repeatable(recipe)) as (pki, leaf, bent):
        honest, served = pki.crl.crl(), pki.crl.crl(*bent)
        assert (served == honest) == (recipe.name in HONEST) == (not bent)
        listed = x509.load_der_x509_crl(honest).get_revoked_certificate_by_serial_number(leaf.serial_number)
        assert (listed is not None) == (recipe.name in LISTED)
        with pki.crl.respond_with(*bent):
            assert send(pki.crl.url).body == served


def test_there_are_as_many_as_there_should_be() -> None:
    """The minimum: 52 names, no two alike, and no two that mean the same."""
    assert len({recipe.name for recipe in CRL_RECIPES}) == len(CRL_RECIPES) == 52
    assert len({(recipe.expression, recipe.setup, recipe.pki) for recipe in CRL_RECIPES}) == 52


def test_scope_is_what_decides() -> None:
    """A CRL of another scope lists the leaf all the same, unless its name says that it does not."""
    for recipe in CRL_RECIPES:
        if recipe.name.startswith("idp_"):
            with set_up(recipe, recipe.make_pki) as (pki, leaf, bent):
                crl = x509.load_der_x509_crl(pki.crl.crl(*bent))
                listed = crl.get_revoked_certificate_by_serial_number(leaf.serial_number)
            assert (listed is None) == recipe.name.endswith("_not_revoked")


@pytest.mark.parametrize("field", ["next_before_this", "expired"])
def test_no_allowance_of_minutes_hides_it(field: str) -> None:
    """nextUpdate is an hour before thisUpdate, or three days before now."""
    [recipe] = [one for one in CRL_RECIPES if one.name == field]
    with set_up(recipe, recipe.make_pki) as (pki, _, bent):
        crl = x509.load_der_x509_crl(pki.crl.crl(*bent))
    assert crl.next_update_utc is not None
    if field == "expired":
        assert crl.next_update_utc == NOW - timedelta(days=3)
    else:
        assert crl.next_update_utc == crl.last_update_utc - timedelta(hours=1)


def test_a_set_up_comes_before_the_question() -> None:
    """revoked_keycompromise: the leaf is listed, with its reason, and nothing is bent."""
    [recipe] = [one for one in CRL_RECIPES if one.name == "revoked_keycompromise"]
    with set_up(recipe, recipe.make_pki) as (pki, leaf, bent):
        crl = x509.load_der_x509_crl(pki.crl.crl(*bent))
        [entry] = crl
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        assert (entry.serial_number, reason) == (leaf.serial_number, x509.ReasonFlags.key_compromise)
