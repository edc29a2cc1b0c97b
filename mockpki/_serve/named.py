"""What callers know by an id, and perhaps by a name of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from .._typed import find_near
from .problem import Problem

T = TypeVar("T")
_identify = id


class Named(Generic[T]):
    """At most *most* things, in the order in which they came. *what* they are, in words.

    No two are found by one key, and none by the key of another that is *beside* them in the same calls. Every
    method may be called from any thread; the lock is its own, and held for moments.
    """

    def __init__(self, what: str, most: int, beside: Named[Any] | None = None) -> None:
        self._what, self._most = what, most
        self._groups: tuple[Named[Any], ...] = (self,) if beside is None else (self, beside)
        self._lock = threading.RLock()
        self._known: dict[str, T] = {}
        self._keys: dict[str, str] = {}
        """The id of each that is found: by its id, its name, and what else it is known by."""
        self._names: dict[str, str] = {}
        self._ids: dict[int, str] = {}
        """By the identity of the object."""
        self._reserved: list[str | None] = []

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._known))

    def __contains__(self, key: str) -> bool:
        return key in self._keys or key.lower() in self._keys

    def __getitem__(self, id: str) -> T:
        return self._known[id]

    def values(self) -> list[T]:
        """All of them."""
        with self._lock:
            return list(self._known.values())

    @contextmanager
    def room(self, name: str | None) -> Iterator[None]:
        """A block in which one more is made. Raises Problem if there is no room for it, or for its *name*."""
        with self._lock:
            if len(self) + len(self._reserved) >= self._most:
                raise Problem(
                    "limit-reached",
                    f"a PKI here has at most {self._most:,} {self._what}s; make another PKI for more",
                )
            for group in self._groups:
                if name is not None and (name in group or name in group._reserved):
                    raise Problem(
                        "conflict",
                        f"there is a {group._what} called {name!r} already; choose another name",
                        "/name",
                    )
            self._reserved.append(name)
        try:
            yield
        finally:
            with self._lock:
                self._reserved.remove(name)

    def add(self, one: T, id: str, name: str | None, *others: str) -> str:
        """Keep *one*; its id, which is *id* unless another has that. It is found by *others*, too."""
        with self._lock:
            number, own = 1, id
            while any(own in group for group in self._groups):
                number += 1
                own = f"{id}.{number}"
            self._known[own] = one
            self._ids[_identify(one)] = own
            self._keys[own] = own
            for key in others:
                self._keys.setdefault(key, own)
            if name is not None:
                self._keys[name] = own
                self._names[own] = name
            return own

    def find(self, key: str) -> T:
        """That of this id or name. Raises Problem for none."""
        with self._lock:
            own = self._keys.get(key) or self._keys.get(key.lower())
            if own is not None:
                return self._known[own]
            near = find_near(key, self._keys)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise Problem("not-found", f"no {self._what} is called {key[:200]!r} here{hint}", suggestions=near)

    def id_of(self, one: T) -> str | None:
        """The id of *one*; None for one that has none."""
        return self._ids.get(_identify(one))

    def name_of(self, id: str) -> str | None:
        """The name that a caller gave it, None for none."""
        return self._names.get(id)

    def drop(self, id: str) -> None:
        """Forget that of this *id*, and all that it is found by."""
        with self._lock:
            one = self._known.pop(id, None)
            self._ids.pop(_identify(one), None)
            self._names.pop(id, None)
            self._keys = {key: own for key, own in self._keys.items() if own != id}
