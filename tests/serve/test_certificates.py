"""Certificates by calls, as `issue_cert` issues them."""

import base64
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mockpki._serve.certificates import read_octets
from tests.kit.asking import cert_id, post, question, statuses
from tests.kit.serving import Served


def public(key: Any) -> bytes:
    """A public key as octets."""
    octets: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return octets


def test_a_certificate_is_what_was_asked_for(served: Served, pki: str) -> None:
    """Names, times, subject, serial number, must-staple, URLs and extensions are as they were sent."""
    begins, ends = (
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        datetime(2027, 1, 1, tzinfo=timezone.utc),
    )
    shown = served.ask("POST", f"{pki}/certificates", {
        "identities": ["localhost", "127.0.0.1", "a@example.com"], "must_staple": True, "client": True,
        "not_before": "2026-01-02T04:04:05+01:00", "not_after": "2027-01-01T00:00:00Z",
        "serial_number": "0AbC", "subject": "CN=billing,O=Example", "key_type": "P-384",
        "ocsp_urls": ["http://ocsp.example/"], "crl_urls": [], "ca_issuers_urls": None,
        "extensions": [{"oid": "1.2.3.4", "value": base64.b64encode(b"\x05\x00").decode(), "critical": True}],
    }, 201)  # fmt: skip
    certificate = x509.load_pem_x509_certificate(shown["certificate"].encode())
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (begins, ends)
    assert (shown["not_before"], shown["not_after"]) == ("2026-01-02T03:04:05Z", "2027-01-01T00:00:00Z")
    assert (certificate.serial_number, shown["serial_number"]) == (0xABC, "abc")
    assert certificate.subject.rfc4514_string() == "CN=billing,O=Example"
    assert shown["identities"] == ["localhost", "127.0.0.1", "a@example.com"]
    found = certificate.extensions
    assert x509.TLSFeatureType.status_request in found.get_extension_for_class(x509.TLSFeature).value
    assert ExtendedKeyUsageOID.CLIENT_AUTH in found.get_extension_for_class(x509.ExtendedKeyUsage).value
    access = found.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert next(one.access_location.value for one in access) == "http://ocsp.example/"
    with pytest.raises(x509.ExtensionNotFound):
        found.get_extension_for_class(x509.CRLDistributionPoints)
    own = found.get_extension_for_oid(x509.ObjectIdentifier("1.2.3.4"))
    assert own.critical
    assert isinstance(own.value, x509.UnrecognizedExtension)
    assert own.value.value == b"\x05\x00"
    key = load_pem_private_key(shown["private_key"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert public(key.public_key()) == public(certificate.public_key())


def test_a_key_or_a_request_may_be_brought(served: Served, pki: str) -> None:
    """With a key of one's own it is that; from a CSR it is the CSR's, and there is none to hand out."""
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    shown = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "key": pem}, 201)
    certificate = x509.load_pem_x509_certificate(shown["certificate"].encode())
    assert public(certificate.public_key()) == public(key.public_key())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "from a request")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, None)
    shown = served.ask("POST", f"{pki}/certificates", {"csr": csr.public_bytes(Encoding.PEM).decode()}, 201)
    assert (shown["private_key"], shown["key_file"]) == (None, None)
    for file in ("key.pem", "keystore.p12"):
        problem = served.refuse("GET", f"{pki}/certificates/{shown['id']}/{file}", status=404)
        assert "was issued from a CSR" in problem["detail"]
    # A path is none of its forms: no file of the server's machine is read.
    for field in ("key", "csr"):
        served.refuse("POST", f"{pki}/certificates", {"identities": ["localhost"], field: "/etc/passwd"})


def test_its_files_are_had_by_themselves(served: Served, pki: str) -> None:
    """PEM, DER, chain, key and PKCS #12: each is what the document says, for clients without JSON."""
    shown = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": "web"}, 201)
    path = f"{pki}/certificates/web"
    certificate = x509.load_pem_x509_certificate(served.ask("GET", f"{path}/certificate.pem"))
    assert certificate == x509.load_der_x509_certificate(served.ask("GET", f"{path}/certificate.der"))
    assert served.ask("GET", f"{path}/chain.pem").decode() == shown["chain"]
    assert served.ask("GET", f"{path}/key.pem").decode() == shown["private_key"]
    for query, password in (("", b"mockpki"), ("?password=s%C3%A4", "sä".encode())):
        key, own, above = pkcs12.load_key_and_certificates(
            served.ask("GET", f"{path}/keystore.p12{query}"), password
        )
        assert own == certificate
        assert key is not None
        assert len(above) == 1
    assert served.send("GET", f"{path}/keystore.p12").headers["content-type"] == "application/x-pkcs12"
    assert Path(shown["cert_file"]).read_text() == shown["certificate"]
    assert Path(shown["chain_file"]).read_text() == shown["chain"]
    assert Path(shown["key_file"]).read_text() == shown["private_key"]


def test_what_becomes_of_it(served: Served, pki: str) -> None:
    """Revoked, released, forgotten: the responder says so, and the wrong order is 409."""
    hosted = served.topology.find(pki.rpartition("/")[2])
    served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": "web"}, 201)
    path, leaf = f"{pki}/certificates/web", hosted.find_certificate("web")

    def answers() -> str:
        [status] = statuses(post(hosted.pki.ocsp.url, question(cert_id(leaf))).body)
        return status

    assert answers() == "good"
    served.refuse("POST", f"{path}/release", status=409)
    at = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=3)
    shown = served.ask("POST", f"{path}/revoke", {
        "reason": "certificate_hold", "at": at.isoformat(), "invalidity_date": "2026-01-01T00:00:00Z",
    })  # fmt: skip
    assert shown["status"] == {
        "status": "on_hold", "reason": "certificate_hold", "at": at.isoformat().replace("+00:00", "Z"),
        "invalidity_date": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    assert answers() == "revoked"
    assert served.ask("POST", f"{path}/release")["status"]["status"] == "good"
    assert answers() == "good"
    assert served.ask("POST", f"{path}/revoke")["status"]["reason"] == "unspecified"
    conflict = served.refuse("POST", f"{path}/release", status=409)
    assert "not on hold" in conflict["detail"]
    assert served.ask("POST", f"{path}/forget")["status"]["status"] == "unknown"
    assert answers() == "unknown"
    served.refuse("POST", f"{path}/forget", status=409)
    served.refuse("POST", f"{path}/revoke", {"reason": "boredom"})


@pytest.mark.parametrize(
    ("status", "reason", "found"),
    [("good", None, "good"), ("revoked", None, "revoked"), ("revoked", "ca_compromise", "revoked"),
     ("on_hold", None, "on_hold"), ("unknown", None, "unknown")],
)  # fmt: skip
def test_it_may_begin_as_anything(
    served: Served, pki: str, status: str, reason: str | None, found: str
) -> None:
    """`status` is what becomes of it at once."""
    shown = served.ask(
        "POST", f"{pki}/certificates", {"identities": ["localhost"], "status": status, "reason": reason}, 201
    )
    assert shown["status"]["status"] == found
    assert reason in (None, shown["status"]["reason"])


def test_what_cannot_be_issued_is_not_there(served: Served, pki: str) -> None:
    """Each refusal points to its field where it has one, and nothing was issued."""
    for body, pointer in (
        ({"identities": ["localhost"], "reason": "superseded"}, "/reason"),
        ({"identities": ["localhost"], "status": "revoked", "reason": "boredom"}, "/reason"),
        ({"identities": ["localhost"], "at": "2026-01-01T00:00:00Z"}, "/at"),
        ({"identities": ["x.test"], "status": "unknown", "invalidity_date": "2026-01-01T00:00:00Z"},
         "/invalidity_date"),
        ({"identities": ["localhost"], "ca": "nobody"}, "/ca"),
        ({"identities": ["localhost"], "extensions": [{"oid": "x", "value": ""}]}, "/extensions/0/oid"),
        ({"identities": ["x.test"], "extensions": [{"oid": "1.2.3", "value": "%"}]}, "/extensions/0/value"),
        ({"identities": ["localhost"], "faults": ["Stale by=2d"]}, "/faults"),
        ({"identities": ["localhost"], "faults": ["Nonsense"]}, "/faults/0"),
        ({}, "/identities"),
    ):  # fmt: skip
        assert served.refuse("POST", f"{pki}/certificates", body).get("pointer") == pointer, body
    assert served.ask("GET", f"{pki}/certificates") == {"certificates": []}


def test_base64_is_read_strictly() -> None:
    """What is not base64 is not read as if it were."""
    assert read_octets("AAE=", "der") == b"\x00\x01"
    for text in ("AAE", "A A=", "%%", "AAE=\n"):
        with pytest.raises(ValueError, match=r"der: .* is not base64"):
            read_octets(text, "der")


@pytest.mark.parametrize("body", [{}, {"identities": []}, {"must_staple": True}])
def test_a_certificate_for_nobody(served: Served, pki: str, body: dict[str, Any]) -> None:
    """The field that is missing is named as callers spell it, and any that says for whom will do."""
    refused = served.refuse("POST", f"{pki}/certificates", body)
    assert (refused["status"], refused["pointer"]) == (422, "/identities")
    assert refused["detail"].startswith('identities is missing: give whom it is for, such as {"ident')
    for given in ({"identities": ["localhost"]}, {"common_name": "a"}, {"subject": "CN=a"}):
        assert served.ask("POST", f"{pki}/certificates", {**body, **given})["id"]
