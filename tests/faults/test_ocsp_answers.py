"""Every fault of an OCSP answer, read by asn1crypto's parser: what it claims has changed, and no more."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from asn1crypto import algos, core
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import faults
from tests.kit.ocsp_answers import (
    Desk,
    basic_der,
    children,
    embedded,
    evaluate,
    read,
)


def changed(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The paths at which two trees part."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one | other:
            yield from changed(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif one != other:
        yield path.replace("responseBytes.response.", "") or "all"


def differing(honest: bytes, bent: bytes) -> set[str]:
    """The fields in which two answers differ; not a signature over something that does."""
    found = set(changed(read(honest), read(bent)))
    for prefix in ("", "certs.0."):
        if any(path.startswith(f"{prefix}tbs") for path in found):
            found.discard(f"{prefix}signature")
    return found


# Signatures, over the octets as they are.

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "md5_rsa": hashes.MD5(),
    "sha1_rsa": hashes.SHA1(),
    "sha256_rsa": hashes.SHA256(),
    "sha384_rsa": hashes.SHA384(),
    "sha512_rsa": hashes.SHA512(),
}


def verifies(key: Any, signed: bytes) -> bool:
    """Whether a signed structure is `key`'s."""
    tbs, algorithm, signature, *_ = children(signed)
    name = algos.SignedDigestAlgorithm.load(algorithm)["algorithm"].native
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        octets = core.OctetBitString.load(signature).native
        key.verify(octets, tbs, padding.PKCS1v15(), DIGESTS[name])
    except InvalidSignature:
        return False
    return True


# The table.


class Row(NamedTuple):
    """What a fault changes, compared with `base`; who has signed the answer, and its first certificate."""

    fault: str
    changes: set[str]
    signed_by: str = "issuer"
    vouched_by: str | None = None
    base: str = "()"
    nonce: bytes | None = None


TBS = "tbs."
FIRST = "tbs.responses.0."
ID = "tbs.responses.0.certID."
CERT = "certs.0.tbs."
EXT = "certs.0.tbs.extensions."
NONCE = "1.3.6.1.5.5.7.48.1.2"
WINDOW = {FIRST + "thisUpdate", FIRST + "nextUpdate"}
ERROR = {"responseStatus", "responseBytes"}
RID = {TBS + "responderID"}
STATUS = {FIRST + "certStatus"}
AKI = EXT + "2.5.29.35"


def delegate(
    fault: str, *changes: str, signed_by: str = "delegate", vouched_by: str | None = "issuer"
) -> Row:
    """A delegate, compared with an honest one."""
    return Row(fault, set(changes), signed_by, vouched_by, base="Delegate()")


ROWS = [
    Row("Stale()", WINDOW | {TBS + "producedAt"}),
    Row("Stale(fresh_signature=True)", WINDOW),
    Row("Early()", WINDOW),
    Row("NoNextUpdate()", {FIRST + "nextUpdate"}),
    Row("NoNextUpdate(age=timedelta(days=9))", WINDOW | {TBS + "producedAt"}),
    Row("NextBeforeThis()", {FIRST + "nextUpdate"}),
    Row("Long()", WINDOW),
    Row("Ancient()", {FIRST + "thisUpdate"}),
    Row("Good(), Revoked()", STATUS),
    Row("Revoked(), Good()", set()),
    Row("Unknown()", STATUS),
    Row("WrongSerial()", {ID + "serialNumber"}),
    Row("ProducedAt()", {TBS + "producedAt"}),
    Row("OddTime()", {FIRST + "thisUpdate"}),
    Row("OddTime('next_update', 'offset')", {FIRST + "nextUpdate"}),
    Row("OddTime('this_update', 'no_seconds')", {FIRST + "thisUpdate"}),
    Row("OddTime('produced_at', 'utc_time')", {TBS + "producedAt"}),
    Row("WrongIssuerNameHash()", {ID + "issuerNameHash"}),
    Row("WrongIssuerKeyHash()", {ID + "issuerKeyHash"}),
    Row("CertIDHash()", {ID + "hashAlgorithm", ID + "issuerNameHash", ID + "issuerKeyHash"}),
    Row("MislabelledHash()", {ID + "hashAlgorithm"}),
    Row("UnknownHash()", {ID + "hashAlgorithm"}),
    Row("NoSingleResponses()", {FIRST[:-1]}),
    Row("Singles()", {ID + "serialNumber", "tbs.responses.1"}),
    Row("Singles(Single('unknown'))", STATUS),
    Row("Singles(Single(), Single('revoked', reason='superseded'))", {"tbs.responses.1"}),
    Row("Singles(Single(timing=Stale()))", WINDOW),
    Row("Version()", {TBS + "version"}),
    Row("Version(0)", {TBS + "version"}),
    Row("ResponseExtension()", {TBS + "responseExtensions"}),
    Row("ResponseExtension()", {TBS + "responseExtensions.2.999.1"}, nonce=b"n" * 32),
    Row("SingleExtension()", {FIRST + "singleExtensions"}),
    Row("EmptyResponseExtensions()", {TBS + "responseExtensions"}),
    Row("EmptySingleExtensions()", {FIRST + "singleExtensions"}),
    Row("NoNonce()", {TBS + "responseExtensions"}, nonce=b"n" * 32),
    Row("Nonce()", {TBS + "responseExtensions"}),
    Row("Nonce()", {TBS + "responseExtensions." + NONCE}, nonce=b"n" * 32),
    Row("Nonce(b'')", {TBS + "responseExtensions." + NONCE}, nonce=b"n" * 32),
    Row("Nonce(b'n' * 129)", {TBS + "responseExtensions." + NONCE}, nonce=b"n" * 32),
    Row("ArchiveCutoff()", {FIRST + "singleExtensions"}),
    Row("CrlReference()", {FIRST + "singleExtensions"}),
    Row("ExtendedRevoke()", STATUS | {TBS + "responseExtensions"}),
    Row("Forged()", {"signature"}, "stranger"),
    Row("WrongSigner()", RID, "stranger"),
    Row("WrongSigner(embed=True)", RID | {"certs"}, "embedded", "stranger"),
    Row("SameName()", RID | {"certs"}, "embedded", "stranger"),
    Row("SameName(embed=False)", RID, "stranger"),
    Row("ByRoot()", RID, "root"),
    Row("ByRoot(embed=True)", RID | {"certs"}, "root", "root"),
    Row("WrongResponderName()", RID),
    Row("WrongResponderKey()", RID),
    Row("ShortResponderKey()", RID),
    Row("ByName()", RID),
    Row("ByKey()", RID, base="ByName()"),
    Row("Embed()", {"certs"}, "issuer", "root"),
    Row("Embed('unrelated', 'root')", {"certs"}, "issuer", "stranger"),
    Row("EmbedCopy()", {"certs"}, "issuer", "stranger"),
    Row("SignatureDigest()", {"signatureAlgorithm", "signature"}),
    Row("SignatureDigest('md5')", {"signatureAlgorithm", "signature"}),
    Row("SignedGarbage()", {"tbs"}),
    Row("SignedTrailingAt()", {"tbs.trailing"}),
    Row("SignedTrailingAt((2, 0))", {FIRST + "trailing"}),
    Row("BadSignature()", {"signature"}, "nobody"),
    Row("MislabelledSignature()", {"signatureAlgorithm"}, "nobody"),
    Row("MalformedRequest()", ERROR, "nobody"),
    Row("InternalError()", ERROR, "nobody"),
    Row("TryLater()", ERROR, "nobody"),
    Row("SigRequired()", ERROR, "nobody"),
    Row("Unauthorized()", ERROR, "nobody"),
    Row("ResponseStatusNumber(17)", ERROR, "nobody"),
    Row("NoResponseBytes()", {"responseBytes"}, "nobody"),
    Row("WrongResponseType()", {"responseBytes.responseType"}),
    Row("ErrorWithBody()", {"responseStatus"}),
    Row("Garbage()", {"all"}, "nobody"),
    Row("Octets()", {"all"}, "nobody"),
    Row("FlippedBit()", {"signature"}, "nobody"),
    Row("Truncated()", {"all"}, "nobody"),
    Row("Trailing()", {"all"}, "nobody"),
    Row("TrailingAt()", {"trailing"}),
    Row("Pem()", {"all"}, "nobody"),
    Row("Delegate()", RID | {"certs"}, "embedded", "issuer"),
    delegate("Delegate(eku=())", EXT + "2.5.29.37"),
    delegate("Delegate(eku=('server_auth', 'ocsp_signing'))", EXT + "2.5.29.37"),
    delegate("Delegate(eku=('1.3.6.1.5.5.7.3',))", EXT + "2.5.29.37"),
    delegate("Delegate(nocheck=False)", EXT + "1.3.6.1.5.5.7.48.1.5"),
    delegate("Delegate(embed=False)", "certs", vouched_by=None),
    delegate("Delegate(issuer='root')", CERT + "issuer", AKI, vouched_by="root"),
    delegate("Delegate(issuer='stranger')", CERT + "issuer", AKI, vouched_by="stranger"),
    delegate("Delegate(issuer='spoof')", "certs.0.signature", vouched_by="stranger"),
    delegate(
        "Delegate(issuer='child'), Embed('child')", CERT + "issuer", AKI, "certs.1", vouched_by="certs.1"
    ),
    delegate("Delegate(not_before=timedelta(days=1))", CERT + "validity.notBefore"),
    delegate("Delegate(not_after=timedelta(days=-1))", CERT + "validity.notAfter"),
    delegate("Delegate(key_usage=('crl_sign',))", EXT + "2.5.29.15"),
    delegate("Delegate(key_usage=())", EXT + "2.5.29.15"),
    delegate(
        "Delegate(key_type='RSA-1024')",
        TBS + "responderID",
        CERT + "subjectPublicKeyInfo",
        EXT + "2.5.29.14",
        signed_by="embedded",
    ),
    delegate("Delegate(digest='sha1')", CERT + "signature", "certs.0.signatureAlgorithm"),
    delegate("Delegate(tampered='signature')", "certs.0.signature", vouched_by="nobody"),
    delegate("Delegate(tampered='content')", "certs.0.signature", vouched_by="nobody"),
    delegate("Delegate(serial_number=7)", CERT + "serialNumber"),
    delegate("Delegate(ocsp_url='http://ocsp.invalid')", EXT + "1.3.6.1.5.5.7.1.1"),
    delegate("Delegate(crl_url='http://crl.invalid')", EXT + "2.5.29.31"),
    delegate("Delegate(), Forged()", "signature", signed_by="stranger"),
    delegate("Delegate(), ByName()", TBS + "responderID"),
]


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row.fault}{' to a nonce' if row.nonce else ''}" for row in ROWS]
)
def test_a_fault_changes_only_what_it_names(desk: Desk, row: Row) -> None:
    """Field for field; and whoever is said to have signed the answer and its certificate has."""
    bent = desk.answer(row.fault, row.nonce)
    assert differing(desk.answer(row.base, row.nonce), bent) == row.changes
    readable = isinstance(read(bent), dict)
    signed = basic_der(bent) if readable else None
    keys = desk.keys(bent) if readable else {}
    signers = {name for name, key in keys.items() if signed and verifies(key, signed)}
    expected = {"certs.0"} if row.signed_by == "embedded" else {row.signed_by} - {"nobody"}
    assert expected <= signers
    assert bool(expected) == bool(signers)
    certificates = embedded(bent) if readable else []
    assert bool(certificates) == (row.vouched_by is not None)
    if certificates:
        vouchers = {name for name, key in keys.items() if verifies(key, certificates[0])}
        assert (row.vouched_by in vouchers) if vouchers else row.vouched_by == "nobody"


def test_the_table_has_every_fault_of_an_answer() -> None:
    """No fault that an OCSP answer can have is without a row."""
    layers = (
        faults.Timing, faults.OCSPContent, faults.Signing, faults.ToBeSigned, faults.Sealing,
        faults.Envelope, faults.Encoding,
    )  # fmt: skip
    held = {type(fault) for row in ROWS for fault in evaluate(row.fault)}
    wanted = {fault for fault in faults.CATALOGUE if issubclass(fault, layers)}
    assert wanted - held == set()


# Misuse.

MISUSE = {
    "CertIDHash('sha1')": "changes nothing: the question was in sha1",
    "CertIDHash('md5')": "'md5' is no hash for a CertID",
    "MislabelledHash('sha1')": "changes nothing: the question was in sha1",
    "UnknownHash('unknown')": "not an object identifier",
    "OddTime('revocation_time')": "is no time; there are this_update",
    "OddTime(form='odd')": "is no form of a time; there are fraction",
    "NoNextUpdate(), OddTime('next_update')": "finds no plain next_update",
    "OddTime('produced_at'), ProducedAt()": "finds no plain producedAt",
    "OddTime('produced_at'), Singles(Single(timing=Stale()))": "finds no plain producedAt",
    "NoSingleResponses(), Singles()": "this answer has none",
    "Singles(Good())": r"takes Single\(...\)",
    "Singles(Single('fine'))": "'fine' is no status",
    "Singles(Single('good', reason='superseded'))": "only a revoked certificate has",
    "Singles(Single(timing=Good()))": "takes a fault of the times",
    "NextBeforeThis(timedelta())": "after thisUpdate",
    "ErrorWithBody('successful')": "no error status; RFC 6960 has malformedRequest",
    "Trailing(b'')": "changes nothing",
    "SignedTrailingAt(data=b'')": "changes nothing",
    "TrailingAt(data=b'')": "changes nothing",
    "Truncated(0)": "changes nothing",
    "ShortResponderKey(20)": "does not shorten",
    "Embed('nobody')": "there are issuer, root, child, unrelated",
    "SignatureDigest('sha256')": "changes nothing: the signer uses sha256",
    "SignatureDigest('sha3')": "no digest to sign with",
    "MislabelledSignature('1.2.840.113549.1.1.11')": "changes nothing",
    "Delegate(eku='ocsp_signing')": "eku= of Delegate takes a tuple, of which each is a text; got 'ocsp",
    "Delegate(eku=('signing',))": "not an object identifier",
    "Delegate(key_usage=('sign',))": "no key usage; there are digital_signature",
    "Delegate(issuer='me')": "issues no delegates; there are ca, root",
    "Delegate(not_after=1)": "not_after= of Delegate takes a timedelta, .*; got 1",
    "Delegate(key_type='RSA-512')": "no key type",
    "Delegate(digest='md4')": "no digest to sign with",
    "Delegate(tampered='all')": "takes 'signature' or 'content'",
    "Delegate(tampered='content', eku=('server_auth',))": "changes nothing",
}


@pytest.mark.parametrize("expression", MISUSE)
def test_what_would_test_nothing_is_refused(desk: Desk, expression: str) -> None:
    """A fault that says nothing, or nothing that can be made, is an error with a sentence."""
    with pytest.raises((ValueError, TypeError), match=MISUSE[expression]):
        desk.answer(expression)


# Whatever is put together.

SOME_FAULTS = st.sampled_from([fault for row in ROWS for fault in evaluate(row.fault)])


@settings(deadline=None, max_examples=200)
@given(st.lists(SOME_FAULTS, max_size=6), st.none() | st.binary(min_size=1, max_size=128), st.booleans())
def test_any_composition_gives_octets_or_a_sentence(
    desk: Desk, chosen: list[Any], nonce: bytes | None, sha256: bool
) -> None:
    """In any order and number: an answer, or a ValueError that says which of them cannot be."""
    hash_name = "sha256" if sha256 else "sha1"
    try:
        said: object = desk.pki.ocsp.response_for(desk.leaf, *chosen, nonce=nonce, hash_algorithm=hash_name)
    except ValueError as error:
        said = str(error).split()
    assert isinstance(said, bytes) or (isinstance(said, list) and len(said) > 4)
