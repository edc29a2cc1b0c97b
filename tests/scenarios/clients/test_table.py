"""Scenarios: the table against the reference client."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki import PKI, scenarios
from mockpki.faults import Early, Stale
from mockpki.relying_party import HARD_FAIL, MUST_STAPLE, RFC5280, SOFT_FAIL, STAPLE_REQUIRED, Policy
from mockpki.scenarios import POLICIES, TABLE, Case, Expected
from tests.kit.reference_client import by_name, quick, reference

OTHER_POLICIES = {
    "no CRLs": replace(HARD_FAIL, sources=("staple", "OCSP")),
    "CRLs first": replace(HARD_FAIL, sources=("CRL", "OCSP")),
    "OCSP alone, softly": replace(SOFT_FAIL, sources=("OCSP",)),
    "staples alone, and hard-fail": Policy(sources=("staple",), hard_fail=True),
    "staples alone, for the leaf alone": Policy(sources=("staple",), hard_fail=True, whole_chain=False),
    "nowhere to look, and hard-fail": Policy(sources=(), hard_fail=True),
    "leaf alone": replace(HARD_FAIL, whole_chain=False),
    "unknown passes": replace(STAPLE_REQUIRED, unknown_rejects=False),
    "bad staples reject": replace(SOFT_FAIL, bad_staple_rejects=True),
    "generous clock": replace(HARD_FAIL, clock_skew=timedelta(days=4)),
    "a clock within a day": replace(HARD_FAIL, clock_skew=timedelta(days=1)),
    "no tolerance": replace(HARD_FAIL, clock_skew=timedelta()),
    "half an hour old at most": replace(HARD_FAIL, max_age=timedelta(minutes=30), clock_skew=timedelta()),
    "newer than any answer": replace(HARD_FAIL, max_age=timedelta(minutes=5), clock_skew=timedelta()),
    "impatient": replace(HARD_FAIL, timeout=timedelta(milliseconds=100)),
    "somebody must be named": replace(HARD_FAIL, sourceless_passes=False),
    "nobody is named, for staples alone": replace(
        STAPLE_REQUIRED, require_staple=False, hard_fail=True, sourceless_passes=True
    ),
    "answers must be usable": replace(SOFT_FAIL, unusable_rejects=True),
    "answers must be usable, CRLs first": Policy(sources=("CRL", "OCSP"), unusable_rejects=True),
    "rfc5280, softly, for the leaf alone": replace(RFC5280, hard_fail=False, whole_chain=False),
    "deltas, and no more": replace(HARD_FAIL, use_deltas=True),
    "extended CRLs, and no more": replace(HARD_FAIL, extended_crls=True),
    "must-staple and hard-fail": replace(HARD_FAIL, honour_must_staple=True),
}


class TestTable:
    def test_names(self) -> None:
        """There are a hundred scenarios and more, each with a name of its own and a sentence."""
        assert len({one.name for one in TABLE}) == len(TABLE) >= 100
        assert len({one.sentence for one in TABLE}) == len(TABLE)
        assert all(one.sentence.endswith(".") and one.sentence[0].isupper() for one in TABLE)

    @pytest.mark.parametrize("name", POLICIES)
    def test_tells_apart(self, name: str) -> None:
        """No two policies have the same verdicts, and all but no-check have both kinds."""
        verdicts = [one.expected(POLICIES[name]).verdict for one in TABLE]
        others = [POLICIES[other] for other in POLICIES if other != name]
        assert all([one.expected(other).verdict for one in TABLE] != verdicts for other in others)
        kinds = {Expected.ACCEPT} if name == "no-check" else {Expected.ACCEPT, Expected.REJECT}
        assert set(verdicts) >= kinds

    def test_no_date_lies_on_a_tolerance(self) -> None:
        """What is out of date or early is so by three days: who allows a day, or a minute more, agrees."""
        dated = [
            (scenario, offer)
            for scenario in TABLE
            for offer in (scenario.staple, scenario.ocsp, scenario.crl)
            if offer is not None and offer.off_by is not None
        ]
        assert len({scenario.name for scenario, _ in dated}) == 15
        for scenario, offer in dated:
            assert offer.off_by == timedelta(days=3)
            bent = (*offer.faults, *offer.delta_faults)
            assert [one.by for one in bent if isinstance(one, Stale | Early)] == [offer.off_by]
            for skew in (timedelta(), timedelta(days=1), timedelta(days=1, minutes=1)):
                policy = replace(HARD_FAIL, clock_skew=skew)
                assert scenario.expected(policy).verdict is scenario.expected(HARD_FAIL).verdict

    def test_either_has_a_clause(self) -> None:
        """Where a client may do either, the clause that lets it is named."""
        found = [one.expected(policy) for one in TABLE for policy in POLICIES.values()]
        free = [one for one in found if one.verdict is Expected.EITHER]
        assert free
        assert all("RFC" in one.reason for one in free)

    @pytest.mark.parametrize(
        ("name", "verdicts"),
        [
            # no-check, soft-fail, hard-fail, staple-required, must-staple, rfc5280
            ("staple-good", "++++++"),
            ("staple-revoked", "+-----"),
            ("staple-unknown", "++----"),
            ("staple-stale", "++--+-"),
            ("staple-garbage", "+?--?-"),
            ("ocsp-revoked", "+-----"),
            ("ocsp-refused", "++--+-"),
            ("ocsp-slow", "+++-++"),
            ("crl-hold", "+-----"),
            ("must-staple-missing", "+++--+"),
            ("must-staple-stale", "+++--+"),
            ("intermediate-crl-revoked", "+--+--"),
            ("stale-staple-ocsp-revoked", "+-----"),
            ("good-staple-ocsp-revoked", "++++++"),
            ("ocsp-refused-crl-revoked", "+-----"),
            ("ocsp-unknown-crl-good", "++----"),
            ("ocsp-revoked-since", "+??-??"),
            ("no-sources", "+++-++"),
            ("intermediate-no-crl", "++++++"),
            ("crl-shard-good", "+++-++"),
            ("crl-shard-revoked", "+-----"),
            ("crl-shard-mismatch", "++--+-"),
            ("crl-shard-without-idp", "+++-++"),
            ("crl-idp-no-cdp", "++?-+?"),
            ("crl-second-point", "+?--?-"),
            ("crl-second-url", "+?--?-"),
            ("crl-for-cas-only", "++--+-"),
            ("crl-not-yet-published", "+++-++"),
            ("crl-served-from-cache", "+++-++"),
            ("crl-number-back", "+??-??"),
            ("crl-next-one-early", "++--+-"),
            ("crl-not-modified", "++?-+?"),
            ("crl-delta-revoked", "+++-+-"),
            ("crl-delta-released", "+----+"),
            ("crl-delta-base-too-new", "+++-+?"),
            ("crl-delta-obsolete", "+++-++"),
            ("crl-delta-stale", "+-----"),
            ("crl-delta-missing", "+++-+?"),
            ("crl-delta-other-shard", "+++-++"),
            ("crl-delta-alone", "++--+-"),
            ("crl-indirect-revoked", "++--+-"),
            ("crl-indirect-other-issuer", "++--++"),
            ("crl-indirect-inherited", "++--+-"),
            ("crl-reasons-good", "++--++"),
            ("crl-reasons-half", "++--+-"),
            ("crl-key-rolled", "++--+-"),
        ],
    )
    def test_verdicts(self, name: str, verdicts: str) -> None:
        """What the field expects of each policy, written out by hand."""
        signs = {Expected.ACCEPT: "+", Expected.REJECT: "-", Expected.EITHER: "?"}
        found = (signs[by_name(name).expected(policy).verdict] for policy in POLICIES.values())
        assert "".join(found) == verdicts


class TestReference:
    @pytest.mark.parametrize(
        "case",
        [
            pytest.param(quick(policy, scenario), id=f"{name}-{scenario}")
            for name, policy in POLICIES.items()
            for scenario in TABLE
            if scenario.crlite is None
        ],
    )
    def test_keeps(self, case: Case) -> None:
        """The reference client does what each policy demands in every scenario."""
        case.check(reference(case.policy))

    @pytest.mark.parametrize("name", OTHER_POLICIES)
    def test_keeps_others(self, name: str) -> None:
        """So does it with policies that nobody has named."""
        # Those with filters are in test_filter_table.py.
        chosen = [quick(OTHER_POLICIES[name], scenario) for scenario in TABLE if scenario.crlite is None]
        if name == "impatient":
            chosen = scenarios.cases(OTHER_POLICIES[name], only=["*-silent", "*-slow"])
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda case: case.check(reference(case.policy)), chosen))

    def test_in_any_order(self, pki: PKI) -> None:
        """One PKI can stage them all, in any order, and no verdict changes."""
        chosen = scenarios.cases(HARD_FAIL, skip="*-silent*")
        random.Random(0).shuffle(chosen)
        for case in chosen:
            case.check(reference(HARD_FAIL), pki=pki)


def test_must_staple_is_named() -> None:
    """The named policies are those of the relying party."""
    assert POLICIES["must-staple"] is MUST_STAPLE
