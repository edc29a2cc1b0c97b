"""Ports for programs: free ones, each given once, and whether somebody listens there."""

import socket
import subprocess
import sys

import pytest

from mockpki._programs import ports
from mockpki._programs.ports import _PORTS, _can_bind, free_port, is_listening


def test_somebody_listens() -> None:
    """A port that takes connections is told from one that is bound by nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_listening("127.0.0.1", port)
    assert not is_listening("127.0.0.1", port)


def test_a_port_comes_back() -> None:
    """A port can be bound while it is ours, and is there for others afterwards."""
    with free_port() as port:
        assert port in _PORTS
        assert port in ports._taken
        assert _can_bind(port)
    assert port not in ports._taken


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, other processes cannot be asked")
def test_other_processes_know_of_it() -> None:
    """Of two that are given ports at once, none starts its server where the other's is about to listen."""
    code = (
        "import random, sys; from mockpki._programs.ports import free_port\n"
        "drawn = iter(map(int, sys.argv[1:])); random.choice = lambda _: next(drawn)\n"
        "with free_port() as port: print(port)"
    )

    def draw(*ports: int) -> int:
        return int(subprocess.check_output([sys.executable, "-c", code, *map(str, ports)], timeout=60))

    with free_port() as first, free_port() as second:
        other = next(port for port in _PORTS if port not in (first, second) and _can_bind(port))
        assert draw(first, second, other) == other
    assert draw(first, second) == first


class TestPrograms:
    def test_a_port_that_is_taken(self) -> None:
        """A server is given a port that nobody has, whether the system or another scenario took it."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken, free = other.getsockname()[1], _PORTS
            with pytest.MonkeyPatch.context() as patch, free_port() as first:
                drawn = iter([taken, first, free[0] if first != free[0] else free[1]])
                patch.setattr("random.choice", lambda _: next(drawn))
                patch.setattr(ports, "_can_bind", lambda port: port != taken)
                with free_port() as port:
                    assert port not in (taken, first)
            assert not _can_bind(taken)
