"""The server itself: whether it is there, what its problems mean, and its end."""

from __future__ import annotations

from importlib.metadata import version

from .._clock import monotonic
from . import shapes
from .problem import PAGE, TYPES
from .route import Call, Routes

ROUTES = Routes()


@ROUTES.add("GET", "/health", answers=shapes.Health)
def get_health(call: Call) -> shapes.Health:
    """That the server is there. It needs no token."""
    topology = call.topology
    return shapes.Health(
        status="ok",
        version=version("mockpki"),
        api="v1",
        pkis=len(topology),
        uptime=round(monotonic() - topology.started, 3),
    )


@ROUTES.add("GET", PAGE, answers=dict[str, shapes.ProblemType])
def list_problems(call: Call) -> dict[str, shapes.ProblemType]:
    """What each type of problem means."""
    return {
        kind: shapes.ProblemType(status=status, meaning=meaning) for kind, (status, meaning) in TYPES.items()
    }


@ROUTES.add("POST", "/v1/shutdown", status=202)
def shut_down(call: Call) -> None:
    """End the server: all PKIs are closed first."""
    call.topology.stop()
