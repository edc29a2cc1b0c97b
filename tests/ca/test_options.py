"""How CAs are made: what PKI() was asked for, checked."""

import pytest

from mockpki._ca.options import CAOptions
from mockpki._pkix.keys import KeyType


@pytest.mark.parametrize("delegated", [False, True])
@pytest.mark.parametrize(("responder_id", "by_name"), [("key", False), ("name", True)])
def test_what_was_asked_for_is_kept(delegated: bool, responder_id: str, by_name: bool) -> None:
    """The words of PKI() become a value; the key type is known in any case."""
    options = CAOptions.check("ed25519", delegated, responder_id)
    assert options == CAOptions(KeyType.ED25519, delegated, by_name)


def test_what_cannot_be() -> None:
    """Each wrong word is an error that names it."""
    with pytest.raises(ValueError, match=r"responder_id is 'key' or 'name' .*; got 'Key'"):
        CAOptions.check("P-256", False, "Key")
    with pytest.raises(ValueError, match="'P-521' is no key type; there are P-256"):
        CAOptions.check("P-521", False, "both")
