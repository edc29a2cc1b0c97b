"""What calls change becomes an event: the document that shows how it is now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from . import shapes
from .guard import SAFE
from .hosted import Hosted
from .route import Call
from .services import show_service
from .views import name_ca, name_certificate, show_certificate, show_pki

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
            ca = hosted.find_ca(path.get("ca"))
            name = path.get("service") or "ocsp"
            service = hosted.find_service(path.get("ca"), name)
            document = show_service(hosted, service)
            yield "service", shapes.EventData(pki=id, ca=name_ca(hosted, ca), service=name, document=document)
        case _:
            # Of many at once, those that have a document of their own; and whatever else there may be.
            for key in getattr(call.body, "certificates", ()):
                if key in hosted.certificates:
                    own = name_certificate(hosted, hosted.find_certificate(key))
                    yield "certificate", shapes.EventData(pki=id, document=show_certificate(hosted, own))
            yield "pki", shapes.EventData(pki=id, state="changed", document=show_pki(hosted))
