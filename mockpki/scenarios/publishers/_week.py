"""A CA that publishes in some way, and its week: what it signs, and when clients learn from that of a
revocation.

Nothing is computed here: a PKI publishes, its clock is shifted from one thing that is due to the next, and
clients fetch its CRLs over HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import pairwise

from ..._ca.leaf import Leaf
from ..._pki import PKI
from ..._typed import spell_duration
from ..._validation.revocation_list import RevocationList
from ...publishing import NAMED, Publishing, Schedule, named
from ...relying_party._fetch import fetch
from ..servers._timeline import Stretch
from ._crl_client import CrlClient

DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
REVOKED_AFTER = timedelta(days=1, hours=5, minutes=30)
"""At no time at which a CA of `NAMED` signs anything."""
_LONGEST = timedelta(days=9000)
_MOST = 20_000
"""So many lists are signed for one picture."""
_TIMEOUT = timedelta(seconds=30)
_HOURS = (1, 2, 3, 6, 12, 24, 48, 120, 240, 600, 1200, 2400, 6000, 12000, 24000)
_STEPS = [timedelta(hours=hours) for hours in _HOURS]
_MOST_TICKS = 7

CHARACTERS = {"good": "G", "late": "L", "revoked": "R", "none": "."}
"""The character of each kind."""
KINDS = {
    "good": "good, and known to be",
    "late": "revoked, and taken for good",
    "revoked": "revoked, and known to be",
    "none": "no CRL that is current",
}
"""What the characters and colours mean."""


@dataclass(frozen=True)
class Issued:
    """A CRL with its times, all from the CA's creation on; *seen* is when it was there, *base* a delta's."""

    seen: timedelta
    number: int
    base: int | None
    this_update: timedelta
    next_update: timedelta


@dataclass(frozen=True)
class Reader:
    """A client: whether it *keeps* what it has until that ends, or asks each time, and whether it reads
    *deltas*. *learned* is how long after the revocation it knew; None: it never did."""

    name: str
    keeps: bool
    deltas: bool
    runs: tuple[Stretch, ...]
    learned: timedelta | None

    @property
    def words(self) -> str:
        """How long after the revocation it knew."""
        if self.learned is None:
            return "never"
        return spell_duration(self.learned) if self.learned else "at once"


@dataclass(frozen=True)
class Week:
    """What a CA that *publishes* so has signed for one certificate, and what *readers* made of it.

    That certificate was revoked at *revoked_at*. All times count from the CA's creation.
    """

    name: str
    publishes: Publishing
    length: timedelta
    revoked_at: timedelta
    issued: tuple[Issued, ...]
    readers: tuple[Reader, ...]

    @property
    def complete(self) -> tuple[Issued, ...]:
        """The complete CRLs."""
        return tuple(one for one in self.issued if one.base is None)

    @property
    def deltas(self) -> tuple[Issued, ...]:
        """The deltas."""
        return tuple(one for one in self.issued if one.base is not None)

    @property
    def tracks(self) -> dict[str, tuple[Issued, ...]]:
        """What was signed, by what to call it; nothing where a CRL is signed at every request."""
        found = (("complete CRL", self.complete), ("delta", self.deltas))
        return {
            f"1 {name}" if len(issued) == 1 else f"{len(issued):,} {name}s": issued
            for name, issued in found
            if issued
        }

    @property
    def ticks(self) -> tuple[timedelta, ...]:
        """Times to be written below a picture of it."""
        step = next((one for one in _STEPS if self.length / one <= _MOST_TICKS), self.length)
        return tuple(step * count for count in range(self.length // step + 1))


def live_weeks(
    publishes: dict[str, Publishing],
    length: timedelta = 7 * DAY,
    revoked_after: timedelta | None = None,
) -> tuple[Week, ...]:
    """A week, or another *length*, of each way to publish, by what to call it.

    Left out, *revoked_after* is `REVOKED_AFTER`; of a single day, that without the day. Raises ValueError
    for times that make no sense, and for more CRLs than anybody wants to see."""
    if revoked_after is None:
        revoked_after = REVOKED_AFTER if length > REVOKED_AFTER else REVOKED_AFTER - DAY
    if not timedelta() <= revoked_after < length:
        raise ValueError(
            f"the certificate is revoked after {spell_duration(revoked_after)}, which is not within the "
            f"{spell_duration(length)} of the picture"
        )
    for name, one in publishes.items():
        check_length(name, one, length)
    return tuple(_Run(name, one, length, revoked_after).live() for name, one in publishes.items())


def choose(names: tuple[str, ...]) -> dict[str, Publishing]:
    """The ways to publish of these names, all if there are none. Raises LookupError, with near names."""
    wanted = [named(one) for one in names]
    return {name: one for name, one in NAMED.items() if not names or one in wanted}


def check_length(name: str, publishes: Publishing, length: timedelta) -> None:
    """Raise ValueError where that would be too long, or too many CRLs."""
    if _find_end(publishes, length) > _LONGEST:
        raise ValueError(f"{name} takes longer than the {_LONGEST.days} days in which it can be watched")
    count = sum(length // one.every for one in _list_schedules(publishes) if one.every is not None)
    if count > _MOST:
        raise ValueError(
            f"{name} signs {count:,} CRLs in {spell_duration(length)}, and {_MOST:,} are looked at at most; "
            "watch it for a shorter time, or have it sign less often"
        )


def _find_end(publishes: Publishing, length: timedelta) -> timedelta:
    """When every client knows at the latest: it waits for the end of what it has, and then for an issue."""
    waits = (
        one.life + (one.every or DAY) + (one.after_revocation or DAY) for one in _list_schedules(publishes)
    )
    return length + sum(waits, DAY)


def _list_schedules(publishes: Publishing) -> list[Schedule]:
    return [publishes.full, *([publishes.deltas.schedule] if publishes.deltas else [])]


@dataclass
class _Run:
    """A week under way."""

    name: str
    publishes: Publishing
    length: timedelta
    revoked_at: timedelta
    issued: list[Issued] = field(default_factory=list)
    _taken_down: set[tuple[int, int | None]] = field(default_factory=set)

    def live(self) -> Week:
        ago = _find_end(self.publishes, self.length)
        with PKI(publishes=self.publishes, ago=ago) as pki, pki.clock.stop():
            # Its certificate outlives all of it, or it would leave the list.
            leaf = pki.issue_cert("localhost", not_after=pki.clock.now() + ago + DAY)
            self._begin(pki, leaf)
            clients, at, revoked = self._make_clients(), timedelta(), False
            waiting = clients
            while True:
                if at == self.revoked_at and not revoked:
                    pki.revoke(leaf, "superseded")
                    revoked = True
                over = at >= self.length
                self._look(waiting if over else clients, leaf.serial_number, at, revoked)
                waiting = [one for one in clients if not revoked or one.states[-1][1] != "revoked"]
                step = self._find_next(pki, at, revoked, waiting, clients)
                if step is None:
                    break
                pki.clock.shift(step - at)
                at = step
            readers = tuple(self._sum_up(one) for one in clients)
        return Week(self.name, self.publishes, self.length, self.revoked_at, tuple(self.issued), readers)

    def _begin(self, pki: PKI, leaf: Leaf) -> None:
        """Put the clock back to the CA's creation, at which it has signed its first CRL."""
        self._pki = pki
        crl = pki.crl
        self._urls = {
            delta: crl.file_for(leaf, delta).url if self.publishes.scheduled else crl.url
            for delta in ((False, True) if self.publishes.deltas else (False,))
        }
        first = self._load(False)
        self._began = pki.clock.now()
        if self.publishes.scheduled:
            self._began = first.crl.last_update_utc + self.publishes.full.backdate
        pki.clock.shift(self._began - pki.clock.now())

    def _make_clients(self) -> list[CrlClient]:
        clients = [
            CrlClient("asks each time", keeps=False, deltas=False),
            CrlClient("keeps what it has", keeps=True, deltas=False),
        ]
        if self.publishes.deltas is not None:
            clients.append(CrlClient("asks, with deltas", keeps=False, deltas=True))
            clients.append(CrlClient("keeps, with deltas", keeps=True, deltas=True))
        return clients

    def _load(self, delta: bool) -> RevocationList:
        return RevocationList.load(fetch(self._urls[delta], _TIMEOUT))

    def _look(self, clients: list[CrlClient], serial: int, at: timedelta, revoked: bool) -> None:
        """Have all look at what there is, and take down what is new."""
        # At one moment, all are given the same.
        load = cache(self._load)
        now = self._began + at
        for client in clients:
            says = client.look(serial, now, load)
            if says == "good" and revoked:
                says = "late"
            if not client.states or client.states[-1][1] != says:
                client.states.append((at, says))
        if at < self.length and self.publishes.scheduled:
            for delta in self._urls:
                self._take_down(load(delta), at)

    def _take_down(self, signed: RevocationList, at: timedelta) -> None:
        number, base, end = signed.number, signed.base, signed.crl.next_update_utc
        assert number is not None and end is not None  # noqa: PT018 - ours always have both
        if (number, base) not in self._taken_down:
            self._taken_down.add((number, base))
            begin = signed.crl.last_update_utc - self._began
            self.issued.append(Issued(at, number, base, begin, end - self._began))

    def _find_next(
        self, pki: PKI, at: timedelta, revoked: bool, waiting: list[CrlClient], clients: list[CrlClient]
    ) -> timedelta | None:
        """When anything is next: an issue, the revocation, or the end of what somebody has."""
        late = at >= self.length
        if late and not waiting:
            return None
        now = self._began + at
        found = [end - self._began for one in (waiting if late else clients) for end in one.find_ends(now)]
        if not revoked:
            found.append(self.revoked_at)
        if not late:
            found.append(self.length)
        if not late or any(not one.keeps or one.states[-1][1] == "none" for one in waiting):
            found += self._find_due(pki)
        last = _find_end(self.publishes, self.length) - DAY
        return min((one for one in found if at < one <= last), default=None)

    def _find_due(self, pki: PKI) -> list[timedelta]:
        if not self.publishes.scheduled:
            return []
        try:
            return [pki.crl.next_issue - self._began]
        except LookupError:
            return []

    def _sum_up(self, client: CrlClient) -> Reader:
        ends = [*client.states, (self.length, "")]
        runs = (
            Stretch(says, begin, min(end, self.length))
            for (begin, says), (end, _) in pairwise(ends)
            if begin < self.length
        )
        learned = next((at - self.revoked_at for at, says in client.states if says == "revoked"), None)
        return Reader(client.name, client.keeps, client.deltas, tuple(runs), learned)
