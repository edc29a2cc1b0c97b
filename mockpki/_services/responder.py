"""The OCSP responder of a CA: RFC 6960, in the profile of RFC 9919."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Protocol, get_args

from .._clock import Clock
from .._exchange.http import Answer, HttpRequest, http_date
from .._layers import (
    Encoding,
    Envelope,
    Faults,
    OCSPBytesFault,
    OCSPContent,
    OCSPFault,
    Sealing,
    Signs,
    Timing,
    ToBeSigned,
    bend,
    check,
)
from .._pkix.ocsp_request import Issuer, OCSPRequest, nonce_extension
from .._pkix.ocsp_response import OCSPResponse, ResponseData, ResponseStatus, SingleResponse
from .._pkix.reading import read_issuer
from .._pkix.signing import Signed, Signer
from .._pkix.window import Window
from .._problems import Problems
from .evidence import assert_count
from .ledger import Ledger
from .questions import read_question
from .service import Restore, Rule, Service, caching

_MOST_REUSED = 4096


class HasSerial(Protocol):
    """A `Leaf` or `CA`, as far as a responder has to know it."""

    @property
    def serial_number(self) -> int: ...

    @property
    def der(self) -> bytes: ...


@dataclass
class _Reuse:
    """Honest answers by method, target and body, and responses by serial number and hash."""

    version: int
    now: datetime
    answers: dict[tuple[str, str, bytes], tuple[Answer, OCSPRequest | ValueError]] = field(
        default_factory=dict
    )
    responses: dict[tuple[int, str], bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.answers) + len(self.responses)


class Responder(Service[OCSPFault]):
    """The CA's OCSP responder."""

    layers = get_args(OCSPFault)
    path = "/ocsp"
    # RFC 9919 section 6: "OCSP clients can send HTTP-based OCSP requests using either the GET or POST
    # method."
    methods = ("GET", "HEAD", "POST")

    def __init__(
        self,
        what: str,
        clock: Clock,
        problems: Problems,
        ledger: Ledger,
        issuer: Issuer,
        authority: Signer,
        signer: Callable[[], Signer],
    ) -> None:
        super().__init__(what, clock, problems)
        self._ledger, self._issuer = ledger, issuer
        self._authority, self._signer = authority, signer
        self._last_read: tuple[HttpRequest | None, OCSPRequest | ValueError] = (None, ValueError())
        self._reuse = _Reuse(-1, clock.now())

    # Control.

    def respond_with(self, *faults: OCSPFault, to: HasSerial | int | None = None) -> Restore[Responder]:
        """Answer with these faults from now on; none for honest. As a context manager, until its end.

        *to* limits them to questions about one certificate, by leaf or serial number, and goes
        before what is set for all. Raises TypeError for a fault this service cannot have.
        """
        return self._bend_with(None if to is None else self._serial(to), faults)

    def _serial(self, leaf: HasSerial | int) -> int:
        """The serial number of *leaf*, if it is this CA's to answer for."""
        if isinstance(leaf, int) and not isinstance(leaf, bool):
            return leaf
        der = getattr(leaf, "der", None)
        if isinstance(leaf, int) or not isinstance(der, bytes):
            raise TypeError(f"{leaf!r} is no leaf, CA or serial number")
        if _issuer_name(der) != self._authority.name:
            raise ValueError(f"{leaf!r} is another CA's, and the {self._what} does not answer for that CA")
        return leaf.serial_number

    def _rule(self, request: HttpRequest) -> Rule:
        rules = self._rules
        if not rules:
            return ()
        question = self._question(request)
        for cert_id in question.cert_ids if question else ():
            if cert_id.serial_number in rules:
                return rules[cert_id.serial_number]
        return rules.get(None, ())

    # Evidence.

    def assert_asked(self, leaf: HasSerial | int | None = None, times: int | None = None) -> None:
        """Fail unless there was a request about *leaf* (left out: any request), or exactly *times*."""
        requests = self.requests
        if leaf is None:
            return assert_count(self.choosers or self._what, "", len(requests), times, requests)
        serial = self._serial(leaf)
        found = sum(serial in request.serials for request in requests)
        return assert_count(self.choosers or self._what, f" about serial {serial:#x}", found, times, requests)

    def assert_not_asked(self, leaf: HasSerial | int | None = None) -> None:
        """Fail if there was a request about *leaf*; left out: any request at all."""
        self.assert_asked(leaf, times=0)

    # Answers as bytes.

    def response_for(
        self,
        leaf: HasSerial | int,
        *faults: OCSPBytesFault,
        hash_algorithm: str = "sha1",
        nonce: bytes | None = None,
    ) -> bytes:
        """The OCSP response about *leaf* as DER, made now, without HTTP: also what a staple is.

        Raises TypeError for a fault of HTTP or the connection, ValueError for another CA's leaf.
        """
        checked = check(faults, get_args(OCSPBytesFault), "an OCSP response as bytes")
        now, serial = self._clock.now(), self._serial(leaf)
        if checked or nonce is not None:
            return self._response(serial, now, checked, hash_algorithm, nonce)
        made = self._reusable(now).responses
        response = made.get((serial, hash_algorithm))
        if response is None:
            response = made[serial, hash_algorithm] = self._response(serial, now, (), hash_algorithm, None)
        return response

    def _response(
        self, serial: int, now: datetime, faults: Faults, hash_algorithm: str, nonce: bytes | None
    ) -> bytes:
        question = OCSPRequest((self._issuer.cert_id(serial, hash_algorithm),), nonce)
        return self._encode(question, bend(Timing, Window.honest(now), faults), faults)[0]

    def _reusable(self, now: datetime) -> _Reuse:
        """What was made of the ledger as it is, in this second: asked again, it would be the same."""
        reuse, version = self._reuse, self._ledger.version
        if reuse.version != version or reuse.now != now or reuse.size >= _MOST_REUSED:
            reuse = self._reuse = _Reuse(version, now)
        return reuse

    def _encode(self, question: OCSPRequest, window: Window, faults: Faults) -> tuple[bytes, OCSPResponse]:
        # RFC 9919 section 3.2.3: "When access to authoritative records for a particular certificate is
        # not available, the responder MUST return an OCSPResponseStatus of "unauthorized"."
        if not all(self._issuer.owns(cert_id) for cert_id in question.cert_ids):
            return _seal(OCSPResponse(ResponseStatus.UNAUTHORIZED), faults)
        content = bend(OCSPContent, self._content(question, window), faults)
        signer = bend(Signs, self._signer(), faults)
        signed: Signed = bend(Sealing, signer.sign(bend(ToBeSigned, content.encode(signer), faults)), faults)
        return _seal(OCSPResponse(ResponseStatus.SUCCESSFUL, signed.encode()), faults)

    def _content(self, question: OCSPRequest, window: Window) -> ResponseData:
        # RFC 6960 section 2.2: a definitive response has "responses for each of the certificates in a
        # request".
        responses = tuple(
            SingleResponse(
                cert_id,
                self._ledger.status(cert_id.serial_number),
                window.this_update,
                window.next_update,
            )
            for cert_id in question.cert_ids
        )
        extensions = None if question.nonce is None else (nonce_extension(question.nonce),)
        return ResponseData(window.produced_at, responses, extensions, issuer=self._issuer)

    # Answers over HTTP.

    def _respond(self, request: HttpRequest, faults: Faults) -> Answer:
        if request.method not in self.methods:
            return self._not_allowed(request)
        now = self._clock.now()
        if faults:
            return self._make(request, now, faults)
        reusable = self._reusable(now).answers
        key = (request.method, request.target, request.body)
        reused = reusable.get(key)
        if reused is not None:
            answer, read = reused
            self._last_read = (request, read)
            return answer
        answer = self._make(request, now, ())
        read = self._read(request)
        # Nobody asks twice with one nonce: to keep that answer would cost memory and save nothing.
        if isinstance(read, ValueError) or read.nonce is None:
            reusable[key] = (answer, read)
        return answer

    def _make(self, request: HttpRequest, now: datetime, faults: Faults) -> Answer:
        window = bend(Timing, Window.honest(now), faults)
        question = self._question(request)
        if question is None:
            # RFC 6960 section 2.3: "A server produces the "malformedRequest" response if the request
            # received does not conform to the OCSP syntax."
            der, response = _seal(OCSPResponse(ResponseStatus.MALFORMED_REQUEST), faults)
        else:
            der, response = self._encode(question, window, faults)
        if response.response is None:
            # RFC 9919 section 7.2: "OCSP responders SHOULD include one or more of these HTTP header
            # fields in non-authoritative OCSP responses", no-store among them.
            headers = [("Cache-Control", "no-store"), ("Date", http_date(now))]
        else:
            headers = caching(window, der)
        # RFC 6960 appendix A.2: "The Content-Type header has the value "application/ocsp-response"."
        return Answer.of(200, "application/ocsp-response", der, *headers)

    def _read(self, request: HttpRequest) -> OCSPRequest | ValueError:
        last = self._last_read
        if last[0] is not request:
            last = self._last_read = (request, read_question(request))
        return last[1]

    def _reread(self, request: HttpRequest) -> OCSPRequest | ValueError:
        return read_question(request)

    def _question(self, request: HttpRequest) -> OCSPRequest | None:
        read = self._read(request)
        return None if isinstance(read, ValueError) else read


# A server asks for the same leaves' staples at every handshake.
_issuer_name = lru_cache(maxsize=256)(read_issuer)


def _seal(honest: OCSPResponse, faults: Faults) -> tuple[bytes, OCSPResponse]:
    response = bend(Envelope, honest, faults)
    return bend(Encoding, response.encode(), faults), response
