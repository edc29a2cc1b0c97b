"""Situations of a stapler, as values: what it knows about one certificate, and policies to go with it."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from mockpki.staplers import Kind, StaplePolicy
from mockpki.staplers._cache import Failure, Kept, Known
from tests.kit.staples import DAY, FILE, LAZY, MINUTE, SECOND, START

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
WAITING_START = StaplePolicy(trigger="start_blocking")
URL = "http://one.example/"

LEAF: Any = object()
"""Nothing here looks at it."""
NEW = Known(LEAF, "localhost", (URL, "http://two.example/"))
KEPT = Kept(b"kept", "good", NOW + DAY, None, None)
GOOD = replace(NEW, answer=KEPT)
ENDED = replace(NEW, answer=replace(KEPT, expires=NOW - SECOND))
OVER = replace(NEW, answer=replace(KEPT, over=NOW))
AGING = replace(NEW, answer=replace(KEPT, refresh_at=NOW))
DOWN = Failure(Kind.NO_ANSWER, "the connection was refused", None)
UNFIT = Failure(Kind.REFUSED, "it is stale", None, b"unfit")
REVOKED = Failure(Kind.REFUSED, "the answer was revoked, which is not stapled", None)
UNTIL = NOW + MINUTE


def failed(known: Known, failure: Failure, until: datetime | None = None) -> Known:
    """*known*, after a fetch that failed."""
    return replace(known, failure=replace(failure, until=until), failures=1)


def asking(known: Known) -> Known:
    """*known*, with a fetch under way."""
    return replace(known, asking=True)


def silent(known: Known) -> Known:
    """*known*, of a certificate that names nobody."""
    return replace(known, urls=())


def must(known: Known) -> Known:
    """*known*, of a must-staple certificate."""
    return replace(known, must=True)


def lazy(**options: Any) -> StaplePolicy:
    """A lazy_async policy with these options."""
    return replace(LAZY, **options)


def started(**options: Any) -> StaplePolicy:
    """A start_async policy with these options."""
    return replace(START, **options)


def file(**options: Any) -> StaplePolicy:
    """A file policy with these options."""
    return replace(FILE, **options)
