"""An outage of the responder that outlasts its answers, and what a client gets at every step of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from ... import faults
from ...faults import OCSPFault
from ...staplers._policy import StaplePolicy
from ._observe import ERRORS, Observation, observe
from ._watch import Watch
from ._worlds import HOST, SERVER_NAME, Preset, World

_HOUR, _SECOND = timedelta(hours=1), timedelta(seconds=1)


@dataclass(frozen=True)
class Stretch:
    """Steps in a row at which a client got the same: from *begin* to *end*, since the server's start."""

    says: str
    begin: timedelta
    end: timedelta


@dataclass(frozen=True)
class Timeline:
    """What a client got, *every* so often. The responder was down from *down_at* to *up_at*.

    Its answers live for *life*. *seen* holds an observation for each step, the first at the start.
    """

    name: str
    seen: tuple[Observation, ...]
    every: timedelta
    life: timedelta
    down_at: timedelta
    up_at: timedelta

    @property
    def length(self) -> timedelta:
        """From the start to the end of the last step."""
        return len(self.seen) * self.every

    @property
    def runs(self) -> tuple[Stretch, ...]:
        """The same, with equal steps taken together."""
        found, place = [], 0
        for says, group in groupby(self.seen, key=lambda one: one.says):
            steps = sum(1 for _ in group)
            found.append(Stretch(says, place * self.every, (place + steps) * self.every))
            place += steps
        return tuple(found)

    @property
    def line(self) -> str:
        """A character for each step: see `CHARACTERS`."""
        return "".join(CHARACTERS[kind(one.says)] for one in self.seen)

    def share(self, *kinds: str) -> float:
        """The part of the steps, from 0 to 1, at which a client got one of *kinds*."""
        return sum(kind(one.says) in kinds for one in self.seen) / len(self.seen)


CHARACTERS = {
    "good": "G", "none": ".", "expired": "E", "error": "L", "failed": "X", "revoked": "R", "other": "?",
}  # fmt: skip
"""The character of each kind."""

KINDS = {
    "good": "a good staple",
    "none": "no staple",
    "expired": "an expired staple",
    "error": "an error of the responder's, stapled",
    "failed": "no handshake",
    "revoked": "a staple that says revoked",
    "other": "anything else",
}
"""What the characters and colours mean."""


def kind(says: str) -> str:
    """Which of `KINDS` a word of `WORDS` is."""
    if says in ERRORS:
        return "error"
    if says == "timeout":
        return "failed"
    return says if says in KINDS else "other"


def timeline(
    world: World | StaplePolicy,
    *,
    life: timedelta = timedelta(hours=24),
    up: timedelta = timedelta(hours=6),
    down: timedelta = timedelta(hours=48),
    after: timedelta = timedelta(hours=18),
    every: timedelta = _HOUR,
    outage: Sequence[OCSPFault] = (faults.Refused(),),
    must_staple: bool = False,
) -> Timeline:
    """A client connects *every* hour; the responder is *up*, then *down* with *outage*, then up *after* that.

    *world* is a policy, or a world whose time can be shifted: nobody waits for three days. Raises
    ValueError for another, or for durations that make no sense; `NotListening` where it does not start.
    """
    if isinstance(world, StaplePolicy):
        world = Preset(world)
    if not world.shifts:
        raise ValueError(f"a timeline shifts the clock, and that of {world.name} cannot be shifted")
    if every <= timedelta() or min(up, down, after) < timedelta() or life <= timedelta():
        raise ValueError(
            "every and life of a timeline are longer than nothing, and up, down and after no less"
        )
    steps = max(1, int((up + down + after) / every))
    with world.pki() as pki:
        leaf = pki.issue_cert(SERVER_NAME, HOST, must_staple=must_staple)
        watch = Watch(pki, life)
        with world.site(pki, leaf, watch) as site:
            seen: list[Observation] = []
            for step in range(steps):
                is_down = up <= step * every < up + down
                watch.answer_with(*(outage if is_down else ()))
                if step:
                    # A second more each time, so that no step is the very second in which something ends.
                    pki.clock.shift(every + _SECOND)
                else:
                    site.start()
                    site.wait_until_asked()
                site.wait_until_idle()
                seen += observe(
                    site.host, site.port, ca=pki.ca_file, server_name=SERVER_NAME,
                    now=pki.clock.now, timeout=world.patience,
                )  # fmt: skip
                site.wait_until_idle()
    return Timeline(world.name, tuple(seen), every, life, up, up + down)
