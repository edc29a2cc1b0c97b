"""What the tests of OCSP's two directions share."""

import base64
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from mockpki._pkix.keys import KeyType, spki_der
from mockpki._pkix.ocsp_request import Issuer
from tests.kit.authorities import signer

FIXTURES = Path(__file__).parents[2] / "fixtures"
HASH_NAMES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def issuer(kind: KeyType) -> Issuer:
    """The authority as CertIDs see it."""
    own = signer(kind)
    return Issuer(own.name, spki_der(own.key.public_key()))


def vector(file: str) -> bytes:
    """The octets of a base-64 fixture."""
    return base64.b64decode((FIXTURES / file).read_text())


def pem(file: str) -> x509.Certificate:
    """The certificate of a PEM fixture."""
    return x509.load_pem_x509_certificate((FIXTURES / file).read_bytes())
