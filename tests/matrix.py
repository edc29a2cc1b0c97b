"""Every client of others that is installed, through every scenario: ``python -m tests.matrix``.

Each is held to the policy that its documentation describes for it. What comes out is about this machine and
its versions, and for whoever ran it: no table of it is part of this project.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence

CLIENTS: dict[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "curl": ("no-check", ["curl", "-sS", "-o", "/dev/null", "--cacert", "{ca_file}", "{url}"], ()),
    "curl-cert-status": (
        "staple-required",
        ["curl", "-sS", "-o", "/dev/null", "--cert-status", "--cacert", "{ca_file}", "{url}"],
        (),
    ),
    "openssl-s_client": (
        "openssl-crl-check-all",
        [
            "bash",
            "-c",
            "openssl s_client -connect {host}:{port} -servername {server_name} -verify_return_error -brief "
            "-crl_check -crl_check_all -CAfile <(cat {ca_file} {crl_file}) < /dev/null",
        ],
        # It is handed the CRLs in a file, and reads no file with garbage in it.
        ["crl-garbage"],
    ),
    "wget": ("no-check", ["wget", "-q", "-O", "/dev/null", "--ca-certificate={ca_file}", "{url}"], ()),
}
"""By name: the policy, the command line, and the scenarios that cannot be put to it."""


def main(given: Sequence[str] | None = None) -> int:
    """Run those named, or all; the exit status is 1 where one does not keep its policy."""
    parser = argparse.ArgumentParser("python -m tests.matrix", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CLIENTS)}; left out, all")
    parser.add_argument("--scenarios", action="append", default=[], help="such as 'ocsp-*'; left out, all")
    arguments = parser.parse_args(given)
    worst = 0
    for name in arguments.names or CLIENTS:
        policy, words, left_out = CLIENTS[name]
        if shutil.which(words[0]) is None:
            print(f"{name}: not installed")
            continue
        chosen = [word for pattern in arguments.scenarios for word in ("--only", pattern)]
        chosen += [word for pattern in left_out for word in ("--skip", pattern)]
        command = [sys.executable, "-m", "mockpki", "probe", "--policy", policy, *chosen, "--", *words]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        print(f"{name}: {'kept' if ended.returncode == 0 else f'status {ended.returncode}'} ({policy})")
        if ended.returncode:
            print(f"{ended.stdout}{ended.stderr}".rstrip())
            worst = 1
    return worst


if __name__ == "__main__":
    sys.exit(main())
