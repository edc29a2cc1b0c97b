"""Staplers: what gets the staples of a TLS server as a policy says, and what it did so far."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from ..staplers import Event, Stapler
from . import bodies, queries, shapes
from .durations import read_duration
from .hosted import Hosted
from .limits import LONGEST_WAIT
from .problem import Problem, pointing_to
from .route import Call, Routes
from .waiting import read_page

ROUTES = Routes()
_ONE = "/v1/pkis/{pki}/tls_servers/{server}/stapler"
_USUAL = timedelta(seconds=5)


def _find(call: Call) -> tuple[Hosted, Stapler]:
    hosted = call.hosted
    try:
        return hosted, hosted.servers.find(call.path["server"]).stapler
    except ValueError as error:
        raise Problem(
            "not-found",
            'this TLS server has no stapler; give it one with PUT .../staple {"staple": {"policy": "nginx"}}',
        ) from error


def show_event(number: int, event: Event) -> shapes.StaplerEvent:
    """One thing that happened to a stapler."""
    return shapes.StaplerEvent(
        number=number, time=event.time, name=event.name, kind=str(event.kind), detail=event.detail
    )


def show_stapler(stapler: Stapler, events: list[tuple[int, Event]], last: int) -> shapes.Stapler:
    """Its numbers, and these *events*."""
    return shapes.Stapler(
        due=stapler.due,
        stats=asdict(stapler.stats),
        events=[show_event(*one) for one in events],
        last=last,
    )


@ROUTES.add("GET", _ONE, query=queries.After, answers=shapes.Stapler)
def get_stapler(call: Call) -> shapes.Stapler:
    """What a stapler did so far, counted; and the events numbered above `after`, oldest first.

    With `wait`, as soon as there is one. `due` is when it asks next of its own accord, by the PKI's clock.
    """
    hosted, stapler = _find(call)
    shown, last = read_page(hosted, stapler, call.query, number=lambda one: one[0])
    return show_stapler(stapler, shown, last)


@ROUTES.add(
    "POST", f"{_ONE}/settle", body=bodies.Settle, optional=True, answers=shapes.Stapler,
    refusals=("something-failed",),
)  # fmt: skip
def settle(call: Call) -> shapes.Stapler:
    """Answer once no fetch is under way; 409 if one still is after `timeout`, 5 s unless given."""
    _, stapler = _find(call)
    body = call.body or bodies.Settle()
    timeout = _USUAL
    if body.timeout is not None:
        with pointing_to("/timeout"):
            timeout = read_duration(body.timeout, "timeout", least=timedelta(), most=LONGEST_WAIT)
    try:
        stapler.settle(timeout)
    except TimeoutError as error:
        raise Problem("something-failed", str(error)) from error
    return show_stapler(stapler, stapler.since(0), stapler.last_number)


@ROUTES.add("POST", f"{_ONE}/restart", answers=shapes.Stapler, refusals=("something-failed",))
def restart(call: Call) -> shapes.Stapler:
    """Restart it as the server's process would: memory is gone, what is persisted stays, connections end.

    409 where the policy does not let the server start again.
    """
    _, stapler = _find(call)
    try:
        stapler.restart()
    except RuntimeError as error:
        raise Problem("something-failed", str(error)) from error
    return show_stapler(stapler, stapler.since(0), stapler.last_number)
