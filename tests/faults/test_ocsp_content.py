"""Values that faults of an OCSP answer's content write, octet for octet."""

from datetime import timedelta
from typing import Any

import pytest

from tests.kit.ocsp_answers import (
    Desk,
    read,
)

# Values that a diff of names does not show.


def test_values_are_the_ones_asked_for(desk: Desk) -> None:
    """Times, octets and identifiers, spelt out."""
    dated = desk.pki.clock.now() - timedelta(minutes=10)

    def field(expression: str, *path: str) -> bytes:
        tree: Any = read(desk.answer(expression))
        for name in ("responseBytes", "response", "tbs", *path):
            tree = tree[name]
        assert isinstance(tree, bytes)
        return tree

    first = ("responses", "0")
    text = f"{dated:%Y%m%d%H%M}"
    for form, octets in {
        "fraction": b"\x18\x11" + f"{text}30.5Z".encode(),
        "offset": b"\x18\x13" + f"{dated + timedelta(hours=1):%Y%m%d%H%M}30+0100".encode(),
        "no_seconds": b"\x18\x0d" + f"{text}Z".encode(),
        "utc_time": b"\x17\x0d" + f"{text[2:]}30Z".encode(),
    }.items():
        assert field(f"OddTime('this_update', '{form}')", *first, "thisUpdate") == octets
    cutoff = f"{dated - timedelta(days=3):%Y%m%d%H%M}30Z"
    assert cutoff.encode() in field(
        "ArchiveCutoff(timedelta(days=3))", *first, "singleExtensions", "1.3.6.1.5.5.7.48.1.6"
    )
    reference = field(
        "CrlReference(url=None, number=258)", *first, "singleExtensions", "1.3.6.1.5.5.7.48.1.3"
    )
    assert reference.endswith(bytes.fromhex("0408 3006 a104 02020102"))
    assert field("Version(1)", "version") == bytes.fromhex("a003020101")
    assert field("ExtendedRevoke()", *first, "certStatus").endswith(b"19700101000000Z\xa0\x03\x0a\x01\x06")
    critical = field("ResponseExtension('2.999.7', True, b'12')", "responseExtensions", "2.999.7")
    assert critical == bytes.fromhex("300c 0603883707 0101ff 04023132")
    short = field("ShortResponderKey(5)", "responderID")
    assert short == b"\xa2\x07\x04\x05" + field("()", "responderID")[4:9]


def test_a_nonce_that_was_asked_for_is_no_fault(desk: Desk) -> None:
    """The question's own nonce is refused; another of any length is not."""
    with pytest.raises(ValueError, match="is the nonce that was asked for"):
        desk.answer("Nonce(b'n')", nonce=b"n")
    assert desk.answer("Nonce(b'm')", nonce=b"n") != desk.answer(nonce=b"n")
