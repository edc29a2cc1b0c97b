"""A control server on threads of the test's own process, and whoever calls it as programs do."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mockpki import CA, Leaf
from mockpki._serve.application import Application
from mockpki._serve.guard import Guard
from mockpki._serve.limits import Limits
from mockpki._serve.server import ControlServer
from mockpki._serve.topology import Topology
from tests.kit.asking import Reply, send

JSON = "application/json"


class Served:
    """A server that runs, and its PKIs: *url* ends without a slash."""

    def __init__(self, url: str, topology: Topology) -> None:
        self.url = url
        self.topology = topology

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        """One call, whatever comes of it; *body* is octets as they are, or what JSON is made of."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = {} if data is None else {"Content-Type": JSON}
        reply = send(self.url, method, data, target=path, headers={**kind, **headers})
        assert reply.status != 500, reply.body
        return reply

    def ask(self, method: str, path: str, body: object = None, status: int | None = None) -> Any:
        """The answer to a call that succeeds: its JSON, or its octets. *status* is which success."""
        reply = self.send(method, path, body)
        assert reply.status < 300, (method, path, body, reply)
        assert status in (None, reply.status), reply
        return json.loads(reply.body) if reply.headers.get("content-type") == JSON else reply.body

    def refuse(self, method: str, path: str, body: object = None, status: int = 422) -> Any:
        """The problem of a call that is refused with *status*."""
        reply = self.send(method, path, body)
        assert reply.status == status, (method, path, body, reply)
        assert reply.headers["content-type"] == "application/problem+json"
        problem = json.loads(reply.body)
        assert problem["status"] == status
        return problem

    def make_pki(self, **fields: object) -> str:
        """The path of a PKI that was made."""
        return f"/v1/pkis/{self.ask('POST', '/v1/pkis', fields, 201)['id']}"


def live_by_calls(served: Served, name: str, tls: bool = True) -> None:
    """One PKI as a test has it: a certificate, perhaps a TLS server, a revocation, a check, and its end."""
    pki = served.make_pki(
        name=name,
        key_type="Ed25519",
        certificates=[{"name": "web", "identities": ["localhost"]}],
        tls_servers=[{"certificates": ["web"]}] if tls else [],
    )
    served.ask("POST", f"{pki}/certificates/web/revoke", {"reason": "superseded"}, 200)
    served.ask("POST", f"{pki}/check", status=204)
    served.ask("DELETE", pki, status=204)


@contextmanager
def serving(limits: Limits | None = None, guard: Guard | None = None, **options: Any) -> Iterator[Served]:
    """A server that runs until the end of the block; *options* are those of its PKIs."""
    topology = Topology(limits or Limits(), **options)
    server = ControlServer(Application(topology, guard or Guard()), "127.0.0.1", 0)
    server.start()
    try:
        yield Served(f"http://127.0.0.1:{server.port}", topology)
    finally:
        server.stop()
        topology.close_all()


def adoptable(ca: CA | Leaf) -> dict[str, str]:
    """*ca* as a call adopts it, or something that is none."""
    pem = ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"certificate": ca.cert_pem.decode(), "private_key": pem.decode()}
