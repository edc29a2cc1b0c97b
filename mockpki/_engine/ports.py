"""Addresses to listen on, hosts that have none, and ports that are bound before anyone listens."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import re
import socket
import threading
from collections.abc import Sequence
from functools import lru_cache


def close_sockets(sockets: list[socket.socket]) -> None:
    """Close each, and empty the list."""
    while sockets:
        sockets.pop().close()


def new_socket(family: int, *, shared: bool = True) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # The connections that it accepts inherit this: those that have ended do not keep the port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock


_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_RAISE = "this process may not open more files or sockets; raise `ulimit -n`, or close some"


def explain(error: OSError, sentence: str) -> None:
    """Say beside *error* what is the way out."""
    error.add_note(f"mockpki: {_RAISE if error.errno in EXHAUSTED else sentence}")


def describe(error: OSError) -> str:
    """What *error* says, with the way out where no more files or sockets can be opened."""
    return f"{error.strerror}: {_RAISE}" if error.errno in EXHAUSTED else str(error)


class Exposed(str):
    """An address that other machines may reach. `mockpki serve --allow-remote` has it, and nothing else."""


# An address that is exposed equals one that is not.
@lru_cache(maxsize=16, typed=True)
def addresses(host: str) -> tuple[str, ...]:
    """The loopback addresses that *host* stands for, or what is exposed; ValueError for any other.

    Every address of IPv6 is every one of IPv4, too, as it is for most servers.
    """
    if host == "localhost":
        return ("127.0.0.1", "::1") if _has_ipv6() else ("127.0.0.1",)
    if isinstance(host, Exposed) and is_ipv6(host) and _is_unspecified(host):
        # As two sockets: whether one would do for both is the system's choice (RFC 3493 section 5.3).
        return ("0.0.0.0", "::")  # noqa: S104 - other machines may reach it
    if isinstance(host, Exposed) or is_loopback(host):
        return (host,)
    raise ValueError(
        f"{host!r} is not a loopback address; mockpki serves on '127.0.0.1', '::1' or 'localhost' only"
    )


def refuse_invalid(host: str | None) -> None:
    """Raise `socket.gaierror`, as a look-up would, for a *host* that has no address anywhere."""
    # RFC 6761 section 6.4: "Name resolution APIs and libraries SHOULD recognize "invalid" names as
    # special and SHOULD always return immediate negative responses."
    if host is not None and host.lower().rstrip(".").rpartition(".")[2] == "invalid":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


class _Recent:
    """The newest ports that the system has chosen for us. Clients remember CRLs and certificates by URL (the
    JDK for half a minute, CryptoAPI on disk), and would take what a CA had that is gone for another's.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._ports: dict[int, None] = {}
        self._lock = threading.Lock()

    def add(self, port: int) -> bool:
        """Remember it; whether it is none of them."""
        with self._lock:
            is_new = port not in self._ports
            self._ports[port] = None
            if len(self._ports) > self._most:
                del self._ports[next(iter(self._ports))]
        return is_new


_RECENT = _Recent(4096)


def is_loopback(host: str) -> bool | None:
    """Whether only this machine reaches *host*, an address or ``localhost``; None for what is neither."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return None


def is_host(text: str) -> bool:
    """Whether *text* can stand in a URL as a host: a name, or an address."""
    return bool(_HOST.fullmatch(text)) or is_ipv6(text)


def address_of(host: str) -> str:
    """Where this machine itself reaches what listens on *host*."""
    # RFC 1122 section 3.2.1.3 and RFC 4291 section 2.5.2: the unspecified address is no destination.
    if host.strip(".:0"):
        return host
    return {4: "127.0.0.1", 6: "::1"}[ipaddress.ip_address(host).version] if _is_unspecified(host) else host


def _is_unspecified(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_unspecified
    return False


def url_host(host: str) -> str:
    """*host* as it stands in a URL: IPv6 in brackets (RFC 3986 section 3.2.2)."""
    reached = address_of(host)
    return f"[{reached}]" if ":" in reached else reached


def is_ipv6(host: str) -> bool:
    """Whether *host* is an address of IPv6."""
    with contextlib.suppress(ValueError):
        return bool(ipaddress.IPv6Address(host))
    return False


def bind(host: str, port: int | Sequence[int]) -> list[socket.socket]:
    """Holder sockets on one port of every address; for 0, one that the system chooses, and that this process
    has not had of late; the first of several that is free.

    Raises OSError, with a note on the way out, when the port cannot be had.
    """
    if not isinstance(port, int):
        return _bind_one_of(host, port)
    again: list[socket.socket] = []
    try:
        for attempts_left in reversed(range(20)):
            try:
                bound = _bind_once(addresses(host), port)
            except OSError as error:
                # A port that is free on 127.0.0.1 may be taken on ::1: then another one is tried.
                if port or not attempts_left or error.errno != errno.EADDRINUSE:
                    explain(error, f"port {port} of {host} cannot be had; leave port= out to get a free one")
                    raise
                continue
            if port or not attempts_left or _RECENT.add(bound[0].getsockname()[1]):
                return bound
            # Held until there is another: the system might choose it again.
            again += bound
    finally:
        close_sockets(again)
    raise AssertionError("unreachable")  # pragma: no cover


def _bind_one_of(host: str, ports: Sequence[int]) -> list[socket.socket]:
    for port in ports:
        try:
            return _bind_once(addresses(host), port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                explain(error, f"port {port} of {host} cannot be had; give others")
                raise
    first, last = min(ports), max(ports)
    those = f"all {len(ports)} ports from {first} to {last} are" if first < last else f"port {first} is"
    taken = OSError(errno.EADDRINUSE, f"{those} taken on {host}")
    explain(taken, "give others, or close what has them")
    raise taken


def _bind_once(hosts: Sequence[str], port: int) -> list[socket.socket]:
    bound: list[socket.socket] = []
    # Asked for by number, it may have been that of a process that was here a moment ago, whose connections
    # are in TIME-WAIT (RFC 9293 section 3.4.2). Once it is bound, nobody else can have it.
    asked = int(port != 0)
    try:
        for address in hosts:
            # Bound before SO_REUSEPORT is set, a port that anyone else holds is an error.
            sock = new_socket(socket.AF_INET6 if ":" in address else socket.AF_INET, shared=False)
            bound.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, asked)
            sock.bind((address, port))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            port = sock.getsockname()[1]
    except BaseException:
        close_sockets(bound)
        raise
    return bound
