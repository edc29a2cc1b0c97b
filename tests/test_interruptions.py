"""Ctrl-C at every line of a PKI's opening and closing: it stays what it is, and nothing stays behind."""

import gc
import os
import signal
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import mockpki
from mockpki import PKI, faults, staplers
from mockpki._engine.loop import Engine
from tests.kit.endings import wait_until
from tests.kit.wire import held

OURS = str(Path(mockpki.__file__).parent)
ABOVE = ("threading.py", "contextlib.py", "selectors.py", "weakref.py", "tempfile.py")
"""Of Python's own modules those that ours are taken down by."""


Line = tuple[str, int]


class Lines:
    """Follows the main thread line by line, and sends SIGINT when it comes to *line* for the first time."""

    def __init__(self, line: Line | None = None) -> None:
        self.seen: Counter[Line] = Counter()
        self._wanted = line

    def __enter__(self) -> "Lines":
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        # What is raised in a __del__, or when a weak reference dies, Python says to stderr, and goes on.
        name = frame.f_code.co_name
        unheard = name == "__del__" or (name == "remove" and file.endswith("weakref.py"))
        if (not file.startswith(OURS) and not file.endswith(ABOVE)) or unheard:
            return None
        if event == "line":
            line = file, frame.f_lineno
            self.seen[line] += 1
            if line == self._wanted and self.seen[line] == 1:
                signal.raise_signal(signal.SIGINT)
        return self._trace


def in_blocks() -> None:
    """All that a PKI takes down at its end."""
    with PKI(key_type="Ed25519") as pki:
        leaf = pki.issue_cert("localhost")
        assert leaf.cert_file
        assert pki.dead_url
        with pki.tls_server(leaf, handler=lambda sock: sock.recv(1)), pki.crl.respond_with(faults.Refused()):
            pki.tls_server(leaf, staple=staplers.CADDY).__enter__()


def by_hand() -> None:
    """The same without a block."""
    pki = PKI(depth=0, key_type="Ed25519")
    try:
        assert pki.ca_file
    finally:
        # Ctrl-C before it has begun leaves it to be closed.
        try:
            pki.close()
        finally:
            pki.close()


def left_open() -> None:
    """A PKI that nobody keeps."""
    PKI(depth=0, key_type="Ed25519")


@pytest.mark.filterwarnings("ignore:unclosed <PKI:ResourceWarning")
def test_at_every_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it comes, Ctrl-C comes out, and no thread, socket, folder or handler of ours is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    handler, done = signal.getsignal(signal.SIGINT), Counter[Line]()
    in_blocks()
    before = count_held()
    for run in (in_blocks, by_hand):
        with Lines() as lines:
            run()
        for line in lines.seen.keys() - done.keys():
            with Lines(line) as again:
                try:
                    run()
                except KeyboardInterrupt:
                    pass
                else:
                    # Numbers are drawn, and one that is longer may have a line of its own.
                    assert not again.seen[line], f"no KeyboardInterrupt came out after {line}"
            if count_held() != before:
                gc.collect()  # an error and its frames may hold each other
                wait_until(lambda: count_held() == before)
            assert Engine._current is None
            assert signal.getsignal(signal.SIGINT) == handler
            assert list(tmp_path.iterdir()) == [], line
        done += lines.seen
    assert len(done) > 400


def count_held() -> tuple[int, int]:
    """How many threads of ours and files this process has."""
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("mockpki")]
    return len(ours), len(os.listdir("/dev/fd"))


@pytest.mark.filterwarnings("ignore:unclosed <PKI:ResourceWarning")
def test_dropped() -> None:
    """A PKI that nobody has any more closes itself: so does one that Ctrl-C takes before its block."""
    before = held()
    left_open()
    wait_until(lambda: held() == before)


def test_a_real_error_is_not_taken_for_it() -> None:
    """Without Ctrl-C the same lines run to their end; and what the block raises comes out of it."""
    with Lines() as lines:
        in_blocks()
    assert lines.seen
    with pytest.raises(ZeroDivisionError), PKI():
        raise ZeroDivisionError


class Interrupting:
    """Something to be closed, in the midst of which Ctrl-C comes."""

    last_number = 0

    def since(self, number: int) -> list[object]:
        return []

    def drop(self) -> None:
        signal.raise_signal(signal.SIGINT)

    def join(self) -> None:
        pass

    def reset(self) -> None:
        pass


def test_beside_an_error_of_the_block() -> None:
    """A block that fails and is interrupted while it ends is interrupted: the run ends, as is wanted."""

    def block() -> None:
        with PKI(depth=0) as pki:
            pki._realm.servers.append(Interrupting())
            raise ZeroDivisionError

    with pytest.raises(KeyboardInterrupt) as caught:
        block()
    assert isinstance(caught.value.__context__, ZeroDivisionError)
    assert Engine._current is None
