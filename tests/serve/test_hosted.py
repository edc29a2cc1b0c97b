"""One PKI: the names in it, what is done at once in it, and its end."""

import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mockpki._serve.hosted import tell
from tests.kit.asking import cert_id, post, question
from tests.kit.serving import Served


def test_everything_is_found_by_id_and_name(served: Served) -> None:
    """Certificates, CAs and TLS servers, in paths and in bodies; what is near is told."""
    pki = served.make_pki(depth=2)
    cas = served.ask("GET", f"{pki}/cas")["cas"]
    assert [ca["id"] for ca in cas] == ["root", cas[1]["serial_number"], "ca"]
    assert [ca["name"] for ca in cas] == [None] * 3
    assert [ca["issuer"] for ca in cas] == [None, "root", cas[1]["id"]]
    for ca in cas:
        for key in (ca["id"], ca["serial_number"], ca["serial_number"].upper()):
            assert served.ask("GET", f"{pki}/cas/{key}")["id"] == ca["id"]
    made = served.ask("POST", f"{pki}/cas", {"name": "second", "parent": "root"}, 201)
    assert (made["issuer"], made["name"], made["id"]) == ("root", "second", made["serial_number"])
    leaf = served.ask(
        "POST", f"{pki}/certificates", {"identities": ["localhost"], "ca": "second", "name": "web"}
    )
    assert (leaf["ca"], leaf["name"], leaf["id"]) == (made["id"], "web", leaf["serial_number"])
    for key in ("web", leaf["id"], leaf["id"].upper()):
        assert served.ask("GET", f"{pki}/certificates/{key}")["id"] == leaf["id"]
    assert served.refuse("GET", f"{pki}/certificates/wbe", status=404)["suggestions"] == ["web"]
    for name in ("web", "ca", "root", "second", leaf["id"]):
        assert served.refuse("POST", f"{pki}/certificates", {"identities": ["x.test"], "name": name}, 409)
    assert served.refuse("POST", f"{pki}/cas", {"name": "root"}, 409)["pointer"] == "/name"
    served.ask("DELETE", pki, status=204)


def test_two_cas_may_give_one_serial_number(served: Served, pki: str) -> None:
    """Then the certificates have two ids, and each is revoked by its own."""
    served.ask("POST", f"{pki}/cas", {"name": "second"}, 201)
    fields = {"identities": ["localhost"], "serial_number": "ABC123"}
    one = served.ask("POST", f"{pki}/certificates", fields)
    other = served.ask("POST", f"{pki}/certificates", {**fields, "ca": "second"})
    assert (one["id"], other["id"]) == ("abc123", "abc123.2")
    assert one["serial_number"] == other["serial_number"] == "abc123"
    served.ask("POST", f"{pki}/certificates/abc123.2/revoke", {"reason": "superseded"})
    shown = served.ask("GET", f"{pki}/certificates")["certificates"]
    assert [one["status"]["status"] for one in shown] == ["good", "revoked"]
    again = served.refuse("POST", f"{pki}/certificates", fields, 409)
    assert (again["type"], again["pointer"]) == ("/v1/problems#conflict", "/serial_number")
    # One that is a CA's own is another's all the same.
    root = served.ask("GET", f"{pki}/cas/root")["serial_number"]
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "serial_number": root})
    assert leaf["id"] == f"{root}.2"


def test_no_more_than_there_is_room_for(served: Served, pki: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one too many of each kind is refused, and what there is goes on."""
    hosted = served.topology.find(pki.rpartition("/")[2])
    for kind, named, body in (
        ("certificates", hosted.certificates, {"identities": ["localhost"]}),
        ("cas", hosted.cas, {}),
        ("tls_servers", hosted.servers, {"issue": True}),
    ):
        monkeypatch.setattr(named, "_most", len(named) + 1)
        served.ask("POST", f"{pki}/{kind}", body, 201)
        problem = served.refuse("POST", f"{pki}/{kind}", body, 409)
        assert problem["type"] == "/v1/problems#limit-reached"
        assert "at most" in problem["detail"]


def test_many_may_issue_at_once(served: Served, pki: str) -> None:
    """Eight callers: every certificate is another one, and all are there."""

    def issue(number: int) -> Any:
        if number % 10 == 9:
            return served.ask("POST", f"{pki}/cas", {"name": f"ca{number}"}, 201)["id"]
        return served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": f"n{number}"})[
            "id"
        ]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(issue, range(40)))
    assert len(set(ids)) == 40
    assert len(served.ask("GET", f"{pki}/certificates")["certificates"]) == 36
    assert len(served.ask("GET", f"{pki}/cas")["cas"]) == 6


def test_closing_ends_what_waits_for_it(served: Served) -> None:
    """Callers that wait for a request or a handshake are told at once that the PKI was closed."""
    pki = served.make_pki(certificates=[{"name": "web", "identities": ["localhost"]}],
                          tls_servers=[{"name": "front", "certificates": ["web"]}])  # fmt: skip
    paths = [f"{pki}/ocsp/requests", f"{pki}/crl/requests", f"{pki}/tls_servers/front/handshakes"]
    hosted = served.topology.find(pki.rpartition("/")[2])
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(served.send, "GET", f"{path}?wait=60s") for path in paths * 2]
        while len(hosted._wakers) < 6:
            pass
        served.ask("DELETE", pki, status=204)
        assert [one.result().status for one in waiting] == [410] * 6


def test_closing_while_calls_run_leaves_nothing(served: Served) -> None:
    """Whatever is being made when a PKI is closed is made, or refused with 410, and is closed with it."""
    for _ in range(6):
        pki = served.make_pki(certificates=[{"name": "web", "identities": ["localhost"]}])
        hosted = served.topology.find(pki.rpartition("/")[2])
        start = threading.Barrier(5)

        def work(kind: str, body: object, pki: str = pki, start: threading.Barrier = start) -> set[int]:
            start.wait()
            return {served.send("POST", f"{pki}/{kind}", body).status for _ in range(5)}

        bodies = [("certificates", {"identities": ["localhost"]}), ("cas", {}),
                  ("tls_servers", {"certificates": ["web"]}), ("tls_servers", {"issue": True})]  # fmt: skip
        with ThreadPoolExecutor(5) as pool:
            running = [pool.submit(work, *one) for one in bodies]
            start.wait()
            served.send("DELETE", pki)
            for one in running:
                assert one.result() <= {201, 410}
        servers: list[Any] = hosted.pki._realm.servers
        assert all(server.closed for server in servers if server._listener is not None)
    assert len(served.topology) == 0


def test_pkis_know_nothing_of_each_other(served: Served) -> None:
    """What is set, asked and revoked in one is not so in another."""
    one, other = served.make_pki(ocsp={"faults": ["HttpStatus 503"]}), served.make_pki()
    served.ask("PUT", f"{one}/clock", {"offset": "P30D"})
    for pki, status in ((one, 503), (other, 200)):
        hosted = served.topology.find(pki.rpartition("/")[2])
        leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "name": "web"})
        assert post(hosted.pki.ocsp.url, question(cert_id(hosted.find_certificate("web")))).status == status
        assert [
            request["certificates"] for request in served.ask("GET", f"{pki}/ocsp/requests")["requests"]
        ] == [[leaf["id"]]]
    assert served.ask("GET", f"{other}/clock")["offset"] == "PT0S"
    assert served.ask("GET", f"{one}/clock")["offset"] == "P30D"
    served.ask("DELETE", one)
    with urllib.request.urlopen(served.ask("GET", f"{other}/crl")["url"]) as answer:
        assert answer.status == 200
    served.ask("DELETE", other)


def test_errors_are_told_one_by_one() -> None:
    """A group is each of its errors, with the notes that were put beside them."""
    error = ValueError("no")
    error.add_note("and why")
    group = BaseExceptionGroup("several", [error, BaseExceptionGroup("more", [KeyError("x")])])
    assert tell(group) == ["ValueError: no; and why", "KeyError: 'x'"]
