"""An account of what came to a PKI, for people: the requests and handshakes that a failing test shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

from .._problems import add_note
from .._services.evidence import count_in_words
from .._services.service import Service
from .._validation.pointers import crl_urls, responders
from .leaf import Leaf
from .realm import Realm

_MOST = 20
"""Lines for one service or server, where it is not said; of what came before there is the number."""
_FEW = 3
"""The same beside an exception."""

Marks = Mapping[int, int]
"""The newest number that each service and server had, by its identity."""


@runtime_checkable
class Shown(Protocol):
    """A handshake: the certificate that was shown there, if any was."""

    leaf: Leaf | None


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


def tell(realm: Realm, marks: Marks, most: int = _MOST) -> str:
    """What came since the *marks*, line by line, *most* of one kind; an empty text for nothing.

    Of the services that a certificate names which somebody was shown, those that nobody asked are told, too.
    """
    return "\n".join(_tell_lines(realm, marks, most))


def note(realm: Realm, error: BaseException) -> None:
    """Say beside *error*, which ends a PKI's block, what else there is to say, and shortly what was seen.

    Where pytest runs a test with our plugin, that shows what was seen, and more of it.
    """
    realm.note_problems(error)
    shown = "PYTEST_CURRENT_TEST" in os.environ and "mockpki.pytest_plugin" in sys.modules
    if shown or not isinstance(error, Exception):
        return
    # Whatever is wrong with the PKI, there is an error already.
    with suppress(Exception):
        if seen := tell(realm, {}, _FEW):
            add_note(error, f"this was seen:\n{seen}")


def _tell_lines(realm: Realm, marks: Marks, most: int) -> Iterator[str]:
    silent: list[Service[Any]] = []
    urls: set[str] = set()
    for witness in list_witnesses(realm):
        seen = witness.since(marks.get(id(witness), 0))
        if seen:
            yield f"{witness!r}: {count_in_words(len(seen))}"
            if len(seen) > most:
                yield f"  ... {len(seen) - most} before these"
            yield from (f"  {one}" for one in seen[-most:])
        elif isinstance(witness, Service):
            silent.append(witness)
        for leaf in {one.leaf for one in seen if isinstance(one, Shown) and one.leaf is not None}:
            urls |= _read_urls(leaf)
    yield from (f"{service!r}: not asked" for service in silent if any(map(service.serves, urls)))


def _read_urls(leaf: Leaf) -> set[str]:
    """Where a certificate leads those who want to know of its revocation, as far as it can be read."""
    with suppress(ValueError):
        return {*responders(leaf.certificate), *crl_urls(leaf.certificate)}
    return set()
