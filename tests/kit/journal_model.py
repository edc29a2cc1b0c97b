"""A model of publishing that replays everything, second by second: slow, and hardly able to be wrong."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from mockpki._pkix.status import Reason, Revocation
from mockpki.publishing import Publishing

Certificate = tuple[int, int]
"""The number of its CA, and its serial number."""
EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)


def at(second: int) -> datetime:
    """The time so many seconds after the epoch."""
    return EPOCH + timedelta(seconds=second)


@dataclass
class Signing:
    """One signing: of complete lists, deltas, or both, with what was known then."""

    second: int
    order: int
    complete: bool
    delta: bool
    known: int | None
    """So many operations; None: those before that second."""


@dataclass
class Model:
    """Operations with their times, and what was signed out of turn. Nothing is ever forgotten."""

    publishing: Publishing
    operations: list[tuple[int, tuple[Certificate, ...], Revocation | None]] = field(default_factory=list)
    others: list[Signing] = field(default_factory=list)
    down: list[tuple[int, int]] = field(default_factory=list)

    def is_down(self, second: int) -> bool:
        """Whether the signer was down."""
        return any(start < second < end for start, end in self.down)

    def list_signings(self, until: int) -> list[Signing]:
        """All signings until then, oldest first."""
        full = _seconds(self.publishing.full.every)
        deltas = self.publishing.deltas
        delta = _seconds(deltas.schedule.every) if deltas else None
        found = [
            signing for signing in self.others
            if signing.second <= until and not (signing.known is None and self.is_down(signing.second))
        ]  # fmt: skip
        for second in range(until + 1):
            complete = full is not None and second % full == 0
            also = delta is not None and second % delta == 0
            if (complete or also) and not self.is_down(second):
                found.append(Signing(second, 0, complete, also, None))
        return sorted(found, key=lambda signing: (signing.second, signing.order))

    def list_known(self, signing: Signing) -> list[tuple[int, tuple[Certificate, ...], Revocation | None]]:
        """The operations that *signing* knows of."""
        if signing.known is not None:
            return self.operations[: signing.known]
        return [operation for operation in self.operations if operation[0] < signing.second]

    def replay(self, signing: Signing) -> dict[Certificate, Revocation]:
        """What is on the list then."""
        listed: dict[Certificate, Revocation] = {}
        for _, serials, after in self.list_known(signing):
            for serial in serials:
                if after is None:
                    listed.pop(serial, None)
                else:
                    listed[serial] = after
        return listed

    def find(self, now: int, delta: bool) -> tuple[int, int | None, dict[Certificate, Revocation]] | None:
        """Number, base and entries of what is published at *now*."""
        signings = self.list_signings(now)
        kind = [s for s in signings if (s.delta if delta else s.complete)]
        if not kind:
            return None
        last = kind[-1]
        number = signings.index(last) + 1
        if not delta:
            return number, None, self.replay(last)
        base = self._choose_base(signings, last)
        return number, signings.index(base) + 1, self._compare(signings, base, last)

    def _choose_base(self, signings: list[Signing], last: Signing) -> Signing:
        deltas = self.publishing.deltas
        assert deltas is not None
        complete = [s for s in signings[: signings.index(last) + 1] if s.complete]
        back = 2 if deltas.base == "previous" or last.complete else 1
        return complete[-min(back, len(complete))]

    def _compare(
        self, signings: list[Signing], base: Signing, last: Signing
    ) -> dict[Certificate, Revocation]:
        """What differs, and what was shown in between and is off the list again."""
        between = signings[signings.index(base) : signings.index(last) + 1]
        lists = [self.replay(signing) for signing in between]
        before, now = lists[0], lists[-1]
        touched = {
            serial
            for operation in self.list_known(last)
            if not any(operation is known for known in self.list_known(base))
            for serial in operation[1]
        }
        found: dict[Certificate, Revocation] = {}
        for serial in touched:
            if serial in now:
                found[serial] = now[serial]
            elif shown := [one[serial] for one in lists if serial in one]:
                found[serial] = Revocation((before.get(serial) or shown[-1]).time, Reason.REMOVE_FROM_CRL)
        return found


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else int(duration.total_seconds())
