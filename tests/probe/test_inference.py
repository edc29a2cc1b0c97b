"""Which policy a client behaves like, by what the reference client did."""

import os
from collections.abc import Sequence
from dataclasses import replace

import pytest

from mockpki._probe import infer_policy
from mockpki._probe.inference import EVERY_POLICY, list_filter_policies
from mockpki._programs.processes import Ended
from mockpki.relying_party import HARD_FAIL, NO_CHECK, RFC5280, SOFT_FAIL, STAPLE_REQUIRED, Policy, named
from mockpki.scenarios import POLICIES, Outcome
from tests.kit.probes import WITHOUT_FILTERS, meet, run_reference

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no shell"),
    pytest.mark.xdist_group("runs of the reference client"),  # which one worker makes for all
]


class TestInference:
    """Which policy a client behaves like, by what the reference client did."""

    @pytest.mark.parametrize("name", POLICIES)
    def test_named(self, name: str) -> None:
        """A client of a named policy is known by it wherever there are no filters, and by no other."""
        found = infer_policy(run_reference(POLICIES[name]))
        assert [fit.words for fit in found.named] == [name]
        assert (found.exact, found.no_verdict, found.best.exceptions) == (None, (), ())
        assert found.sentences == (
            f"It behaves like {name}, without exception, in {WITHOUT_FILTERS} scenarios with a verdict.",
        )

    @pytest.mark.parametrize(
        ("policy", "words"),
        [
            (replace(HARD_FAIL, sources=("OCSP",), whole_chain=False),
             "hard-fail, but asks OCSP only and looks at the leaf alone"),
            (replace(SOFT_FAIL, sources=("CRL", "OCSP")), "soft-fail, but asks for the CRL, then OCSP"),
            (replace(HARD_FAIL, sources=("OCSP", "CRL"), use_deltas=True),
             "hard-fail, but asks OCSP, then for the CRL and completes CRLs with delta CRLs"),
            (replace(HARD_FAIL, honour_must_staple=True, whole_chain=False),
             "hard-fail, but looks at the leaf alone and obeys certificates that demand a staple"),
        ],
    )  # fmt: skip
    def test_unnamed(self, policy: Policy, words: str) -> None:
        """A policy without a name is told in words, with the named one that is nearest and its exceptions."""
        found = infer_policy(run_reference(policy))
        assert found.exact is not None
        assert (found.exact.words, found.exact.names) == (words, ())
        assert found.sentences[0].startswith(
            f"It behaves like {words}, without exception, in {WITHOUT_FILTERS} "
        )
        nearest = found.named[0]
        assert nearest.exceptions
        assert f"{nearest.words} is nearest, with {len(nearest.names)} exception" in found.sentences[-1]
        assert all(name in found.sentences[-1] for name in nearest.names)

    def test_a_name_that_says_no_more(self) -> None:
        """Where no scenario tells RFC 5280's policy from hard-fail, a client of it is called by one name."""
        found = infer_policy(run_reference(RFC5280, "staple-*", "ocsp-*", "crl-good", "crl-s*", "all-*"))
        assert [fit.words for fit in found.named] == ["hard-fail"]
        assert (found.exact, found.best.exceptions) == (None, ())

    def test_space(self) -> None:
        """Every named policy is among those that are tried, and none of these twice."""
        assert set(POLICIES.values()) <= set(EVERY_POLICY)
        every = (*EVERY_POLICY, *list_filter_policies())
        assert len(set(every)) == len(every)

    def test_an_exception(self) -> None:
        """One scenario out of line is an exception to the policy, by name, and not another policy."""
        met = list(run_reference(HARD_FAIL))
        place = [run.scenario.name for run in met].index("ocsp-http-404")
        met[place] = meet(met[place].scenario, NO_CHECK)
        found = infer_policy(met)
        assert (found.named[0].words, found.best.names) == ("hard-fail", ("ocsp-http-404",))
        assert found.sentences[0] == (
            "It is nearest to hard-fail, with 1 exception (ocsp-http-404), "
            f"in {WITHOUT_FILTERS} scenarios with a verdict."
        )

    def test_few_scenarios(self) -> None:
        """Where scenarios cannot tell policies apart, all of them are named."""
        found = infer_policy(run_reference(HARD_FAIL, "staple-good", "staple-revoked"))
        assert [fit.words for fit in found.named] == [
            "soft-fail",
            "hard-fail",
            "staple-required",
            "must-staple",
        ]
        assert found.sentences[1] == (
            "As far as these scenarios can tell, hard-fail, staple-required and must-staple fit as well."
        )

    @pytest.mark.parametrize(
        ("policy", "names"),
        [(NO_CHECK, ["no-check"]), (SOFT_FAIL, ["soft-fail", "hard-fail", "must-staple"])],
    )
    def test_what_it_asked_counts(self, policy: Policy, names: Sequence[str]) -> None:
        """Two clients that accept are told apart by what they looked at."""
        found = infer_policy(run_reference(policy, "ocsp-good", "crl-good"))
        assert [run.verdict for run in run_reference(policy, "ocsp-good", "crl-good")] == ["accept", "accept"]
        assert [fit.words for fit in found.named] == names

    def test_sources_never_asked(self) -> None:
        """What a client never asked is not in the policy that it is said to have."""
        policy = replace(HARD_FAIL, sources=("CRL",))
        found = infer_policy(run_reference(policy, "crl-*", "ocsp-re*"))
        assert found.best.words == "hard-fail, but asks for the CRL only"

    @pytest.mark.parametrize(
        ("policy", "words"),
        [
            ("hard-fail,sources=CRLite", "hard-fail, but asks the filters of CRLite only"),
            ("soft-fail,sources=CRLite", "soft-fail, but asks the filters of CRLite only"),
            ("hard-fail,sources=CRLite+OCSP", "hard-fail, but asks the filters of CRLite, then OCSP"),
            ("soft-fail,sources=CRLite+OCSP,filter_confirms=yes",
             "soft-fail, but asks the filters of CRLite, then OCSP and has OCSP confirm what a filter says "
             "is revoked"),
            ("no-check", "no-check"),
        ],
    )  # fmt: skip
    def test_filters(self, policy: str, words: str) -> None:
        """A client of filters is known by them, and is not called by a name for what others of it say."""
        others = (
            "ocsp-good",
            "ocsp-revoked",
            "ocsp-http-500",
            "staple-revoked",
            "crl-revoked",
            "*-ocsp-revoked",
        )
        found = infer_policy(run_reference(named(policy), "crlite-*", *others))
        assert (found.best.words, found.best.names) == (words, ())
        assert ("no-check" in " ".join(found.sentences)) is (policy == "no-check")

    def test_several_are_near(self) -> None:
        """Named policies that are as near as the nearest are told, and how many others fit as well."""
        policy = replace(STAPLE_REQUIRED, unknown_rejects=False)
        met = run_reference(policy, "staple-*")
        found = infer_policy(met)
        assert found.best.names == ()
        assert found.others == 1
        assert found.sentences[1] == "1 other combination of a policy's fields fits as well."
        # Of two scenarios more can be said.
        found = infer_policy(
            run_reference(replace(SOFT_FAIL, sources=("OCSP",)), "staple-revoked", "ocsp-revoked")
        )
        assert found.others > 1
        assert found.sentences[1] == f"{found.others} other combinations of a policy's fields fit as well."

    def test_no_verdict(self) -> None:
        """Runs without a verdict are named and left out; with none left, nothing is claimed."""
        met = run_reference(HARD_FAIL, "staple-good", "staple-revoked", "ocsp-revoked")
        hung = replace(met[0], ended=Ended(None, "", 10.0), outcome=Outcome(None))
        found = infer_policy((hung, *met[1:]))
        assert (found.judged, found.no_verdict) == (2, ("staple-good",))
        assert found.sentences[-1] == "It came to no verdict in staple-good; that is left out of this."
        assert infer_policy([hung]).sentences == (
            "Nothing can be said of its policy: it came to no verdict in any scenario.",
        )
