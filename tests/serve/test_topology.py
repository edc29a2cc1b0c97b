"""The PKIs of a server: made, found, remembered, and apart from each other."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mockpki._clock import monotonic
from mockpki._serve.bodies import MakePki
from mockpki._serve.hosted import Hosted
from mockpki._serve.limits import REMEMBERED, Limits
from mockpki._serve.problem import Problem
from mockpki._serve.topology import Topology
from tests.kit.serving import Served, serving


def test_a_pki_is_found_by_id_and_name_until_it_is_closed(served: Served) -> None:
    """By either, in any case of the id's letters; then both are gone, and the name is free."""
    made = served.ask("POST", "/v1/pkis", {"name": "First"}, 201)
    for key in (made["id"], made["id"].upper(), "First"):
        assert served.ask("GET", f"/v1/pkis/{key}")["id"] == made["id"]
    assert made["id"] in made["cas"][0]["common_name"]
    near = served.refuse("GET", "/v1/pkis/Frist", status=404)
    assert near["suggestions"] == ["First"]
    served.ask("DELETE", "/v1/pkis/First", status=204)
    for key in (made["id"], made["id"].upper(), "First"):
        assert "was closed" in served.refuse("GET", f"/v1/pkis/{key}", status=410)["detail"]
    assert served.refuse("GET", "/v1/pkis/first", status=404)
    again = served.ask("POST", "/v1/pkis", {"name": "First"}, 201)
    assert again["id"] != made["id"]
    assert served.ask("GET", "/v1/pkis/First")["id"] == again["id"]
    served.ask("DELETE", "/v1/pkis/First", status=204)


def test_a_name_is_had_by_one(served: Served) -> None:
    """A second PKI of one name is refused, and so is one that is called as another's id."""
    made = served.ask("POST", "/v1/pkis", {"name": "one"}, 201)
    for name in ("one", made["id"]):
        problem = served.refuse("POST", "/v1/pkis", {"name": name}, 409)
        assert (problem["type"], problem["pointer"]) == ("/v1/problems#conflict", "/name")
    served.ask("DELETE", "/v1/pkis/one")


def test_where_making_fails_there_is_none(served: Served) -> None:
    """A body that is wrong anywhere makes nothing: its name stays free, and no port is kept."""
    for wrong, pointer in (
        ({"certificates": [{"identities": ["localhost"]}, {"identities": ["x y"]}]},
         "/certificates/1/identities/0"),
        ({"certificates": [{"identities": ["localhost"], "ca": "third"}]}, "/certificates/0/ca"),
        ({"certificates": [{"identities": ["localhost"], "status": "revoked", "reason": "boredom"}]},
         "/certificates/0/reason"),
        ({"ocsp": {"faults": ["NoNonce", "Stael"]}}, "/ocsp/faults/1"),
        ({"crl": {"faults": ["NoNonce"]}}, "/crl/faults"),
        ({"ca_issuers": {"script": [[], ["NoNonce"]]}}, "/ca_issuers/script"),
        ({"ocsp": {"sequence": {"sequence": "Mix"}}}, "/ocsp/sequence/alternatives"),
        ({"ocsp": {"sequence": {"sequence": "Mix", "alternatives": [[], ["x"]]}}},
         "/ocsp/sequence/alternatives/1/0"),
        ({"tls_servers": [{"certificates": ["web"]}]}, "/tls_servers/0/certificates/0"),
        ({"tls_servers": [{"issue": True, "staple": ["HttpStatus 503"]}]}, "/tls_servers/0/staple"),
        ({"ttl": "soon"}, "/ttl"),
        ({"ago": "-1d"}, "/ago"),
    ):  # fmt: skip
        problem = served.refuse("POST", "/v1/pkis", {"name": "half", **wrong})
        assert problem["pointer"] == pointer, problem
        assert served.refuse("GET", "/v1/pkis/half", status=404)
    assert len(served.topology) == 0
    served.ask("POST", "/v1/pkis", {"name": "half", "ocsp": {"faults": ["NoNonce"]}}, 201)
    served.ask("DELETE", "/v1/pkis/half")


def test_nobody_sees_a_pki_that_is_being_made() -> None:
    """Until all that was asked for is in it, it is not there; its name and its place are kept meanwhile."""
    topology = Topology(Limits(pkis=1))
    seen: list[str] = []

    def fill(hosted: Hosted) -> None:
        attempts: list[Callable[[], Hosted]] = [
            lambda: topology.find("new"),
            lambda: topology.make(MakePki(name="new")),
            lambda: topology.make(MakePki()),
        ]
        for attempt in attempts:
            with pytest.raises(Problem) as caught:
                attempt()
            seen.append(caught.value.kind)
        assert topology.open_pkis() == []

    hosted = topology.make(MakePki(name="new"), fill)
    assert seen == ["not-found", "limit-reached", "limit-reached"]
    assert topology.find("new") is hosted
    assert topology.close_all() == {"new": []}


def test_a_server_has_no_more_pkis_than_it_was_told() -> None:
    """The one too many is refused with the option's name; one that is closed makes room."""
    with serving(Limits(pkis=2)) as served:
        first, second = served.make_pki(), served.make_pki()
        problem = served.refuse("POST", "/v1/pkis", status=409)
        assert problem["type"] == "/v1/problems#limit-reached"
        assert "--max-pkis" in problem["detail"]
        served.ask("DELETE", first)
        third = served.make_pki()
        assert [one["id"] for one in served.ask("GET", "/v1/pkis")["pkis"]] == [
            path.rpartition("/")[2] for path in (second, third)
        ]


def test_callers_at_once_get_no_more_than_there_is() -> None:
    """Eight callers and three places: three PKIs are made, whoever comes first; of one name, one."""
    topology = Topology(Limits(pkis=3))
    start = threading.Barrier(8)

    def make(name: str | None) -> str:
        start.wait()
        try:
            return topology.make(MakePki(name=name)).id
        except Problem as problem:
            return problem.kind

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(make, [None] * 8))
        assert found.count("limit-reached") == 5
        assert len(topology) == 3
        for hosted in topology.open_pkis():
            topology.close(hosted)
        named = list(pool.map(make, ["same"] * 8))
    assert len(topology) == 1
    assert sum(kind in ("conflict", "limit-reached") for kind in named) == 7
    topology.close_all()


def test_a_time_to_live_ends_a_pki(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PKI that nobody closes is closed when its time is over: its own, or that of the server."""
    topology = Topology(Limits(ttl=timedelta(hours=1)))
    usual, own = topology.make(MakePki()), topology.make(MakePki(ttl="PT2H"))
    assert topology.open_pkis() == [usual, own]
    now = monotonic()
    monkeypatch.setattr("mockpki._serve.topology.monotonic", lambda: now + 3600)
    assert topology.open_pkis() == [own]
    assert usual.closed.is_set()
    with pytest.raises(Problem, match="was closed"):
        topology.find(usual.id)
    topology.close_all()


def test_the_last_thousand_are_remembered() -> None:
    """Of so many that were closed it is known that they were; of those before, nothing."""
    topology = Topology(Limits())
    topology._gone.update({f"{number:08x}": None for number in range(REMEMBERED)})
    topology.close(topology.make(MakePki()))
    kinds = []
    for key in ("00000000", "00000001"):
        with pytest.raises(Problem) as caught:
            topology.find(key)
        kinds.append(caught.value.kind)
    assert kinds == ["not-found", "gone"]


def test_an_ending_server_makes_no_more() -> None:
    """What is being made while all is closed is closed, too, and nothing is left."""
    topology = Topology(Limits())

    def end(hosted: Hosted) -> None:
        topology.close_all()

    with pytest.raises(Problem, match="this server is ending"):
        topology.make(MakePki(), end)
    with pytest.raises(Problem, match="this server is ending"):
        topology.make(MakePki())
    assert len(topology) == 0


def test_what_a_pki_has_to_say_is_said_at_its_end(served: Served) -> None:
    """A script that was not used up: 200 with the sentence, once; nothing to say is 204."""
    pki = served.make_pki(ocsp={"script": [["HttpStatus 503"]]})
    said = served.ask("DELETE", pki, status=200)
    assert len(said["problems"]) == 1
    assert "was not used up" in said["problems"][0]
    served.refuse("DELETE", pki, status=410)
    served.ask("DELETE", served.make_pki(), status=204)
