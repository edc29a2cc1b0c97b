"""Authorities that are odd: their TLS features, names, roots and serial numbers."""

import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from mockpki import PKI, Leaf, faults
from tests.kit.asking import statuses
from tests.kit.differ import at, certificate_fields
from tests.kit.issued import USAGE, locations
from tests.kit.programs import need, run


@pytest.fixture
def pki() -> Iterator[PKI]:
    """A PKI that signs with Ed25519."""
    with PKI(key_type="ed25519") as pki:
        yield pki


# Authorities.


def features(certificate: x509.Certificate) -> list[x509.TLSFeatureType]:
    """What the TLS feature extension holds."""
    return list(certificate.extensions.get_extension_for_class(x509.TLSFeature).value)


def test_a_tls_feature_on_the_issuer(pki: PKI) -> None:
    """A CA that must staple says so; its certificates have the feature, or break RFC 7633 section 4.2.2."""
    ca = pki.ca.create_child_ca(must_staple=True)
    assert features(ca.certificate) == [x509.TLSFeatureType.status_request]
    assert features(ca.issue_cert("localhost", must_staple=True).certificate) == features(ca.certificate)
    assert "1.3.6.1.5.5.7.1.24" not in [
        item.oid.dotted_string for item in ca.issue_cert("localhost").certificate.extensions
    ]
    superset = ca.issue_cert("localhost", faults=[faults.TlsFeatures((5, 17))])
    assert features(superset.certificate) == [
        x509.TLSFeatureType.status_request,
        x509.TLSFeatureType.status_request_v2,
    ]


def verified(leaf: Leaf, ca: bytes, folder: Path, *options: object) -> str:
    """What ``openssl verify`` says, with the issuer's certificate given as PEM."""
    (folder / "ca.pem").write_bytes(ca)
    root = leaf.issuer
    while root.issuer is not None:
        root = root.issuer
    ran = run(
        need("openssl"),
        "verify",
        *options,
        "-CAfile",
        root.cert_file,
        "-untrusted",
        folder / "ca.pem",
        leaf.cert_file,
    )
    found = re.search(r"error (\d+) at 0 depth", ran.stderr)
    return f"error {found.group(1)}" if found else ran.stdout.rpartition(": ")[2].strip()


def test_a_key_roll_over(pki: PKI, tmp_path: Path) -> None:
    """The new CA has the name of the old one, and everything else of its own: key, services, ledger."""
    old, new = pki.ca, pki.root.create_child_ca(name_of=pki.ca)
    assert new.certificate.subject == old.certificate.subject
    assert new.certificate.public_key() != old.certificate.public_key()
    assert new.serial_number != old.serial_number
    assert len({old.ocsp.url, new.ocsp.url, old.crl.url, new.crl.url}) == 4
    leaf = new.issue_cert("localhost")
    assert verified(leaf, new.cert_pem, tmp_path) == "OK"
    # 20: unable to get local issuer certificate: the name fits, the authority key identifier does not.
    assert verified(leaf, old.cert_pem, tmp_path) == "error 20"
    assert statuses(new.ocsp.response_for(leaf)) == ["good"]
    assert statuses(old.ocsp.response_for(leaf.serial_number)) == ["unknown"]


def test_a_cross_certificate(pki: PKI, tmp_path: Path) -> None:
    """certify() gives a CA one more certificate, of another issuer; its leaves verify by either one."""
    with PKI() as other:
        leaf = other.issue_cert("localhost")
        cross = pki.root.certify(other.ca)
        assert cross.certificate.subject == other.ca.certificate.subject
        assert cross.certificate.public_key() == other.ca.certificate.public_key()
        cross.certificate.verify_directly_issued_by(pki.root.certificate)
        assert verified(leaf, other.ca.cert_pem, tmp_path) == "OK"
        (tmp_path / "cross.pem").write_bytes(cross.cert_pem)
        ran = run(
            need("openssl"),
            "verify",
            "-CAfile",
            pki.ca_file,
            "-untrusted",
            tmp_path / "cross.pem",
            leaf.cert_file,
        )
        assert ran.stdout == f"{leaf.cert_file}: OK\n"
    assert statuses(pki.root.ocsp.response_for(cross)) == ["good"]
    pki.root.revoke(cross)
    assert statuses(pki.root.ocsp.response_for(cross)) == ["revoked"]


def test_a_root_with_revocation_services(pki: PKI, tmp_path: Path) -> None:
    """The root's certificate of itself points to the root's own services, and is a trust anchor as good."""
    root = pki.root.certify(pki.root)
    assert locations(root.certificate, AuthorityInformationAccessOID.OCSP) == [pki.root.ocsp.url]
    root.certificate.verify_directly_issued_by(root.certificate)
    leaf = pki.issue_cert("localhost")
    ran = run(
        need("openssl"), "verify", "-CAfile", root.cert_file, "-untrusted", pki.ca.cert_file, leaf.cert_file
    )
    assert ran.stdout == f"{leaf.cert_file}: OK\n"


def test_a_ca_as_a_server(pki: PKI) -> None:
    """A TLS server presents a CA's certificate as it stands, with the CA's key."""
    as_leaf = pki.root.certify(pki.ca)
    with pki.tls_server(as_leaf) as server:
        address = server.host, server.port
        presented = ssl.get_server_certificate(address, ca_certs=pki.ca_file, timeout=30)
        assert server.connections[0].completed
    assert ssl.PEM_cert_to_DER_cert(presented) == as_leaf.der


def test_an_odd_ca_is_known_by_its_serial_number(pki: PKI) -> None:
    """A fault of a CA's certificate is there, and its issuer answers for it."""
    ca = pki.ca.create_child_ca(faults=[faults.SerialNumber(-7), faults.NoKeyUsage()])
    assert ca.serial_number == -7
    assert at(certificate_fields(ca.der), USAGE) == b""
    assert statuses(pki.ocsp.response_for(ca)) == ["good"]
    pki.revoke(ca)
    assert statuses(pki.ocsp.response_for(ca)) == ["revoked"]
