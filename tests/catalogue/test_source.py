"""What a table of code says is read off its own source."""

from typing import Any

from mockpki._catalogue.source import read_calls, read_docstrings


def row(*given: object, **named: object) -> tuple[object, ...]:
    """A row of the table below."""
    return (*given, *named.values())


def another(pki: Any, leaf: Any) -> None:  # noqa: D103 - all of it is its text
    pki.revoke(leaf)
    pki.forget(leaf)


TABLE: tuple[tuple[Any, ...], ...] = (
    row("lambda", lambda pki, leaf: pki.revoke(leaf, "superseded")),
    row("none", lambda: ()),
    row("one", lambda: (1,)),
    row("several", lambda: ("a", b"\0")),
    row("named", another, setup=lambda pki, leaf: pki.revoke([leaf, 0x1000]), pki=dict),
    row(
        "broken in lines",
        lambda pki, leaf: pki.revoke(
            [leaf, 0x10000000000000000000000000000000, 0x2000000000000000000000000001], "superseded"
        ),
    ),
    row(),
)


def test_bodies_are_written_in_one_line() -> None:
    """A function is its body, a tuple what is in it, and all the rest is as it is written."""
    calls = read_calls(__name__, "row")
    assert calls["lambda"][1] == "pki.revoke(leaf, 'superseded')"
    assert calls["none"][1] == "()"
    assert calls["one"][1] == "1"
    assert calls["several"][1] == r"'a', b'\0'"
    assert calls["named"] == {
        0: "'named'",
        1: "pki.revoke(leaf); pki.forget(leaf)",
        "setup": "pki.revoke([leaf, 0x1000])",
        "pki": "dict",
    }
    assert calls["broken in lines"][1] == (
        "pki.revoke([leaf, 0x10000000000000000000000000000000, 0x2000000000000000000000000001], 'superseded')"
    )
    assert calls[""] == {}


def test_each_call_is_there() -> None:
    """There are as many as there are rows, and none of another function."""
    assert len(read_calls(__name__, "row")) == len(TABLE)
    assert read_calls(__name__, "nothing of that name") == {}


SPOKEN_OF = 1
"""One thing, ``as it
is``."""
PASSED_OVER = 2


def test_what_stands_below_a_name_is_read() -> None:
    """In one line, and as words; nothing of names below which nothing stands."""
    found = read_docstrings(__name__)
    assert found["SPOKEN_OF"] == "One thing, as it is."
    assert "PASSED_OVER" not in found
