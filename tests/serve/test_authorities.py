"""CAs by calls: made, and what becomes of many certificates at once."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mockpki import PKI
from tests.kit.serving import Served, adoptable

ROOT = "root"


def revoked(served: Served, pki: str, ca: str = "ca") -> set[int]:
    """The serial numbers on the CRL of a CA."""
    crl = x509.load_der_x509_crl(served.ask("POST", f"{pki}/cas/{ca}/crl/make"))
    return {entry.serial_number for entry in crl}


def test_a_ca_is_what_was_asked_for(served: Served, pki: str) -> None:
    """Key, subject, times, URLs and publishing as they were sent, below the CA that was named."""
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    shown = served.ask("POST", f"{pki}/cas", {
        "parent": "root", "name": "second", "key": pem, "subject": "CN=second,O=Example", "must_staple": True,
        "not_before": "2026-01-01T00:00:00Z", "not_after": "2030-01-01T00:00:00Z", "ocsp_urls": [],
        "publishes": "lets-encrypt",
    }, 201)  # fmt: skip
    certificate = x509.load_pem_x509_certificate(shown["certificate"].encode())
    assert certificate.public_key().public_bytes_raw() == key.public_key().public_bytes_raw()  # type: ignore[union-attr]
    assert certificate.subject.rfc4514_string() == "CN=second,O=Example"
    assert (shown["common_name"], shown["issuer"], shown["publishes"]) == ("second", "root", "lets-encrypt")
    assert shown["status"]["status"] == "good"
    # Of several CRLs each certificate names its own.
    assert shown["crl_url"] is served.ask("GET", f"{pki}/cas/second/crl")["url"] is None
    served.ask(
        "POST", f"{pki}/certificates", {"identities": ["x.test"], "ca": "second", "name": "sharded"}, 201
    )
    served.ask("POST", f"{pki}/certificates/sharded/revoke")
    served.refuse("POST", f"{pki}/cas/second/crl/make")
    made = served.ask("POST", f"{pki}/cas/second/crl/make", {"certificate": "sharded"})
    assert x509.load_der_x509_crl(made).issuer == certificate.subject
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert {one.access_method._name for one in access} == {"caIssuers"}
    assert served.ask("GET", f"{pki}/cas/second") == shown
    assert [ca["id"] for ca in served.ask("GET", f"{pki}/cas")["cas"]] == ["root", "ca", shown["id"]]
    rolled = served.ask("POST", f"{pki}/cas", {"name_of": "second"}, 201)
    assert (rolled["common_name"], rolled["issuer"]) == ("second", "ca")
    # A body may be left out, and then there is a CA below the issuing one.
    assert served.ask("POST", f"{pki}/cas", status=201)["issuer"] == "ca"
    for body, pointer in (
        ({"parent": "nobody"}, "/parent"),
        ({"name_of": "nobody"}, "/name_of"),
        ({"faults": ["Stale"]}, "/faults"),
        ({"key": "/etc/passwd"}, "/key"),
        ({"publishes": "nowhere"}, "/publishes"),
        ({"key_type": "P-255"}, "/key_type"),
    ):
        assert served.refuse("POST", f"{pki}/cas", body).get("pointer") == pointer
    assert len(served.ask("GET", f"{pki}/cas")["cas"]) == 5


def test_a_root_stays_what_it_is(served: Served) -> None:
    """A PKI without a CA below its root has one, by both of its words, and no key of a CA is handed out."""
    pki = served.make_pki(depth=0)
    [root] = served.ask("GET", f"{pki}/cas")["cas"]
    assert (root["id"], root["issuer"], root["status"]) == ("root", None, None)
    assert served.ask("GET", f"{pki}/cas/ca") == root
    assert not [name for name in root if "key" in name]
    served.refuse("POST", f"{pki}/cas/{ROOT}/revoke", {"certificates": ["root"]})
    served.ask("DELETE", pki)


def test_many_at_once(served: Served, pki: str) -> None:
    """By id, by name, a CA, serial numbers that were never issued, and a range, each at its own CA."""
    for name in ("one", "two"):
        served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": name}, 201)
    one, two = (int(served.ask("GET", f"{pki}/certificates/{name}")["id"], 16) for name in ("one", "two"))
    path = f"{pki}/cas/ca"
    body: dict[str, Any] = {
        "certificates": ["one", f"{two:X}"],
        "serial_numbers": ["ff", "0A"],
        "serial_range": {"first": "1000", "last": "10ff"},
        "reason": "certificate_hold",
    }
    served.ask("POST", f"{path}/revoke", body, 204)
    assert revoked(served, pki) == {one, two, 0xFF, 0xA, *range(0x1000, 0x1100)}
    assert served.ask("GET", f"{pki}/certificates/one")["status"]["status"] == "on_hold"
    assert revoked(served, pki, "root") == set()
    served.ask("POST", f"{path}/release", {"certificates": ["one"], "serial_numbers": ["A"]}, 204)
    served.ask("POST", f"{path}/forget", {"serial_range": {"first": "1000", "last": "10fe"}}, 204)
    assert revoked(served, pki) == {two, 0xFF, 0x10FF}
    served.ask("POST", f"{pki}/cas/{ROOT}/revoke", {"certificates": ["ca"], "reason": "ca_compromise"}, 204)
    assert served.ask("GET", f"{pki}/cas/ca")["status"]["reason"] == "ca_compromise"


@pytest.mark.parametrize("verb", ["revoke", "release", "forget"])
def test_who_is_meant_has_to_be_said(served: Served, pki: str, verb: str) -> None:
    """Nobody, a range that goes down or is too long, a stranger, and another CA's are each refused."""
    served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": "web"}, 201)
    for body, pointer in (
        ({}, None),
        ({"certificates": ["web", "nobody"]}, "/certificates/1"),
        ({"serial_range": {"first": "2", "last": "1"}}, "/serial_range"),
        ({"serial_range": {"first": "0", "last": "fffff0"}}, "/serial_range"),
        ({"serial_range": {"first": "0"}}, "/serial_range/last"),
        ({"serial_numbers": ["0x1"]}, "/serial_numbers/0"),
    ):
        assert served.refuse("POST", f"{pki}/cas/ca/{verb}", body).get("pointer") == pointer
    problem = served.refuse("POST", f"{pki}/cas/root/{verb}", {"certificates": ["web"]})
    assert "ask its issuer" in problem["detail"]
    if verb != "revoke":
        served.refuse("POST", f"{pki}/cas/ca/{verb}", {"serial_numbers": ["1"]}, 409)
    assert revoked(served, pki) == set()


def test_a_ca_of_ones_own_is_adopted(served: Served) -> None:
    """It issues and answers below the CA that certified it; its key is shown to nobody."""
    with PKI() as other, PKI() as stranger:
        leaf = other.issue_cert("localhost")
        root, own, foreign, end = (adoptable(one) for one in (other.root, other.ca, stranger.ca, leaf))
    pki = served.make_pki(root=root, depth=0)
    shown = served.ask("POST", f"{pki}/cas", {"name": "own", "adopt": own, "publishes": "vault"}, 201)
    assert (shown["certificate"], shown["issuer"]) == (own["certificate"], "root")
    assert (shown["publishes"], "private_key" in shown) == ("vault", False)
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "ca": "own"}, 201)
    made = x509.load_pem_x509_certificate(leaf["certificate"].encode())
    made.verify_directly_issued_by(x509.load_pem_x509_certificate(own["certificate"].encode()))
    served.ask("POST", f"{pki}/certificates/{leaf['id']}/revoke")
    for body, pointer, said in (
        ({"adopt": own}, "/adopt/certificate", "which is in this PKI already; use that"),
        ({"adopt": foreign}, "/adopt/certificate", "has not issued: its issuer is"),
        ({"adopt": {**own, "private_key": foreign["private_key"]}}, "/adopt/private_key",
         "private_key= holds a key, and the certificate of"),
        ({"adopt": {**own, "private_key": "/etc/passwd"}}, "/adopt/private_key",
         "private_key= holds no private key"),
        ({"adopt": {**own, "certificate": "/etc/passwd"}}, "/adopt/certificate",
         "certificate= holds no certificate"),
        ({"adopt": end}, "/adopt/certificate", "certificate= takes a CA, and"),
        ({"adopt": {"certificate": own["certificate"]}}, "/adopt/private_key", "private_key is missing"),
        ({"adopt": own, "key_type": "P-384"}, "/key_type", "leave it out"),
        ({"adopt": own, "must_staple": True}, "/must_staple", "leave it out"),
        ({"adopt": own, "publishes": "nowhere"}, "/publishes", "there is no way to publish 'nowhere'"),
    ):  # fmt: skip
        problem = served.refuse("POST", f"{pki}/cas", body)
        assert (problem["pointer"], said in problem["detail"]) == (pointer, True), problem
        # As part of the call that makes a PKI it is the same, further down; and so is the root's.
        whole = served.refuse("POST", "/v1/pkis", {"root": root, "depth": 0, "cas": [{"adopt": own}, body]})
        assert (whole["pointer"], said in whole["detail"]) == (f"/cas/1{pointer}", True), whole
        if said not in ("leave it out", "has not issued: its issuer is") and body["adopt"] != own:
            problem = served.refuse("POST", "/v1/pkis", {"root": body["adopt"]})
            at = pointer.replace("/adopt", f"/{ROOT}")
            assert (problem["pointer"], said in problem["detail"]) == (at, True), problem
    served.ask("DELETE", pki)
