"""The door to CRLite."""

from mockpki import crlite


def test_all_its_names_are_there() -> None:
    """What it says to export it has."""
    assert [name for name in crlite.__all__ if not hasattr(crlite, name)] == []
