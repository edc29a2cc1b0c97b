"""Thousands of PKIs and a million requests in one process: ``python -m tests.soak``.

With ``--served``, so many more live behind `mockpki serve`, made and closed by calls. Nothing may grow with
their number: threads, descriptors, folders. Memory may, by what a record keeps of a request, and no more.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from mockpki import PKI
from mockpki._exchange.http import HttpRequest
from tests.kit.asking import cert_id, question
from tests.kit.serving import live_by_calls, serving

_WARM_UP = 20
_MOST_MEMORY = 200
"""MiB that may come on top, whatever the numbers."""
_OF_A_REQUEST = 2048
"""Octets that the record may keep of a request."""


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
    parser.add_argument("--served", type=int, default=0)
    arguments = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="mockpki-soak-") as folder:
        # The folders of others are none of ours.
        usual, tempfile.tempdir = tempfile.tempdir, folder
        try:
            return _soak(arguments.pkis, arguments.requests, arguments.served)
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
    after, grown = _count(), _read_memory() - memory
    allowed = (_MOST_MEMORY << 20) + _OF_A_REQUEST * requests
    print(
        f"{pkis:,} PKIs, {requests:,} requests, {served:,} PKIs by calls: "
        f"{', '.join(f'{name} {before[name]} -> {after[name]}' for name in before)}, "
        f"memory +{grown / 2**20:.0f} MiB of {allowed >> 20} MiB"
    )
    more = [name for name in before if after[name] > before[name]]
    if grown > allowed:
        more.append("memory")
    if more:
        print(f"grown: {', '.join(more)}", file=sys.stderr)
    return 1 if more else 0


if __name__ == "__main__":
    sys.exit(main())
