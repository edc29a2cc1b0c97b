"""Policies as they are typed, and in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki.relying_party import (
    HARD_FAIL,
    MUST_STAPLE,
    NAMED,
    NO_CHECK,
    RFC5280,
    SOFT_FAIL,
    STAPLE_REQUIRED,
    Policy,
)
from mockpki.relying_party._words import describe_policy, find_nearest, list_fields, switches

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        *((policy, name) for name, policy in NAMED.items()),
        (replace(HARD_FAIL, sources=("OCSP",), whole_chain=False),
         "hard-fail, but asks OCSP only and looks at the leaf alone"),
        (replace(SOFT_FAIL, sources=("CRL", "staple")), "soft-fail, but asks for the CRL, then for a staple"),
        (replace(NO_CHECK, hard_fail=True), "one that asks nobody and rejects what no source can tell"),
        (replace(STAPLE_REQUIRED, require_staple=False),
         "soft-fail, but asks for a staple only and rejects the status unknown"),
        (replace(STAPLE_REQUIRED, sources=("OCSP",), require_staple=False),
         "soft-fail, but asks OCSP only and rejects the status unknown"),
        (replace(STAPLE_REQUIRED, sources=("staple", "CRL")),
         "staple-required, but asks for a staple, then for the CRL"),
        (replace(HARD_FAIL, sourceless_passes=False),
         "hard-fail, but rejects a certificate that names no source"),
        (replace(SOFT_FAIL, sourceless_passes=True), "soft-fail"),
        (replace(SOFT_FAIL, unusable_rejects=True), "soft-fail, but rejects an answer that is no use"),
        (replace(HARD_FAIL, unusable_rejects=True), "hard-fail"),
        (
            replace(SOFT_FAIL, sourceless_rejects=True),
            "soft-fail, but rejects a certificate that names no source",
        ),
        (replace(HARD_FAIL, sourceless_rejects=True), "hard-fail"),
        (replace(SOFT_FAIL, bad_staple_rejects=True), "soft-fail, but rejects a staple that is no use"),
        (replace(HARD_FAIL, require_staple=True), "hard-fail, but insists on a staple"),
        (replace(MUST_STAPLE, whole_chain=False, timeout=timedelta(seconds=1), max_age=timedelta(hours=1)),
         "must-staple, but looks at the leaf alone, waits 1 s and believes nothing older than 3600 s"),
        (replace(HARD_FAIL, unknown_rejects=False), "hard-fail, but goes on after the status unknown"),
        (replace(SOFT_FAIL, clock_skew=timedelta(0)), "soft-fail, but allows clocks to be off by 0 s"),
        (replace(SOFT_FAIL, sources=("CRLite", "OCSP")),
         "soft-fail, but asks the filters of CRLite, then OCSP"),
        (replace(HARD_FAIL, sources=("CRLite", "OCSP"), filter_confirms=True, filter_max_age=SECOND),
         "hard-fail, but asks the filters of CRLite, then OCSP, has OCSP confirm what a filter says is "
         "revoked and uses no filters older than 1 s"),
        (replace(HARD_FAIL, use_deltas=True), "hard-fail, but completes CRLs with delta CRLs"),
        (replace(SOFT_FAIL, use_deltas=True, extended_crls=True),
         "soft-fail, but completes CRLs with delta CRLs and understands indirect CRLs and CRLs for some "
         "reasons"),
        (replace(RFC5280, sources=("CRL",)), "rfc5280, but asks for the CRL only"),
        (replace(RFC5280, sources=("OCSP",)), "hard-fail, but asks OCSP only"),
        (replace(RFC5280, hard_fail=False),
         "soft-fail, but rejects the status unknown, completes CRLs with delta CRLs and understands indirect "
         "CRLs and CRLs for some reasons"),
    ],
)  # fmt: skip
def test_described(policy: Policy, words: str) -> None:
    """A policy is told by the named one that is nearest, and what it does otherwise."""
    assert describe_policy(policy) == words


def test_what_does_not_matter_is_not_told() -> None:
    """Fields that make no difference with these sources make none in words."""
    crl_alone = Policy(sources=("CRL",), hard_fail=True, sourceless_passes=True, unknown_rejects=False)
    assert find_nearest(crl_alone) == ("hard-fail", ("sources",))
    assert switches(("CRL",)) == ("hard_fail", "sourceless_passes", "unusable_rejects", "whole_chain")
    assert switches(("staple",)) == (
        "hard_fail", "sourceless_passes", "unusable_rejects", "unknown_rejects", "require_staple",
        "honour_must_staple", "bad_staple_rejects",
    )  # fmt: skip
    assert switches(()) == ("hard_fail",)
    rare = "sourceless_rejects"
    assert list_fields(("CRL",)) == ("sources", *switches(("CRL",)), rare, "use_deltas", "extended_crls")
    assert list_fields(("OCSP",)) == ("sources", *switches(("OCSP",)), rare)
