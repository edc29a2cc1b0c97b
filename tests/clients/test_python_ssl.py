"""Python's ssl: looks at nothing by itself, and at CRLs if it is given them.

Its manual says that CRLs are not checked by default; ``verify_flags |= VERIFY_CRL_CHECK_LEAF`` checks the
leaf against those that `load_verify_locations` has read, in PEM, and fails where there is no valid one.
Nothing is fetched: that is up to the program, which here asks the URL of the CA that it knows. With
``VERIFY_CRL_CHECK_CHAIN``, every CA of the chain needs its CRL. There are no staples. The same goes for what
is built on ssl: by itself, requests checks nothing.
"""

import socket
import ssl
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import requests
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_crl

from mockpki import scenarios
from mockpki.relying_party import Policy
from mockpki.scenarios import Case

NO_CHECK = ["staple-revoked", "ocsp-revoked", "crl-revoked", "must-staple-missing", "all-down"]


def shake_hands(host: str, port: int, context: ssl.SSLContext) -> None:
    """One handshake, with ``localhost``."""
    with socket.create_connection((host, port), timeout=10) as sock:
        context.wrap_socket(sock, server_hostname="localhost").close()


@scenarios.parametrize(policy="no-check", only=NO_CHECK)
def test_default(scenario: Case) -> None:
    """The default context accepts whatever became of the certificate, and asks nobody."""

    def connect(host: str, port: int, ca_file: str) -> None:
        shake_hands(host, port, ssl.create_default_context(cafile=ca_file))

    assert not scenario.check(connect).seen.asked


@scenarios.parametrize(policy="no-check", only=NO_CHECK)
def test_requests(scenario: Case) -> None:
    """So does requests."""

    def get(url: str, ca_file: str) -> None:
        requests.get(url, verify=ca_file, timeout=10).raise_for_status()

    assert not scenario.check(get).seen.asked


CRL_CHECK = Policy(sources=("CRL",), hard_fail=True, whole_chain=False)
CRLS = {
    "crl-good": "returned",
    "crl-slow": "returned",
    "crl-revoked": "certificate revoked",
    "crl-hold": "certificate revoked",
    "crl-stale": "CRL has expired",
    "crl-early": "CRL is not yet valid",
    "crl-bad-signature": "CRL signature failure",
    "crl-wrong-signer": "unable to get certificate CRL",
    "crl-garbage": "ValueError",
    "crl-http-500": "HTTP Error 500",
    "crl-silent": "timed out",
    "crl-half": "IncompleteRead",
    "all-revoked": "certificate revoked",
    "ocsp-silent-crl-revoked": "certificate revoked",
    "ocsp-unknown-crl-good": "returned",
}


@scenarios.parametrize(policy=CRL_CHECK, only=CRLS)
def test_crl(scenario: Case, tmp_path: Path) -> None:
    """With the flag, and a CRL that the program has fetched, only a valid one without the leaf will do."""

    def connect(host: str, port: int, ca_file: str, crl_url: str) -> None:
        with build_opener(ProxyHandler({})).open(crl_url, timeout=1) as answer:
            crl = load_der_x509_crl(answer.read())
        (tmp_path / "crl.pem").write_bytes(crl.public_bytes(Encoding.PEM))
        context = ssl.create_default_context(cafile=ca_file)
        context.load_verify_locations(tmp_path / "crl.pem")
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        shake_hands(host, port, context)

    result = scenario.check(connect)
    assert result.seen.asked == {"CRL"}
    assert CRLS[scenario.name] in result.outcome.words
