"""CRLite: filters that are at hand, or fetched by their manifest, and what they say of a certificate.

A client takes all files of a manifest, or none: where one is not what the manifest says, it goes on with the
filters that it has had. Here it has had none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._clock import EPOCH
from .._crlite.clubcard import Clubcard
from .._crlite.clubcard import Status as Said
from .._crlite.contents import spki_hash
from .._crlite.subject import Subject
from .._parameters import show
from .._validation.finding import Finding, Status, Unusable, reading
from ._fetch import fetch

_MANIFEST = "manifest.json"
"""Which files there are, below the URL of a service."""
_MOST = 1000
"""Files that are fetched; a delta is made some times a day."""
_SILENT = {
    Said.EXPIRED: "it has expired, and filters have dropped it",
    Said.NOT_ENROLLED: "the filters do not speak of its issuer",
    Said.NOT_COVERED: "none of its SCTs is of a log and a time that the filters cover",
}
NO_SOURCE = frozenset({"no filter", *(said.value for said in _SILENT)})
"""Why filters say nothing of a certificate of which they are not meant to."""
OF_NO_USE = frozenset(("unreadable", "too many", "wrong size", "wrong hash", "stale"))
"""What is wrong with filters that came."""


@runtime_checkable
class Service(Protocol):
    """Whoever publishes filters, such as ``pki.crlite``."""

    @property
    def url(self) -> str:
        """Where its manifest is, without that name."""


CRLite = Service | str | bytes | Sequence[bytes]
"""A service or its URL, or the filters themselves."""


def check_source(given: object) -> str | tuple[bytes, ...]:
    """The URL, or the octets of all filters, that ``crlite=`` gives. Raises TypeError for anything else."""
    if given is None:
        return ()
    if isinstance(given, bytes):
        return (given,)
    if isinstance(given, Service):
        given = given.url
    if isinstance(given, str):
        return given
    if isinstance(given, Sequence) and all(isinstance(one, bytes) for one in given):
        return tuple(given)
    raise TypeError(
        "crlite= takes a service such as pki.crlite, its URL, or filters as bytes, one or several; "
        f"got {show(given)}"
    )


@dataclass(frozen=True)
class Filters:
    """A filter and its deltas, in any order, and when the newest was *made*, None where nothing tells."""

    cards: tuple[Clubcard, ...]
    made: datetime | None

    @classmethod
    def read(cls, octets: Sequence[bytes]) -> Filters:
        """Those that *octets* are. Raises `Unusable`."""
        with reading():
            cards = tuple(map(Clubcard.parse, octets))
        # There is no date in a filter; but of what was logged later it does not speak.
        ends = [interval.high for card in cards for interval in card.coverage]
        return cls(cards, _read_time(max(ends) / 1000 if ends else None))

    @classmethod
    def fetch(cls, url: str, timeout: timedelta) -> Filters:
        """Those of the service at *url*, by its manifest. *timeout* is for each file. Raises `Unusable`."""
        base = url.rstrip("/").removesuffix(f"/{_MANIFEST}")
        with reading():
            manifest: Any = json.loads(fetch(f"{base}/{_MANIFEST}", timeout))
            files = [(str(one["filename"]), one["size"], one["hash"]) for one in manifest["files"]]
            made = manifest["generated_at"]
        if len(files) > _MOST:
            raise Unusable(
                "too many", f"the manifest lists {len(files)} files, and {_MOST} are fetched at most"
            )
        octets = []
        for name, size, digest in files:
            octets.append(fetch(f"{base}/{name}", timeout))
            _compare(name, octets[-1], size, digest)
        return cls(cls.read(octets).cards, _read_time(made))

    def find(
        self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime, max_age: timedelta
    ) -> Finding:
        """What they say of *certificate*. Raises `Unusable`."""
        if not self.cards:
            raise Unusable("no filter", "there is no filter yet")
        if self.made is not None and now - self.made > max_age:
            made = f"{self.made:%Y-%m-%d %H:%M} UTC"
            raise Unusable("stale", f"the newest filter is of {made}, which is too old for the policy")
        said = self._ask(certificate, issuer, now)
        if said in _SILENT:
            raise Unusable(said.value, _SILENT[said])
        return Finding(Status.REVOKED if said is Said.REVOKED else Status.GOOD, said.value)

    def _ask(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Said:
        if certificate.not_valid_after_utc < now:
            return Said.EXPIRED
        return Subject.read(spki_hash(issuer), certificate.public_bytes(Encoding.DER)).ask(self.cards)


def _compare(name: str, octets: bytes, size: object, digest: object) -> None:
    """Raise `Unusable` unless the file is what the manifest says."""
    if size != len(octets):
        raise Unusable("wrong size", f"{name} has {len(octets)} octets, and in the manifest {size}")
    if digest != sha256(octets).hexdigest():
        raise Unusable("wrong hash", f"{name} is not what the manifest says: its SHA-256 is another")


def _read_time(seconds: Any) -> datetime | None:
    """So many since 1970; None for what is no time, such as the end of a coverage that has none."""
    try:
        return EPOCH + timedelta(seconds=seconds)
    except (TypeError, ValueError, OverflowError):
        return None
