"""What a filter holds."""

import pytest

from mockpki._crlite.contents import Contents, check_hash


def test_hashes() -> None:
    """A hash has 32 octets; of another length, or no octets at all, it is none."""
    assert check_hash(bytes(32), "a log") == bytes(32)
    with pytest.raises(ValueError, match=r"a log is named by a SHA-256 hash, 32 octets; .* has 31"):
        check_hash(bytes(31), "a log")
    with pytest.raises(TypeError, match="a log is named by a SHA-256 hash, 32 octets; got None"):
        check_hash(None, "a log")  # type: ignore[arg-type]


def test_its_repr_is_short() -> None:
    """Megabytes of columns are not in it."""
    assert repr(Contents((), (), (b"\1" * 800,), b"\2" * 800)) == "Contents(coverage=(), blocks=())"
