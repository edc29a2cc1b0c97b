"""Signatures by others, and with other digests."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import load_der_ocsp_response

from mockpki import PKI, faults
from tests.kit.asking import (
    ocsp_fields,
    signature_holds,
)
from tests.kit.ocsp_answers import embedded, public_key


@pytest.mark.parametrize("key_type", ["P-256", "P-384", "Ed25519"])
def test_signatures_of_other_keys(key_type: str) -> None:
    """Every signer and delegate there is, and every digest that its kind of key has."""
    with PKI(key_type=key_type, depth=2) as pki:
        one = pki.issue_cert("localhost")
        for issuer in ("ca", "root", "child", "stranger", "spoof"):
            [certificate] = embedded(pki.ocsp.response_for(one, faults.Delegate(issuer=issuer)))
            [said] = embedded(pki.ocsp.response_for(one, faults.Delegate()))
            assert public_key(certificate) == public_key(said)
        [weak] = embedded(pki.ocsp.response_for(one, faults.Delegate(key_type="P-192")))
        assert public_key(weak).key_size == 192
        for name in ("md5", "sha1", "sha256", "sha384", "sha512"):
            digest = faults.SignatureDigest(name)
            own = {"P-256": "sha256", "P-384": "sha384"}.get(key_type)
            if own is None or name in ("md5", own):
                with pytest.raises(ValueError, match=r"cannot be had with a key|changes nothing"):
                    pki.ocsp.response_for(one, digest)
            else:
                answer = load_der_ocsp_response(pki.ocsp.response_for(one, digest))
                used = answer.signature_hash_algorithm
                assert used is not None
                assert used.name == name
                key: Any = pki.ca.certificate.public_key()
                key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(used))


@pytest.mark.parametrize("key_type", ["P-256", "RSA-2048"])
def test_a_forgery_is_of_the_same_kind_as_the_real_key(key_type: str) -> None:
    """So that the algorithm gives nothing away, and a flipped bit leaves a signature that parses."""
    with PKI(key_type=key_type) as pki:
        leaf = pki.issue_cert("localhost")
        honest, *bent = (
            pki.ocsp.response_for(leaf, *given)
            for given in ([], [faults.Forged()], [faults.BadSignature()], [faults.WrongSigner()])
        )
        for der in bent:
            assert ocsp_fields(der)["signature_algorithm"] == ocsp_fields(honest)["signature_algorithm"]
            assert not signature_holds(der, pki.ca.certificate)
        assert signature_holds(honest, pki.ca.certificate)
