"""The route table: every call there is. Routing and the OpenAPI document are made from it."""

from __future__ import annotations

from . import authorities, certificates, health, pkis, services, stages, tls_servers
from .route import Route

TABLE: tuple[Route, ...] = tuple(
    route
    for module in (health, pkis, authorities, certificates, services, tls_servers, stages)
    for route in module.ROUTES
)
