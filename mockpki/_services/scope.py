"""The lists that a CA divides its revoked certificates into: what each covers, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from .._pkix.points import Coverage
from .._pkix.status import Reason
from ..publishing._issues import Issues
from ..publishing._shards import ByReason
from ..publishing._values import Publishing

Kind = Literal["all", "user", "ca"]
_ALL_OTHERS = (
    Reason.KEY_COMPROMISE, Reason.CA_COMPROMISE, Reason.AFFILIATION_CHANGED, Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION, Reason.CERTIFICATE_HOLD, Reason.PRIVILEGE_WITHDRAWN, Reason.AA_COMPROMISE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides to which list a certificate belongs, and when it leaves it."""

    not_after: datetime | None
    shard: int
    is_ca: bool = False


@dataclass(frozen=True)
class Scope:
    """One list: certificates of a *kind* in one *shard*, None for all of them."""

    kind: Kind
    shard: int | None
    issues: Issues = field(repr=False, compare=False)

    @property
    def path(self) -> str:
        """Where the complete list is."""
        return f"/{self._stem}.crl"

    @property
    def delta_path(self) -> str:
        """Where deltas are."""
        return f"/{self._stem}-delta.crl"

    @property
    def _stem(self) -> str:
        name = "cas" if self.kind == "ca" else "ca"
        return name if self.shard is None else f"{name}/{self.shard}"

    def cover(self, publishing: Publishing, url: str) -> Coverage:
        """What it covers, as certificates name it."""
        reasons: tuple[str, ...] = ()
        if isinstance(publishing.shards, ByReason) and self.shard is not None:
            found = [reason for reason in _ALL_OTHERS if publishing.shards.holds(self.shard, reason)]
            reasons = tuple(reason.name.lower() for reason in found)
        return Coverage(
            (url,),
            only_user=self.kind == "user",
            only_ca=self.kind == "ca",
            reasons=reasons,
            # There are clients to whom the two are not all reasons together without it.
            unused=bool(reasons) and self.shard == 0,
        )

    def cover_in_list(self, publishing: Publishing, url: str, indirect: bool = False) -> Coverage | None:
        """What it covers, as the list itself says; None where it says nothing. An *indirect* one says that
        it is."""
        covered = replace(self.cover(publishing, url), indirect=indirect)
        named = publishing.idp == "always" or self.shard is not None
        if not named:
            covered = replace(covered, urls=())
        return None if publishing.idp == "never" or covered.is_empty else covered
