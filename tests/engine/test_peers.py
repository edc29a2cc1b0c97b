"""Who is still there, of those that have closed their side."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mockpki._engine import peers
from mockpki._engine.peers import Peers, find_lost

linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux has a table of sockets")


class Held:
    """A connection that notes when it is lost."""

    def __init__(self, sock: socket.socket, lost: Callable[["Held"], object] = lambda held: None) -> None:
        self.socket = sock
        self._lost = lost
        self.losses = 0

    def lost(self) -> None:
        self.losses += 1
        self._lost(self)


@contextmanager
def pair(host: str = "127.0.0.1") -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a TCP connection, whose client has closed its side."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        client = socket.create_connection(listening.getsockname()[:2])
        server, _ = listening.accept()
    with client, server:
        client.shutdown(socket.SHUT_WR)
        assert server.recv(1) == b""
        yield client, server


def reset(client: socket.socket) -> None:
    """Close it so that its system sends RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@linux
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["closed", "reset"])
def test_one_that_left_is_found_among_those_that_wait(
    host: str, leave: Callable[[socket.socket], None]
) -> None:
    """At the first look after it, and no other."""
    with pair(host) as (client, server), pair(host) as (_, other):
        left, waits = Held(server), Held(other)
        assert find_lost([left, waits]) == []
        leave(client)
        assert find_lost([left, waits]) == [left]


def test_without_a_table_a_reset_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the system has no table, and where its table is another one's, nobody is taken for lost."""
    other = tmp_path / "tcp"
    other.write_text("  sl  local_address rem_address\n")
    for tables in ({}, {socket.AF_INET: tmp_path / "none"}, {socket.AF_INET: other}):
        monkeypatch.setattr(peers, "_TABLES", tables)
        with pair() as (client, server), pair() as (gone, by_reset):
            client.close()
            reset(gone)
            lost = Held(by_reset)
            assert find_lost([Held(server), lost]) == [lost]


def test_a_pair_of_this_process_is_not_in_the_table() -> None:
    """A handler's socket has no address; nothing is said of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert find_lost([Held(ours)]) == []


@linux
def test_it_looks_for_as_long_as_there_is_someone() -> None:
    """Each is told once that it is lost, and one that is forgotten never; then no timer is left."""

    async def lose(held: Held) -> None:
        while held.losses == 0:
            await asyncio.sleep(0.01)

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        watching = Peers(loop)
        with pair() as (first, one), pair() as (second, two), pair() as (third, three):
            held = [Held(sock, watching.forget) for sock in (one, two, three)]
            for connection in held:
                watching.watch(connection)
            watching.forget(held[1])
            watching.forget(held[1])
            first.close()
            second.close()
            await lose(held[0])
            third.close()
            await lose(held[2])
            assert watching._timer is None
            return [connection.losses for connection in held]

    assert asyncio.run(asyncio.wait_for(main(), 30)) == [1, 0, 1]
