"""CRLite's filters of a PKI: published, listed, and what they say of a certificate."""

from __future__ import annotations

from collections.abc import Sequence

from .._services.crlite import CRLite
from .._services.filter_file import Channel
from .._services.filters import CHANNELS
from . import bodies, queries, shapes
from .hosted import FILTERS
from .problem import Problem, pointing_into
from .route import Call, Routes

ROUTES = Routes()
_PATH = f"/v1/pkis/{{pki}}/{FILTERS}"


def _show_filters(service: CRLite, channels: Sequence[Channel]) -> shapes.Filters:
    return shapes.Filters(
        filters=[
            shapes.Filter(
                name=file.name,
                url=file.url,
                channel=file.channel,
                parent=file.parent,
                published=file.published,
                coverage_ends=file.coverage_ends,
                size=len(file.octets),
            )
            for channel in channels
            for file in service.list_files(channel)
        ]
    )


@ROUTES.add("GET", f"{_PATH}/filters", query=queries.OfChannel, answers=shapes.Filters)
def list_filters(call: Call) -> shapes.Filters:
    """What a new client fetches now; the service itself lists them below its `url`, in `manifest.json`."""
    query: queries.OfChannel = call.query
    return _show_filters(call.hosted.find_filters(), (query.channel,))


@ROUTES.add("POST", f"{_PATH}/publish", body=bodies.PublishFilters, optional=True, answers=shapes.Filters)
def publish(call: Call) -> shapes.Filters:
    """Publish what is known now: full filters the first time, then deltas. It answers all that there are."""
    hosted = call.hosted
    body: bodies.PublishFilters = call.body or bodies.PublishFilters()
    service = hosted.find_filters()
    with hosted.lock, pointing_into(body):
        service.publish(body.full, coverage_ends=body.coverage_ends, channel=body.channel)
    return _show_filters(service, CHANNELS if body.channel is None else (body.channel,))


@ROUTES.add("GET", f"{_PATH}/check/{{certificate}}", query=queries.OfChannel, answers=shapes.Found,
            refusals=("conflict",))  # fmt: skip
def check(call: Call) -> shapes.Found:
    """What a client that has all filters finds of a certificate; 409 before any is published."""
    hosted = call.hosted
    about = hosted.find_member(call.path["certificate"])
    query: queries.OfChannel = call.query
    service = hosted.find_filters()
    if not service.list_files(query.channel):
        raise Problem("conflict", f"no filter is in the channel {query.channel!r} yet: publish one")
    return shapes.Found(status=service.check(about, channel=query.channel).value)
