"""Signed certificate timestamps and their list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki.crlite import Sct, read_scts, scts_extension
from tests.kit.universes import LOG

SCT = Sct(LOG, 0x0102, b"signature", extensions=b"more")


def test_by_hand() -> None:
    """RFC 6962 section 3.2: version, LogID, timestamp, extensions, algorithms, signature."""
    written = b"\0" + LOG + b"\0\0\0\0\0\0\1\2" + b"\0\4more" + b"\4\3" + b"\0\x09signature"
    assert SCT.encode() == written
    assert Sct.parse(written) == SCT
    assert SCT.log_and_time == (LOG, 0x0102)


scts = st.builds(
    Sct,
    st.binary(min_size=32, max_size=32),
    st.integers(0, (1 << 64) - 1),
    st.binary(max_size=80),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=9),
    st.integers(0, 255),
)


@given(st.lists(scts, max_size=4))
def test_lists_there_and_back(listed: list[Sct]) -> None:
    """Whatever SCTs say, their list holds them in order; the extension is not critical."""
    extension = scts_extension([sct.encode() for sct in listed])
    assert (extension.oid, extension.critical) == ("1.3.6.1.4.1.11129.2.4.2", False)
    assert list(read_scts(extension.value)) == listed


VALUE = scts_extension([SCT.encode()] * 2).value
MALFORMED = {
    "no OCTET STRING": (b"\x30" + VALUE[1:], "tag 0x30 at octet 0"),
    "cut off": (VALUE[:-1], "runs past the end"),
    "a short length": (b"\x04\x04\0\1\0\0", "says that it has 1 octets, and has 2"),
    "an empty SCT": (b"\x04\x04\0\2\0\0", "an SCT ends after 0 octets, and its version"),
    "half an SCT": (b"\x04\x05\0\3\0\2\0", "a list of SCTs ends after 5 octets, and its SCT"),
    "no length": (b"\x04\x01\0", "a list of SCTs ends after 1 octets, and its length"),
    "more in an SCT": (scts_extension([SCT.encode() + b"\0"]).value, "an SCT has 1 octets behind its end"),
}


@pytest.mark.parametrize(("value", "sentence"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_refused(value: bytes, sentence: str) -> None:
    """A value that lists no SCTs is refused with the reason."""
    with pytest.raises(ValueError, match=sentence):
        read_scts(value)


def test_its_lengths_have_two_octets() -> None:
    """What is longer cannot be written."""
    with pytest.raises(ValueError, match="have less than 65536 octets; got 65536"):
        scts_extension([bytes(65536)])
