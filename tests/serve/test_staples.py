"""Staples by calls: each is shown in the form in which it was given."""

import base64
from typing import Any

import pytest

from mockpki._catalogue.data import from_data
from tests.kit.serving import Served
from tests.kit.visitors import visit


def start(served: Served, pki: str, staple: Any) -> Any:
    """A TLS server that staples so."""
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"]}, 201)["id"]
    return served.ask("POST", f"{pki}/tls_servers", {"certificates": [leaf], "staple": staple}, 201)


DER = base64.b64encode(b"no staple at all").decode()
POLICY = {"policy": "apache", "timeout": "2s", "refresh": {"by": "PT1H"}, "staple": ["good", "revoked"]}


@pytest.mark.parametrize(
    ("given", "shown", "accepted"),
    [
        ("honest", "honest", True),
        ([], "honest", True),
        ({"faults": []}, "honest", True),
        ("none", "none", False),
        (None, "none", False),
        ({"der": DER}, {"der": DER}, False),
        ({"policy": "apache"}, {"policy": "apache"}, True),
        (POLICY, POLICY, True),
    ],
)
def test_a_staple_is_shown_as_it_was_given(
    served: Served, pki: str, given: Any, shown: Any, accepted: bool
) -> None:
    """At the start and when it is replaced; and what is shown can be given again."""
    server = start(served, pki, given)
    path = f"{pki}/tls_servers/{server['id']}"
    client = {**server, "ca_pem": served.ask("GET", pki)["ca_pem"]}
    for staple in (given, shown):
        assert served.ask("PUT", f"{path}/staple", {"staple": staple})["staple"] == shown
        assert server["staple"] == served.ask("GET", path)["staple"] == shown
        assert visit(client, "staple-required").accepted is accepted


def test_faults_are_objects_with_their_text(served: Served, pki: str) -> None:
    """Given as a text or an object, in a list or behind `faults`, they are shown in one way."""
    shown = []
    for given in (["Stale by=1d"], {"faults": [{"fault": "Stale", "by": "P1D"}]}):
        shown.append(start(served, pki, given)["staple"])
    assert shown[0] == shown[1]
    [one] = shown[0]
    assert from_data(one["text"]) == from_data({"fault": "Stale", "by": "24h"})


WRONG = [
    ("onest", "/staple", "staple takes"),
    (5, "/staple", "staple takes"),
    ({"der": "%"}, "/staple", "base64"),
    ({"der": DER, "policy": "nginx", "more": 1}, "/staple/der", "no field 'der'"),
    ({"policy": "ngnix"}, "/staple", "nginx"),
    ({"policy": "nginx", "tiemout": "2s"}, "/staple/tiemout", "did you mean 'timeout'?"),
    ({"policy": "nginx", "timeout": 2}, "/staple/timeout", "takes a duration"),
    ({"policy": "nginx", "timeout": "0s"}, "/staple", "cannot be as short"),
    ({"policy": "nginx", "refresh": {"half": 1}}, "/staple/refresh", "has no parameter 'half'"),
    (["Stael"], "/staple/0", "Stale"),
    ({"faults": ["Stale by=2d", "Stale bye=2d"]}, "/staple/faults/1", "by"),
    (["NoEntry"], "/staple", "NoEntry"),
]


@pytest.mark.parametrize(("given", "pointer", "words"), WRONG)
def test_what_is_no_staple(served: Served, pki: str, given: Any, pointer: str, words: str) -> None:
    """It is told where, and what there is instead; and the server keeps the staple that it had."""
    server = start(served, pki, "none")
    path = f"{pki}/tls_servers/{server['id']}"
    problem = served.refuse("PUT", f"{path}/staple", {"staple": given})
    assert words in problem["detail"]
    assert problem.get("pointer", "/staple") == pointer
    assert served.ask("GET", path)["staple"] == "none"
