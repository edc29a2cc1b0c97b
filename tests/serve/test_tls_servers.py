"""TLS servers by calls, as `tls_server` makes them."""

import base64
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.x509.ocsp import load_der_ocsp_response

from mockpki._serve.tls_servers import read_address
from tests.kit.serving import Served

CADDY = {"policy": "caddy"}


@pytest.fixture
def web(served: Served, pki: str) -> str:
    """The path of a PKI with a certificate ``web``."""
    served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": "web"}, 201)
    return pki


def trusting(served: Served, pki: str) -> ssl.SSLContext:
    """What a client that trusts the PKI goes by."""
    return ssl.create_default_context(cafile=served.ask("GET", pki)["ca_file"])


def shake(
    served: Served, pki: str, server: Any, name: str = "localhost", ctx: ssl.SSLContext | None = None
) -> Any:
    """A handshake by Python's ssl, and what the server says of it."""
    ctx = ctx or trusting(served, pki)
    with (
        socket.create_connection((server["host"], server["port"]), timeout=30) as plain,
        ctx.wrap_socket(plain, server_hostname=name) as tls,
    ):
        tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while tls.recv(65536):
            pass
    path = f"{pki}/tls_servers/{server['id']}/handshakes"
    return served.ask("GET", f"{path}?after=-1&wait=10s")["handshakes"][0]


def test_a_server_presents_what_it_was_given(served: Served, web: str) -> None:
    """Its certificate by its id, where it is, and each connection with what came of it."""
    server = served.ask("POST", f"{web}/tls_servers", {"certificates": ["web"], "name": "front"}, 201)
    leaf = served.ask("GET", f"{web}/certificates/web")["id"]
    assert (server["id"], server["name"], server["certificates"]) == ("1", "front", [leaf])
    assert server["server_name"] == "localhost"
    assert server["url"] == f"https://localhost:{server['port']}/"
    before = served.ask("GET", f"{web}/clock")["now"]
    seen = shake(served, web, server)
    assert before <= seen["time"] <= served.ask("GET", f"{web}/clock")["now"]
    assert (seen["number"], seen["certificate"], seen["server_name"]) == (1, leaf, "localhost")
    assert (seen["completed"], seen["version"], seen["alert"], seen["error"]) == (True, "TLSv1.3", None, None)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(served, web, server, ctx=ssl.create_default_context())
    found = served.ask("GET", f"{web}/tls_servers/front/handshakes?after=1&wait=10s")
    assert [(one["completed"], one["alert"]) for one in found["handshakes"]] == [(False, "unknown_ca")]
    assert (found["last"], found["dropped"]) == (2, 0)
    assert served.ask("GET", f"{web}/tls_servers/1/handshakes/2") == found["handshakes"][0]
    served.refuse("GET", f"{web}/tls_servers/1/handshakes/3", status=404)
    assert served.ask("GET", f"{web}/tls_servers/front")["connections"] == 2
    served.ask("POST", f"{web}/tls_servers/front/reset", status=204)
    assert served.ask("GET", f"{web}/tls_servers/front/handshakes") == {
        "handshakes": [],
        "last": 2,
        "dropped": 0,
    }
    served.ask("DELETE", f"{web}/tls_servers/front", status=204)
    served.refuse("GET", f"{web}/tls_servers/front", status=404)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server["host"], server["port"]), timeout=30)


def test_a_leaf_is_made_for_each_name(served: Served, pki: str) -> None:
    """With `issue`, and each is a certificate of the PKI as any other: listed, and revoked."""
    server = served.ask("POST", f"{pki}/tls_servers", {"issue": True}, 201)
    seen = [shake(served, pki, server, name) for name in ("a.test", "b.test", "a.test")]
    assert seen[0]["certificate"] == seen[2]["certificate"] != seen[1]["certificate"]
    listed = served.ask("GET", f"{pki}/certificates")["certificates"]
    assert [one["identities"] for one in listed] == [["a.test"], ["b.test"]]
    shown = served.ask("POST", f"{pki}/certificates/{seen[0]['certificate']}/revoke")
    assert shown["status"]["status"] == "revoked"


def test_it_staples_what_it_is_told(served: Served, web: str) -> None:
    """Honest, none, bent, octets as they are: each in the handshakes that begin then."""
    made = served.ask("POST", f"{web}/ocsp/make", {"certificate": "web"})
    server = served.ask("POST", f"{web}/tls_servers", {"certificates": ["web"]}, 201)
    path = f"{web}/tls_servers/{server['id']}"
    ctx = trusting(served, web)

    def staple(value: object) -> Any:
        served.ask("PUT", f"{path}/staple", {"staple": value}, 200)
        hosted = served.topology.find(web.rpartition("/")[2])
        own = hosted.servers.find(server["id"])
        # Python's ssl does not ask for a staple; what it would get is asked of the source.
        return own.source.make(hosted.find_certificate("web"))  # type: ignore[union-attr]

    assert load_der_ocsp_response(staple("honest")).response_status.name == "SUCCESSFUL"
    for none in ("none", None):
        assert staple(none) is None
    for bent in (["TryLater"], {"faults": [{"fault": "TryLater"}]}):
        assert load_der_ocsp_response(staple(bent)).response_status.name == "TRY_LATER"
    assert staple({"der": base64.b64encode(made).decode()}) == made
    assert shake(served, web, server, ctx=ctx)["completed"]
    for wrong, pointer in (
        ("onest", "/staple"), (5, "/staple"), ({"der": "%"}, "/staple"), ({"der": "", "x": 1}, "/staple"),
        (["HttpStatus 503"], "/staple"), (["Stael"], "/staple/0"),
        ({"faults": ["Stael"]}, "/staple/faults/0"), ({"policy": "nginks"}, "/staple"),
    ):  # fmt: skip
        assert served.refuse("PUT", f"{path}/staple", {"staple": wrong})["pointer"] == pointer, wrong


def test_a_policy_gets_its_staples(served: Served, web: str) -> None:
    """A server that waits for its staple has asked for it when the call is answered."""
    served.ask("POST", f"{web}/tls_servers", {"certificates": ["web"], "staple": CADDY}, 201)
    served.ask("POST", f"{web}/ocsp/assert_asked", {"certificate": "web"}, 204)


def test_a_server_that_waits_ends_with_its_pki(served: Served) -> None:
    """A policy waits for a responder that hangs: closing the PKI ends that at once, with 410."""
    pki = served.make_pki(
        certificates=[{"name": "web", "identities": ["localhost"]}], ocsp={"faults": ["Hang"]}
    )
    hosted = served.topology.find(pki.rpartition("/")[2])
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(
            served.send, "POST", f"{pki}/tls_servers", {"certificates": ["web"], "staple": CADDY}
        )
        while not served.ask("GET", f"{pki}/ocsp/requests?wait=30s")["requests"]:
            pass
        # Nobody else is kept waiting by it.
        served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"]}, 201)
        assert served.send("DELETE", pki).status in (200, 204)
        assert starting.result().status == 410
    assert hosted.closed.is_set()


def test_clients_show_certificates(served: Served, web: str) -> None:
    """Those of the CAs that are named; who is revoked is refused, where that is asked for."""
    client = served.ask("POST", f"{web}/certificates", {"identities": ["a@example.com"], "client": True}, 201)
    server = served.ask("POST", f"{web}/tls_servers", {
        "certificates": ["web"], "client_ca": "ca", "client_certificate_required": True,
        "refuse_clients": "revoked", "minimum_version": "TLSv1.2", "maximum_version": "TLSv1.2",
        "alpn": ["http/1.1"], "resumption": False, "chain": ["ca"],
    }, 201)  # fmt: skip
    ctx = trusting(served, web)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shake(served, web, server, ctx=ctx)
    ctx.load_cert_chain(client["chain_file"], client["key_file"])
    ctx.set_alpn_protocols(["http/1.1"])
    seen = shake(served, web, server, ctx=ctx)
    assert (seen["completed"], seen["version"], seen["alpn"]) == (True, "TLSv1.2", "http/1.1")
    assert seen["client_certificate"] == client["certificate"]
    served.ask("POST", f"{web}/certificates/{client['id']}/revoke")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shake(served, web, server, ctx=ctx)


def test_what_is_spoken_may_go_elsewhere(served: Served, web: str) -> None:
    """`forward_to` is HOST:PORT of whoever speaks behind it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"hello")

        thread = threading.Thread(target=answer)
        thread.start()
        server = served.ask(
            "POST", f"{web}/tls_servers", {"certificates": ["web"], "forward_to": f"127.0.0.1:{port}"}, 201
        )
        with (
            socket.create_connection((server["host"], server["port"]), timeout=30) as plain,
            trusting(served, web).wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            tls.sendall(b"who?")
            assert tls.recv(5) == b"hello"
        thread.join()


def test_what_cannot_start_is_not_there(served: Served, web: str) -> None:
    """Each refusal says why, points to the field, and leaves no server and no name behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for body, status, pointer in (
            ({}, 422, "/certificates"),
            ({"certificates": ["nobody"]}, 422, "/certificates/0"),
            ({"certificates": ["web"], "issue": True}, 422, "/issue"),
            ({"certificates": ["web"], "port": port}, 409, "/port"),
            ({"certificates": ["web"], "client_ca": ["nobody"]}, 422, "/client_ca"),
            ({"certificates": ["web"], "chain": ["ca", "nobody"]}, 422, "/chain/1"),
            ({"certificates": ["web"], "chain": [{"der": "%"}]}, 422, "/chain/0"),
            ({"certificates": ["web"], "forward_to": "5432"}, 422, "/forward_to"),
            ({"certificates": ["web"], "minimum_version": "SSLv3"}, 422, "/minimum_version"),
            ({"certificates": ["web"], "alpn": [""]}, 422, "/alpn"),
            ({"certificates": ["web"], "refuse_clients": "everybody"}, 422, "/refuse_clients"),
        ):  # fmt: skip
            problem = served.refuse("POST", f"{web}/tls_servers", {**body, "name": "front"}, status)
            assert problem.get("pointer") == pointer, problem
        assert served.ask("GET", f"{web}/tls_servers") == {"tls_servers": []}
    served.ask("POST", f"{web}/tls_servers", {"certificates": ["web"], "port": port, "name": "front"}, 201)


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:65535", ("::1", 65535)), ("localhost:80", ("localhost", 80))],
)
def test_an_address_is_read(text: str, address: tuple[str, int]) -> None:
    """A host and a port, IPv6 in brackets."""
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["", ":1", "x", "x:", "x:0", "x:65536", "x:-1", "x:²", "x:٣", "x:1.0"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """Neither half may be missing, and a port is a number of ports."""
    with pytest.raises(ValueError, match="forward_to takes HOST:PORT"):
        read_address(text)
