"""What an answer says is in the line of its request."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from mockpki import faults
from mockpki._serve.hosted import Hosted
from tests.kit.asking import send
from tests.serve.test_live import telling


def ask(hosted: Hosted, *, root: bool = False) -> None:
    """The responder is asked about the leaf, or that of the root about its CA."""
    leaf = hosted.certificates.find("leaf")
    subject, issuer = (leaf.issuer, hosted.pki.root) if root else (leaf, leaf.issuer)
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        subject.certificate, issuer.certificate, hashes.SHA256()
    )
    send(issuer.ocsp.url, "POST", builder.build().public_bytes(Encoding.DER))


def revoke(hosted: Hosted) -> None:
    """The leaf is, for a reason."""
    hosted.pki.revoke(hosted.certificates.find("leaf"), "key_compromise")


def ask_when_revoked(hosted: Hosted) -> None:
    """The responder is asked about a leaf that is."""
    revoke(hosted)
    ask(hosted)


def fetch_when_revoked(hosted: Hosted) -> None:
    """The CRL is fetched that has it."""
    revoke(hosted)
    send(hosted.pki.crl.url)


def asked_with(*given: Any) -> Callable[[Hosted], None]:
    """The responder is asked, and answers with *given*."""

    def act(hosted: Hosted) -> None:
        with hosted.pki.ocsp.respond_with(*given):
            ask(hosted)

    return act


def fetch_bent_list(hosted: Hosted) -> None:
    """A CRL without its number."""
    with hosted.pki.crl.respond_with(faults.NoCrlNumber()):
        send(hosted.pki.crl.url)


def fetch_filters(hosted: Hosted) -> None:
    """Somebody who looks for CRLite's filters gets their list."""
    send(f"{hosted.pki.crlite.url}manifest.json")


@pytest.mark.parametrize(
    ("act", "asked", "said"),
    [
        (ask, "OCSP for leaf: POST serial 0x", "-> HTTP 200: good"),
        (ask_when_revoked, "OCSP for leaf: ", "-> HTTP 200: revoked (key_compromise)"),
        (asked_with(faults.Unknown()), "OCSP for leaf: ", "with Unknown(): unknown"),
        (asked_with(faults.TryLater()), "OCSP for leaf: ", "with TryLater(): tryLater"),
        (asked_with(faults.HttpStatus(500)), "OCSP for leaf: ", "-> HTTP 500 with HttpStatus(code=500)"),
        (lambda one: ask(one, root=True), "OCSP for CA mockpki CA 1 ", "-> HTTP 200: good"),
        (lambda one: send(one.pki.ocsp.url, "POST", b"x"), "OCSP: POST malformed", ": malformedRequest"),
        (lambda one: send(one.pki.crl.url), "CRL: GET /", "-> HTTP 200: CRL number 1, 0 entries"),
        (fetch_when_revoked, "CRL: GET /", ": CRL number 1, 1 entry"),
        (fetch_bent_list, "CRL: GET /", ": CRL no number, 0 entries"),
        (lambda one: send(one.pki.crl.url, "HEAD"), "CRL: HEAD /", "-> HTTP 200"),
        (lambda one: send(one.pki.cas[-1].ca_issuers.url), "caIssuers: GET /", ",O=mockpki"),
        (fetch_filters, "CRLite: GET /manifest.json -> HTTP 200: ", " octets"),
        (lambda one: send(f"{one.pki.crlite.url}nothing"), "CRLite: GET /nothing", "-> HTTP 404"),
    ],
)  # fmt: skip
def test_what_is_said(act: Callable[[Hosted], object], asked: str, said: str) -> None:
    """The status and its reason, the list, the certificate; in one line, with the name asked about."""
    with telling(as_json=False) as (hosted, told):
        act(hosted)
        (line,) = told.wait_for(1)
    assert line.split(" ", 1)[1].startswith(asked)
    assert line.endswith(said)
    assert "\n" not in line
