"""The function that connects: what it may take, what it may be, and what its end means.

What has to be awaited is no verdict: `Case.check` refuses it, and `Case.check_async` awaits it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from ..._clock import monotonic
from ..._problems import describe
from ..._typed import suggest
from ...relying_party import Verdict
from ._judging import Outcome
from ._stage import TARGET_NAMES, Target

Connect = Callable[..., object]

MISTAKES = (TypeError, NameError, AttributeError, ImportError, AssertionError, FileNotFoundError)
"""What a test's own function raises when it is wrong itself: never a verdict."""


def read_parameters(connect: Connect) -> tuple[str, ...]:
    """The names of `Target` that *connect* takes as parameters. Raises TypeError for any others."""
    if not callable(connect):
        raise TypeError(
            f"check() takes a function that connects, such as def connect(url, ca_file); got {connect!r}"
        )
    if _is_any(connect, inspect.isgeneratorfunction, inspect.isasyncgenfunction):
        raise TypeError(
            f"a function that connects runs to its end, and {connect!r} has a yield: nobody would go on with "
            "it; let it return or raise"
        )
    parameters = inspect.signature(connect).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return TARGET_NAMES
    for parameter in parameters:
        if parameter.name not in TARGET_NAMES and parameter.default is parameter.empty:
            hint = suggest(parameter.name, TARGET_NAMES, f"it can have {', '.join(TARGET_NAMES)}.", 0.6)
            raise TypeError(f"a function that connects has no parameter {parameter.name!r}; {hint}")
    return tuple(parameter.name for parameter in parameters if parameter.name in TARGET_NAMES)


def refuse_coroutine(connect: Connect) -> None:
    """Raise TypeError for a function that has to be awaited."""
    if _is_any(connect, inspect.iscoroutinefunction):
        raise TypeError(
            f"check() awaits nothing, and {connect!r} is a coroutine function; write "
            "`await scenario.check_async(connect)`"
        )


def _is_any(connect: Connect, *kinds: Callable[[Any], bool]) -> bool:
    """Whether *connect*, or what is called when it is an object, is of one of these *kinds*."""
    call = getattr(type(connect), "__call__", None)  # noqa: B004 - it is the method that is asked for
    return any(kind(connect) or kind(call) for kind in kinds)


def call(connect: Connect, names: tuple[str, ...], target: Target) -> Outcome:
    """Call *connect* with what it takes of *target*; what it returns or raises is its verdict.

    Raises TypeError if it returns what has to be awaited.
    """
    began = monotonic()
    try:
        returned = connect(**_choose(names, target))
    except MISTAKES:
        raise
    except Exception as error:
        return _rejection(error, began)
    _refuse_unfinished(returned)
    return _read_verdict(returned, began)


async def call_async(connect: Connect, names: tuple[str, ...], target: Target) -> Outcome:
    """The same for a function whose end is awaited, if it has to be."""
    began = monotonic()
    try:
        returned = connect(**_choose(names, target))
        if isinstance(returned, Future):
            returned = asyncio.wrap_future(returned)
        if inspect.isawaitable(returned):
            returned = await returned
    except MISTAKES:
        raise
    except Exception as error:
        return _rejection(error, began)
    return _read_verdict(returned, began)


def _choose(names: tuple[str, ...], target: Target) -> dict[str, Any]:
    where: dict[str, Any] = asdict(target)
    return {name: where[name] for name in names}


def _rejection(error: Exception, began: float) -> Outcome:
    return Outcome(False, f"raised {describe(error)}", monotonic() - began)


def _read_verdict(returned: object, began: float) -> Outcome:
    accepted = returned.accepted if isinstance(returned, Verdict) else returned is not False
    return Outcome(accepted, f"returned {returned}", monotonic() - began)


def _refuse_unfinished(returned: object) -> None:
    """Raise TypeError for something that is not the end of a client, but has yet to come to one."""
    words = f"the function that connects returned {returned!r}, which has not come to its end"
    if isinstance(returned, Future):
        raise TypeError(f"{words}: let it return its result()")
    if inspect.isawaitable(returned):
        if inspect.iscoroutine(returned):
            returned.close()  # or Python complains that it was never awaited
        raise TypeError(
            f"{words}, and check() awaits nothing; write `await scenario.check_async(connect)`, or let it "
            "run to its end, such as by asyncio.run()"
        )
    if isinstance(returned, Generator | AsyncGenerator):
        raise TypeError(f"{words}: let it return, and not yield")
