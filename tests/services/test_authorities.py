"""The CAs whose certificates are on the lists of one publisher."""

import pytest

from mockpki._services.authorities import Authorities
from mockpki._services.ledger import Ledger


def authorities(*names: bytes, indirect: bool = True) -> Authorities:
    """CAs of these names, on the lists of one that is called ``issuer``."""
    found = Authorities(b"issuer", "publisher under test", indirect=indirect)
    for name in names:
        found.add(object(), name, Ledger())
    return found


@pytest.mark.parametrize(
    ("names", "indirect"),
    [
        ((), True),
        ((b"a",), True),
        ((b"issuer",), False),
        ((b"issuer", b"issuer"), False),
        ((b"issuer", b"a"), True),
    ],
)
def test_when_they_are_indirect(names: tuple[bytes, ...], indirect: bool) -> None:
    """Unless all certificates on them are of the CRL issuer's own name; a CA's own lists never are."""
    assert authorities(*names).is_indirect is indirect
    assert not authorities(*names, indirect=False).is_indirect


def test_the_order_of_entries() -> None:
    """The list issuer's own are first; a CA that came after the list was made is not on it."""
    found = authorities(b"a", b"issuer", b"b", b"issuer", b"late")
    pairs = [(one.certificate_issuer, item) for one, item in found.pair("1234")]
    assert pairs == [(None, "2"), (None, "4"), (b"a", "1"), (b"b", "3")]


def test_who_signs() -> None:
    """Certificates name the CRL issuer, but for those of its own name."""
    found = authorities(b"a", b"issuer")
    assert [one.crl_issuer for one in found.all] == [b"issuer", None]


class Owned:
    """A certificate by *issuer*."""

    def __init__(self, issuer: object) -> None:
        self.issuer = issuer


def test_whose_a_certificate_is() -> None:
    """That of its CA; of two CAs with one name, too. A serial number is enough where there is one CA."""
    found = authorities(b"a", b"a")
    for one in found.all:
        assert found.find(Owned(one.owner)) is one
    with pytest.raises(ValueError, match="number 5 may be of any of the 2 CAs of the publisher under test"):
        found.find(5)
    for stranger in (Owned(None), object()):
        with pytest.raises(ValueError, match="is not on the lists of the publisher under test"):
            found.find(stranger)
    alone = authorities(b"a")
    assert alone.find(5) is alone.all[0]
    own = authorities(b"issuer", indirect=False)
    assert own.find(Owned(None)) is own.find(5) is own.all[0]
