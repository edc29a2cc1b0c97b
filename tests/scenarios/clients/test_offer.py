"""An offer: what a client may read in a source, which depends on its policy."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki import faults
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL
from mockpki.scenarios import Case, Expected, Offer, Says, Scenario
from tests.kit.reference_client import reference

WEEK = timedelta(days=7)


class TestReadings:
    def test_what_it_says(self) -> None:
        """An offer says one thing to every policy, and a second where a rule lets a client read that."""
        assert Offer(Says.GOOD).readings(HARD_FAIL) == (Says.GOOD,)
        free = Offer(Says.UNUSABLE, also=Says.FATAL, why="RFC 6066 section 8")
        assert free.readings(HARD_FAIL) == (Says.UNUSABLE, Says.FATAL)

    def test_an_answer_that_is_late(self) -> None:
        """A client whose time-out is shorter than the delay learns nothing."""
        slow = Offer(Says.GOOD, delay=timedelta(seconds=2))
        assert slow.readings(replace(HARD_FAIL, timeout=timedelta(seconds=3))) == (Says.GOOD,)
        assert slow.readings(replace(HARD_FAIL, timeout=timedelta(seconds=2))) == (Says.NO_ANSWER,)

    def test_an_answer_that_is_out_of_date(self) -> None:
        """A client whose clock skew is as large finds it good, and one way to read it is left."""
        stale = Offer(Says.UNUSABLE, off_by=WEEK)
        assert stale.readings(replace(HARD_FAIL, clock_skew=WEEK)) == (Says.GOOD,)
        assert stale.readings(HARD_FAIL) == (Says.UNUSABLE,)
        either = replace(stale, also=Says.GOOD, why="a clause")
        assert either.readings(replace(HARD_FAIL, clock_skew=WEEK)) == (Says.GOOD,)

    @pytest.mark.parametrize(
        ("fault", "answers"),
        [
            (faults.Garbage(), True), (faults.Stale(), True), (faults.Unauthorized(), True),
            (faults.Gzip(), True), (faults.TryLater(), False), (faults.InternalError(), False),
            (faults.ErrorWithBody(), False), (faults.HttpStatus(404), False), (faults.EmptyBody(), False),
            (faults.Refused(), False), (faults.Hang(), False), (faults.Half(), False),
        ],
        ids=str,
    )  # fmt: skip
    def test_whether_there_is_an_answer(self, fault: Any, answers: bool) -> None:
        """An answer that is no use is one; an outage, or an error that says to come again, is none."""
        offer = Offer(Says.UNUSABLE, (fault,))
        assert offer.answers is answers
        assert offer.readings(HARD_FAIL) == (Says.UNUSABLE if answers else Says.NO_ANSWER,)
        policy = replace(SOFT_FAIL, unusable_rejects=True)
        scenario = Scenario("x", "x.", ocsp=offer)
        if not isinstance(fault, faults.Hang):
            Case(scenario, policy).check(reference(policy))
        assert scenario.expected(policy).verdict is (Expected.REJECT if answers else Expected.ACCEPT)

    def test_what_a_client_understands(self) -> None:
        """Who understands no deltas, or no extended CRLs, reads something else, and that alone."""
        offer = Offer(
            Says.GOOD,
            without_deltas=Says.REVOKED,
            without_extended=Says.UNUSABLE,
            also=Says.UNKNOWN,
            why="c.",
        )
        deltas = replace(HARD_FAIL, use_deltas=True)
        assert offer.readings(HARD_FAIL) == (Says.REVOKED,)
        assert offer.readings(deltas) == (Says.UNUSABLE,)
        assert offer.readings(replace(HARD_FAIL, extended_crls=True)) == (Says.REVOKED,)
        assert offer.readings(replace(deltas, extended_crls=True)) == (Says.GOOD, Says.UNKNOWN)
        assert replace(offer, without_deltas=None).readings(HARD_FAIL) == (Says.UNUSABLE,)

    @pytest.mark.parametrize(
        ("offer", "trace"),
        [
            (Offer(Says.GOOD), True),
            (Offer(Says.UNUSABLE, (faults.Hang(),)), True),
            (Offer(Says.UNUSABLE, (faults.Refused(),)), False),
            (Offer(Says.GOOD, where="first dead"), False),
            (Offer(Says.GOOD, where="first point dead"), False),
            (Offer(Says.UNUSABLE, where="unresolvable"), False),
            (Offer(Says.UNUSABLE, where="told"), False),
        ],
    )
    def test_who_can_be_seen(self, offer: Offer, trace: bool) -> None:
        """Who looks as far as it has to is seen at a live service alone."""
        assert offer.leaves_a_trace is trace

    def test_an_answer_that_is_old(self) -> None:
        """It is no use where the policy has a max_age that it has passed, clock skew included."""
        old = Offer(Says.GOOD, age=WEEK)
        strict = replace(HARD_FAIL, max_age=timedelta(days=6), clock_skew=timedelta(0))
        assert old.readings(strict) == (Says.UNUSABLE,)
        assert old.readings(replace(strict, clock_skew=timedelta(days=1))) == (Says.GOOD,)

    def test_an_honest_answer_is_ten_minutes_old(self) -> None:
        """As old as the CA dates it back: no younger answer is to be had."""
        strict = replace(HARD_FAIL, max_age=timedelta(minutes=9), clock_skew=timedelta(0))
        assert Offer(Says.GOOD).readings(strict) == (Says.UNUSABLE,)
        assert Offer(Says.GOOD).readings(replace(strict, max_age=timedelta(minutes=11))) == (Says.GOOD,)


class TestMaxAge:
    def test_max_age(self) -> None:
        """An answer older than the policy's max_age is no use, and a younger one is."""
        old = Scenario(
            "ocsp-old", "Old, and still good.",
            ocsp=Offer(Says.GOOD, (faults.Ancient(by=timedelta(days=20)),), age=timedelta(days=20)),
        )  # fmt: skip
        for days, verdict in ((10, Expected.REJECT), (30, Expected.ACCEPT)):
            policy = replace(HARD_FAIL, max_age=timedelta(days=days))
            assert old.expected(policy).verdict is verdict
            Case(old, policy).check(reference(policy))
