"""What every service of a CA shares: requests in, answers out; faults, scripts and the record."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any, ClassVar, Generic, TypeVar

from .._clock import Clock
from .._exchange.http import Answer, HttpRequest, http_date
from .._exchange.steps import Listening, Wire, deliver
from .._layers import HTTP, Fault, Faults, Listener, Transport, bend, check
from .._pkix.ocsp_request import OCSPRequest
from .._pkix.window import Window
from .._problems import Problems
from ..sequences import Chooser, Counted
from .evidence import Read, Record, Request

F = TypeVar("F")
S = TypeVar("S", bound="Service[Any]")
Rule = Faults | Counted


class Restore(Generic[S]):
    """What ``respond_with`` and ``respond_by`` give back: leave it alone, or use it in a ``with``."""

    def __init__(self, service: S, restore: Callable[[], None]) -> None:
        self._service, self._restore = service, restore

    def __enter__(self) -> S:
        return self._service

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()


class Service(Generic[F]):
    """One service of a CA, on a URL of its own. *F* are the faults it can have."""

    layers: ClassVar[tuple[type[Fault[Any]], ...]]
    path: ClassVar[str]
    methods: ClassVar[tuple[str, ...]] = ("GET", "HEAD")

    def __init__(self, what: str, clock: Clock, problems: Problems) -> None:
        self._what = what
        self._clock = clock
        self._problems = problems
        self._rules: dict[int | None, Rule] = {}
        self._choosers: list[Counted] = []
        self._script: deque[Faults] = deque()
        self._script_length = 0
        self._record = Record(self._reread)
        self._base_url: str | None = None
        self._listening = Listening()
        self._listen: Callable[[Listening], None] = lambda listening: None
        self._settle: Callable[[], None] = _nothing
        self._closed = False

    def __repr__(self) -> str:
        return f"<{self._what} at {self.url if self._base_url else 'no port'}>"

    # Where it is.

    @property
    def url(self) -> str:
        """The URL that this CA writes into certificates. ValueError for one that has no port."""
        if self._base_url is None:
            raise ValueError(f"the {self._what} has no URL: it was never given a port")
        return self._base_url + self.path

    def attach(self, base_url: str, listen: Callable[[Listening], None], settle: Callable[[], None]) -> None:
        """Called once a port is bound: how to open and close it, and how to wait until it is quiet."""
        self._base_url, self._listen, self._settle = base_url, listen, settle

    def close(self) -> None:
        """From now on only the evidence can be read."""
        self._closed = True
        self._settle = _nothing

    # What it does wrong.

    def _bend_with(self: S, key: int | None, faults: Sequence[Any]) -> Restore[S]:
        self._require_open()
        checked = self._check(faults)
        if key is not None and any(isinstance(fault, Listener) for fault in checked):
            raise ValueError(
                f"{checked!r} with to=: a port is refused before anyone can tell which certificate is meant, "
                "and kept waiting before, too; leave to= out, or use faults.Reset() or faults.Slow()"
            )
        return self._put_rule(key, checked)

    def respond_by(self: S, chooser: Chooser[F]) -> Restore[S]:
        """Answer each request with the faults that *chooser* returns for it, from now on.

        That is a function of the `mockpki.sequences.Incoming` request, or something ready-made of that
        module; it returns faults, or ``[]`` for honest. It takes the place of ``respond_with`` without
        *to*, and like that can be a context manager; scripts and *to* go before it. Raises TypeError or
        ValueError for faults that this service cannot have request by request; those that only turn up
        when a request is there fail the test then.
        """
        self._require_open()
        rule = Counted(chooser)
        for choice in getattr(chooser, "choices", ()):
            self._check_choice(choice, "a sequence")
        self._choosers.append(rule)
        return self._put_rule(None, rule)

    def _put_rule(self: S, key: int | None, rule: Rule) -> Restore[S]:
        before = self._rules.get(key)
        self._set_rule(key, rule)
        return Restore(self, lambda: self._set_rule(key, before))

    def _require_open(self) -> None:
        if self._closed:
            raise ValueError(f"the {self._what} is closed; faults can only be set while its PKI is open")

    def _check(self, faults: Iterable[Any]) -> Faults:
        return check(faults, self.layers, f"the {self._what}")

    def _check_choice(self, choice: Any, where: str) -> Faults:
        """The faults of one answer among several."""
        faults = self._check(choice if isinstance(choice, list | tuple) else (choice,))
        if any(isinstance(fault, Listener) for fault in faults):
            raise ValueError(
                f"{faults!r} in {where}: a refused connection never becomes a request, and one kept waiting "
                "is not yet one, so it cannot be counted; use respond_with() for it"
            )
        return faults

    def _set_rule(self, key: int | None, rule: Rule | None) -> None:
        rules = dict(self._rules)
        if rule is None:
            rules.pop(key, None)
        else:
            rules[key] = rule
        self._rules = rules
        listening = bend(Listener, Listening(), self._rule_for_all())
        if listening != self._listening and not self._closed:
            self._listening = listening
            self._listen(listening)

    def _rule_for_all(self) -> Faults:
        """What is set for every request; nothing where that is chosen for each."""
        rule = self._rules.get(None, ())
        return () if isinstance(rule, Counted) else rule

    @property
    def choosers(self) -> str | None:
        """What ``respond_by`` was given since the last `reset`, in words; None for nothing."""
        if not self._choosers:
            return None
        return f"{self._what} (answering by {' and by '.join(map(repr, self._choosers))})"

    def script(self, *answers: F | Sequence[F]) -> None:
        """Answer the next requests with *answers*, one list of faults each; then go on as before.

        ``[]`` is an honest answer. A script that is not used up fails the test. Raises TypeError for
        faults this service cannot have, ValueError while another script still runs.
        """
        if self._script:
            raise ValueError(
                f"a script of the {self._what} still has {len(self._script)} answers left; "
                "let it run out, or call reset()"
            )
        self._require_open()
        script = deque(self._check_choice(answer, "a script") for answer in answers)
        self._script_length = len(script)
        self._script = script

    def reset(self) -> None:
        """Honest again, with no script, and with an empty record."""
        self._script = deque()
        for key in list(self._rules):
            self._set_rule(key, None)
        self._choosers = []
        self._settle()
        self._record.clear()

    def unused(self) -> str | None:
        """A sentence on what a script had left over, None when there is nothing."""
        if not self._script:
            return None
        used = self._script_length - len(self._script)
        left = ", ".join(repr(list(faults)) for faults in self._script)
        return (
            f"the script of the {self._what} was not used up: the client made {used} of "
            f"{self._script_length} requests, so these answers were never sent: {left}"
        )

    def forget_script(self) -> None:
        """Drop what is left of the script."""
        self._script = deque()

    # What it was asked.

    @property
    def requests(self) -> list[Request]:
        """Every request so far, oldest first, those included whose octets have just arrived."""
        self._settle()
        return self._record.all()

    def wait_for_request(self, timeout: float | timedelta = 5.0) -> Request:
        """The next request that no earlier call has returned; it may have come already.

        Waits up to *timeout* (seconds, or a timedelta); then raises TimeoutError.
        """
        return self._record.next(timeout, self.choosers or self._what)

    # What it answers.

    def handle(self, request: HttpRequest) -> Wire:
        """The answer to *request*, step by step. Never raises: an error becomes HTTP 500, and is kept."""
        answer, faults = self._decide(request)
        try:
            wire = bend(Transport, deliver(request, answer), faults)
        except BaseException as error:
            answer = self._failed(error, faults)
            wire = deliver(request, answer)
        self._note(request, answer, wire, faults)
        return wire

    def answer(self, request: HttpRequest) -> Answer:
        """The answer to *request* where there is no connection to bend, as in WSGI.

        Raises ValueError when a fault of the transport or of the listener is in force, or one that
        makes chunks or another version of HTTP.
        """
        answer, faults = self._decide(request)
        for fault in (*faults, *self._rule_for_all()):
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
        self._note(request, answer, deliver(request, answer), faults)
        return answer

    def _decide(self, request: HttpRequest) -> tuple[Answer, Faults]:
        faults: Faults = ()
        try:
            faults = self._faults_for(request)
            answer = self._respond(request, faults)
            if faults:
                answer = bend(HTTP, replace(answer, target=request.target), faults)
            return answer, faults
        except BaseException as error:
            return self._failed(error, faults), faults

    def _failed(self, error: BaseException, faults: Faults) -> Answer:
        # BaseException too: pytest.fail() in a user's fault raises one, and it belongs to the test.
        self._problems.add(error, f"raised in the {self._what} while it answered with {list(faults)!r}")
        return Answer.text(500, f"mockpki: {type(error).__name__} in the test's own fault: {error}")

    def _faults_for(self, request: HttpRequest) -> Faults:
        try:
            return self._script.popleft()
        except IndexError:
            rule = self._rule(request)
        if not isinstance(rule, Counted):
            return rule
        read = self._read(request)
        serials = tuple(one.serial_number for one in read.cert_ids) if isinstance(read, OCSPRequest) else ()
        return self._check_choice(rule.choose(request, serials), f"what {rule!r} chose")

    def _rule(self, request: HttpRequest) -> Rule:
        return self._rules.get(None, ())

    def _respond(self, request: HttpRequest, faults: Faults) -> Answer:
        raise NotImplementedError

    def _not_allowed(self, request: HttpRequest) -> Answer:
        # RFC 9110 section 15.5.6: "The origin server MUST generate an Allow header field in a 405
        # response".
        allowed = ", ".join(self.methods)
        sentence = f"mockpki: the {self._what} takes {allowed}, not {request.method}"
        return Answer.text(405, sentence, ("Allow", allowed))

    def _note(self, request: HttpRequest, answer: Answer, wire: Wire, faults: Faults) -> None:
        honest = not faults and answer.status == 200
        self._record.add(request, self._clock.now(), faults, answer, wire, honest)

    def _read(self, request: HttpRequest) -> Read:
        """The OCSP request, or why there is none; None for a service that asks for nothing."""
        return None

    def _reread(self, request: HttpRequest) -> Read:
        """The same on any thread, for the record."""
        return None


def _nothing() -> None:
    """What there is to wait for where there is no port."""


def caching(window: Window, body: bytes) -> list[tuple[str, str]]:
    """The caching headers of RFC 9919 section 7.2, for an authoritative answer.

    Section 6 has Last-Modified be producedAt, section 7.2 thisUpdate: an honest window has them equal.
    """
    headers = [
        ("Last-Modified", http_date(window.this_update)),
        # RFC 9919 section 7.2: "It is RECOMMENDED by this profile that the ETag value be the ASCII HEX
        # representation of the SHA-256 hash of the OCSPResponse structure."
        ("ETag", f'"{hashlib.sha256(body).hexdigest()}"'),
    ]
    if window.next_update is not None:
        # RFC 9919 section 6: max-age is "a time value in seconds later than thisUpdate but earlier
        # than nextUpdate". Half of what is left is both.
        age = max(0, int((window.next_update - window.now).total_seconds()) // 2)
        headers.append(("Expires", http_date(window.next_update)))
        headers.append(("Cache-Control", f"max-age={age}, public, no-transform, must-revalidate"))
    headers.append(("Date", http_date(window.now)))
    return headers
