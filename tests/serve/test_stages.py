"""Stages by calls: a scenario for a client that knows nothing of Python, and the judgement on it."""

import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from mockpki import SharedPort
from mockpki.relying_party import Status
from mockpki.scenarios import POLICIES, TABLE
from mockpki.scenarios.clients._stranger import STRANGER
from tests.kit.broken_clients import trusts_anybody
from tests.kit.serving import Served, serving
from tests.kit.visitors import keep, visit

Client = Callable[[dict[str, Any]], bool | None]


def perform(served: Served, pki: str, scenario: str, client: Client, policy: Any = "hard-fail") -> Any:
    """What comes of *client* in *scenario*: the answer to its last visit, and how often it came."""
    stage = served.ask("POST", f"{pki}/stages", {"scenario": scenario, "policy": policy}, 201)
    target, visits = stage["target"], 0
    while target is not None:
        visits += 1
        said = {"accepted": client(target), "detail": "words of its own"}
        answer = served.ask("POST", f"{pki}/stages/{stage['id']}/visits", said)
        assert (answer["next"] is None) is (answer["ok"] is not None)
        target = answer["next"]
    assert served.ask("GET", f"{pki}/stages/{stage['id']}") == {
        **stage, "target": None, "ok": answer["ok"], "message": answer["message"],
    }  # fmt: skip
    return answer | {"visits": visits}


@pytest.mark.parametrize(
    ("scenario", "visits"),
    [
        ("control", 1),
        ("ocsp-revoked", 1),
        ("crl-stale", 1),
        ("ocsp-revoked-since", 2),
        ("crl-number-back", 2),
    ],
)
def test_a_client_that_keeps_its_policy(served: Served, pki: str, scenario: str, visits: int) -> None:
    """It goes where it is sent, as often as it is sent, at first to a stranger, too, and is judged."""
    for number in range(2):
        end = perform(served, pki, scenario, keep("hard-fail"))
        stranger = 1 if number == 0 or scenario == "control" else 0
        assert (end["ok"], end["visits"]) == (True, visits + stranger), end["message"]
        assert "words of its own" in end["message"]
        assert STRANGER.sentence not in end["message"]


def believe(target: dict[str, Any]) -> bool:
    """Trusts anybody, and completes whatever handshake."""
    trusts_anybody(target["host"], target["port"], target["ca_file"])
    return True


def look_it_up(target: dict[str, Any]) -> bool:
    """The same, and rejects what is revoked: a revocation that it knows of is no trust."""
    return believe(target) and visit(target, "hard-fail").status is not Status.REVOKED


def hide_errors(target: dict[str, Any]) -> bool:
    """Accepts, whatever its connection came to."""
    return bool(visit(target, "no-check"))


ACCEPTS = (
    "not judged: it accepts a certificate by a CA that it does not trust; have it verify the chain, by "
    "{ca_file} alone: who verifies nothing accepts what is revoked, too, and has kept no policy by what it "
    "accepts"
)
HIDES = (
    "not judged: it accepted a certificate by a CA that it does not trust, and yet it completed no TLS "
    "handshake (alert unknown_ca): its verdict is read wrongly, or it hides its errors; let it fail where "
    "its connection does"
)
MISPLACED = [
    ("control", "hard-fail", believe, ACCEPTS),
    ("ocsp-good", "hard-fail", believe, ACCEPTS),
    ("ocsp-revoked", "hard-fail", believe, ACCEPTS),
    ("ocsp-revoked", "no-check", believe, ACCEPTS),
    ("ocsp-revoked", "hard-fail", look_it_up, ACCEPTS),
    ("ocsp-revoked-since", "hard-fail", look_it_up, ACCEPTS),
    ("intermediate-good", "no-check", hide_errors, HIDES),
    ("control", "no-check", hide_errors, HIDES),
]


@pytest.mark.parametrize(("scenario", "policy", "client", "sentence"), MISPLACED)
def test_a_client_that_trusts_anybody(
    served: Served, pki: str, scenario: str, policy: str, client: Client, sentence: str
) -> None:
    """It is not judged, whatever it does in a scenario, and told so each time; its twin there is."""
    for _ in range(2):
        end = perform(served, pki, scenario, client, policy)
        first, staged, expected = end["message"].splitlines()[:3]
        assert (end["ok"], first, staged) == (False, sentence, f"staged:   {STRANGER.sentence}")
        assert expected == "expected: reject, before anything is judged"
    twin = perform(served, pki, scenario, keep(policy), policy)
    assert twin["ok"], twin["message"]
    if scenario == "control":
        # Who begins with it is tried again, whoever was there before.
        assert perform(served, pki, scenario, client, policy)["ok"] is False


def test_who_is_known_again(served: Served, pki: str) -> None:
    """A client goes to a stranger once in a PKI, by its policy and what it is given; after a reset, again."""

    def count(policy: str, given: list[str] | None) -> int:
        asked = {"scenario": "ocsp-good", "policy": policy, "given": given}
        target, visits = served.ask("POST", f"{pki}/stages", asked, 201)["target"], 0
        here = f"{pki}/stages/{served.ask('GET', f'{pki}/stages')['stages'][-1]['id']}/visits"
        while target is not None:
            visits += 1
            answer = served.ask("POST", here, {"accepted": keep(policy)(target)})
            target = answer["next"]
        assert answer["ok"], answer["message"]
        return visits

    files = ["url", "ca_file"]
    told = [("hard-fail", None), ("hard-fail", files), ("soft-fail", files), ("hard-fail", files[::-1])]
    assert [count(*one) for one in told] == [2, 2, 2, 1]
    served.ask("POST", f"{pki}/reset", status=204)
    assert count(*told[0]) == 2


def test_where_a_stranger_is() -> None:
    """Where clients of that PKI can go: by the same port, address and time, with the trust that they had."""
    with socket.socket() as free, SharedPort() as shared:
        free.bind(("127.0.0.1", 0))
        ports = [free.getsockname()[1]]
        free.close()
        with serving(services=shared, tls_ports=ports) as served:
            pki = served.make_pki(advertise="http://localhost:9/base", clock="P900D")
            stage = served.ask("POST", f"{pki}/stages", {"scenario": "crl-good", "policy": "no-check"}, 201)
            own = stage["target"]
            certificates = [read_certificate(own)]
            other = served.ask("POST", f"{pki}/stages/{stage['id']}/visits", {"accepted": True})["next"]
            certificates.append(read_certificate(other))
    same = ("ca_file", "ca_pem", "cert_file", "issuer_file", "host", "port", "server_name")
    assert [own[name] for name in same] == [other[name] for name in same]
    assert own["crl_url"] != other["crl_url"]
    for target in (own, other):
        assert target["crl_url"].startswith("http://localhost:9/base/")
    home, abroad = certificates
    assert home.issuer != abroad.issuer
    assert abs(home.not_valid_before_utc - abroad.not_valid_before_utc) < timedelta(days=1)


def read_certificate(target: dict[str, Any]) -> x509.Certificate:
    """That of the server there."""
    pem = ssl.get_server_certificate((target["host"], target["port"]), timeout=10)
    return x509.load_pem_x509_certificate(pem.encode())


@pytest.mark.parametrize(
    ("scenario", "client", "why"),
    [
        ("ocsp-revoked", lambda target: False, "the client never came"),
        ("ocsp-good", lambda target: True, "the client never came"),
        ("control", lambda target: True, "not judged: the client never came"),
        ("ocsp-revoked", keep("no-check"), "the policy demands reject, and the client did accept"),
        ("ocsp-good", lambda target: keep("no-check")(target) and False, "demands accept"),
        ("crl-revoked", lambda target: keep("no-check")(target) and False, "without having looked"),
        ("ocsp-good", lambda target: keep("hard-fail")(target) and None, "came to no verdict"),
        ("control", lambda target: keep("no-check")(target) and False, "not judged: "),
    ],
)
def test_a_client_that_does_not(served: Served, pki: str, scenario: str, client: Client, why: str) -> None:
    """A verdict alone is not trusted, and what is wrong is said in a sentence."""
    end = perform(served, pki, scenario, client)
    assert end["ok"] is False
    assert why in end["message"]
    assert "seen:" in end["message"]


def test_what_a_client_is_given_counts(served: Served, pki: str) -> None:
    """Nobody sees who looks into a file of CRLs; and what is not given is not made."""
    given = ["url", "ca_file", "crl_file"]
    for said, ok in ((given, True), (["url", "ca_file"], False)):
        stage = served.ask(
            "POST", f"{pki}/stages", {"scenario": "crl-revoked", "policy": "hard-fail", "given": said}
        )
        target = stage["target"]
        assert (bool(target["crl_file"]), target["p12_file"], target["crlite_url"]) == (ok, "", "")
        keep("no-check")(target)
        for _ in range(2):  # it rejects the stranger, too
            end = served.ask("POST", f"{pki}/stages/{stage['id']}/visits", {"accepted": False})
        assert end["ok"] is ok
    said = served.refuse("POST", f"{pki}/stages", {"scenario": "crl-good", "given": ["ca_fiel"]})
    assert "ca_file" in said["detail"]


def are_open(target: dict[str, Any]) -> set[bool]:
    """Whether the ports of a stage take connections: those of its server, its responder and its CRLs."""
    ports = {target["port"], *(urlsplit(target[url]).port for url in ("ocsp_url", "crl_url") if target[url])}
    with ExitStack() as ends:
        sockets = [ends.enter_context(socket.socket()) for _ in ports]
        tried = zip(sockets, ports, strict=True)
        return {one.connect_ex((target["host"], port)) == 0 for one, port in tried}


def test_one_stage_after_the_other(served: Served, pki: str) -> None:
    """While one is on there is no other, and what is over takes no visits, and no ports."""
    for scenario in ("crl-indirect-revoked", "crl-key-rolled", "intermediate-good", "crlite-revoked"):
        stage = served.ask("POST", f"{pki}/stages", {"scenario": scenario}, 201)
        here = f"{pki}/stages/{stage['id']}"
        assert are_open(stage["target"]) == {True}
        said = served.refuse("POST", f"{pki}/stages", {"scenario": "ocsp-good"}, 409)
        assert f"the stage {stage['id']} is on" in said["detail"]
        other = served.ask("POST", f"{here}/visits", {"accepted": False})["next"]
        if other is not None:  # the stranger, who is on beside it
            assert are_open(other) == are_open(stage["target"]) == {True}
            served.ask("POST", f"{here}/visits", {"accepted": False})
            assert are_open(other) == {False}
        assert are_open(stage["target"]) == {False}
        assert "is over" in served.refuse("POST", f"{here}/visits", {"accepted": False}, 409)["detail"]
    left = served.ask("POST", f"{pki}/stages", {"scenario": "ocsp-good"}, 201)
    listed = served.ask("GET", f"{pki}/stages")["stages"]
    assert [bool(one["target"]) for one in listed] == [False] * 4 + [True]
    served.ask("DELETE", f"{pki}/stages/{left['id']}", status=204)
    served.refuse("GET", f"{pki}/stages/{left['id']}", status=404)
    assert are_open(left["target"]) == {False}


def test_a_pki_that_is_closed_ends_its_stage(served: Served) -> None:
    """Whoever leaves in the middle leaves nothing behind."""
    path = served.make_pki()
    target = served.ask("POST", f"{path}/stages", {"scenario": "ocsp-revoked-since"}, 201)["target"]
    assert are_open(target) == {True}
    served.ask("DELETE", path, status=204)
    assert are_open(target) == {False}


def test_many_that_are_over_are_not_kept(served: Served, pki: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten, so that there is room for the next."""
    monkeypatch.setattr("mockpki._serve.stages.SERVERS", 2)
    for _ in range(4):
        stage = served.ask("POST", f"{pki}/stages", {"scenario": "no-sources"}, 201)
        served.ask("POST", f"{pki}/stages/{stage['id']}/visits", {"accepted": None})
    listed = served.ask("GET", f"{pki}/stages")["stages"]
    assert [one["id"] for one in listed][-1] == stage["id"]
    assert len(listed) == 2


WRONG = [
    ({"scenario": "ocsp-revokd"}, 422, "ocsp-revoked"),
    ({"scenario": "ocsp-good", "policy": "hard-fale"}, 422, "hard-fail"),
    ({"scenario": "ocsp-good", "policy": "hard-fail,hole_chain=no"}, 422, "whole_chain"),
    ({"scenario": "ocsp-good", "policy": {"policy": "hard-fail", "hole_chain": False}}, 422, "whole_chain"),
    ({"scenario": "ocsp-good", "policy": {"policy": "hard-fail", "whole_chain": "no"}}, 422, "true or false"),
    ({"scenario": "ocsp-good", "policy": {"policy": "hard-fail", "sources": ["OSCP"]}}, 422, "'OCSP'"),
    ({"scenario": "ocsp-good", "policy": {"whole_chain": True}}, 422, "policy takes a text"),
    ({"scenario": "ocsp-good", "polcy": "hard-fail"}, 422, "policy"),
    ({}, 422, "scenario"),
]


def test_what_makes_no_stage(served: Served, pki: str) -> None:
    """Each mistake is told with the way out, and leaves no stage."""
    for body, status, word in WRONG:
        assert word in served.refuse("POST", f"{pki}/stages", body, status)["detail"], body
    stage = served.ask("POST", f"{pki}/stages", {"scenario": "ocsp-good"}, 201)
    served.refuse("POST", f"{pki}/stages/{stage['id']}/visits", {})
    served.refuse("POST", f"{pki}/stages/{stage['id']}/visits", {"accepted": "yes"})


@pytest.mark.parametrize(
    ("policy", "expected", "why"),
    [
        ("soft-fail", "accept", "OCSP: "),
        ("soft-fail,hard_fail=yes", "reject", "the policy is hard-fail"),
        ({"policy": "soft-fail", "hard_fail": True}, "reject", "the policy is hard-fail"),
        ({"policy": "hard-fail", "sources": []}, "accept", "checks nothing"),
        ({"policy": "hard-fail", "sources": ["CRL"], "timeout": "PT1S"}, "accept", "there is none"),
    ],
)
def test_policies_are_varied(served: Served, pki: str, policy: Any, expected: str, why: str) -> None:
    """A name, and fields that differ, as a text or as an object."""
    stage = served.ask("POST", f"{pki}/stages", {"scenario": "ocsp-stale", "policy": policy}, 201)
    assert (stage["expected"], stage["policy"]) == (expected, policy)
    assert why in stage["why"]


def test_the_scenarios(served: Served) -> None:
    """All of them with what each policy demands, as in Python; or those for one policy."""
    listed = served.ask("GET", "/v1/scenarios")
    assert listed["control"]["name"] == "control"
    for shown, one in zip(listed["scenarios"], TABLE, strict=True):
        assert (shown["name"], shown["sentence"]) == (one.name, one.sentence)
        assert shown["expected"] == {
            name: {"verdict": str(one.expected(policy).verdict), "why": one.expected(policy).reason}
            for name, policy in POLICIES.items()
        }
    some = served.ask("GET", "/v1/scenarios?policy=jdk")["scenarios"]
    assert [one["name"] for one in some] == [one.name for one in TABLE if one.crlite is None]
    assert all(list(one["expected"]) == ["jdk"] for one in some)
    filters = served.ask("GET", "/v1/scenarios?policy=soft-fail,sources=CRLite")["scenarios"]
    assert len(filters) == len(TABLE)
    assert "soft-fail" in served.refuse("GET", "/v1/scenarios?policy=soft-fale")["detail"]
