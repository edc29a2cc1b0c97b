"""What tlslite would end a handshake for, and OpenSSL does not: its clients get through all the same."""

import pytest

from mockpki import PKI
from mockpki._tls.key_shares import HYBRIDS
from mockpki._tls.session import Presentation
from mockpki._tls.tlslite import TlsliteSession
from mockpki._tls.tlslite_input import NUMBERS, make_chain, make_settings
from tests.kit.tls_clients import VERSIONS, s_client
from tests.tls.certificates import CHAIN, HONEST, leaf
from tests.tls.clients import OpenSSLClient, pump
from tests.tls.kit import only


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "name", [b"127.0.0.1", b"a_b.example", b"-a.example", b"a" * 70 + b".example", b"x!y"]
)
def test_any_name_a_client_gives(version: str, name: bytes) -> None:
    """A server_name that is no host name by the letter is the client's business."""
    client, session = OpenSSLClient(version), TlsliteSession(HONEST)
    client.connection.set_tlsext_host_name(name)
    pump(client, session)
    assert session.established, session.error
    assert session.staple_sent == client.staple == HONEST.staple


@pytest.mark.parametrize(
    "groups", ["P-521:P-256:X25519", "secp256k1:P-256", "brainpoolP256r1:P-384", "sect283k1:X25519"]
)
def test_groups_in_any_order_and_company(pki: PKI, groups: str) -> None:
    """A client of TLS 1.3 alone may name groups that this version has no use for."""
    staple = pki.ocsp.response_for(pki.issue_cert("a.example"))
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
        s_client(pki, server, "TLSv1.3", "-status", "-groups", groups)
        noted = only(server)
    assert noted.completed, noted.error
    assert noted.staple == staple


def test_a_client_that_nobody_would_serve_is_no_failure_of_ours() -> None:
    """Where OpenSSL has no answer either, the handshake failed, and no more is said."""
    only12 = OpenSSLClient("TLSv1.2")
    session = TlsliteSession(
        Presentation(CHAIN, leaf().key, (b"junk",), minimum_version="TLSv1.3", maximum_version="TLSv1.3")
    )
    pump(only12, session)
    assert session.alert_sent == "protocol_version"
    assert session.failure is None
    garbage = TlsliteSession(HONEST)
    garbage.receive(b"GET / HTTP/1.1\r\n\r\n")
    assert garbage.closed
    assert garbage.failure is None


def test_the_settings_are_a_copy_each_time() -> None:
    """Versions are kept to, the chain is not parsed, and what one handshake changes another does not see."""
    settings = make_settings(HONEST)
    assert (settings.minVersion, settings.maxVersion) == (NUMBERS["TLSv1.2"], NUMBERS["TLSv1.3"])
    valid = settings.validate()
    again = valid.validate()
    again.dsaSigHashes = []
    assert valid.dsaSigHashes != []
    assert valid.eccCurves == again.eccCurves == [*settings.eccCurves, *HYBRIDS]
    odd = make_chain(Presentation((b"absurd", CHAIN[1]), leaf().key))
    assert [bytes(one.bytes) for one in odd.x509List] == [b"absurd", CHAIN[1]]
