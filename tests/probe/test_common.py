"""What exceptions have in common, said before they are listed."""

from dataclasses import replace

import pytest

from mockpki._probe import infer_policy
from mockpki._probe.common import find_common
from mockpki._probe.inference import judge_by
from mockpki.relying_party import HARD_FAIL, NO_CHECK, SOFT_FAIL, Policy
from tests.kit.probes import run_reference

pytestmark = pytest.mark.xdist_group("runs of the reference client")  # which one worker makes for all

FIRM = replace(HARD_FAIL, sources=("OCSP", "CRL"))


@pytest.mark.parametrize(
    ("does", "held_to", "words"),
    [
        (FIRM, replace(FIRM, sourceless_passes=False),
         "in all of which it accepts where there is no source that the policy looks at"),
        (replace(FIRM, sourceless_passes=False), FIRM,
         "in all of which it rejects where there is no source that the policy looks at"),
        (Policy(sources=("CRL",), unusable_rejects=True), Policy(sources=("CRL",)),
         "in all of which it rejects where the CRL cannot be used"),
        (NO_CHECK, SOFT_FAIL, "it accepts where a source says revoked"),
        (replace(HARD_FAIL, whole_chain=False), HARD_FAIL,
         "in all of which it accepts where it is about the CA in between"),
    ],
)  # fmt: skip
def test_facts(does: Policy, held_to: Policy, words: str) -> None:
    """The fact that separates the exceptions best is named, with how many of them it is true of."""
    runs = run_reference(does)
    odd = [result.scenario.name for result in judge_by(runs, held_to) if not result.ok]
    assert len(odd) > 3
    found = find_common(held_to, odd, runs)
    assert words in found


def test_nothing_in_common() -> None:
    """A few exceptions, or some that have nothing in common, are told by their names alone."""
    runs = run_reference(HARD_FAIL)
    assert find_common(HARD_FAIL, ["ocsp-good", "crl-good"], runs) == ""
    assert find_common(HARD_FAIL, ["ocsp-good", "must-staple-missing", "crl-stale", "all-down"], runs) == ""
    assert find_common(HARD_FAIL, [], runs) == ""


def test_most_of_them() -> None:
    """One that is otherwise does not hide what is true of the rest; then their number is told."""
    runs = run_reference(replace(FIRM, sourceless_passes=False))
    odd = [result.scenario.name for result in judge_by(runs, FIRM) if not result.ok]
    found = find_common(FIRM, [*odd, "ocsp-revoked"], runs)
    assert found == f"in {len(odd)} of which it rejects where there is no source that the policy looks at"


def test_in_the_sentence() -> None:
    """It stands before the names."""
    found = infer_policy(run_reference(replace(HARD_FAIL, whole_chain=False)))
    (nearest,) = (one for one in found.sentences if one.startswith("Of the policies that have names"))
    assert found.named[0].common
    assert f"exceptions, {found.named[0].common} (" in nearest
