"""A client that fails hard, as Windows' schannel does under curl: 0x80092013, and the cure.

Its documentation says that problems with an offline distribution point are errors, and that an option makes
the best of them. The server cannot change its clients. It can staple: then nobody has to be asked.
"""

from datetime import timedelta

from mockpki import PKI, faults, relying_party
from mockpki.relying_party import Verdict

OFFLINE = "CRYPT_E_REVOCATION_OFFLINE"


def connect(pki: PKI, port: int, policy: str) -> Verdict:
    """A client of that documented *policy*."""
    return relying_party.check(
        "127.0.0.1",
        port,
        ca=pki.ca_file,
        server_name="localhost",
        policy=policy,
        timeout=timedelta(seconds=1),
    )


def test_an_outage_is_a_no_and_a_staple_the_cure() -> None:
    """Everything is down: the hard client says offline; with a staple, it goes on."""
    with PKI(depth=0) as pki:
        leaf = pki.issue_cert("localhost")
        with (
            pki.ocsp.respond_with(faults.Refused()),
            pki.crl.respond_with(faults.Refused()),
            pki.tls_server(leaf, staple=None) as server,
        ):
            verdict = connect(pki, server.port, "curl-schannel")
            assert not verdict.accepted
            assert verdict.code is not None
            assert verdict.code.name == OFFLINE
            assert verdict.code.number == 0x80092013
            # By its option, curl makes the best of it.
            assert connect(pki, server.port, "curl-schannel-revoke-best-effort").accepted
            with server.staple_with():
                assert connect(pki, server.port, "curl-schannel").accepted


def test_what_is_revoked_stays_so() -> None:
    """A staple that says revoked is no cure, and best effort is none for it either."""
    with PKI(depth=0) as pki:
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf, "key_compromise")
        with pki.tls_server(leaf) as server:
            for policy in ("curl-schannel", "curl-schannel-revoke-best-effort"):
                verdict = connect(pki, server.port, policy)
                assert not verdict.accepted
                assert verdict.code is not None
                assert verdict.code.name == "CRYPT_E_REVOKED"
            assert connect(pki, server.port, "curl-schannel-no-revoke").accepted
