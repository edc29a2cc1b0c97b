"""Which delta CRL completes which complete one: each condition of RFC 5280 section 5.2.4 alone."""

from typing import Any

import pytest

from mockpki._validation.delta import check_delta
from mockpki._validation.finding import Unusable
from mockpki._validation.revocation_list import RevocationList
from tests.kit.crl_world import CA, NEW_KEY, OTHER_CA, UNKNOWN, crl, scope, url

FITTING: dict[str, Any] = {"base": 5, "number": 7, "idp": scope(url("a"))}


def check(changes: dict[str, Any], complete: int | None) -> None:
    """What becomes of a delta CRL that would fit but for *changes*, beside a complete CRL of that number."""
    base = RevocationList.load(crl(number=complete, idp=FITTING["idp"]))
    check_delta(RevocationList.load(crl(**{**FITTING, **changes})), base, CA.certificate)


@pytest.mark.parametrize("complete", [5, 6])
def test_fitting(complete: int) -> None:
    """From the base on, up to the one before it."""
    check({}, complete)


@pytest.mark.parametrize(
    ("changes", "complete", "word"),
    [
        ({"base": None}, 5, "no delta"),
        ({"by": OTHER_CA}, 5, "wrong signer"),
        ({"idp": None}, 5, "wrong scope"),
        ({"idp": scope(url("b"))}, 5, "wrong scope"),
        ({"idp": scope(url("a"), users=True)}, 5, "wrong scope"),
        ({"number": None}, 5, "no number"),
        ({}, None, "no number"),
        ({}, 4, "base too new"),
        ({}, 7, "obsolete"),
        ({}, 8, "obsolete"),
        ({"by": NEW_KEY}, 5, "wrong signer"),
        ({"signed_with": "stranger"}, 5, "bad signature"),
        ({"more": UNKNOWN}, 5, "unknown extension"),
    ],
)
def test_not_fitting(changes: dict[str, Any], complete: int | None, word: str) -> None:
    """Each condition has its word."""
    with pytest.raises(Unusable) as caught:
        check(changes, complete)
    assert (caught.value.word, bool(caught.value.sentence)) == (word, True)
