"""HTTP/1 requests as they come in: octets in, requests and refusals out. Nothing is answered here."""

from __future__ import annotations

import re
from collections import deque
from functools import cached_property
from http import HTTPStatus
from typing import NamedTuple

import httptools

from .._exchange.http import HttpRequest, header
from .._exchange.refusals import Refusal, find_refusal, judge_method
from .heads import find_head, learn_head

LARGEST = 1 << 20
"""The octets of content that a service of a CA reads: no OCSP request is larger by far."""
_LONGEST_HEAD = 1 << 16
_SPACE = 0x20

# RFC 9110 section 5.6.2 has what a token is made of. RFC 9112 section 3: "A server that receives a method
# longer than any that it implements SHOULD respond with a 501 (Not Implemented) status code."
_LONGEST_METHOD = 100
_METHOD = re.compile(rb"[!#$%%&'*+.^_`|~0-9A-Za-z-]{1,%d}" % (_LONGEST_METHOD + 1))
# RFC 9112 section 3: "request-line = method SP request-target SP HTTP-version".
_BEHIND_METHOD = re.compile(rb" \S+ HTTP/1\.[0-9]\r?\n")


class Refused(NamedTuple):
    """A request that is refused. *head_only*: it was a HEAD; *sending*: its content may be under way."""

    refusal: Refusal
    head_only: bool = False
    sending: bool = False


class Continue:
    """A client waits for leave to send its content (RFC 9110 section 10.1.1)."""


Found = HttpRequest | Refused | Continue


class RequestReader:
    """Requests in the order in which they came.

    Content of up to *largest* octets is kept, and more is refused. None: as much as the client likes is read,
    and nobody wants it. After a refusal nothing more is read, nor behind CONNECT.
    """

    def __init__(self, client: str, largest: int | None = LARGEST) -> None:
        self.found: deque[Found] = deque()
        """What has come, to be taken from the left."""
        self.over = False
        """Whether whatever still comes is nobody's request. Set it to read no more."""
        self._client = client
        self._largest = largest
        self._line = b""
        # The head that is being read, if it came in one piece.
        self._head = b""
        # The last message, as long as the parser has not seen it, and whether the connection ends with it.
        self._unseen = b""
        self._ending = False
        self._between = True
        # The octets since the last that were the content of a message, or the end of one, or of its head.
        self._overhead = 0
        # Those of the content that are still to come, where the head has said how many.
        self._left = 0
        self._in_head = True
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()

    @cached_property
    def _parser(self) -> httptools.HttpRequestParser:
        """For whatever has a head that is not known."""
        return httptools.HttpRequestParser(self)

    # httptools calls these.

    def on_message_begin(self) -> None:
        self._target, self._headers, self._body = b"", [], bytearray()
        self._overhead, self._left, self._in_head, self._between = 0, 0, True, False

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        # RFC 9110 section 6.5.1: fields of a trailer section are not to be merged with those of the head.
        if self._in_head:
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._overhead, self._in_head = 0, False
        if self.over:
            return
        parser, headers = self._parser, tuple(self._headers)
        self._left = int(header(headers, "Content-Length") or 0)
        target, version = self._target.decode("latin-1"), parser.get_http_version()
        refusal = find_refusal(parser.get_method().decode("latin-1"), target, version, headers)
        if refusal is not None:
            has_content = header(headers, "Content-Length") or header(headers, "Transfer-Encoding")
            self._refuse(refusal, sending=bool(has_content))
            return
        # RFC 9110 section 10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0
        # request MUST ignore that expectation."
        if version != "1.0" and not self._upgrades:
            expect = header(headers, "Expect")
            if expect is not None and expect.lower() == "100-continue":
                self.found.append(Continue())

    def on_body(self, body: bytes) -> None:
        self._overhead = 0
        self._left = max(0, self._left - len(body))
        if self._largest is None or self.over:
            return
        self._body += body
        if len(self._body) > self._largest:
            sentence = f"more than {self._largest} octets of content are not read here"
            self._refuse(Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence), sending=True)

    def on_message_complete(self) -> None:
        self._overhead, self._between = 0, True
        if self.over or self._upgrades:
            return
        parser = self._parser
        tunnel = parser.get_method() == b"CONNECT"
        request = HttpRequest(
            parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            tuple(self._headers),
            bytes(self._body),
            parser.get_http_version(),
            parser.should_keep_alive() and not tunnel,
            self._client,
        )
        self.found.append(request)
        self._ending = not request.keep_alive
        # What follows would be meant for whoever is at the other end.
        self.over = tunnel
        if not tunnel:
            learn_head(self._head, request)

    @property
    def _upgrades(self) -> bool:
        return self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT"

    # The session calls this.

    def feed(self, data: bytes) -> None:
        """Read on; what is whole by then is in `found`."""
        if self.over:
            return
        self._overhead += len(data)
        try:
            self._feed_messages(self._line + data if self._line else data)
        except httptools.HttpParserCallbackError as error:
            # What was raised in one of the methods above is no fault of the client's.
            raise (error.__context__ or error) from None
        except httptools.HttpParserError as error:
            self._refuse_with(HTTPStatus.BAD_REQUEST, f"this is not a request that can be answered ({error})")
        if self._overhead > _LONGEST_HEAD:
            self._refuse_head()

    def _feed_messages(self, data: bytes) -> None:
        """Feed the parser up to where a message may end, and look at the method of the next before it does.

        It takes a method that it does not know for no HTTP at all.
        """
        self._line = b""
        at = 0
        while at < len(data) and not self.over:
            end = at + self._left if self._left else _find_end(data, at)
            if self._between:
                whole = self._take_known(data, at, end)
                if whole:
                    at = whole
                    continue
                if self._is_unknown(data, at):
                    if not self.over:
                        self._line = data[at:]
                    return
                self._catch_up()
                self._head = data[at:end]
            self._feed(data[at:end])
            at = end

    def _take_known(self, data: bytes, at: int, end: int) -> int:
        """Take the message at this place, whose head may end at *end*, if that is known and it is whole.

        The result is where the message ends, and 0 for one that the parser has to read.
        """
        head = None if self._ending else find_head(data[at:end])
        if head is None:
            return 0
        (method, target, headers, _, version, keep_alive, _), size = head
        whole = end + size
        if whole > len(data) or (self._largest is not None and size > self._largest):
            return 0
        body = b"" if self._largest is None else data[end:whole]
        self.found.append(HttpRequest(method, target, headers, body, version, keep_alive, self._client))
        self._overhead, self._target = 0, b""
        self._unseen, self._ending = data[at:whole], not keep_alive
        return whole

    def _catch_up(self) -> None:
        """Have the parser see the last message, too: what it says of the next may depend on that."""
        if self._unseen:
            unseen, self._unseen, overhead = self._unseen, b"", self._overhead
            self._feed(unseen)
            self.found.pop()
            self._overhead = overhead

    def _is_unknown(self, data: bytes, at: int) -> bool:
        """Whether the method of the request line at this place is not known, or not yet."""
        method = _METHOD.match(data, at)
        if method is None:
            return False
        is_long = len(method[0]) > _LONGEST_METHOD
        if method.end() == len(data) and not is_long:
            return True
        refusal = judge_method(method[0].decode("ascii"))
        if refusal is None:
            return False
        if is_long or _BEHIND_METHOD.match(data, method.end()):
            self._refuse(refusal, sending=True)
            return True
        # What else there is after a word is no HTTP, and the parser says so.
        return data[method.end()] == _SPACE and data.find(b"\n", method.end()) < 0

    def _feed(self, data: bytes) -> None:
        while data and not self.over:
            try:
                return self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                rest = data[upgrade.args[0] :]
                # RFC 9110 section 7.8: "A server MAY ignore a received Upgrade header field". The parser
                # cannot, and skips the body: it is given the same request without.
                data = self._head_without_upgrade() + rest
                self._parser = httptools.HttpRequestParser(self)
        return None

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

    # What is refused.

    def _refuse_head(self) -> None:
        # RFC 9110 section 5.4: "A server that receives a request header field line, field value, or set of
        # fields larger than it wishes to process MUST respond with an appropriate 4xx (Client Error) status
        # code." Section 15.5.15 has 414 for a target.
        target = self._line.partition(b" ")[2] or self._target
        if 2 * len(target) > _LONGEST_HEAD:
            status, what = HTTPStatus.REQUEST_URI_TOO_LONG, "the target"
        else:
            status, what = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "what surrounds the content"
        self._refuse_with(
            status, f"{what} of the request is longer than {_LONGEST_HEAD} octets", sending=True
        )

    def _refuse_with(self, status: HTTPStatus, sentence: str, *, sending: bool = False) -> None:
        self._refuse(Refusal(status, sentence), sending=sending)

    def _refuse(self, refusal: Refusal, *, sending: bool = False) -> None:
        if not self.over:
            head_only = not self._between and self._parser.get_method() == b"HEAD"
            self.found.append(Refused(refusal, head_only, sending))
            self.over = True


def _find_end(data: bytes, start: int) -> int:
    """Where, from *start* on, a head or a chunked message ends: at an empty line, perhaps a begun one."""
    if data[start] in b"\r\n":
        return data.find(b"\n", start) + 1 or len(data)
    found = data.find(b"\r\n\r\n", start)
    return len(data) if found < 0 else found + 4
