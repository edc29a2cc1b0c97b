"""The stream of events: what calls change and what clients do, as a program hears of it."""

import contextlib
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockpki._serve.hosted import SERVICES
from mockpki._serve.limits import LISTENERS
from tests.kit.asking import send
from tests.kit.serving import Served, serving
from tests.kit.streams import listening
from tests.kit.visitors import visit


def has(what: str, times: int = 1) -> Any:
    """Whether so many of an event were heard."""
    return lambda heard: [one.what for one in heard].count(what) >= times


def test_what_calls_change(served: Served) -> None:
    """Each change is told with the document that the call answers, and its number is one more."""
    with listening(served.url) as stream:
        path = served.make_pki(name="changed")
        leaf = served.ask("POST", f"{path}/certificates", {"identities": ["localhost"]})
        server = served.ask("POST", f"{path}/tls_servers", {"certificates": [leaf["id"]], "staple": "none"})
        stapled = served.ask("PUT", f"{path}/tls_servers/{server['id']}/staple", {"staple": "honest"})
        clock = served.ask("PUT", f"{path}/clock", {"offset": "1d"})
        ocsp = served.ask("PUT", f"{path}/ocsp/faults", {"faults": ["Stale"]})
        crl = served.ask("PUT", f"{path}/cas/{'root'}/crl/faults", {"faults": ["Stale"]})
        served.ask("POST", f"{path}/ocsp/assert_asked", {"times": 0})
        served.ask("POST", f"{path}/crl/make")
        served.refuse("PUT", f"{path}/ocsp/faults", {"faults": ["Stael"]})
        revoked = served.ask("POST", f"{path}/certificates/{leaf['id']}/revoke")
        served.ask("POST", f"{path}/cas/ca/forget", {"certificates": [leaf["id"]]})
        forgotten = served.ask("GET", f"{path}/certificates/{leaf['id']}")
        served.ask("POST", f"{path}/ocsp/reset")
        stage = served.ask("POST", f"{path}/stages", {"scenario": "no-sources"})
        served.ask("POST", f"{path}/stages/{stage['id']}/visits", {"accepted": True})
        served.ask("DELETE", f"{path}/tls_servers/{server['id']}")
        served.ask("DELETE", path)
        heard = stream.read_until(has("pki closed"))
    assert [one.id for one in heard] == list(range(heard[0].id, heard[-1].id + 1))
    pki = path.rpartition("/")[2]
    assert {one.data["pki"] for one in heard} == {pki}
    told = [(one.what, one.data.get("document")) for one in heard]
    assert [what for what, _ in told] == [
        "pki made", "certificate", "tls_server", "tls_server", "clock", "service", "service", "certificate",
        "certificate", "pki changed", "service", "stage", "stage", "pki changed", "pki closed",
    ]  # fmt: skip
    documents = [document for _, document in told]
    assert documents[1:10:1][:8] == [leaf, server, stapled, clock, ocsp, crl, revoked, forgotten]
    assert documents[0]["certificates"] == []
    assert documents[9]["certificates"] == [leaf["id"]]
    assert [documents[11]["target"] is None, documents[12]["target"] is None] == [False, True]
    assert documents[13]["tls_servers"] == []
    assert documents[14] == {"problems": []}
    assert [(one.data["ca"], one.data["service"]) for one in heard if one.kind == "service"] == [
        ("ca", "ocsp"), ("root", "crl"), ("ca", "ocsp"),
    ]  # fmt: skip


def test_what_clients_do(served: Served, pki: str) -> None:
    """Connections when they open, are established and close; requests; what a stapler does; in one PKI."""
    other = served.make_pki()
    id = pki.rpartition("/")[2]
    with listening(served.url, f"?pki={id}") as stream:
        leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"]})["id"]
        body = {"certificates": [leaf], "staple": {"policy": "nginx"}}
        made = served.ask("POST", f"{pki}/tls_servers", body)
        target = {**made, "ca_pem": served.ask("GET", pki)["ca_pem"]}
        send(served.ask("GET", f"{other}/crl")["url"], "GET")
        visit(target, "hard-fail")
        heard = stream.read_until(has("handshake closed"))
        heard = stream.read_until(has("request", 3))
        heard = stream.read_until(
            lambda all: any(one.data.get("document", {}).get("kind") == "cached" for one in all)
        )
        served.ask("DELETE", other)
    assert {one.data["pki"] for one in heard} == {id}
    shakes = [one for one in heard if one.kind == "handshake"]
    assert [one.data["state"] for one in shakes] == ["opened", "established", "closed"]
    assert shakes[-1].data["document"] == served.ask("GET", f"{pki}/tls_servers/{made['id']}/handshakes/1")
    assert {one.data["server"] for one in shakes} == {made["id"]}
    requests = {
        (one.data["ca"], one.data["document"]["number"]): one for one in heard if one.kind == "request"
    }
    assert set(requests) == {("ca", 1), ("ca", 2), ("root", 1)}
    assert requests["ca", 2].data["document"] == served.ask("GET", f"{pki}/ocsp/requests/2")
    did = [one.data["document"] for one in heard if one.kind == "stapler"]
    assert did == served.ask("GET", f"{pki}/tls_servers/{made['id']}/stapler")["events"][: len(did)]


def test_what_becomes_of_many_at_once(served: Served, pki: str) -> None:
    """Each certificate that it is about is told once, by name, number or range; none of other CAs is."""
    ids = []
    for number, ca in ((0x10, "ca"), (0x11, "ca"), (0x12, "ca"), (0x13, "root"), (0x20, "ca")):
        body = {
            "identities": ["localhost"],
            "name": f"many-{number}",
            "serial_number": f"{number:x}",
            "ca": ca,
        }
        ids.append(served.ask("POST", f"{pki}/certificates", body)["id"])
    with listening(served.url, f"?pki={pki.rpartition('/')[2]}") as stream:
        for whom in (
            {"certificates": ["many-17", ids[0]], "serial_numbers": ["010", "dead"]},
            {"serial_range": {"first": "11", "last": "1f"}},
            {"serial_numbers": ["beef"]},
        ):
            served.ask("POST", f"{pki}/cas/ca/revoke", whom)
        heard = stream.read_until(has("pki changed", 3))
    told = [one.data["document"] for one in heard if one.kind == "certificate"]
    assert [one["id"] for one in told] == [ids[1], ids[0], ids[1], ids[2]]
    assert {one["status"]["status"] for one in told} == {"revoked"}
    kinds = [one.kind for one in heard]
    assert kinds == [*["certificate"] * 2, "pki", *["certificate"] * 2, "pki", "pki"]


@pytest.mark.parametrize("left_over", [False, True])
def test_a_reset_is_told(served: Served, left_over: bool) -> None:
    """Every service and the clock, as they are by then; also where something had to be said, and was."""
    path = served.make_pki()
    served.ask("PUT", f"{path}/crl/faults", {"faults": ["Stale"]})
    served.ask("PUT", f"{path}/clock", {"offset": "1d"})
    if left_over:
        served.ask("PUT", f"{path}/ocsp/script", {"answers": [[]]})
    with listening(served.url, f"?pki={path.rpartition('/')[2]}") as stream:
        reply = served.send("POST", f"{path}/reset")
        assert reply.status == (409 if left_over else 204)
        heard = stream.read_until(has("pki changed"))
    assert [one.data["document"]["offset"] for one in heard if one.kind == "clock"] == ["PT0S"]
    services = {(one.data["ca"], one.data["service"]): one.data["document"] for one in heard[1:-1]}
    assert set(services) == {(ca, name) for ca in ("root", "ca") for name in SERVICES}
    assert all(not one["faults"] and not one["script_left"] for one in services.values())


def test_what_fails_in_the_background(served: Served) -> None:
    """It is told when it happens, and what is left over when the PKI is closed."""
    path = served.make_pki()
    with listening(served.url) as stream:
        served.ask("PUT", f"{path}/crl/script", {"answers": [["HttpStatus 500"], []]})
        hosted = served.topology.find(path.rpartition("/")[2])
        hosted.pki.crl.respond_by(lambda request: 1 / 0)  # type: ignore[arg-type,return-value]
        url = served.ask("GET", f"{path}/crl")["url"]
        for _ in range(3):
            send(url, "GET")
        problem = stream.read_until(has("problem"))[-1]
        assert "ZeroDivisionError" in problem.data["document"]
        served.ask("PUT", f"{path}/ocsp/script", {"answers": [[]]})
        served.ask("DELETE", path)
        [*_, closed] = stream.read_until(has("pki closed"))
    assert any("script" in sentence for sentence in closed.data["document"]["problems"])


def test_nobody_pays_for_what_nobody_hears(served: Served, pki: str) -> None:
    """Records are watched as long as somebody listens; who comes back has what came meanwhile."""
    hosted = served.topology.find(pki.rpartition("/")[2])
    watchers = hosted.pki.crl._log._wakers
    url = hosted.pki.crl.url
    wait_for_nobody(served)
    assert watchers == []
    send(url, "GET")
    with listening(served.url) as stream:
        assert len(watchers) == 1
        send(url, "GET")
        last = stream.read_until(has("request"))[-1]
        assert last.data["document"]["number"] == 2
    wait_for_nobody(served)
    assert watchers == []
    for _ in range(3):
        send(url, "GET")
    with listening(served.url, headers={"Last-Event-ID": str(last.id)}) as stream:
        again = stream.read_until(has("request", 3))
    assert [one.data["document"]["number"] for one in again] == [3, 4, 5]
    assert [one.id for one in again] == [last.id + 1, last.id + 2, last.id + 3]


def wait_for_nobody(served: Served) -> None:
    """Whoever listened is known to have left, and so are the threads that were theirs."""
    left = threading.Event()
    while served.topology.events.listeners:
        left.wait(0.02)
    assert not [one for one in threading.enumerate() if one.name == "mockpki events"]


def test_more_than_is_kept(served: Served, pki: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many requests it is told how many there were; whoever comes back too late is told, too."""
    monkeypatch.setattr("mockpki._serve.pump.EVENTS", 2)
    url = served.ask("GET", f"{pki}/crl")["url"]
    with listening(served.url) as stream:
        send(url, "GET")
        last = stream.read_until(has("request"))[-1]
    wait_for_nobody(served)
    for _ in range(3):
        send(url, "GET")
    with listening(served.url, headers={"Last-Event-ID": str(last.id)}) as stream:
        [lost] = stream.read_until(has("lost"))
    assert lost.data == {"pki": pki.rpartition("/")[2], "lost": 3}


def test_as_many_as_may_listen(served: Served) -> None:
    """One more is refused; those that go away without a word are noticed, and make room."""
    wait_for_nobody(served)
    address = urlsplit(served.url)
    asked = f"GET /v1/events HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    with contextlib.ExitStack() as ends:
        for _ in range(LISTENERS):
            one = ends.enter_context(socket.create_connection((address.hostname or "", address.port or 0)))
            one.sendall(asked)
            assert one.recv(15) == b"HTTP/1.1 200 OK"
        problem = served.refuse("GET", "/v1/events", status=409)
        assert problem["type"].endswith("limit-reached")
    wait_for_nobody(served)
    with listening(served.url):
        pass
    wait_for_nobody(served)


def test_the_end_of_a_server() -> None:
    """Streams end with it, after the last that there was to say."""
    with serving() as own, listening(own.url) as stream:
        own.make_pki()
        own.topology.close_all()
        assert [one.what for one in stream.read_rest()] == ["pki made", "pki closed"]


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30])
def test_what_is_no_id(served: Served, last: str) -> None:
    """It is refused, and takes no place."""
    wait_for_nobody(served)
    reply = served.send("GET", "/v1/events", headers={"Last-Event-ID": last})
    assert reply.status == 422
    assert b"Last-Event-ID is the id of an event" in reply.body
    served.refuse("GET", "/v1/events?pki=nobody", status=404)
    assert served.send("HEAD", "/v1/events").status == 200
    assert served.topology.events.listeners == 0
