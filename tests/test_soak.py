"""`python -m tests.soak`, with small numbers: it works, and sees what it looks for."""

import tempfile
import threading
from pathlib import Path

import pytest

from tests import soak


def test_a_small_soak(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Thirty PKIs, five hundred requests and eight PKIs by calls leave nothing behind."""
    assert soak.main(["--pkis", "30", "--requests", "500", "--served", "8"]) == 0
    assert capsys.readouterr().out.startswith("30 PKIs, 500 requests, 8 PKIs by calls: threads ")


def test_what_grows_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A thread, a descriptor and a folder that stay are each named, and the exit status is 1."""
    end = threading.Event()
    kept = []

    def leave(count: int) -> None:
        if count == 1:
            threading.Thread(target=end.wait).start()
            kept.append(open(Path(tempfile.gettempdir(), "mockpki-left"), "wb"))  # noqa: SIM115

    monkeypatch.setattr(soak, "live_and_die", leave)
    try:
        assert soak.main(["--pkis", "1", "--requests", "1"]) == 1
    finally:
        end.set()
        kept[0].close()
    assert capsys.readouterr().err == "grown: threads, descriptors, folders\n"
