"""What a client did, held against one policy."""

import os
from dataclasses import replace

import pytest

from mockpki._probe import Command, make_report
from mockpki.relying_party import HARD_FAIL, NO_CHECK
from tests.kit.probes import WITHOUT_FILTERS, run_reference

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no shell")


def test_report_goes_by_the_best_fit() -> None:
    """Without a policy to keep, runs are judged by the one that fits best, named or not."""
    policy = replace(HARD_FAIL, sources=("OCSP",), whole_chain=False)
    found = make_report(Command(("x", "{url}")), run_reference(policy), 1.0)
    assert (found.kept, found.demanded) == (True, False)
    assert found.verdict == (
        f"{WITHOUT_FILTERS} of {WITHOUT_FILTERS} scenarios ended as "
        '"hard-fail, but asks OCSP only and looks at the leaf alone" demands.'
    )


def test_rows_and_groups() -> None:
    """A row knows its group by its scenario's name, and groups stand in their order, without empty ones."""
    met = run_reference(HARD_FAIL, "crl-good", "ocsp-good", "ocsp-revoked", "all-revoked")
    found = make_report(Command(("x", "{url}")), met, 1.0, ("hard-fail", HARD_FAIL))
    assert {group: [row.name for row in rows] for group, rows in found.groups.items()} == {
        "ocsp": ["ocsp-good", "ocsp-revoked"],
        "crl": ["crl-good"],
        "": ["all-revoked"],
    }
    assert [row.asked for row in found.groups["ocsp"]] == ["staple OCSP", "staple OCSP"]
    assert [row.exit_status for row in found.groups["ocsp"]] == ["0", "1"]


def test_a_policy_that_is_not_kept() -> None:
    """Runs held against the policy that was asked for may fail it, and the sentences say how often."""
    met = run_reference(NO_CHECK, "ocsp-good", "ocsp-revoked")
    found = make_report(Command(("x", "{url}")), met, 1.0, ("hard-fail", HARD_FAIL))
    assert (found.kept, found.demanded, found.label) == (False, True, "hard-fail")
    assert [row.name for row in found.failures] == ["ocsp-revoked"]
    assert found.summary[0] == found.verdict == "1 of 2 scenarios ended as hard-fail demands."
    assert found.summary[-1] == "It asked for a staple in 0, OCSP answers in 0, CRLs in 0 of them."


def test_filters() -> None:
    """What was asked for has filters in it where somebody asked for them, and their scenarios are a group."""
    policy = replace(HARD_FAIL, sources=("CRLite", "OCSP"))
    met = run_reference(policy, "crl-good", "crlite-revoked", "crlite-lagging")
    found = make_report(Command(("x", "{url}")), met, 1.0, ("with filters", policy))
    assert {group: [row.name for row in rows] for group, rows in found.groups.items()} == {
        "crl": ["crl-good"],
        "crlite": ["crlite-revoked", "crlite-lagging"],
    }
    assert [row.asked for row in found.rows] == ["CRLite"] * 3
    assert found.kept
    assert found.summary[-1].endswith("CRLs in 0, filters in 3 of them.")
