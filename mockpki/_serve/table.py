"""The route table: every call there is. Routing and the OpenAPI document are made from it."""

from __future__ import annotations

from . import (
    authorities,
    catalogue,
    certificates,
    console,
    export,
    filters,
    health,
    octets,
    openapi,
    pkis,
    services,
    stages,
    staplers,
    streams,
    tls_servers,
)
from .route import Route

MODULES = (
    *(health, openapi, pkis, export, authorities, certificates, services, filters, tls_servers),
    *(staplers, stages, catalogue, octets, streams),
    console,
)
TABLE: tuple[Route, ...] = tuple(route for module in MODULES for route in module.ROUTES)
