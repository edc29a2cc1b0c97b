"""Callables whose result must be awaited, where a plain function is called: refused, and never passed over.

A call of a coroutine function runs nothing of it: whoever takes it for done sees a test pass that never ran.
"""

from __future__ import annotations

import concurrent.futures
import inspect


def refuse_async(function: object, parameter: str, way_out: str) -> None:
    """Raise TypeError for a *function* that a plain call would not run, given as *parameter*.

    That is one with ``async def``, or with a ``yield`` in it, also as a method, a partial, or an object
    with such a ``__call__``.
    """
    kind = _kind(function) or (None if isinstance(function, type) else _kind(type(function).__call__))
    if kind is not None:
        raise TypeError(
            f"{parameter} takes a plain function; {function!r} is {kind}, which no plain call runs: {way_out}"
        )


def refuse_awaitable(result: object, function: object, parameter: str) -> None:
    """Raise TypeError for a *result* that somebody would have to wait for, which *function* returned."""
    if not (
        inspect.isawaitable(result)
        or inspect.isasyncgen(result)
        or inspect.isgenerator(result)
        or isinstance(result, concurrent.futures.Future)
    ):
        return
    shown = repr(result)
    if inspect.iscoroutine(result):
        # It is told of here; Python's own warning that it was never awaited comes too late for the test.
        result.close()
    raise TypeError(
        f"{parameter} takes a function that is done when it returns; {function!r} returned {shown}, which "
        "nobody waits for"
    )


def _kind(function: object) -> str | None:
    if inspect.iscoroutinefunction(function):
        return "a coroutine function"
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        return "a generator function"
    return None
