"""Services whose answer does not depend on what was asked, and the CA's certificate as one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, ClassVar, get_args

from .._clock import Clock
from .._exchange.http import Answer, HttpRequest
from .._layers import Encoding, Faults, FileFault, bend
from .._parameters import OWN_CHECK, Within, check_arguments, show
from .._pkix.window import Window
from .._problems import Problems
from .caching import caching_headers, obey_condition
from .control import F
from .questions import Inquiry
from .service import Service


class FileService(Service[F]):
    """A service whose answer does not depend on what was asked: GET or HEAD, on any path."""

    content_type: ClassVar[str]

    @check_arguments
    def assert_asked(
        self, leaf: Annotated[None, OWN_CHECK] = None, times: Annotated[int | None, Within(0)] = None
    ) -> None:
        """Fail unless there was a request, or exactly *times*. The file names no certificate."""
        if leaf is not None:
            raise TypeError(
                f"leaf={show(leaf)}: a request to the {self._what} names no certificate; leave it out"
            )
        self._settle()
        self._log.assert_count(self._describe(), times)

    def assert_not_asked(self) -> None:
        """Fail if there was any request."""
        self.assert_asked(times=0)

    def _respond(self, inquiry: Inquiry, faults: Faults) -> Answer:
        if inquiry.request.method not in self.methods:
            return self._not_allowed(inquiry.request)
        return self._make_answer(inquiry, faults)

    def _make_answer(self, inquiry: Inquiry, faults: Faults) -> Answer:
        """The answer to a GET or HEAD, with all *faults* but those of HTTP and below."""
        raise NotImplementedError

    def _answer_file(
        self,
        request: HttpRequest,
        window: Window,
        body: bytes,
        others: Mapping[str, datetime | str] = MappingProxyType({}),
        content_type: str = "",
    ) -> Answer:
        """The answer with *body*, which is good for *window*; *others* are headers of a schedule."""
        answer = Answer.of(
            200, content_type or self.content_type, body, *caching_headers(window, body, others)
        )
        return obey_condition(request, answer)


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

    def _make_answer(self, inquiry: Inquiry, faults: Faults) -> Answer:
        window = Window.honest(self._clock.now())
        return self._answer_file(inquiry.request, window, bend(Encoding, self._certificate, faults))
