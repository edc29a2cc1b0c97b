"""What is served, kept, dropped and asked for, decided without a loop, a socket or a PKI."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.x509 import ocsp

from mockpki.staplers import Kind, StaplePolicy
from mockpki.staplers._answering import (
    TRY_LATER,
    Change,
    Decision,
    Note,
    begin,
    decide,
    end_wait,
    give_up,
    hold_back,
)
from mockpki.staplers._cache import Failure, Kept, Known
from tests.kit.situations import (
    AGING,
    DOWN,
    ENDED,
    GOOD,
    KEPT,
    NEW,
    NOW,
    OVER,
    REVOKED,
    UNFIT,
    UNTIL,
    URL,
    WAITING_START,
    asking,
    failed,
    file,
    lazy,
    must,
    silent,
    started,
)
from tests.kit.staples import BLOCKING, FILE, HOUR, LAZY, START
from tests.staplers.test_answering_fetches import FAILED, PLANS, STARTS, TAKEN

AT_END = "the answer ended 2026-01-01 11:59:59Z"
BEFORE = "asked earlier, not again before 2026-01-01 12:01:00Z: "
FETCHED = "an answer is being fetched: it has begun with this handshake, and nobody waits for it"
UNDER_WAY = "an answer is being fetched: nobody waits for it"
NOBODY = "localhost names no responder that can be asked"
CACHED = "cached, good until 2026-01-02 12:00:00Z"
SERVED_LATE = f"{AT_END}, and is stapled all the same"
RELAYED = "it is stale; the answer is passed on as it is"
FAKED = "the connection was refused; a tryLater of the server's own is stapled"

EXPIRED, SERVED, OMITTED, ABORTED = Kind.EXPIRED, Kind.SERVED, Kind.OMITTED, Kind.ABORTED
STARTED, DROPPED, SILENT, WAITS = Kind.FETCH_STARTED, Kind.DROPPED, Kind.NO_RESPONDER, Kind.WAITING


@dataclass(frozen=True)
class Row:
    """A situation, and what a handshake gets in it: *staple* and *reason*, after these *kinds* of events."""

    policy: StaplePolicy
    known: Known
    kinds: tuple[Kind, ...]
    reason: str
    staple: bytes | None = None
    begins: bool = False
    abort: str | None = None


STRICT = lazy(must_staple="fail")
ROWS: dict[str, Row] = {
    # trigger: nothing is known yet.
    "new, lazy_async": Row(LAZY, NEW, (STARTED, OMITTED), FETCHED, begins=True),
    "new, lazy_blocking": Row(BLOCKING, NEW, (STARTED, WAITS), "", begins=True),
    "new, start_async": Row(START, NEW, (STARTED, OMITTED), FETCHED, begins=True),
    "new, start_blocking": Row(WAITING_START, NEW, (STARTED, WAITS), "", begins=True),
    "new, file": Row(FILE, failed(NEW, DOWN), (OMITTED,), "the connection was refused"),
    "under way, lazy_async": Row(LAZY, asking(NEW), (OMITTED,), UNDER_WAY),
    "under way, lazy_blocking": Row(BLOCKING, asking(NEW), (WAITS,), ""),
    "under way, start_async": Row(START, asking(NEW), (OMITTED,), UNDER_WAY),
    "nobody to ask": Row(LAZY, silent(NEW), (SILENT, OMITTED), NOBODY),
    "nobody to ask, again": Row(LAZY, replace(silent(NEW), silence_noted=True), (OMITTED,), NOBODY),
    # lock, method.
    "lock": Row(lazy(lock=True), NEW, (OMITTED,), FETCHED, begins=True),
    "method": Row(lazy(method="GET"), NEW, (STARTED, OMITTED), FETCHED, begins=True),
    # An answer that is good.
    "good, lazy": Row(LAZY, GOOD, (SERVED,), CACHED, b"kept"),
    "good, start": Row(START, GOOD, (SERVED,), CACHED, b"kept"),
    "good, file": Row(FILE, GOOD, (SERVED,), CACHED, b"kept"),
    "good without end": Row(
        LAZY, replace(NEW, answer=replace(KEPT, expires=None)), (SERVED,), "cached, good without end", b"kept"
    ),
    "good to this second": Row(
        LAZY,
        replace(NEW, answer=replace(KEPT, expires=NOW)),
        (SERVED,),
        "cached, good until 2026-01-01 12:00:00Z",
        b"kept",
    ),
    "good, must-staple": Row(STRICT, must(GOOD), (SERVED,), CACHED, b"kept"),
    # refresh: lazy triggers look at it when a handshake comes.
    "aging, lazy": Row(LAZY, AGING, (STARTED, SERVED), CACHED, b"kept", begins=True),
    "aging, lazy_blocking": Row(BLOCKING, AGING, (STARTED, SERVED), CACHED, b"kept", begins=True),
    "aging, start": Row(START, AGING, (SERVED,), CACHED, b"kept"),
    "aging, under way": Row(LAZY, asking(AGING), (SERVED,), CACHED, b"kept"),
    "aging, failed": Row(LAZY, failed(AGING, DOWN, UNTIL), (SERVED,), CACHED, b"kept"),
    "aging, failed long ago": Row(
        LAZY, failed(AGING, DOWN, NOW), (STARTED, SERVED), CACHED, b"kept", begins=True
    ),
    "aging, nobody to ask": Row(LAZY, silent(AGING), (SILENT, SERVED), CACHED, b"kept"),
    # ttl, with on_refresh_fail="drop".
    "over, lazy": Row(lazy(ttl=HOUR), OVER, (DROPPED, STARTED, OMITTED), FETCHED, begins=True),
    "over, failed": Row(
        lazy(ttl=HOUR),
        failed(OVER, DOWN, UNTIL),
        (DROPPED, OMITTED),
        f"{BEFORE}the connection was refused",
    ),
    "over, start": Row(started(ttl=HOUR), OVER, (DROPPED, STARTED, OMITTED), FETCHED, begins=True),
    # on_expired.
    "ended, omit, lazy": Row(
        LAZY, ENDED, (EXPIRED, STARTED, OMITTED), f"{AT_END}; {FETCHED}", begins=True
    ),
    "ended, omit, lazy, failed": Row(
        LAZY, failed(ENDED, DOWN, UNTIL), (EXPIRED, OMITTED), f"{AT_END}; {BEFORE}the connection was refused"
    ),
    "ended, omit, lazy_blocking": Row(BLOCKING, ENDED, (EXPIRED, STARTED, WAITS), "", begins=True),
    "ended, omit, start": Row(START, ENDED, (EXPIRED, OMITTED), AT_END),
    "ended, omit, file": Row(FILE, ENDED, (EXPIRED, OMITTED), AT_END),
    "ended, noted": Row(START, replace(ENDED, expiry_noted=True), (OMITTED,), AT_END),
    "ended, nobody to ask": Row(LAZY, silent(ENDED), (EXPIRED, SILENT, OMITTED), f"{AT_END}; {NOBODY}"),
    "ended, serve, lazy": Row(
        lazy(on_expired="serve"), ENDED, (EXPIRED, STARTED, SERVED), SERVED_LATE, b"kept", begins=True
    ),
    "ended, serve, failed": Row(
        lazy(on_expired="serve"), failed(ENDED, DOWN, UNTIL), (EXPIRED, SERVED), SERVED_LATE, b"kept"
    ),
    "ended, serve, start": Row(started(on_expired="serve"), ENDED, (EXPIRED, SERVED), SERVED_LATE, b"kept"),
    "ended, serve, file": Row(file(on_expired="serve"), ENDED, (EXPIRED, SERVED), SERVED_LATE, b"kept"),
    "ended, refetch, lazy": Row(
        lazy(on_expired="refetch_blocking"), ENDED, (EXPIRED, STARTED, WAITS), "", begins=True
    ),
    "ended, refetch, start": Row(
        started(on_expired="refetch_blocking"), ENDED, (EXPIRED, STARTED, WAITS), "", begins=True
    ),
    "ended, refetch, under way": Row(
        started(on_expired="refetch_blocking"), asking(ENDED), (EXPIRED, WAITS), ""
    ),
    "ended, refetch, failed": Row(
        started(on_expired="refetch_blocking"),
        failed(ENDED, DOWN),
        (EXPIRED, OMITTED),
        f"{AT_END}; asked earlier: the connection was refused",
    ),
    "ended, abort": Row(lazy(on_expired="abort"), ENDED, (EXPIRED, ABORTED), AT_END, abort="close"),
    # error_ttl: a failure that is remembered, and one that is not.
    "failed, lazy": Row(LAZY, failed(NEW, DOWN, UNTIL), (OMITTED,), f"{BEFORE}the connection was refused"),
    "failed, lazy, long ago": Row(
        LAZY, failed(NEW, DOWN, NOW), (STARTED, OMITTED), FETCHED, begins=True
    ),
    "failed, lazy, under way": Row(LAZY, asking(failed(NEW, DOWN, UNTIL)), (OMITTED,), UNDER_WAY),
    "failed, start": Row(START, failed(NEW, DOWN), (OMITTED,), "asked earlier: the connection was refused"),
    # on_no_answer, abort_with.
    "fake": Row(
        file(on_no_answer="fake_trylater"), failed(NEW, DOWN), (Kind.FAKED,), FAKED, TRY_LATER
    ),
    "abort": Row(
        file(on_no_answer="abort"), failed(NEW, DOWN), (ABORTED,), DOWN.sentence, abort="close"
    ),
    "abort with an alert": Row(
        file(on_no_answer="abort", abort_with="handshake_failure"),
        failed(NEW, DOWN),
        (ABORTED,),
        DOWN.sentence,
        abort="handshake_failure",
    ),
    "no fake for what was refused": Row(
        file(on_no_answer="fake_trylater"), failed(NEW, UNFIT), (OMITTED,), UNFIT.sentence
    ),
    "no abort for what was refused": Row(
        file(on_no_answer="abort"), failed(NEW, UNFIT), (OMITTED,), UNFIT.sentence
    ),
    # on_error_resp.
    "relay": Row(file(on_error_resp="relay"), failed(NEW, UNFIT), (Kind.RELAYED,), RELAYED, b"unfit"),
    "no relay": Row(FILE, failed(NEW, UNFIT), (OMITTED,), UNFIT.sentence),
    "no relay of what is not stapled": Row(
        file(on_error_resp="relay"), failed(NEW, REVOKED), (OMITTED,), REVOKED.sentence
    ),
    "no relay of nothing": Row(
        file(on_error_resp="relay"), failed(NEW, DOWN), (OMITTED,), DOWN.sentence
    ),
    # must_staple.
    "must, nothing yet": Row(STRICT, must(NEW), (STARTED, ABORTED), FETCHED, begins=True, abort="close"),
    "must, nobody to ask": Row(STRICT, must(silent(NEW)), (SILENT, ABORTED), NOBODY, abort="close"),
    "must, failed": Row(
        file(must_staple="fail"), must(failed(NEW, DOWN)), (ABORTED,), DOWN.sentence, abort="close"
    ),
    "must, no fake": Row(
        file(must_staple="fail", on_no_answer="fake_trylater"),
        must(failed(NEW, DOWN)),
        (ABORTED,),
        DOWN.sentence,
        abort="close",
    ),
    "must, no relay": Row(
        file(must_staple="fail", on_error_resp="relay"),
        must(failed(NEW, UNFIT)),
        (ABORTED,),
        UNFIT.sentence,
        abort="close",
    ),
    "must, ended": Row(
        file(must_staple="fail", on_expired="serve"),
        must(ENDED),
        (EXPIRED, ABORTED),
        SERVED_LATE,
        abort="close",
    ),
    "must, but nobody minds": Row(LAZY, must(NEW), (STARTED, OMITTED), FETCHED, begins=True),
    "must, but at the start only": Row(
        started(must_staple="fail_at_start"),
        must(failed(NEW, DOWN)),
        (OMITTED,),
        "asked earlier: the connection was refused",
    ),
    "need not": Row(STRICT, NEW, (STARTED, OMITTED), FETCHED, begins=True),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_what_a_handshake_gets(case: str) -> None:
    """In each situation: the events in their order, the staple and its reason, and whether a fetch begins."""
    row = ROWS[case]
    decision = decide(row.policy, row.known, NOW)
    change, provision = decision.change, decision.provision
    assert tuple(note.kind for note in change.notes) == row.kinds
    assert change.begins == row.begins
    assert change.known.asking == (row.begins or row.known.asking)
    last = change.notes[-1].detail
    if provision is None:
        assert (row.kinds[-1], last) == (WAITS, "for the answer")
    else:
        assert (provision.staple, provision.reason, provision.abort) == (row.staple, row.reason, row.abort)
        assert last == provision.reason
    assert decision.cached == row.reason.startswith("cached")


def test_what_a_handshake_leaves_behind() -> None:
    """An end is noted once, what is over is gone, and a fetch that begins takes its date away."""
    assert decide(START, ENDED, NOW).change.known == replace(ENDED, expiry_noted=True)
    assert decide(lazy(ttl=HOUR), OVER, NOW).change.known == asking(NEW)
    assert decide(LAZY, silent(NEW), NOW).change.known == replace(silent(NEW), silence_noted=True)
    assert decide(LAZY, replace(AGING, due=NOW), NOW).change.known == asking(AGING)
    assert decide(LAZY, GOOD, NOW).change.known is GOOD


def test_what_is_said_of_an_answer_that_is_dropped() -> None:
    """Its status, its end, and the time for which the policy keeps any."""
    dropped = decide(lazy(ttl=HOUR), OVER, NOW).change.notes[0]
    assert dropped == Note(
        DROPPED, "good until 2026-01-02 12:00:00Z: it was kept for 3600 s, which is the policy's ttl"
    )


def test_a_question_is_noted_with_its_method_and_the_first_responder() -> None:
    """With a lock there is no such note yet: the fetch starts when those before it are done."""
    for policy, notes in (
        (LAZY, (Note(STARTED, f"POST {URL}"),)),
        (lazy(method="GET"), (Note(STARTED, f"GET {URL}"),)),
        (lazy(lock=True), ()),
    ):
        assert begin(policy, NEW) == Change(asking(NEW), notes, begins=True)
    assert begin(LAZY, asking(NEW)) == Change(asking(NEW))


# The end of a wait.


@pytest.mark.parametrize(
    ("policy", "known", "result", "reason", "staple", "abort"),
    [
        (BLOCKING, NEW, KEPT, "waited 1.2 s for the answer, good until 2026-01-02 12:00:00Z", b"kept", None),
        (BLOCKING, NEW, DOWN, "waited 1.2 s for the answer: the connection was refused", None, None),
        (replace(BLOCKING, on_no_answer="fake_trylater"), NEW, DOWN,
         f"waited 1.2 s for the answer: {FAKED}", TRY_LATER, None),
        (replace(BLOCKING, on_no_answer="abort"), NEW, DOWN,
         "waited 1.2 s for the answer: the connection was refused", None, "close"),
        (replace(BLOCKING, on_error_resp="relay"), NEW, UNFIT,
         f"waited 1.2 s for the answer: {RELAYED}", b"unfit", None),
        (replace(BLOCKING, must_staple="fail"), must(NEW), UNFIT,
         "waited 1.2 s for the answer: it is stale", None, "close"),
    ],
)  # fmt: skip
def test_what_a_handshake_gets_that_has_waited(
    policy: StaplePolicy, known: Known, result: Kept | Failure, reason: str, staple: Any, abort: Any
) -> None:
    """What the fetch came to, and how long that took."""
    decision = end_wait(policy, known, result, 1.23)
    provision = decision.provision
    assert provision is not None
    assert (provision.reason, provision.staple, provision.abort) == (reason, staple, abort)
    assert decision.change.notes[-1].detail == reason
    assert decision.change.known is known


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        (BLOCKING, OMITTED),
        (replace(BLOCKING, on_no_answer="fake_trylater"), Kind.FAKED),
        (replace(BLOCKING, on_no_answer="abort"), ABORTED),
        (replace(BLOCKING, must_staple="fail"), ABORTED),
    ],
)
def test_what_a_handshake_gets_that_has_waited_for_too_long(policy: StaplePolicy, kind: Kind) -> None:
    """It is as without an answer, and says how long it had waited."""
    decision = give_up(policy, must(NEW), timedelta(seconds=0.5))
    assert decision.provision is not None
    assert decision.provision.reason.startswith(
        "gave up after 0.5 s; an answer that comes later is for the next handshake"
    )
    assert [note.kind for note in decision.change.notes] == [kind]


@pytest.mark.parametrize(("sighting", "ordinal"), [(1, "first"), (2, "second"), (3, "third"), (4, "4th")])
def test_what_a_newcomer_gets(sighting: int, ordinal: str) -> None:
    """Nothing, and a word on which sighting it was."""
    provision = hold_back("a.example", sighting)
    assert (provision.staple, provision.abort) == (None, None)
    assert provision.reason == f"{ordinal} sighting of a.example: no fetch yet"


# The tables.


def test_every_field_that_matters_here_is_in_the_tables() -> None:
    """The others say how to ask, what to read, or what lasts, and are tested there."""
    policies = [row.policy for row in ROWS.values()]
    for table in (TAKEN, FAILED, STARTS, PLANS):
        policies += [row[0] for row in table.values()]
    varied = {
        field.name
        for field in fields(StaplePolicy)
        if any(getattr(policy, field.name) != field.default for policy in policies)
    }
    assert {field.name for field in fields(StaplePolicy)} - varied == {
        "sightings", "filter_size", "filter_false_positives",  # test_sightings
        "verify", "check_times", "nonce", "every_url",  # test_reading
        "skew", "assumed_life", "scope", "workers", "persist",  # test_cache
        "timeout",  # test_asking
    }  # fmt: skip


def test_what_is_known_is_never_altered() -> None:
    """A decision leaves its situation as it was: asked twice, it says the same."""
    for row in ROWS.values():
        first: Decision = decide(row.policy, row.known, NOW)
        assert decide(row.policy, row.known, NOW) == first


def test_the_tryLater_of_ones_own_is_five_octets() -> None:
    """RFC 6960 section 4.2.1: the status, and no responseBytes."""
    assert len(TRY_LATER) == 5
    response = ocsp.load_der_ocsp_response(TRY_LATER)
    assert response.response_status is ocsp.OCSPResponseStatus.TRY_LATER
