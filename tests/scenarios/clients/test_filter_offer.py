"""What filters offer: when they were made, and nothing that cannot be."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki.relying_party import HARD_FAIL
from mockpki.scenarios import FilterOffer, Says


def test_mistakes() -> None:
    """A time of making that there is not, and a place in the certificate, are refused with a sentence."""
    wrong: Any = "yesterday"
    with pytest.raises(
        ValueError, match="made='yesterday' is no time of a filter; there are since, before, with a"
    ):
        FilterOffer(Says.GOOD, made=wrong)
    with pytest.raises(ValueError, match="where='unresolvable' is for what a certificate names"):
        FilterOffer(Says.GOOD, where="unresolvable")
    with pytest.raises(ValueError, match="where='nowhere' is no place of an offer"):
        FilterOffer(Says.GOOD, where="nowhere")


def test_no_answer_is_too_old() -> None:
    """The greatest age of an answer of the responder's is none of a filter's."""
    strict = replace(HARD_FAIL, max_age=timedelta(), clock_skew=timedelta())
    assert FilterOffer(Says.REVOKED).readings(strict) == (Says.REVOKED,)
