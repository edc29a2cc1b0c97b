"""Runs the programs of others that hold the package to its word: openssl, curl, gnutls-cli."""

import contextlib
import os
import shutil
import signal
import subprocess

import pytest


def need(name: str) -> str:
    """The path of the program called `name`; without it the test fails where CI is set, else skips."""
    # Debian has its servers where only root looks for programs.
    path = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin")))
    if path is None:
        reason = f"the program {name} is not installed on this machine"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def run(
    *args: object, input: bytes = b"", timeout: float = 20, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end with `input` on its standard input, and hand back its output as text.

    After `timeout` seconds the program and all it started are killed, and the test fails with what it
    had printed.
    """
    command = [os.fspath(arg) if isinstance(arg, os.PathLike) else str(arg) for arg in args]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C", **(env or {})},
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            _kill_group(process)
            out, err = process.communicate()
            printed = (out + err).decode(errors="replace")
            pytest.fail(f"{command} had not ended after {timeout} seconds; it printed:\n{printed}")
        except BaseException:
            _kill_group(process)
            raise
    return subprocess.CompletedProcess(
        command, process.returncode, out.decode(errors="replace"), err.decode(errors="replace")
    )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the program and whatever it started: it leads a session, and so a group, of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
