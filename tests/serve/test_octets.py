"""What came and went, by calls: octet for octet, and decoded."""

import base64
import re
import socket
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from mockpki.relying_party import named
from tests.kit.asking import send
from tests.kit.serving import Served
from tests.kit.visitors import visit


def start(served: Served, pki: str, **fields: Any) -> tuple[str, Any]:
    """A TLS server: its path, and what its clients have to know."""
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"]}, 201)["id"]
    made = served.ask("POST", f"{pki}/tls_servers", {"certificates": [leaf], **fields}, 201)
    return f"{pki}/tls_servers/{made['id']}", {**made, "ca_pem": served.ask("GET", pki)["ca_pem"]}


@pytest.mark.parametrize("whose", ["", "/cas/ca"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_and_its_answer(served: Served, pki: str, whose: str, method: str) -> None:
    """What was asked and answered can be read by others, whichever way it came."""
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"]}, 201)
    [own, issuer] = x509.load_pem_x509_certificates(leaf["chain"].encode())
    asked = (
        ocsp.OCSPRequestBuilder().add_certificate(own, issuer, SHA256()).build().public_bytes(Encoding.DER)
    )
    url = served.ask("GET", f"{pki}/ocsp")["url"]
    if method == "GET":
        reply = send(f"{url}/{quote(base64.b64encode(asked).decode(), safe='')}", "GET")
    else:
        reply = send(url, "POST", asked, headers={"Content-Type": "application/ocsp-request"})
    here = f"{pki}{whose}/ocsp/requests/1"
    assert served.ask("GET", f"{here}/request.der") == asked
    assert served.ask("GET", f"{here}/answer.bin") == reply.body
    assert ocsp.load_der_ocsp_response(reply.body).serial_number == own.serial_number
    text = served.ask("GET", f"{here}/decoded").decode()
    for words in (
        f"  {method} /ocsp", "  OCSPRequest", "hashAlgorithm: sha256", "HTTP/1.1 200 OK",
        "certStatus: good", "made with the key of mockpki CA 1",
    ):  # fmt: skip
        assert words in text
    assert "differ" not in text


FAULTS = [
    ("ocsp", ["Stale by=2d"], ["- thisUpdate", "+ thisUpdate", ", 9 d ago"], ["HTTP/1.1", "certStatus"]),
    ("ocsp", ["HttpStatus 503"], ["- HTTP/1.1 200 OK", "+ HTTP/1.1 503"], ["thisUpdate", "close the"]),
    ("ocsp", ["Stale by=2d", "HttpStatus 503"], ["+ thisUpdate", "+ HTTP/1.1 503"], ["certStatus"]),
    ("ocsp", ["Reset"], ["- send", "+ reset the connection (RST)"], ["503", "thisUpdate"]),
    ("ocsp", ["Half"], ["- close the connection (FIN)", "+ say nothing"], ["thisUpdate"]),
    ("ocsp", ["Garbage"], ["+ no DER", "- OCSPResponse"], ["HTTP/1.1"]),
    ("crl", ["Stale by=2d"], ["CertificateList", "+ thisUpdate"], ["OCSPResponse", "HTTP/1.1"]),
    ("ca_issuers", ["Garbage"], ["+ no DER", "- Certificate"], ["HTTP/1.1"]),
]


@pytest.mark.parametrize(("service", "bent", "there", "not_there"), FAULTS)
def test_where_an_answer_differs(
    served: Served, pki: str, service: str, bent: list[str], there: list[str], not_there: list[str]
) -> None:
    """What the faults did is shown beside the honest answer, and nothing else is."""
    served.ask("PUT", f"{pki}/{service}/faults", {"faults": bent})
    if service == "ca_issuers":
        send(served.ask("GET", f"{pki}/{service}")["url"], "GET")
    else:
        policy = f"soft-fail,sources={service.upper()},timeout=300ms"
        visit(start(served, pki, staple="none")[1], named(policy))
    text = served.ask("GET", f"{pki}/{service}/requests/1/decoded").decode()
    _, found, difference = text.partition("where the honest answer (-) and this one (+) differ\n")
    squeezed = re.sub(" +", " ", difference)
    assert found
    for words in there:
        assert words in squeezed, text
    for words in not_there:
        assert words not in squeezed, text


def test_what_is_no_request(served: Served, pki: str) -> None:
    """What came in the place of one is there all the same, and what has none to have is told."""
    url = served.ask("GET", f"{pki}/ocsp")["url"]
    send(url, "POST", b"no request", headers={"Content-Type": "application/ocsp-request"})
    send(f"{url}/bm8gcmVxdWVzdA==", "GET")
    send(served.ask("GET", f"{pki}/crl")["url"], "GET")
    assert served.ask("GET", f"{pki}/ocsp/requests/1/request.der") == b"no request"
    assert "no DER" in served.ask("GET", f"{pki}/ocsp/requests/1/decoded").decode()
    assert "malformed request" in served.ask("GET", f"{pki}/ocsp/requests/2/decoded").decode()
    for path in ("ocsp/requests/2/request.der", "crl/requests/1/request.der", "crl/requests/2/decoded"):
        served.refuse("GET", f"{pki}/{path}", status=404)


def test_a_handshake(served: Served, pki: str) -> None:
    """The staple and the chain are those that were sent, and all of it can be read."""
    path, target = start(served, pki, staple=["Stale by=1d"])
    visit(target, "staple-required")
    here = f"{path}/handshakes/1"
    staple = served.ask("GET", f"{here}/staple.der")
    assert staple == base64.b64decode(served.ask("GET", here)["staple"])
    chain = served.ask("GET", f"{here}/chain.pem")
    sent = served.ask("GET", f"{pki}/certificates/{target['certificates'][0]}")["chain"]
    assert chain.decode() == sent
    text = served.ask("GET", f"{here}/decoded").decode()
    for words in (
        "handshake: TLSv1.3 for localhost", "why this staple: bent by Stale", "staple for certificate 0",
        "certStatus: good", ", 8 d ago", "certificate 1\n", "O=mockpki, CN=mockpki root",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize("publishes", ["immediate", "lets-encrypt"])
def test_where_a_staple_differs_from_the_honest_one(served: Served, publishes: str) -> None:
    """By what was bent, at the time of the handshake; where nothing was, nothing is said to differ."""
    pki = served.make_pki(publishes=publishes)
    path, target = start(served, pki)
    later = base64.b64encode(b"0\x03\n\x01\x03").decode()
    times = ["nextUpdate", "producedAt", "thisUpdate"]
    table: tuple[tuple[Any, list[str]], ...] = (
        ("honest", []),
        (["Stale by=1d"], [f"{mark} {field}" for mark in "-+" for field in times]),
        (["Good", "Revoked"], ["- certStatus", "+ certStatus", "+ revocationTime"]),
        ({"der": later}, ["- responseStatus", "+ responseStatus"]),
    )
    for staple, _ in table:
        served.ask("PUT", f"{path}/staple", {"staple": staple})
        visit(target, "staple-required")
    served.ask("POST", f"{pki}/clock/shift", {"by": "30d"})
    for number, (staple, fields) in enumerate(table, 1):
        text = served.ask("GET", f"{path}/handshakes/{number}/decoded").decode()
        _, _, changes = text.partition("where the honest staple (-) and this one (+) differ\n")
        found = [f"{mark} {field}" for mark, field in re.findall(r"^  ([-+]) +(\w+)", changes, re.MULTILINE)]
        assert (staple, set(fields) - set(found)) == (staple, set())
        assert bool(changes) == bool(fields), staple
    served.ask("DELETE", pki)


def test_a_handshake_with_nothing_in_it(served: Served, pki: str) -> None:
    """Whoever leaves before there is anything has been sent nothing."""
    path, target = start(served, pki, staple="none")
    with socket.create_connection((target["host"], target["port"])):
        pass
    visit(target, "no-check")
    for number, what in ((1, "chain.pem"), (1, "staple.der"), (2, "staple.der"), (3, "decoded")):
        served.refuse("GET", f"{path}/handshakes/{number}/{what}", status=404)
    assert "certificate 0" not in served.ask("GET", f"{path}/handshakes/1/decoded").decode()
    assert "certificate 0" in served.ask("GET", f"{path}/handshakes/2/decoded").decode()


def test_a_chain_of_the_servers_own(served: Served, pki: str) -> None:
    """What is shown behind the leaf is what the server was told to show."""
    path, target = start(served, pki, chain=[])
    assert not visit(target, "no-check").accepted
    chain = x509.load_pem_x509_certificates(served.ask("GET", f"{path}/handshakes/1/chain.pem"))
    assert [f"{one.serial_number:x}" for one in chain] == target["certificates"]
