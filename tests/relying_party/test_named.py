"""Policies by name."""

import pytest

from mockpki.relying_party import CLIENTS, HARD_FAIL, NAMED, Policy, named


def test_names() -> None:
    """A name finds the policy that has it, as people write it; a policy is itself."""
    assert {name: named(name) for name in (*NAMED, *CLIENTS)} == {**NAMED, **CLIENTS}
    assert named("Hard_Fail") is HARD_FAIL
    assert named("openssl-crl_check_all") is CLIENTS["openssl-crl-check-all"]
    own = Policy(sources=("CRL",))
    assert named(own) is own


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("hard-fial", "hard-fail"),
        ("jdk-soft-fial", "jdk-soft-fail"),
        ("firefox-ocsp", "firefox-ocsp-"),
    ],
)
def test_no_such(name: str, near: str) -> None:
    """A name that there is not is told, with those that are near."""
    with pytest.raises(LookupError, match=f"there is no policy '{name}'; .*{near}"):
        named(name)
