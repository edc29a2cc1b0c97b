"""A stapling policy in words."""

from __future__ import annotations

from datetime import timedelta

from ._policy import StaplePolicy
from ._presets import NAMED
from ._rules import AtFraction, BeforeEnd, Clamp, Exponential, Refresh, Retry

_TRIGGERS = {
    "file": "It never asks: the staple is what somebody has put into a file.",
    "start_blocking": "It asks when it starts, and opens its port when it has the answer.",
    "start_async": "It asks when it starts, in the background.",
    "lazy_blocking": "The first handshake that wants a staple asks, and waits {wait}.",
    "lazy_async": "The {nth} handshake that wants a staple starts a fetch, and goes without.",
}
_NO_ANSWER = {
    "omit": "it staples nothing",
    "fake_trylater": "it staples a tryLater of its own making",
    "abort": "it ends the handshake",
}
_ERRORS = {"omit": "is not stapled", "relay": "is stapled as it is"}
_EXPIRED = {
    "omit": "It drops a staple at its end.",
    "serve": "It goes on with a staple that is past its end.",
    "refetch_blocking": "At the end of a staple the handshake asks again.",
    "abort": "It ends handshakes when the staple is past its end.",
}
_FAILED_REFRESH = {
    "keep": "A good staple is kept though a new one cannot be had.",
    "drop": "A staple whose time in the cache is over is dropped, whether there is a new one or not.",
}
_MUST_STAPLE = {
    "ignore": "Must-staple certificates are nothing special.",
    "fail": "A must-staple certificate is not shown without a good staple.",
    "fail_at_start": "With a must-staple certificate and no good staple it does not start.",
}
_SCOPES = {"worker": "each worker", "process": "the process", "shared": "all processes together"}


def in_words(preset: str | StaplePolicy) -> list[str]:
    """What a policy, or the preset of that name, does: sentences."""
    policy = NAMED[preset] if isinstance(preset, str) else preset
    sentences = [_trigger(policy)]
    if policy.trigger != "file":
        sentences.append(f"It staples answers that say {_among(policy.staple)}{_checks(policy)}.")
        sentences.append(
            f"Without an answer {_NO_ANSWER[policy.on_no_answer]}; "
            f"an answer that cannot be used {_ERRORS[policy.on_error_resp]}."
        )
        sentences.append(_again(policy))
        sentences.append(_FAILED_REFRESH[policy.on_refresh_fail])
    elif policy.on_no_answer == "abort":
        sentences.append("Without one, it ends the handshake.")
    sentences.append(_end(policy))
    sentences.append(_MUST_STAPLE[policy.must_staple])
    if policy.trigger != "file":
        sentences.append(
            f"The cache belongs to {_SCOPES[policy.scope]}, and "
            f"{'survives' if policy.persist else 'does not survive'} a restart."
        )
    return sentences


def _trigger(policy: StaplePolicy) -> str:
    wait = "as long as it takes" if policy.wait is None else f"up to {duration(policy.wait)}"
    nth = {1: "first", 2: "second", 3: "third"}.get(policy.sightings, f"{policy.sightings}th")
    return _TRIGGERS[policy.trigger].format(wait=wait, nth=nth)


def _among(words: frozenset[str]) -> str:
    *first, last = (word for word in ("good", "revoked", "unknown") if word in words)
    return f"{', '.join(first)} or {last}" if first else last


def _checks(policy: StaplePolicy) -> str:
    if policy.verify:
        return ", once their signatures are verified"
    return ""


def _again(policy: StaplePolicy) -> str:
    parts = []
    if policy.refresh is not None:
        parts.append(f"It asks again {_refresh(policy.refresh)}")
    if policy.ttl is not None:
        parts.append(f"it keeps an answer for {duration(policy.ttl)} at most")
    if policy.retry is not None:
        parts.append(f"after a failure it tries again {_retry(policy.retry)}")
    elif policy.lazy and policy.error_ttl:
        parts.append(f"it remembers a failure for {duration(policy.error_ttl)}")
    elif policy.lazy:
        parts.append("after a failure the next handshake asks again")
    sentence = "; ".join(parts) or "It asks once"
    return f"{sentence[0].upper()}{sentence[1:]}."


def _refresh(rule: Refresh) -> str:
    match rule:
        case AtFraction(part, floor):
            soonest = f", and no sooner than after {round(floor * 100)} % more" if floor else ""
            return f"when {round(part * 100)} % of an answer's life is over{soonest}"
        case BeforeEnd(by):
            return f"{duration(by)} before an answer ends"
        case Clamp(least, most, before_end, in_time):
            soon = "; where that is too late, when half of what is left is over" if in_time else ""
            return (
                f"{duration(before_end)} before an answer ends, but after {duration(least)} at the earliest "
                f"and {duration(most)} at the latest{soon}"
            )


def _retry(rule: Retry) -> str:
    if isinstance(rule, Exponential):
        return f"after {duration(rule.base)}, then twice that, up to {duration(rule.cap)}"
    return f"after {duration(rule.after)}"


def _end(policy: StaplePolicy) -> str:
    sentence = _EXPIRED[policy.on_expired]
    if not policy.skew:
        return sentence
    when = "later" if policy.skew > timedelta() else "earlier"
    return f"{sentence} That is {duration(abs(policy.skew))} {when} than nextUpdate says."


def duration(length: timedelta) -> str:
    """``300 s`` as ``5 min``."""
    seconds = length.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
