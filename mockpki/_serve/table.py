"""The route table: every call there is. Routing and the OpenAPI document are made from it."""

from __future__ import annotations

from . import authorities, certificates, health, pages, pkis, services, stages, tls_servers
from .route import Route

API: tuple[Route, ...] = tuple(
    route
    for module in (health, pkis, authorities, certificates, services, tls_servers, stages)
    for route in module.ROUTES
)
"""Without the console, which ``--no-console`` leaves out."""
TABLE: tuple[Route, ...] = (*API, *pages.ROUTES)
