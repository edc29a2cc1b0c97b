"""What CRLite's filters offer about a leaf: what they were made of, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from ._offer import Offer

Made = Literal["since", "before", "with a delta", "too early", "without it"]
MADE: tuple[Made, ...] = get_args(Made)


@dataclass(frozen=True)
class FilterOffer(Offer):
    """What a client reads in the filters of the scenario's PKI; *faults* are those of their files.

    *made* is when the filter was: ``"since"`` the certificate became what it is; ``"before"`` that; before,
    and ``"with a delta"`` since; ``"too early"``, when the certificate was not logged yet; or by someone who
    has missed it: ``"without it"``, whose serial number the filter takes for revoked.
    """

    made: Made = "since"
    age: timedelta = timedelta()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.made not in MADE:
            raise ValueError(f"made={self.made!r} is no time of a filter; there are {', '.join(MADE)}")
        if self.where != "live":
            raise ValueError(f"where={self.where!r} is for what a certificate names; it names no filter")
