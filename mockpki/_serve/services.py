"""The services of a CA: what they are set to, and what they were asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from .. import sequences
from .._catalogue.data import to_data, to_text
from .._exchange.steps import join_octets
from .._layers import CRLBytesFault, Fault, OCSPBytesFault
from .._services.crlite import CRLite
from .._services.evidence import Request
from .._services.responder import Responder
from .._services.service import Service
from . import bodies, queries, shapes
from .certificates import read_octets
from .hosted import FILTERS, SERVICES, Hosted
from .problem import Problem, describe_plainly, pointing_into, pointing_to
from .route import Call, Content, Routes
from .views import find_url
from .waiting import read_page

ROUTES = Routes()
_PKI = "/v1/pkis/{pki}"
_ANY = (f"{_PKI}/{{service}}", f"{_PKI}/cas/{{ca}}/{{service}}", f"{_PKI}/{FILTERS}")
_OCSP = (f"{_PKI}/ocsp", f"{_PKI}/cas/{{ca}}/ocsp")
_CRL = (f"{_PKI}/crl", f"{_PKI}/cas/{{ca}}/crl")


def _below(paths: tuple[str, ...], rest: str) -> list[str]:
    return [path + rest for path in paths]


def _find(call: Call) -> tuple[Hosted, Service[Any]]:
    hosted = call.hosted
    return hosted, hosted.find_service(call.path.get("ca"), name_service(call))


def name_service(call: Call) -> str:
    """Which service *call* is about."""
    # The paths of one service alone have its name as it is.
    parts = call.route.path.split("/")
    return call.path.get("service") or next(name for name in (*SERVICES, FILTERS) if name in parts)


def set_up_service(hosted: Hosted, service: Service[Any], body: bodies.Service) -> None:
    """Set *service* to what *body* says."""
    if body.sequence is not None and body.faults:
        raise Problem(
            "invalid", "faults and sequence are one in the place of the other; give one", "/sequence"
        )
    if body.faults:
        _set_faults(hosted, service, body.faults)
    with pointing_to("/to"):
        if body.to and not isinstance(service, Responder):
            raise Problem("invalid", "to is of the OCSP responder alone: others are not asked about one")
        for key, values in body.to.items():
            with pointing_to(f"/{key}"):
                _set_faults(hosted, service, values, to=hosted.find_member(key))
    if body.script:
        _set_script(hosted, service, body.script, "/script")
    if body.sequence is not None:
        with pointing_to("/sequence"):
            service.respond_by(make_sequence(hosted, body.sequence))


def _set_faults(hosted: Hosted, service: Service[Any], values: object, **options: Any) -> None:
    faults = hosted.list_faults(values)
    with pointing_to("/faults"):
        # A responder takes `to`, too.
        respond: Any = service.respond_with
        respond(*faults, **options)


def _set_script(hosted: Hosted, service: Service[Any], values: Iterable[object], at: str) -> None:
    answers = hosted.list_scripts(values, at)
    with hosted.lock, pointing_to(at):
        if service.script_left:
            raise Problem("conflict", f"{service.unused()}; let it run out, or DELETE it")
        service.script(*answers)


_TAKES = {
    "EveryNth": ("n", "faults"),
    "FirstN": ("n", "faults", "per_client"),
    "Flapping": ("up", "down", "faults"),
    "Mix": ("alternatives", "seed"),
}
_OPTIONAL = ("per_client", "seed")


def make_sequence(hosted: Hosted, body: bodies.Sequence) -> Any:
    """The sequence that *body* describes. Raises Problem for what it does not take, and what it lacks."""
    name = body.sequence
    given: dict[str, Any] = {
        field: value
        for field in body.__struct_fields__
        if field != "sequence" and (value := getattr(body, field)) is not None
    }
    for field in given:
        if field not in _TAKES[name]:
            raise Problem(
                "unknown-field", f"{name} takes no {field}; it takes {', '.join(_TAKES[name])}", f"/{field}"
            )
    for field in _TAKES[name]:
        if field not in given and field not in _OPTIONAL:
            raise Problem("invalid", f"{name} needs {field}", f"/{field}")
    if "faults" in given:
        given["faults"] = list(hosted.list_faults(given["faults"]))
    chosen = hosted.list_scripts(given.pop("alternatives", []), "/alternatives")
    with pointing_into(body):
        return getattr(sequences, name)(*chosen, **given)


def show_service(hosted: Hosted, service: Service[Any]) -> shapes.Service:
    """What it is set to, and how much it was asked."""
    for_all: list[Any] = []
    sequence = None
    to = {}
    for subject, rule in service.rules.items():
        if isinstance(rule, tuple):
            shown = show_faults(rule)
            if subject is None:
                for_all = shown
            else:
                to[f"{subject:x}" if isinstance(subject, int) else subject] = shown
        else:
            sequence = repr(rule)
    return shapes.Service(
        url=find_url(service),
        faults=for_all,
        to=to,
        script_left=service.script_left,
        sequence=sequence,
        asked=service.asked,
        last=service.last_number,
        dropped=service.dropped,
    )


def show_faults(faults: tuple[Fault[Any], ...]) -> list[Any]:
    """Each as an object, with the text that people type for it."""
    return [{**to_data(fault), "text": to_text(fault)} for fault in faults]


@ROUTES.add("GET", *_ANY, answers=shapes.Service)
def get_service(call: Call) -> shapes.Service:
    """A service: its URL, what it is set to, and how often it was asked."""
    return show_service(*_find(call))


@ROUTES.add("PUT", *_below(_ANY, "/faults"), body=bodies.SetFaults, answers=shapes.Service,
            example={"faults": ["HttpStatus 503"]})  # fmt: skip
def set_faults(call: Call) -> shapes.Service:
    """Answer with these faults from now on; `[]` is honest."""
    hosted, service = _find(call)
    _set_faults(hosted, service, call.body.faults)
    return show_service(hosted, service)


@ROUTES.add("DELETE", *_below(_ANY, "/faults"), answers=shapes.Service)
def drop_faults(call: Call) -> shapes.Service:
    """Answer honestly from now on."""
    return _make_honest(call)


def _make_honest(call: Call) -> shapes.Service:
    hosted, service = _find(call)
    service.respond_with()
    return show_service(hosted, service)


def _find_subject(call: Call) -> tuple[Hosted, Responder, Any]:
    hosted, service = _find(call)
    assert isinstance(service, Responder)
    return hosted, service, hosted.find_member(call.path["certificate"])


@ROUTES.add("PUT", *_below(_OCSP, "/faults/{certificate}"), body=bodies.SetFaults, answers=shapes.Service,
            example={"faults": [{"fault": "Stale", "by": "P2D"}]})  # fmt: skip
def set_faults_to(call: Call) -> shapes.Service:
    """Answer questions about one certificate with these faults; it goes before what is set for all."""
    hosted, service, about = _find_subject(call)
    _set_faults(hosted, service, call.body.faults, to=about)
    return show_service(hosted, service)


@ROUTES.add("DELETE", *_below(_OCSP, "/faults/{certificate}"), answers=shapes.Service)
def drop_faults_to(call: Call) -> shapes.Service:
    """Answer questions about one certificate as all others."""
    hosted, service, about = _find_subject(call)
    service.drop_rule(about.serial_number)
    return show_service(hosted, service)


@ROUTES.add("PUT", *_below(_ANY, "/script"), body=bodies.SetScript, answers=shapes.Service,
            refusals=("conflict",), example={"answers": [["HttpStatus 503"], []]})  # fmt: skip
def set_script(call: Call) -> shapes.Service:
    """Answer the next requests with these, in turn; 409 while another script still runs.

    One that is not used up fails `check`.
    """
    hosted, service = _find(call)
    _set_script(hosted, service, call.body.answers, "/answers")
    return show_service(hosted, service)


@ROUTES.add("DELETE", *_below(_ANY, "/script"), answers=shapes.Service)
def drop_script(call: Call) -> shapes.Service:
    """Drop what is left of the script."""
    hosted, service = _find(call)
    service.forget_script()
    return show_service(hosted, service)


@ROUTES.add("PUT", *_below(_ANY, "/sequence"), body=bodies.Sequence, answers=shapes.Service,
            example={"sequence": "EveryNth", "n": 3, "faults": ["HttpStatus 503"]})  # fmt: skip
def set_sequence(call: Call) -> shapes.Service:
    """Answer with faults that come and go; a seed that was drawn is in the answer."""
    hosted, service = _find(call)
    service.respond_by(make_sequence(hosted, call.body))
    return show_service(hosted, service)


@ROUTES.add("DELETE", *_below(_ANY, "/sequence"), answers=shapes.Service)
def drop_sequence(call: Call) -> shapes.Service:
    """Answer honestly from now on."""
    return _make_honest(call)


@ROUTES.add("POST", *_below(_ANY, "/reset"), status=204)
def reset(call: Call) -> None:
    """Honest again, with no script, and with an empty record."""
    _find(call)[1].reset()


# What it was asked.


def show_request(hosted: Hosted, request: Request) -> shapes.Request:
    """A request and its answer."""
    steps = request.wire
    sent = len(join_octets(steps))
    nonce = request.nonce
    return shapes.Request(
        number=request.number,
        time=request.time,
        client=request.client,
        method=request.method,
        path=request.path,
        headers=request.headers,
        certificates=[f"{serial:x}" for serial in request.serials],
        hash_algorithm=request.hash_algorithm,
        nonce=None if nonce is None else nonce.hex(),
        signed=request.signed,
        error=request.error,
        text=str(request),
        answer=shapes.Answer(
            status=request.answer.status if sent else None,
            honest=not request.faults,
            faults=show_faults(request.faults),
            steps=[type(step).__name__ for step in steps],
            size=sent,
        ),
    )


@ROUTES.add("GET", *_below(_ANY, "/requests"), query=queries.RequestsAfter, answers=shapes.Requests)
def list_requests(call: Call) -> shapes.Requests:
    """The requests numbered above `after`, oldest first; with `wait`, as soon as there is one.

    A negative `after` counts from the end. Asked again, it answers the same.
    """
    hosted, service = _find(call)
    query = call.query
    serial = None
    if query.certificate is not None:
        with pointing_to(""):
            serial = hosted.find_member(query.certificate).serial_number
    shown, last = read_page(
        hosted, service, query, wanted=lambda one: serial is None or serial in one.serials
    )
    return shapes.Requests(
        requests=[show_request(hosted, one) for one in shown], last=last, dropped=service.dropped
    )


def find_request(service: Service[Any], number: int) -> Request:
    """The request of that *number*. Raises Problem for one that is not kept, or not there yet."""
    request: Request | None = service.find(number)
    if request is None:
        raise Problem("not-found", f"there is no request {number} here; there are those that /requests lists")
    return request


@ROUTES.add("GET", *_below(_ANY, "/requests/{number}"), answers=shapes.Request)
def get_request(call: Call) -> shapes.Request:
    """One request."""
    hosted, service = _find(call)
    return show_request(hosted, find_request(service, call.path["number"]))


@ROUTES.add("POST", *_below(_ANY, "/assert_asked"), body=bodies.AssertAsked, optional=True, status=204,
            refusals=("assertion-failed",), example={"times": 0})  # fmt: skip
def assert_asked(call: Call) -> None:
    """Fail, with what was asked, unless it was asked about a certificate (left out: anything) so often."""
    hosted, service = _find(call)
    body = call.body or bodies.AssertAsked()
    asserting: Any = service
    about: Any = body.file
    if isinstance(service, CRLite):
        if body.certificate is not None:
            raise Problem("invalid", "filters are asked for as files; give file", "/certificate")
    else:
        if body.file is not None:
            raise Problem("invalid", "file is of the service of filters; give certificate", "/file")
        with pointing_to("/certificate"):
            about = None if body.certificate is None else hosted.find_member(body.certificate)
    try:
        asserting.assert_asked(about, body.times)
    except AssertionError as error:
        raise Problem("assertion-failed", describe_plainly(error)) from error


@ROUTES.add("POST", *_below(_OCSP, "/make"), body=bodies.MakeAnswer, answers="application/ocsp-response")
def make_answer(call: Call) -> Content:
    """The OCSP response about a certificate, as DER, without a socket: for unit tests."""
    hosted, service = _find(call)
    assert isinstance(service, Responder)
    body: bodies.MakeAnswer = call.body
    with pointing_to("/nonce"):
        nonce = None if body.nonce is None else read_octets(body.nonce, "nonce")
    with pointing_to("/certificate"):
        about: Any = hosted.find_member(body.certificate)
    faults = hosted.list_faults(body.faults, fit=get_args(OCSPBytesFault), what="an OCSP response as bytes")
    with pointing_into(body):
        der = service.response_for(about, *faults, hash_algorithm=body.hash_algorithm, nonce=nonce)
    return Content(der, "application/ocsp-response")


@ROUTES.add(
    "POST", *_below(_CRL, "/make"), body=bodies.MakeCrl, optional=True, answers="application/pkix-crl"
)
def make_crl(call: Call) -> Content:
    """The CRL, as DER, without a socket."""
    hosted, service = _find(call)
    publisher: Any = service
    body = call.body or bodies.MakeCrl()
    faults = hosted.list_faults(body.faults, fit=get_args(CRLBytesFault), what="a CRL as bytes")
    of = None
    with pointing_to("/certificate"):
        if body.certificate is not None:
            of = hosted.find_member(body.certificate)
    return Content(publisher.crl(*faults, of=of, delta=body.delta), "application/pkix-crl")
