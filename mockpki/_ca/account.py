"""An account of what came to a PKI, for people: the requests and handshakes that a failing test shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from .._services.evidence import count_in_words
from .realm import Realm

_MOST = 20
"""Lines for one service or server; of what came before there is the number."""

Marks = Mapping[int, int]
"""The newest number that each service and server had, by its identity."""


class Witness(Protocol):
    """A service or a TLS server."""

    @property
    def last_number(self) -> int:
        """The number of the newest request or connection."""

    def since(self, number: int) -> Sequence[object]:
        """Those with a higher one."""


def list_witnesses(realm: Realm) -> list[Witness]:
    """Every service and every TLS server, the servers first."""
    return [*realm.servers, *realm.services]


def take_marks(realm: Realm) -> Marks:
    """Where an account would begin that begins now."""
    return {id(witness): witness.last_number for witness in list_witnesses(realm)}


def tell(realm: Realm, marks: Marks) -> str:
    """What came since the *marks*, line by line; an empty text for nothing."""
    return "\n".join(_tell_lines(realm, marks))


def _tell_lines(realm: Realm, marks: Marks) -> Iterator[str]:
    for witness in list_witnesses(realm):
        seen = witness.since(marks.get(id(witness), 0))
        if seen:
            yield f"{witness!r}: {count_in_words(len(seen))}"
            if len(seen) > _MOST:
                yield f"  ... {len(seen) - _MOST} before these"
            yield from (f"  {one}" for one in seen[-_MOST:])
