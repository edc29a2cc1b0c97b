"""The npm packages that tests of Node.js need: installed once for all test processes, away from the checkout.

Every process that uses them holds a lock on them; the last one to end removes them.
"""

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests.kit.programs import need, run

PACKAGES = ("ocsp@1.2.0", "easy-ocsp@1.3.0", "typescript@5.9.3")
_INSTALL = (
    "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error",
    "--fetch-retries=2", "--fetch-retry-mintimeout=1000",
)  # fmt: skip


@cache
def packages() -> Path:
    """The folder whose ``node_modules`` hold `PACKAGES`: what ``NODE_PATH`` and ``require`` want.

    Without npm, or where it cannot install them, the test fails where CI is set, else skips.
    """
    need("node")
    npm = need("npm")
    key = hashlib.sha256(repr((PACKAGES, os.getuid())).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir(), f"mockpki-node-{key}")
    with _alone_in(folder):
        users = os.open(folder / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)
        atexit.register(_leave, folder, users, os.getpid())
        _install(folder, npm)
    return folder


def environment() -> dict[str, str]:
    """What a program by Node.js needs in its environment to find `packages`."""
    return {"NODE_PATH": str(packages() / "node_modules")}


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Nobody else installs into *folder*, or removes it, within the block."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:  # removed meanwhile
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_there(lock, folder / "lock"):
                yield
                return
        finally:
            os.close(lock)


def _is_there(lock: int, path: Path) -> bool:
    """Whether *path* is still the file that was opened: it goes away with the folder."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def _install(folder: Path, npm: str) -> None:
    failed, installed = folder / "failed", folder / "installed"
    if failed.exists():
        _missing(failed.read_text())
    if installed.exists():
        return
    # npm's own cache would be left behind elsewhere.
    done = run(npm, *_INSTALL, "--prefix", folder, "--cache", folder / "cache", *PACKAGES, timeout=120)
    if done.returncode:
        reason = f"npm could not install {', '.join(PACKAGES)}: {done.stderr.strip().splitlines()[:1]}"
        failed.write_text(reason)  # nobody else has to wait for the same
        _missing(reason)
    installed.touch()


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _leave(folder: Path, users: int, owner: int) -> None:
    if os.getpid() != owner:
        return
    with _alone_in(folder), contextlib.suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while others use it
        shutil.rmtree(folder, ignore_errors=True)
    os.close(users)
