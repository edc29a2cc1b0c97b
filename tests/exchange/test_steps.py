"""The steps that an answer takes over the wire."""

from dataclasses import replace
from typing import Any

import pytest

from mockpki._exchange.http import Answer, HttpRequest, add_required
from mockpki._exchange.steps import Abort, Finish, Send, Silence, Trickle, Wait, deliver, is_wire

ANSWER = Answer.of(200, "text/plain", b"octets")


WIRES: list[Any] = [
    (),
    (Send(b"x"),),
    (Wait(1), Send(b"x"), Wait(0.5), Finish()),
    (Trickle(b"x", 1, 0), Trickle(b"x", 2, 0.5)),
    (Silence(),),
    (Abort(),),
]


@pytest.mark.parametrize("wire", WIRES, ids=repr)
def test_steps_that_can_be_taken(wire: object) -> None:
    """A tuple of steps, each with what its annotation says."""
    assert is_wire(wire)


wrong: Any = "text"
NO_WIRES: list[Any] = [
    None,
    b"octets",
    Send(b"x"),
    [Send(b"x")],
    (b"octets",),
    (Send(wrong),),
    (Wait(wrong),),
    (Trickle(wrong, 1, 1),),
    (Trickle(b"x", wrong, 1),),
    (Trickle(b"x", 1, wrong),),
    (Trickle(b"x", 0, 1),),
    (Trickle(b"x", -1, 1),),
    (Send(b"x"), None),
    (Send,),
]


@pytest.mark.parametrize("wire", NO_WIRES, ids=repr)
def test_what_is_no_wire(wire: object) -> None:
    """Anything else: a step that cannot be taken among them, or no step at all."""
    assert not is_wire(wire)


def asked(method: str = "GET", *, version: str = "1.1", keep_alive: bool = True) -> HttpRequest:
    """A request as far as the way of the answer depends on it."""
    return HttpRequest(method, "/", version=version, keep_alive=keep_alive)


def test_an_answer_goes_out_at_once_and_the_connection_is_kept() -> None:
    """As HTTP/1.1 has it, where nobody asked for anything else."""
    assert deliver(asked(), ANSWER) == (Send(ANSWER.encode()),)


def test_head_gets_no_body() -> None:
    """RFC 9110 section 9.3.2: the headers alone, which say how long the body would be."""
    [sent] = deliver(asked("HEAD"), ANSWER)
    assert sent == Send(ANSWER.head())
    endless = ANSWER.without_header("Content-Length")
    assert deliver(asked("HEAD"), endless) == (Send(endless.head()),)


CLOSED = {
    "asked to close": (asked(keep_alive=False), ANSWER),
    "an answer of HTTP/1.0": (asked(), Answer(200, ANSWER.headers, b"octets", "1.0")),
    "no end but the connection's": (asked(), ANSWER.without_header("Content-Length")),
}


@pytest.mark.parametrize("why", CLOSED)
def test_a_connection_is_closed_where_it_has_to_be(why: str) -> None:
    """The answer says so, and then the connection ends."""
    request, answer = CLOSED[why]
    assert deliver(request, answer) == (Send(answer.with_header("Connection", "close").encode()), Finish())


def test_a_client_of_http_1_0_is_told_that_it_is_kept() -> None:
    """Where it asked for that; by itself HTTP/1.0 would take the connection to end."""
    kept = deliver(asked(version="1.0"), ANSWER)
    assert kept == (Send(ANSWER.with_header("Connection", "keep-alive").encode()),)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (HttpRequest("GET", "/"), "Upgrade"),
        (HttpRequest("GET", "/", keep_alive=False), "Upgrade, close"),
        (HttpRequest("GET", "/", version="1.0"), "Upgrade, keep-alive"),
    ],
)
def test_what_an_upgrade_needs_is_not_overwritten(request_: HttpRequest, expected: str) -> None:
    """RFC 9110 section 7.8: the connection option stands beside the one that says whether it is kept."""
    [sent, *_] = deliver(request_, add_required(replace(ANSWER, status=426)))
    assert isinstance(sent, Send)
    assert f"\r\nConnection: {expected}\r\n".encode() in sent.data
