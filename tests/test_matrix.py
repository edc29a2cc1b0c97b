"""`python -m tests.matrix`, for one client: it is run, and one that does not keep its policy is told."""

import pytest

from tests import matrix
from tests.kit.programs import need


def test_a_client_that_keeps_its_policy(capsys: pytest.CaptureFixture[str]) -> None:
    """curl accepts whatever the path allows, as said."""
    need("curl")
    assert matrix.main(["curl", "--scenarios", "staple-[gr]*"]) == 0
    assert capsys.readouterr().out == "curl: kept (no-check)\n"


def test_a_client_that_does_not(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Held to another policy than its own, it is told what it did; one that is not installed is named."""
    need("curl")
    _, words, left_out = matrix.CLIENTS["curl"]
    clients = {"curl": ("hard-fail", words, left_out), "none": ("no-check", ["no-such-client"], ())}
    monkeypatch.setattr(matrix, "CLIENTS", clients)
    assert matrix.main(["--scenarios", "staple-[gr]*"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("curl: status 1 (hard-fail)\n")
    assert "staple-revoked: " in said
    assert said.endswith("none: not installed\n")
