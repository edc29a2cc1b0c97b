"""The route table: every call there is. Routing and the OpenAPI document are made from it."""

from __future__ import annotations

from . import authorities, certificates, health, openapi, pkis, services, tls_servers
from .route import Route

TABLE: tuple[Route, ...] = tuple(
    route
    for module in (health, openapi, pkis, authorities, certificates, services, tls_servers)
    for route in module.ROUTES
)
