"""What is read of a certificate without a parser: the same that cryptography reads, and more."""

import ipaddress
from contextlib import suppress
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki._pkix import der
from mockpki._pkix.certificate import TBSCertificate, extension
from mockpki._pkix.der import Extension
from mockpki._pkix.keys import KeyType, spki_der
from mockpki._pkix.reading import (
    has_plain_extensions,
    load_certificate,
    read_issuer,
    read_names,
    read_serial,
    read_spki,
    read_subject,
)
from mockpki._pkix.signing import subject
from tests.kit.authorities import KINDS, NOW, certificate, signer

ED = KeyType.ED25519
NAMES: list[x509.GeneralName] = [
    x509.DNSName("a.example"),
    x509.RFC822Name("joe@a.example"),
    x509.UniformResourceIdentifier("https://a.example/"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
    x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    x509.IPAddress(ipaddress.ip_network("192.0.2.0/24")),
    x509.DirectoryName(x509.Name([])),
]


def written(*extensions: Extension, serial: int = 5) -> bytes:
    """A certificate with these extensions."""
    who = signer(ED)
    content = TBSCertificate(
        serial, NOW, NOW + timedelta(days=1), subject("leaf"), spki_der(who.key.public_key()), extensions
    )
    return content.signed_by(who).encode()


@pytest.mark.parametrize("kind", KINDS)
def test_the_fields_are_those_that_cryptography_reads(kind: KeyType) -> None:
    """Serial number and names of a certificate by cryptography's own builder."""
    theirs = certificate(kind)
    octets = theirs.public_bytes(Encoding.DER)
    assert load_certificate(octets) == theirs
    assert read_serial(octets) == theirs.serial_number
    assert read_issuer(octets) == theirs.issuer.public_bytes()
    assert read_subject(octets) == theirs.subject.public_bytes()
    assert read_spki(octets) == spki_der(theirs.public_key())  # type: ignore[arg-type]


@pytest.mark.parametrize("serial", [0, -1, -129])
def test_a_serial_that_is_not_positive_is_read_without_a_warning(serial: int) -> None:
    """cryptography warns of such a one; here it is meant, and warnings are errors."""
    octets = written(serial=serial)
    assert read_serial(octets) == serial
    assert load_certificate(octets).public_bytes(Encoding.DER) == octets


@pytest.mark.parametrize(
    "octets",
    [b"", der.NULL, written()[:-1], b"GET / HTTP/1.1"],
    ids=["nothing", "NULL", "cut short", "HTTP"],
)
def test_what_is_no_certificate_is_refused(octets: bytes) -> None:
    """Other octets are a ValueError that says so."""
    with pytest.raises(ValueError, match="cryptography does not read this certificate"):
        load_certificate(octets)


def test_a_version_there_is_not_is_refused() -> None:
    """Where cryptography knows no such version, that is a ValueError like any other."""
    who = signer(ED)
    content = TBSCertificate(5, NOW, NOW, subject("leaf"), spki_der(who.key.public_key()), (), version=7)
    with pytest.raises(ValueError, match="cryptography does not read this certificate"):
        load_certificate(content.signed_by(who).encode())


def test_names_are_told_as_text() -> None:
    """Host names, addresses, networks and URIs; a name of another kind is passed over."""
    octets = written(extension(x509.SubjectAlternativeName(NAMES)))
    assert read_names(octets) == (
        "a.example",
        "joe@a.example",
        "https://a.example/",
        "192.0.2.1",
        "2001:db8::1",
        "192.0.2.0/24",
    )


def test_a_certificate_without_names_has_none() -> None:
    """Without extensions, without the one in question, or where that one cannot be read."""
    other = extension(x509.BasicConstraints(False, None))
    broken = Extension("2.5.29.17", False, b"\x30\x05")
    assert [read_names(written(*found)) for found in ((), (other,), (other, broken))] == [(), (), ()]


def test_plain_extensions() -> None:
    """Extensions are plain where cryptography reads each of them, and each is there once."""
    good = extension(x509.BasicConstraints(False, None))
    assert has_plain_extensions(written(good))
    assert has_plain_extensions(written(Extension("1.2.3", False, b"whatever")))
    assert not has_plain_extensions(written(good, good))
    assert not has_plain_extensions(written(Extension("2.5.29.17", False, b"\x30\x05")))
    assert not has_plain_extensions(written(good)[:-1])


@settings(deadline=None)
@given(
    st.binary(max_size=60)
    | st.sampled_from([b"0\0", b"0\x020\0", b"0\x040\x02\x02\0", b"0\x060\x04\xa0\x02\x02\0", b"\0\0"])
)
def test_any_octets_are_a_certificate_or_a_value_error(octets: bytes) -> None:
    """Empty structures, too: whoever reads a certificate of others is told that it is none."""
    for read in (load_certificate, read_serial, read_issuer, read_subject):
        with suppress(ValueError):
            read(octets)
    assert read_names(octets) == ()
    assert not has_plain_extensions(octets)


def test_an_empty_structure_is_no_certificate() -> None:
    """It is said in words."""
    for octets in (b"0\0", b"0\x020\0", b"0\x060\x04\xa0\x02\x02\0"):
        with pytest.raises(ValueError, match="is no Certificate"):
            read_serial(octets)
