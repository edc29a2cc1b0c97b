"""The question in an HTTP request: how it is read, and that it is read once."""

from __future__ import annotations

import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote_to_bytes

from .._exchange.http import HttpRequest
from .._pkix.ocsp_request import OCSPRequest
from .._pkix.shape import read_request

Question = OCSPRequest | ValueError | None
"""The OCSP request; or why there is none; or None at a service that asks for nothing."""

Reader = Callable[[HttpRequest], Question]


@dataclass(unsafe_hash=True)
class Inquiry:
    """An HTTP request that came to a service, and the question in it. Nobody changes it.

    The question is read when it is first wanted, and then kept: whoever wants it, it is read once at most.
    """

    request: HttpRequest
    read: Reader = field(repr=False, compare=False)

    @cached_property
    def question(self) -> Question:
        """The OCSP request; or why there is none; or None at a service that asks for nothing."""
        return self.read(self.request)

    @property
    def serials(self) -> tuple[int, ...]:
        """The serial numbers asked about, in the order asked; none where no question could be read."""
        question = self.question
        if not isinstance(question, OCSPRequest):
            return ()
        return tuple(cert_id.serial_number for cert_id in question.cert_ids)


def read_nothing(request: HttpRequest) -> None:
    """The question at a service that asks for nothing."""


def read_question(request: HttpRequest) -> OCSPRequest | ValueError:
    """The question at an OCSP responder: in the body of a POST, in the target of anything else."""
    try:
        if request.method == "POST":
            return read_request(request.body)
        return _read_target(request.target)
    except ValueError as error:
        # It is kept as evidence; its frames need not be.
        return error.with_traceback(None)


def _read_target(target: str) -> OCSPRequest:
    """The request in a GET's target.

    RFC 6960 appendix A.1: "GET {url}/{url-encoding of base-64 encoding of the DER encoding of the
    OCSPRequest}". Any escaping of ``+``, ``/`` and ``=`` is taken, padding may be missing, and anything may
    stand before it: {url} may end in a query. DER begins with 0x30, so its base-64 begins with M; but an M
    may begin a folder, too, or a value.
    """
    text = unquote_to_bytes(target).replace(b" ", b"+").translate(_URL_SAFE)
    error = ValueError("the path ends in no base-64 of an OCSPRequest")
    at = text.find(b"/M")
    while at >= 0:
        try:
            return read_request(_decode_base64(text, at + 1))
        except ValueError as reason:
            error = reason
        at = text.find(b"/M", at + 1)
    raise error


def _decode_base64(text: bytes, start: int) -> bytes:
    """The DER whose base-64 begins at *start* and ends *text*, but for padding, slashes and a query.

    The DER's own length says where it ends: a last ``/`` may be the last six bits, or a slash.
    """
    head = binascii.a2b_base64(text[start : start + 8].ljust(8, b"A"), strict_mode=True)
    count = head[1] & 0x7F if head[1] & 0x80 else 0
    size = 2 + count + (int.from_bytes(head[2 : 2 + count], "big") if count else head[1])
    end = start - (-size * 4 // 3)
    # What is added for a cache's sake begins a query, or goes on with that of {url}.
    if count > 4 or end > len(text) or text[end:].lstrip(b"=/")[:1] not in (b"", b"?", b"&", b"#"):
        raise ValueError("the path ends in no base-64 of an OCSPRequest")
    return binascii.a2b_base64(text[start:end] + b"=" * (-(end - start) % 4), strict_mode=True)


_URL_SAFE = bytes.maketrans(b"-_", b"+/")
