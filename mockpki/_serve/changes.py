"""What calls change becomes an event: the document that shows how it is now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from .._services.service import Service
from . import bodies, shapes
from .guard import SAFE
from .hosted import FILTERS, Hosted
from .route import Call
from .services import name_service, show_service
from .views import name_certificate, show_certificate, show_clock, show_pki

Told = tuple[str, shapes.EventData]
_TELLS_NOTHING = ("check", "assert_asked", "make_answer", "make_crl", "settle", "restart")
"""Functions of calls that ask, though they are POSTs."""


def tell_change(call: Call, answer: object) -> None:
    """Add what *call* has changed to the events, after it was done: *answer* is what it is answered."""
    if call.request.method in SAFE or call.route.handle.__name__ in _TELLS_NOTHING:
        return
    pki = answer.id if isinstance(answer, shapes.Pki) else call.path.get("pki")
    if pki is None:
        return
    hosted = next((one for one in call.topology.open_pkis() if pki in (one.id, one.name)), None)
    # One that was closed has said so itself.
    if hosted is None:
        return
    events = call.topology.events
    with suppress(ValueError, LookupError):  # it is being closed
        for kind, data in _list_changes(call, hosted, answer):
            events.add(kind, hosted.id, data)
    events.changed(hosted.id)


def _list_changes(call: Call, hosted: Hosted, answer: Any) -> Iterator[Told]:
    id, path = hosted.id, call.path
    match answer:
        case shapes.Pki():
            yield "pki", shapes.EventData(pki=id, state="made", document=answer)
        case shapes.Clock():
            yield "clock", shapes.EventData(pki=id, document=answer)
        case shapes.Certificate():
            yield "certificate", shapes.EventData(pki=id, document=answer)
        case shapes.TlsServer():
            yield "tls_server", shapes.EventData(pki=id, server=answer.id, document=answer)
        case shapes.Stage():
            yield "stage", shapes.EventData(pki=id, document=answer)
        case shapes.Visited() if path["stage"] in hosted.stages:
            yield "stage", shapes.EventData(pki=id, document=hosted.stages.find(path["stage"]).show())
        case _ if call.route.tag == "services":
            name, of = name_service(call), path.get("ca")
            own = None if name == FILTERS else hosted.name_ca(hosted.find_ca(of))
            yield "service", _tell_service(hosted, own, name, hosted.find_service(of, name))
        case _:
            if call.route.handle.__name__ == "reset":
                yield "clock", shapes.EventData(pki=id, document=show_clock(hosted))
                for ca, name, service in list(hosted.list_services()):
                    yield "service", _tell_service(hosted, ca, name, service)
            # Of many at once, those that have a document of their own; and whatever else there may be.
            for own in _list_certificates(hosted, path.get("ca"), call.body):
                yield "certificate", shapes.EventData(pki=id, document=show_certificate(hosted, own))
            yield "pki", shapes.EventData(pki=id, state="changed", document=show_pki(hosted))


def _tell_service(hosted: Hosted, ca: str | None, name: str, service: Service[Any]) -> shapes.EventData:
    document = show_service(hosted, service)
    return shapes.EventData(pki=hosted.id, ca=ca, service=name, document=document)


def _list_certificates(hosted: Hosted, ca: str | None, body: Any) -> Iterator[str]:
    """The ids of those that *body* is about, by names and ids, or as serial numbers of the CA called *ca*."""
    if not isinstance(body, bodies.Targets):
        return
    named = [hosted.certificates.find(key) for key in body.certificates if key in hosted.certificates]
    numbers = {int(serial, 16) for serial in body.serial_numbers}
    given = body.serial_range
    first, last = (1, 0) if given is None else (int(given.first, 16), int(given.last, 16))
    issuer = hosted.find_ca(ca)
    numbered = [
        leaf
        for leaf in (hosted.certificates.values() if given or numbers else ())
        if leaf.issuer is issuer and (leaf.serial_number in numbers or first <= leaf.serial_number <= last)
    ]
    yield from dict.fromkeys(name_certificate(hosted, leaf) for leaf in (*named, *numbered))
