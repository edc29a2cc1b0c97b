"""What clients read first: which filters there are now, where, and what octets to expect of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from .contents import from_milliseconds


@dataclass(frozen=True)
class Listed:
    """One filter in a list: its *name* and *channel*, and the *size* and SHA-256 of its octets.

    A delta has a *parent*, the filter it goes on from, by its name; of a full one that is None.
    """

    name: str
    channel: str
    size: int
    digest: bytes
    parent: str | None = None

    @classmethod
    def of(cls, name: str, channel: str, octets: bytes, parent: str | None = None) -> Listed:
        """That of these *octets*."""
        return cls(name, channel, len(octets), sha256(octets).digest(), parent)


@dataclass(frozen=True)
class Listing:
    """All filters there are at a time, *generated_at* in seconds since 1970; of each channel the full one
    first, and then its deltas, oldest first."""

    generated_at: int
    files: tuple[Listed, ...]

    @property
    def time(self) -> datetime:
        """`generated_at` as a time."""
        return from_milliseconds(self.generated_at * 1_000)

    def manifest(self) -> bytes:
        """As upki's clients read it, from a mirror."""
        files = [{"filename": one.name, "size": one.size, "hash": one.digest.hex()} for one in self.files]
        return _write({"generated_at": self.generated_at, "comment": "", "files": files})

    def records(self) -> bytes:
        """As Remote Settings has them, a record for each."""
        return _write({"data": [_record(one) for one in self.files]})


def _record(one: Listed) -> dict[str, object]:
    attachment = {
        "hash": one.digest.hex(),
        "size": one.size,
        "filename": one.name,
        "location": one.name,
    }
    return {
        "id": record_id(one.name),
        "parent": None if one.parent is None else record_id(one.parent),
        "incremental": one.parent is not None,
        "channel": one.channel,
        "attachment": attachment,
    }


def record_id(name: str) -> str:
    """What a record is called: the name of its file without the ending, for dots are no part of it."""
    return name.rpartition(".")[0]


def _write(value: object) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"
