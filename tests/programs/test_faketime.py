"""A clock of ours for another program: who goes by it, who does not, and why."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from mockpki._programs import faketime
from mockpki._programs.faketime import MISSING, FakeClock, find_hindrance, find_library, remove_leftovers
from tests.kit.programs import need
from tests.kit.static_program import write_static_program

TELLS_TIME = "import sys, time\nfor line in sys.stdin: print(time.time(), time.monotonic(), flush=True)"
"""A program that is linked dynamically, and says what time it is whenever it is asked."""
DAYS = timedelta(days=6)


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """A clock that shows the system's time."""
    need("faketime")
    with FakeClock() as made:
        yield made
    while Program.pids:
        remove_leftovers(Program.pids.pop())


class Program:
    """A program that goes by a clock of ours, if it can."""

    pids: ClassVar[list[int]] = []

    def __init__(self, clock: FakeClock, *command: str | Path) -> None:
        self.process = subprocess.Popen(
            command, env=clock.add_to(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pids.append(self.process.pid)

    def tell(self) -> tuple[float, float]:
        """Its time, and the seconds that only rise."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        now, rising = self.process.stdout.readline().split()
        return float(now), float(rising)

    def end(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.communicate()


class TestClock:
    def test_a_dynamic_program_goes_by_it(self, clock: FakeClock) -> None:
        """Its clock jumps while it runs, as often as ours is set, and its timers' clock with it."""
        program = Program(clock, sys.executable, "-c", TELLS_TIME)
        try:
            before, rising = program.tell()
            assert abs(before - time.time()) < 60
            clock.forget()
            for times in (1, 2):
                clock.set(times * DAYS)
                now, risen = program.tell()
                assert abs(now - before - times * DAYS.total_seconds()) < 60
                assert abs(risen - rising - times * DAYS.total_seconds()) < 60
            assert clock.is_read(20)
            assert find_hindrance({program.process.pid}) == ""
        finally:
            program.end()

    def test_a_static_program_does_not(self, clock: FakeClock, tmp_path: Path) -> None:
        """It never reads it, and it is said why."""
        program = Program(clock, write_static_program(tmp_path))
        try:
            assert not clock.is_read(0.2)
            assert find_hindrance({program.process.pid}).startswith("it is linked statically")
        finally:
            program.end()

    def test_a_program_that_was_given_another_environment(self, clock: FakeClock) -> None:
        """What starts another program without the library has one that does not go by the clock."""
        started = f"import os, sys; os.execve(sys.executable, [sys.executable, '-c', {TELLS_TIME!r}], {{}})"
        program = Program(clock, sys.executable, "-c", started)
        try:
            clock.set(DAYS)
            assert abs(program.tell()[0] - time.time()) < 60
            assert "without our LD_PRELOAD" in find_hindrance({program.process.pid})
        finally:
            program.end()

    def test_others_stay_loaded(self, clock: FakeClock) -> None:
        """A library that was to be loaded anyway still is."""
        library = find_library()
        assert clock.add_to({"LD_PRELOAD": "mine.so"})["LD_PRELOAD"] == f"{library}:mine.so"
        assert clock.add_to({})["LD_PRELOAD"] == library


class TestLeftovers:
    def test_nothing_is_left_of_who_was_killed(self, clock: FakeClock) -> None:
        """The shared memory of a program that was killed is removed, and no other."""
        killed, lives = (Program(clock, sys.executable, "-c", TELLS_TIME) for _ in range(2))
        try:
            killed.tell(), lives.tell()
            killed.end()
            names = [f"faketime_shm_{killed.process.pid}", f"sem.faketime_sem_{killed.process.pid}"]
            assert {name in os.listdir("/dev/shm") for name in names} == {True}
            remove_leftovers(killed.process.pid)
            assert {name in os.listdir("/dev/shm") for name in names} == {False}
            assert f"faketime_shm_{lives.process.pid}" in os.listdir("/dev/shm")
        finally:
            lives.end()


class TestMissing:
    def test_where_it_is_not_installed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """There is no clock, and it is said how to get one; with something else of that name, too."""
        monkeypatch.setenv("PATH", str(tmp_path))
        for script in (None, "#!/bin/sh\necho nothing", "#!/no/such/interpreter"):
            if script:
                (tmp_path / "faketime").write_text(script)
                (tmp_path / "faketime").chmod(0o755)
            monkeypatch.setattr(faketime, "find_library", find_library.__wrapped__)
            assert faketime.find_library() is None
            with pytest.raises(LookupError) as caught:
                FakeClock()
            assert str(caught.value) == MISSING
