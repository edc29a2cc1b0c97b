"""Key types by their names, and keys by their types."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mockpki._pkix import der
from mockpki._pkix.keys import KeyType, key_bits, key_hash, key_type_of, spki_der, stranger
from tests.kit.authorities import KINDS, key


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_is_known_by_its_name_in_any_case(kind: KeyType) -> None:
    """``p-256`` and ``P-256`` mean one type, and the type itself means it, too."""
    assert KeyType.of(kind.value) is KeyType.of(kind.lower()) is KeyType.of(kind) is kind


def test_what_is_no_type_is_refused() -> None:
    """A name that there is not is a ValueError that tells those there are; what is no name, a TypeError."""
    with pytest.raises(ValueError, match=r"'P-512' is no key type; there are P-256, P-384, RSA-2048"):
        KeyType.of("P-512")
    wrong: Any = 256
    with pytest.raises(TypeError, match="a key type is a name such as 'P-256'; got 256"):
        KeyType.of(wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_of_the_type_it_was_made_for(kind: KeyType) -> None:
    """The type of a key that was made here is found again."""
    assert key_type_of(key(kind)) is kind


OTHERS: dict[str, tuple[Callable[[], Any], KeyType]] = {
    "P-521": (lambda: ec.generate_private_key(ec.SECP521R1()), KeyType.P384),
    "RSA-1024": (lambda: rsa.generate_private_key(65537, 1024), KeyType.RSA2048),
    "Ed448": (ed448.Ed448PrivateKey.generate, KeyType.ED25519),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_key_of_another_type_has_the_nearest(name: str) -> None:
    """A key that is made nowhere here is of the type of its family that is nearest."""
    make, nearest = OTHERS[name]
    assert key_type_of(make()) is nearest


def test_a_family_that_is_unknown_is_refused() -> None:
    """A key that no authority here can sign with is a sentence."""
    with pytest.raises(ValueError, match="is no key that an authority here can sign with; there are P-256"):
        key_type_of(dsa.generate_private_key(1024))


@pytest.mark.parametrize("kind", KINDS)
def test_the_hash_of_a_key_is_the_one_that_cryptography_makes(kind: KeyType) -> None:
    """The SHA-1 of the key's bits, by the first method of RFC 5280 section 4.2.1.2."""
    public = key(kind).public_key()
    spki = spki_der(public)
    assert load_der_public_key(spki) == public
    assert spki.endswith(key_bits(spki))
    assert key_hash(spki) == x509.SubjectKeyIdentifier.from_public_key(public).digest


@pytest.mark.parametrize("wrong", [b"", der.NULL, der.sequence(), der.sequence(der.NULL)])
def test_what_is_no_public_key_has_no_bits(wrong: bytes) -> None:
    """Octets that are no SubjectPublicKeyInfo are a ValueError."""
    with pytest.raises(ValueError, match=r"octet|fields"):
        key_bits(wrong)


def test_a_stranger_is_the_same_for_a_whole_process() -> None:
    """There is one of each type, which is nobody's."""
    one = stranger(KeyType.P256)
    assert one is stranger(KeyType.P256)
    assert one is not stranger(KeyType.ED25519)
    assert key_type_of(one) is KeyType.P256
