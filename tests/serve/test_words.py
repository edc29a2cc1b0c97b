"""What Python's functions say to a call is said in the words of calls, and leads to the field."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mockpki import SharedPort
from mockpki._serve.limits import Limits
from mockpki._serve.reach import Reach
from mockpki._serve.words import say_in_calls
from tests.kit.asking import send
from tests.kit.serving import Served, serving

WEB = {"certificates": ["web"]}
SAID: list[tuple[str, str, Any, str | None, str]] = [
    ("PUT", "/ocsp/script", {"answers": [["Refused"]]}, "/answers", "PUT .../faults has it for all requests"),
    ("PUT", "/crl/sequence", {"sequence": "EveryNth", "n": 2, "faults": ["Refused"]}, None,
     "PUT .../faults has it for all requests"),
    ("PUT", "/ocsp/faults/web", {"faults": ["SlowAccept by=5s"]}, "/faults",
     "set it for all requests, or use Reset or Slow"),
    ("PUT", "/crl/sequence", {"sequence": "Mix", "alternatives": [["Hang"]]}, None,
     'Mix needs two alternatives or more, such as {"alternatives": [[], ["TryLater"]]}'),
    ("PUT", "/crl/sequence", {"sequence": "EveryNth", "n": 0, "faults": ["Hang"]}, "/n",
     "n= of EveryNth takes a whole number, 1 or more; got 0"),
    ("POST", "/certificates/web/revoke", {"reason": "remove_from_crl"}, "/reason",
     "to take a certificate off hold, POST .../release"),
    ("POST", "/cas/ca/revoke", {"serial_numbers": ["5"], "reason": "stolen"}, "/reason",
     "'stolen' is no revocation reason"),
    ("POST", "/crl/make", {"delta": True}, None,
     'a way to publish for this, such as {"publishes": "lets-encrypt"}'),
    ("PUT", "/clock", {"offset": "9999999d"}, "/offset",
     "offset moves this clock out of the years 1950 to 9000"),
    ("POST", "/clock/shift", {"by": "9999999d"}, "/by", "by moves this clock out of the years 1950 to 9000"),
    ("GET", "/crlite/check/root", None, None, "<CA mockpki root"),
    ("POST", "/crlite/publish", {"coverage_ends": "2099-01-01T00:00:00Z"}, "/coverage_ends",
     "is still to come; for a filter that claims more than it knows use Coverage"),
    ("POST", "/certificates", {"identities": ["a"], "common_name": "x" * 65}, "/common_name",
     "common_name= takes at most 64 octets of UTF-8"),
    ("POST", "/certificates", {"identities": ["a", "b c"]}, "/identities/1", "'b c' is no host name"),
    ("POST", "/certificates", {"identities": ["a"], "key": "x", "csr": "y"}, "/csr",
     "csr= brings a key of its own; leave key= out"),
    ("POST", "/certificates", {"identities": ["a"], "logged": False, "logged_at": "2020-01-02T03:04:05Z"},
     "/logged_at", "logged_at=2020-01-02T03:04:05Z is the time of SCTs"),
    ("POST", "/certificates", {"identities": ["a"], "extensions": [{"oid": "1.x", "value": ""}]},
     "/extensions/0/oid", "oid takes numbers with dots between them, such as '1.3.6.1.5.5.7.1.24'; got"),
    ("POST", "/certificates/web/revoke", {"at": "0001-01-01T00:00:00+05:00"}, "/at",
     "at= takes a time, or null; got 0001-01-01T00:00:00+05:00, which is out of the calendar's range"),
    ("GET", "/roots.p12?password=", None, None,
     'in the query, password takes a text of 1 or more characters; got ""'),
    ("POST", "/tls_servers", {**WEB, "staple": {"policy": "nginx", "timeout": "-5s"}}, "/staple",
     "timeout= of StaplePolicy takes a duration from PT0S to P10000D, such as PT30S; got -PT5S"),
    ("POST", "/cas", {"ca_issuers_urls": ["http://a.example", "\N{SNOWMAN}"]}, "/ca_issuers_urls/1",
     "is not ASCII"),
    ("POST", "/tls_servers", {}, "/certificates", "certificates is missing: give one or more by their ids"),
    ("POST", "/tls_servers", {**WEB, "alpn": ["h2"]}, "/alpn",
     "add 'http/1.1', or give forward_to= for the protocol"),
    ("POST", "/tls_servers", {**WEB, "forward_to": "192.0.2.1:1"}, "/forward_to",
     "leads nowhere that this server may reach"),
    ("POST", "/ocsp/make", {"certificate": "web", "hash_algorithm": "md5"}, "/hash_algorithm",
     "hash_algorithm='md5' is no hash for a CertID here"),
]  # fmt: skip
PYTHON = re.compile(r"\b(faults|pki|datetime)\.|\b[A-Za-z_]+\(\)|\bPKI\(|services=|may_reach|leaf=")


@pytest.fixture(scope="module")
def pki() -> Iterator[tuple[Served, str]]:
    """A server that reaches loopback alone, and the path of a PKI with a certificate and a filter."""
    with serving(may_reach=Reach()) as served:
        path = served.make_pki(logged=True, certificates=[{"name": "web", "identities": ["localhost"]}])
        served.ask("POST", f"{path}/crlite/publish")
        yield served, path


@pytest.mark.parametrize(("method", "path", "body", "pointer", "said"), SAID)
def test_a_refusal_is_for_whoever_calls(
    pki: tuple[Served, str], method: str, path: str, body: Any, pointer: str | None, said: str
) -> None:
    """It says how a call is mended, and where, and nothing of a function that nobody called."""
    served, at = pki
    problem = served.refuse(method, f"{at}{path}", body)
    assert said in problem["detail"]
    assert problem.get("pointer") == pointer, problem
    assert not PYTHON.search(problem["detail"]), problem


def test_the_way_out_is_an_option_of_the_server() -> None:
    """Where it is the server that would have to be started otherwise, that is said."""
    with SharedPort() as shared, serving(Limits(journal=1), services=shared) as served:
        at = served.make_pki(certificates=[{"name": "web", "identities": ["localhost"]}])
        problem = served.refuse("PUT", f"{at}/ocsp/faults", {"faults": ["Refused"]})
        assert "start the server without --services-port, which gives it one" in problem["detail"]
        assert not PYTHON.search(problem["detail"]), problem
    with serving(Limits(journal=1)) as served:
        problem = served.refuse("POST", "/v1/pkis", {"advertise": "http://a.example:1"})
        assert "or start the server with --services-port" in problem["detail"]
        assert problem["pointer"] == "/advertise"
        at = served.make_pki(logged=True)
        for _ in range(2):
            send(f"{served.ask('GET', at)['crlite_url']}manifest.json")
        asked = {"file": "manifest.json", "times": 1}
        problem = served.refuse("POST", f"{at}/crlite/assert_asked", asked, 409)
        assert "start the server with a higher --journal" in problem["detail"]


def test_times_and_durations_are_those_of_calls() -> None:
    """RFC 3339 and ISO 8601, however Python writes them; all else stays as it is."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert say_in_calls(f"at={moment!r} is late") == "at=2026-01-02T03:04:05Z is late"
    early = datetime(1, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=5)))
    assert say_in_calls(f"got {early!r}, which") == "got 0001-01-01T00:00:00+05:00, which"
    west = datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-5)))
    assert say_in_calls(f"got {west!r}") == "got 2026-01-02T00:00:00-05:00"
    for by, written in ((timedelta(), "PT0S"), (timedelta(days=-1, seconds=5), "-PT23H59M55S")):
        assert say_in_calls(f"by={by!r} and {timedelta(days=3)!r}") == f"by={written} and P3D"
    for sentence in (
        "by= of Stale takes a duration",
        "'faults' is fine",
        "no CA is called 'pki' here",
        "timedelta(days=99999999999999999999) and timedelta(years=1)",
        f"timedelta(days={'9' * 5000})",
        "datetime.datetime(0, 0, 0, 0, 0, tzinfo=datetime.timezone.utc)",
        "datetime.datetime(, tzinfo=datetime.timezone.utc)",
        "datetime.datetime(1, 1, tzinfo=datetime.timezone.utc)",
        "datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone(P9D))",
    ):
        assert say_in_calls(sentence) == sentence
