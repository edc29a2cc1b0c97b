"""The names that other harnesses give to CRLs: each means something here, and does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography import x509
from freezegun import freeze_time

from mockpki import PKI, Leaf, faults
from mockpki._catalogue.recipe import Alias
from mockpki._catalogue.recipes_crl import CRL_ALIASES
from tests.kit.asking import send

HONEST = {"good_empty", "good_other_serial", "revoked", "revoked_keycompromise"}
"""Names of what a CRL says anyway, where somebody, or nobody, is revoked."""

LISTED = {alias.name for alias in CRL_ALIASES if alias.name.startswith("revoked")} | {
    "duplicate_entry",
    "entry_unknown_critical_revoked",
    "idp_uri_mismatch",
}
"""Names of CRLs that list the leaf; the others do not."""

NOW = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


def names(**more: object) -> dict[str, Any]:
    """What the expressions may use."""
    known = {name: getattr(faults, name) for name in dir(faults)}
    return known | {"timedelta": timedelta, "datetime": datetime, "timezone": timezone, "PKI": PKI} | more


@contextmanager
def set_up(alias: Alias, pki: str) -> Iterator[tuple[PKI, Leaf, tuple[Any, ...]]]:
    """A PKI whose clock stands, the leaf asked about, and the faults, after the alias's set-up."""
    with freeze_time(NOW), eval(pki, names()) as world:
        leaf = world.issue_cert("localhost")
        known = names(pki=world, leaf=leaf)
        exec(alias.setup, known)
        found = eval(alias.expression, known)
        yield world, leaf, found if isinstance(found, tuple) else (found,)


def repeatable(alias: Alias) -> str:
    """A PKI for the alias whose signatures over the same octets are the same."""
    if alias.pki != Alias("", "", "").pki:
        return alias.pki
    return "PKI(key_type='RSA-2048')" if "SignatureDigest" in alias.expression else "PKI(key_type='Ed25519')"


@pytest.mark.parametrize("alias", CRL_ALIASES, ids=[alias.name for alias in CRL_ALIASES])
def test_an_alias_gives_another_crl(alias: Alias) -> None:
    """It is not the honest one, unless that is meant; and the honest one lists the leaf where it should.

    The alias works in the PKI that it asks for, and what the bytes say is what is served.
    """
    with set_up(alias, alias.pki) as (pki, _, bent):
        assert alias.given_to == "CRL"
        assert isinstance(pki.crl.crl(*bent), bytes)
    with set_up(alias, repeatable(alias)) as (pki, leaf, bent):
        honest, served = pki.crl.crl(), pki.crl.crl(*bent)
        assert (served == honest) == (alias.name in HONEST) == (not bent)
        listed = x509.load_der_x509_crl(honest).get_revoked_certificate_by_serial_number(leaf.serial_number)
        assert (listed is not None) == (alias.name in LISTED)
        with pki.crl.respond_with(*bent):
            assert send(pki.crl.url).body == served


def test_there_are_as_many_as_there_should_be() -> None:
    """The minimum: 52 names, no two alike, and no two that mean the same."""
    assert len({alias.name for alias in CRL_ALIASES}) == len(CRL_ALIASES) == 52
    assert len({(alias.expression, alias.setup, alias.pki) for alias in CRL_ALIASES}) == 52


def test_a_set_up_comes_before_the_question() -> None:
    """revoked_keycompromise: the leaf is listed, with its reason, and nothing is bent."""
    [alias] = [one for one in CRL_ALIASES if one.name == "revoked_keycompromise"]
    with set_up(alias, alias.pki) as (pki, leaf, bent):
        crl = x509.load_der_x509_crl(pki.crl.crl(*bent))
        [entry] = crl
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        assert (entry.serial_number, reason) == (leaf.serial_number, x509.ReasonFlags.key_compromise)
