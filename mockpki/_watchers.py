"""Those who want to be told, on whichever thread it happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Watchers(Generic[P]):
    """Functions that are called when something happens, in the order in which they were added.

    Any thread may add one, and whoever is called may end it. Telling nobody costs nothing.
    """

    def __init__(self) -> None:
        # Replaced and never changed, so that telling needs no lock.
        self._told: tuple[Callable[P, object], ...] = ()
        self._lock = threading.Lock()

    def add(self, tell: Callable[P, object]) -> Callable[[], None]:
        """Have *tell* called from now on. The result ends that; calling it twice does nothing."""

        # A function of its own, so that one that is there twice can be told from itself.
        def own(*args: P.args, **kwargs: P.kwargs) -> None:
            tell(*args, **kwargs)

        with self._lock:
            self._told += (own,)

        def end() -> None:
            with self._lock:
                self._told = tuple(one for one in self._told if one is not own)

        return end

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call each."""
        for own in self._told:
            own(*args, **kwargs)
