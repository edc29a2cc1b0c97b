"""Certificate signing requests: what they bring to a certificate, and what is none."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mockpki import CA
from mockpki._pkix.keys import KeyType
from tests.kit.authorities import digest, key
from tests.kit.profiles import assert_is_leaf


def request(*names: str, private: Any = None) -> x509.CertificateSigningRequest:
    """A CSR as somebody else's tool makes it."""
    private = private or key(KeyType.P384)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    return builder.sign(private, digest(private))


def flipped(csr: x509.CertificateSigningRequest) -> bytes:
    """The CSR with a name changed after it was signed."""
    der = csr.public_bytes(Encoding.DER)
    assert der.count(b"a.example") == 1
    return der.replace(b"a.example", b"b.example")


CSR_FORMS: list[Callable[[x509.CertificateSigningRequest], x509.CertificateSigningRequest | bytes]] = [
    lambda csr: csr,
    lambda csr: csr.public_bytes(Encoding.PEM),
    lambda csr: csr.public_bytes(Encoding.DER),
]


@pytest.mark.parametrize("form", CSR_FORMS, ids=["object", "PEM", "DER"])
def test_a_csr_brings_key_and_names(ca: CA, form: Callable[[Any], Any]) -> None:
    """The certificate is for the CSR's key and names; the private key stays where it is."""
    csr = request("a.example", "b.example")
    leaf = ca.issue_cert(csr=form(csr))
    assert_is_leaf(leaf, x509.DNSName("a.example"), x509.DNSName("b.example"))
    assert leaf.certificate.public_key() == csr.public_key()
    with pytest.raises(LookupError, match="was issued from a CSR: its key is with whoever made the request"):
        leaf.key  # noqa: B018
    with pytest.raises(LookupError, match="was issued from a CSR"):
        leaf.key_file  # noqa: B018


def test_identities_go_before_those_of_a_csr(ca: CA) -> None:
    """Identities that are given replace the CSR's; with none anywhere there is a sentence."""
    assert_is_leaf(ca.issue_cert("c.example", csr=request("a.example")), x509.DNSName("c.example"))
    assert_is_leaf(ca.issue_cert("c.example", csr=request()), x509.DNSName("c.example"))
    with pytest.raises(ValueError, match="a certificate needs an identity"):
        ca.issue_cert(csr=request())


def test_a_csr_that_is_none(ca: CA) -> None:
    """A signature of another key, other octets, another PEM, other types: each its own sentence."""
    assert_is_leaf(ca.issue_cert(csr=request("a.example")), x509.DNSName("a.example"))
    with pytest.raises(ValueError, match="the CSR's signature does not belong to its key"):
        ca.issue_cert(csr=flipped(request("a.example")))
    with pytest.raises(ValueError, match="csr holds no certificate signing request"):
        ca.issue_cert(csr=b"\x30\x00")
    with pytest.raises(ValueError, match="csr holds no certificate signing request"):
        ca.issue_cert(csr=ca.cert_pem)
    with pytest.raises(TypeError, match="csr takes a CertificateSigningRequest, PEM or DER; got 'text'"):
        ca.issue_cert(csr="text")  # type: ignore[arg-type]
