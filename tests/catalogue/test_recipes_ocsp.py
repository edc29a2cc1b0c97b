"""The cases that other suites test with OCSP answers: each can be written here, and is another answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from mockpki import PKI
from mockpki._catalogue.recipe import Recipe
from mockpki._catalogue.recipes_ocsp import OCSP_RECIPES

HONEST = {"good_by_key"}
"""Names of what the responder says anyway."""


@pytest.fixture(scope="module")
def usual() -> Iterator[PKI]:
    """The PKI of nearly all of them."""
    with PKI() as pki:
        yield pki


@pytest.fixture(scope="module")
def repeatable() -> Iterator[PKI]:
    """RSA's signatures over the same octets are the same, so that a difference is the recipe's doing."""
    with PKI(key_type="RSA-2048") as pki:
        yield pki


def answers(recipe: Recipe, pki: PKI) -> tuple[bytes, bytes]:
    """The honest answer and the recipe's, made at one moment."""
    leaf = pki.issue_cert("localhost")
    with pytest.MonkeyPatch.context() as patch:
        now = pki.clock.now()
        patch.setattr(type(pki.clock), "now", lambda self: now)
        recipe.set_up(pki, leaf)
        bent: tuple[Any, ...] = recipe.make_faults(pki, leaf)
        return pki.ocsp.response_for(leaf), pki.ocsp.response_for(leaf, *bent)


@pytest.mark.parametrize("recipe", OCSP_RECIPES, ids=[recipe.name for recipe in OCSP_RECIPES])
def test_a_recipe_gives_another_answer(recipe: Recipe, usual: PKI, repeatable: PKI) -> None:
    """Its code works in the PKI that it asks for, and its answer is not the honest one."""
    if recipe.make_pki is PKI:
        answers(recipe, usual)
    else:
        with recipe.make_pki() as pki:
            answers(recipe, pki)
    honest, bent = answers(recipe, repeatable)
    assert (bent == honest) == (recipe.name in HONEST)
    assert recipe.given_to == "OCSP"


def test_there_are_as_many_as_there_should_be() -> None:
    """The minimum: 103 names, no two alike, and no two that mean the same."""
    assert len({recipe.name for recipe in OCSP_RECIPES}) == len(OCSP_RECIPES) == 103
    assert len({(recipe.expression, recipe.setup, recipe.pki) for recipe in OCSP_RECIPES}) == 103


def test_a_set_up_comes_before_the_question(usual: PKI) -> None:
    """delegated_revoked_status: the responder says revoked of the very certificate that signs."""
    [recipe] = [one for one in OCSP_RECIPES if one.name == "delegated_revoked_status"]
    _, bent = answers(recipe, usual)
    [delegate] = load_der_ocsp_response(bent).certificates
    status = load_der_ocsp_response(usual.ocsp.response_for(delegate.serial_number))
    assert status.certificate_status is OCSPCertStatus.REVOKED
    access = delegate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [place.access_location.value for place in access] == [usual.ocsp.url]
