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
A_LENGTH = (
    "takes a timedelta from timedelta(seconds=1) to timedelta(days=365000), such as timedelta(seconds=30)"
)
A_DURATION = "takes a timedelta from timedelta(0) to timedelta(days=365000), such as timedelta(seconds=30)"

WRONG: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (
        Schedule,
        {"every": 3600, "life": HOUR},
        TypeError,
        f"every= of Schedule {A_LENGTH} or None; got 3600",
    ),
    (
        Schedule,
        {"every": timedelta(), "life": HOUR},
        ValueError,
        f"every= of Schedule {A_LENGTH} or None; got",
    ),
    (
        Schedule,
        {"every": HOUR, "life": None},
        TypeError,
        f"life= of Schedule {A_LENGTH}; got",
    ),
    (
        Schedule,
        {"every": HOUR, "life": -HOUR},
        ValueError,
        f"life= of Schedule {A_LENGTH}; got",
    ),
    (Schedule, {"every": timedelta(milliseconds=1500), "life": HOUR}, ValueError, "in whole seconds"),
    (
        Schedule,
        {"every": HOUR, "life": HOUR, "backdate": -HOUR},
        ValueError,
        f"backdate= of Schedule {A_DURATION}; got",
    ),
    (Schedule, {"every": HOUR, "life": HOUR, "backdate": HOUR}, ValueError, "over when they are signed"),
    (Schedule, {"every": HOUR, "life": HOUR, "after_revocation": 0}, TypeError, "after_revocation"),
    (Deltas, {"schedule": HOUR}, TypeError, "schedule= of Deltas takes a Schedule; got"),
    (
        Deltas,
        {"schedule": FULL, "base": "first"},
        ValueError,
        "base= of Deltas takes 'last' or 'previous'; got",
    ),
    (
        Deltas,
        {"schedule": FULL, "pointers": {"crl"}},
        TypeError,
        "pointers= of Deltas takes a frozenset, of which each is 'crl' or 'certificate'; got",
    ),
    (
        Deltas,
        {"schedule": FULL, "pointers": frozenset({"aia"})},
        ValueError,
        "pointers= of Deltas takes a frozenset, of which each is 'crl' or 'certificate'; got",
    ),
    (Deltas, {"schedule": Schedule(None, HOUR), "if_changed": True}, ValueError, "when to look"),
    (BySerial, {"count": 0}, ValueError, "count= of BySerial takes a whole number, 1 or more; got 0"),
    (AtRandom, {"count": True}, TypeError, "count= of AtRandom takes a whole number, 1 or more; got True"),
    (InTurn, {"count": 3, "first": -1}, ValueError, "first= of InTurn takes a whole number, 0 or more; got"),
    (InTurn, {"count": 3, "aggregate": 1}, TypeError, "aggregate= of InTurn takes True or False; got"),
    (Filling, {"most": 0.5}, TypeError, "most= of Filling takes a whole number, 1 or more; got"),
    (
        ByExpiry,
        {"width": timedelta(), "count": 2},
        ValueError,
        f"width= of ByExpiry {A_LENGTH}; got",
    ),
    (ByReason, {"first": ()}, ValueError, "first of ByReason"),
    (ByReason, {"first": ("unspecified",)}, ValueError, "first of ByReason"),
    (ByReason, {"first": ("stolen",)}, ValueError, "'stolen' is no revocation reason"),
    (Publishing, {"full": HOUR}, TypeError, "full= of Publishing takes a Schedule; got"),
    (Publishing, {"full": FULL, "shards": 3}, TypeError, "shards= of Publishing takes a Shards; got"),
    (
        Publishing,
        {"full": FULL, "deltas": FULL},
        TypeError,
        "deltas= of Publishing takes a Deltas or None; got",
    ),
    (
        Publishing,
        {"full": FULL, "idp": "yes"},
        ValueError,
        "idp= of Publishing takes 'auto', 'never' or 'always'; got",
    ),
    (
        Publishing,
        {"full": FULL, "only": "ca"},
        ValueError,
        "only= of Publishing takes '', 'user' or 'kind'; got",
    ),
    (
        Publishing,
        {"full": FULL, "numbers": "s"},
        ValueError,
        "numbers= of Publishing takes 'count', 'ms' or 'ns'; got",
    ),
    (
        Publishing,
        {"full": FULL, "http_expires": ""},
        ValueError,
        "http_expires= of Publishing takes 'next_update' or 'next_issue'; got",
    ),
    (
        Publishing,
        {"full": FULL, "keep_expired": -HOUR},
        ValueError,
        f"keep_expired= of Publishing {A_DURATION} or None; got",
    ),
    (
        Publishing,
        {"full": FULL, "cache_control": 60},
        TypeError,
        "cache_control= of Publishing takes a text or None; got",
    ),
    (
        Publishing,
        {"full": FULL, "ocsp": "sometimes"},
        ValueError,
        "ocsp= of Publishing takes a Schedule or 'live', 'from_crl' or 'none'; got",
    ),
    (
        Publishing,
        {"full": FULL, "next_publish": 1},
        TypeError,
        "next_publish= of Publishing takes True or False; got",
    ),
    (
        Publishing,
        {"full": FULL, "in_certificates": None},
        TypeError,
        "in_certificates= of Publishing takes True or False; got",
    ),
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
