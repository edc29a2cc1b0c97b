"""Staplers by calls: what gets the staples of a TLS server, and what it did."""

import threading
from typing import Any

import pytest

from tests.kit.serving import Served
from tests.kit.visitors import visit


def start(served: Served, pki: str, staple: Any) -> tuple[str, Any]:
    """A TLS server that staples so: its path, and what its clients have to know."""
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"]}, 201)["id"]
    made = served.ask("POST", f"{pki}/tls_servers", {"certificates": [leaf], "staple": staple}, 201)
    return f"{pki}/tls_servers/{made['id']}", {**made, "ca_pem": served.ask("GET", pki)["ca_pem"]}


def test_a_stapler_by_calls(served: Served, pki: str) -> None:
    """The first handshake begins a fetch, the second has its staple, and after a restart it begins anew."""
    path, server = start(served, pki, {"policy": "nginx"})
    assert served.ask("GET", f"{path}/stapler") == {
        "due": None,
        "stats": dict.fromkeys(served.ask("GET", f"{path}/stapler")["stats"], 0),
        "events": [],
        "last": 0,
    }
    assert not visit(server, "staple-required").accepted
    seen = served.ask("POST", f"{path}/stapler/settle")
    kinds = [one["kind"] for one in seen["events"]]
    assert kinds == ["sighted", "fetch started", "omitted", "answered", "cached"], kinds
    assert [one["number"] for one in seen["events"]] == [1, 2, 3, 4, seen["last"]]
    assert visit(server, "staple-required").accepted
    [served_event] = served.ask("GET", f"{path}/stapler?after={seen['last']}&limit=1")["events"]
    assert (served_event["kind"], served_event["name"]) == ("served", "localhost")
    again = served.ask("POST", f"{path}/stapler/restart")
    assert [one["kind"] for one in again["events"]][-1] == "restarted"
    assert not visit(server, "staple-required").accepted
    stats = served.ask("POST", f"{path}/stapler/settle", {"timeout": "10s"})["stats"]
    assert (stats["handshakes"], stats["fetches"], stats["stapled"], stats["omitted"]) == (3, 2, 1, 2)


def test_waiting_for_what_a_stapler_does(served: Served, pki: str) -> None:
    """A call that waits is answered as soon as something happens, and reads on from its number."""
    path, server = start(served, pki, {"policy": "nginx"})
    client = threading.Timer(0.1, visit, (server, "staple-required"))
    client.start()
    seen = served.ask("GET", f"{path}/stapler?wait=30s")
    client.join()
    assert seen["events"][0]["kind"] == "sighted"
    some = served.ask("GET", f"{path}/stapler?after=1&limit=1")
    assert [one["number"] for one in some["events"]] == [some["last"]] == [2]
    assert served.ask("GET", f"{path}/stapler?after=1000")["events"] == []


def test_a_fetch_that_hangs(served: Served, pki: str) -> None:
    """Whoever does not want to wait for it is told, with the fields that the policy was varied by."""
    path, server = start(served, pki, {"policy": "nginx", "timeout": "2s"})
    served.ask("PUT", f"{pki}/ocsp/faults", {"faults": ["Hang"]})
    visit(server, "staple-required")
    said = served.refuse("POST", f"{path}/stapler/settle", {"timeout": "10ms"}, 409)["detail"]
    assert "localhost" in said
    assert "after 2 s at the latest" in said
    for wrong in (5, "5", "2min"):
        assert served.refuse("POST", f"{path}/stapler/settle", {"timeout": wrong})["pointer"] == "/timeout"
    seen = served.ask("POST", f"{path}/stapler/settle")
    assert seen["stats"]["unanswered"] == 1


def test_a_server_that_does_not_start_again(served: Served, pki: str) -> None:
    """Where a policy wants a staple first, a restart without one is refused, as a start is."""
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], "must_staple": True})["id"]
    strict = {"policy": "ideal", "must_staple": "fail_at_start", "persist": False}
    body = {"certificates": [leaf], "staple": strict}
    path = f"{pki}/tls_servers/{served.ask('POST', f'{pki}/tls_servers', body, 201)['id']}"
    assert served.ask("POST", f"{path}/stapler/restart")["stats"]["answered"] == 2
    served.ask("PUT", f"{pki}/ocsp/faults", {"faults": ["HttpStatus 503"]})
    for method, where, sent in (
        ("POST", f"{pki}/tls_servers", body),
        ("PUT", f"{path}/staple", {"staple": strict}),
        ("POST", f"{path}/stapler/restart", None),
    ):
        problem = served.refuse(method, where, sent, 409)
        assert problem["type"].endswith("#something-failed")
        assert "localhost" in problem["detail"]


def test_no_stapler(served: Served, pki: str) -> None:
    """A server with a staple of its own has none, and is told how to have one; what was put aside stays."""
    path, server = start(served, pki, "honest")
    for method, rest in (("GET", ""), ("POST", "/settle"), ("POST", "/restart")):
        assert "PUT .../staple" in served.refuse(method, f"{path}/stapler{rest}", status=404)["detail"]
    served.ask("PUT", f"{path}/staple", {"staple": {"policy": "apache"}})
    assert visit(server, "staple-required").accepted
    served.ask("PUT", f"{path}/staple", {"staple": "honest"})
    assert served.ask("GET", f"{path}/stapler")["stats"]["stapled"] == 1


@pytest.mark.parametrize("call", ["GET", "POST"])
def test_no_server(served: Served, pki: str, call: str) -> None:
    """What is not there is 404."""
    rest = "" if call == "GET" else "/settle"
    served.refuse(call, f"{pki}/tls_servers/9/stapler{rest}", status=404)
