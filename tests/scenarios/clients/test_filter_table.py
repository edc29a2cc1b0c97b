"""The scenarios of filters: what each policy does in them, and that the reference client does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from mockpki import PKI, relying_party, scenarios
from mockpki.relying_party import HARD_FAIL, NAMED, NO_CHECK, SOFT_FAIL, STAPLE_REQUIRED, Policy
from mockpki.scenarios import FilterOffer, Offer, Says, Scenario
from mockpki.scenarios.clients._filter_table import FILTERS
from tests.kit.reference_client import by_name, careless, reference

ENFORCE = replace(SOFT_FAIL, sources=("CRLite", "staple", "OCSP"))
CONFIRM = replace(ENFORCE, filter_confirms=True)
POLICIES = {
    "no-check": NO_CHECK,
    "soft-fail": SOFT_FAIL,
    "hard-fail": HARD_FAIL,
    "staple-required": STAPLE_REQUIRED,
    "enforce": ENFORCE,
    "confirm": CONFIRM,
    "filters alone": replace(HARD_FAIL, sources=("CRLite",)),
    "somebody must tell": Policy(sources=("CRLite",), hard_fail=True, whole_chain=False),
    "what came must be usable": replace(ENFORCE, sources=("CRLite",), unusable_rejects=True),
    "OCSP first": replace(HARD_FAIL, sources=("OCSP", "CRLite")),
    "CRLs are no confirmation": replace(CONFIRM, sources=("CRLite", "CRL", "OCSP"), hard_fail=True),
}
VERDICTS = {
    # In the order of the policies above.
    "crlite-good": "+++-+++++++",
    "crlite-revoked": "+++-------" + "-",
    "crlite-delta-revoked": "+++-------" + "-",
    "crlite-not-covered": "+-----+-+--",
    "crlite-not-enrolled": "+-----+-+--",
    "crlite-lagging": "+---+++++-+",
    "crlite-false-positive": "+++--+---++",
    "crlite-corrupt": "+----------",
}


def test_the_eight() -> None:
    """All scenarios of filters are in the table, and in this one of their verdicts."""
    assert [one.name for one in scenarios.matching("crlite-*")] == [one.name for one in FILTERS]
    assert [*VERDICTS] == [one.name for one in FILTERS]
    assert all(one.crlite is not None for one in FILTERS)
    assert [one.name for one in scenarios.TABLE if one.crlite is not None] == [*VERDICTS]


@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts(name: str) -> None:
    """What each policy demands, written out by hand, is demanded and done by the reference client."""
    scenario = by_name(name)
    found = [scenario.expected(policy) for policy in POLICIES.values()]
    assert "".join({"accept": "+", "reject": "-"}[one.verdict] for one in found) == VERDICTS[name]
    cases = [case for policy in POLICIES.values() for case in scenarios.cases(policy, only=name)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda case: case.check(reference(case.policy)), cases))


def test_one_pki_in_any_order() -> None:
    """One PKI stages them all, forwards and backwards, and what filters said before changes nothing."""
    with PKI() as pki:
        for case in (
            *scenarios.cases(CONFIRM, only="crlite-*"),
            *scenarios.cases(ENFORCE, only="crlite-*")[::-1],
        ):
            case.check(reference(case.policy), pki=pki)


@pytest.mark.parametrize(
    "name", ["crlite-revoked", "crlite-delta-revoked", "crlite-false-positive", "crlite-corrupt"]
)
def test_who_does_not_look(name: str) -> None:
    """A client that passes over what it is told breaks its policy, and is shown what was there."""
    (case,) = scenarios.cases(ENFORCE, only=name)
    with pytest.raises(AssertionError, match="the policy demands reject, and the client did accept"):
        case.check(careless)


def test_who_rejects_without_looking() -> None:
    """A rejection counts only of who has fetched the filter that tells it to."""
    (case,) = scenarios.cases(ENFORCE, only="crlite-revoked")

    def guess(host: str, port: int, ca_file: str, crlite_url: str) -> None:
        relying_party.check(host, port, ca=ca_file, server_name="localhost", policy=NO_CHECK)
        if guess.visits:  # type: ignore[attr-defined]
            raise OSError("no")
        guess.visits = True  # type: ignore[attr-defined]

    guess.visits = False  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match=r"rejected without having looked at what told it to \(CRLite\)"):
        case.check(guess)


def test_filters_of_the_control() -> None:
    """In a scenario without filters those of the control are there, and do not speak of its certificate."""
    (case,) = scenarios.cases(ENFORCE, only="ocsp-revoked")
    verdicts: list[Any] = []

    def connect(**target: Any) -> Any:
        verdicts.append(reference(ENFORCE)(*(target[one] for one in WHERE)))
        return verdicts[-1]

    case.check(connect)
    assert [look.outcome for look in verdicts[-1].fetched] == ["not covered", "no staple", "revoked"]


WHERE = ("host", "port", "ca_file", "server_name", "crlite_url")


def test_an_own_one() -> None:
    """A scenario of one's own can have filters beside all else: here a good staple."""
    own = Scenario(
        "own", "The staple says good, and the filter revoked.",
        Offer(Says.GOOD), crlite=FilterOffer(Says.REVOKED, made="without it"),
    )  # fmt: skip
    for policy, accepted in (
        (ENFORCE, False),
        (CONFIRM, True),
        (replace(HARD_FAIL, sources=("staple", "CRLite")), True),
        (NAMED["staple-required"], True),
    ):
        (case,) = scenarios.cases(policy, only="own", table=[own])
        assert case.check(reference(policy)).outcome.accepted == accepted


class TestWhoIsPutThere:
    @pytest.mark.parametrize("policy", [*NAMED.values(), ENFORCE])
    def test_by_policy(self, policy: Policy) -> None:
        """Who looks into no filters is put there only if it is asked for by name."""
        names = {case.name for case in scenarios.cases(policy)}
        assert names >= {one.name for one in scenarios.TABLE} - set(VERDICTS)
        assert set(VERDICTS) <= names if policy is ENFORCE else not set(VERDICTS) & names
        assert {case.name for case in scenarios.cases(policy, only="crlite-*")} == set(VERDICTS)
        left = scenarios.cases(policy, only=["crlite-*"], skip="crlite-[gr]*")
        assert len(left) == len(VERDICTS) - 2
