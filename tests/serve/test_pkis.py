"""PKIs by calls: what they are made with, their clock, the trust in them, and their reset."""

import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from mockpki import PKI
from mockpki._pkix.pkcs12 import WRITES_TRUSTSTORES
from tests.kit.asking import send
from tests.kit.serving import Served, adoptable


def test_a_pki_is_what_was_asked_for(served: Served) -> None:
    """Each field does what the parameter of its name does in Python."""
    shown = served.ask("POST", "/v1/pkis", {
        "name": "full", "depth": 2, "key_type": "Ed25519", "delegated": True, "responder_id": "name",
        "publishes": "lets-encrypt", "ago": "30d", "logged": True, "scts": 3, "ttl": "PT1H",
        "ca_not_before": "2020-01-01T00:00:00Z", "ca_not_after": "2040-01-01T00:00:00Z",
    }, 201)  # fmt: skip
    assert len(shown["cas"]) == 3
    issuing = x509.load_pem_x509_certificate(shown["cas"][-1]["certificate"].encode())
    assert issuing.not_valid_after_utc == datetime(2040, 1, 1, tzinfo=timezone.utc)
    assert shown["cas"][-1]["publishes"] == "lets-encrypt"
    assert shown["clock"]["offset"] == "-P30D"
    leaf = served.ask("POST", "/v1/pkis/full/certificates", {"identities": ["localhost"]}, 201)
    scts = x509.load_pem_x509_certificate(leaf["certificate"].encode()).extensions.get_extension_for_class(
        x509.PrecertificateSignedCertificateTimestamps
    )
    assert len(list(scts.value)) == 3
    assert Path(shown["ca_file"]).read_text() == shown["ca_pem"]
    assert Path(shown["truststore_file"]).exists()
    served.ask("DELETE", "/v1/pkis/full", status=204)
    assert not Path(shown["ca_file"]).exists()


def test_a_root_may_be_brought(served: Served) -> None:
    """One that a client trusts already; what is none is refused, and a path is none."""
    with PKI() as other:
        root = adoptable(other.root)
    pki = served.make_pki(root=root)
    assert served.ask("GET", pki)["ca_pem"] == root["certificate"]
    served.ask("DELETE", pki)
    served.refuse("POST", "/v1/pkis", {"root": {**root, "private_key": "/etc/passwd"}})
    served.refuse("POST", "/v1/pkis", {"root": {**root, "certificate": "/etc/passwd"}})


def test_authorities(served: Served) -> None:
    """What other CAs than the issuing one are set to, and have revoked, is part of the one call."""
    pki = served.make_pki(
        cas=[{"name": "one"}],
        certificates=[{"identities": ["a.example"], "name": "web", "ca": "one"}],
        authorities={
            "root": {"revoked": [{"certificates": ["ca"], "reason": "ca_compromise"}]},
            "ca": {"revoked": [{"serial_range": {"first": "10", "last": "1f"}}, {"serial_numbers": ["5"]}],
                   "ocsp": {"faults": ["Hang"]}},
            "one": {"ocsp": {"to": {"web": ["Stale by=2d"]}}, "crl": {"script": [["HttpStatus 503"]]}},
        },
    )  # fmt: skip
    assert served.ask("GET", f"{pki}/cas/ca")["status"]["reason"] == "ca_compromise"
    crl = x509.load_der_x509_crl(served.ask("POST", f"{pki}/crl/make"))
    assert {entry.serial_number for entry in crl} == {5, *range(0x10, 0x20)}
    assert served.ask("GET", f"{pki}/ocsp")["faults"][0]["fault"] == "Hang"
    (to,) = served.ask("GET", f"{pki}/cas/one/ocsp")["to"].values()
    assert to[0]["text"] == "Stale by=2d"
    assert served.ask("GET", f"{pki}/cas/one/crl")["script_left"] == 1
    served.ask("DELETE", pki)
    for body, pointer in (
        ({"authorities": {"nobody": {}}}, "/authorities/nobody"),
        ({"authorities": {"ca": {"ocsp": {}}}, "ocsp": {}}, "/authorities/ca/ocsp"),
        ({"authorities": {"ca": {"crl": {"to": {"ca": ["Hang"]}}}}}, "/authorities/ca/crl/to"),
        ({"authorities": {"ca": {"revoked": [{}]}}}, "/authorities/ca/revoked/0"),
        ({"crlite": {}}, "/crlite"),
        ({"logged": True, "crlite": {"to": {"ca": ["Hang"]}}}, "/crlite/to"),
        ({"logged": True, "crlite": {"script": [["Hang"], ["Hnag"]]}}, "/crlite/script/1/0"),
        ({"logged": True, "crlite": {"sequence": {"sequence": "Mix"}}}, "/crlite/sequence/alternatives"),
        ({"authorities": {"ca": {"revoked": [{"certificates": ["x"]}]}}},
         "/authorities/ca/revoked/0/certificates/0"),
    ):  # fmt: skip
        assert served.refuse("POST", "/v1/pkis", body)["pointer"] == pointer


def test_its_clock_is_set_and_shifted(served: Served, pki: str) -> None:
    """Setting is absolute, shifting adds up, and what the PKI says is of that time."""
    assert served.ask("GET", f"{pki}/clock")["offset"] == "PT0S"
    for _ in range(2):
        assert served.ask("PUT", f"{pki}/clock", {"offset": "2d"})["offset"] == "P2D"
    assert served.ask("POST", f"{pki}/clock/shift", {"by": "-PT12H"})["offset"] == "P1DT12H"
    now = datetime.fromisoformat(served.ask("GET", f"{pki}/clock")["now"])
    assert abs(now - datetime.now(timezone.utc) - timedelta(hours=36)) < timedelta(minutes=5)
    crl = x509.load_der_x509_crl(served.ask("POST", f"{pki}/crl/make"))
    assert crl.last_update_utc > datetime.now(timezone.utc) + timedelta(days=1)
    for method, path, field in (("PUT", "clock", "offset"), ("POST", "clock/shift", "by")):
        for value in ("tomorrow", "5", "99999999d"):
            problem = served.refuse(method, f"{pki}/{path}", {field: value})
            assert problem["pointer"] == f"/{field}"
    assert served.ask("GET", f"{pki}/clock")["offset"] == "P1DT12H"


def test_trust_in_it_comes_in_every_form(served: Served, pki: str) -> None:
    """PEM, DER, PKCS #12 and variables for a shell are all of the one root."""
    shown = served.ask("GET", pki)
    root = x509.load_pem_x509_certificate(shown["ca_pem"].encode())
    assert served.ask("GET", f"{pki}/roots.pem").decode() == shown["ca_pem"]
    assert x509.load_der_x509_certificate(served.ask("GET", f"{pki}/roots.der")) == root
    path = f"{pki}/roots.p12?password=x"
    if WRITES_TRUSTSTORES:
        store = pkcs12.load_pkcs12(served.ask("GET", path), b"x")
        assert [one.certificate for one in store.additional_certs] == [root]
    else:
        assert "version 45 or later does" in served.refuse("GET", path)["detail"]
    variables = served.ask("GET", f"{pki}/env?format=json")
    assert variables["SSL_CERT_FILE"] == shown["ca_file"]
    lines = served.ask("GET", f"{pki}/env").decode().splitlines()
    assert len(lines) == len(variables)
    assert all(line.startswith("export ") for line in lines)
    assert ssl.create_default_context(cafile=variables["SSL_CERT_FILE"]).get_ca_certs()
    served.refuse("GET", f"{pki}/env?format=xml")


def test_a_reset_begins_again(served: Served) -> None:
    """Honest services, empty records, the first clock; certificates stay, and what failed is said."""
    pki = served.make_pki(
        certificates=[{"name": "web", "identities": ["localhost"], "status": "revoked"}],
        crl={"faults": ["HttpStatus 503"]},
    )
    served.ask("PUT", f"{pki}/clock", {"offset": "2d"})
    assert send(served.ask("GET", f"{pki}/crl")["url"]).status == 503
    served.ask("POST", f"{pki}/reset", status=204)
    assert send(served.ask("GET", f"{pki}/crl")["url"]).status == 200
    assert served.ask("GET", f"{pki}/crl")["asked"] == 1
    assert served.ask("GET", f"{pki}/clock")["offset"] == "PT0S"
    assert served.ask("GET", f"{pki}/certificates/web")["status"]["status"] == "revoked"
    served.ask("PUT", f"{pki}/ocsp/script", {"answers": [[]]})
    failed = served.refuse("POST", f"{pki}/reset", status=409)
    assert "was not used up" in failed["problems"][0]
    assert served.ask("GET", f"{pki}/ocsp")["script_left"] == 0
    served.ask("DELETE", pki, status=204)


def test_what_fails_in_the_background_is_told(served: Served, pki: str) -> None:
    """Once, by the check, with a sentence for each thing; then there is nothing more to say."""
    hosted = served.topology.find(pki.rpartition("/")[2])
    hosted.pki._realm.problems.add(ValueError("one"), "raised somewhere")
    hosted.pki._realm.problems.add(KeyError("two"), "raised elsewhere")
    failed = served.refuse("POST", f"{pki}/check", status=409)
    assert failed["type"] == "/v1/problems#something-failed"
    assert [sentence.partition(";")[0] for sentence in failed["problems"]] == [
        "ValueError: one",
        "KeyError: 'two'",
    ]
    assert failed["detail"] == failed["problems"][0]
    served.ask("POST", f"{pki}/check", status=204)
