"""What happened: the requests a service was asked, and how they were answered.

1. Evidence is only ever added to and read; nothing here answers anything.
2. Everything here may be called from any thread.
"""

from __future__ import annotations

import marshal
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from .._clock import EPOCH, monotonic
from .._exchange.http import Answer, HttpRequest
from .._exchange.steps import Abort, Finish, Send, Silence, Step, Trickle, Wait, Wire, deliver, join_octets
from .._layers import Faults
from .._pkix.ocsp_request import OCSPRequest
from .journal import Journal, Log, Row
from .questions import Inquiry, Question, Reader

_SHOWN = 20
_STATUS = re.compile(rb"HTTP/\d\.\d (\d+)")


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """Evidence: what a client asked for, and what it was given.

    *inquiry* is the HTTP request, with the question in it. *time* is the PKI's clock, aware UTC. *faults*
    are those the answer was made with; *answer* is the HTTP answer, *wire* how it went out. *number* counts
    the requests of a service from 1; no two have the same, whatever is reset or dropped.
    """

    inquiry: Inquiry
    time: datetime
    faults: Faults
    answer: Answer
    wire: Wire
    number: int = field(default=0, compare=False)

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
    sent = join_octets(wire)
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


class RequestLog(Log[Request]):
    """The requests of one service, in the order in which they were answered.

    What was answered honestly is kept as octets, and becomes a `Request` when it is looked at; *read* is how
    to read the question in it. *limit*: how many of the newest are kept, None for all.
    """

    def __init__(self, read: Reader, limit: int | None = None) -> None:
        self._read = read
        self._journal = Journal(8, self._from_octets, limit)
        self._taken = 0
        self._waiting = 0
        self._wakers: list[Callable[[], None]] = []
        self._arrival = threading.Condition()

    def add(self, inquiry: Inquiry, time: datetime, faults: Faults, answer: Answer, wire: Wire) -> None:
        """Keep what was asked and how it was answered; without *faults*, *wire* is what `deliver` makes."""
        if faults:
            self._journal.keep(partial(Request, inquiry, time, faults, answer, wire))
        else:
            self._journal.add(_to_octets(inquiry.request, time, answer))
        # Thousands come in a second, and hardly ever does anyone wait. Whoever does has said so before
        # it looked at the journal for the last time.
        if self._waiting:
            with self._arrival:
                self._arrival.notify_all()
                for wake in self._wakers:
                    wake()

    def _from_octets(self, number: int, row: Row) -> Request:
        time, asked, client, body, *head, content = row
        method, target, headers, version, keep_alive = marshal.loads(asked)  # noqa: S302 - it is our own
        request = HttpRequest(method, target, headers, body, version, keep_alive, client.decode())
        answer = Answer.read(b"".join(head), content)
        when = EPOCH + timedelta(seconds=int(time))
        return Request(Inquiry(request, self._read), when, (), answer, deliver(request, answer), number)

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
        # Those that were dropped before anyone took them are passed over.
        while (number := max(self._taken + 1, self._journal.first)) <= self._journal.last:
            self._taken = number
            request = self._journal.find(number)
            if request is not None:
                return request
        return None

    def explain_absence(self, seconds: float, what: str) -> str:
        """A sentence on *what* was not asked within so many *seconds*."""
        after = " after those returned before" if self._taken >= self._journal.first else ""
        return f"no request came to the {what} within {seconds:g} s{after}; {self.describe()}"

    def describe(self) -> str:
        """The end of a sentence on what was asked so far, for messages."""
        if not self.count:
            return "it was never asked anything"
        shown = "\n".join(f"  {request}" for request in self.since(-_SHOWN))
        return f"it was asked {count_in_words(self.count)}, at last:\n{shown}"

    def assert_count(self, what: str, wanted: int | None) -> None:
        """AssertionError, with what was asked, unless there were *wanted* requests (None: at least one)."""
        self._fail(what, _judge_count("", self.count, wanted))

    def assert_count_of(
        self, what: str, about: str, chosen: Callable[[Request], bool], wanted: int | None
    ) -> None:
        """The same, of the requests alone that are *chosen*; *about* says which, as in " about serial 5"."""
        dropped = self.dropped
        found = sum(map(chosen, self.since(0)))
        wrong = _judge_count(about, found, wanted)
        # One that is not kept may have been chosen, which makes more of them, and never fewer.
        if dropped and not (found if wanted is None else found > wanted):
            wrong = (
                f"cannot be told to have been asked{about} or not: of the requests, the {dropped} oldest are "
                f"not kept any more, and {found} of the others are such; give PKI(evidence=...) more room"
            )
        self._fail(what, wrong)

    def _fail(self, what: str, wrong: str | None) -> None:
        if wrong is not None:
            raise AssertionError(f"the {what} {wrong}; {self.describe()}")


def _to_octets(request: HttpRequest, time: datetime, answer: Answer) -> Row:
    """What `RequestLog` makes a request and its honest answer of again, in parts, most of which recur."""
    method, target, headers, body, version, keep_alive, client = request
    sent, content = answer.encode(), answer.body
    # Of the head, only the ETag is another in each answer of the same second.
    end = len(sent) - len(content)
    start_of_tag = max(sent.find(b"\nETag: ", 0, end), 0)
    end_of_tag = sent.find(b"\n", start_of_tag + 1, end)
    return (
        b"%d" % time.timestamp(),
        # In version 2 the same values are always the same octets.
        marshal.dumps((method, target, headers, version, keep_alive), 2),
        client.encode(),
        body,
        sent[:start_of_tag],
        sent[start_of_tag:end_of_tag],
        sent[end_of_tag:end],
        content,
    )


def count_in_words(count: int) -> str:
    """``once`` or ``3 times``."""
    return "once" if count == 1 else f"{count} times"


def _judge_count(about: str, found: int, wanted: int | None) -> str | None:
    """What is wrong with so many requests; None where nothing is."""
    if wanted is None and not found:
        return f"was not asked{about}"
    if wanted == 0 and found:
        return f"was asked{about} {count_in_words(found)}, and should not have been"
    if wanted is not None and found != wanted:
        return f"was asked{about} {count_in_words(found)}, not {count_in_words(wanted)}"
    return None
