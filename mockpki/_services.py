"""The services of a CA: OCSP responder, CRL publisher, caIssuers file. Requests in, answers out.

1. No socket and no thread is here. The engine, a WSGI server or a test calls `Service.handle`.
2. Faults are applied by `bend`, one line a layer; no branch asks which fault it is.
3. Whatever was asked is recorded before it is answered.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

from cryptography import x509

from . import _ocsp
from ._answer import Answer, Finish, HttpRequest, Listening, Send, Step, Wire, http_date
from ._clock import Clock, monotonic
from ._crl import TBSCertList, crl_number, encode_entries
from ._ledger import Ledger
from ._ocsp import OCSPRequest, OCSPResponse, ResponseData, ResponseStatus, SingleResponse
from ._profile import extension
from ._signing import Signed, Signer
from ._window import Window
from .faults._layers import (
    HTTP,
    CRLContent,
    CRLFault,
    Encoding,
    Envelope,
    Fault,
    FileFault,
    Listener,
    OCSPContent,
    OCSPFault,
    Sealing,
    Signing,
    Timing,
    Transport,
    bend,
    check,
)

F = TypeVar("F")
S = TypeVar("S", bound="Service[Any]")
Faults = tuple[Fault[Any], ...]


class HasSerial(Protocol):
    """A `Leaf` or `CA`, as far as a service has to know it."""

    @property
    def serial_number(self) -> int: ...

    @property
    def certificate(self) -> x509.Certificate: ...


class Problems:
    """What went wrong on another thread, kept until the test can be told."""

    def __init__(self) -> None:
        self._errors: deque[BaseException] = deque()

    def add(self, error: BaseException, where: str) -> None:
        error.add_note(f"mockpki: {where}")
        self._errors.append(error)

    def take(self) -> list[BaseException]:
        """Every error so far, oldest first, each handed out once."""
        taken = []
        while self._errors:
            taken.append(self._errors.popleft())
        return taken


@dataclass(frozen=True, slots=True)
class Request:
    """Evidence: what a client asked for, and what it was given.

    *time* is the PKI's clock, aware UTC. *faults* are those the answer was made with; *answer* is
    the HTTP answer, *wire* how it went out. *question* is the OCSP request, if that is what it was
    and it could be read; *error* says why it could not.
    """

    method: str
    path: str
    raw_headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    client: str
    time: datetime
    faults: Faults
    answer: Answer = field(repr=False)
    wire: Wire = field(repr=False)
    question: OCSPRequest | None = field(default=None, repr=False)
    error: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers by lower-case name; of a repeated one, the last."""
        return {name.lower(): value for name, value in self.raw_headers}

    @property
    def serials(self) -> tuple[int, ...]:
        """The serial numbers asked about, in the order asked."""
        return tuple(cert_id.serial_number for cert_id in self.question.cert_ids) if self.question else ()

    @property
    def hash_algorithm(self) -> str | None:
        """The hash of the first CertID: ``sha1``, ``sha256``, ``sha384``, ``sha512``, or an OID."""
        return self.question.cert_ids[0].hash_name if self.question else None

    @property
    def nonce(self) -> bytes | None:
        """The nonce's own octets, None where the request has none."""
        return self.question.nonce if self.question else None

    @property
    def signed(self) -> bool:
        """Whether the request carries a signature (which is not verified)."""
        return self.question is not None and self.question.signed

    def __str__(self) -> str:
        asked = ", ".join(f"serial {serial:#x}" for serial in self.serials) or self.error or self.path
        bent = f" with {', '.join(map(repr, self.faults))}" if self.faults else ""
        steps = " then ".join(type(step).__name__ for step in self.wire) or "nothing"
        return f"{self.time:%H:%M:%S}Z {self.method} {asked} -> HTTP {self.answer.status} ({steps}){bent}"


class Restore(Generic[S]):
    """What ``respond_with`` gives back: leave it alone, or use it as a context manager."""

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
    """What the three services share: their faults, their script, and the record of requests."""

    layers: ClassVar[tuple[type[Fault[Any]], ...]] = (Encoding, HTTP, Transport, Listener)
    path: ClassVar[str]

    def __init__(self, what: str, clock: Clock, problems: Problems) -> None:
        self._what = what
        self._clock = clock
        self._problems = problems
        self._rules: dict[int | None, Faults] = {}
        self._script: deque[Faults] = deque()
        self._script_length = 0
        self._requests: list[Request] = []
        self._waited = 0
        self._arrival = threading.Condition()
        self._base_url: str | None = None
        self._listen: Callable[[bool], None] = lambda accepting: None
        self._settle: Callable[[], None] = lambda: None
        self._closed = False

    def __repr__(self) -> str:
        return f"<{self._what} at {self._base_url or 'no port'}>"

    # Where it is.

    @property
    def url(self) -> str:
        """The URL that this CA writes into certificates. ValueError for one that has no port."""
        if self._base_url is None:
            raise ValueError(f"the {self._what} has no URL: it was never given a port")
        return self._base_url + self.path

    def attach(self, base_url: str, listen: Callable[[bool], None], settle: Callable[[], None]) -> None:
        """Called once a port is bound: how to open and close it, and how to wait until it is quiet."""
        self._base_url, self._listen, self._settle = base_url, listen, settle

    def close(self) -> None:
        """From now on only the evidence can be read."""
        self._closed = True

    # What it does wrong.

    def _bend_with(self: S, key: int | None, faults: Sequence[Any]) -> Restore[S]:
        checked = self._check(faults)
        before = self._rules.get(key)
        self._set_rule(key, checked)
        return Restore(self, lambda: self._set_rule(key, before))

    def _check(self, faults: Iterable[Any]) -> Faults:
        if self._closed:
            raise ValueError(f"the {self._what} is closed; faults can only be set while its PKI is open")
        return check(faults, self.layers, f"the {self._what}")

    def _set_rule(self, key: int | None, faults: Faults | None) -> None:
        if key is not None and any(isinstance(fault, Listener) for fault in faults or ()):
            raise ValueError(
                f"{faults!r} with to=: a port is refused before anyone can tell which certificate is meant; "
                "leave to= out, or use faults.Reset()"
            )
        rules = dict(self._rules)
        if faults is None:
            rules.pop(key, None)
        else:
            rules[key] = faults
        was = self._accepting()
        self._rules = rules
        if self._accepting() != was and not self._closed:
            self._listen(self._accepting())

    def _accepting(self) -> bool:
        return bend(Listener, Listening(), self._rules.get(None, ())).accepting

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
        script = deque(self._check(item if isinstance(item, list | tuple) else (item,)) for item in answers)
        for faults in script:
            if any(isinstance(fault, Listener) for fault in faults):
                raise ValueError(
                    f"{faults!r} in a script: a refused connection never becomes a request, so it cannot be "
                    "counted; use respond_with() for it"
                )
        self._script_length = len(script)
        self._script = script

    def reset(self) -> None:
        """Honest again, with no script, and with an empty record."""
        self._script = deque()
        with self._arrival:
            self._requests = []
            self._waited = 0
        for key in list(self._rules):
            self._set_rule(key, None)

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
        return list(self._requests)

    def wait_for_request(self, timeout: float | timedelta = 5.0) -> Request:
        """The next request that no earlier call has returned; it may have come already.

        Waits up to *timeout* (seconds, or a timedelta); then raises TimeoutError.
        """
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        until = monotonic() + seconds
        with self._arrival:
            while len(self._requests) <= self._waited:
                left = until - monotonic()
                if left <= 0:
                    raise TimeoutError(
                        f"no request came to the {self._what} within {seconds:g} s; {self._asked()}"
                    )
                self._arrival.wait(left)
            self._waited += 1
            return self._requests[self._waited - 1]

    def _asked(self, requests: Sequence[Request] | None = None) -> str:
        requests = self._requests if requests is None else requests
        if not requests:
            return "it was never asked anything"
        shown = "\n".join(f"  {request}" for request in requests[-20:])
        return f"it was asked {len(requests)} times, at last:\n{shown}"

    def _assert_count(self, found: int, times: int | None, about: str, requests: Sequence[Request]) -> None:
        if times is None and not found:
            raise AssertionError(f"the {self._what} was not asked{about}; {self._asked(requests)}")
        if times is not None and found != times:
            raise AssertionError(
                f"the {self._what} was asked{about} {found} times, not {times}; {self._asked(requests)}"
            )

    # What it answers.

    def handle(self, request: HttpRequest) -> Wire:
        """The answer to *request*, step by step. Never raises: an error becomes HTTP 500, and is kept."""
        answer, faults = self._decide(request)
        wire: Wire = ()
        try:
            wire = bend(Transport, deliver(request, answer), faults)
        except Exception as error:
            self._problems.add(error, f"raised in the {self._what} by one of {list(faults)!r}")
            wire = (Finish(),)
        self._record(request, answer, wire, faults)
        return wire

    def answer(self, request: HttpRequest) -> Answer:
        """The answer to *request* where there is no connection to bend, as in WSGI.

        Raises ValueError when a fault of the transport or of the listener is in force.
        """
        answer, faults = self._decide(request)
        for fault in (*faults, *self._rules.get(None, ())):
            if isinstance(fault, Transport | Listener):
                raise ValueError(
                    f"{fault!r} bends the connection itself, which an application behind WSGI does not hold; "
                    "use the service's own port for it"
                )
        self._record(request, answer, deliver(request, answer), faults)
        return answer

    def _decide(self, request: HttpRequest) -> tuple[Answer, Faults]:
        faults: Faults = ()
        try:
            faults = self._faults_for(request)
            return bend(HTTP, self._respond(request, faults), faults), faults
        except Exception as error:
            self._problems.add(error, f"raised in the {self._what} while it answered with {list(faults)!r}")
            return Answer.text(
                500, f"mockpki: {type(error).__name__} in the test's own fault: {error}"
            ), faults

    def _faults_for(self, request: HttpRequest) -> Faults:
        try:
            return self._script.popleft()
        except IndexError:
            return self._rule(request)

    def _rule(self, request: HttpRequest) -> Faults:
        return self._rules.get(None, ())

    def _respond(self, request: HttpRequest, faults: Faults) -> Answer:
        raise NotImplementedError

    def _record(self, request: HttpRequest, answer: Answer, wire: Wire, faults: Faults) -> None:
        question, error = self._question(request)
        record = Request(
            request.method, request.target, request.headers, request.body, request.client,
            self._clock.now(), faults, answer, wire, question, error,
        )  # fmt: skip
        with self._arrival:
            self._requests.append(record)
            self._arrival.notify_all()

    def _question(self, request: HttpRequest) -> tuple[OCSPRequest | None, str | None]:
        return None, None


def deliver(request: HttpRequest, answer: Answer) -> Wire:
    """The honest way out: everything at once, and the connection kept or closed as asked."""
    if not request.keep_alive:
        answer = answer.with_header("Connection", "close")
    elif request.version == "1.0":
        answer = answer.with_header("Connection", "keep-alive")
    # RFC 9110 section 9.3.2: "the server MUST NOT send content in the response" to HEAD.
    sent: Step = Send(answer.head() if request.method == "HEAD" else answer.encode())
    return (sent,) if request.keep_alive else (sent, Finish())


def _caching(window: Window, body: bytes) -> list[tuple[str, str]]:
    """The caching headers of RFC 9919 section 7.2, for an authoritative answer.

    Section 6 has Last-Modified be producedAt, section 7.2 thisUpdate: an honest window has them equal.
    """
    headers = [
        ("Last-Modified", http_date(window.this_update)),
        ("ETag", f'"{hashlib.sha256(body).hexdigest()}"'),
    ]
    if window.next_update is not None:
        # "max-age = < n >, where n is a time value in seconds later than thisUpdate but earlier than
        # nextUpdate": half of what is left.
        age = max(0, int((window.next_update - window.now).total_seconds()) // 2)
        headers.append(("Expires", http_date(window.next_update)))
        headers.append(("Cache-Control", f"max-age={age}, public, no-transform, must-revalidate"))
    headers.append(("Date", http_date(window.now)))
    return headers


class _File(Service[F]):
    """A service whose answer does not depend on what was asked: GET or HEAD, on any path."""

    content_type: ClassVar[str]

    def respond_with(self: S, *faults: Any) -> Restore[S]:
        raise NotImplementedError

    def assert_asked(self, leaf: None = None, times: int | None = None) -> None:
        """Fail unless there was a request, or exactly *times*. The file names no certificate."""
        if leaf is not None:
            raise TypeError(f"a request to the {self._what} names no certificate; leave {leaf!r} out")
        requests = self.requests
        self._assert_count(len(requests), times, "", requests)

    def assert_not_asked(self) -> None:
        """Fail if there was any request."""
        self.assert_asked(times=0)

    def _respond(self, request: HttpRequest, faults: Faults) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer.text(
                405,
                f"mockpki: the {self._what} takes GET, not {request.method}",
                ("Allow", "GET, HEAD"),
            )
        window = bend(Timing, Window.honest(self._clock.now()), faults)
        body = self._body(faults)
        return Answer.of(200, self.content_type, body, *_caching(window, body))

    def _body(self, faults: Faults) -> bytes:
        raise NotImplementedError


class CertificateFile(_File[FileFault]):
    """The CA's own certificate, where caIssuers URLs point (RFC 5280 section 4.2.2.1)."""

    path = "/ca.crt"
    content_type = "application/pkix-cert"

    def __init__(self, what: str, clock: Clock, problems: Problems, certificate: bytes) -> None:
        super().__init__(what, clock, problems)
        self._certificate = certificate

    def respond_with(self, *faults: FileFault) -> Restore[CertificateFile]:
        """Answer with these faults from now on; none for honest. As a context manager, until its end."""
        return self._bend_with(None, faults)

    def _body(self, faults: Faults) -> bytes:
        return bend(Encoding, self._certificate, faults)


class Publisher(_File[CRLFault]):
    """The CA's CRL: RFC 5280 v2, complete, renewed at every request."""

    layers = (Timing, CRLContent, Signing, Sealing, Encoding, HTTP, Transport, Listener)
    path = "/ca.crl"
    content_type = "application/pkix-crl"

    def __init__(self, what: str, clock: Clock, problems: Problems, ledger: Ledger, signer: Signer) -> None:
        super().__init__(what, clock, problems)
        self._ledger, self._signer = ledger, signer
        self._lock = threading.Lock()
        self._number = 0
        self._made_for: tuple[int, datetime] | None = None
        self._honest: bytes | None = None
        self._entries = b""
        self._count = self._rewritten = 0
        # RFC 5280 section 5.2.1: AKI by the key identifier method.
        self._aki = extension(x509.AuthorityKeyIdentifier(signer.key_hash, None, None))

    def respond_with(self, *faults: CRLFault) -> Restore[Publisher]:
        """Answer with these faults from now on; none for honest. As a context manager, until its end."""
        return self._bend_with(None, faults)

    def crl(self, *faults: CRLFault) -> bytes:
        """The CRL as DER, made now, without HTTP. Raises TypeError for a fault it cannot have."""
        return self._body(check(faults, (Timing, CRLContent, Signing, Sealing, Encoding), "a CRL as bytes"))

    def pem(self, *faults: CRLFault) -> bytes:
        """The same as PEM, which is what ``openssl`` and `ssl.SSLContext` read from a file."""
        text = base64.encodebytes(self.crl(*faults)).replace(b"\n", b"")
        lines = b"\n".join(text[at : at + 64] for at in range(0, len(text), 64))
        return b"-----BEGIN X509 CRL-----\n" + lines + b"\n-----END X509 CRL-----\n"

    def _body(self, faults: Faults) -> bytes:
        with self._lock:
            now = self._clock.now()
            content = self._content(now, faults)
            if not faults and self._honest is not None:
                return self._honest
            signer = bend(Signing, self._signer, faults)
            signed = bend(Sealing, signer.sign(content.encode(signer)), faults)
            body = bend(Encoding, signed.encode(), faults)
            if not faults:
                self._honest = body
            return body

    def _content(self, now: datetime, faults: Faults) -> TBSCertList:
        version, rewritten, added = self._ledger.revoked(self._count)
        if rewritten != self._rewritten:
            version, rewritten, added = self._ledger.revoked()
            self._entries, self._count, self._rewritten = b"", 0, rewritten
        if added:
            self._entries += encode_entries(added)
            self._count += len(added)
        # RFC 5280 section 5.2.3: a CRL number is "a monotonically increasing sequence number", and two
        # CRLs of one scope and different times have different ones. The same list in the same
        # second is the same CRL.
        if self._made_for != (version, now):
            self._made_for = (version, now)
            self._honest = None
            self._number += 1
        window = bend(Timing, Window.honest(now), faults)
        # RFC 5280 section 5.1.2.6: "When there are no revoked certificates, the revoked certificates
        # list MUST be absent."
        honest = TBSCertList(
            window.this_update,
            window.next_update,
            self._entries or None,
            (self._aki, crl_number(self._number)),
        )
        return bend(CRLContent, honest, faults)


class Responder(Service[OCSPFault]):
    """The CA's OCSP responder: RFC 6960, in the profile of RFC 9919."""

    layers = (Timing, OCSPContent, Signing, Sealing, Envelope, Encoding, HTTP, Transport, Listener)
    path = "/ocsp"

    def __init__(
        self,
        what: str,
        clock: Clock,
        problems: Problems,
        ledger: Ledger,
        issuer: _ocsp.Issuer,
        authority: Signer,
        signer: Callable[[], Signer],
    ) -> None:
        super().__init__(what, clock, problems)
        self._ledger, self._issuer, self._authority, self._signer = (
            ledger,
            issuer,
            authority,
            signer,
        )
        self._reuse_for: tuple[int, datetime] | None = None
        self._reuse: dict[tuple[str, str, bytes], Answer] = {}
        self._last_read: tuple[Any, OCSPRequest | ValueError] | None = None

    # Control.

    def respond_with(self, *faults: OCSPFault, to: HasSerial | int | None = None) -> Restore[Responder]:
        """Answer with these faults from now on; none for honest. As a context manager, until its end.

        *to* limits them to questions about one certificate, by leaf or serial number, and goes
        before what is set for all. Raises TypeError for a fault this service cannot have.
        """
        return self._bend_with(None if to is None else self._serial(to), faults)

    def _serial(self, leaf: HasSerial | int) -> int:
        """The serial number of *leaf*, if it is this CA's to answer for."""
        if isinstance(leaf, int):
            return leaf
        certificate = getattr(leaf, "certificate", None)
        if not isinstance(certificate, x509.Certificate):
            raise TypeError(f"{leaf!r} is no leaf, CA or serial number")
        if certificate.issuer.public_bytes() != self._authority.name:
            raise ValueError(
                f"{leaf!r} was issued by {certificate.issuer.rfc4514_string()}, "
                f"and the {self._what} does not answer for that CA"
            )
        return leaf.serial_number

    # Evidence.

    def assert_asked(self, leaf: HasSerial | int | None = None, times: int | None = None) -> None:
        """Fail unless there was a request about *leaf* (left out: any request), or exactly *times*."""
        requests = self.requests
        if leaf is None:
            return self._assert_count(len(requests), times, "", requests)
        serial = self._serial(leaf)
        found = sum(serial in request.serials for request in requests)
        return self._assert_count(found, times, f" about serial {serial:#x}", requests)

    def assert_not_asked(self, leaf: HasSerial | int | None = None) -> None:
        """Fail if there was a request about *leaf*; left out: any request at all."""
        self.assert_asked(leaf, times=0)

    # Answers.

    def response_for(
        self,
        leaf: HasSerial | int,
        *faults: OCSPFault,
        hash_algorithm: str = "sha1",
        nonce: bytes | None = None,
    ) -> bytes:
        """The OCSP response about *leaf* as DER, made now, without HTTP: also what a staple is.

        Raises TypeError for a fault of HTTP or the connection, ValueError for another CA's leaf.
        """
        checked = check(
            faults,
            (Timing, OCSPContent, Signing, Sealing, Envelope, Encoding),
            "an OCSP response as bytes",
        )
        question = OCSPRequest((self._issuer.cert_id(self._serial(leaf), hash_algorithm),), nonce)
        return self._encode(question, bend(Timing, Window.honest(self._clock.now()), checked), checked)[0]

    def _encode(self, question: OCSPRequest, window: Window, faults: Faults) -> tuple[bytes, OCSPResponse]:
        if not all(self._issuer.owns(cert_id) for cert_id in question.cert_ids):
            # RFC 9919 section 3.2.3: without authoritative records a responder MUST say unauthorized.
            return self._error(ResponseStatus.UNAUTHORIZED, faults)
        content = bend(OCSPContent, self._content(question, window), faults)
        signer = bend(Signing, self._signer(), faults)
        signed: Signed = bend(Sealing, signer.sign(content.encode(signer)), faults)
        return self._seal(OCSPResponse(ResponseStatus.SUCCESSFUL, signed.encode()), faults)

    def _error(self, status: ResponseStatus, faults: Faults) -> tuple[bytes, OCSPResponse]:
        return self._seal(OCSPResponse(status), faults)

    def _seal(self, honest: OCSPResponse, faults: Faults) -> tuple[bytes, OCSPResponse]:
        response = bend(Envelope, honest, faults)
        return bend(Encoding, response.encode(), faults), response

    def _content(self, question: OCSPRequest, window: Window) -> ResponseData:
        responses = tuple(
            SingleResponse(
                cert_id,
                self._ledger.status(cert_id.serial_number),
                window.this_update,
                window.next_update,
            )
            for cert_id in question.cert_ids
        )
        extensions = None if question.nonce is None else (_ocsp.nonce_extension(question.nonce),)
        return ResponseData(window.produced_at, responses, extensions)

    def _respond(self, request: HttpRequest, faults: Faults) -> Answer:
        if request.method not in ("GET", "POST", "HEAD"):
            return Answer.text(
                405,
                f"mockpki: the {self._what} takes GET and POST, not {request.method}",
                ("Allow", "GET, HEAD, POST"),
            )
        now = self._clock.now()
        key = (request.method, request.target, request.body)
        if not faults:
            made_for = (self._ledger.version, now)
            if made_for != self._reuse_for:
                self._reuse_for, self._reuse = made_for, {}
            reused = self._reuse.get(key)
            if reused is not None:
                return reused
        window = bend(Timing, Window.honest(now), faults)
        question, _ = self._question(request)
        if question is None:
            der, response = self._error(ResponseStatus.MALFORMED_REQUEST, faults)
        else:
            der, response = self._encode(question, window, faults)
        if response.response is None:
            # RFC 9919 section 7.2: answers that are not authoritative are not to be cached.
            headers = [("Cache-Control", "no-store"), ("Date", http_date(now))]
        else:
            headers = _caching(window, der)
        answer = Answer.of(200, "application/ocsp-response", der, *headers)
        if not faults and (question is None or question.nonce is None):
            self._reuse[key] = answer
        return answer

    def _rule(self, request: HttpRequest) -> Faults:
        rules = self._rules
        if not rules:
            return ()
        question, _ = self._question(request)
        for cert_id in question.cert_ids if question else ():
            if cert_id.serial_number in rules:
                return rules[cert_id.serial_number]
        return rules.get(None, ())

    def _question(self, request: HttpRequest) -> tuple[OCSPRequest | None, str | None]:
        last = self._last_read
        if last is None or last[0] is not request:
            last = self._last_read = (request, _read_question(request))
        if isinstance(last[1], ValueError):
            return None, f"malformed request: {last[1]}"
        return last[1], None


def _read_question(request: HttpRequest) -> OCSPRequest | ValueError:
    try:
        if request.method == "POST":
            return OCSPRequest.read(request.body)
        return _read_target(request.target)
    except ValueError as error:
        return error


def _read_target(target: str) -> OCSPRequest:
    """The request in a GET's path: RFC 6960 appendix A.1, ``{url}/{url-encoding of base-64 of DER}``.

    Any escaping of ``+``, ``/`` and ``=`` is taken, padding may be missing, and any path may stand
    before it. DER begins with 0x30, so its base-64 begins with M; but an M may begin a folder too.
    """
    path = target.split("?", 1)[0].split("#", 1)[0]
    text = unquote_to_bytes(path).replace(b" ", b"+").translate(_URL_SAFE).rstrip(b"=")
    error = ValueError("the path ends in no base-64 of an OCSPRequest")
    at = text.find(b"/M")
    while at >= 0:
        for encoded in (text[at + 1 :], text[at + 1 :].rstrip(b"/=")):
            try:
                return OCSPRequest.read(
                    binascii.a2b_base64(encoded + b"=" * (-len(encoded) % 4), strict_mode=True)
                )
            except ValueError as reason:
                error = reason
        at = text.find(b"/M", at + 1)
    raise error


_URL_SAFE = bytes.maketrans(b"-_", b"+/")
