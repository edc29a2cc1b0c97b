"""What a name stands for: a fault, or recipes."""

import contextlib
from typing import Any

import pytest
from cryptography import x509
from freezegun import freeze_time

from mockpki import PKI, faults
from mockpki._catalogue.lookup import RECIPES, find_by_name
from mockpki._pkix.crl import crl_number


def test_find_by_name() -> None:
    """A fault is found in any case, a recipe as it is spelt; near names are offered for what is neither."""
    assert find_by_name("nonextupdate") is faults.NoNextUpdate
    assert find_by_name("Revoked") is faults.Revoked
    both = find_by_name("revoked")
    assert isinstance(both, tuple)
    assert [recipe.given_to for recipe in both] == ["OCSP", "CRL"]
    with pytest.raises(LookupError, match=r"There is no fault 'Stail'; did you mean .*Stale"):
        find_by_name("Stail")
    with pytest.raises(LookupError, match="`mockpki faults` lists all"):
        find_by_name("xyzzy")


def test_no_two_recipes_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a PKI where time and chance stand still, no two recipes of a kind give the same octets."""
    monkeypatch.setattr("mockpki._services.immediate.crl_number", lambda number: crl_number(7))
    monkeypatch.setattr(x509, "random_serial_number", lambda: 2**100)
    found: dict[tuple[str, bytes], list[str]] = {}
    with freeze_time("2031-02-03 04:05:06"), PKI(key_type="RSA-2048") as pki:
        for recipe in RECIPES:
            for known in (777, 778, 4711):
                with contextlib.suppress(LookupError):
                    pki.forget(known)
            leaf = pki.issue_cert("localhost", serial_number=777)
            recipe.set_up(pki, leaf)
            bent: tuple[Any, ...] = recipe.make_faults(pki, leaf)
            octets = pki.crl.crl(*bent) if recipe.given_to == "CRL" else pki.ocsp.response_for(leaf, *bent)
            found.setdefault((recipe.given_to, octets), []).append(recipe.name)
    assert [names for names in found.values() if len(names) > 1] == []
    assert len(found) == len(RECIPES)
