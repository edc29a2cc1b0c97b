"""Where ``forward_to`` and staplers may go: callers choose the target, and it is this machine that goes."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Reach:
    """Whether an address and a port may be connected to: those of loopback, and *targets* beyond it.

    Never a port of this server's own, which would take whoever comes from here for a caller on this machine:
    `keep_off`. A PKI's way to its own services is not asked about.
    """

    def __init__(self, targets: Collection[tuple[str, int]] = ()) -> None:
        self._targets = {(read_address(host), port) for host, port in targets}
        self._own: set[int] = set()

    def __repr__(self) -> str:
        return (
            "loopback, but not this server itself; beyond that, what it was started with --allow-forward for"
        )

    def keep_off(self, port: int) -> None:
        """Never go to *port* of this machine. Raises ValueError if that is one of the targets."""
        self._own.add(port)
        for address, target in self._targets:
            if target == port and _is_here(address):
                raise ValueError(f"--allow-forward: port {port} of {address} is this server's own.")

    def __call__(self, address: str, port: int) -> bool:
        found = read_address(address)
        if port in self._own and _is_here(found):
            return False
        return found.is_loopback or (found, port) in self._targets


def read_address(text: str) -> IPAddress:
    """*text* as an address; of one of IPv4 that is written as one of IPv6, that of IPv4."""
    found = ipaddress.ip_address(text)
    # RFC 4291 section 2.5.5.2: the system sends what goes there by IPv4.
    return getattr(found, "ipv4_mapped", None) or found


def _is_here(address: IPAddress) -> bool:
    """Whether *address* is one of this machine's: then, and only then, it can be bound."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        try:
            sock.bind((str(address), 0))
        except OSError:
            return False
    return True


def look_up(targets: Collection[tuple[str, int]]) -> list[tuple[str, int]]:
    """The addresses of *targets*, hosts and ports. Raises ValueError for a host that has none."""
    found = []
    for host, port in targets:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ValueError(f"--allow-forward: {host}:{port} leads to no address: {error}.") from error
        found += [(str(info[4][0]), port) for info in infos]
    return found
