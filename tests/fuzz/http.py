"""HTTP on one connection: any octets, in pieces of any size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockpki._engine.http import HttpSession
from mockpki._exchange.http import HttpRequest
from mockpki._exchange.steps import Wire
from mockpki._problems import Problems

from .kit import Target, World
from .ocsp import paths, questions

_REMEMBERED = 100
_REFUSED = (400, 413, 414, 431, 501, 505)


class _Timer:
    """What the loop has been asked to do later."""

    def __init__(self, function: Callable[[], object]) -> None:
        self.function: Callable[[], object] | None = function

    def cancel(self) -> None:
        self.function = None


class Outlet:
    """Where a session writes, and a loop whose timers wait to be fired. Nothing follows the end."""

    peer = "127.0.0.1:1"
    is_full = False

    def __init__(self) -> None:
        self.loop: Any = self
        self.written = bytearray()
        self.over = False
        self._timers: list[_Timer] = []

    def write(self, data: bytes) -> None:
        assert not self.over, f"{data!r} was written after the end"
        self.written += data

    def pause_reading(self) -> None:
        raise AssertionError("everything that is written is taken")

    resume_reading = pause_reading

    def finish(self) -> None:
        assert not self.over, "the connection was ended twice"
        self.over = True

    abort = finish

    def call_later(self, seconds: float, function: Callable[[], object]) -> _Timer:
        """As asyncio's."""
        self._timers.append(_Timer(function))
        return self._timers[-1]

    def pass_time(self) -> None:
        """Every timer fires."""
        while self._timers:
            timer = self._timers.pop(0)
            if timer.function is not None:
                timer.function()


def http(fuzzed: World) -> Target:
    """HttpSession answers or refuses whatever comes; how it was cut into pieces changes nothing.

    The first octet is the size of the pieces, 0 for one piece.
    """

    def run(data: bytes) -> None:
        if data:
            size, stream = data[0] or len(data), data[1:]
            assert _exchange(fuzzed, stream, size) == _exchange(fuzzed, stream, len(data))
            fuzzed.pki.check()
            if len(fuzzed.pki.ocsp.requests) >= _REMEMBERED:
                fuzzed.pki.ocsp.reset()

    return Target(run, tuple(size + stream for stream in _streams(fuzzed) for size in (b"\0", b"\7")))


def _exchange(fuzzed: World, stream: bytes, size: int) -> tuple[list[HttpRequest], list[int], bool]:
    """The requests of *stream*, the status codes of the answers, and whether it ended the connection."""
    service = fuzzed.pki.ocsp
    asked: list[HttpRequest] = []

    def handle(request: HttpRequest) -> Wire:
        asked.append(request)
        return service.handle(request)

    outlet = Outlet()
    problems = Problems()
    session = HttpSession(outlet, handle, problems, fuzzed.pki.clock.now)
    for at in range(0, len(stream), size):
        session.received(stream[at : at + size])
        outlet.pass_time()
    over = outlet.over
    session.ended()
    for error in problems.take():
        raise error
    codes = _status_codes(bytes(outlet.written), [request.method == "HEAD" for request in asked])
    assert len(codes) - len(asked) in (0, 1), f"{codes} are no answers to {asked}"
    assert 500 not in codes, f"{codes} are the answers to {asked}"
    # What is refused is no request any more, and ends the connection.
    assert len(codes) == len(asked) or (codes[-1] in _REFUSED and over)
    return asked, codes, over


def _status_codes(written: bytes, head_only: list[bool]) -> list[int]:
    """The status codes of the final answers that *written* consists of, to the last octet."""
    codes: list[int] = []
    while written:
        head, end, written = written.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, code, _ = first.split(" ", 2)
        assert version == "HTTP/1.1", f"{first!r} is no status line"
        assert end, f"{head!r} is cut short"
        if code == "100":
            continue
        [size] = (int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
        is_refused_head = len(codes) == len(head_only) and not written and int(code) in _REFUSED
        if not is_refused_head and (len(codes) >= len(head_only) or not head_only[len(codes)]):
            assert len(written) >= size, f"{size} octets were promised, and {len(written)} came"
            written = written[size:]
        codes.append(int(code))
    return codes


def _streams(fuzzed: World) -> list[bytes]:
    """What clients send: POST and GET, one behind the other, in chunks, and with what else there is."""
    bodies, [path, *_] = questions(fuzzed), paths(fuzzed)
    get = b"GET " + path.replace(b"%", b"%%") + b" HTTP/1.1\r\nHost: a\r\n%b\r\n"
    post = b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\n%b\r\n%b"
    posts = [post % (b"Content-Length: %d\r\n" % len(body), body) for body in bodies]
    chunks = b"20\r\n%b\r\n%x;a=b\r\n%b\r\n0\r\nX: y\r\n\r\n"
    body = bodies[-1]
    return [
        *posts,
        b"".join(posts),
        get % b"" * 3,
        get % b"Connection: close\r\n" + posts[0],
        get % b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n" + posts[0],
        post % (b"Transfer-Encoding: chunked\r\n", chunks % (body[:32], len(body) - 32, body[32:])),
        post % (b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(body), body),
        post % (b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: %d\r\n" % len(body), body),
        b"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get % b"",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx" + get % (b"X: " + b"x" * 300 + b"\r\n"),
    ]
