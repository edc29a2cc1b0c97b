"""Faults that come and go: what ``respond_by`` takes, ready-made.

    from mockpki import faults
    from mockpki.sequences import EveryNth, Mix

    pki.ocsp.respond_by(EveryNth(3, faults.HttpStatus(503)))
    with pki.crl.respond_by(Mix([], [faults.Reset()], [faults.Stale()])):
        ...

Each is a value, a pure function of the `Incoming` request: it is the service that counts, anew for each
``respond_by``. A function of your own is as good: it takes an `Incoming` and returns faults, or ``[]``.
"""

from __future__ import annotations

import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

from ._awaitables import refuse_async, refuse_awaitable
from ._exchange.http import HttpRequest
from ._layers import Fault
from ._parameters import OWN_CHECK, Within, check_fields, show

__all__ = ["EveryNth", "FirstN", "Flapping", "Incoming", "Mix"]

F = TypeVar("F")
Chooser: TypeAlias = Callable[["Incoming"], F | Sequence[F]]
Choice: TypeAlias = Annotated[Fault[Any] | Sequence[Fault[Any]], OWN_CHECK]
Count = Annotated[int, Within(1)]
"""Requests are counted from 1."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request that is about to be answered.

    *number* counts the requests since ``respond_by`` was called, from 1, and *number_of_client* those
    of this client. On loopback every address is the same and a retry comes from another port, so a
    client is whoever has the same address (without the port) and the same User-Agent. *serials* are the
    serial numbers asked about, none at a CRL or a file.
    """

    request: HttpRequest
    number: int
    number_of_client: int
    serials: tuple[int, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers by lower-case name; of a repeated one, the last."""
        return {name.lower(): value for name, value in self.request.headers}


class _FaultsOrHonest:
    faults: Choice

    @property
    def choices(self) -> Sequence[Choice]:
        """Everything that may be chosen."""
        return (self.faults,)


@dataclass(frozen=True)
class EveryNth(_FaultsOrHonest):
    """Every *n*-th request gets *faults*, and all others an honest answer."""

    n: Count
    faults: Choice

    def __post_init__(self) -> None:
        _check_sequence(self, self.faults)

    def __call__(self, incoming: Incoming) -> Any:
        return () if incoming.number % self.n else self.faults


@dataclass(frozen=True)
class FirstN(_FaultsOrHonest):
    """The first *n* requests get *faults*, of each client (see `Incoming`) or of all taken together."""

    n: Count
    faults: Choice
    per_client: bool = True

    def __post_init__(self) -> None:
        _check_sequence(self, self.faults)

    def __call__(self, incoming: Incoming) -> Any:
        number = incoming.number_of_client if self.per_client else incoming.number
        return self.faults if number <= self.n else ()


@dataclass(frozen=True)
class Flapping(_FaultsOrHonest):
    """*up* honest answers, then *down* with *faults*, and so on for ever."""

    up: Count
    down: Count
    faults: Choice

    def __post_init__(self) -> None:
        _check_sequence(self, self.faults)

    def __call__(self, incoming: Incoming) -> Any:
        return () if (incoming.number - 1) % (self.up + self.down) < self.up else self.faults


@dataclass(frozen=True, init=False, repr=False)
class Mix:
    """Any of *alternatives*, as dice fall. One that is given twice comes twice as often.

    The same *seed* gives the same order again. Left out, one is drawn; it is in the repr, which every
    failure message shows.
    """

    alternatives: tuple[Choice, ...]
    seed: int

    def __init__(self, *alternatives: Choice, seed: int | None = None) -> None:
        if len(alternatives) < 2:
            raise ValueError("Mix() needs two alternatives or more, such as Mix([], [faults.TryLater()])")
        object.__setattr__(self, "alternatives", alternatives)
        object.__setattr__(self, "seed", secrets.randbelow(1 << 32) if seed is None else seed)
        check_fields(self)

    def __repr__(self) -> str:
        return f"Mix({', '.join(map(repr, self.alternatives))}, seed={self.seed!r})"

    @property
    def choices(self) -> Sequence[Choice]:
        """Everything that may be chosen."""
        return self.alternatives

    def __call__(self, incoming: Incoming) -> Any:
        # Only random() is promised to be the same in every version of Python.
        dice = random.Random(f"{self.seed} {incoming.number}").random()
        return self.alternatives[int(dice * len(self.alternatives))]


class CountingChooser:
    """A chooser in force at one service, and how often it was asked. Any thread may ask."""

    def __init__(self, chooser: Chooser[Any]) -> None:
        if isinstance(chooser, Fault | type) or not callable(chooser):
            raise TypeError(
                f"respond_by() takes a function of the request, such as EveryNth(3, faults.TryLater()) of "
                f"mockpki.sequences; got {show(chooser)}; faults that stay the same go to respond_with()"
            )
        refuse_async(chooser, "respond_by()", "write it with `def`, and let it choose without waiting")
        self._chooser = chooser
        self._number = 0
        self._clients: Counter[tuple[str, str | None]] = Counter()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return repr(self._chooser)

    @property
    def chooser(self) -> Chooser[Any]:
        """What it asks."""
        return self._chooser

    def choose(self, request: HttpRequest, serials: tuple[int, ...]) -> Any:
        """What the chooser returns for *request*."""
        agent = next((value for name, value in request.headers if name.lower() == "user-agent"), None)
        client = (request.client.rpartition(":")[0], agent)
        with self._lock:
            self._number += 1
            self._clients[client] += 1
            incoming = Incoming(request, self._number, self._clients[client], serials)
        chosen = self._chooser(incoming)
        refuse_awaitable(chosen, self._chooser, "respond_by()")
        return chosen


def _check_sequence(sequence: object, faults: object) -> None:
    check_fields(sequence)
    if isinstance(faults, list | tuple) and not faults:
        raise ValueError(f"{sequence!r} changes nothing; give it a fault")
