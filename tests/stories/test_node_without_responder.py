"""A Node server that staples, whose responder cannot be reached.

Node leaves stapling to the program: the event OCSPRequest asks it for a staple, and a handshake goes on when
it has answered. A program that hands its error on refuses every client for as long as the responder is down;
this one goes without. Its clients fall back: to the responder, which is down for them, too, and then to
the CRL.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder

from mockpki import PKI, Leaf, faults, relying_party
from tests.kit.programs import need


@contextmanager
def node_server(leaf: Leaf, folder: Path) -> Iterator[int]:
    """The server beside this file, with *leaf*; its port. It ends when its stdin does."""
    question = OCSPRequestBuilder().add_certificate(leaf.certificate, leaf.issuer.certificate, SHA1()).build()
    (folder / "request.der").write_bytes(question.public_bytes(Encoding.DER))
    program = Path(__file__).with_name("stapling_server.js")
    words = [
        need("node"),
        program,
        leaf.chain_file,
        leaf.key_file,
        leaf.issuer.ocsp.url,
        folder / "request.der",
    ]
    with subprocess.Popen(list(map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


@pytest.mark.parametrize("outage", [faults.Refused(), faults.Hang(), faults.HttpStatus(503), faults.Reset()])
def test_nobody_is_refused_for_an_outage(outage: faults.Refused, pki: PKI, tmp_path: Path) -> None:
    """While the responder is up clients get a staple; while it is down none, and the CRL decides."""
    leaf = pki.issue_cert("localhost")
    with node_server(leaf, tmp_path) as port:
        up = relying_party.check(
            "127.0.0.1", port, ca=pki.ca_file, server_name="localhost", timeout=timedelta(seconds=1)
        )
        assert up.accepted
        assert up.staple is not None
        with pki.ocsp.respond_with(outage):
            down = relying_party.check(
                "127.0.0.1",
                port,
                ca=pki.ca_file,
                server_name="localhost",
                policy="hard-fail",
                timeout=timedelta(seconds=5),
            )
            assert down.accepted
            assert down.staple is None
            pki.crl.assert_asked()
            pki.revoke(leaf, "key_compromise")
            revoked = relying_party.check("127.0.0.1", port, ca=pki.ca_file, server_name="localhost")
            assert not revoked.accepted
            assert revoked.status == "revoked"
