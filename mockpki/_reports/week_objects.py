"""Ways to publish as JSON. Its keys stay what they are; there may be more of them one day.

* ``name``, ``words`` and ``source``: what it is called, what it does in sentences, and where the figures come
  from.
* ``issued``: each CRL of the certificate's own file, with ``base`` for a delta, else null. All times are in
  seconds from the CA's creation.
* ``readers``: each client, with what it knew from when to when (``good``, ``late`` for one that takes a
  revoked certificate for good, ``revoked``, or ``none`` without a CRL that is current), and how many seconds
  after the revocation it knew of it; null: never.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ..publishing import in_words
from ..scenarios.publishers import Issued, Reader, Week

Object = dict[str, Any]


def make_week_objects(found: Sequence[Week], sources: Sequence[str]) -> list[Object]:
    """Each week with its *sources*, one by one."""
    return [
        {
            "name": week.name,
            "words": in_words(week.publishes),
            "source": source,
            "length_seconds": _count(week.length),
            "revoked_at_seconds": _count(week.revoked_at),
            "issued": [_make_issued(one) for one in week.issued],
            "readers": [_make_reader(one) for one in week.readers],
        }
        for week, source in zip(found, sources, strict=True)
    ]


def _make_issued(one: Issued) -> Object:
    return {
        "at_seconds": _count(one.seen),
        "number": one.number,
        "base": one.base,
        "this_update_seconds": _count(one.this_update),
        "next_update_seconds": _count(one.next_update),
    }


def _make_reader(one: Reader) -> Object:
    return {
        "name": one.name,
        "keeps": one.keeps,
        "deltas": one.deltas,
        "learned_after_seconds": None if one.learned is None else _count(one.learned),
        "knew": [
            {"says": run.says, "begin_seconds": _count(run.begin), "end_seconds": _count(run.end)}
            for run in one.runs
        ],
    }


def _count(length: timedelta) -> int:
    """In whole seconds, as the times of CRLs are."""
    return int(length.total_seconds())
