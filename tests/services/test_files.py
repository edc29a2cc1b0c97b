"""The caIssuers file over real HTTP: where a client finds an intermediate that was not sent."""

from email.utils import parsedate_to_datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from mockpki import PKI, faults
from tests.kit.asking import send


def urls(certificate: x509.Certificate) -> list[str]:
    """The caIssuers URLs in it."""
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    wanted = AuthorityInformationAccessOID.CA_ISSUERS
    return [entry.access_location.value for entry in access if entry.access_method == wanted]


@pytest.mark.pki(depth=2)
def test_a_chain_is_built_from_the_urls_alone(pki: PKI) -> None:
    """From leaf to root, each file is the issuer's certificate, DER, and really signed the one below."""
    certificate, seen = pki.issue_cert("localhost").certificate, []
    while certificate.issuer != certificate.subject:
        [url] = urls(certificate)
        reply = send(url)
        assert reply.headers["content-type"] == "application/pkix-cert"
        issuer = x509.load_der_x509_certificate(reply.body)
        certificate.verify_directly_issued_by(issuer)
        certificate = issuer
        seen.append(issuer)
    assert seen == [ca.certificate for ca in reversed(pki.cas)]
    for ca in pki.cas:
        ca.ca_issuers.assert_asked(times=1)


def test_headers_and_methods(pki: PKI) -> None:
    """Length and dates; HEAD without a body; HTTP 405 for the rest."""
    whole, head = send(pki.ca.ca_issuers.url), send(pki.ca.ca_issuers.url, "HEAD")
    assert whole.headers["content-length"] == head.headers["content-length"] == str(len(whole.body))
    assert head.body == b""
    assert whole.headers["etag"] == head.headers["etag"]
    assert parsedate_to_datetime(whole.headers["expires"]) > parsedate_to_datetime(whole.headers["date"])
    reply = send(pki.ca.ca_issuers.url, "POST", b"")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_only_the_faults_of_a_file(pki: PKI) -> None:
    """Other octets and HTTP trouble, yes; a certificate file has no times and no signer to bend."""
    file = pki.ca.ca_issuers
    with file.respond_with(faults.Garbage(b"nonsense")):
        assert send(file.url).body == b"nonsense"
    assert send(file.url).body == pki.ca.der
    for fault in (faults.Stale(), faults.BadSignature(), faults.TryLater(), faults.Good()):
        with pytest.raises(TypeError, match=r"which the caIssuers file of mockpki CA 1 .* does not have"):
            file.respond_with(fault)  # type: ignore[arg-type]


def test_it_names_no_certificate(pki: PKI) -> None:
    """assert_asked takes no leaf, since a request for a file tells of none."""
    leaf = pki.issue_cert("localhost")
    pki.ca.ca_issuers.assert_not_asked()
    send(pki.ca.ca_issuers.url)
    pki.ca.ca_issuers.assert_asked()
    with pytest.raises(TypeError, match="names no certificate"):
        pki.ca.ca_issuers.assert_asked(leaf)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="was asked once, and should not have been"):
        pki.ca.ca_issuers.assert_not_asked()
