"""What each preset does in each scenario, as words. It is the table that the presets are held to.

A line is what was observed, then who does it; ``*`` is everybody who is not named in that scenario. Three
scenarios ask what a server makes of an answer that it could have seen through: there, only those are
listed that are known to look.
"""

from __future__ import annotations

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


def is_like(outcome: Outcome, preset: str) -> bool | None:
    """Whether *outcome* is what *preset* does, as far as it goes; None where nothing is stated."""
    words = look_up_words(preset, outcome.scenario, short_lived=outcome.passing == "waited")
    if words is None:
        return None
    seen = outcome.words.split()
    return bool(seen) and words.split()[: len(seen)] == seen


def nearest(outcomes: tuple[Outcome, ...]) -> tuple[str, tuple[str, ...]] | None:
    """The preset that these outcomes are most like, and the scenarios where they differ; None for no outcome.

    Of several that are as near, the one for which more is stated.
    """
    found = []
    for preset in NAMED:
        verdicts = {outcome.scenario: is_like(outcome, preset) for outcome in outcomes}
        differ = tuple(name for name in NAMES if verdicts.get(name) is False)
        same = sum(verdict is True for verdict in verdicts.values())
        if same:
            found.append((len(differ), -same, preset, differ))
    if not found:
        return None
    _, _, preset, differ = min(found, key=lambda one: one[:2])
    return preset, differ
