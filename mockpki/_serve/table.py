"""The route table: every call there is. Routing and the OpenAPI document are made from it."""

from __future__ import annotations

from . import authorities, catalogue, certificates, health, pkis, services, stages, tls_servers
from .pages import ROUTES as CONSOLE
from .route import Route

API: tuple[Route, ...] = tuple(
    route
    for module in (health, pkis, authorities, certificates, services, tls_servers, stages, catalogue)
    for route in module.ROUTES
)
"""Without the console, which ``--no-console`` leaves out."""
TABLE: tuple[Route, ...] = (*API, *CONSOLE)
