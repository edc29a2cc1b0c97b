"""Which certificate a TLS server shows to whom: by the name that a client asks for (SNI)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from .._awaitables import refuse_awaitable
from .._ca.leaf import Leaf
from .._problems import add_note
from .options import Issue
from .signing import signing_kind

CanUse = Callable[[Leaf], bool]
"""Whether the client that is asking can use a leaf's key."""


class Leaves(Protocol):
    """The certificates of a server."""

    def choose(self, server_name: str | None, can_use: CanUse = ...) -> Leaf:
        """The leaf for an SNI name; None: the client gave none."""


class GivenLeaves:
    """The leaves that the test gave, the first of which is for every name that no other has.

    Several may have one name: each client is shown the first of them that it can use.
    """

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        """ValueError for a leaf that no client would ever be shown."""
        self._by_name: dict[str, list[Leaf]] = {}
        for place, leaf in enumerate(leaves):
            names = dict.fromkeys(name.lower() for name in leaf.names)
            before = [self._by_name.setdefault(name, []) for name in names]
            if place and all(any(_has_clients_of(other, leaf) for other in named) for named in before):
                raise ValueError(
                    f"no client would ever be shown {leaf!r}: "
                    + (
                        "leaves before it have its names and a key of the same kind"
                        if names
                        else "it has no name"
                    )
                    + "; give leaves of one name keys of several kinds (key_type=), or leave it out"
                )
            for named in before:
                named.append(leaf)
        # Who gives no name gets the first, or one that stands for it: a leaf with a name that the first has.
        first = [name.lower() for name in leaves[0].names]
        stands_in = [leaf for leaf in leaves[1:] if any(leaf in self._by_name[name] for name in first)]
        self._default = [leaves[0], *stands_in]

    def choose(self, server_name: str | None, can_use: CanUse = lambda leaf: True) -> Leaf:
        """The leaf that has the name, then one with a wildcard for it, then the first.

        Of several the first that the client can use; where there is none, the first.
        """
        name = _plain_name(server_name)
        wildcard = "*." + name.partition(".")[2]
        named = [*self._by_name.get(name, ()), *self._by_name.get(wildcard, ())] or self._default
        if len(named) == 1:
            return named[0]
        return next(filter(can_use, named), named[0])


def _has_clients_of(leaf: Leaf, other: Leaf) -> bool:
    """Whether every client that can use *other* can use *leaf*."""
    return signing_kind(leaf.key) == signing_kind(other.key)


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

    def choose(self, server_name: str | None, can_use: CanUse = lambda leaf: True) -> Leaf:
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
            add_note(error, f"raised by the function that issues leaves, for the name {name!r}")
            raise
        return leaf


def _plain_name(server_name: str | None) -> str:
    return (server_name or "").lower().rstrip(".")
