"""What a server serves, keeps, drops and asks for: functions of its policy, of what it knows, and of time.

1. Nothing here has a loop, a socket or a clock. `_asking` and `_stapler` carry out what is decided here.
2. Nothing is altered: a `Change` has what is known afterwards, and the notes that belong into the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from .._pkix.ocsp_response import OCSPResponse, ResponseStatus
from ._cache import Failure, Kept, Known, moment, whole_second
from ._events import Kind
from ._policy import StaplePolicy
from ._provision import Provision
from ._reading import Usable

TRY_LATER = OCSPResponse(ResponseStatus.TRY_LATER).encode()
"""RFC 6960 section 4.2.1: an OCSPResponse of nothing but a status."""


class Note(NamedTuple):
    """An event to be."""

    kind: Kind
    detail: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is *known* from now on, the *notes* on it in their order, and whether a fetch *begins*."""

    known: Known
    notes: tuple[Note, ...] = ()
    begins: bool = False

    def then(self, kind: Kind, detail: str) -> Change:
        """The same with one more note."""
        return replace(self, notes=(*self.notes, Note(kind, detail)))


@dataclass(frozen=True, slots=True)
class Decision:
    """What a handshake comes to. *provision* None: it waits for the fetch that is under way.

    *cached* says that it found an answer that was neither over nor past its end.
    """

    change: Change
    provision: Provision | None = None
    cached: bool = False


# A handshake.


def decide(policy: StaplePolicy, known: Known, now: datetime) -> Decision:
    """What a handshake gets *now* whose client asked for a staple."""
    kept = known.answer
    if kept is None:
        return _go_without(policy, Change(known), now)
    if kept.has_expired(now):
        return _meet_end(policy, known, kept, now)
    if kept.is_over(now):
        why = f"it was kept for {_seconds(policy.ttl)}, which is the policy's ttl"
        return _go_without(policy, _drop(Change(known), why), now)
    change = Change(known)
    if policy.lazy and kept.wants_refresh(now) and not known.remembers_failure(now):
        change = begin(policy, known)
    return replace(_serve(change, kept, f"cached, {kept}"), cached=True)


def _meet_end(policy: StaplePolicy, known: Known, kept: Kept, now: datetime) -> Decision:
    """What becomes of a handshake that finds *kept* past its end."""
    ended = f"the answer ended {moment(kept.expires)}"
    change = Change(known)
    if not known.expiry_noted:
        change = Change(replace(known, expiry_noted=True)).then(Kind.EXPIRED, ended)
    match policy.on_expired:
        case "abort":
            return _abort(policy, change, ended)
        case "serve":
            if policy.lazy and not known.remembers_failure(now):
                change = _and_begin(policy, change)
            reason = f"{ended}, and is stapled all the same"
            if _is_strict(policy, known):
                return _abort(policy, change, reason)
            return _serve(change, kept, reason)
        case "omit" if not policy.lazy:
            return _omit(policy, change, ended)
    return _go_without(policy, change, now, ended)


def _go_without(policy: StaplePolicy, change: Change, now: datetime, ended: str = "") -> Decision:
    """What a handshake gets that finds nothing to staple; *ended* says that an answer is past its end."""
    known, before = change.known, f"{ended}; " if ended else ""
    failure = known.failure
    if not known.asking and failure is not None and (not policy.lazy or known.remembers_failure(now)):
        until = "" if failure.until is None else f", not again before {moment(failure.until)}"
        asked = "" if policy.trigger == "file" else f"asked earlier{until}: "
        return _make_do(policy, change, failure, before + asked)
    change = _and_begin(policy, change)
    if not change.known.asking:
        return _omit(policy, change, f"{before}{known.name} names no responder that can be asked")
    if policy.trigger in ("lazy_blocking", "start_blocking") or (
        ended and policy.on_expired == "refetch_blocking"
    ):
        return Decision(change.then(Kind.WAITING, "for the answer"))
    begun = "it has begun with this handshake, and " if change.begins else ""
    return _omit(policy, change, f"{before}an answer is being fetched: {begun}nobody waits for it")


def end_wait(policy: StaplePolicy, known: Known, result: Kept | Failure, seconds: float) -> Decision:
    """What a handshake gets that has waited for a fetch, with the *result* that it had."""
    waited = f"waited {seconds:.1f} s for the answer"
    if isinstance(result, Kept):
        return _serve(Change(known), result, f"{waited}, {result}")
    return _make_do(policy, Change(known), result, f"{waited}: ")


def give_up(policy: StaplePolicy, known: Known, limit: timedelta | None) -> Decision:
    """What a handshake gets that has waited for as long as it may."""
    sentence = f"gave up after {_seconds(limit)}; an answer that comes later is for the next handshake"
    return _make_do(policy, Change(known), Failure(Kind.NO_ANSWER, sentence, None))


def hold_back(name: str, sighting: int) -> Provision:
    """What a handshake gets for a certificate that has not been sighted often enough."""
    return Provision(None, f"{_ordinal(sighting)} sighting of {name}: no fetch yet")


# How it ends.


def _serve(change: Change, kept: Kept, reason: str) -> Decision:
    return Decision(change.then(Kind.SERVED, reason), Provision(kept.der, reason))


def _make_do(policy: StaplePolicy, change: Change, failure: Failure, waited: str = "") -> Decision:
    """What there is without an answer."""
    said, strict = f"{waited}{failure.sentence}", _is_strict(policy, change.known)
    if failure.kind is Kind.REFUSED:
        if failure.relay is not None and policy.on_error_resp == "relay" and not strict:
            said = f"{said}; the answer is passed on as it is"
            return Decision(change.then(Kind.RELAYED, said), Provision(failure.relay, said))
    elif policy.on_no_answer == "abort":
        return _abort(policy, change, said)
    elif policy.on_no_answer == "fake_trylater" and not strict:
        said = f"{said}; a tryLater of the server's own is stapled"
        return Decision(change.then(Kind.FAKED, said), Provision(TRY_LATER, said))
    return _omit(policy, change, said)


def _omit(policy: StaplePolicy, change: Change, reason: str) -> Decision:
    if _is_strict(policy, change.known):
        return _abort(policy, change, reason)
    return Decision(change.then(Kind.OMITTED, reason), Provision(None, reason))


def _abort(policy: StaplePolicy, change: Change, reason: str) -> Decision:
    return Decision(change.then(Kind.ABORTED, reason), Provision(None, reason, policy.abort_with))


def _is_strict(policy: StaplePolicy, known: Known) -> bool:
    """Whether a handshake fails without a good staple."""
    return policy.must_staple == "fail" and known.must


# A fetch.


def begin(policy: StaplePolicy, known: Known) -> Change:
    """Ask, if that is not under way, and if there is somebody to ask."""
    if known.asking:
        return Change(known)
    if known.urls:
        # With a lock it starts when those before it are done.
        notes = () if policy.lock else (note_start(policy, known),)
        return Change(replace(known, asking=True, due=None), notes, begins=True)
    if known.silence_noted:
        return Change(known)
    return Change(replace(known, silence_noted=True)).then(
        Kind.NO_RESPONDER, "the certificate names none that can be asked by http"
    )


def _and_begin(policy: StaplePolicy, change: Change) -> Change:
    """Ask, after what has changed already."""
    begun = begin(policy, change.known)
    return replace(begun, notes=change.notes + begun.notes)


def note_start(policy: StaplePolicy, known: Known) -> Note:
    """The note on a fetch that starts."""
    return Note(Kind.FETCH_STARTED, f"{policy.method} {known.urls[0]}")


def take(policy: StaplePolicy, known: Known, usable: Usable, now: datetime) -> tuple[Change, Kept | Failure]:
    """What becomes of an answer that came *now*, and what those get that waited for it."""
    if usable.status not in policy.staple:
        return fail(policy, known, Kind.REFUSED, f"the answer was {usable.status}, which is not stapled", now)
    kept = Kept.of(usable, now, policy)
    from_file, remembered = policy.trigger == "file", kept.status in policy.remember
    answer = kept if remembered else None
    change = Change(replace(known, answer=answer, failure=None, failures=0, expiry_noted=False))
    change = change.then(Kind.LOADED if from_file else Kind.ANSWERED, str(kept))
    if remembered and not from_file:
        if known.answer is None:
            change = change.then(Kind.CACHED, str(kept))
        elif known.answer.says_the_same(usable):
            change = change.then(Kind.KEPT, f"{kept}: what came says the same")
        else:
            change = change.then(Kind.REFRESHED, str(kept))
    return change, kept


def fail(
    policy: StaplePolicy, known: Known, kind: Kind, sentence: str, now: datetime, relay: bytes | None = None
) -> tuple[Change, Failure]:
    """What becomes of a fetch that failed *now*, and what those get that waited for it.

    *kind* is REFUSED or NO_ANSWER, and *relay* the answer that cannot be used.
    """
    ttl = policy.error_ttl
    if kind is Kind.NO_ANSWER and policy.no_answer_ttl is not None:
        ttl = policy.no_answer_ttl
    failure = Failure(kind, sentence, now + ttl if policy.lazy else None, relay)
    change = Change(replace(known, failure=failure, failures=known.failures + 1))
    change = change.then(Kind.LOADED if policy.trigger == "file" else kind, sentence)
    if known.answer is not None and policy.on_refresh_fail == "drop":
        change = _drop(change, "a new answer could not be had")
    elif known.answer is not None:
        change = change.then(Kind.KEPT, str(known.answer))
    return change, failure


def _drop(change: Change, why: str) -> Change:
    known = change.known
    return replace(change, known=replace(known, answer=None)).then(Kind.DROPPED, f"{known.answer}: {why}")


# The timetable of start triggers. *began* is when the server started.


def start(policy: StaplePolicy, known: Known, now: datetime, began: datetime) -> Change:
    """What begins with the start of the server: to ask, unless there is a good answer already."""
    if not policy.at_start or known.asking or known.due is not None:
        return Change(known)
    kept = known.answer
    if kept is None or kept.has_expired(now) or kept.wants_refresh(now):
        return begin(policy, known)
    return _put_on(policy, known, kept.refresh_at, began)


def plan(
    policy: StaplePolicy, known: Known, result: Kept | Failure, now: datetime, began: datetime
) -> Change:
    """When to ask again after a fetch with this *result*."""
    if not policy.at_start:
        return Change(known)
    if isinstance(result, Kept):
        return _put_on(policy, known, result.refresh_at, began)
    again = None if policy.retry is None else now + policy.retry.delay(known.failures)
    return _put_on(policy, known, again, began)


def _put_on(policy: StaplePolicy, known: Known, due: datetime | None, began: datetime) -> Change:
    """Ask at *due*, or at the first tick after it."""
    if due is None:
        return Change(known)
    if policy.tick is not None:
        ticks = max(1, -((began - due) // policy.tick))
        due = began + ticks * policy.tick
    return Change(replace(known, due=whole_second(due)))


def find_obstacle(known: Known, now: datetime) -> str | None:
    """Why a server that must staple this certificate cannot start; None: it can."""
    kept = known.answer
    if kept is not None and not kept.has_expired(now) and kept.status == "good":
        return None
    if known.failure is not None:
        why = known.failure.sentence
    elif kept is not None:
        why = f"the answer was {kept.status}, and ends {moment(kept.expires)}"
    else:
        why = "it names no responder that can be asked"
    return (
        f"the server does not start: the certificate for {known.name} must be stapled, and there "
        f"is no good answer about it ({why})"
    )


# Words.


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


def _seconds(duration: timedelta | None) -> str:
    return "" if duration is None else f"{duration.total_seconds():g} s"
