"""A way to publish, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from .._parameters import OWN_CHECK, check_arguments, show
from .._typed import spell_duration
from ._presets import named
from ._schedule import Deltas, Schedule
from ._shards import AtRandom, ByExpiry, ByReason, BySerial, Filling, InTurn, Shards, Whole
from ._values import Publishing

_POINTERS: dict[frozenset[str], str] = {
    frozenset(): "Neither certificates nor complete CRLs say where deltas are.",
    frozenset({"crl"}): "Where deltas are, complete CRLs say.",
    frozenset({"certificate"}): "Where deltas are, certificates say.",
    frozenset({"crl", "certificate"}): "Where deltas are, certificates and complete CRLs say.",
}
_NUMBERS = {
    "count": "CRLs are numbered from 1 on.",
    "ms": "A CRL's number is the time of its signing in milliseconds.",
    "ns": "A CRL's number is the time of its signing in nanoseconds.",
}
_ONLY = {
    "user": "that it is for user certificates alone",
    "kind": "whether it is for user certificates or for those of CAs, each of which have their own",
}
_OCSP = {
    "live": "OCSP answers are signed when they are asked for.",
    "from_crl": "OCSP answers say what the complete CRL says, for as long as it is good.",
    "none": "There is no OCSP: certificates name no responder.",
}


@check_arguments
def in_words(publishes: Annotated[Publishing | str, OWN_CHECK]) -> list[str]:
    """What a CA does that publishes so, by a value or the name of one: sentences.

        print(*publishing.in_words(replace(publishing.AD_CS, deltas=None)), sep="\\n")

    Raises TypeError or LookupError for what is neither.
    """
    if isinstance(publishes, str):
        publishes = named(publishes)
    if not isinstance(publishes, Publishing):
        raise TypeError(
            f"publishes= of in_words() takes a Publishing or the name of one; got {show(publishes)}"
        )
    return list(_tell(publishes))


def _tell(publishing: Publishing) -> Iterator[str]:
    if not publishing.scheduled:
        yield f"A complete CRL is signed at every request, {_tell_life(publishing.full)}."
    else:
        yield f"{_tell_schedule('complete CRL', publishing.full)}."
        yield from _tell_overlap(publishing.full)
        yield from _tell_shards(publishing.shards)
        if publishing.deltas is not None:
            yield from _tell_deltas(publishing.deltas, publishing.in_certificates)
        else:
            yield "There are no deltas."
        yield from _tell_scope(publishing)
        yield _NUMBERS[publishing.numbers]
        yield from _tell_contents(publishing)
    if not publishing.in_certificates:
        yield "Certificates do not say where their CRL is: clients have to be told."
    yield from _tell_headers(publishing)
    yield _tell_ocsp(publishing.ocsp)


def _tell_life(schedule: Schedule) -> str:
    back = f" and dated back {spell_duration(schedule.backdate)}" if schedule.backdate else ""
    return f"good for {spell_duration(schedule.life)}{back}"


def _tell_schedule(what: str, schedule: Schedule, condition: str = "") -> str:
    """When *what* is signed, and for how long it is good."""
    times = []
    if schedule.every is not None:
        times.append(f"every {spell_duration(schedule.every)}{condition}")
    after = schedule.after_revocation
    if after is not None:
        times.append("at each revocation" if not after else f"{spell_duration(after)} after a revocation")
    when = " and ".join(times) or "by hand alone"
    only = ", and at no other time," if after is not None and schedule.every is None else ","
    return f"A {what} is signed {when}{only} {_tell_life(schedule)}"


def _tell_overlap(schedule: Schedule) -> Iterator[str]:
    """How the end of a list and the next one lie to each other."""
    if schedule.every is None:
        yield "Where nothing is revoked for longer than that, what is published is over."
        return
    overlap = schedule.life - schedule.backdate - schedule.every
    if overlap > timedelta():
        yield f"The next one comes {spell_duration(overlap)} before it ends."
    elif overlap:
        yield f"It is over {spell_duration(-overlap)} before the next one comes."
    else:
        yield "It ends when the next one comes."


def _tell_shards(shards: Shards) -> Iterator[str]:
    beside = ", and beside them there is one of everything" if shards.aggregate else ""
    match shards:
        case Whole():
            yield "Everything is in one file."
        case BySerial(count):
            yield f"The list is divided into {_count(count)} by serial numbers{beside}."
        case AtRandom(count):
            yield f"The list is divided into {_count(count)} at random{beside}."
        case InTurn(count):
            yield f"The list is divided into {_count(count)}, which certificates go to in turn{beside}."
        case ByExpiry(width, count):
            spans = f"for spans of {spell_duration(width)}, in turn"
            yield f"The list is divided into {_count(count)} by the end of validity, {spans}{beside}."
        case Filling(most):
            full = "1 certificate" if most == 1 else f"{most:,} certificates"
            yield f"A file takes new certificates until it has {full}; then there is another{beside}."
        case ByReason(first):
            reasons = ", ".join(name.replace("_", " ") for name in first)
            yield f"The list is divided into 2 files: one is for the reasons {reasons}, one for all others."
        case _:
            yield f"The list is divided by {type(shards).__name__}{beside}."


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files:,} files"


def _tell_deltas(deltas: Deltas, in_certificates: bool) -> Iterator[str]:
    condition = " if anything has changed" if deltas.if_changed else ""
    yield f"{_tell_schedule('delta', deltas.schedule, condition)}."
    before = "the last complete CRL" if deltas.base == "last" else "the complete CRL before the last"
    yield f"It has what has changed since {before}."
    yield _POINTERS[deltas.pointers if in_certificates else deltas.pointers - {"certificate"}]


def _tell_scope(publishing: Publishing) -> Iterator[str]:
    named = publishing.divided or publishing.idp == "always"
    if publishing.divided and publishing.idp == "never":
        yield "A CRL does not say where it is from: it looks like one of everything."
    elif named or publishing.only:
        says = ["where it is from"] if named else []
        says += [_ONLY[publishing.only]] if publishing.only else []
        yield f"A CRL says {' and '.join(says)} (issuingDistributionPoint)."


def _tell_contents(publishing: Publishing) -> Iterator[str]:
    keep = publishing.keep_expired
    if keep is None:
        yield "A certificate that is over stays on the list."
    elif publishing.full.every is None:
        late = f" plus {spell_duration(keep)}" if keep else ""
        yield f"A certificate leaves the list with the first CRL after its end{late}."
    elif keep:
        yield f"A certificate stays on the list for {spell_duration(keep)} after its end, and on one CRL."
    else:
        yield "A certificate that is over stays for one more CRL."
    if publishing.next_publish and publishing.full.every is not None:
        yield "A complete CRL says when the next one comes (nextCRLPublish)."


def _tell_headers(publishing: Publishing) -> Iterator[str]:
    said = []
    if publishing.http_expires == "next_issue":
        said.append("Expires says when the next CRL comes")
    if publishing.cache_control is not None:
        said.append(f"Cache-Control is {publishing.cache_control}")
    if said:
        yield f"In HTTP, {' and '.join(said)}."


def _tell_ocsp(ocsp: Schedule | str) -> str:
    if isinstance(ocsp, str):
        return _OCSP[ocsp]
    if ocsp.every is None and ocsp.after_revocation is None:
        return f"OCSP answers are signed when they are asked for, {_tell_life(ocsp)}."
    return _tell_schedule("set of OCSP answers", ocsp) + "."
