"""An account of what came to a PKI: by whom, since when, and not too much of it."""

import ssl
import urllib.request

from mockpki import PKI
from mockpki._ca.account import take_marks, tell


def test_what_came_since_the_marks() -> None:
    """Each service by its name, with its requests; nothing where nothing came; the newest of many."""
    with PKI() as pki:
        realm = pki._realm
        assert tell(realm, {}) == ""
        urllib.request.urlopen(pki.crl.url).close()
        marks = take_marks(realm)
        assert tell(realm, marks) == ""
        heading, request = tell(realm, {}).splitlines()
        assert heading == f"<CRL publisher of {pki.ca.common_name} at {pki.crl.url}>: once"
        assert "GET" in request
        for _ in range(22):
            urllib.request.urlopen(pki.root.crl.url).close()
        heading, before, *requests = tell(realm, marks).splitlines()
        assert heading.endswith(f"{pki.root.crl.url}>: 22 times")
        assert before == "  ... 2 before these"
        assert len(requests) == 20
        assert tell(realm, {}).startswith("<CRL publisher of mockpki root")


def test_handshakes_come_first() -> None:
    """A TLS server's connections stand before the requests that they led to; a reset forgets both."""
    with PKI() as pki, pki.tls_server(pki.issue_cert("localhost")) as server:
        urllib.request.urlopen(pki.ca.ca_issuers.url).close()
        with urllib.request.urlopen(server.url, context=_trusting(pki)) as answer:
            answer.read()
        first, *_ = tell(pki._realm, {}).splitlines()
        assert first == f"{server!r}: once"
        pki.reset()
        assert server.connections == []
        assert tell(pki._realm, {}) == ""


def _trusting(pki: PKI) -> ssl.SSLContext:

    return ssl.create_default_context(cafile=pki.ca_file)
