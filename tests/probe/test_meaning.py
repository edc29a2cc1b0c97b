"""What a client can be called at all: the meaning of a name has to hold for it."""

from dataclasses import replace

import pytest

from mockpki._probe import infer_policy
from mockpki._probe.meaning import find_never_asked, has_meaning
from mockpki.relying_party import HARD_FAIL, NO_CHECK, SOFT_FAIL, STAPLE_REQUIRED, Policy
from mockpki.scenarios import POLICIES
from tests.kit.probes import run_reference

pytestmark = pytest.mark.xdist_group("runs of the reference client")  # which one worker makes for all


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        (NO_CHECK, ["no-check"]),
        (SOFT_FAIL, ["soft-fail"]),
        (HARD_FAIL, ["hard-fail"]),
        (STAPLE_REQUIRED, ["hard-fail", "staple-required", "must-staple"]),
        (POLICIES["must-staple"], ["soft-fail", "must-staple"]),
        (Policy(sources=("OCSP",), hard_fail=True), ["hard-fail"]),
        (replace(STAPLE_REQUIRED, require_staple=False), ["soft-fail"]),
        (replace(HARD_FAIL, bad_staple_rejects=True), ["hard-fail"]),
    ],
)
def test_names(policy: Policy, names: list[str]) -> None:
    """A name can be used of a client that does what it means, though not everything; and of no other."""
    runs = run_reference(policy)
    found = [name for name in POLICIES if has_meaning(name, runs)]
    assert [name for name in found if name in names] == names
    assert "staple-required" not in set(found) - set(names)
    assert "no-check" not in set(found) - set(names)


@pytest.mark.parametrize(
    ("policy", "never"),
    [
        (NO_CHECK, {"staple", "OCSP", "CRL"}),
        (HARD_FAIL, set()),
        (Policy(sources=("OCSP",)), {"staple", "CRL"}),
        (STAPLE_REQUIRED, {"OCSP", "CRL"}),
    ],
)
def test_never_asked(policy: Policy, never: set[str]) -> None:
    """What it never looked at is known after the whole table, and is in no policy that it is said to have."""
    runs = run_reference(policy)
    assert find_never_asked(runs) == never
    assert not never & set(infer_policy(runs).best.policy.sources)


def test_no_occasion() -> None:
    """Where nobody could have been seen to ask, nothing is known."""
    assert find_never_asked(run_reference(NO_CHECK, "ocsp-refused", "ocsp-unresolvable")) == {"staple"}
    assert find_never_asked(run_reference(NO_CHECK, "ocsp-good")) == {"staple", "OCSP"}
    assert find_never_asked(()) == set()


@pytest.mark.parametrize(
    "policy",
    [
        Policy(sources=("OCSP",), hard_fail=True, unknown_rejects=True),
        Policy(sources=("OCSP", "CRL"), hard_fail=True),
        replace(STAPLE_REQUIRED, require_staple=False),
        replace(SOFT_FAIL, unusable_rejects=True, sources=("CRL",)),
    ],
)
def test_no_wrong_name(policy: Policy) -> None:
    """A client that asks for no staple, or can do without, is nowhere called staple-required."""
    sentences = " ".join(infer_policy(run_reference(policy)).sentences)
    assert "staple-required" not in sentences
    assert "must-staple" not in sentences.partition("exception")[0]
