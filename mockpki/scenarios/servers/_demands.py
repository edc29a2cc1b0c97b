"""What an ideal stapling server does. Each demand is a sentence, and a function that holds an outcome to it.

They are those that the critics of stapling servers agree on: fetch in the background and early, keep
what is good for as long as it is good, let nothing else out, and lose nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from ._observe import ERRORS, WORDS, Observation
from ._outcome import Demand, Finding, Outcome

Judge = Callable[[Outcome], Finding]

_NOBODY_CAME = "no client came"


def _forbid(bad: Callable[[Observation], bool], how: str, find_excuse: Callable[[Outcome], str]) -> Judge:
    """Broken by the first handshake that is *bad*; not seen with an excuse: nothing could be bad."""

    def judge(outcome: Outcome) -> Finding:
        for number, one in enumerate(outcome.all, 1):
            if bad(one):
                return Finding(False, f"handshake {number} {how.format(one)}")
        excuse = find_excuse(outcome) if outcome.all else _NOBODY_CAME
        return Finding(None, excuse) if excuse else Finding(True)

    return judge


def _forbid_words(
    words: Container[str],
    find_excuse: Callable[[Outcome], str],
    how: str = "brought {0.says}: {0.reason}",
) -> Judge:
    """Broken by the first handshake that says one of *words*."""
    return _forbid(lambda one: one.says in words, how, find_excuse)


_DISPROVED = ("bad-signature", "wrong-signer", "wrong-certificate", "unreadable", "too-early")


# Why nothing could be broken: a sentence, empty where something happened that could have broken it.


def _asked_nobody(outcome: Outcome) -> str:
    return "" if outcome.requests or outcome.unseen else "it did not ask the responder"


def _excuse_errors(outcome: Outcome) -> str:
    if not outcome.troubles & {"error", "late"}:
        return "the responder gave no error"
    return _asked_nobody(outcome)


def _excuse_expired(outcome: Outcome) -> str:
    if "ended" in outcome.troubles:
        return "" if outcome.stapled else "it stapled nothing that could expire"
    if "stale" in outcome.troubles:
        return _asked_nobody(outcome)
    return _tell_left_out(outcome) if outcome.left_out else "no answer came to its end"


def _excuse_unverified(outcome: Outcome) -> str:
    if "forged" not in outcome.troubles:
        return "the responder gave no answer that cannot be verified"
    return _asked_nobody(outcome)


def _excuse_failures(outcome: Outcome) -> str:
    wants = any(one.says != "good" for one in outcome.all)
    return "" if wants else "every handshake had a good staple"


def _excuse_waiting(outcome: Outcome) -> str:
    return _asked_nobody(outcome) if "late" in outcome.troubles else "the responder was not slow"


def _excuse_nothing(outcome: Outcome) -> str:
    return ""


def _judge_opening(outcome: Outcome) -> Finding:
    if outcome.no_start:
        return Finding(False, outcome.no_start)
    if outcome.late_start:
        return Finding(False, "its port was open only when the responder had answered")
    excuse = _asked_nobody(outcome)
    return Finding(None, excuse) if excuse else Finding(True)


def _judge_first_handshake(outcome: Outcome) -> Finding:
    return (
        _require_good(outcome.all[:1], "the first handshake") if outcome.all else Finding(None, _NOBODY_CAME)
    )


def _judge_later_handshakes(outcome: Outcome) -> Finding:
    """A good staple of the first step is good for as long as the scenario lasts, so all later ones are."""
    before, *later = outcome.handshakes or ((),)
    if not before or before[-1].says != "good":
        return Finding(None, "there was no good staple before")
    if not later:
        return Finding(None, _tell_left_out(outcome))
    return _require_good([one for step in later for one in step], "a handshake after that")


def _require_good_in(step: int) -> Judge:
    """Kept where all staples in the handshakes of *step*, counted from 0, are good."""

    def judge(outcome: Outcome) -> Finding:
        if len(outcome.handshakes) <= step:
            return Finding(None, _tell_left_out(outcome))
        return _require_good(outcome.handshakes[step], "then a handshake")

    return judge


def _tell_left_out(outcome: Outcome) -> str:
    return f"left out are {outcome.left_out}" if outcome.left_out else _NOBODY_CAME


def _require_good(seen: Sequence[Observation], which: str) -> Finding:
    bad = next((one for one in seen if one.says != "good"), None)
    if bad is None:
        return Finding(True)
    return Finding(False, f"{which} brought {bad.says} ({WORDS.get(bad.says, bad.reason)})")


NO_WAITING = Demand(
    "no-waiting",
    "No handshake waits for the responder.",
    _forbid(lambda one: bool(one.waited), "waited for the responder", _excuse_waiting),
)
OPENS = Demand("opens", "The port is open whatever the responder does.", _judge_opening)
NO_ERRORS = Demand(
    "no-errors", "No error of the responder's is stapled.", _forbid_words(ERRORS, _excuse_errors)
)
NOTHING_EXPIRED = Demand(
    "nothing-expired", "Nothing is stapled that has expired.", _forbid_words(("expired",), _excuse_expired)
)
VERIFIED = Demand(
    "verified",
    "Nothing is stapled that cannot be verified.",
    _forbid_words(_DISPROVED, _excuse_unverified),
)
NO_FAILURES = Demand(
    "no-failures",
    "No handshake fails for want of a staple.",
    _forbid_words(("failed", "timeout"), _excuse_failures, "failed: {0.reason}"),
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
    _forbid(lambda one: one.says not in ("good", "failed"), "brought {0.says}", _excuse_nothing),
)

HARMLESS = (NO_ERRORS, NOTHING_EXPIRED, VERIFIED, NO_FAILURES)
"""What holds in every scenario but that of a must-staple certificate, which may be withheld."""

DEMANDS = (
    READY, KEEPS, RENEWS, SURVIVES, RECOVERS, NO_WAITING, OPENS,
    NO_ERRORS, NOTHING_EXPIRED, VERIFIED, NO_FAILURES, MUST_STAPLE,
)  # fmt: skip
"""All of them."""
