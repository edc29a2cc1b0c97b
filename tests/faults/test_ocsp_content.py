"""Every fault of an OCSP answer, read by asn1crypto's parser: what it claims has changed, and no more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from asn1crypto import algos, core
from asn1crypto import parser as tlv
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.ocsp import load_der_ocsp_response
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import PKI, Leaf, faults
from tests.kit.programs import need, run

# A reader of OCSP answers that goes on where a strict one gives up: names to octets, or to more names.

Tree = dict[str, Any] | bytes
Reader = Callable[[bytes], Tree]


def children(der: bytes) -> list[bytes]:
    """The elements inside `der`; what cannot be read comes last, as it is."""
    _, _, _, _, rest, _ = tlv.parse(der, strict=True)
    found = []
    while rest:
        try:
            size = sum(map(len, tlv.parse(rest)[3:]))
        except ValueError:
            size = len(rest)
        found.append(rest[:size])
        rest = rest[size:]
    return found


def leaf(der: bytes) -> Tree:
    """Octets, looked at no further."""
    return der


def fields(*known: tuple[str, bytes, Reader]) -> Reader:
    """A SEQUENCE: the name of each field, the octets it may begin with, and its reader."""

    def read(der: bytes) -> Tree:
        found: dict[str, Any] = {}
        expected = list(known)
        for child in children(der):
            while expected and child[0] not in expected[0][1]:
                expected.pop(0)
            name, _, reader = expected.pop(0) if expected else ("trailing", b"", leaf)
            found[name] = reader(child)
        return der if found.keys() <= {"trailing"} else found

    return read


def each(reader: Reader) -> Reader:
    """A SEQUENCE OF: by number."""
    return lambda der: {str(number): reader(child) for number, child in enumerate(children(der))}


def inside(reader: Reader) -> Reader:
    """An EXPLICIT tag."""
    return lambda der: reader(children(der)[0])


def extensions(der: bytes) -> Tree:
    """Extensions, by OID."""
    return {core.ObjectIdentifier.load(children(child)[0]).dotted: child for child in children(der)}


def in_octets(reader: Reader) -> Reader:
    """What an OCTET STRING holds."""
    return lambda der: reader(core.OctetString.load(der).native)


TIMES = b"\x17\x18"
CERTIFICATE = fields(
    (
        "tbs",
        b"\x30",
        fields(
            ("version", b"\xa0", leaf),
            ("serialNumber", b"\x02", leaf),
            ("signature", b"\x30", leaf),
            ("issuer", b"\x30", leaf),
            ("validity", b"\x30", fields(("notBefore", TIMES, leaf), ("notAfter", TIMES, leaf))),
            ("subject", b"\x30", leaf),
            ("subjectPublicKeyInfo", b"\x30", leaf),
            ("extensions", b"\xa3", inside(extensions)),
        ),
    ),
    ("signatureAlgorithm", b"\x30", leaf),
    ("signature", b"\x03", leaf),
)
CERT_ID = fields(
    ("hashAlgorithm", b"\x30", leaf),
    ("issuerNameHash", b"\x04", leaf),
    ("issuerKeyHash", b"\x04", leaf),
    ("serialNumber", b"\x02", leaf),
)
SINGLE = fields(
    ("certID", b"\x30", CERT_ID),
    ("certStatus", b"\x80\xa1\x82", leaf),
    ("thisUpdate", TIMES, leaf),
    ("nextUpdate", b"\xa0", leaf),
    ("singleExtensions", b"\xa1", inside(extensions)),
)
BASIC = fields(
    (
        "tbs",
        b"\x30",
        fields(
            ("version", b"\xa0", leaf),
            ("responderID", b"\xa1\xa2", leaf),
            ("producedAt", TIMES, leaf),
            ("responses", b"\x30", each(SINGLE)),
            ("responseExtensions", b"\xa1", inside(extensions)),
        ),
    ),
    ("signatureAlgorithm", b"\x30", leaf),
    ("signature", b"\x03", leaf),
    ("certs", b"\xa0", inside(each(CERTIFICATE))),
)
RESPONSE_BYTES = fields(("responseType", b"\x06", leaf), ("response", b"\x04", in_octets(BASIC)))
RESPONSE = fields(("responseStatus", b"\x0a", leaf), ("responseBytes", b"\xa0", inside(RESPONSE_BYTES)))


def read(der: bytes) -> Tree:
    """An OCSP answer, by the names of RFC 6960 section 4.2.1; its octets if it is none."""
    try:
        return RESPONSE(der)
    except ValueError:
        return der


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


def basic_der(der: bytes) -> bytes | None:
    """The octets of the BasicOCSPResponse, whatever responseStatus says."""
    parts = children(der)
    if len(parts) < 2:
        return None
    octets: bytes = core.OctetString.load(children(children(parts[1])[0])[1]).native
    return octets


def embedded(der: bytes) -> list[bytes]:
    """The certificates that came along."""
    parts = children(basic_der(der) or b"\x30\x00")
    return children(children(parts[3])[0]) if len(parts) > 3 else []


def public_key(certificate: bytes) -> Any:
    """The key that a certificate speaks of."""
    return x509.load_der_x509_certificate(certificate).public_key()


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


def evaluate(expression: str, **names: object) -> tuple[Any, ...]:
    """The faults that an expression of the catalogue stands for."""
    known = {name: getattr(faults, name) for name in dir(faults)} | {"timedelta": timedelta} | names
    found = eval(expression, known)
    return found if isinstance(found, tuple) else (found,)


@dataclass
class Desk:
    """Answers about one certificate, made at one moment, with signatures that can be compared."""

    pki: PKI
    leaf: Leaf

    def answer(self, expression: str = "()", nonce: bytes | None = None) -> bytes:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(x509, "random_serial_number", lambda: 4711)
            return self.pki.ocsp.response_for(self.leaf, *evaluate(expression), nonce=nonce)

    def keys(self, der: bytes) -> dict[str, Any]:
        """Everyone who may have signed something in an answer."""
        keys = {
            "issuer": self.pki.ca.certificate.public_key(),
            "root": self.pki.root.certificate.public_key(),
            "stranger": public_key(embedded(self.answer("WrongSigner(embed=True)"))[0]),
            "delegate": public_key(embedded(self.answer("Delegate()"))[0]),
        }
        for number, certificate in enumerate(embedded(der)):
            keys[f"certs.{number}"] = public_key(certificate)
        return keys


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """RSA's signatures over the same octets are the same, and every digest can be had."""
    with PKI(key_type="RSA-2048") as pki, pytest.MonkeyPatch.context() as patch:
        now = datetime.now(timezone.utc).replace(microsecond=0, second=30)
        patch.setattr(type(pki.clock), "now", lambda self: now)
        patch.setattr(type(pki.clock), "system_time", staticmethod(lambda: now))
        yield Desk(pki, pki.issue_cert("localhost"))


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


# Values that a diff of names does not show.


def test_values_are_the_ones_asked_for(desk: Desk) -> None:
    """Times, octets and identifiers, spelt out."""
    now = desk.pki.clock.now()

    def field(expression: str, *path: str) -> bytes:
        tree: Any = read(desk.answer(expression))
        for name in ("responseBytes", "response", "tbs", *path):
            tree = tree[name]
        assert isinstance(tree, bytes)
        return tree

    first = ("responses", "0")
    text = f"{now:%Y%m%d%H%M}"
    for form, octets in {
        "fraction": b"\x18\x11" + f"{text}30.5Z".encode(),
        "offset": b"\x18\x13" + f"{now + timedelta(hours=1):%Y%m%d%H%M}30+0100".encode(),
        "no_seconds": b"\x18\x0d" + f"{text}Z".encode(),
        "utc_time": b"\x17\x0d" + f"{text[2:]}30Z".encode(),
    }.items():
        assert field(f"OddTime('this_update', '{form}')", *first, "thisUpdate") == octets
    cutoff = f"{now - timedelta(days=3):%Y%m%d%H%M}30Z"
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


def test_octets_are_added_and_cut_exactly(desk: Desk) -> None:
    """Behind and off the end of an answer that is otherwise the honest one, octet for octet."""
    honest = desk.answer()
    assert desk.answer("Trailing(b'xyz')") == honest + b"xyz"
    assert desk.answer("Truncated(3)") == honest[:-3]
    assert desk.answer("Garbage(b'')") == b""


def test_what_is_sent_along_keeps_its_order(desk: Desk) -> None:
    """Behind the delegate, or before it: the certificates stand as they were named."""
    ca, root = desk.pki.ca.certificate.subject, desk.pki.root.certificate.subject

    def subjects(expression: str) -> list[x509.Name]:
        certificates = embedded(desk.answer(expression))
        return [x509.load_der_x509_certificate(one).subject for one in certificates]

    [own] = subjects("Delegate()")
    assert own not in (ca, root)
    assert subjects("Delegate(), Embed('issuer', 'root')") == [own, ca, root]
    assert subjects("Delegate(), Embed('root', 'issuer', first=True)") == [root, ca, own]


@pytest.mark.parametrize("key_type", ["P-256", "P-384", "Ed25519"])
def test_signatures_of_other_keys(key_type: str) -> None:
    """Every signer and delegate there is, and every digest that its kind of key has."""
    with PKI(key_type=key_type, depth=2) as pki:
        one = pki.issue_cert("localhost")
        for issuer in ("ca", "root", "child", "stranger", "spoof"):
            [certificate] = embedded(pki.ocsp.response_for(one, faults.Delegate(issuer=issuer)))
            [said] = embedded(pki.ocsp.response_for(one, faults.Delegate()))
            assert public_key(certificate) == public_key(said)
        [weak] = embedded(pki.ocsp.response_for(one, faults.Delegate(key_type="P-192")))
        assert public_key(weak).key_size == 192
        for name in ("md5", "sha1", "sha256", "sha384", "sha512"):
            digest = faults.SignatureDigest(name)
            own = {"P-256": "sha256", "P-384": "sha384"}.get(key_type)
            if own is None or name in ("md5", own):
                with pytest.raises(ValueError, match=r"cannot be had with a key|changes nothing"):
                    pki.ocsp.response_for(one, digest)
            else:
                answer = load_der_ocsp_response(pki.ocsp.response_for(one, digest))
                used = answer.signature_hash_algorithm
                assert used is not None
                assert used.name == name
                key: Any = pki.ca.certificate.public_key()
                key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(used))


def test_delegates_belong_to_their_own_pki() -> None:
    """Two PKIs in one process: each CA has signed its own delegate, at its own time, and not the other's."""
    with PKI() as one, PKI() as two:
        two.clock.shift(timedelta(days=200))
        certificates = [
            x509.load_der_x509_certificate(
                embedded(pki.ocsp.response_for(pki.issue_cert("localhost"), faults.Delegate()))[0]
            )
            for pki in (one, two)
        ]
        for pki, own, other in zip((one, two), certificates, reversed(certificates), strict=True):
            own.verify_directly_issued_by(pki.ca.certificate)
            with pytest.raises(ValueError, match="does not match certificate issuer"):
                other.verify_directly_issued_by(pki.ca.certificate)
            for now in (pki.clock.now(), pki.clock.system_time()):
                assert own.not_valid_before_utc < now < own.not_valid_after_utc
        assert certificates[0].subject != certificates[1].subject


@pytest.mark.parametrize(
    "before", ["()", "WrongSigner()", "SameName()", "ByRoot()", "Delegate(issuer='child')"]
)
def test_the_authority_in_question_is_never_lost(before: str) -> None:
    """Whoever signs, a delegate too: what comes after it still means the CA that is answered for."""
    with PKI(delegated=True) as pki:
        one = pki.issue_cert("localhost")

        def first(expression: str) -> x509.Certificate:
            chosen = evaluate(before) if before != "()" else ()
            answer = pki.ocsp.response_for(one, *chosen, *evaluate(expression))
            return x509.load_der_x509_certificate(embedded(answer)[0])

        first("Delegate()").verify_directly_issued_by(pki.ca.certificate)
        assert first("Embed('issuer', first=True)").public_key() == pki.ca.certificate.public_key()
        assert first("ByRoot(embed=True)").public_key() == pki.root.certificate.public_key()
        assert first("SameName()").subject == pki.ca.certificate.subject


# Misuse.

MISUSE = {
    "CertIDHash('sha1')": "changes nothing: the question was in sha1",
    "CertIDHash('md5')": "'md5' is no hash for a CertID",
    "MislabelledHash('sha1')": "changes nothing: the question was in sha1",
    "UnknownHash('unknown')": "not an object identifier",
    "NoNonce()": "no nonce to leave out",
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
    "Delegate(eku='ocsp_signing')": "tuples of names",
    "Delegate(eku=('signing',))": "not an object identifier",
    "Delegate(key_usage=('sign',))": "no key usage; there are digital_signature",
    "Delegate(issuer='me')": "issues no delegates; there are ca, root",
    "Delegate(not_after=1)": "needs a timedelta",
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


def test_a_nonce_that_was_asked_for_is_no_fault(desk: Desk) -> None:
    """The question's own nonce is refused; another of any length is not."""
    with pytest.raises(ValueError, match="is the nonce that was asked for"):
        desk.answer("Nonce(b'n')", nonce=b"n")
    assert desk.answer("Nonce(b'm')", nonce=b"n") != desk.answer(nonce=b"n")


@pytest.mark.parametrize("expression", ["ByRoot()", "Delegate(issuer='root')", "Embed('root')"])
def test_nothing_is_above_a_root(expression: str) -> None:
    """Where the issuing CA is the root there is no authority above to borrow."""
    with PKI(depth=0) as pki, pytest.raises(ValueError, match="nothing is above it"):
        pki.ocsp.response_for(pki.issue_cert("localhost"), *evaluate(expression))


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


# Where the RFC leaves one answer, and two programs that share no code with us give it.


class Case(NamedTuple):
    """A fault, its harmless twin, the clause, and why `openssl ocsp` and GnuTLS say no."""

    fault: str
    twin: str
    clause: str
    openssl: str
    gnutls: str


SIGNATURE, DELEGATION = "RFC 6960 section 3.2, check 2", "RFC 6960 section 4.2.2.2"
BROKEN, UNTRUSTED = "signature failure", "certificate verify error"
CASES = [
    Case("BadSignature()", "ByKey()", SIGNATURE, BROKEN, "Signature failure"),
    Case("Forged()", "ByKey()", SIGNATURE, BROKEN, "Signature failure"),
    Case("Delegate(), Forged()", "Delegate()", SIGNATURE, BROKEN, "Signature failure"),
    Case("WrongSigner(embed=True)", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("SameName()", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("Delegate(eku=())", "Delegate()", DELEGATION, "missing ocspsigning usage", "keyusage error"),
    Case("Delegate(eku=('client_auth',))", "Delegate()", DELEGATION, "missing ocspsigning usage", ""),
    Case("Delegate(eku=('1.3.6.1.5.5.7.3',))", "Delegate()", DELEGATION, "missing ocspsigning usage", ""),
    Case("Delegate(issuer='stranger')", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("Delegate(issuer='spoof')", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("Delegate(issuer='root')", "Delegate()", DELEGATION, "root ca not trusted", "not trusted"),
    Case("Delegate(tampered='signature')", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("Delegate(tampered='content')", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case(
        "Delegate(not_after=timedelta(days=-1))", "Delegate()", "RFC 5280 section 6.1.3 (a)(2)",
        "certificate has expired", "expired",
    ),
    Case(
        "OddTime('this_update', 'utc_time')", "ByKey()", "RFC 6960 section 4.2.1, thisUpdate GeneralizedTime",
        "wrong tag", "Error in TAG",
    ),
    Case("SignedGarbage()", "ByKey()", "RFC 6960 section 4.2.1, tbsResponseData", "asn1", "ASN1 parser"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{case.fault}: {case.clause}" for case in CASES])
def test_verifiers_agree_where_the_rfc_leaves_no_choice(case: Case, tmp_path: Path) -> None:
    """Both accept the twin; both refuse the fault, each for the reason that the clause gives."""
    openssl, ocsptool = need("openssl"), need("ocsptool")
    answer, issuer = tmp_path / "answer.der", tmp_path / "issuer.pem"
    # GnuTLS takes the CA as the signer itself, or as the one who has certified the signer.
    role = "--load-trust" if case.twin == "Delegate()" else "--load-signer"
    with PKI() as pki:
        one = pki.issue_cert("localhost")
        issuer.write_bytes(pki.ca.cert_pem)

        def say(expression: str) -> tuple[str, int, str]:
            answer.write_bytes(pki.ocsp.response_for(one, *evaluate(expression)))
            first = run(
                openssl, "ocsp", "-respin", answer, "-issuer", issuer, "-cert", one.cert_file,
                "-CAfile", pki.ca_file, "-no_nonce",
            )  # fmt: skip
            second = run(ocsptool, "--verify-response", "--inder", "--load-response", answer, role, issuer)
            return first.stdout + first.stderr, second.returncode, second.stdout + second.stderr

        said, code, also_said = say(case.twin)
        assert "Response verify OK" in said
        assert f"{one.cert_file}: good" in said
        assert (code, "Success" in also_said) == (0, True)
        said, code, also_said = say(case.fault)
        assert "Response verify OK" not in said
        assert case.openssl in said
        assert code != 0
        assert case.gnutls in also_said
