"""HTTP/1 on one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

import httptools

from .._exchange.http import Answer, HttpRequest, header
from .._exchange.refusals import find_refusal
from .._exchange.steps import Abort, Finish, Send, Silence, Step, Trickle, Wait, Wire
from .._problems import Problems

LARGEST = 1 << 20
"""The octets of content that a service of a CA reads: no OCSP request is larger by far."""
_LONGEST_HEAD = 1 << 16
# A client that is refused may still be sending: to close at once would reset the connection, and might take
# the answer from it. It has so many seconds to read.
_GRACE = 1


class Outlet(Protocol):
    """Where an HTTP session writes: a `Connection`, or TLS above one."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def peer(self) -> str: ...

    def write(self, data: bytes) -> None: ...

    def finish(self) -> None: ...

    def abort(self) -> None: ...


class HttpSession:
    """HTTP/1 on one connection: requests in their order, each answered by *handle* as a `Wire`.

    Content of up to *largest* octets is read and handed over, and more is refused. None: as much as the
    client likes is read, and nobody wants it.
    """

    def __init__(
        self,
        outlet: Outlet,
        handle: Callable[[HttpRequest], Wire],
        problems: Problems,
        largest: int | None = LARGEST,
    ) -> None:
        self._outlet = outlet
        self._handle = handle
        self._problems = problems
        self._largest = largest
        self._parser = httptools.HttpRequestParser(self)
        self._steps: deque[Step] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._input_over = False
        self._overhead = 0
        self._in_head = True
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()

    # httptools calls these.

    def on_message_begin(self) -> None:
        self._target, self._headers, self._body = b"", [], bytearray()
        self._overhead, self._in_head = 0, True

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        # RFC 9110 section 6.5.1: fields of a trailer section are not to be merged with those of the head.
        if self._in_head:
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._overhead, self._in_head = 0, False
        if self._over:
            return
        parser, headers = self._parser, tuple(self._headers)
        target, version = self._target.decode("latin-1"), parser.get_http_version()
        refusal = find_refusal(target, version, headers)
        if refusal is not None:
            has_content = header(headers, "Content-Length") or header(headers, "Transfer-Encoding")
            self._refuse(refusal.status, refusal.sentence, *([Wait(_GRACE)] if has_content else []))
            return
        # RFC 9110 section 10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0
        # request MUST ignore that expectation."
        if version != "1.0" and not self._upgrades:
            expect = header(headers, "Expect")
            if expect is not None and expect.lower() == "100-continue":
                self._run((Send(b"HTTP/1.1 100 Continue\r\n\r\n"),))

    def on_body(self, body: bytes) -> None:
        self._overhead = 0
        if self._largest is None or self._over:
            return
        self._body += body
        if len(self._body) > self._largest:
            sentence = f"more than {self._largest} octets of content are not read here"
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence, Wait(_GRACE))

    def on_message_complete(self) -> None:
        # What follows a request that ended the connection was never asked; see also `_feed`.
        if self._over or self._upgrades:
            return
        parser = self._parser
        request = HttpRequest(
            parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            tuple(self._headers),
            bytes(self._body),
            parser.get_http_version(),
            parser.should_keep_alive(),
            self._outlet.peer,
        )
        self._run(self._handle(request))

    @property
    def _upgrades(self) -> bool:
        return self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT"

    # The connection calls these.

    def received(self, data: bytes) -> None:
        if self._over:
            return
        self._overhead += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserCallbackError as error:
            # What was raised in one of the methods above is no fault of the client's.
            raise (error.__context__ or error) from None
        except httptools.HttpParserError as error:
            sentence = f"this is not a request that can be answered ({error})"
            self._refuse(HTTPStatus.BAD_REQUEST, sentence)
        if self._overhead > _LONGEST_HEAD:
            self._refuse_head()

    def _refuse_head(self) -> None:
        # RFC 9110 section 5.4: "A server that receives a request header field line, field value, or set of
        # fields larger than it wishes to process MUST respond with an appropriate 4xx (Client Error) status
        # code." Section 15.5.15 has 414 for a target.
        if 2 * len(self._target) > _LONGEST_HEAD:
            status, what = HTTPStatus.REQUEST_URI_TOO_LONG, "the target"
        else:
            status, what = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "what surrounds the content"
        self._refuse(status, f"{what} of the request is longer than {_LONGEST_HEAD} octets", Wait(_GRACE))

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                return self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self._over:
                    return None
                rest = data[upgrade.args[0] :]
                if self._parser.get_method() == b"CONNECT":
                    return self._run((Finish(),))
                # RFC 9110 section 7.8: "A server MAY ignore a received Upgrade header field". The parser
                # cannot, and skips the body: it is given the same request without.
                data = self._head_without_upgrade() + rest
                self._parser = httptools.HttpRequestParser(self)

    def _head_without_upgrade(self) -> bytes:
        parser = self._parser
        lines = [f"{parser.get_method().decode()} {self._target.decode('latin-1')} HTTP/1.1"]
        for name, value in self._headers:
            if name.lower() == "connection":
                options = (option.strip() for option in value.split(","))
                value = ", ".join(option for option in options if option.lower() != "upgrade")
            if name.lower() != "upgrade":
                lines.append(f"{name}: {value}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def input_ended(self) -> None:
        self._input_over = True
        if not self._steps:
            self._end(self._outlet.finish)

    def ended(self) -> None:
        self._over = True
        self._steps.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _refuse(self, status: int, sentence: str, *steps: Step) -> None:
        answer = Answer.text(status, f"mockpki: {sentence}", ("Connection", "close"))
        # RFC 9110 section 9.3.2: "the server MUST NOT send content in the response" to HEAD.
        head_only = self._parser.get_method() == b"HEAD"
        self._run((Send(answer.head() if head_only else answer.encode()), *steps, Finish()))
        self._over = True

    # The steps.

    def _run(self, wire: Wire) -> None:
        if self._over:
            return
        busy = bool(self._steps)
        self._steps.extend(wire)
        if not busy:
            self._go_on()

    def _go_on(self) -> None:
        steps = self._steps
        while steps:
            match steps[0]:
                case Send(data):
                    self._outlet.write(data)
                case Trickle(data, size, seconds) if len(data) > size:
                    steps[0] = Trickle(data[size:], size, seconds)
                    steps.extendleft((Wait(seconds), Send(data[:size])))
                    continue
                case Trickle(data):
                    self._outlet.write(data)
                case Wait(seconds):
                    self._timer = self._outlet.loop.call_later(seconds, self._waited)
                    return
                case Silence():
                    return
                case Finish():
                    self._end(self._outlet.finish)
                    return
                case Abort():
                    self._end(self._outlet.abort)
                    return
            # Writing may have found the connection gone, and emptied the list.
            if steps:
                steps.popleft()
        if self._input_over and not self._over:
            self._end(self._outlet.finish)

    def _waited(self) -> None:
        self._timer = None
        if not self._steps:
            return
        self._steps.popleft()
        try:
            self._go_on()
        # Nobody above has called: the loop would write it to a log.
        except BaseException as error:
            self._problems.add(error, f"raised in a late part of the answer to {self._outlet.peer}")
            self._end(self._outlet.abort)

    def _end(self, how: Callable[[], None]) -> None:
        self._over = True
        self._steps.clear()
        how()
