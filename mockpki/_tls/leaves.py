"""Which certificate a TLS server shows to whom: by the name that a client asks for (SNI)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from .._awaitables import refuse_awaitable
from .._ca.leaf import Leaf
from .options import Issue


class Leaves(Protocol):
    """The certificates of a server."""

    def choose(self, server_name: str | None) -> Leaf:
        """The leaf for an SNI name; None: the client gave none."""


class GivenLeaves:
    """The leaves that the test gave, the first of which is for every name that no other has."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self._first = leaves[0]
        self._by_name: dict[str, Leaf] = {}
        for leaf in leaves:
            for name in leaf.names:
                self._by_name.setdefault(name.lower(), leaf)

    def choose(self, server_name: str | None) -> Leaf:
        """The leaf that has the name, then one with a wildcard for it, then the first."""
        name = _plain_name(server_name)
        wildcard = "*." + name.partition(".")[2]
        return self._by_name.get(name) or self._by_name.get(wildcard) or self._first


class IssuedLeaves:
    """Leaves that a function of the test issues, each when its name is asked for the first time."""

    def __init__(
        self, issue: Issue, check: Callable[[Leaf], object], announce: Callable[[Leaf], object]
    ) -> None:
        """*check* raises for a leaf that cannot be shown; *announce* is told of each new one that can."""
        self._issue = issue
        self._check = check
        self._announce = announce
        self._by_name: dict[str, Leaf] = {}

    def choose(self, server_name: str | None) -> Leaf:
        """The leaf of that name. Raises what the function raised, and for what it should not return."""
        name = _plain_name(server_name)
        leaf = self._by_name.get(name)
        if leaf is None:
            leaf = self._by_name[name] = self._issue_leaf(name or None)
            self._announce(leaf)
        return leaf

    def _issue_leaf(self, name: str | None) -> Leaf:
        try:
            leaf: object = self._issue(name)
            refuse_awaitable(leaf, self._issue, "tls_server()")
            if not isinstance(leaf, Leaf):
                raise TypeError(
                    f"a function that issues leaves returns a Leaf; {self._issue!r} returned {leaf!r}"
                )
            self._check(leaf)
        except BaseException as error:
            error.add_note(f"mockpki: raised by the function that issues leaves, for the name {name!r}")
            raise
        return leaf


def _plain_name(server_name: str | None) -> str:
    return (server_name or "").lower().rstrip(".")
