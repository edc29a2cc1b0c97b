"""The structure of 2017: a cascade of Bloom filters. Firefox has not read it since 2025."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from .clubcard import Serial, Status, Universe, serial_octets
from .contents import check_hash


def _import_library() -> Any:
    try:
        import filtercascade
    except ImportError as error:
        raise ImportError(
            "a cascade is written and read by the library filtercascade, which is not installed; "
            "`pip install filtercascade`, or build a Clubcard, which needs none"
        ) from error
    return filtercascade


class Cascade:
    """A filter of Bloom filters: each layer holds what the one before says wrongly.

    It says of every certificate that was known when it was built whether it is revoked, and *revoked* of some
    others. It knows neither which issuers it speaks of nor when it was made: no other status is ever given.
    """

    def __init__(self, cascade: Any) -> None:
        self._cascade = cascade

    @classmethod
    def parse(cls, octets: bytes) -> Cascade:
        """The cascade that *octets* are; ValueError for what is none, ImportError without filtercascade."""
        library = _import_library()
        try:
            return cls(library.FilterCascade.from_buf(octets))
        except Exception as error:
            raise ValueError(f"filtercascade cannot read these octets: {error!r}") from error

    def encode(self) -> bytes:
        """The octets that a client would get."""
        file = BytesIO()
        self._cascade.tofile(file)
        return file.getvalue()

    def status(self, spki_hash: bytes, serial: Serial) -> Status:
        """What the cascade says of a certificate: `Status.GOOD` or `Status.REVOKED`."""
        revoked = check_hash(spki_hash, "spki_hash") + serial_octets(serial) in self._cascade
        return Status.REVOKED if revoked else Status.GOOD


def cascade(universe: Universe, *, salt: bytes = b"", min_filter_length: int = 1) -> Cascade:
    """The cascade of a *universe*, as `Clubcard.build` takes it, hashed by SHA-256 with *salt*.

    The first layer is as loose as CRLite's was, by how many are revoked. *min_filter_length* is the fewest
    bits that a layer has: the library's own 1000 would leave a small filter without any false positive.
    Raises ValueError where nothing is revoked, or all is, of which there is no cascade; ImportError, saying
    how to install it, without filtercascade.
    """
    library = _import_library()
    revoked: set[bytes] = set()
    good: set[bytes] = set()
    for issuer, (known, bad) in universe.items():
        check_hash(issuer, "an issuer")
        everything, of_these = _keys(issuer, known), _keys(issuer, bad)
        revoked |= everything & of_these
        good |= everything - of_these
    if not revoked or not good:
        raise ValueError(
            f"a cascade parts revoked certificates from good ones; this universe has {len(revoked)} and "
            f"{len(good)} of them: add one, or build a Clubcard"
        )
    made = library.FilterCascade(
        defaultHashAlg=library.fileformats.HashAlgorithm.SHA256,
        salt=salt or None,
        min_filter_length=min_filter_length,
    )
    fewer, more = sorted((len(revoked), len(good)))
    made.set_crlite_error_rates(include_len=fewer, exclude_len=more)
    made.initialize(include=revoked, exclude=good)
    return Cascade(made)


def _keys(issuer: bytes, serials: Iterable[Serial]) -> set[bytes]:
    return {issuer + serial_octets(serial) for serial in serials}
