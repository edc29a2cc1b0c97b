"""Hybrid key shares: a client that insists on one gets the staple that only tlslite carries."""

import os
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mockpki import PKI
from mockpki._tls import tlslite_input
from mockpki._tls.key_shares import HYBRIDS, encapsulate
from mockpki._tls.server import TlsServer
from tests.kit.programs import run
from tests.tls.kit import only

GROUPS = {
    "X25519MLKEM768": "x25519mlkem768",
    "SecP256r1MLKEM768": "secp256r1mlkem768",
    "SecP384r1MLKEM1024": "secp384r1mlkem1024",
}

# pyOpenSSL has no word for groups, but OpenSSL reads them from a file.
CONFIGURATION = """
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = default
[default]
Groups = {group}
"""
CLIENT = """
import socket, sys
from OpenSSL import SSL

context = SSL.Context(SSL.TLS_CLIENT_METHOD)
context.load_verify_locations(sys.argv[1])
context.set_verify(SSL.VERIFY_PEER)
context.set_ocsp_client_callback(lambda connection, staple, _: print(staple.hex()) or True)
with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as sock:
    client = SSL.Connection(context, sock)
    client.set_tlsext_host_name(b"localhost")
    client.request_ocsp()
    client.set_connect_state()
    client.do_handshake()
    print(client.get_group_name())
"""


def group_numbers() -> set[str]:
    """The hybrids there are, by OpenSSL's names; skips where the installed cryptography computes none."""
    if not HYBRIDS:
        pytest.skip("the installed cryptography makes no ML-KEM keys")
    return {name for name, own in GROUPS.items() if own in HYBRIDS}


def insist(group: str, pki: PKI, server: TlsServer, folder: Path) -> CompletedProcess[str]:
    """One handshake by pyOpenSSL's client, which offers that one group alone."""
    configuration = folder / "openssl.cnf"
    configuration.write_text(CONFIGURATION.format(group=group))
    return run(
        sys.executable, "-W", "ignore", "-c", CLIENT, pki.ca_file, server.port,
        env={**os.environ, "OPENSSL_CONF": str(configuration)},
    )  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_a_client_that_insists_on_a_hybrid(pki: PKI, tmp_path: Path, group: str) -> None:
    """It agrees on that group, and is given the octets."""
    assert group in group_numbers()
    staple = pki.ocsp.response_for(pki.issue_cert("a.example"))
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
        done = insist(group, pki, server, tmp_path)
        noted = only(server)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [staple.hex(), group]
    assert noted.completed
    assert noted.staple == staple


def test_a_client_that_only_openssl_can_serve_fails_the_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where cryptography makes no ML-KEM keys, it has rejected nothing, and the test is told."""
    group_numbers()
    monkeypatch.setattr(tlslite_input, "HYBRIDS", {})
    with PKI() as pki:
        staple = pki.ocsp.response_for(pki.issue_cert("a.example"))
        with pki.tls_server(pki.issue_cert("localhost")) as server:
            assert insist("X25519MLKEM768", pki, server, tmp_path).returncode == 0
        with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
            assert insist("X25519MLKEM768", pki, server, tmp_path).returncode == 1
            assert not only(server).completed
        words = (
            "tlslite ended the connection with handshake_failure: No acceptable group advertised by client; "
            "OpenSSL would have gone on, so the client has rejected nothing"
        )
        with pytest.raises(RuntimeError, match=words):
            pki.check()


def share_of(group: str) -> tuple[bytes, object, object]:
    """A client's share, and both of its private keys."""
    from cryptography.hazmat.primitives.asymmetric import mlkem

    kem = (mlkem.MLKEM1024PrivateKey if "1024" in group else mlkem.MLKEM768PrivateKey).generate()
    sealed = kem.public_key().public_bytes_raw()
    if group == "x25519mlkem768":
        own = x25519.X25519PrivateKey.generate()
        return sealed + own.public_key().public_bytes_raw(), kem, own
    curve = ec.generate_private_key(ec.SECP256R1() if "256" in group else ec.SECP384R1())
    point = curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point + sealed, kem, curve


@pytest.mark.parametrize("group", GROUPS.values())
def test_the_layout_of_a_share(group: str) -> None:
    """Of X25519MLKEM768 the post-quantum part is first, of the others last; in shares and secrets alike."""
    group_numbers()
    share, _, _ = share_of(group)
    secret, mine = encapsulate(HYBRIDS[group], share)
    sizes = {"x25519mlkem768": (64, 1120), "secp256r1mlkem768": (64, 1153), "secp384r1mlkem1024": (80, 1665)}
    assert (len(secret), len(mine)) == sizes[group]
    assert (mine[0] == 4) or group == "x25519mlkem768"
    assert encapsulate(HYBRIDS[group], share)[0] != secret
    for broken in (share[:-1], share + b"x", b"", bytes(len(share))):
        with pytest.raises(ValueError):  # noqa: PT011 - whichever of the two parts it is
            encapsulate(HYBRIDS[group], broken)
