"""What was done by hand, as code: whatever the console can send, what is copied does the same."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._catalogue.data import from_data
from tests.kit.browser import Browser
from tests.kit.programs import need, run
from tests.kit.serving import Served

WRITE = """
    const [all, pki, certificates, servers, done] = arguments;
    import("/console/code.js").then(({ writePython }) =>
      done(all.map((deeds) => writePython(deeds, pki, certificates, servers))),
      (error) => done([String(error)]));
"""
TOP, NORTH, WEB, OTHER, MADE = "root", "aaaaaaaa1", "bbbbbbbb1", "bbbbbbbb2", "dddddddd1"
CURL = """
    const [deeds, pki, done] = arguments;
    import("/console/code.js").then(({ writeCurl }) => done(writeCurl(deeds, pki, false)),
      (error) => done(String(error)));
"""
CAS = [
    {"id": TOP, "name": None, "common_name": "root", "issuer": None},
    {"id": "ca", "name": None, "common_name": "ca", "issuer": TOP},
    {"id": NORTH, "name": "north", "common_name": "north", "issuer": TOP},
]
CERTIFICATES = [
    {"id": WEB, "name": "web", "identities": ["localhost"], "ca": "ca"},
    {"id": OTHER, "name": None, "identities": ["x.test", "127.0.0.1"], "ca": NORTH},
]
SERVERS = [{"id": "1", "certificates": [WEB]}]
TYPED = (
    "WrongIssuerName name='CN=Example,O=Example'", "CertificateIssuer name=CN=x",
    "Entry at=2026-01-31T12:00:00Z",
    "CrlVersion number=0x1f", "IssuingDistributionPoint only_user=true", 'Singles {"other": true} {}',
    "Embed root child", "HttpStatus 503 body=b'ab'", "Header X-A 'b c'", r"Header name=X-A value='it\'s'",
    "Nonce value=b'\\x00'", "TlsFeatures numbers=[5]", "DistributionPoint url=[] crl_issuer=CN=a",
    "Slow by=PT0.25S", "Stale by=1d12h fresh_signature=True",
)  # fmt: skip
"""Faults as people type them, with what no default shows."""


def write_python(browser: Browser, *all_deeds: list[dict[str, Any]]) -> list[str]:
    """Each list of deeds as the console writes it."""
    pki = {"id": "12345678", "name": "p", "cas": CAS}
    written = browser.driver.execute_async_script(WRITE, all_deeds, pki, CERTIFICATES, SERVERS)
    return [str(text) for text in written]


def deed(method: str, path: str, body: object = None, **answer: object) -> dict[str, Any]:
    """Something done by hand; *body* is what was sent."""
    sent = {} if body is None else {"body": body}
    return {"method": method, "path": f"/v1/pkis/12345678{path}", "answer": answer, **sent}


def issue(id: str, **fields: object) -> dict[str, Any]:
    """A certificate that was issued by hand."""
    usual = {"identities": [f"{id}.test"], "must_staple": False, "status": "good", "faults": []}
    return deed("POST", "/certificates", {**usual, **fields}, id=id)


DEEDS = [
    issue(MADE, must_staple=True, key_type="Ed25519", status="revoked"),
    issue("dddddddd2", ca=NORTH, status="on_hold", faults=["CertVersion number=0x1"]),
    issue("dddddddd3", status="unknown"),
    deed("POST", f"/certificates/{WEB}/revoke", {"reason": "certificate_hold"}),
    deed("POST", f"/certificates/{WEB}/release"),
    deed("POST", f"/certificates/{WEB}/revoke", {"reason": "key_compromise"}),
    deed("POST", f"/certificates/{OTHER}/forget"),
    deed("POST", f"/cas/{TOP}/revoke", {"certificates": [NORTH], "reason": "certificate_hold"}),
    deed("POST", f"/cas/{TOP}/release", {"certificates": [NORTH]}),
    deed("POST", f"/cas/{TOP}/revoke", {"certificates": [NORTH], "reason": "superseded"}),
    deed("PUT", "/cas/ca/ocsp/faults", {"faults": ["TryLater"]}),
    deed("DELETE", "/cas/ca/ocsp/faults"),
    deed("PUT", "/cas/ca/ocsp/faults", {"faults": ["Stale by=2d", "HttpStatus 418"]}),
    deed("PUT", f"/cas/ca/ocsp/faults/{WEB}", {"faults": ["TryLater"]}),
    deed("PUT", f"/cas/ca/ocsp/faults/{MADE}", {"faults": ["TryLater"]}),
    deed("DELETE", f"/cas/ca/ocsp/faults/{MADE}"),
    deed("PUT", f"/cas/{NORTH}/crl/faults", {"faults": [f"NoEntry of={OTHER}"]}),
    deed("PUT", "/cas/ca/crl/script", {"answers": [["Early"], []]}),
    deed("DELETE", "/cas/ca/crl/script"),
    deed("PUT", f"/cas/{NORTH}/ocsp/script", {"answers": [["TryLater"], []]}),
    deed("PUT", "/cas/ca/crl/sequence", {"sequence": "EveryNth", "n": 3, "faults": ["Early"]}),
    deed("PUT", f"/cas/{NORTH}/ocsp/sequence",
         {"sequence": "FirstN", "n": 2, "per_client": True, "faults": ["Stale"]}),
    deed("PUT", f"/cas/{TOP}/crl/sequence", {"sequence": "Flapping", "up": 5, "down": 6, "faults": ["Hang"]}),
    deed("PUT", f"/cas/{TOP}/ocsp/sequence",
         {"sequence": "Mix", "seed": 7, "alternatives": [["TryLater"], []]}),
    deed("DELETE", f"/cas/{TOP}/ocsp/sequence"),
    deed("PUT", "/cas/ca/ca_issuers/faults", {"faults": ["HttpStatus 404"]}),
    deed("PUT", "/tls_servers/1/staple", {"staple": "none"}),
    deed("PUT", "/tls_servers/1/staple", {"staple": [f"AnotherStaple of={OTHER}"]}),
    deed("PUT", "/tls_servers/1/staple", {"staple": {"policy": "ideal", "timeout": "2s"}}),
    deed("POST", "/tls_servers/1/stapler/settle"),
    deed("POST", "/tls_servers/1/stapler/restart"),
    deed("PUT", "/tls_servers/1/staple", {"staple": {"der": "MAMKAQE="}}),
    deed("DELETE", "/tls_servers/1"),
    deed("POST", "/tls_servers", {"certificates": [MADE], "staple": {"policy": "apache"}}, id="7"),
    deed("PUT", "/tls_servers/7/staple", {"staple": "honest"}),
    deed("PUT", "/clock", {"offset": "PT172800S"}),
]  # fmt: skip
"""One of each that the console can send."""


def test_each_deed_is_done_again_by_python(console: Browser) -> None:
    """As pasted, with the CAs, certificates and servers that it speaks of; and what came of each is there."""
    [text] = write_python(console, DEEDS)
    names: dict[str, Any] = {}
    with PKI() as pki:
        exec(text, names)
        names["test_done_by_hand"](pki)
        [north] = (ca for ca in pki.cas if ca not in (pki.root, pki.ca))
        assert (pki.root.status(north).status, pki.root.status(north).reason) == ("revoked", "superseded")
        assert pki.clock.offset == timedelta(days=2)
        to_all, *to_one = pki.ocsp.rules.items()
        assert to_all == (None, (faults.Stale(by=timedelta(days=2)), faults.HttpStatus(418)))
        assert [rule for _, rule in to_one] == [(faults.TryLater(),)]
        assert pki.ca.ca_issuers.rules == {None: (faults.HttpStatus(404),)}
        assert re.match("EveryNth.n=3", repr(pki.crl.rules[None]))
        assert "per_client=True" in repr(north.ocsp.rules[None])
        assert "Flapping" in repr(pki.root.crl.rules[None])
        assert (north.ocsp.script_left, pki.crl.script_left, pki.root.ocsp.rules[None]) == (2, 0, ())
        assert isinstance(north.crl.rules[None][0], faults.NoEntry)  # type: ignore[index]
        north.ocsp.forget_script()


def test_each_fault_is_written_as_python_has_it(console: Browser, served: Served) -> None:
    """Every fault there is, with each of its parameters as the picker fills it in, is the same by Python."""
    typed = list(TYPED)
    for target in ("OCSP", "CRL", "caIssuers", "staple", "certificate"):
        for entry in served.ask("GET", f"/v1/faults?for={target}")["faults"]:
            typed.append(entry["name"])
            for parameter in entry["parameters"]:
                if parameter["text"] is not None and not parameter["name"].startswith("*"):
                    text = parameter["text"]
                    quoted = text if re.fullmatch(r"[^\s'\"]*|[\[({b'\"].*", text) else f"'{text}'"
                    typed.append(f"{entry['name']} {parameter['name']}={quoted}")
    typed = list(dict.fromkeys(typed))
    texts = write_python(console, *([deed("PUT", "/cas/ca/ocsp/faults", {"faults": [one]})] for one in typed))
    got = []
    for text in texts:
        names: dict[str, Any] = {}
        exec(text, names)
        # Whether a responder can have it is not what is asked here.
        pki = SimpleNamespace(ocsp=SimpleNamespace(respond_with=lambda *given: got.extend(given)))
        names["test_done_by_hand"](pki)
    for one, fault in zip(typed, got, strict=True):
        assert fault == from_data(one), one
    assert len(typed) > 250


def make(depth: int, **answer: object) -> dict[str, Any]:
    """A PKI that was made by hand."""
    body = {"key_type": "Ed25519", "depth": depth, "delegated": True}
    return {"method": "POST", "path": "/v1/pkis", "body": body, "answer": answer}


@pytest.mark.parametrize("depth", [0, 2])
def test_a_pki_of_its_own_kind_is_made(console: Browser, depth: int) -> None:
    """One that the fixture does not make is made by the test that was copied, and nothing else is."""
    [text] = write_python(console, [make(depth, id="12345678", certificates=[], tls_servers=[])])
    assert "with PKI(" in text
    assert 'key_type="Ed25519"' in text
    names: dict[str, Any] = {}
    exec(text, names)
    names["test_done_by_hand"]()


def test_a_pki_is_made_again_by_curl(console: Browser, served: Served) -> None:
    """With all that was done in it, though its CAs, certificates and servers have other ids then."""
    own = served.ask("POST", "/v1/pkis", {"depth": 2})
    at = f"/v1/pkis/{own['id']}"
    middle = own["cas"][1]
    deeds = [
        make(2, id=own["id"]),
        {
            "method": "POST",
            "path": f"{at}/cas/{TOP}/revoke",
            "body": {"certificates": [middle["id"]]},
            "answer": {},
        },
        {
            "method": "POST",
            "path": f"{at}/certificates",
            "body": {"identities": ["localhost"]},
            "answer": {"id": MADE},
        },
        {
            "method": "POST",
            "path": f"{at}/tls_servers",
            "body": {"certificates": [MADE]},
            "answer": {"id": "9"},
        },
        {"method": "PUT", "path": f"{at}/tls_servers/9/staple", "body": {"staple": "none"}, "answer": {}},
        {
            "method": "POST",
            "path": f"{at}/certificates/{MADE}/revoke",
            "body": {"reason": "superseded"},
            "answer": {},
        },
    ]
    text = console.driver.execute_async_script(CURL, deeds, own)
    served.ask("DELETE", at)
    run(need("bash"), "-e", "-c", text)
    again = served.ask("GET", "/v1/pkis")["pkis"][-1]
    assert [ca["status"] and ca["status"]["status"] for ca in again["cas"]] == [None, "revoked", "good"]
    [leaf] = served.ask("GET", f"/v1/pkis/{again['id']}/certificates")["certificates"]
    assert leaf["status"]["reason"] == "superseded"
    [server] = served.ask("GET", f"/v1/pkis/{again['id']}/tls_servers")["tls_servers"]
    assert (server["staple"], server["certificates"]) == ("none", [leaf["id"]])
