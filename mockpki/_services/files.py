"""Services whose answer does not depend on what was asked, and the CA's certificate as one."""

from __future__ import annotations

from typing import ClassVar, get_args

from .._clock import Clock
from .._exchange.http import Answer
from .._layers import Encoding, Faults, FileFault, bend
from .._pkix.window import Window
from .._problems import Problems
from .caching import caching_headers
from .control import F
from .questions import Inquiry
from .service import Service


class FileService(Service[F]):
    """A service whose answer does not depend on what was asked: GET or HEAD, on any path."""

    content_type: ClassVar[str]

    def assert_asked(self, leaf: None = None, times: int | None = None) -> None:
        """Fail unless there was a request, or exactly *times*. The file names no certificate."""
        if leaf is not None:
            raise TypeError(f"a request to the {self._what} names no certificate; leave {leaf!r} out")
        self._settle()
        self._log.assert_count(self._describe(), times)

    def assert_not_asked(self) -> None:
        """Fail if there was any request."""
        self.assert_asked(times=0)

    def _respond(self, inquiry: Inquiry, faults: Faults) -> Answer:
        if inquiry.request.method not in self.methods:
            return self._not_allowed(inquiry.request)
        window, body = self._make_file(faults)
        return Answer.of(200, self.content_type, body, *caching_headers(window, body))

    def _make_file(self, faults: Faults) -> tuple[Window, bytes]:
        """The file as it is now, and the times it has."""
        raise NotImplementedError


class CertificateFile(FileService[FileFault]):
    """The CA's own certificate, where caIssuers URLs point (RFC 5280 section 4.2.2.1)."""

    layers = get_args(FileFault)
    path = "/ca.crt"
    # RFC 5280 section 4.2.2.1: "HTTP server implementations accessed via the URI SHOULD specify the
    # media type application/pkix-cert".
    content_type = "application/pkix-cert"

    def __init__(self, what: str, clock: Clock, problems: Problems, certificate: bytes) -> None:
        super().__init__(what, clock, problems)
        self._certificate = certificate

    def _make_file(self, faults: Faults) -> tuple[Window, bytes]:
        return Window.honest(self._clock.now()), bend(Encoding, self._certificate, faults)
