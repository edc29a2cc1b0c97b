"""Faults of the signature once it is made."""

import pytest

from mockpki import faults
from mockpki._pkix import der
from mockpki._pkix.element import Element
from mockpki._pkix.keys import KeyType
from mockpki._pkix.signing import Signed
from tests.kit.authorities import signer

TBS = der.sequence(der.NULL)


def oid(signed: Signed) -> str:
    """The signature algorithm, dotted."""
    return Element.whole(signed.algorithm, der.SEQUENCE).children()[0].as_oid()


def test_the_last_bit_is_flipped() -> None:
    """All else of the signature stays, and twice is none."""
    honest = signer(KeyType.ED25519).sign(TBS)
    bent = faults.BadSignature()(honest)
    assert bent.signature[:-1] == honest.signature[:-1]
    assert bent.signature[-1] ^ honest.signature[-1] == 1
    assert (bent.tbs, bent.algorithm) == (honest.tbs, honest.algorithm)
    assert faults.BadSignature()(bent) == honest


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        (KeyType.RSA2048, "1.2.840.113549.1.1.13"),
        (KeyType.P256, "1.2.840.10045.4.3.4"),
        (KeyType.ED25519, "1.2.840.10045.4.3.2"),
    ],
)
def test_a_label_of_the_same_kind(kind: KeyType, label: str) -> None:
    """RSA and ECDSA are said to be over SHA-512; a key without a choice is said to be ECDSA's."""
    honest = signer(kind).sign(TBS)
    bent = faults.MislabelledSignature()(honest)
    assert oid(bent) == label != oid(honest)
    assert (bent.tbs, bent.signature) == (honest.tbs, honest.signature)
    with pytest.raises(ValueError, match=f"changes nothing: the signature is {label}"):
        faults.MislabelledSignature(label)(bent)
