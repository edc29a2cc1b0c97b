"""Two machines on one: network namespaces with a cable between them, which leads nowhere else."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.programs import need

SERVER, CLIENT = "192.0.2.1", "192.0.2.2"
"""Of TEST-NET-1 (RFC 5737), which is nobody's."""
NAME = "mockpki.test"
"""What the client calls the server."""


@dataclass(frozen=True)
class Machines:
    """What stands before a command that runs on one or the other."""

    server: tuple[str, ...]
    client: tuple[str, ...]


def _ip(*words: str) -> None:
    subprocess.run([need("ip"), *words], check=True, capture_output=True, timeout=20)


def _remove(hosts: Path) -> None:
    shutil.rmtree(hosts, ignore_errors=True)
    # Unless those of another worker stand there, whose names would lead nowhere then.
    with contextlib.suppress(OSError):
        hosts.parent.rmdir()


@contextlib.contextmanager
def two_machines() -> Iterator[Machines]:
    """Both, until the end of the block; skips where they cannot be had."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can make network namespaces")
    names = [f"mockpki-{os.getpid()}-{end}" for end in ("server", "client")]
    with contextlib.ExitStack() as then:
        for name in names:
            try:
                _ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"network namespaces cannot be made here: {error.stderr.decode().strip()}")
            then.callback(_ip, "netns", "del", name)
        server, client = names
        _ip(
            "link",
            "add",
            "cable0",
            "netns",
            server,
            "type",
            "veth",
            "peer",
            "name",
            "cable0",
            "netns",
            client,
        )
        for name, address in ((server, SERVER), (client, CLIENT)):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "cable0")
            for link in ("lo", "cable0"):
                _ip("-n", name, "link", "set", link, "up")
        # ip-netns(8): what is there is seen as /etc/hosts.
        hosts = Path("/etc/netns") / client
        hosts.mkdir(parents=True)
        then.callback(_remove, hosts)
        (hosts / "hosts").write_text(f"127.0.0.1 localhost\n{SERVER} {NAME}\n")
        inside = (need("ip"), "netns", "exec")
        yield Machines((*inside, server), (*inside, client))
