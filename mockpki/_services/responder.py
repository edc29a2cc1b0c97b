"""The OCSP responder of a CA: RFC 6960, in the profile of RFC 9919."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Annotated, get_args

from .._clock import Clock
from .._exchange.http import Answer, http_date
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
from .._parameters import OWN_CHECK, Within, check_arguments
from .._pkix.der import signed_octets
from .._pkix.frame import Frame
from .._pkix.issued import About
from .._pkix.ocsp_request import CertID, Issuer, OCSPRequest, nonce_extension
from .._pkix.ocsp_response import OCSPResponse, ResponseData, ResponseStatus, SingleResponse
from .._pkix.reading import read_issuer
from .._pkix.signing import Signed, Signer
from .._pkix.status import CertStatus
from .._pkix.window import Window
from .._problems import Problems
from .caching import caching_headers, entity_tag, obey_condition
from .control import Restore
from .editions import Edition, Editions, Live
from .ledger import Ledger
from .questions import Inquiry, read_question
from .service import Service

# RFC 6960 appendix A.2: "The Content-Type header has the value "application/ocsp-response"."
_CONTENT_TYPE = "application/ocsp-response"
_MOST_REUSED = 4096


@dataclass
class _Reuse:
    """Honest answers by method, target and body, responses by serial number and hash, and frames of both.

    All of them are of one *edition*; and of a new answer, one of the same length has all but the body.
    """

    version: int
    now: datetime
    edition: Edition
    answers: dict[tuple[str, str, bytes], Answer] = field(default_factory=dict)
    responses: dict[tuple[int, str], bytes] = field(default_factory=dict)
    frames: dict[tuple[bytes, CertStatus, int, int], Frame] = field(default_factory=dict)
    lengths: dict[int, Answer] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.answers) + len(self.responses) + len(self.frames)


@dataclass
class _Made:
    """Responses of one issue of those that are signed ahead, by what was asked."""

    issue: Hashable | None
    responses: dict[tuple[CertID, ...], bytes] = field(default_factory=dict)


class Responder(Service[OCSPFault]):
    """The CA's OCSP responder."""

    layers = get_args(OCSPFault)
    path = "/ocsp"
    folders = ("ocsp",)
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
        editions: Editions | None = None,
    ) -> None:
        super().__init__(what, clock, problems, read_question)
        self._ledger, self._issuer = ledger, issuer
        self._authority, self._signer = authority, signer
        self._editions: Editions = editions or Live(ledger)
        self._reuse: _Reuse | None = None
        self._made = _Made(None)
        self._others: tuple[Responder, ...] = ()

    # Control.

    @check_arguments
    def answer_for(
        self, *others: Annotated[Responder, "the responder of a CA, such as pki.root.ocsp"]
    ) -> None:
        """Answer for the CAs of *others*, too, each as its own responder does: one URL for several CAs.

            pki.ocsp.answer_for(pki.root.ocsp)

        Who signs is the CA that issued the certificate in question, or its own delegate (RFC 6960 section
        4.2.2.2). A CA that issues a certificate with this URL in it has asked for this by that. Questions
        about certificates of several CAs at once stay ``unauthorized``: one signature cannot answer them.
        """
        new = [one for one in others if one is not self and one not in self._others]
        self._others += tuple(new)

    def _find_owner(self, question: object) -> Responder:
        """Whose question it is: one of the others', or ours, and then nobody's, too."""
        if isinstance(question, OCSPRequest):
            for one in (self, *self._others):
                if all(map(one._issuer.owns, question.cert_ids)):
                    return one
        return self

    @check_arguments
    def respond_with(
        self, *faults: Annotated[OCSPFault, OWN_CHECK], to: About | None = None
    ) -> Restore[Responder]:
        """Answer with these faults from now on; none for honest. As a context manager, until its end.

        *to* limits them to questions about one certificate, by leaf or serial number, and goes
        before what is set for all. Raises TypeError for a fault this service cannot have.
        """
        return self._set_faults(None if to is None else self._find_serial(to), faults)

    def _find_serial(self, leaf: About) -> int:
        """The serial number of *leaf*, if it is this CA's to answer for."""
        if isinstance(leaf, int) and not isinstance(leaf, bool):
            return leaf
        der = getattr(leaf, "der", None)
        if isinstance(leaf, int) or not isinstance(der, bytes):
            raise TypeError(f"{leaf!r} is no leaf, CA or serial number")
        if _read_issuer(der) not in [one._authority.name for one in (self, *self._others)]:
            raise ValueError(f"{leaf!r} is another CA's, and the {self._what} does not answer for that CA")
        return leaf.serial_number

    # Evidence.

    @check_arguments
    def assert_asked(self, leaf: About | None = None, times: Annotated[int | None, Within(0)] = None) -> None:
        """Fail unless there was a request about *leaf* (left out: any request), or exactly *times*."""
        self._settle()
        if leaf is None:
            self._log.assert_count(self._describe(), times)
        else:
            serial = self._find_serial(leaf)
            about = f" about serial {serial:#x}"
            self._log.assert_count_of(self._describe(), about, lambda one: serial in one.serials, times)

    def assert_not_asked(self, leaf: About | None = None) -> None:
        """Fail if there was a request about *leaf*; left out: any request at all."""
        self.assert_asked(leaf, times=0)

    # Answers as bytes.

    @check_arguments
    def response_for(
        self,
        leaf: About,
        *faults: Annotated[OCSPBytesFault, OWN_CHECK],
        hash_algorithm: str = "sha1",
        nonce: bytes | None = None,
    ) -> bytes:
        """The OCSP response about *leaf* as DER, made now, without HTTP: also what a staple is.

        Raises TypeError for a fault of HTTP or the connection, ValueError for another CA's leaf.
        """
        checked = check(faults, get_args(OCSPBytesFault), "an OCSP response as bytes")
        for other in self._others:
            if not isinstance(leaf, int) and _read_issuer(leaf.der) == other._authority.name:
                return other.response_for(leaf, *faults, hash_algorithm=hash_algorithm, nonce=nonce)
        now, serial = self._clock.now(), self._find_serial(leaf)
        edition = self._editions.find(now)
        if edition.issue is not None:
            question = OCSPRequest((self._issuer.cert_id(serial, hash_algorithm),), nonce)
            return self._response_of(edition, question, checked)
        if checked or nonce is not None:
            return self._response_about(serial, now, checked, hash_algorithm, nonce)
        responses = self._find_reusable(now).responses
        response = responses.get((serial, hash_algorithm))
        if response is None:
            response = self._response_about(serial, now, (), hash_algorithm, None)
            responses[serial, hash_algorithm] = response
        return response

    def remake_staple(self, leaf: About, time: datetime) -> bytes:
        """The honest response about *leaf* as `response_for` made it at *time*, by what the CA knows now."""
        serial = self._find_serial(leaf)
        edition = self._editions.find(time)
        if edition.issue is None:
            return self._response_about(serial, time, (), "sha1", None)
        return self._response_of(edition, OCSPRequest((self._issuer.cert_id(serial, "sha1"),), None), ())

    def _response_about(
        self, serial: int, now: datetime, faults: Faults, hash_algorithm: str, nonce: bytes | None
    ) -> bytes:
        question = OCSPRequest((self._issuer.cert_id(serial, hash_algorithm),), nonce)
        edition = self._editions.find(now)
        return self._make_response(question, edition, bend(Timing, edition.window, faults), faults)[0]

    def _response_of(self, edition: Edition, question: OCSPRequest, faults: Faults) -> bytes:
        """The response that was signed ahead, which is made when it is first asked for."""
        if faults:
            window = bend(Timing, edition.window, faults)
            return self._make_response(question, edition, window, faults)[0]
        made = self._made
        if made.issue != edition.issue or len(made.responses) >= _MOST_REUSED:
            made = self._made = _Made(edition.issue)
        response = made.responses.get(question.cert_ids)
        if response is None:
            response = self._make_response(question, edition, edition.window, ())[0]
            response = made.responses.setdefault(question.cert_ids, response)
        return response

    def _find_reusable(self, now: datetime) -> _Reuse:
        """What was made of the ledger as it is, in this second: asked again, it would be the same."""
        reuse, version = self._reuse, self._ledger.version
        if reuse is None or reuse.version != version or reuse.now != now or reuse.size >= _MOST_REUSED:
            reuse = self._reuse = _Reuse(version, now, self._editions.find(now))
        return reuse

    def _make_response(
        self, question: OCSPRequest, edition: Edition, window: Window, faults: Faults
    ) -> tuple[bytes, OCSPResponse]:
        # RFC 9919 section 3.2.3: "When access to authoritative records for a particular certificate is
        # not available, the responder MUST return an OCSPResponseStatus of "unauthorized"."
        if not all(self._issuer.owns(cert_id) for cert_id in question.cert_ids):
            return _encode_envelope(OCSPResponse(ResponseStatus.UNAUTHORIZED), faults)
        content = bend(OCSPContent, self._make_content(question, edition, window), faults)
        signer = bend(Signs, self._signer(), faults)
        signed: Signed = bend(Sealing, signer.sign(bend(ToBeSigned, content.encode(signer), faults)), faults)
        return _encode_envelope(OCSPResponse(ResponseStatus.SUCCESSFUL, signed.encode()), faults)

    def _make_content(self, question: OCSPRequest, edition: Edition, window: Window) -> ResponseData:
        # RFC 6960 section 2.2: a definitive response has "responses for each of the certificates in a
        # request".
        responses = tuple(
            SingleResponse(
                cert_id,
                edition.find_status(cert_id.serial_number),
                window.this_update,
                window.next_update,
            )
            for cert_id in question.cert_ids
        )
        # RFC 9919 section 3.2.1: what was signed ahead cannot have the nonce of who asks.
        echoed = question.nonce if edition.issue is None else None
        extensions = None if echoed is None else (nonce_extension(echoed),)
        return ResponseData(window.produced_at, responses, extensions, issuer=self._issuer, now=window.now)

    # Answers over HTTP.

    def _respond(self, inquiry: Inquiry, now: datetime, faults: Faults) -> Answer:
        request = inquiry.request
        if request.method not in self.methods:
            return self._not_allowed(request, now)
        if self._others and (owner := self._find_owner(inquiry.question)) is not self:
            return owner._respond(inquiry, now, faults)
        if faults:
            return obey_condition(request, self._answer_question(inquiry, now, faults))
        if not isinstance(self._editions, Live):
            return obey_condition(request, self._answer_ahead(inquiry, now, self._editions.find(now)))
        reuse = self._find_reusable(now)
        key = (request.method, request.target, request.body)
        answer = reuse.answers.get(key)
        if answer is None:
            answer = self._answer_from_frame(inquiry, reuse) or self._answer_question(inquiry, now, ())
            # Nobody asks twice with one nonce: to keep that answer would cost memory and save nothing.
            question = inquiry.question
            if not isinstance(question, OCSPRequest) or question.nonce is None:
                reuse.answers[key] = answer
        return obey_condition(request, answer)

    def _answer_ahead(self, inquiry: Inquiry, now: datetime, edition: Edition) -> Answer:
        """The answer that was signed ahead; the headers are of now."""
        question = inquiry.question
        if not isinstance(question, OCSPRequest) or not all(map(self._issuer.owns, question.cert_ids)):
            return self._answer_question(inquiry, now, ())
        der = self._response_of(edition, question, ())
        return Answer.of(200, _CONTENT_TYPE, der, *caching_headers(edition.window, der))

    def _answer_from_frame(self, inquiry: Inquiry, reuse: _Reuse) -> Answer | None:
        """What `_answer_question` answers honestly to a question about one certificate of this CA."""
        question = inquiry.question
        if not isinstance(question, OCSPRequest) or len(question.cert_ids) != 1:
            return None
        cert_id = question.cert_ids[0]
        if not self._issuer.owns(cert_id):
            return None
        serial, nonce = signed_octets(cert_id.serial_number), question.nonce or b""
        edition, frames, signer = reuse.edition, reuse.frames, self._signer()
        status, window = edition.find_status(cert_id.serial_number), edition.window
        key = (cert_id.hash_algorithm, status, len(serial), len(nonce))
        frame = frames.get(key)
        if frame is None or frame.signer is not signer:
            content = self._make_content(question, edition, window)
            # Meanwhile it may have been revoked. The frame is what its key says.
            single = replace(content.responses[0], status=status)
            frame = frames[key] = Frame(replace(content, responses=(single,)), signer, serial, nonce)
        der = frame.make_response(serial, nonce)
        alike = reuse.lengths.get(len(der))
        if alike is not None:
            return alike.with_body(der, entity_tag(der))
        answer = Answer.of(200, _CONTENT_TYPE, der, *caching_headers(window, der))
        reuse.lengths[len(der)] = answer
        return answer

    def _answer_question(self, inquiry: Inquiry, now: datetime, faults: Faults) -> Answer:
        edition = self._editions.find(now)
        window = bend(Timing, edition.window, faults)
        question = inquiry.question
        if isinstance(question, OCSPRequest):
            der, response = self._make_response(question, edition, window, faults)
        else:
            # RFC 6960 section 2.3: "A server produces the "malformedRequest" response if the request
            # received does not conform to the OCSP syntax."
            der, response = _encode_envelope(OCSPResponse(ResponseStatus.MALFORMED_REQUEST), faults)
        if response.response is None:
            # RFC 9919 section 7.2: "OCSP responders SHOULD include one or more of these HTTP header
            # fields in non-authoritative OCSP responses", no-store among them.
            headers = [("Cache-Control", "no-store"), ("Date", http_date(now))]
        else:
            headers = caching_headers(window, der)
        return Answer.of(200, _CONTENT_TYPE, der, *headers)


# A server asks for the same leaves' staples at every handshake.
_read_issuer = lru_cache(maxsize=256)(read_issuer)


def _encode_envelope(honest: OCSPResponse, faults: Faults) -> tuple[bytes, OCSPResponse]:
    response = bend(Envelope, honest, faults)
    return bend(Encoding, response.encode(), faults), response
