"""A program that is linked statically, octet by octet: no compiler is needed for it."""

import os
import platform
import struct
from pathlib import Path

import pytest

_CODE = {
    # for (;;) pause();
    "x86_64": (62, bytes.fromhex("b822000000 0f05 ebf7")),
    # for (;;) ppoll(NULL, 0, NULL, NULL, 0);
    "aarch64": (
        183,
        bytes.fromhex("000080d2 010080d2 020080d2 030080d2 040080d2 280980d2 010000d4 f9ffff17"),
    ),
}
"""By machine: its number in ELF, and a program that waits for ever."""
_BASE, _HEADERS = 0x400000, 64 + 56


def write_static_program(folder: Path) -> Path:
    """A program without a dynamic linker, which only waits; the test is skipped where we can write none."""
    if os.name != "posix" or platform.system() != "Linux" or platform.machine() not in _CODE:
        pytest.skip(f"nobody has written a static program for {platform.machine()} yet")
    number, code = _CODE[platform.machine()]
    size = _HEADERS + len(code)
    # ELF64, little-endian: an executable whose only segment is the whole file, readable and executable.
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, number, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    path = folder / "static"
    path.write_bytes(header + segment + code)
    path.chmod(0o755)
    return path
