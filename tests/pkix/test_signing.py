"""Who signs, with what, and who is known to have signed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from asn1crypto.x509 import Name
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x25519

from mockpki._pkix import der
from mockpki._pkix.certificate import TBSCertificate
from mockpki._pkix.element import Element
from mockpki._pkix.keys import KeyType, spki_der
from mockpki._pkix.signing import ECDSA, RSA, SignatureAlgorithm, Signed, Signer, has_signed, subject
from tests.kit.authorities import KINDS, NOW, key, signer

ED = KeyType.ED25519


@pytest.mark.parametrize(
    ("private", "algorithm"),
    [
        (lambda: key(KeyType.P256), "1.2.840.10045.4.3.2"),
        (lambda: key(KeyType.P384), "1.2.840.10045.4.3.3"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "1.2.840.10045.4.3.4"),
        (lambda: key(KeyType.RSA2048), "1.2.840.113549.1.1.11"),
        (lambda: key(ED), "1.3.101.112"),
        (lambda: ed448.Ed448PrivateKey.generate(), "1.3.101.113"),
    ],
)
def test_a_key_signs_with_its_own_algorithm(private: Callable[[], Any], algorithm: str) -> None:
    """Each key signs with the hash of its size; the identifier says which."""
    assert SignatureAlgorithm.for_key(private()).oid == algorithm


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_known_by_its_key(kind: KeyType) -> None:
    """What a key has signed it has signed; not so other octets, nor with another key or signature."""
    who, other = signer(kind), signer(kind, 1)
    made, digest = who.sign(b"octets"), who.algorithm.digest
    public, others = who.key.public_key(), other.key.public_key()
    assert has_signed(public, made.signature, b"octets", digest)
    assert not has_signed(public, made.signature, b"other octets", digest)
    assert not has_signed(others, made.signature, b"octets", digest)
    assert not has_signed(public, other.sign(b"octets").signature, b"octets", digest)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_has_not_signed_in_a_way_that_it_cannot(kind: KeyType) -> None:
    """A digest where the key takes none, none where it takes one, and a key that is for something else."""
    who = signer(kind)
    made = who.sign(b"octets").signature
    wrong = hashes.SHA256() if who.algorithm.digest is None else None
    assert not has_signed(who.key.public_key(), made, b"octets", wrong)
    assert not has_signed(x25519.X25519PrivateKey.generate().public_key(), made, b"octets", None)


@pytest.mark.parametrize(
    ("table", "private"),
    [(RSA, KeyType.RSA2048), (ECDSA, KeyType.P256)],
    ids=["RSA", "ECDSA"],
)
def test_every_algorithm_is_the_one_that_cryptography_knows(
    table: dict[str, SignatureAlgorithm], private: KeyType
) -> None:
    """Under each identifier cryptography finds the digest of that name, and verifies the signature."""
    for name, algorithm in table.items():
        who = replace(signer(private), algorithm=algorithm)
        content = TBSCertificate(5, NOW, NOW, subject("leaf"), spki_der(who.key.public_key()), ())
        read = x509.load_der_x509_certificate(content.signed_by(who).encode())
        assert read.signature_algorithm_oid.dotted_string == algorithm.oid
        assert read.signature_hash_algorithm is not None
        assert read.signature_hash_algorithm.name == name
        assert has_signed(who.key.public_key(), read.signature, read.tbs_certificate_bytes, algorithm.digest)


def test_certificates_are_sent_along_only_where_there_are_any() -> None:
    """RFC 6960 section 4.2.1: certs are absent, or a SEQUENCE of certificates under [0]."""
    signed = Signed(der.sequence(), SignatureAlgorithm("1.2.3").encode(), b"signature")
    bare = Element.whole(signed.encode(), der.SEQUENCE).children()
    assert [field.der for field in bare] == [signed.tbs, signed.algorithm, der.bit_string(b"signature")]
    *fields, certs = Element.whole(replace(signed, certs=(der.NULL,)).encode(), der.SEQUENCE).children()
    assert [field.der for field in fields] == [field.der for field in bare]
    assert certs.der == der.explicit(0, der.sequence(der.NULL))


def test_a_signer_tells_the_truth_about_its_key() -> None:
    """Name, hash and algorithm are the key's; with another key, only what is claimed stays."""
    who = signer(ED)
    public = who.key.public_key()
    assert who.key_hash == x509.SubjectKeyIdentifier.from_public_key(public).digest
    forger = who.with_key(key(KeyType.P256))
    assert (forger.name, forger.key_hash) == (who.name, who.key_hash)
    assert forger.algorithm == SignatureAlgorithm.for_key(forger.key)


def test_a_delegate_answers_for_its_issuer() -> None:
    """The authority is the signer itself, but for a delegate the CA that it answers for."""
    ca = signer(ED)
    named = Signer.named(subject("someone"), key(ED, 1), issuer=ca)
    assert ca.authority is ca
    assert named.authority is named
    assert replace(named, delegated=True).authority is ca


def test_a_subject_says_whose_it_is() -> None:
    """Every name has mockpki for its organization, and what is added stands between."""
    unit = x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "tests")
    [[organization], [added], [common]] = Name.load(subject("leaf", unit)).chosen
    assert [part["value"].native for part in (organization, added, common)] == ["mockpki", "tests", "leaf"]
