"""What a name stands for: a fault, or recipes."""

import pytest

from mockpki import faults
from mockpki._catalogue.lookup import find_by_name


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
