"""A stapling policy in words: what is told of its fields."""

from dataclasses import replace
from typing import Any

import pytest

from mockpki.staplers import AtFraction, BeforeEnd, Clamp, Exponential, Fixed, StaplePolicy
from mockpki.staplers._words import in_words
from tests.kit.staples import BLOCKING, DAY, FILE, HOUR, LAZY, MINUTE, START

TOLD: list[tuple[StaplePolicy, dict[str, Any], str]] = [
    (LAZY, {}, "The first handshake that wants a staple starts a fetch, and goes without."),
    (LAZY, {"sightings": 2}, "The second handshake that wants a staple starts a fetch, and goes without."),
    (BLOCKING, {}, "The first handshake that wants a staple asks, and waits as long as it takes."),
    (BLOCKING, {"wait": MINUTE}, "The first handshake that wants a staple asks, and waits up to 1 min."),
    (FILE, {"on_no_answer": "abort"}, "Without one, it ends the handshake."),
    (LAZY, {}, "It staples answers that say good, once their signatures are verified."),
    (
        LAZY,
        {"staple": frozenset({"good", "unknown", "revoked"}), "verify": False},
        "It staples answers that say good, revoked or unknown.",
    ),
    (
        LAZY,
        {"on_no_answer": "fake_trylater", "on_error_resp": "relay"},
        "Without an answer it staples a tryLater of its own making; an answer that cannot be used is "
        "stapled as it is.",
    ),
    (LAZY, {}, "After a failure the next handshake asks again."),
    (LAZY, {"error_ttl": HOUR}, "It remembers a failure for 1 h."),
    (LAZY, {"ttl": 2 * DAY, "error_ttl": HOUR},
     "It keeps an answer for 2 d at most; it remembers a failure for 1 h."),
    (START, {"refresh": AtFraction(0.5)},
     "It asks again when 50 % of an answer's life is over, and no sooner than after 4 % more."),
    (START, {"refresh": AtFraction(0.5, floor=0)}, "It asks again when 50 % of an answer's life is over."),
    (START, {"refresh": Clamp(HOUR, DAY, HOUR, in_time=True)},
     "It asks again 1 h before an answer ends, but after 1 h at the earliest and 1 d at the latest; where "
     "that is too late, when half of what is left is over."),
    (
        START,
        {"refresh": BeforeEnd(HOUR), "retry": Fixed(MINUTE)},
        "It asks again 1 h before an answer ends; after a failure it tries again after 1 min.",
    ),
    (
        START,
        {"refresh": Clamp(MINUTE, HOUR, 5 * MINUTE), "retry": Exponential(MINUTE, HOUR)},
        "It asks again 5 min before an answer ends, but after 1 min at the earliest and 1 h at the latest; "
        "after a failure it tries again after 1 min, then twice that, up to 1 h.",
    ),
    (LAZY, {"on_refresh_fail": "drop"},
     "A staple whose time in the cache is over is dropped, whether there is a new one or not."),
    (LAZY, {"skew": 5 * MINUTE},
     "It drops a staple at its end. That is 5 min later than nextUpdate says."),
    (LAZY, {"skew": -5 * MINUTE},
     "It drops a staple at its end. That is 5 min earlier than nextUpdate says."),
    (LAZY, {"must_staple": "fail"}, "A must-staple certificate is not shown without a good staple."),
    (LAZY, {"scope": "worker"}, "The cache belongs to each worker, and does not survive a restart."),
    (START, {"scope": "shared", "persist": True},
     "The cache belongs to all processes together, and survives a restart."),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "options", "sentence"), TOLD)
def test_what_is_told_of_a_policy(policy: StaplePolicy, options: dict[str, Any], sentence: str) -> None:
    """Each field that matters to people has its sentence."""
    assert sentence in in_words(replace(policy, **options))


def test_of_a_file_nothing_is_told_that_it_has_not() -> None:
    """No responder is asked, and no cache belongs to anybody."""
    assert in_words(FILE) == [
        "It never asks: the staple is what somebody has put into a file.",
        "It drops a staple at its end.",
        "Must-staple certificates are nothing special.",
    ]
