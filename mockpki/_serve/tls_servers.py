"""TLS servers: started, given other staples, asked for their handshakes, stopped."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._tls.handshake import Handshake
from .._tls.server import TlsServer
from .._typed import split_address
from . import bodies, queries, shapes
from .certificates import read_octets
from .hosted import Hosted
from .problem import Problem, describe_plainly, pointing_into, pointing_to
from .route import Call, Routes
from .staples import choose_staple
from .views import name_certificate
from .waiting import read_page

ROUTES = Routes()
_PATH = "/v1/pkis/{pki}/tls_servers"
_ONE = f"{_PATH}/{{server}}"


def start_server(hosted: Hosted, body: bodies.TlsServer) -> str:
    """A TLS server as *body* says, which runs; its id."""
    with hosted.servers.room(body.name):
        given = _list_leaves(hosted, body)
        staple, shown = choose_staple(hosted, body.staple)
        with pointing_to("/forward_to"):
            forward_to = None if body.forward_to is None else read_address(body.forward_to)
        with hosted.lock, pointing_into(body):
            server = hosted.pki.tls_server(
                *given,
                staple=staple,
                port=body.port,
                alpn=body.alpn,
                minimum_version=body.minimum_version,
                maximum_version=body.maximum_version,
                client_ca=_list_client_cas(hosted, body.client_ca),
                client_certificate_required=body.client_certificate_required,
                refuse_clients=body.refuse_clients,
                forward_to=forward_to,
                resumption=body.resumption,
                chain=None if body.chain is None else _list_chain(hosted, body.chain),
            )
        # Not under the lock: a policy may wait for its staples.
        with hosted.starting(server), starting():
            server.__enter__()
            if hosted.closed.is_set():
                server.close()
                hosted.check_open()
            id = hosted.servers.add(server, str(next(hosted.numbers)), body.name)
            hosted.bodies[f"server {id}"] = body
            hosted.staples[id] = shown
            return id


def _list_leaves(hosted: Hosted, body: bodies.TlsServer) -> list[Any]:
    if body.issue:
        if body.certificates:
            raise Problem("invalid", "issue is in the place of certificates; give one of them", "/issue")

        def issue(name: str | None) -> Leaf:
            # On the loop, which waits for nobody: the lock of the PKI may be held by who waits for the loop.
            with hosted.certificates.room(None):
                leaf = hosted.pki.issue_cert(name or "localhost")
                hosted.certificates.add(leaf, f"{leaf.serial_number:x}", None)
                return leaf

        return [issue]
    if not body.certificates:
        raise Problem(
            "invalid",
            'certificates is missing: give one or more by their ids, or {"issue": true} for one a name',
            "/certificates",
        )
    leaves = []
    for number, key in enumerate(body.certificates):
        with pointing_to(f"/certificates/{number}"):
            leaves.append(hosted.find_certificate(key))
    return leaves


def _list_client_cas(hosted: Hosted, keys: str | list[str]) -> list[CA]:
    with pointing_to("/client_ca"):
        return [hosted.cas.find(key) for key in ([keys] if isinstance(keys, str) else keys)]


def _list_chain(hosted: Hosted, chain: list[bodies.Above]) -> list[Any]:
    found: list[Any] = []
    for number, one in enumerate(chain):
        with pointing_to(f"/chain/{number}"):
            found.append(hosted.find_member(one) if isinstance(one, str) else read_octets(one.der, "der"))
    return found


@contextmanager
def starting() -> Iterator[None]:
    """A block in which a policy may not let a server start, or have other staples."""
    try:
        yield
    except RuntimeError as error:
        raise Problem(
            "something-failed", describe_plainly(error), "/staple", problems=[str(error)]
        ) from error
    except OSError as error:
        with pointing_to("/port"):
            raise Problem.of(error) from error


def read_address(text: str) -> tuple[str, int]:
    """HOST:PORT as both. Raises ValueError for anything else."""
    address = split_address(text)
    if address is None:
        raise ValueError(f"forward_to takes HOST:PORT, such as '127.0.0.1:5432'; got {text!r:.200}")
    return address


def show_server(hosted: Hosted, id: str) -> shapes.TlsServer:
    """The TLS server of that *id*."""
    server = hosted.servers[id]
    names = [name for leaf in server.leaves for name in leaf.names]
    return shapes.TlsServer(
        id=id,
        name=hosted.servers.name_of(id),
        host=server.host,
        port=server.port,
        url=server.url,
        server_name=names[0] if names else None,
        certificates=[name_certificate(hosted, leaf) for leaf in server.leaves],
        staple=hosted.staples.get(id),
        connections=server.last_number,
    )


def _find(call: Call) -> tuple[Hosted, str, TlsServer]:
    hosted = call.hosted
    server = hosted.servers.find(call.path["server"])
    return hosted, hosted.servers.id_of(server) or "", server


@ROUTES.add("POST", _PATH, body=bodies.TlsServer, answers=shapes.TlsServer, status=201,
            refusals=("something-failed",), example={"issue": True, "staple": ["Stale by=1d"]})  # fmt: skip
def start(call: Call) -> shapes.TlsServer:
    """Start a TLS server; with a policy as its staple, when that has what it waits for."""
    hosted = call.hosted
    return show_server(hosted, start_server(hosted, call.body))


@ROUTES.add("GET", _PATH, answers=shapes.TlsServers)
def list_servers(call: Call) -> shapes.TlsServers:
    """All TLS servers that run."""
    hosted = call.hosted
    return shapes.TlsServers(tls_servers=[show_server(hosted, id) for id in list(hosted.servers)])


@ROUTES.add("GET", _ONE, answers=shapes.TlsServer)
def get_server(call: Call) -> shapes.TlsServer:
    """A TLS server: where it is, and what it staples."""
    hosted, id, _ = _find(call)
    return show_server(hosted, id)


@ROUTES.add("DELETE", _ONE, status=204)
def stop(call: Call) -> None:
    """Stop a TLS server, and drop its connections."""
    hosted, id, server = _find(call)
    server.close()
    hosted.servers.drop(id)
    hosted.staples.pop(id, None)


@ROUTES.add("PUT", f"{_ONE}/staple", body=bodies.SetStaple, answers=shapes.TlsServer,
            refusals=("something-failed",), example={"staple": "none"})  # fmt: skip
def set_staple(call: Call) -> shapes.TlsServer:
    """Staple this from now on, in handshakes that begin."""
    hosted, id, server = _find(call)
    staple, shown = choose_staple(hosted, call.body.staple)
    with starting():
        server.staple_with(staple)
    told = f"server {id}"
    hosted.bodies[told] = msgspec.structs.replace(hosted.bodies[told], staple=call.body.staple)
    hosted.staples[id] = shown
    return show_server(hosted, id)


def show_handshake(hosted: Hosted, shake: Handshake) -> shapes.Handshake:
    """A connection, as far as it got."""
    return shapes.Handshake(
        number=shake.number,
        time=shake.time,
        client=shake.client,
        server_name=shake.server_name,
        version=shake.version,
        alpn=shake.alpn,
        staple_requested=shake.staple_requested,
        staple=None if shake.staple is None else base64.b64encode(shake.staple).decode(),
        staple_reason=shake.staple_reason,
        completed=shake.completed,
        resumed=shake.resumed,
        alert=shake.alert,
        alert_sent=shake.alert_sent,
        error=shake.error,
        certificate=None if shake.leaf is None else name_certificate(hosted, shake.leaf),
        client_certificate=_show_certificate(shake.client_certificate),
        requests=shake.requests,
        closed=shake.closed,
        text=str(shake),
    )


def _show_certificate(certificate: x509.Certificate | None) -> str | None:
    return None if certificate is None else certificate.public_bytes(Encoding.PEM).decode()


@ROUTES.add("GET", f"{_ONE}/handshakes", query=queries.After, answers=shapes.Handshakes)
def list_handshakes(call: Call) -> shapes.Handshakes:
    """The connections numbered above `after`, oldest first.

    With `wait`, as soon as there is one whose handshake is over, whatever came of it.
    """
    hosted, _, server = _find(call)
    shown, last = read_page(hosted, server, call.query, will_do=lambda one: one.completed or one.closed)
    return shapes.Handshakes(
        handshakes=[show_handshake(hosted, one) for one in shown], last=last, dropped=server.dropped
    )


@ROUTES.add("GET", f"{_ONE}/handshakes/{{number}}", answers=shapes.Handshake)
def get_handshake(call: Call) -> shapes.Handshake:
    """One connection."""
    hosted, _, server = _find(call)
    return show_handshake(hosted, find_handshake(server, call.path["number"]))


def find_handshake(server: TlsServer, number: int) -> Handshake:
    """The connection of that *number*. Raises Problem for one that is not kept, or not there yet."""
    shake = server.find(number)
    if shake is None:
        raise Problem("not-found", f"there is no connection {number} here; /handshakes lists those there are")
    return shake


@ROUTES.add("POST", f"{_ONE}/reset", status=204)
def reset(call: Call) -> None:
    """Forget the connections so far."""
    _find(call)[2].reset()
