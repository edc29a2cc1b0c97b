"""What a TLS server is given, checked."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._awaitables import refuse_async
from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._ca.standing import find_status
from .._engine.fetch import Address
from .._engine.ports import Exposed, addresses, url_host
from .._parameters import show
from .._pkix.reading import load_certificate
from .alerts import ALERTS
from .client_certificates import Refusal
from .session import VERSIONS

Issue = Callable[[str | None], Leaf]
"""The leaf for an SNI name; None: the client gave none."""


Refused = Annotated[
    str | Callable[[x509.Certificate], str | None] | None,
    "'revoked', the name of an alert, or a function of a certificate that returns one",
]
"""Which client certificates are refused though they are valid."""


def check_port(port: object) -> int:
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"port= takes a number up to 65535, or 0 for a free one; got {port!r}")
    return port


def choose_hosts(here: str, reached: str, names: Sequence[str]) -> tuple[str, str]:
    """The host in a server's URL, which is the first of a leaf's *names* that leads here, and what to bind.

    *here* is where the PKI listens, *reached* how it is reached.
    """
    for name in names:
        if name in (*addresses(here), reached):
            return url_host(name), here
        if name == "localhost" and (here == name or reached in addresses(name)):
            # Clients try ::1 first, or 127.0.0.1: both have to be this server's.
            return name, here if isinstance(here, Exposed) else name
    return url_host(reached), here


def check_protocols(alpn: Sequence[object]) -> tuple[str, ...]:
    if isinstance(alpn, str):
        raise TypeError(f"alpn= takes a list of protocols, such as ['h2', 'http/1.1']; got the text {alpn!r}")
    names = tuple(name for name in alpn if isinstance(name, str) and 0 < len(name) < 256)
    if len(names) < len(alpn):
        # RFC 7301 section 3.1: "opaque ProtocolName<1..2^8-1>".
        raise ValueError(f"each protocol in alpn= is a text of 1 to 255 characters; got {alpn!r}")
    return names


DEFAULT_PROTOCOLS = ("http/1.1",)
# RFC 7301 section 6.
_SPOKEN = ("http/1.1", "http/1.0")


def choose_spoken(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of alpn= that this server's own HTTP speaks. Raises ValueError where there is none.

    RFC 7301 section 3.2 has the server select "the most highly preferred protocol that it supports".
    """
    spoken = tuple(name for name in names if name in _SPOKEN)
    if names and not spoken:
        raise ValueError(
            f"alpn={list(names)!r} has nothing that this server's own HTTP speaks; add 'http/1.1', or give "
            "handler= or forward_to= for the protocol"
        )
    return spoken


def check_issue(issue: object) -> None:
    refuse_async(issue, "tls_server()", "issue the leaf with a `def`, which the server waits for")


def check_versions(minimum: str, maximum: str) -> tuple[str, str]:
    for name, version in (("minimum", minimum), ("maximum", maximum)):
        if version not in VERSIONS:
            raise ValueError(f"{name}_version={version!r} is no version of TLS; give 'TLSv1.2' or 'TLSv1.3'")
    if VERSIONS.index(minimum) > VERSIONS.index(maximum):
        raise ValueError(f"no version of TLS is at least {minimum} and at most {maximum}")
    return minimum, maximum


def resolve(forward_to: tuple[str, int]) -> Sequence[Address]:
    """The addresses of a (host, port). Raises OSError for a name without any."""
    match forward_to:
        case (str() as host, int() as port) if 0 < port < 65536:
            try:
                return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError as error:
                error.add_note(f"mockpki: forward_to={forward_to!r} leads to no address")
                raise
    raise ValueError(f"forward_to= takes a (host, port), such as ('127.0.0.1', 5432); got {forward_to!r}")


def choose_leaves(
    given: Sequence[Leaf | Issue], cas: Sequence[CA], whose: object
) -> tuple[Issue | None, list[Leaf]]:
    """The same, of *cas* alone, which are *whose*. Raises ValueError for none, or for another's."""
    if not given:
        raise ValueError("a TLS server needs a certificate: pki.tls_server(pki.issue_cert('localhost'))")
    issue, leaves = split_issue_and_leaves(given)
    for leaf in leaves:
        leaf.issuer.require_open()
        if leaf.issuer not in cas:
            raise ValueError(f"{leaf!r} belongs to another PKI; clients of {whose!r} would not trust it")
    return issue, leaves


def split_issue_and_leaves(given: Sequence[Leaf | Issue]) -> tuple[Issue | None, list[Leaf]]:
    """The function that issues leaves, None where there is none, and the leaves."""
    leaves = [one for one in given if isinstance(one, Leaf)]
    others = [one for one in given if not isinstance(one, Leaf)]
    if not others:
        return None, leaves
    issue: object = others[0]
    if not callable(issue) or isinstance(issue, type):
        raise TypeError(f"tls_server() takes leaves, as issue_cert() returns them; got {show(issue)}")
    if len(given) > 1:
        raise TypeError("tls_server() takes leaves, or one function that issues them and nothing beside it")
    return issue, []


Sent = Leaf | CA | x509.Certificate | bytes


def list_chain(chain: Sequence[Sent] | None) -> tuple[bytes, ...] | None:
    """What is sent behind the leaf, DER; None for the CAs above it. Raises TypeError or ValueError."""
    if chain is None:
        return None
    ders = []
    for one in chain:
        if isinstance(one, bytes):
            try:
                load_certificate(one)
            except ValueError as error:
                raise ValueError(f"chain= has octets that are no certificate in DER: {error}") from error
            ders.append(one)
        elif isinstance(one, x509.Certificate):
            ders.append(one.public_bytes(Encoding.DER))
        elif isinstance(one, Leaf | CA):
            ders.append(one.der)
        else:
            raise TypeError(f"chain= takes CAs, leaves, certificates and DER; got {show(one)}")
    return tuple(ders)


def list_client_cas(client_ca: object) -> Sequence[CA]:
    """One CA or several, as several."""
    several = (client_ca,) if isinstance(client_ca, CA) else client_ca
    if not isinstance(several, Sequence) or not all(isinstance(ca, CA) for ca in several):
        raise TypeError(f"client_ca= takes a CA or several; got {client_ca!r}")
    return several


@dataclass(frozen=True)
class WantedClients:
    """Whom the server asks for a certificate by *cas*, and what it makes of it."""

    cas: tuple[bytes, ...] = ()
    required: bool = False
    refuse: Refusal | None = None

    @classmethod
    def check(cls, client_ca: object, required: bool, refused: Refused) -> WantedClients:
        """The same of what ``tls_server()`` takes. Raises TypeError or ValueError."""
        cas = list_client_cas(client_ca)
        for name, given in (("client_certificate_required", required or None), ("refuse_clients", refused)):
            if given is not None and not cas:
                raise ValueError(f"{name}={show(given)} needs client_ca=, to check certificates with")
        return cls(tuple(ca.der for ca in cas), required, _make_refusal(cas, refused))


# RFC 8446 section 6.1: "Closure Alerts"; they refuse nothing.
_REFUSALS = [name for name in ALERTS.values() if name not in ("close_notify", "user_canceled")]


def _make_refusal(cas: Sequence[CA], refused: Refused) -> Refusal | None:
    if refused is None:
        return None
    if callable(refused):
        refuse_async(refused, "refuse_clients=", "write it with a `def`, which the handshake waits for")
        choose = refused
        return lambda chain: _check_alert(choose(load_certificate(chain[0])))
    if refused == "revoked":
        return lambda chain: "certificate_revoked" if _is_revoked(cas, chain) else None
    alert = _check_alert(refused)
    return lambda chain: alert


def _check_alert(alert: object) -> str | None:
    if not isinstance(alert, str | None):
        raise TypeError(f"refuse_clients= takes 'revoked', an alert's name or a function; got {show(alert)}")
    if alert is not None and alert not in _REFUSALS:
        raise ValueError(
            f"refuse_clients= has no alert {show(alert)} to send; give 'revoked', for those that are, or a "
            "name of RFC 8446 section 6.2, such as 'certificate_revoked' or 'access_denied'"
        )
    return alert


def _is_revoked(cas: Sequence[CA], chain: Sequence[bytes]) -> bool:
    """Whether a CA of the PKIs of *cas* has revoked a certificate of *chain*, or has it on hold."""
    return any(find_status(ca, der).status in ("revoked", "on_hold") for ca in cas for der in chain)
