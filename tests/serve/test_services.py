"""The services of a CA by calls: what they are set to, and what they were asked."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.ocsp import load_der_ocsp_response

from tests.kit.asking import Reply, cert_id, post, question, send
from tests.kit.serving import Served

ROOT = "root"

UNDO: tuple[tuple[str, str, object], ...] = (
    ("PUT", "/faults", {"faults": []}), ("DELETE", "/faults", None), ("POST", "/reset", None),
)  # fmt: skip
BASES = {"ocsp": ("", "/cas/root"), "crl": ("", "/cas/root"), "ca_issuers": ("", "/cas/root")}


def fetch(served: Served, path: str) -> int:
    """The status of a GET at the URL of the service at *path*."""
    return send(served.ask("GET", path)["url"]).status


@pytest.fixture
def ask_ocsp(served: Served, pki: str) -> Any:
    """Asks the responder about the certificate ``web``, which is issued for it."""
    hosted = served.topology.find(pki.rpartition("/")[2])
    served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": "web"}, 201)
    leaf = hosted.find_certificate("web")

    def ask(nonce: bytes | None = None) -> Reply:
        return post(hosted.pki.ocsp.url, question(cert_id(leaf), nonce=nonce))

    return ask


@pytest.mark.parametrize("service", BASES)
def test_faults_are_set_and_dropped(served: Served, pki: str, service: str) -> None:
    """By texts and by objects, for one CA and not for another, until they are dropped, emptied or reset."""
    for base in BASES[service]:
        path = f"{pki}{base}/{service}"
        usual = fetch(served, path)
        for faults in (["HttpStatus 500"], [{"fault": "HttpStatus", "code": 500}]):
            shown = served.ask("PUT", f"{path}/faults", {"faults": faults})
            assert shown["faults"] == [{"fault": "HttpStatus", "code": 500, "text": "HttpStatus code=500"}]
            assert shown == served.ask("GET", path)
            assert fetch(served, path) == 500
            others = [one for one in BASES if one != service] + [f"cas/{'ca' if base else 'root'}/{service}"]
            assert all(served.ask("GET", f"{pki}/{one}")["faults"] == [] for one in others)
            for undo in UNDO:
                served.ask("PUT", f"{path}/faults", {"faults": faults})
                served.ask(undo[0], path + undo[1], undo[2])
                assert fetch(served, path) == usual
                assert served.ask("GET", path)["faults"] == []


def test_what_was_shown_says_what_was_meant(served: Served, pki: str) -> None:
    """Durations are ISO 8601 in answers, and a fault that does not fit is refused with its sentence."""
    shown = served.ask("PUT", f"{pki}/ocsp/faults", {"faults": ["Stale by=36h"]})
    assert shown["faults"] == [{"fault": "Stale", "by": "P1DT12H", "text": "Stale by=1d43200s"}]
    for service, faults, pointer, sentence in (
        ("crl", ["NoNonce"], "/faults", "which the CRL publisher"),
        ("ocsp", ["Stale by=2"], "/faults/0", "by="),
        ("ocsp", ["Stael"], "/faults/0", "did you mean Stale"),
        (
            "ocsp",
            "Stale",
            "/faults",
            'faults takes a list of at most 32, such as ["Stale by=2d"]; got "Stale"',
        ),
        ("ocsp", ["Stale"] * 33, "/faults", "32"),
        ("ocsp", [7], "/faults/0", "a fault is a text such as"),
        ("ocsp", [{"fault": "Stale", "bye": "P2D"}], "/faults/0", "bye"),
    ):
        problem = served.refuse("PUT", f"{pki}/{service}/faults", {"faults": faults})
        assert problem["pointer"] == pointer, problem
        assert sentence in problem["detail"]
    # What was refused has changed nothing.
    assert served.ask("GET", f"{pki}/ocsp")["faults"] == shown["faults"]


def test_faults_for_one_certificate(served: Served, pki: str, ask_ocsp: Any) -> None:
    """They go before those for all, and are dropped by themselves."""
    leaf = served.ask("GET", f"{pki}/certificates/web")["id"]
    served.ask("PUT", f"{pki}/ocsp/faults", {"faults": ["HttpStatus 503"]})
    shown = served.ask("PUT", f"{pki}/ocsp/faults/web", {"faults": ["HttpStatus 500"]})
    assert shown["to"].keys() == {leaf}
    assert shown["to"][leaf][0]["code"] == 500
    assert ask_ocsp().status == 500
    assert served.ask("DELETE", f"{pki}/ocsp/faults/web")["to"] == {}
    assert ask_ocsp().status == 503
    served.refuse("PUT", f"{pki}/ocsp/faults/nobody", {"faults": []}, 404)
    assert served.refuse("PUT", f"{pki}/ocsp/faults/web", {"faults": ["Refused"]})["pointer"] == "/faults"
    # Another CA does not answer for it.
    served.refuse("PUT", f"{pki}/cas/{ROOT}/ocsp/faults/web", {"faults": []})


def test_a_script_runs_out(served: Served, pki: str, ask_ocsp: Any) -> None:
    """Answer by answer; another one while it runs is 409, and one that is left over fails the check."""
    answers = {"answers": [["HttpStatus 503"], [], ["HttpStatus 500"]]}
    assert served.ask("PUT", f"{pki}/ocsp/script", answers)["script_left"] == 3
    conflict = served.refuse("PUT", f"{pki}/ocsp/script", answers, 409)
    assert conflict["type"] == "/v1/problems#conflict"
    assert [ask_ocsp().status, ask_ocsp().status] == [503, 200]
    failed = served.refuse("POST", f"{pki}/check", status=409)
    assert failed["type"] == "/v1/problems#something-failed"
    assert len(failed["problems"]) == 1
    assert "was not used up: the client made 2 of 3 requests" in failed["problems"][0]
    served.ask("POST", f"{pki}/check", status=204)
    served.ask("PUT", f"{pki}/ocsp/script", answers)
    assert served.ask("DELETE", f"{pki}/ocsp/script")["script_left"] == 0
    served.ask("POST", f"{pki}/check", status=204)
    wrong = served.refuse("PUT", f"{pki}/ocsp/script", {"answers": [[], ["Stael"]]})
    assert wrong["pointer"] == "/answers/1/0"


def test_faults_come_and_go(served: Served, pki: str, ask_ocsp: Any) -> None:
    """Every kind of sequence runs as in Python; a seed that was drawn is in the answer and gives it again."""
    path = f"{pki}/ocsp/sequence"
    for body, statuses in (
        ({"sequence": "EveryNth", "n": 2, "faults": ["HttpStatus 503"]}, [200, 503, 200, 503]),
        (
            {"sequence": "FirstN", "n": 2, "faults": ["HttpStatus 503"], "per_client": False},
            [503, 503, 200, 200],
        ),
        ({"sequence": "Flapping", "up": 1, "down": 2, "faults": ["HttpStatus 503"]}, [200, 503, 503, 200]),
    ):
        assert body["sequence"] in served.ask("PUT", path, body)["sequence"]
        assert [ask_ocsp().status for _ in statuses] == statuses, body
    mix = {"sequence": "Mix", "alternatives": [[], ["HttpStatus 503"], ["HttpStatus 500"]]}
    seed = served.ask("PUT", path, mix)["sequence"].rpartition("seed=")[2].rstrip(")")
    first = [ask_ocsp().status for _ in range(12)]
    served.ask("PUT", path, {**mix, "seed": int(seed)})
    assert [ask_ocsp().status for _ in range(12)] == first
    assert served.ask("DELETE", path)["sequence"] is None
    assert ask_ocsp().status == 200
    for wrong, pointer in (
        ({"sequence": "EveryNth", "n": 2}, "/faults"),
        ({"sequence": "EveryNth", "n": 2, "faults": [], "seed": 1}, "/seed"),
        ({"sequence": "Every", "n": 2}, "/sequence"),
        ({"sequence": "EveryNth", "n": 2, "faults": ["Stael"]}, "/faults/0"),
    ):
        assert served.refuse("PUT", path, wrong)["pointer"] == pointer


def test_what_it_was_asked(served: Served, pki: str, ask_ocsp: Any) -> None:
    """Each request with what it asked and what it was told; only those about one certificate, if so asked."""
    served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": "other"}, 201)
    leaf = served.ask("GET", f"{pki}/certificates/web")["id"]
    ask_ocsp(nonce=b"0123456789abcdef")
    served.ask("PUT", f"{pki}/ocsp/faults", {"faults": ["Stale by=2d"]})
    ask_ocsp()
    found = served.ask("GET", f"{pki}/ocsp/requests")
    first, second = found["requests"]
    assert (first["number"], second["number"], found["last"], found["dropped"]) == (1, 2, 2, 0)
    assert (first["method"], first["path"], first["certificates"]) == ("POST", "/ocsp", [leaf])
    assert (first["hash_algorithm"], first["nonce"]) == ("sha1", b"0123456789abcdef".hex())
    assert (first["signed"], first["error"]) == (False, None)
    assert first["time"].endswith("Z")
    assert first["answer"]["honest"]
    assert not second["answer"]["honest"]
    assert second["answer"]["status"] == 200
    assert second["answer"]["faults"] == [{"fault": "Stale", "by": "P2D", "text": "Stale by=2d"}]
    assert second["answer"]["steps"][0] == "Send"
    assert served.ask("GET", f"{pki}/ocsp/requests/2") == second
    assert served.ask("GET", f"{pki}/ocsp/requests?certificate=web")["requests"] == [first, second]
    assert served.ask("GET", f"{pki}/ocsp/requests?certificate=other") == {
        "requests": [], "last": 2, "dropped": 0,
    }  # fmt: skip
    assert served.ask("GET", f"{pki}/ocsp/requests?after=-1")["requests"] == [second]
    assert served.ask("GET", f"{pki}/cas/{ROOT}/ocsp/requests")["requests"] == []
    served.ask("PUT", f"{pki}/ocsp/faults", {"faults": ["Reset"]})
    with pytest.raises(OSError, match="reset"):
        ask_ocsp()
    assert served.ask("GET", f"{pki}/ocsp/requests/3")["answer"]["status"] is None


def test_who_waits_is_told_at_once(served: Served, pki: str, ask_ocsp: Any) -> None:
    """A request that comes while somebody waits ends the wait; one that does not come is an empty list."""
    with ThreadPoolExecutor(2) as pool:
        path = f"{pki}/ocsp/requests?wait=60s"
        waiting = [
            pool.submit(served.ask, "GET", path),
            pool.submit(served.ask, "GET", path + "&certificate=web"),
        ]
        service = served.topology.find(pki.rpartition("/")[2]).pki.ocsp
        while len(service._log._wakers) < 2:
            pass
        ask_ocsp()
        assert [one.result()["last"] for one in waiting] == [1, 1]
    assert not service._log._wakers
    assert served.ask("GET", f"{pki}/ocsp/requests?after=1&wait=50ms") == {
        "requests": [],
        "last": 1,
        "dropped": 0,
    }
    # What is there already is not waited for.
    assert len(served.ask("GET", path)["requests"]) == 1


def test_an_assertion_fails_with_what_was_asked(served: Served, pki: str, ask_ocsp: Any) -> None:
    """204 where it holds, 409 with the sentence and the history where it does not, for every service."""
    asserting = f"{pki}/ocsp/assert_asked"
    served.ask("POST", asserting, {"times": 0}, 204)
    failed = served.refuse("POST", asserting, status=409)
    assert failed["type"] == "/v1/problems#assertion-failed"
    assert "was not asked; it was never asked anything" in failed["detail"]
    ask_ocsp()
    for body in (None, {}, {"times": 1}, {"certificate": "web"}, {"certificate": "web", "times": 1}):
        served.ask("POST", asserting, body, 204)
    assert "was asked once, not 2 times" in served.refuse("POST", asserting, {"times": 2}, 409)["detail"]
    assert served.refuse("POST", asserting, {"certificate": "nobody"})["pointer"] == "/certificate"
    for service in ("crl", "ca_issuers"):
        served.ask("POST", f"{pki}/{service}/assert_asked", {"times": 0}, 204)
        served.refuse("POST", f"{pki}/{service}/assert_asked", {"times": 1}, 409)
        assert fetch(served, f"{pki}/{service}") == 200
        served.ask("POST", f"{pki}/{service}/assert_asked", {"times": 1}, 204)
        served.refuse("POST", f"{pki}/{service}/assert_asked", {"times": 0}, 409)
    served.refuse("POST", f"{pki}/ca_issuers/assert_asked", {"certificate": "web"})


def test_answers_are_made_without_a_socket(served: Served, pki: str, ask_ocsp: Any) -> None:
    """An OCSP response and a CRL as DER, honest or bent, by the CA that is asked."""
    made = served.send("POST", f"{pki}/ocsp/make", {
        "certificate": "web", "hash_algorithm": "sha256", "nonce": base64.b64encode(b"n" * 16).decode(),
    })  # fmt: skip
    assert made.headers["content-type"] == "application/ocsp-response"
    response = load_der_ocsp_response(made.body)
    assert response.hash_algorithm.name == "sha256"
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 16
    bent = served.ask("POST", f"{pki}/ocsp/make", {"certificate": "web", "faults": ["TryLater"]})
    assert load_der_ocsp_response(bent).response_status.name == "TRY_LATER"
    for path in (f"{pki}/crl/make", f"{pki}/cas/{ROOT}/crl/make"):
        made = served.send("POST", path)
        assert made.headers["content-type"] == "application/pkix-crl"
        assert len(x509.load_der_x509_crl(made.body)) == 0
    served.ask("POST", f"{pki}/certificates/web/revoke", {}, 200)
    assert len(x509.load_der_x509_crl(served.ask("POST", f"{pki}/crl/make", {"faults": []}))) == 1
    for path, body, pointer in (
        ("ocsp/make", {"certificate": "nobody"}, "/certificate"),
        ("ocsp/make", {"certificate": "web", "faults": ["HttpStatus 503"]}, "/faults"),
        ("ocsp/make", {"certificate": "web", "nonce": "%"}, "/nonce"),
        ("crl/make", {"faults": ["NoNonce"]}, "/faults"),
        ("crl/make", {"certificate": "nobody"}, "/certificate"),
    ):
        assert served.refuse("POST", f"{pki}/{path}", body)["pointer"] == pointer
    served.ask("POST", f"{pki}/ocsp/assert_asked", {"times": 0}, 204)
