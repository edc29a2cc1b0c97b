"""What can be said of what is spoken beside TLS, and what cannot."""

import socket
from typing import Any

import pytest

from mockpki._tls.spoken import Spoken


def speak(sock: socket.socket) -> None:
    """Say nothing."""


async def speak_later(sock: socket.socket) -> None:
    """Say nothing, on some loop."""


def test_the_servers_own_http() -> None:
    """It speaks HTTP where nobody else does; what comes before TLS is no matter."""
    assert Spoken().is_http
    assert Spoken(before_tls=speak).is_http
    assert not Spoken(handler=speak).is_http
    assert not Spoken(forward_to=("127.0.0.1", 1), before_tls=speak).is_http


@pytest.mark.parametrize("parameter", ["handler", "before_tls"])
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (5, "= takes a function that is called with a socket; got 5"),
        ("smtp", "= takes a function that is called with a socket; got 'smtp'"),
        (speak_later, "= takes a plain function; .* is a coroutine function"),
    ],
)
def test_what_is_no_function(parameter: str, value: Any, sentence: str) -> None:
    """The parameter is named, and what came."""
    with pytest.raises(TypeError, match=parameter + sentence):
        Spoken(**{parameter: value})


def test_one_takes_the_decrypted_bytes() -> None:
    """A handler and an address are one too many."""
    with pytest.raises(ValueError, match="handler= and forward_to= both take the decrypted bytes"):
        Spoken(handler=speak, forward_to=("127.0.0.1", 1))
