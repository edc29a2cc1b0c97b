"""The scenario table for stapling servers, as data: what happens, and what an ideal server then does.

A scenario is a list of steps, which `mockpki.scenarios.servers.run` takes in some `World`. Where a world's
time cannot be shifted, `Pass` ends the scenario: what came before has been seen all the same.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ... import faults
from ..._typed import suggest
from ...faults import OCSPFault
from ._demands import (
    HARMLESS,
    KEEPS,
    MUST_STAPLE,
    NO_ERRORS,
    NO_WAITING,
    NOTHING_EXPIRED,
    OPENS,
    READY,
    RECOVERS,
    RENEWS,
    SURVIVES,
    VERIFIED,
)
from ._outcome import Demand, Trouble


@dataclass(frozen=True)
class _Step:
    """What happens next. *trouble* is what that may bring a server to, None for nothing."""

    @property
    def trouble(self) -> Trouble | None:
        return None


@dataclass(frozen=True)
class Respond(_Step):
    """From now on the responder answers with these faults; with none, honestly."""

    faults: tuple[OCSPFault, ...] = ()
    means: Trouble | None = None

    @property
    def trouble(self) -> Trouble | None:
        return self.means


@dataclass(frozen=True)
class Delay(_Step):
    """From now on its honest answers take the world's `delay`."""

    @property
    def trouble(self) -> Trouble | None:
        return "late"


@dataclass(frozen=True)
class Hang(_Step):
    """From now on it takes requests, and never answers them."""

    @property
    def trouble(self) -> Trouble | None:
        return "late"


@dataclass(frozen=True)
class Revoke(_Step):
    """The certificate is revoked."""


@dataclass(frozen=True)
class Forget(_Step):
    """The responder knows nothing of the certificate."""


@dataclass(frozen=True)
class Start(_Step):
    """The server is started."""


@dataclass(frozen=True)
class Restart(_Step):
    """The server is ended, and started again."""


@dataclass(frozen=True)
class Handshakes(_Step):
    """So many handshakes, one after the other."""

    count: int = 1


@dataclass(frozen=True)
class Expire(_Step):
    """Time passes until the last answer has expired, and no longer."""

    @property
    def trouble(self) -> Trouble | None:
        return "ended"


@dataclass(frozen=True)
class Pass(_Step):
    """Time passes: *by*, and *lives* times the life of an answer. For worlds whose time can be shifted."""

    by: timedelta = timedelta()
    lives: int = 0

    @property
    def trouble(self) -> Trouble | None:
        return "ended" if self.lives else None


Step = Respond | Delay | Hang | Revoke | Forget | Start | Restart | Handshakes | Expire | Pass


@dataclass(frozen=True)
class StapleScenario:
    """One row of the table. *must_staple*: the certificate has the TLS feature extension (RFC 7633)."""

    name: str
    sentence: str
    steps: tuple[Step, ...]
    demands: tuple[Demand, ...] = HARMLESS
    must_staple: bool = False

    @property
    def expires(self) -> bool:
        """Whether an answer has to expire without a clock that can be shifted."""
        return any(isinstance(step, Expire) for step in self.steps)


_DOWN = Respond((faults.Refused(),), "error")
_UP = Respond()
_WARM = (_UP, Start(), Handshakes(3))
"""Enough handshakes for every server that ever comes by a staple."""
_HOUR = timedelta(hours=1)


def _begin_with(step: Step, more: tuple[Demand, ...] = ()) -> tuple[tuple[Step, ...], tuple[Demand, ...]]:
    """The steps and demands of a scenario in which the responder is so from the beginning."""
    return (step, Start(), Handshakes(2)), (*more, *HARMLESS)


SCENARIOS: tuple[StapleScenario, ...] = (
    StapleScenario("good", "The responder says good.", _WARM, (READY, *HARMLESS)),
    StapleScenario(
        "revoked",
        "The certificate is revoked, and the responder says so. To staple that is as honest as not to.",
        (_UP, Revoke(), Start(), Handshakes(2)),
    ),
    StapleScenario(
        "unknown",
        "The responder does not know the certificate. To staple that is as honest as not to.",
        (_UP, Forget(), Start(), Handshakes(2)),
    ),
    StapleScenario(
        "try-later", "The responder answers tryLater.", *_begin_with(Respond((faults.TryLater(),), "error"))
    ),
    StapleScenario(
        "http-500",
        "The responder answers HTTP 500, and no OCSP at all.",
        *_begin_with(Respond((faults.Garbage(b"<h1>500</h1>"), faults.HttpStatus(500)), "error")),
    ),
    StapleScenario(
        "refused", "Nobody listens where the responder should be.", *_begin_with(_DOWN, more=(OPENS,))
    ),
    StapleScenario(
        "slow",
        "The responder says good, but takes its time.",
        *_begin_with(Delay(), more=(NO_WAITING, OPENS)),
    ),
    StapleScenario(
        "hung",
        "The responder takes the request, and never answers.",
        *_begin_with(Hang(), more=(NO_WAITING, OPENS)),
    ),
    StapleScenario(
        "good-then-down",
        "There is a good staple; then nobody listens where the responder was, for two hours and on.",
        (*_WARM, _DOWN, Handshakes(1), Pass(2 * _HOUR), Handshakes(2)),
        (KEEPS, *HARMLESS),
    ),
    StapleScenario(
        "good-then-expired",
        "There is a good staple; then the responder is down until it has expired, and for a day more.",
        (*_WARM, _DOWN, Expire(), Handshakes(1), Pass(24 * _HOUR), Handshakes(2)),
    ),
    StapleScenario(
        "good-then-revoked",
        "There is a good staple; then the certificate is revoked. The old answer is still valid.",
        (*_WARM, Revoke(), Handshakes(2)),
    ),
    StapleScenario(
        "idle",
        "There is a good staple; then nobody connects until it has long expired. The responder is up.",
        (*_WARM, Pass(_HOUR, lives=1), Handshakes(2)),
        (RENEWS, *HARMLESS),
    ),
    StapleScenario(
        "down-then-good",
        "The responder is down when the server starts, and comes back.",
        (_DOWN, Start(), Handshakes(2), _UP, Handshakes(1), Pass(_HOUR), Handshakes(2)),
        (RECOVERS, *HARMLESS),
    ),
    StapleScenario(
        "restart-while-down",
        "There is a good staple; then the responder goes down, and the server is restarted.",
        (*_WARM, _DOWN, Restart(), Handshakes(2)),
        (SURVIVES, *HARMLESS),
    ),
    StapleScenario(
        "must-staple-down",
        "The certificate asks for a staple (RFC 7633), and the responder is down.",
        (_DOWN, Start(), Handshakes(2)),
        (MUST_STAPLE, NO_ERRORS, NOTHING_EXPIRED, VERIFIED),
        must_staple=True,
    ),
    StapleScenario(
        "bad-signature",
        "The responder says good, but the signature is not valid.",
        *_begin_with(Respond((faults.BadSignature(),), "forged")),
    ),
    StapleScenario(
        "wrong-certificate",
        "The responder says good of another certificate.",
        *_begin_with(Respond((faults.WrongSerial(),), "forged")),
    ),
    StapleScenario(
        "stale",
        "The responder has only an answer that expired three days ago.",
        *_begin_with(Respond((faults.Stale(),), "stale")),
    ),
)
"""The table."""

NAMES = tuple(scenario.name for scenario in SCENARIOS)


def named(name: str) -> StapleScenario:
    """The scenario of that name. Raises LookupError, with near names, for no such name."""
    for scenario in SCENARIOS:
        if scenario.name == name.lower().replace("_", "-"):
            return scenario
    hint = suggest(name, NAMES, cutoff=0.4)
    raise LookupError(f"there is no scenario {name!r} for stapling servers; {hint}")


def choose_scenarios(only: Sequence[str] = (), skip: Sequence[str] = ()) -> tuple[StapleScenario, ...]:
    """The scenarios that a name or pattern of *only* fits, such as ``good-*``, without those of *skip*.

    In the table's order; without *only*, all. Raises LookupError for one that fits none, and where none
    is left.
    """
    wanted = _match(only) if only else set(NAMES)
    left = wanted - _match(skip)
    if not left:
        raise LookupError("every scenario that was chosen was skipped, too")
    return tuple(scenario for scenario in SCENARIOS if scenario.name in left)


def _match(patterns: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        fits = fnmatch.filter(NAMES, pattern.lower().replace("_", "-"))
        found |= set(fits) if fits else {named(pattern).name}
    return found
