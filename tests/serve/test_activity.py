"""How long nobody has called: a call that is under way counts, and a look at the health does not."""

import threading
from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.test import Client, run_wsgi_app

from mockpki._serve import activity
from mockpki._serve.activity import Activity


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that it goes by, as its only element."""
    now = [100.0]
    monkeypatch.setattr(activity, "monotonic", lambda: now[0])
    return now


def application(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Answers in two parts."""
    if environ["PATH_INFO"] == "/bug":
        raise ZeroDivisionError
    start_response("200 OK", [])
    return iter([b"one", b"two"])


def test_calls_count_when_they_are_over(clock: list[float]) -> None:
    """From their end on; those that fail, too."""
    own = Activity(application)
    clock[0] += 5
    assert own.idle() == 5
    with Client(own).get("/v1/pkis") as response:
        assert response.data == b"onetwo"
    assert own.idle() == 0
    clock[0] += 7
    assert own.idle() == 7
    with pytest.raises(ZeroDivisionError):
        Client(own).get("/bug")
    assert own.idle() == 0
    clock[0] += 3
    assert own.idle() == 3


def test_whoever_reads_is_there(clock: list[float]) -> None:
    """However long: an answer may be a stream of events. It is over when the server closes it."""
    own = Activity(application)
    environ = {"PATH_INFO": "/v1/events", "REQUEST_METHOD": "GET"}
    parts, _, _ = run_wsgi_app(own, environ)
    assert next(iter(parts)) == b"one"
    clock[0] += 1000
    assert own.idle() == 0
    parts.close()  # type: ignore[attr-defined]
    clock[0] += 2
    assert own.idle() == 2


def test_the_end_of_calls_is_waited_for() -> None:
    """Not longer than one may, and not at all where nobody calls."""
    own = Activity(application)
    assert own.let_end(0)
    parts, _, _ = run_wsgi_app(own, {"PATH_INFO": "/v1/events", "REQUEST_METHOD": "GET"})
    assert not own.let_end(0.01)
    timer = threading.Timer(0.05, parts.close)  # type: ignore[attr-defined]
    timer.start()
    assert own.let_end(60)
    timer.join()


def test_a_look_is_no_call(clock: list[float]) -> None:
    """A container's health check does not keep a server alive that nobody uses."""
    own = Activity(application)
    clock[0] += 60
    with Client(own).get("/health") as response:
        assert response.status_code == 200
        assert own.idle() == 60
    assert own.idle() == 60
