"""What every service of a CA shares: where it is, how a request becomes an answer, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from .._clock import Clock
from .._engine.waiting import blocks_a_loop, wait_in_loop
from .._exchange.http import Answer, HttpRequest, http_date
from .._exchange.steps import Listening, Wire, deliver
from .._layers import HTTP, Faults, Listener, Transport, bend
from .._parameters import Pause, Seconds, check_arguments
from .._problems import Problems, say, show
from .control import Controlled, F
from .evidence import Request, RequestLog
from .questions import Inquiry, Reader, read_nothing

_Failed = list[BaseException]
"""What went wrong while one request was answered."""


class Service(Controlled[F]):
    """One service of a CA, on a URL of its own. *F* are the faults it can have."""

    path: ClassVar[str]
    folders: ClassVar[tuple[str, ...]] = ()
    """How the paths of all that it serves begin, where others are beside it; none where it is alone."""
    methods: ClassVar[tuple[str, ...]] = ("GET", "HEAD")

    def __init__(self, what: str, clock: Clock, problems: Problems, read: Reader = read_nothing) -> None:
        super().__init__(what)
        self._clock = clock
        self._problems = problems
        self._read = read
        self._log = RequestLog(read)
        self._base_url: str | None = None
        self._settle: Callable[[], None] = _settle_nothing

    def __repr__(self) -> str:
        return f"<{self._what} at {self._base_url + self.path if self._base_url else 'no port'}>"

    # Where it is.

    @property
    def url(self) -> str:
        """The URL that this CA writes into certificates. ValueError for one that has no port."""
        return self._require_base_url() + self.path

    def _require_base_url(self) -> str:
        if self._base_url is None:
            raise ValueError(f"the {self._what} has no URL: it was never given a port")
        return self._base_url

    def serves(self, url: str) -> bool:
        """Whether *url*, as a certificate has it, leads here."""
        base = f"{self._base_url}/"
        folder = url.removeprefix(base).partition("?")[0].partition("/")[0]
        return self._base_url is not None and url.startswith(base) and folder in self.folders

    def attach(
        self,
        base_url: str,
        listen: Callable[[Listening], None] | None,
        settle: Callable[[], None],
        evidence: int | None = None,
    ) -> None:
        """Called once a port is bound: how to open and close it, and how to wait until it is quiet.

        *listen* is None for a port that others share. *evidence* is how many of the newest requests are
        kept, None for all.
        """
        self._base_url, self._listen, self._settle = base_url, listen, settle
        self._log = RequestLog(self._read, evidence)

    def close(self) -> None:
        """From now on only the evidence can be read."""
        self._closed = True
        self._settle = _settle_nothing

    def reset(self) -> None:
        """Honest again, with no script, and with an empty record."""
        super().reset()
        self._settle()
        self._log.clear()

    # What it was asked.

    @property
    def requests(self) -> list[Request]:
        """Every request so far, oldest first, those included whose octets have just arrived.

        Of those that are not kept any more, `dropped` has the count.
        """
        return self.since(0)

    @check_arguments
    def since(self, number: int) -> list[Request]:
        """The requests with a higher `Request.number`, oldest first; the others are not even read.

        0 gives all. A negative number counts from the end: ``since(-1)`` is the last one.
        """
        self._settle()
        return self._log.since(number)

    @check_arguments
    def find(self, number: int) -> Request | None:
        """The request of that `Request.number`; None for one that is not kept, or not yet there."""
        self._settle()
        return self._log.find(number)

    @property
    def last_number(self) -> int:
        """The number of the newest request, 0 before the first: `since` reads on from there."""
        return self._log.last_number

    @property
    def asked(self) -> int:
        """How many requests came since the last `reset`, those included that are not kept any more."""
        return self._log.count

    @property
    def dropped(self) -> int:
        """How many requests are not kept any more, by ``PKI(evidence=...)``."""
        return self._log.dropped

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have *wake* called at each request, by the thread that answers it. The result ends that."""
        return self._log.watch(wake)

    @check_arguments
    def wait_for_request(self, timeout: Seconds | Pause = 5.0) -> Request:
        """The next request that no earlier call has returned; it may have come already.

        Waits up to *timeout* (seconds, or a timedelta); then raises TimeoutError. It blocks its thread: in
        a coroutine, use `next_request`.
        """
        try:
            return self._log.wait_for_next(_in_seconds(timeout), self._describe())
        except TimeoutError as error:
            if not blocks_a_loop():
                raise
            raise TimeoutError(
                f"{error}\nThe event loop of this thread stood still meanwhile, and every client in it; use "
                f"`await ....next_request()` in a coroutine"
            ) from None

    @check_arguments
    async def next_request(self, timeout: Seconds | Pause = 5.0) -> Request:
        """The same as `wait_for_request`, to be awaited: the event loop and the clients in it go on.

            request = await pki.ocsp.next_request()

        Needs asyncio's loop. Raises TimeoutError after *timeout*.
        """
        seconds = _in_seconds(timeout)
        request = await wait_in_loop(self._log.take_next, self._log.watch, seconds)
        if request is None:
            raise TimeoutError(self._log.explain_absence(seconds, self._describe()))
        return request

    # What it answers.

    def handle(self, request: HttpRequest) -> Wire:
        """The answer to *request*, step by step. Never raises: an error becomes HTTP 500, and is kept."""
        inquiry, failed = Inquiry(request, self._read), _Failed()
        answer, faults, now = self._make_bent_answer(inquiry, failed)
        try:
            wire = bend(Transport, deliver(request, answer), faults)
        except BaseException as error:
            answer = _answer_error(error, failed)
            wire = deliver(request, answer)
        self._keep_evidence(inquiry, now, faults, answer, wire, failed)
        return wire

    def remake(self, request: Request, faults: Faults) -> Answer:
        """The answer to a *request* that was answered, with other *faults*, but for those of HTTP and below.

        It is of the same time, but for files, which are as they are now; and by what the CA knows now. No
        evidence of it is kept.
        """
        return self._respond(request.inquiry, request.time, faults)

    def answer(self, request: HttpRequest) -> Answer:
        """The answer to *request* where there is no connection to bend, as in WSGI.

        Raises ValueError when a fault of the transport or of the listener is in force, or one that
        makes chunks or another version of HTTP.
        """
        inquiry, failed = Inquiry(request, self._read), _Failed()
        answer, faults, now = self._make_bent_answer(inquiry, failed)
        for fault in (*faults, *self._faults_for_all()):
            if isinstance(fault, Transport | Listener):
                raise ValueError(
                    f"{fault!r} bends the connection itself, which an application behind WSGI does not hold; "
                    "use the service's own port for it"
                )
        if answer.chunk is not None or answer.version != "1.1":
            raise ValueError(
                f"{list(faults)!r} bend how HTTP is written, which is up to the server that WSGI is behind; "
                "use the service's own port for it"
            )
        self._keep_evidence(inquiry, now, faults, answer, deliver(request, answer), failed)
        return answer

    def _make_bent_answer(self, inquiry: Inquiry, failed: _Failed) -> tuple[Answer, Faults, datetime]:
        """The answer, the faults it was made with, and when; what goes wrong is put to what has *failed*."""
        faults: Faults = ()
        try:
            faults = self._choose_faults(inquiry)
            now = self._clock.now()
            answer = self._respond(inquiry, now, faults)
            if faults:
                answer = bend(HTTP, replace(answer, target=inquiry.request.target), faults)
            return answer, faults, now
        # Also what is no Exception: pytest.fail() in a user's fault raises it, and it belongs to the test.
        except BaseException as error:
            return _answer_error(error, failed), faults, self._clock.now()

    def _respond(self, inquiry: Inquiry, now: datetime, faults: Faults) -> Answer:
        """The answer *now*, with all *faults* but those of HTTP and below."""
        raise NotImplementedError

    def _not_allowed(self, request: HttpRequest, now: datetime) -> Answer:
        # RFC 9110 section 15.5.6: "The origin server MUST generate an Allow header field in a 405
        # response".
        allowed = ", ".join(self.methods)
        sentence = f"mockpki: the {self._what} takes {allowed}, not {request.method}"
        return Answer.text(405, sentence, ("Allow", allowed), ("Date", http_date(now)))

    def _keep_evidence(
        self,
        inquiry: Inquiry,
        now: datetime,
        faults: Faults,
        answer: Answer,
        wire: Wire,
        failed: _Failed,
    ) -> None:
        self._log.add(inquiry, now, faults, answer, wire)
        # A test that is told of an error finds the request that it came with.
        for error in failed:
            where = f"raised in the {self._what} while it answered with {show(list(faults))}"
            self._problems.add(error, where)


def _answer_error(error: BaseException, failed: _Failed) -> Answer:
    failed.append(error)
    return Answer.text(500, f"mockpki: {type(error).__name__} in the test's own fault: {say(error)}")


def _in_seconds(timeout: float | timedelta) -> float:
    """A time-out as a test gives it, in seconds."""
    return timeout.total_seconds() if isinstance(timeout, timedelta) else timeout


def _settle_nothing() -> None:
    """What there is to wait for where there is no port."""
