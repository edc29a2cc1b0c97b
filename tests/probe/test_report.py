"""What a client did, held against one policy."""

import os
from dataclasses import replace

import pytest

from mockpki._probe import Command, make_report
from mockpki.relying_party import HARD_FAIL
from tests.kit.probes import run_reference

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no shell")


def test_report_goes_by_the_best_fit() -> None:
    """Without a policy to keep, runs are judged by the one that fits best, named or not."""
    policy = replace(HARD_FAIL, sources=("OCSP",), whole_chain=False)
    found = make_report(Command(("x", "{url}")), run_reference(policy), 1.0)
    assert (found.kept, found.demanded) == (True, False)
    assert found.verdict == (
        '90 of 90 scenarios ended as "hard-fail, but asks OCSP only and looks at the leaf alone" demands.'
    )
