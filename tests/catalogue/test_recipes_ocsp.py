"""The cases that other suites test with OCSP answers: each can be written here, and is another answer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, load_der_ocsp_response

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
    """delegated_by_revoked: the responder says revoked of the very certificate that signs."""
    [recipe] = [one for one in OCSP_RECIPES if one.name == "delegated_by_revoked"]
    _, bent = answers(recipe, usual)
    [delegate] = load_der_ocsp_response(bent).certificates
    status = load_der_ocsp_response(usual.ocsp.response_for(delegate.serial_number))
    assert status.certificate_status is OCSPCertStatus.REVOKED
    access = delegate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [place.access_location.value for place in access] == [usual.ocsp.url]


def bent_answer(name: str, pki: PKI) -> OCSPResponse:
    """The answer of the recipe of this name."""
    [recipe] = [one for one in OCSP_RECIPES if one.name == name]
    return load_der_ocsp_response(answers(recipe, pki)[1])


def test_a_delegate_that_says_revoked(usual: PKI) -> None:
    """delegated_revoked_status: revoked is the certificate asked about, and the delegate is honest."""
    answer = bent_answer("delegated_revoked_status", usual)
    assert answer.certificate_status is OCSPCertStatus.REVOKED
    [delegate] = answer.certificates
    assert (
        load_der_ocsp_response(usual.ocsp.response_for(delegate.serial_number)).certificate_status
        is not OCSPCertStatus.REVOKED
    )
    delegate.verify_directly_issued_by(usual.ca.certificate)
    key = delegate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


def test_no_allowance_of_minutes_hides_it(usual: PKI) -> None:
    """An hour lies between the two times that are in the wrong order, and since an answer without an end."""
    before = usual.clock.now()
    wrong, endless = bent_answer("next_before_this", usual), bent_answer("good_no_next_update", usual)
    assert wrong.next_update_utc == wrong.this_update_utc - timedelta(hours=1)
    assert endless.next_update_utc is None
    assert before - endless.this_update_utc >= timedelta(minutes=60)


@pytest.mark.parametrize(
    ("name", "days"),
    [("stale", -3), ("stale_fresh_produced", -3), ("revoked_stale", -3), ("future_this_update", 3)],
)
def test_no_allowance_of_a_day_hides_it(usual: PKI, name: str, days: int) -> None:
    """What is out of date, or early, is so by three days."""
    before = usual.clock.now()
    answer = bent_answer(name, usual)
    time = answer.next_update_utc if days < 0 else answer.this_update_utc
    assert time is not None
    assert timedelta() <= time - (before + timedelta(days=days)) <= usual.clock.now() - before


def test_the_name_of_the_ca_and_the_key_of_another(usual: PKI) -> None:
    """same_name_other_key_embedded: the ResponderID is the CA's name, in a PKI that answers by key, too."""
    answer = bent_answer("same_name_other_key_embedded", usual)
    assert answer.responder_name == usual.ca.certificate.subject
    [stranger] = answer.certificates
    assert stranger.subject == usual.ca.certificate.subject
    assert stranger.public_key() != usual.ca.certificate.public_key()
