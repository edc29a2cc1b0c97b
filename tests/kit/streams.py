"""A listener of Server-Sent Events, as a program has one: it reads what comes, event by event."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from time import monotonic
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

PATIENCE = 60
"""Seconds until what does not come is given up."""


class Heard(NamedTuple):
    """One event: its id, its kind, and its data."""

    id: int
    kind: str
    data: Any

    @property
    def what(self) -> str:
        """The kind, with the state of what it is about."""
        return f"{self.kind} {self.data['state']}" if "state" in self.data else self.kind


class Stream:
    """A stream that is open: *response* is that of the call."""

    def __init__(self, response: HTTPResponse) -> None:
        self.response = response
        self.heard: list[Heard] = []

    def read_until(self, enough: Callable[[list[Heard]], bool]) -> list[Heard]:
        """All events so far, once they are *enough*. Others may go on for ever: there is a limit to it."""
        until = monotonic() + PATIENCE
        while not enough(self.heard):
            assert monotonic() < until, f"not enough within {PATIENCE} s: {self.heard}"
            event = next(self._read())
            self.heard.append(event)
        return self.heard

    def read_rest(self) -> list[Heard]:
        """All events, once the stream has ended."""
        self.heard += self._read()
        return self.heard

    def _read(self) -> Iterator[Heard]:
        fields: dict[str, str] = {}
        for line in self.response:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                yield Heard(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                fields = {}


@contextmanager
def listening(
    url: str, query: str = "", headers: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Stream]:
    """Listen to the events of the server at *url* until the end of the block."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    connection.request("GET", f"/v1/events{query}", headers=dict(headers))
    with closing(connection), connection.getresponse() as response:
        assert response.status == 200, response.read()
        # The first comment has come: from now on whatever happens is heard.
        assert response.readline() == b"retry: 1000\n"
        yield Stream(response)
