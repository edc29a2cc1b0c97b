"""A CRL as it is read."""

from dataclasses import replace

import pytest
from cryptography import x509

from mockpki._validation.finding import Unusable
from mockpki._validation.revocation_list import RevocationList, reason_of
from tests.kit.crl_world import (
    CA,
    ELSE,
    HELD,
    LISTED,
    NEW_KEY,
    SERIAL,
    UNKNOWN,
    Entry,
    Flags,
    crl,
    name,
    scope,
    url,
)


def test_what_it_says_of_itself() -> None:
    """Its number, its base, its scope, and None for what it does not say; an empty list is read, too."""
    whole = RevocationList.load(crl(number=7, base=6, idp=scope(url("a"))))
    assert (whole.number, whole.base, whole.scope) == (7, 6, scope(url("a")))
    assert whole.key_identifier is not None
    plain = RevocationList.load(crl(number=None))
    assert (plain.number, plain.base, plain.scope, plain.issuer) == (None, None, None, name("CA"))
    assert plain.find(SERIAL, name("CA")) is None


def test_who_signed_it() -> None:
    """The key counts, and not the name."""
    assert RevocationList.load(crl()).is_by(CA.certificate)
    assert not RevocationList.load(crl()).is_by(NEW_KEY.certificate)
    assert RevocationList.load(crl(signed_with="ca-new")).is_by(NEW_KEY.certificate)


def test_what_it_lists() -> None:
    """The entry of that serial number and issuer, with its reason if it has one."""
    listing = RevocationList.load(crl(ELSE, HELD))
    held, other = listing.find(SERIAL, name("CA")), listing.find(ELSE.serial, name("CA"))
    assert held is not None
    assert other is not None
    assert (reason_of(held), reason_of(other)) == (Flags.certificate_hold, None)
    assert listing.find(SERIAL, name("Other CA")) is None


def test_whose_an_entry_is() -> None:
    """In an indirect CRL it is the issuer's of the entry before, at first the CRL issuer's own."""
    entries = Entry(1), Entry(2, issuer="Other CA"), Entry(3), Entry(4, issuer="CA")
    listing = RevocationList.load(crl(*entries, idp=scope(indirect=True)))
    for owner, serials in (("CA", {1, 4}), ("Other CA", {2, 3})):
        found = {serial for serial in range(1, 5) if listing.find(serial, name(owner)) is not None}
        assert found == serials


@pytest.mark.parametrize(
    "entry", [replace(ELSE, more=UNKNOWN), replace(ELSE, issuer="Other CA")], ids=["unknown", "issuer"]
)
def test_critical_entry_extensions(entry: Entry) -> None:
    """One that is not understood is the end, wherever it stands; as a certificate issuer in a direct CRL."""
    with pytest.raises(Unusable, match="critical entry extension"):
        RevocationList.load(crl(LISTED, entry)).find(SERIAL, name("CA"))
    assert RevocationList.load(crl(LISTED, ELSE)).find(SERIAL, name("CA")) is not None


def test_critical_extensions() -> None:
    """Those of RFC 5280 are understood, and no others."""
    RevocationList.load(crl(base=4, idp=scope(url("a")))).check_extensions()
    with pytest.raises(Unusable, match=r"critical extension 1\.3\.6\.1\.4\.1\.55555\.1 is not understood"):
        RevocationList.load(crl(more=UNKNOWN)).check_extensions()
    with pytest.raises(Unusable, match="is not understood"):
        RevocationList.load(crl(more=x509.InhibitAnyPolicy(0))).check_extensions()
