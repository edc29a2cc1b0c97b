"""Authorities that nobody has certified, and the certificates that they bring."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mockpki import PKI
from mockpki.faults._strangers import (
    authority_certificate,
    find_root,
    find_validity,
    key_for,
    make_child,
    make_stranger,
    sign_instead,
)


def test_keys_are_made_once() -> None:
    """A role has one key of each kind in a process, and another role another one; weak ones are weak."""
    assert key_for("child", "P-256") is key_for("child", "P-256")
    assert key_for("child", "P-256") is not key_for("delegate", "P-256")
    weak, small = key_for("delegate", "RSA-1024"), key_for("delegate", "P-192")
    assert isinstance(weak, rsa.RSAPrivateKey)
    assert isinstance(small, ec.EllipticCurvePrivateKey)
    assert (weak.key_size, small.key_size) == (1024, 192)


def test_the_root_is_above_all(pki: PKI) -> None:
    """From any depth the root is found; above it there is nothing."""
    deep = pki.ca.create_child_ca()
    root = find_root(deep.signer)
    assert root.name == pki.root.certificate.subject.public_bytes()
    with pytest.raises(ValueError, match="nothing is above it"):
        find_root(root)


def test_a_stranger_certifies_itself(pki: PKI) -> None:
    """Its certificate is its own work, a child's that of the CA; the ledger knows of neither."""
    stranger, child = make_stranger(pki.ca.signer), make_child(pki.ca.signer)
    own, certified = (x509.load_der_x509_certificate(authority_certificate(one)) for one in (stranger, child))
    own.verify_directly_issued_by(own)
    certified.verify_directly_issued_by(pki.ca.certificate)
    with pytest.raises(ValueError, match="does not match"):
        own.verify_directly_issued_by(pki.ca.certificate)
    named = make_stranger(pki.ca.signer, pki.ca.signer.name)
    assert named.name == pki.ca.signer.name
    assert named.key_hash != pki.ca.signer.key_hash


def test_who_signs_instead_answers_for_the_same_ca(pki: PKI) -> None:
    """The CA in question stays the authority; a certificate comes along only where it is asked for."""
    honest, stranger = pki.ca.signer, make_stranger(pki.ca.signer)
    for embed in (False, True):
        signer = sign_instead(stranger, honest, embed)
        assert signer.authority.key_hash == honest.key_hash
        assert signer.by_name == honest.by_name
        assert len(signer.certs) == embed
    [certificate] = signer.certs
    key = x509.load_der_x509_certificate(certificate).public_key()
    ours = stranger.key.public_key()
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.public_bytes(*form) == ours.public_bytes(*form)


def test_validity_is_counted_from_now(pki: PKI) -> None:
    """Left out, it holds at the PKI's time and the system's; given, it is so far from the PKI's."""
    pki.clock.shift(timedelta(days=500))
    begin, end = find_validity(pki.clock)
    for now in (pki.clock.now(), pki.clock.system_time()):
        assert begin < now < end
    begin, end = find_validity(pki.clock, timedelta(days=-2), timedelta(days=-1))
    assert timedelta() <= pki.clock.now() - timedelta(days=1) - end < timedelta(minutes=1)
    assert end - begin == timedelta(days=1)
