"""The names of other harnesses: each means something here, and does it."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from mockpki import PKI, faults
from mockpki._catalogue.recipe import Alias
from mockpki._catalogue.recipes_ocsp import OCSP_ALIASES

HONEST = {"good_by_key"}
"""Names of what the responder says anyway."""

USUAL = Alias("", "", "").pki


@pytest.fixture(scope="module")
def usual() -> Iterator[PKI]:
    """The PKI of nearly all of them."""
    with PKI() as pki:
        yield pki


@pytest.fixture(scope="module")
def repeatable() -> Iterator[PKI]:
    """RSA's signatures over the same octets are the same, so that a difference is the alias's doing."""
    with PKI(key_type="RSA-2048") as pki:
        yield pki


def names(**more: object) -> dict[str, Any]:
    """What the expressions may use."""
    known = {name: getattr(faults, name) for name in dir(faults)}
    return known | {"timedelta": timedelta, "datetime": datetime, "timezone": timezone, "PKI": PKI} | more


def answers(alias: Alias, pki: PKI) -> tuple[bytes, bytes]:
    """The honest answer and the alias's, made at one moment."""
    leaf = pki.issue_cert("localhost")
    known = names(pki=pki, leaf=leaf)
    with pytest.MonkeyPatch.context() as patch:
        now = pki.clock.now()
        patch.setattr(type(pki.clock), "now", lambda self: now)
        exec(alias.setup, known)
        found = eval(alias.expression, known)
        bent = found if isinstance(found, tuple) else (found,)
        return pki.ocsp.response_for(leaf), pki.ocsp.response_for(leaf, *bent)


@pytest.mark.parametrize("alias", OCSP_ALIASES, ids=[alias.name for alias in OCSP_ALIASES])
def test_an_alias_gives_another_answer(alias: Alias, usual: PKI, repeatable: PKI) -> None:
    """Its expression works in the PKI that it asks for, and its answer is not the honest one."""
    if alias.pki == USUAL:
        answers(alias, usual)
    else:
        with eval(alias.pki, names()) as pki:
            answers(alias, pki)
    honest, bent = answers(alias, repeatable)
    assert (bent == honest) == (alias.name in HONEST)
    assert alias.given_to == "OCSP"


def test_there_are_as_many_as_there_should_be() -> None:
    """The minimum: 103 names, no two alike, and no two that mean the same."""
    assert len({alias.name for alias in OCSP_ALIASES}) == len(OCSP_ALIASES) == 103
    assert len({(alias.expression, alias.setup, alias.pki) for alias in OCSP_ALIASES}) == 103


def test_a_set_up_comes_before_the_question(usual: PKI) -> None:
    """delegated_revoked_status: the responder says revoked of the very certificate that signs."""
    [alias] = [one for one in OCSP_ALIASES if one.name == "delegated_revoked_status"]
    _, bent = answers(alias, usual)
    [delegate] = load_der_ocsp_response(bent).certificates
    status = load_der_ocsp_response(usual.ocsp.response_for(delegate.serial_number))
    assert status.certificate_status is OCSPCertStatus.REVOKED
    access = delegate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [place.access_location.value for place in access] == [usual.ocsp.url]
