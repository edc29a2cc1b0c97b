"""Where a PKI listens, what stands in its certificates for that, and whom it may reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit

from .._awaitables import refuse_async
from .._engine.fetch import Address, choose_allowed
from .._engine.ports import is_host, url_host
from .._parameters import Within, show
from .shared_port import SharedPort

Ports = Annotated[Sequence[Annotated[int, Within(1, 65535)]], "a list or range of ports from 1 to 65535"]
MayReach = Annotated[Callable[[str, int], bool], "a function of an address and a port"]
# Where a base URL may end.
_PART = re.compile(r"(?<![:/])[/?](?!/)|$")


@dataclass
class Network:
    """*services* have a port together; or all have *ports* of their own, any if there are none.

    *advertise* is the base URL, or the host, that others know it by. *may_reach* says which addresses and
    ports its servers may connect to by themselves. TLS servers have one of *tls_ports* if there are some,
    and those are left to them.
    """

    services: SharedPort | None = None
    advertise: str | None = None
    ports: Sequence[int] = ()
    may_reach: Callable[[str, int], bool] | None = None
    tls_ports: Sequence[int] = ()
    _ways: dict[str, str] = field(default_factory=dict)

    @classmethod
    def check(
        cls,
        services: SharedPort | None,
        advertise: str | None,
        ports: Sequence[int] | None,
        may_reach: Callable[[str, int], bool] | None,
    ) -> Network:
        """The same in the words of `PKI`. Raises ValueError or TypeError for what they cannot be."""
        if ports is not None and not ports:
            raise ValueError(f"ports={show(ports)} has none; give some, or leave it out for any that is free")
        if may_reach is not None:
            refuse_async(may_reach, "may_reach=", "write it with `def`; it is asked before each connection")
        return cls(services, advertise, ports or (), may_reach)

    def __post_init__(self) -> None:
        if self.services is not None:
            self.services.require_open()
        if self.advertise is not None:
            self.advertise = _check_advertised(self.advertise, shared=self.services is not None)

    def choose_tls_port(self, wanted: int) -> int | Sequence[int]:
        """Which port a TLS server takes: that which is *wanted*, or the first of several that is free.

        Raises ValueError for one that it may not have.
        """
        if wanted and self.tls_ports and wanted not in self.tls_ports:
            least, most = min(self.tls_ports), max(self.tls_ports)
            raise ValueError(f"port={wanted} is none that TLS servers have here: those are {least} to {most}")
        return wanted or self.tls_ports or self.ports or 0

    @property
    def advertised_host(self) -> str | None:
        """The host that others know it by, None for none but its own."""
        if self.advertise is None or "://" not in self.advertise:
            return self.advertise
        return urlsplit(self.advertise).hostname

    def choose_base(self, own: str, port: int, path: str = "") -> str:
        """The base URL of services at *own*, a URL with *port*, below *path*: as certificates have it."""
        base = own
        if self.advertise is not None:
            base = self.advertise if "://" in self.advertise else f"http://{url_host(self.advertise)}:{port}"
        self._ways[base + path] = own + path
        return base + path

    def find_way(self, url: str) -> str | None:
        """Where the service of this PKI at *url* is in truth; None for what is none of its own."""
        for found in _PART.finditer(url):
            own = self._ways.get(url[: found.start()])
            if own is not None:
                return own + url[found.start() :]
        return None

    def forget(self, bases: Collection[str]) -> None:
        """The services in truth at these base URLs are no more: the ports may be others' by now."""
        self._ways = {base: own for base, own in self._ways.items() if own not in bases}

    def choose_allowed(self, addresses: Sequence[Address], what: str) -> Sequence[Address]:
        """Those of the *addresses* that may be reached. Raises ValueError where *what* leads to none."""
        allowed = choose_allowed(addresses, self.may_reach)
        if not allowed:
            rule = f"{self.may_reach!r:.200}"
            raise ValueError(f"{what} leads nowhere that may_reach= of this PKI allows: {rule}")
        return allowed


def _check_advertised(advertise: str, *, shared: bool) -> str:
    if "://" not in advertise:
        if not is_host(advertise):
            raise ValueError(f"advertise={show(advertise)} is no host, such as 'mockpki', and no http URL")
        return advertise
    try:
        parts = urlsplit(advertise)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"advertise={show(advertise)} is no URL: {error}") from None
    if (
        parts.scheme != "http"
        or not parts.hostname
        or parts.username is not None
        or parts.query
        or parts.fragment
    ):
        raise ValueError(
            f"advertise={show(advertise)} takes a base URL such as 'http://localhost:49153': http, a host, "
            "perhaps a port and a path"
        )
    if not shared:
        raise ValueError(
            f"advertise={show(advertise)} is one URL, and each service has a port of its own; give a host "
            f"such as {parts.hostname!r}, or services=SharedPort() for one port"
        )
    return advertise.rstrip("/")
