"""What the tests of the engine ask and read."""

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as their_ocsp

from mockpki import PKI


def question(pki: PKI) -> bytes:
    """An OCSP request about a fresh leaf."""
    leaf = pki.issue_cert("localhost").certificate
    builder = their_ocsp.OCSPRequestBuilder().add_certificate(leaf, pki.ca.certificate, SHA1())
    return builder.build().public_bytes(Encoding.DER)


def is_good(body: bytes) -> bool:
    """Whether an OCSP response says good."""
    return their_ocsp.load_der_ocsp_response(body).certificate_status is their_ocsp.OCSPCertStatus.GOOD
