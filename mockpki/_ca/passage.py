"""The passage of time in one PKI: from one thing that is due to the next, so that none happens late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .realm import Realm


class Timed(Protocol):
    """What does something of its own accord when its time has come: a stapler."""

    @property
    def due(self) -> datetime | None:
        """When that is next; None: not before something else happens."""

    def settle(self, timeout: float | timedelta | None) -> None:
        """Return when it has done what it does; with None, however long that takes."""


def run_until(realm: Realm, time: datetime) -> None:
    """Let time pass until *time*: see `PKI.run_until`."""
    _check_time(realm, time)
    clock = realm.clock
    with clock.stop():
        while True:
            _settle(realm)
            due = min((one.due for one in realm.timed if one.due is not None), default=time)
            if due >= time:
                break
            clock.shift(max(due - clock.now(), timedelta()))
        # What is due at the very end happens, too.
        clock.shift(time - clock.now())
        _settle(realm)


def _check_time(realm: Realm, time: datetime) -> None:
    now = realm.clock.now()
    if time < now:
        raise ValueError(f"run_until({time!r}) is in the past, it is {now!r}; pki.clock.shift() goes back")
    if realm.engine.is_here:
        raise RuntimeError("run_until() waits for the services, and cannot be called inside one of them")


def _settle(realm: Realm) -> None:
    for one in list(realm.timed):
        one.settle(None)
