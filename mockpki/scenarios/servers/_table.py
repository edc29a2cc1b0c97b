"""What each preset does in each scenario, as words. It is the table that the presets are held to.

A line is what was observed, then who does it; ``*`` is everybody who is not named in that scenario. Three
scenarios ask what a server makes of an answer that it could have seen through: there, only those are
listed that are known to look.
"""

from __future__ import annotations

from typing import NamedTuple

from ...staplers._presets import NAMED
from ._outcome import Outcome
from ._scenarios import NAMES

_TABLE = """
good
  none good good                        nginx
  none none good                        squarespace
  good good good                        *
revoked
  revoked revoked                       apache apache-quiet mod-md haproxy node-ocsp jsse ideal
  failed failed                         envoy-must-staple
  none none                             *
unknown
  unknown unknown                       apache apache-quiet node-ocsp jsse
  failed failed                         envoy-must-staple
  none none                             *
try-later
  try-later try-later                   apache node-ocsp
  failed failed                         envoy-must-staple
  none none                             *
http-500
  try-later try-later                   apache
  failed failed                         node-ocsp envoy-must-staple
  none none                             *
refused
  try-later try-later                   apache
  failed failed                         node-ocsp envoy-must-staple
  none none                             *
slow
  none good                             nginx mod-md haproxy hitch ideal
  none none                             squarespace
  good good                             *
hung
  timeout timeout                       apache apache-quiet node-ocsp jsse
  failed failed                         envoy-must-staple
  none none                             *
good-then-down
  none good good | good | good good     nginx
  none none good | good | good good     squarespace
  good good good | good | try-later try-later   apache
  good good good | good | none none     apache-quiet jsse
  good good good | good | good good     *
good-then-expired
  none good good | none | none none     nginx
  none none good | none | none none     squarespace
  good good good | try-later | try-later try-later   apache
  good good good | expired | expired expired   nginx-file mod-md caddy
  good good good | failed | failed failed   envoy-strict envoy-must-staple node-ocsp
  good good good | none | none none     *
good-then-revoked
  none good good | good good            nginx
  none none good | good good            squarespace
  good good good | good good            *
idle
  none good good | none good            nginx
  none none good | none good            squarespace
  good good good | expired expired      nginx-file
  good good good | none none            envoy-lenient
  good good good | failed failed        envoy-strict envoy-must-staple
  good good good | good good            *
down-then-good
  none none | none | none good          nginx squarespace
  none none | none | none none          nginx-file envoy-lenient envoy-strict
  failed failed | failed | failed failed   envoy-must-staple
  try-later try-later | try-later | good good   apache
  none none | good | good good          apache-quiet jsse
  failed failed | good | good good      node-ocsp
  none none | none | good good          *
restart-while-down
  none good good | none none            nginx
  none none good | none none            squarespace
  good good good | try-later try-later  apache
  good good good | none none            apache-quiet haproxy jsse
  good good good | failed failed        node-ocsp
  good good good | good good            *
must-staple-down
  try-later try-later                   apache
  failed failed                         envoy-lenient envoy-strict envoy-must-staple node-ocsp ideal
  none none                             *
bad-signature
  none none                             nginx haproxy caddy hitch squarespace ideal
wrong-certificate
  none none                             nginx mod-md haproxy hitch squarespace ideal
stale
  none none                             nginx haproxy hitch squarespace ideal
"""

_SHORT_LIVED = {
    # Five minutes are allowed for clocks, and an hour is not over.
    ("good-then-expired", "apache"): "good good good | expired",
    ("good-then-expired", "apache-quiet"): "good good good | expired",
    # An answer is over five minutes before its time, and so before it came.
    ("good-then-expired", "haproxy"): "none none none | none",
}
"""What is different where an answer lives for seconds, so that it expires while somebody waits."""


def _read_table(table: str) -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for line in table.strip().splitlines():
        if not line.startswith(" "):
            scenario = line
            rows[scenario] = {}
            continue
        parts = line.split()
        who = [part for part in parts if part in NAMED or part == "*"]
        words = " ".join(parts[: len(parts) - len(who)])
        for name in NAMED if who == ["*"] else who:
            rows[scenario].setdefault(name, words)
    return rows


BEHAVIOUR: dict[str, dict[str, str]] = _read_table(_TABLE)
"""By scenario and preset: the words of `Outcome.words`. Where nothing is stated, there is no word."""


def look_up_words(preset: str, scenario: str, *, short_lived: bool = False) -> str | None:
    """What *preset* does in *scenario*, None where that is not stated. *short_lived*: as answers may be."""
    if short_lived and (scenario, preset) in _SHORT_LIVED:
        return _SHORT_LIVED[scenario, preset]
    return BEHAVIOUR[scenario].get(preset)


_FRESH = {
    ("good-then-down", "nginx"): ("none | none none", "none none"),
    ("good-then-expired", "nginx"): ("none | none none", "none none"),
    ("good-then-revoked", "nginx"): ("none none",),
    ("idle", "nginx"): ("none good",),
    ("down-then-good", "nginx"): ("none | good good", "none good"),
    ("restart-while-down", "nginx"): ("none none",),
}
"""What a worker with a cache of its own does whose first client comes in the second step, or the third."""

Worker = tuple[int, int]
"""In which step a worker had its first client, and how many it has had in this step."""


def is_like(outcome: Outcome, preset: str) -> bool | None:
    """Whether *outcome* is what *preset* does, as far as it goes; None where nothing is stated.

    If each worker of that design has a cache of its own, there may be any number of them.
    """
    words = look_up_words(preset, outcome.scenario, short_lived=outcome.passing == "waited")
    if words is None:
        return None
    if NAMED[preset].scope == "worker":
        return count_workers(outcome, preset) is not None
    seen = outcome.words.split()
    return bool(seen) and words.split()[: len(seen)] == seen


def count_workers(outcome: Outcome, preset: str) -> int | None:
    """The fewest workers, each with a cache of its own, that together do what was seen; None: no number does.

    Which of them a client comes to is up to the scheduler, so any order is as good as another.
    """
    words = look_up_words(preset, outcome.scenario, short_lived=outcome.passing == "waited")
    if words is None or not outcome.all:
        return None
    lines = [_split_steps(words)]
    for first, fresh in enumerate(_FRESH.get((outcome.scenario, preset), ()), 1):
        lines.append([[]] * first + _split_steps(fresh))
    states: set[tuple[Worker, ...]] = {()}
    for step, handshakes in enumerate(outcome.handshakes):
        states = {tuple(sorted((first, 0) for first, _ in workers)) for workers in states}
        for one in handshakes:
            states = {after for workers in states for after in _give(workers, lines, step, one.says)}
    able = [workers for workers in states if _asked_enough(workers, lines, outcome)]
    return min(map(len, able), default=None)


def _split_steps(words: str) -> list[list[str]]:
    return [step.split() for step in words.split("|")]


def _give(
    workers: tuple[Worker, ...], lines: list[list[list[str]]], step: int, says: str
) -> set[tuple[Worker, ...]]:
    """How the *workers* may be after a client in *step* who was given what it *says*: whoever served it."""
    found = set()
    for place, (first, count) in enumerate((*workers, (step, 0))):
        is_new = place == len(workers)
        line = lines[first] if first < len(lines) else []
        told = line[step] if step < len(line) else []
        if told[count : count + 1] == [says]:
            others = workers if is_new else workers[:place] + workers[place + 1 :]
            found.add(tuple(sorted((*others, (first, count + 1)))))
    return found


def _asked_enough(workers: tuple[Worker, ...], lines: list[list[list[str]]], outcome: Outcome) -> bool:
    """Each of several workers asks for itself: where the responder was up, all of that was seen."""
    began = sum(first == 0 for first, _ in workers)
    return len(workers) == 1 or "good" not in lines[0][0] or outcome.requests >= began


class Nearest(NamedTuple):
    """The *preset* that a server is most like, where they *differ*, and the number of its *workers*.

    *differ* has names of scenarios. *workers* is 1 for designs whose workers share what they know, and else
    the fewest that explain what was seen.
    """

    preset: str
    differ: tuple[str, ...]
    workers: int = 1

    def __str__(self) -> str:
        return self.preset if self.workers == 1 else f"{self.preset}, with {self.workers} workers"


def nearest(outcomes: tuple[Outcome, ...]) -> Nearest | None:
    """The preset that these outcomes are most like; None where nothing was stapled, which is like nobody.

    Of several that are as near, the one for which more is stated; then the one that asks as often.
    """
    if not any(outcome.stapled for outcome in outcomes):
        return None
    found = []
    for preset in NAMED:
        verdicts = {outcome.scenario: is_like(outcome, preset) for outcome in outcomes}
        differ = tuple(name for name in NAMES if verdicts.get(name) is False)
        same = sum(verdict is True for verdict in verdicts.values())
        if same:
            several = [count_workers(outcome, preset) or 1 for outcome in outcomes]
            workers = max(several) if NAMED[preset].scope == "worker" else 1
            odd = sum(_asks_otherwise(outcome, preset, workers) for outcome in outcomes)
            found.append((len(differ), -same, odd, Nearest(preset, differ, workers)))
    return min(found, key=lambda one: one[:3])[3] if found else None


def _asks_otherwise(outcome: Outcome, preset: str, workers: int) -> bool:
    """Whether *preset* asks less often, or more often, when all is well."""
    most = 0 if NAMED[preset].trigger == "file" else workers
    return outcome.scenario == NAMES[0] and not min(most, 1) <= outcome.requests <= most
