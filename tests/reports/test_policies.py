"""Policies as they are typed, and what their names mean."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki import relying_party
from mockpki._probe.inference import EVERY_POLICY
from mockpki._reports.policies import MEANINGS, write_policy
from mockpki.cli._options import read_policy
from mockpki.relying_party import HARD_FAIL, NO_CHECK, RFC5280, SOFT_FAIL, Policy, named
from mockpki.relying_party._named import DURATIONS
from mockpki.relying_party._words import switches


def test_every_policy_can_be_pasted() -> None:
    """What is written is read as the same policy, in all that matters to its sources."""
    assert len(EVERY_POLICY) > 100
    for policy in EVERY_POLICY:
        found = named(write_policy(policy))
        for field in ("sources", *switches(policy.sources), *DURATIONS):
            assert getattr(found, field) == getattr(policy, field), (write_policy(policy), field)


def test_every_policy_is_taken_at_the_prompt() -> None:
    """What is written is no contradiction there, but for those that would reject every certificate."""
    for policy in EVERY_POLICY:
        if policy.sources or not policy.hard_fail:
            assert read_policy(write_policy(policy))


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (NO_CHECK, "no-check"),
        (HARD_FAIL, "hard-fail"),
        (replace(SOFT_FAIL, timeout=timedelta(seconds=2.5)), "soft-fail,timeout=2.5s"),
        (replace(HARD_FAIL, sources=("CRL", "OCSP")), "hard-fail,sources=CRL+OCSP"),
        (RFC5280, "rfc5280"),
        (replace(RFC5280, sources=("CRL",), extended_crls=False), "hard-fail,sources=CRL,use_deltas=yes"),
        (replace(RFC5280, sources=("OCSP",)), "hard-fail,sources=OCSP"),
        (replace(HARD_FAIL, max_age=timedelta(days=1)), "hard-fail,max_age=86400s"),
    ],
)
def test_texts(policy: Policy, text: str) -> None:
    """It is the name and as few variations as there can be."""
    assert write_policy(policy) == text


def test_every_name_has_a_meaning() -> None:
    """Nobody is judged by a name that is not explained."""
    assert list(MEANINGS) == list(relying_party.NAMED)
