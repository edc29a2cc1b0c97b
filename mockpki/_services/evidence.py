"""What happened: the requests a service was asked, and how they were answered.

1. Evidence is only ever added to and read; nothing here answers anything.
2. Everything here may be called from any thread.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from .._clock import monotonic
from .._exchange.http import Answer, HttpRequest
from .._exchange.steps import Abort, Finish, Send, Silence, Step, Trickle, Wait, Wire, deliver
from .._layers import Faults
from .._pkix.ocsp_request import OCSPRequest
from .questions import Inquiry, Question, Reader

_STATUS = re.compile(rb"HTTP/\d\.\d (\d+)")


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """Evidence: what a client asked for, and what it was given.

    *inquiry* is the HTTP request, with the question in it. *time* is the PKI's clock, aware UTC. *faults*
    are those the answer was made with; *answer* is the HTTP answer, *wire* how it went out.
    """

    inquiry: Inquiry
    time: datetime
    faults: Faults
    answer: Answer
    wire: Wire

    @property
    def asked(self) -> HttpRequest:
        """The HTTP request."""
        return self.inquiry.request

    @property
    def method(self) -> str:
        return self.asked.method

    @property
    def path(self) -> str:
        """The request target as it was sent, not unescaped."""
        return self.asked.target

    @property
    def body(self) -> bytes:
        return self.asked.body

    @property
    def client(self) -> str:
        """Address and port."""
        return self.asked.client

    @property
    def read(self) -> Question:
        """The OCSP request; or why it could not be read; or None at a service that asks for nothing."""
        return self.inquiry.question

    @property
    def question(self) -> OCSPRequest | None:
        """The OCSP request, None where there is none that could be read."""
        return self.read if isinstance(self.read, OCSPRequest) else None

    @property
    def error(self) -> str | None:
        """Why the OCSP request could not be read."""
        return f"malformed request: {self.read}" if isinstance(self.read, ValueError) else None

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers by lower-case name; of a repeated one, the last."""
        return {name.lower(): value for name, value in self.asked.headers}

    @property
    def serials(self) -> tuple[int, ...]:
        """The serial numbers asked about, in the order asked."""
        return self.inquiry.serials

    @property
    def hash_algorithm(self) -> str | None:
        """The hash of the first CertID: ``sha1``, ``sha256``, ``sha384``, ``sha512``, or an OID."""
        return self.question.cert_ids[0].hash_name if self.question else None

    @property
    def nonce(self) -> bytes | None:
        """The nonce's own octets, None where the request has none."""
        return self.question.nonce if self.question else None

    @property
    def signed(self) -> bool:
        """Whether the request carries a signature (which is not verified)."""
        return self.question is not None and self.question.signed

    def __str__(self) -> str:
        asked = ", ".join(f"serial {serial:#x}" for serial in self.serials) or self.error or self.path
        bent = f" with {', '.join(map(repr, self.faults))}" if self.faults else ""
        return f"{self.time:%H:%M:%S}Z {self.method} {asked} -> {_describe_wire(self.wire)}{bent}"

    def __repr__(self) -> str:
        return f"<Request {self}>"


def _describe_wire(wire: Wire) -> str:
    """What was put on the wire, and how, where that is not all at once."""
    sent = b"".join(step.data for step in wire if isinstance(step, Send | Trickle))
    status = _STATUS.match(sent)
    what = (
        f"HTTP {status[1].decode()}"
        if status
        else f"{len(sent)} octets that are no HTTP"
        if sent
        else "nothing"
    )
    plain = all(isinstance(step, Send | Finish) for step in wire)
    how = "" if plain and status else " then ".join(map(_describe_step, wire))
    return f"{what} ({how})" if how else what


def _describe_step(step: Step) -> str:
    match step:
        case Send():
            return "sent"
        case Trickle(_, size, seconds):
            return f"trickled, {size} at a time every {seconds:g} s"
        case Wait(seconds):
            return f"{seconds:g} s of waiting"
        case Silence():
            return "silence"
        case Finish():
            return "closed"
        case Abort():
            return "reset"


_Row = tuple[tuple[Any, ...], datetime, tuple[Any, ...]]
"""A request and its honest answer, as tuples of texts and octets alone."""


class RequestLog:
    """The requests of one service, in the order in which they were answered.

    A load test asks a hundred thousand times and reads none of it. So what was answered honestly is kept as
    rows that the garbage collector need not walk, and becomes a `Request` when it is looked at; *read* is
    how to read the question in it.
    """

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._requests: list[Request | _Row] = []
        self._taken = 0
        self._waiting = 0
        self._wakers: list[Callable[[], None]] = []
        self._arrival = threading.Condition()

    def add(
        self, inquiry: Inquiry, time: datetime, faults: Faults, answer: Answer, wire: Wire, honest: bool
    ) -> None:
        """Keep what was asked and how it was answered; *honest*: `deliver` made the wire of the answer."""
        if honest:
            self._requests.append((tuple(inquiry.request), time, answer.row))
        else:
            self._requests.append(Request(inquiry, time, faults, answer, wire))
        # Thousands come in a second, and hardly ever does anyone wait. Whoever does has said so before
        # it looked at the list for the last time.
        if self._waiting:
            with self._arrival:
                self._arrival.notify_all()
                for wake in self._wakers:
                    wake()

    def list_requests(self) -> list[Request]:
        """Every request so far, oldest first."""
        # Another thread may `clear` meanwhile: what there was then is a list of its own.
        kept = self._requests
        return [self._request_at(kept, place) for place in range(len(kept))]

    def _request_at(self, rows: list[Request | _Row], place: int) -> Request:
        kept = rows[place]
        if isinstance(kept, Request):
            return kept
        asked, answer = HttpRequest(*kept[0]), Answer(*kept[2])
        request = Request(Inquiry(asked, self._read), kept[1], (), answer, deliver(asked, answer))
        rows[place] = request
        return request

    def clear(self) -> None:
        """Drop every request."""
        with self._arrival:
            self._requests = []
            self._taken = 0

    def wait_for_next(self, seconds: float, what: str) -> Request:
        """The next request that no earlier call has returned. Raises TimeoutError after *seconds*."""
        until = monotonic() + seconds
        with self._arrival:
            self._waiting += 1
            try:
                while (request := self._take()) is None:
                    left = until - monotonic()
                    if left <= 0:
                        raise TimeoutError(self.explain_absence(seconds, what))
                    self._arrival.wait(left)
            finally:
                self._waiting -= 1
            return request

    def take_next(self) -> Request | None:
        """The same without waiting: None where there is none yet."""
        with self._arrival:
            return self._take()

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have *wake* called at each request, by the thread that answers it. The result ends that."""
        own = partial(wake)
        with self._arrival:
            self._waiting += 1
            self._wakers.append(own)

        def unwatch() -> None:
            with self._arrival:
                self._waiting -= 1
                self._wakers.remove(own)

        return unwatch

    def _take(self) -> Request | None:
        if len(self._requests) <= self._taken:
            return None
        self._taken += 1
        return self._request_at(self._requests, self._taken - 1)

    def explain_absence(self, seconds: float, what: str) -> str:
        """A sentence on *what* was not asked within so many *seconds*."""
        after = " after those returned before" if self._taken else ""
        asked = describe_requests(self.list_requests())
        return f"no request came to the {what} within {seconds:g} s{after}; {asked}"


def describe_requests(requests: Sequence[Request]) -> str:
    """The end of a sentence on what was asked so far, for messages."""
    if not requests:
        return "it was never asked anything"
    shown = "\n".join(f"  {request}" for request in requests[-20:])
    return f"it was asked {count_in_words(len(requests))}, at last:\n{shown}"


def count_in_words(count: int) -> str:
    """``once`` or ``3 times``."""
    return "once" if count == 1 else f"{count} times"


def assert_count(what: str, about: str, found: int, wanted: int | None, requests: Sequence[Request]) -> None:
    """AssertionError, with what was asked, unless *found* is *wanted* (None: at least one)."""
    if wanted is None and not found:
        wrong = f"was not asked{about}"
    elif wanted == 0 and found:
        wrong = f"was asked{about} {count_in_words(found)}, and should not have been"
    elif wanted is not None and found != wanted:
        wrong = f"was asked{about} {count_in_words(found)}, not {count_in_words(wanted)}"
    else:
        return
    raise AssertionError(f"the {what} {wrong}; {describe_requests(requests)}")
