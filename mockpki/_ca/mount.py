"""Where the services of one CA are, until they are withdrawn; and those of a whole PKI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._engine.listener import ListeningPort
from .._services.service import Service


@dataclass(eq=False)
class Mount:
    """Services that belong together: each on a port of its own, or all below one path of a shared one."""

    services: tuple[Service[Any], ...]
    listeners: list[ListeningPort] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    """The base URLs where they are in truth, whatever certificates say."""
    closed: bool = False

    def find(self, folder: str) -> Service[Any] | None:
        """The service whose paths begin with ``/folder``; None for nobody's."""
        return next((one for one in self.services if not one.folders or folder in one.folders), None)

    def close(self) -> None:
        """From now on only the evidence of the services can be read. The ports are left to others."""
        self.closed = True
        for service in self.services:
            service.close()
