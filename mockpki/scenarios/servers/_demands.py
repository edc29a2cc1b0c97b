"""What an ideal stapling server does. Each demand is a sentence, and a function that holds an outcome to it.

They are those that the critics of stapling servers agree on: fetch in the background and early, keep
what is good for as long as it is good, let nothing else out, and lose nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from ._observe import ERRORS, WORDS, Observation
from ._outcome import Demand, Outcome


def _forbid(bad: Callable[[Observation], bool], how: str) -> Callable[[Outcome], str | None]:
    """Broken by the first handshake that is *bad*; not seen where there was no handshake."""

    def judge(outcome: Outcome) -> str | None:
        for number, one in enumerate(outcome.all, 1):
            if bad(one):
                return f"handshake {number} {how.format(one)}"
        return "" if outcome.all else None

    return judge


def _forbid_words(
    words: Container[str], how: str = "brought {0.says}: {0.reason}"
) -> Callable[[Outcome], str | None]:
    """Broken by the first handshake that says one of *words*."""
    return _forbid(lambda one: one.says in words, how)


_DISPROVED = ("bad-signature", "wrong-signer", "wrong-certificate", "unreadable", "too-early")


def _judge_opening(outcome: Outcome) -> str | None:
    if outcome.no_start:
        return outcome.no_start
    return "its port was open only when the responder had answered" if outcome.late_start else ""


def _judge_first_handshake(outcome: Outcome) -> str | None:
    return _describe_first_bad(outcome.all[:1], "the first handshake") if outcome.all else None


def _judge_later_handshakes(outcome: Outcome) -> str | None:
    """A good staple of the first step is good for as long as the scenario lasts, so all later ones are."""
    before, *later = outcome.handshakes or ((),)
    if not later or not before or before[-1].says != "good":
        return None
    return _describe_first_bad([one for step in later for one in step], "a handshake after that")


def _require_good_in(step: int) -> Callable[[Outcome], str | None]:
    """Kept where all staples in the handshakes of *step*, counted from 0, are good."""

    def judge(outcome: Outcome) -> str | None:
        if len(outcome.handshakes) <= step:
            return None
        return _describe_first_bad(outcome.handshakes[step], "then a handshake")

    return judge


def _describe_first_bad(seen: tuple[Observation, ...] | list[Observation], which: str) -> str:
    bad = next((one for one in seen if one.says != "good"), None)
    return "" if bad is None else f"{which} brought {bad.says} ({WORDS.get(bad.says, bad.reason)})"


NO_WAITING = Demand(
    "no-waiting",
    "No handshake waits for the responder.",
    _forbid(lambda one: bool(one.waited), "waited for the responder"),
)
OPENS = Demand("opens", "The port is open whatever the responder does.", _judge_opening)
NO_ERRORS = Demand("no-errors", "No error of the responder's is stapled.", _forbid_words(ERRORS))
NOTHING_EXPIRED = Demand(
    "nothing-expired", "Nothing is stapled that has expired.", _forbid_words(("expired",))
)
VERIFIED = Demand("verified", "Nothing is stapled that cannot be verified.", _forbid_words(_DISPROVED))
NO_FAILURES = Demand(
    "no-failures",
    "No handshake fails for want of a staple.",
    _forbid_words(("failed", "timeout"), "failed: {0.reason}"),
)
READY = Demand("ready", "The first client is given a good staple.", _judge_first_handshake)
KEEPS = Demand("keeps", "A good staple is kept until it expires.", _judge_later_handshakes)
SURVIVES = Demand("survives", "A good staple survives a restart.", _judge_later_handshakes)
RENEWS = Demand("renews", "A staple is renewed though nobody connects.", _judge_later_handshakes)
RECOVERS = Demand(
    "recovers", "An hour after the responder is back there is a good staple.", _require_good_in(2)
)
MUST_STAPLE = Demand(
    "must-staple",
    "A must-staple certificate is shown with a good staple or not at all (RFC 7633).",
    _forbid(lambda one: one.says not in ("good", "failed"), "brought {0.says}"),
)

HARMLESS = (NO_ERRORS, NOTHING_EXPIRED, VERIFIED, NO_FAILURES)
"""What holds in every scenario but that of a must-staple certificate, which may be withheld."""

DEMANDS = (
    READY, KEEPS, RENEWS, SURVIVES, RECOVERS, NO_WAITING, OPENS,
    NO_ERRORS, NOTHING_EXPIRED, VERIFIED, NO_FAILURES, MUST_STAPLE,
)  # fmt: skip
"""All of them."""
