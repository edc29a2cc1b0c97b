"""An account of what came to a PKI: by whom, since when, and not too much of it."""

import ssl
import urllib.request

import pytest

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


def test_who_was_not_asked() -> None:
    """Of the services that a shown certificate names, those that nobody asked are told; of others nothing."""
    with PKI(publishes="lets-encrypt") as pki, PKI(services=None) as other:
        plain, silent = pki.issue_cert("localhost"), pki.issue_cert("localhost", ocsp_urls=[], crl_urls=[])
        foreign = pki.issue_cert("localhost", ocsp_urls=[other.ocsp.url], crl_urls=[])
        for leaf, services in ((plain, [pki.crl]), (silent, []), (foreign, [])):
            marks = take_marks(pki._realm)
            with pki.tls_server(leaf) as server:
                urllib.request.urlopen(server.url, context=_trusting(pki)).close()
            told = [line for line in tell(pki._realm, marks).splitlines() if line.endswith(": not asked")]
            assert told == [f"{service!r}: not asked" for service in services]


def test_a_note_beside_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """What leaves the block of a PKI says shortly what was seen, if anything was, and pytest does not."""

    def fail(asked: int) -> list[str]:
        try:
            with PKI() as pki:
                for _ in range(asked):
                    urllib.request.urlopen(pki.crl.url).close()
                raise LookupError("mine")
        except LookupError as error:
            return getattr(error, "__notes__", [])

    assert fail(5) == []
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    assert fail(0) == []
    (note,) = fail(5)
    first, heading, before, *requests = note.splitlines()
    assert first == "mockpki: this was seen:"
    assert heading.endswith("/ca.crl>: 5 times")
    assert (before, len(requests)) == ("  ... 2 before these", 3)


def _trusting(pki: PKI) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=pki.ca_file)
