"""What the values of publishing have to be."""

from datetime import timedelta
from typing import Any

import pytest

from mockpki.publishing import (
    AtRandom,
    ByExpiry,
    ByReason,
    BySerial,
    Deltas,
    Filling,
    InTurn,
    Publishing,
    Schedule,
)

HOUR = timedelta(hours=1)
FULL = Schedule(HOUR, 2 * HOUR)

WRONG: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (Schedule, {"every": 3600, "life": HOUR}, TypeError, "every of a schedule is a timedelta; got 3600"),
    (Schedule, {"every": timedelta(), "life": HOUR}, ValueError, "every of a schedule is 0:00:01 or longer"),
    (Schedule, {"every": HOUR, "life": None}, TypeError, "life of a schedule"),
    (Schedule, {"every": HOUR, "life": -HOUR}, ValueError, "life of a schedule"),
    (Schedule, {"every": timedelta(milliseconds=1500), "life": HOUR}, ValueError, "in whole seconds"),
    (Schedule, {"every": HOUR, "life": HOUR, "backdate": -HOUR}, ValueError, "backdate of a schedule"),
    (Schedule, {"every": HOUR, "life": HOUR, "backdate": HOUR}, ValueError, "over when they are signed"),
    (Schedule, {"every": HOUR, "life": HOUR, "after_revocation": 0}, TypeError, "after_revocation"),
    (Deltas, {"schedule": HOUR}, TypeError, "schedule of deltas is a Schedule"),
    (Deltas, {"schedule": FULL, "base": "first"}, ValueError, "base of deltas is one of 'last', 'previous'"),
    (Deltas, {"schedule": FULL, "pointers": {"crl"}}, TypeError, "pointers of deltas is a frozenset"),
    (Deltas, {"schedule": FULL, "pointers": frozenset({"aia"})}, ValueError, "pointers of deltas"),
    (Deltas, {"schedule": Schedule(None, HOUR), "if_changed": True}, ValueError, "when to look"),
    (BySerial, {"count": 0}, ValueError, "count of BySerial is 1 or more; got 0"),
    (AtRandom, {"count": True}, TypeError, "count of AtRandom is a whole number; got True"),
    (InTurn, {"count": 3, "first": -1}, ValueError, "first of InTurn"),
    (InTurn, {"count": 3, "aggregate": 1}, TypeError, "aggregate of InTurn is a bool"),
    (Filling, {"most": 0.5}, TypeError, "most of Filling"),
    (ByExpiry, {"width": timedelta(), "count": 2}, ValueError, "width of ByExpiry"),
    (ByReason, {"first": ()}, ValueError, "first of ByReason"),
    (ByReason, {"first": ("unspecified",)}, ValueError, "first of ByReason"),
    (ByReason, {"first": ("stolen",)}, ValueError, "'stolen' is no revocation reason"),
    (Publishing, {"full": HOUR}, TypeError, "full of Publishing is a Schedule"),
    (Publishing, {"full": FULL, "shards": 3}, TypeError, "shards of Publishing"),
    (Publishing, {"full": FULL, "deltas": FULL}, TypeError, "deltas of Publishing"),
    (
        Publishing,
        {"full": FULL, "idp": "yes"},
        ValueError,
        "idp of Publishing is one of",
    ),
    (Publishing, {"full": FULL, "only": "ca"}, ValueError, "only of Publishing"),
    (Publishing, {"full": FULL, "numbers": "s"}, ValueError, "numbers of Publishing"),
    (Publishing, {"full": FULL, "http_expires": ""}, ValueError, "http_expires of Publishing"),
    (Publishing, {"full": FULL, "keep_expired": -HOUR}, ValueError, "keep_expired of Publishing"),
    (Publishing, {"full": FULL, "cache_control": 60}, TypeError, "cache_control of Publishing"),
    (Publishing, {"full": FULL, "ocsp": "sometimes"}, ValueError, "ocsp of Publishing"),
    (Publishing, {"full": FULL, "next_publish": 1}, TypeError, "next_publish of Publishing"),
    (Publishing, {"full": FULL, "in_certificates": None}, TypeError, "in_certificates of Publishing"),
    (Publishing, {"full": FULL, "shards": ByReason(), "idp": "never"}, ValueError, "ByReason has to say so"),
    (Publishing, {"full": FULL, "only": "user", "idp": "never"}, ValueError, "idp= cannot be 'never'"),
    (
        Publishing,
        {"full": Schedule(None, HOUR), "deltas": Deltas(FULL)},
        ValueError,
        "needs CRLs that are signed",
    ),
    (
        Publishing,
        {"full": Schedule(None, HOUR), "ocsp": "from_crl"},
        ValueError,
        "ocsp='from_crl' needs",
    ),
]


@pytest.mark.parametrize(("kind", "values", "error", "says"), WRONG)
def test_what_makes_no_sense_is_refused(
    kind: Any, values: dict[str, Any], error: type[Exception], says: str
) -> None:
    """With a sentence that names the field and the value."""
    with pytest.raises(error) as caught:
        kind(**values)
    assert says in str(caught.value)
