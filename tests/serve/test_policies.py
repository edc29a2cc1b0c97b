"""Policies by name and field."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki import relying_party, staplers
from mockpki._catalogue.arguments import write_fields
from mockpki._serve.policies import read_policy, vary
from mockpki._serve.problem import Problem


@pytest.mark.parametrize("name", sorted(staplers.NAMED))
def test_every_preset_is_written_field_by_field(name: str) -> None:
    """What a preset is, as data on top of the plain policy, is that preset."""
    policy = staplers.NAMED[name]
    assert vary(staplers.StaplePolicy(), write_fields(policy)) == policy


@pytest.mark.parametrize("name", sorted({**relying_party.NAMED, **relying_party.CLIENTS}))
def test_every_policy_of_clients_is_known(name: str) -> None:
    """By its name, alone and in an object."""
    assert read_policy(name) == read_policy({"policy": name}) == relying_party.named(name)


def test_fields_that_differ() -> None:
    """Each has the value that is given, and the others are as they are."""
    hard = relying_party.HARD_FAIL
    varied = read_policy({"policy": "hard-fail", "sources": ["OCSP", "CRL"], "max_age": "1h"})
    assert varied == replace(hard, sources=("OCSP", "CRL"), max_age=timedelta(hours=1))
    nginx = vary(staplers.NGINX, {"timeout": "2s", "retry": {"after": "1min"}})
    assert nginx == replace(
        staplers.NGINX, timeout=timedelta(seconds=2), retry=staplers.Fixed(timedelta(minutes=1))
    )


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ("hard-fial", LookupError, "hard-fail"),
        ({"policy": "hard-fial"}, LookupError, "hard-fail"),
        ({"policy": "hard-fail", "sorces": []}, Problem, "did you mean 'sources'"),
        ({"policy": "hard-fail", "max_age": 5}, Problem, "takes None or a duration"),
        ({"policy": "hard-fail", "filter_confirms": True}, ValueError, "needs 'CRLite'"),
        ({"name": "hard-fail"}, TypeError, "policy takes a text"),
        (None, TypeError, "policy takes a text"),
    ],
)
def test_what_is_no_policy(value: Any, error: type[Exception], words: str) -> None:
    """It is told, with the way out."""
    with pytest.raises(error) as raised:
        read_policy(value)
    assert words in str(raised.value)
