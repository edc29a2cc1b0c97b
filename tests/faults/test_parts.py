"""What faults of several layers share: extensions, distribution points, times and octets."""

from datetime import datetime, timezone

import pytest
from cryptography import x509

from mockpki._pkix.crl import TBSCertList
from mockpki._pkix.der import Extension
from mockpki._pkix.element import Element
from mockpki.faults._parts import (
    EXAMPLE,
    add_extensions,
    append_at,
    drop_extension,
    find_extension,
    find_time,
    flip_octets,
    name_der,
    put_extension,
    read_texts,
)
from tests.kit.octets import NULL, integer, tlv

NOW = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
ONE, TWO = Extension("2.999.7", False, NULL), Extension("2.999.8", True, NULL)
CRL = TBSCertList(NOW, NOW, None, (ONE, TWO))
FAULT = "SomeFault()"


def test_an_extension_takes_the_place_of_its_like() -> None:
    """One with the same OID is replaced where it stands, and another comes behind; the honest CRL stays."""
    other = Extension(ONE.oid, True, integer(1))
    assert put_extension(CRL, other).extensions == (other, TWO)
    more = Extension(EXAMPLE, False, NULL)
    assert put_extension(CRL, more).extensions == (ONE, TWO, more)
    assert add_extensions(CRL.extensions, ONE) == (ONE, TWO, ONE)
    assert CRL.extensions == (ONE, TWO)


def test_an_extension_that_is_not_there() -> None:
    """What is there is found and dropped; what is not is a sentence with the fault in it."""
    assert find_extension(CRL, TWO.oid, FAULT) == TWO
    assert drop_extension(CRL, ONE.oid, FAULT).extensions == (TWO,)
    for use in (find_extension, drop_extension):
        with pytest.raises(ValueError, match=r"'SomeFault\(\)' finds no extension 2\.999\.1 to bend"):
            use(CRL, EXAMPLE, FAULT)


def test_texts() -> None:
    """One text or several are several; a list will do; what is none is refused."""
    assert read_texts("one") == ("one",)
    assert read_texts(("one", "two")) == ("one", "two")
    with pytest.raises(TypeError, match="1 is no text"):
        read_texts((1,))  # type: ignore[arg-type]


def test_names() -> None:
    """A name is its DER, and without one it is one that nobody has."""
    another = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another CA")])
    assert name_der(another) == another.public_bytes()
    assert b"mockpki CA that nobody knows" in name_der(None)


def test_times() -> None:
    """A time is itself; none, and one that is DER already, are sentences that say which."""
    assert find_time(NOW, "thisUpdate", FAULT) is NOW
    with pytest.raises(ValueError, match="finds no plain nextUpdate to start from: it is None"):
        find_time(None, "nextUpdate", FAULT)
    with pytest.raises(ValueError, match="it is a thisUpdate that is ready DER; give it before"):
        find_time(b"\x17\x00", "thisUpdate", FAULT)


def test_octets() -> None:
    """Flipped, every octet is another; appended, they are inside the element that the path leads to."""
    assert flip_octets(b"\x00\xff\x0f") == b"\xff\x00\xf0"
    whole = tlv(0x30, integer(1) + tlv(0x30, integer(2)))
    assert append_at(whole, (1,), NULL, FAULT) == tlv(0x30, integer(1) + tlv(0x30, integer(2) + NULL))
    assert append_at(whole + b"end", (), NULL, FAULT).endswith(NULL + b"end")
    Element.whole(append_at(whole, (1, 0), b"\0", FAULT), 0x30)
    with pytest.raises(ValueError, match="leads nowhere: the element at octet 2 has 0 inside"):
        append_at(whole, (0, 0), NULL, FAULT)
