"""The whole table of scenarios by calls: clients that know of Python nothing, each judged as in Python."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import pytest

from mockpki import relying_party
from mockpki.scenarios import TABLE, judge
from tests.kit.probes import run_reference
from tests.kit.programs import need, run
from tests.kit.serving import Served
from tests.kit.tls_clients import curl_with_openssl
from tests.kit.visitors import visit

Target = Mapping[str, Any]
Client = Callable[[Target], tuple[bool | None, str]]
ALL = {one.name: one for one in TABLE}
WITHOUT_FILTERS = [one.name for one in TABLE if one.crlite is None]
SOURCES: tuple[relying_party.Source, ...] = ("CRLite", "staple", "OCSP", "CRL")
AT_ONCE = 8


@contextmanager
def several_pkis(served: Served) -> Iterator[SimpleQueue[str]]:
    """One for each client that runs at once."""
    free: SimpleQueue[str] = SimpleQueue()
    for _ in range(AT_ONCE):
        free.put(served.make_pki())
    yield free
    for _ in range(AT_ONCE):
        served.ask("DELETE", free.get(), status=204)


def go_through(
    served: Served, names: list[str], policy: Any, client: Client, given: Sequence[str] = ("url", "ca_file")
) -> dict[str, Any]:
    """What *client* is told at the end of each scenario, by its name; it uses what it is *given*."""

    def perform(name: str) -> Any:
        pki = free.get()
        try:
            stage = served.ask("POST", f"{pki}/stages", asked | {"scenario": name}, 201)
            answer = {"next": stage["target"]}
            while answer["next"] is not None:
                accepted, words = client(answer["next"])
                answer = served.ask(
                    "POST", f"{pki}/stages/{stage['id']}/visits", {"accepted": accepted, "detail": words}
                )
            return {**answer, "expected": stage["expected"]}
        finally:
            free.put(pki)

    asked = {"policy": policy, "given": given}
    with several_pkis(served) as free, ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(perform, names), strict=True))


def curl(target: Target, *options: str) -> tuple[bool, str]:
    """One request by curl, which is told the URL and the root."""
    command = ("-sS", "--noproxy", "*", "--cacert", target["ca_file"], *options, target["url"])
    ended = run(need("curl"), *command, timeout=30)
    return ended.returncode == 0, f"exit status {ended.returncode}: {ended.stderr.strip()}"


def test_curl_goes_through_all(served: Served) -> None:
    """With --cert-status it keeps the policy staple-required, wherever it is sent."""
    curl_with_openssl()
    ends = go_through(
        served, WITHOUT_FILTERS, "staple-required", lambda target: curl(target, "--cert-status")
    )
    assert {name: end["message"] for name, end in ends.items() if not end["ok"]} == {}
    assert {end["expected"] for end in ends.values()} == {"accept", "reject", "either"}


def test_each_is_judged_as_in_python(served: Served) -> None:
    """The reference client, which gets the target and nothing else, under a policy with all four sources."""

    policy = replace(relying_party.RFC5280, sources=SOURCES)
    patient = replace(policy, timeout=timedelta(seconds=3))

    def connect(target: Target) -> tuple[bool, str]:
        try:
            verdict = visit(target, patient, timeout=timedelta(seconds=30), crlite=target["crlite_url"])
        except OSError as error:
            return False, str(error)
        return verdict.accepted, ""

    ends = go_through(
        served, list(ALL), {"policy": "rfc5280", "sources": list(SOURCES)}, connect, ["crlite_url"]
    )
    for one in run_reference(policy, "*"):
        ours = judge(one.scenario, one.scenario.expected(policy), one.outcome, one.seen)
        end = ends[one.scenario.name]
        assert (end["ok"], end["message"].splitlines()[:3]) == (ours.ok, str(ours).splitlines()[:3])
    assert all(end["ok"] for end in ends.values())


def test_a_client_that_asks_nobody(served: Served) -> None:
    """It is failed where the policy demands that it rejects, and nowhere else."""
    ends = go_through(
        served, WITHOUT_FILTERS, "hard-fail", lambda target: (visit(target, "no-check").accepted, "")
    )
    wrong = {name: end["message"].splitlines()[0] for name, end in ends.items() if not end["ok"]}
    demanding = {name for name, end in ends.items() if end["expected"] == "reject"}
    # Without the certificate in between it rejects; whoever resumes no session has seen that certificate, and
    # had to reject it.
    assert set(wrong) == demanding - {"intermediate-not-sent"} | {"session-revoked-since"}
    for sentence in wrong.values():
        assert "the policy demands reject, and the client did accept" in sentence


@pytest.mark.parametrize(
    ("client", "sentence"),
    [
        (
            lambda target: curl(target, "--insecure"),
            "it accepts a certificate by a CA that it does not trust",
        ),
        (lambda target: (True, str(visit(target, "no-check"))), "and yet it completed no TLS handshake"),
    ],
)
def test_a_client_that_accepts_always(served: Served, client: Client, sentence: str) -> None:
    """Who trusts anybody, or hides what came of it, is judged nowhere, and told so in the same sentence."""
    ends = go_through(served, [*WITHOUT_FILTERS[::8], "intermediate-not-sent"], "hard-fail", client)
    assert {end["expected"] for end in ends.values()} >= {"accept", "reject"}
    assert {end["ok"] for end in ends.values()} == {False}
    (said,) = {end["message"].splitlines()[0] for end in ends.values()}
    assert said.startswith("not judged: ")
    assert sentence in said


def test_a_client_that_never_comes(served: Served) -> None:
    """Whatever it says, it is failed everywhere, and told why."""
    says = itertools.cycle([True, False])
    ends = go_through(served, list(ALL), "hard-fail", lambda target: (next(says), ""))
    assert {end["ok"] for end in ends.values()} == {False}
    assert all("the client never came" in end["message"] for end in ends.values())
