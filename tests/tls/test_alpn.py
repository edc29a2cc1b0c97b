"""What is agreed on by ALPN is spoken: RFC 7301."""

import socket
import ssl
from typing import Any

import pytest

from mockpki import PKI, faults
from tests.kit.plain_server import answering, plain_server
from tests.kit.programs import need, run
from tests.kit.tls_clients import VERSIONS, connected, context, received, shake_hands
from tests.tls.kit import GET

each_version = pytest.mark.parametrize("version", VERSIONS)

# What the server is given, what the client offers, what its own HTTP agrees on, and what a handler does.
CHOICES: dict[str, tuple[list[str], list[str], str | None, str | None]] = {
    "h2 first, both know it": (["h2", "http/1.1"], ["h2", "http/1.1"], "http/1.1", "h2"),
    "h2 last": (["http/1.1", "h2"], ["h2", "http/1.1"], "http/1.1", "http/1.1"),
    "h2c, spdy": (["h2c", "spdy/3.1", "http/1.1"], ["spdy/3.1", "h2c", "http/1.1"], "http/1.1", "h2c"),
    "http/1.0": (["h2", "http/1.0"], ["h2", "http/1.0"], "http/1.0", "h2"),
    "in the server's order": (["http/1.0", "http/1.1"], ["http/1.1", "http/1.0"], "http/1.0", "http/1.0"),
    "a name that begins so": (["http/1.1x", "http/1.1"], ["http/1.1x", "http/1.1"], "http/1.1", "http/1.1x"),
    "left out": ([], ["http/1.1"], None, None),
}


@each_version
@pytest.mark.parametrize("case", CHOICES)
def test_own_http_agrees_on_what_it_speaks(pki: PKI, case: str, version: str) -> None:
    """And then speaks it; with a handler or a server behind, whatever was given is chosen."""
    given, offered, agreed, by_handler = CHOICES[case]
    leaf, ctx = pki.issue_cert("localhost"), context(pki, version, alpn=offered)
    with pki.tls_server(leaf, alpn=given) as server, connected(server, ctx) as tls:
        assert tls.selected_alpn_protocol() == agreed
        tls.sendall(GET)
        assert tls.recv(1 << 16).startswith(b"HTTP/1.1 200 OK\r\n")
        assert server.connections[0].alpn == agreed

    def handler(sock: socket.socket) -> None:
        assert sock.recv(1 << 16) == GET
        sock.sendall(b"spoken")

    with plain_server(answering(b"spoken")) as address:
        for behind in ({"handler": handler}, {"forward_to": address}):
            with pki.tls_server(leaf, alpn=given, **behind) as server, connected(server, ctx) as tls:
                assert tls.selected_alpn_protocol() == by_handler
                tls.sendall(GET)
                assert received(tls) == b"spoken"


# What the server is given, what the client offers, and whether there is something behind the server.
WITHOUT_OVERLAP: dict[str, tuple[list[str] | None, list[str], bool]] = {
    "own HTTP, h2 alone": (["h2", "http/1.1"], ["h2"], False),
    "own HTTP, left out": (None, ["h2", "postgresql"], False),
    "a handler, another": (["postgresql"], ["h2", "http/1.1"], True),
    "in other letters": (["http/1.1"], ["HTTP/1.1"], False),
}
# The same, where none is needed.
NONE_NEEDED: dict[str, tuple[list[str] | None, list[str], bool]] = {
    "own HTTP without ALPN": ([], ["h2"], False),
    "a handler without ALPN": ([], ["h2"], True),
    "a handler, left out": (None, ["postgresql"], True),
    "a client without ALPN": (["h2", "http/1.1"], [], False),
    "a client without ALPN, a handler": (["postgresql"], [], True),
}


@each_version
@pytest.mark.parametrize("bent", [False, True], ids=["OpenSSL", "tlslite"])
@pytest.mark.parametrize("case", [*WITHOUT_OVERLAP, *NONE_NEEDED])
def test_without_overlap_there_is_an_alert(pki: PKI, case: str, bent: bool, version: str) -> None:
    """RFC 7301 section 3.2: no_application_protocol, and it is on record; with either library."""
    given, offered, behind = (WITHOUT_OVERLAP | NONE_NEEDED)[case]
    options: dict[str, Any] = {"handler": lambda sock: sock.sendall(b"hello")} if behind else {}
    if bent:
        options["staple"] = [faults.TrailingStaple(b"x")]
    with pki.tls_server(pki.issue_cert("localhost"), alpn=given, **options) as server:
        if case in WITHOUT_OVERLAP:
            with pytest.raises(ssl.SSLError, match="no application protocol"):
                shake_hands(server, context(pki, version, alpn=offered))
            assert "with no_application_protocol: " in (server.connections[0].error or "")
        else:
            with connected(server, context(pki, version, alpn=offered or None)) as tls:
                assert tls.selected_alpn_protocol() is None
        assert server.connections[0].completed is (case in NONE_NEEDED)
        assert server.connections[0].alpn is None
    pki.check()


@pytest.mark.parametrize("given", [["h2"], ["h2", "h3"], ["postgresql"], ["HTTP/1.1"]], ids=str)
def test_what_its_own_http_never_speaks_is_refused(pki: PKI, given: list[str]) -> None:
    """Nothing of it could ever be chosen: said when the server is made, with the way out."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(
        ValueError, match=r"alpn=\[.*\] has nothing .* speaks; add 'http/1.1', or give handler="
    ):
        pki.tls_server(leaf, alpn=given)
    pki.tls_server(leaf, alpn=[*given, "http/1.1"])
    pki.tls_server(leaf, alpn=given, handler=lambda sock: None)
    pki.tls_server(leaf, alpn=given, forward_to=("127.0.0.1", 1))


@pytest.mark.parametrize("option", ["--http2", "--http1.1"])
def test_curl_falls_back(pki: PKI, option: str) -> None:
    """A client that would like HTTP/2 gets HTTP/1.1 of a server that was given both names."""
    with pki.tls_server(pki.issue_cert("localhost"), alpn=["h2", "http/1.1"]) as server:
        done = run(
            need("curl"), "-sS", option, "--noproxy", "*", "--cacert", pki.ca_file, "-w", "%{http_version}",
            server.url,
        )  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1.1"), done.stderr
