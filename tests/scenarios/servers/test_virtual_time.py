"""A real server whose clock goes with the PKI's, and those whose clock does not."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from mockpki.scenarios.servers import ClockNotFollowed, ServerCommand, VirtualTime, run, timeline
from tests.kit.programs import need
from tests.kit.server_scripts import ARGUMENTS, PLAIN, command
from tests.kit.static_program import write_static_program
from tests.servers.commands import SERVERS

NOW = timedelta()

TELLS_TIME = PLAIN.replace(
    "connection, _ =", "print('TIME', __import__('time').time(), flush=True)\n        connection, _ ="
)
"""The same, and it prints what time it is before each client."""

LISTENS_STATICALLY = """
import os, socket, sys
listening = socket.create_server((sys.argv[1], int(sys.argv[2])))
listening.set_inheritable(True)
os.execv(sys.argv[3], [sys.argv[3]])
"""
"""A script that listens, and then becomes another program."""


@pytest.fixture(autouse=True)
def _faketime() -> None:
    need("faketime")


class TestFollowing:
    def test_hours_pass(self) -> None:
        """No step is left out, and what the server takes for the time has moved by all of them."""
        server = command(TELLS_TIME, *ARGUMENTS)
        assert run("idle", server).left_out
        outcome = run("idle", VirtualTime(server, reaction=NOW))
        assert (outcome.left_out, outcome.passing) == ("", "shifted")
        assert outcome.words == "none none none | none none"
        times = [float(one) for one in re.findall(r"TIME (\S+)", outcome.printed)]
        assert 7 * 86_400 < times[-1] - times[0] < 8 * 86_400

    def test_hours_pass_while_the_responder_is_down(self) -> None:
        """What waits for its timers waits where nobody sees them, too; nothing of it takes real hours."""
        world = VirtualTime(SERVERS["nginx"](), hop=timedelta(days=1), reaction=timedelta(milliseconds=20))
        assert run("good-then-expired", world).words == "none good good | none | none none"

    def test_it_is_what_it_stands_for(self) -> None:
        """It has the server's name and patience, and ends what runs of it."""
        server = command(PLAIN, *ARGUMENTS)
        world = VirtualTime(server)
        assert (world.name, world.delay, world.patience) == (server.name, server.delay, server.patience)
        world.end()
        with pytest.raises(InterruptedError, match="were ended"):
            run("good", world)

    def test_what_makes_no_sense(self) -> None:
        """A clock has to move."""
        with pytest.raises(ValueError, match="hop is how far a clock moves"):
            VirtualTime(command(PLAIN, *ARGUMENTS), hop=NOW)

    def test_only_what_has_virtual_time_has_a_timeline(self) -> None:
        """Nobody waits for three days; where the clock is moved, nobody has to."""
        server = SERVERS["nginx"]()
        with pytest.raises(ValueError, match="cannot be shifted"):
            timeline(server)
        line = timeline(
            VirtualTime(server, reaction=NOW),
            life=timedelta(hours=4), up=timedelta(hours=3), down=timedelta(hours=9), after=timedelta(hours=5),
            every=timedelta(minutes=75),
        )  # fmt: skip
        assert re.fullmatch(r"\.G+\.+G+", line.line)
        assert line.name == "nginx"


class TestNotFollowing:
    def test_a_static_program(self, tmp_path: Path) -> None:
        """Whatever starts it: who listens is linked statically, and nothing that was seen of it counts."""
        static = write_static_program(tmp_path)
        patience = timedelta(milliseconds=100)
        world = command(LISTENS_STATICALLY, "{host}", "{port}", str(static), patience=patience)
        assert run("good", world).words == "timeout timeout timeout"
        with pytest.raises(ClockNotFollowed, match="it is linked statically"):
            run("good", VirtualTime(world))

    def test_a_program_that_drops_its_environment(self, tmp_path: Path) -> None:
        """nginx has to be told to keep where its clock is; it is said how."""
        one = SERVERS["nginx"]()
        template = tmp_path / "nginx.conf"
        line = "env FAKETIME_TIMESTAMP_FILE;"
        assert line in one.text
        template.write_text(one.text.replace(line, ""), encoding="utf-8")
        with pytest.raises(ClockNotFollowed, match=re.escape(line)):
            run("good", VirtualTime(ServerCommand(one.command, template, "nginx", grace=one.grace)))
        assert run("good", VirtualTime(one)).words == "none good good"

    def test_a_program_in_go(self) -> None:
        """It loads the library, as it is linked dynamically, and asks the kernel all the same."""
        with pytest.raises(ClockNotFollowed, match="as programs in Go do"):
            run("good", VirtualTime(SERVERS["caddy"]()))

    def test_who_is_no_longer_there(self) -> None:
        """A server that has ended has no clock: the scenario tells what was seen."""
        ends = PLAIN.replace("tls.recv(1)", "__import__('os')._exit(0)")
        outcome = run("good", VirtualTime(command(ends, *ARGUMENTS, patience=timedelta(seconds=1))))
        assert outcome.words.split()[1:] == ["failed", "failed"]

    def test_nothing_is_left(self) -> None:
        """Its clock's folder and libfaketime's shared memory are gone, though it was killed."""
        stubborn = "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        stubborn += "print('PID', os.getpid(), flush=True)\n"
        outcome = run("good", VirtualTime(command(stubborn + PLAIN, *ARGUMENTS)))
        found = re.search(r"PID (\d+)", outcome.printed)
        assert found, outcome.printed
        assert not [name for name in os.listdir("/dev/shm") if name.endswith(f"_{found[1]}")]
