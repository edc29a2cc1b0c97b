"""OCSP, CRL and caIssuers as a WSGI application, to mount in a server of your own or to call without one.

    from mockpki import PKI, wsgi

    with PKI() as pki:
        app = wsgi.application(pki)
        leaf = pki.issue_cert("localhost", ocsp_urls=["http://my-server.test/pki/ocsp"])

It answers as the CA's own ports do: the same ledger, faults, scripts and evidence. A fault of the
transport or of the listener raises ValueError, for it needs the connection, which WSGI does not give.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, PathConverter, Rule
from werkzeug.wrappers import Request, Response

from ._ca.ca import CA
from ._ca.crl_issuer import CrlIssuer
from ._exchange.http import Answer, HttpRequest, http_date, obey_http
from ._exchange.refusals import judge_method
from ._parameters import show
from ._pki import PKI
from ._services.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MAX_BODY = 1 << 20


class _WsgiRequest(Request):
    max_content_length = _MAX_BODY


class _WsgiResponse(Response):
    # An answer says everything itself, so that a fault can leave it out.
    automatically_set_content_length = False
    autocorrect_location_header = False


class _Anything(PathConverter):
    """The rest of the path, even if it is empty or begins with a slash: base-64 is not made of names."""

    regex = ".*?"
    part_isolating = False


class Application:
    """The services of one CA below ``/ocsp``, ``/ca.crl`` and ``/ca.crt``; of a CRL issuer, its CRLs. Made by
    `application`."""

    def __init__(self, ca: CA | CrlIssuer) -> None:
        self._ca = ca
        self._now = ca.signer.clock.now
        paths = "/ca.crl", "/ca-delta.crl", "/ca/<anything:rest>", "/cas.crl", "/cas-delta.crl"
        rules = [Rule(path, endpoint=ca.crl) for path in paths]
        self._there = "there is /ca.crl"
        if isinstance(ca, CA):
            rules += [Rule(path, endpoint=ca.ocsp) for path in ("/ocsp", "/ocsp/<anything:rest>")]
            rules.append(Rule("/ca.crt", endpoint=ca.ca_issuers))
            self._there = "there are /ocsp, /ca.crl and /ca.crt"
        # Base-64 may hold "//", which is no spelling of "/".
        self._routes = Map(
            rules,
            converters={"anything": _Anything},
            merge_slashes=False,
            strict_slashes=False,
        )

    def __repr__(self) -> str:
        return f"<Application of {self._ca!r}>"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = _WsgiRequest(environ)
        try:
            refusal = judge_method(environ["REQUEST_METHOD"])
            if refusal is not None:
                return self._say(refusal.status, refusal.sentence)(environ, start_response)
            read = _read_request(request)
            answer = obey_http(read.version, self._find_service(request).answer(read))
        except NotFound:
            sentence = f"nothing is at {request.path}; {self._there}"
            return self._say(404, sentence)(environ, start_response)
        except HTTPException as error:
            return self._say(error.code or 500, str(error.description))(environ, start_response)
        return _make_response(answer)(environ, start_response)

    def _say(self, status: int, sentence: str) -> Response:
        """What is said where no service answers, dated as all is here."""
        date = ("Date", http_date(self._now()))
        return _make_response(Answer.text(status, f"mockpki: {sentence}", date))

    def _find_service(self, request: _WsgiRequest) -> Service[Any]:
        service, _ = self._routes.bind_to_environ(request.environ).match()
        assert isinstance(service, Service)
        return service


def application(ca_or_pki: CA | CrlIssuer | PKI) -> Application:
    """The services of a CA (of a PKI: its issuing CA), or of a CRL issuer, as a WSGI application.

    Raises TypeError for anything else.
    """
    if isinstance(ca_or_pki, PKI):
        return Application(ca_or_pki.ca)
    if isinstance(ca_or_pki, CA | CrlIssuer):
        return Application(ca_or_pki)
    raise TypeError(f"application() takes a PKI, or one of its CAs or CRL issuers; got {show(ca_or_pki)}")


def _read_request(request: _WsgiRequest) -> HttpRequest:
    environ = request.environ
    client = f"{environ.get('REMOTE_ADDR', '')}:{environ.get('REMOTE_PORT', '')}".strip(":")
    return HttpRequest(
        request.method,
        _read_target(environ),
        tuple(request.headers.items()),
        request.get_data(),
        request.environ.get("SERVER_PROTOCOL", "HTTP/1.1").removeprefix("HTTP/"),
        client=client,
    )


def _read_target(environ: WSGIEnvironment) -> str:
    """The request target as it was sent, where the server tells; else what became of it.

    WSGI's own PATH_INFO has lost the difference between "/" and "%2F", which does no harm here: the
    responder takes both for the same character of base-64.
    """
    for name in ("REQUEST_URI", "RAW_URI"):
        if environ.get(name):
            return str(environ[name])
    query = environ.get("QUERY_STRING")
    path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
    return f"{path}?{query}" if query else path


def _make_response(answer: Answer) -> Response:
    response = _WsgiResponse(answer.body, answer.status)
    if answer.reason is not None:
        response.status = f"{answer.status} {answer.reason}"
    response.headers.clear()
    response.headers.extend(answer.headers)
    return response
