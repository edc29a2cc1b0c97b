"""HTTP/1 on one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import httptools

from .._exchange.http import Answer, HttpRequest, header
from .._exchange.steps import Abort, Finish, Send, Silence, Step, Trickle, Wait, Wire
from .._problems import Problems

_MAX_BODY = 1 << 20
_MAX_HEAD = 1 << 16


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
    """HTTP/1 on one connection: requests in their order, each answered by *handle* as a `Wire`."""

    def __init__(self, outlet: Outlet, handle: Callable[[HttpRequest], Wire], problems: Problems) -> None:
        self._outlet = outlet
        self._handle = handle
        self._problems = problems
        self._parser = httptools.HttpRequestParser(self)
        self._steps: deque[Step] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._size = 0
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()

    # httptools calls these.

    def on_message_begin(self) -> None:
        self._target, self._headers, self._body, self._size = b"", [], bytearray(), 0

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._size = 0
        # RFC 9110 section 10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0
        # request MUST ignore that expectation."
        if self._parser.get_http_version() != "1.0" and not self._upgrades:
            expect = header(tuple(self._headers), "Expect")
            if expect is not None and expect.lower() == "100-continue":
                self._run((Send(b"HTTP/1.1 100 Continue\r\n\r\n"),))

    def on_body(self, body: bytes) -> None:
        self._body += body

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
        self._size += len(data)
        if (self._size > _MAX_HEAD and not self._body) or len(self._body) > _MAX_BODY:
            # The client is still sending: to close now would reset the connection, and might take
            # this answer from it. It has a second to read.
            self._refuse(413, "the request is larger than any OCSP request", Wait(1))
            return
        try:
            self._feed(data)
        except httptools.HttpParserCallbackError as error:
            # What was raised in one of the methods above is no fault of the client's.
            raise (error.__context__ or error) from None
        except httptools.HttpParserError as error:
            self._refuse(400, f"this is not a request that can be answered ({error})")

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                return self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
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

    def ended(self) -> None:
        self._over = True
        self._steps.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _refuse(self, status: int, sentence: str, *steps: Step) -> None:
        answer = Answer.text(status, f"mockpki: {sentence}", ("Connection", "close"))
        self._run((Send(answer.encode()), *steps, Finish()))
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
