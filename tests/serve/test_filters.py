"""CRLite's filters by calls: published, asked for by clients, and what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509

from mockpki import crlite
from tests.kit.asking import Reply, send
from tests.kit.serving import Served
from tests.kit.streams import listening


@pytest.fixture
def pki(served: Served) -> Iterator[str]:
    """The path of a PKI whose certificates are logged."""
    path = served.make_pki(logged=True)
    yield path
    served.send("DELETE", path)


def fetch(url: str) -> Reply:
    """What a client gets there."""
    return send(url, "GET")


def is_revoked(served: Served, pki: str, leaf: dict[str, Any]) -> bool:
    """What a client finds that knows nothing but the URL: with every file of the manifest."""
    url = served.ask("GET", pki)["crlite_url"]
    issuer = x509.load_pem_x509_certificate(served.ask("GET", f"{pki}/cas/ca")["certificate"].encode())
    certificate = x509.load_pem_x509_certificate(leaf["certificate"].encode())
    scts = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
    seen = [sct.log_and_time for sct in crlite.read_scts(scts.value.public_bytes())]
    cards = [
        crlite.Clubcard.parse(fetch(url + file["filename"]).body)
        for file in json.loads(fetch(f"{url}manifest.json").body)["files"]
    ]
    found = [card.status(crlite.spki_hash(issuer), certificate.serial_number, seen) for card in cards]
    return crlite.Status.REVOKED in found


def test_a_filter_and_its_delta(served: Served, pki: str) -> None:
    """A client that has the URL alone finds what was published, and nothing that was not yet."""
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": "web"})
    served.refuse("GET", f"{pki}/crlite/check/web", status=409)
    first = served.ask("POST", f"{pki}/crlite/publish")["filters"]
    assert [(one["channel"], one["parent"]) for one in first] == [("default", None), ("compat", None)]
    assert served.ask("GET", f"{pki}/crlite/check/web") == {"status": "good"}
    assert not is_revoked(served, pki, leaf)
    served.ask("POST", f"{pki}/certificates/web/revoke", {"reason": "key_compromise"})
    assert served.ask("GET", f"{pki}/crlite/check/web") == {"status": "good"}
    second = served.ask("POST", f"{pki}/crlite/publish", {"channel": "default"})["filters"]
    assert [one["parent"] for one in second] == [None, first[0]["name"]]
    assert served.ask("GET", f"{pki}/crlite/filters")["filters"] == second
    assert served.ask("GET", f"{pki}/crlite/filters?channel=compat")["filters"] == first[1:]
    assert served.ask("GET", f"{pki}/crlite/check/web") == {"status": "revoked"}
    assert served.ask("GET", f"{pki}/crlite/check/web?channel=compat") == {"status": "good"}
    assert is_revoked(served, pki, leaf)
    (whole,) = served.ask("POST", f"{pki}/crlite/publish", {"full": True, "channel": "default"})["filters"]
    assert whole["parent"] is None
    assert (whole["size"], whole["coverage_ends"] is not None) == (len(fetch(whole["url"]).body), True)


def test_what_was_asked(served: Served, pki: str) -> None:
    """Requests for filters are kept, waited for, decoded and told as all others are."""
    served.ask("POST", f"{pki}/crlite/publish")
    url = served.ask("GET", f"{pki}/crlite")["url"]
    with listening(served.url, f"?pki={pki.rpartition('/')[2]}") as stream:
        fetch(f"{url}manifest.json")
        told = stream.read_until(lambda heard: "request" in [one.what for one in heard])[-1]
    assert (told.data["service"], "ca" in told.data) == ("crlite", False)
    (asked,) = served.ask("GET", f"{pki}/crlite/requests?wait=5s")["requests"]
    assert (asked, asked["path"], asked["answer"]["status"]) == (told.data["document"], "/manifest.json", 200)
    number = asked["number"]
    assert served.ask("GET", f"{pki}/crlite/requests/{number}") == asked
    assert b"filename" in served.ask("GET", f"{pki}/crlite/requests/{number}/answer.bin")
    assert b"GET /manifest.json" in served.ask("GET", f"{pki}/crlite/requests/{number}/decoded")
    served.ask("POST", f"{pki}/crlite/assert_asked", {"file": "manifest.json", "times": 1})
    served.refuse("POST", f"{pki}/crlite/assert_asked", {"file": "manifest.json", "times": 2}, 409)
    assert (
        served.refuse("POST", f"{pki}/crlite/assert_asked", {"certificate": "ca"})["pointer"]
        == "/certificate"
    )
    assert served.refuse("POST", f"{pki}/ocsp/assert_asked", {"file": "manifest.json"})["pointer"] == "/file"


def test_it_is_set_as_every_service_is(served: Served, pki: str) -> None:
    """Faults, scripts and resets are those of all services; what is none of its faults is refused."""
    url = served.ask("GET", pki)["crlite_url"]
    served.ask("PUT", f"{pki}/crlite/faults", {"faults": ["HttpStatus 503"]})
    assert fetch(f"{url}manifest.json").status == 503
    served.refuse("PUT", f"{pki}/crlite/faults", {"faults": ["NoNonce"]})
    served.ask("PUT", f"{pki}/crlite/script", {"answers": [["HttpStatus 500"], []]})
    assert [fetch(f"{url}manifest.json").status for _ in range(3)] == [500, 200, 503]
    served.ask("POST", f"{pki}/crlite/reset")
    assert fetch(f"{url}manifest.json").status == 200
    assert served.ask("GET", f"{pki}/crlite")["last"] == 5


@pytest.mark.parametrize(
    ("method", "rest"),
    [("GET", ""), ("GET", "/filters"), ("POST", "/publish"), ("GET", "/requests"), ("POST", "/reset"),
     ("GET", "/check/ca"), ("DELETE", "/faults")],
)  # fmt: skip
def test_without_a_log_there_are_none(served: Served, method: str, rest: str) -> None:
    """A PKI that logs nothing has no filters, which is said, and how to have them."""
    path = served.make_pki()
    assert served.ask("GET", path)["crlite_url"] is None
    assert (
        'make it with {"logged": true}' in served.refuse(method, f"{path}/crlite{rest}", status=404)["detail"]
    )
    served.send("DELETE", path)
