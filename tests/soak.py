"""Thousands of PKIs and a million requests in one process: ``python -m tests.soak``.

With ``--minutes 60`` an hour of random use comes on top: keys, ways to publish, faults, staples and clients
as dice fall, the dice by ``--seed``.

With ``--served``, so many more live behind `mockpki serve`, made and closed by calls. Nothing may grow with
their number: threads, descriptors, folders. Memory may, by what a record keeps of a request, and no more.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import http.client
import os
import random
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockpki import PKI, faults, staplers
from mockpki._exchange.http import HttpRequest
from tests.kit.asking import cert_id, question
from tests.kit.serving import live_by_calls, serving

_WARM_UP = 20
_MOST_MEMORY = 200
"""MiB that may come on top, whatever the numbers."""
_OF_A_REQUEST = 2048
"""Octets that the record may keep of a request."""


def _can_be_made(fault: Callable[[], object]) -> bool:
    try:
        fault()
    except (TypeError, ValueError):
        return False
    return True


FAULTS: list[Any] = [fault for fault in faults.CATALOGUE if _can_be_made(fault)]
"""Those that need no parameters."""


def _read_memory() -> int:
    """Resident memory in octets; 0 where the system does not say."""
    with contextlib.suppress(OSError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _count_descriptors() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError):
            return len(os.listdir(folder))
    return 0


def _count() -> dict[str, int]:
    gc.collect()
    folders = len([name for name in os.listdir(tempfile.gettempdir()) if name.startswith("mockpki")])
    return {"threads": threading.active_count(), "descriptors": _count_descriptors(), "folders": folders}


def live_and_die(count: int) -> None:
    """Open and close *count* PKIs, each with a file and a request."""
    for _ in range(count):
        with PKI(key_type="Ed25519") as pki:
            leaf = pki.issue_cert("localhost")
            assert leaf.chain_file
            assert pki.ocsp.response_for(leaf)


def ask(count: int) -> None:
    """Have one responder answer *count* requests, all of which it keeps."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        headers = (("Content-Type", "application/ocsp-request"),)
        asked = HttpRequest("POST", "/ocsp", headers, question(cert_id(leaf)), "127.0.0.1:1")
        for _ in range(count):
            pki.ocsp.handle(asked)
        pki.ocsp.assert_asked(times=count)


def use_at_random(dice: random.Random) -> None:
    """One PKI used at random. A fault that found nothing to bend has said so, which is no news here."""
    try:
        _use(dice)
    except (ValueError, LookupError):
        pass
    except BaseExceptionGroup as several:
        if several.split((ValueError, LookupError))[1] is not None:
            raise


def _use(dice: random.Random) -> None:
    """One PKI, as dice fall: clients that ask, shake hands, break off and send nonsense, under faults."""
    keys, ways = ["P-256", "Ed25519", "P-384"], ["immediate", "lets-encrypt", "ad-cs"]
    with PKI(key_type=dice.choice(keys), depth=dice.randrange(3), publishes=dice.choice(ways)) as pki:
        leaf = pki.issue_cert("localhost", must_staple=dice.random() < 0.5)
        if dice.random() < 0.3:
            pki.revoke(leaf, dice.choice(["key_compromise", "certificate_hold"]))
        for service in (pki.ocsp, pki.crl):
            with contextlib.suppress(TypeError, ValueError):
                service.respond_with(dice.choice(FAULTS)())
        staples = [(), None, staplers.IDEAL, staplers.NGINX, [dice.choice(FAULTS)()]]
        with contextlib.ExitStack() as ends:
            try:
                server = ends.enter_context(pki.tls_server(leaf, staple=dice.choice(staples)))
            except (TypeError, ValueError, RuntimeError):
                # No staple that can be shown, or none that a policy would start without.
                server = ends.enter_context(pki.tls_server(leaf))
            for _ in range(dice.randrange(1, 6)):
                dice.choice([_shake_hands, _send_nonsense, _leave])(server.port, pki.ca_file, dice)
                with contextlib.suppress(OSError, http.client.HTTPException):
                    fetch(pki.crl.file_for(leaf).url)
                with contextlib.suppress(OSError, http.client.HTTPException):
                    fetch(pki.ocsp.url, question(cert_id(leaf)))


def fetch(url: str, body: bytes | None = None) -> None:
    """Ask a service, and read what comes, for a while."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=0.3)
    try:
        connection.request("POST" if body else "GET", where.path, body)
        connection.getresponse().read(1 << 20)
    finally:
        connection.close()


def _shake_hands(port: int, ca_file: str, dice: random.Random) -> None:
    context = ssl.create_default_context(cafile=ca_file)
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5) as plain:
        context.wrap_socket(plain, server_hostname="localhost").close()


def _send_nonsense(port: int, ca_file: str, dice: random.Random) -> None:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5) as plain:
        plain.sendall(dice.randbytes(dice.randrange(1, 2000)))


def _leave(port: int, ca_file: str, dice: random.Random) -> None:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 0.5).close()


def live_and_die_served(count: int) -> None:
    """The same by calls: each PKI is made, has a certificate revoked, is checked and closed."""
    with serving() as served:
        for number in range(count):
            live_by_calls(served, f"n{number}", number % 8 == 0)


def main(given: Sequence[str] | None = None) -> int:
    """Soak. The exit status is 1 where something grew."""
    parser = argparse.ArgumentParser("python -m tests.soak", description=__doc__)
    parser.add_argument("--pkis", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=0, help="of random use")
    parser.add_argument("--seed", type=int, default=0, help="of the dice; 0 for any")
    parser.add_argument("--served", type=int, default=0)
    arguments = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="mockpki-soak-") as folder:
        # The folders of others are none of ours.
        usual, tempfile.tempdir = tempfile.tempdir, folder
        try:
            worse = _soak(arguments.pkis, arguments.requests, arguments.served)
            if arguments.minutes:
                worse |= _soak_at_random(
                    arguments.minutes * 60, arguments.seed or random.randrange(1, 1 << 32)
                )
            return worse
        finally:
            tempfile.tempdir = usual


def _soak(pkis: int, requests: int, served: int) -> int:
    live_and_die(_WARM_UP)
    ask(_WARM_UP)
    live_and_die_served(_WARM_UP if served else 0)
    before, memory = _count(), _read_memory()
    live_and_die(pkis)
    ask(requests)
    live_and_die_served(served)
    allowed = (_MOST_MEMORY << 20) + _OF_A_REQUEST * requests
    return _compare(
        f"{pkis:,} PKIs, {requests:,} requests, {served:,} PKIs by calls", before, memory, allowed
    )


def _compare(what: str, before: dict[str, int], memory: int, allowed: int) -> int:
    """Say what has grown since *before*, and since so much *memory* was taken; 1 if anything has."""
    after, grown = _count(), _read_memory() - memory
    print(
        f"{what}: {', '.join(f'{name} {before[name]} -> {after[name]}' for name in before)}, "
        f"memory +{grown / 2**20:.0f} MiB of {allowed >> 20} MiB"
    )
    more = [name for name in before if after[name] > before[name]]
    if grown > allowed:
        more.append("memory")
    if more:
        print(f"grown: {', '.join(more)}", file=sys.stderr)
    return 1 if more else 0


def _soak_at_random(seconds: float, seed: int) -> int:
    dice = random.Random(seed)
    for _ in range(_WARM_UP):
        use_at_random(dice)
    before, memory, rounds = _count(), _read_memory(), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        use_at_random(dice)
        rounds += 1
    return _compare(f"{rounds:,} PKIs used at random, by seed {seed}", before, memory, _MOST_MEMORY << 20)


if __name__ == "__main__":
    sys.exit(main())
