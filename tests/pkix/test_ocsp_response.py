"""OCSP answers octet for octet: against cryptography's builder, and against the example in RFC 9919."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asn1crypto import ocsp as foreign
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from mockpki._pkix.keys import KeyType
from mockpki._pkix.ocsp_request import CertID, OCSPRequest, nonce_extension
from mockpki._pkix.ocsp_response import OCSPResponse, ResponseData, ResponseStatus, SingleResponse
from mockpki._pkix.signing import ECDSA_SHA384, Signed, Signer
from mockpki._pkix.status import CertStatus, Reason, Revocation, Status
from tests.kit.authorities import DETERMINISTIC, KINDS, NOW, certificate, digest, key, signer
from tests.pkix.kit import HASH_NAMES, issuer, pem, vector

ED = KeyType.ED25519
LATER = NOW + timedelta(days=7)
SERIALS = [1, 127, 128, 2**64, 2**159 - 1]
STATUSES: list[CertStatus] = [
    Status.GOOD,
    Status.UNKNOWN,
    *(Revocation(NOW - timedelta(hours=1), reason) for reason in Reason),
]


def name(value: Any) -> str:
    """A status as a test's id."""
    return str(value.reason.name if isinstance(value, Revocation) else getattr(value, "name", value))


def single(cert_id: CertID, status: CertStatus = Status.GOOD) -> SingleResponse:
    """One certificate's status for a week from now."""
    return SingleResponse(cert_id, status, NOW, LATER)


def by_cryptography(
    kind: KeyType,
    status: CertStatus = Status.GOOD,
    serial: int = 5,
    hash_name: str = "sha1",
    certs: list[x509.Certificate] | None = None,
    nonce: bytes | None = None,
    by_name: bool = False,
    next_update: datetime | None = LATER,
    delegate: int = 0,
) -> bytes:
    """The answer as cryptography's builder makes it; producedAt is the real time, whatever one wants."""
    own = key(kind)
    algorithm = HASH_NAMES[hash_name]
    names = issuer(kind).cert_id(serial, hash_name)
    revoked = status if isinstance(status, Revocation) else None
    said = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus[name(status)]
    unsaid = revoked is None or revoked.reason is Reason.UNSPECIFIED
    if not hasattr(ocsp.OCSPResponseBuilder, "add_response_by_hash"):
        pytest.skip(
            "the installed cryptography makes no answer about a serial number without its certificate"
        )
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        names.issuer_name_hash,
        names.issuer_key_hash,
        serial,
        algorithm,
        said,
        NOW,
        next_update,
        revoked.time if revoked else None,
        None if unsaid or revoked is None else x509.ReasonFlags[revoked.reason.name.lower()],
    )
    encoding = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
    builder = builder.responder_id(encoding, certificate(kind, delegate))
    if certs:
        builder = builder.certificates(certs)
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    own = key(kind, delegate)
    return builder.sign(own, digest(own)).public_bytes(Encoding.DER)


def assert_same(theirs: bytes, content: ResponseData, who: Signer, deterministic: bool) -> None:
    """Ours, made for the second theirs was made in, is the same: signed octets and, around them, the rest."""
    loaded = ocsp.load_der_ocsp_response(theirs)
    content = replace(content, produced_at=loaded.produced_at_utc)
    tbs = content.encode(who)
    assert tbs == loaded.tbs_response_bytes
    ours = who.sign(tbs)
    if not deterministic:
        ours = replace(ours, signature=loaded.signature)
    assert OCSPResponse(ResponseStatus.SUCCESSFUL, ours.encode()).encode() == theirs


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_type_answers_as_cryptography_does(kind: KeyType) -> None:
    """With each key type the whole answer is the same; where signing is random, all but the signature."""
    content = ResponseData(NOW, (single(issuer(kind).cert_id(5)),))
    assert_same(by_cryptography(kind), content, signer(kind), kind in DETERMINISTIC)


@pytest.mark.parametrize("kind", KINDS)
def test_every_signature_is_verified_by_cryptography(kind: KeyType) -> None:
    """An answer signed here verifies under the certificate that cryptography made for the key."""
    tbs = ResponseData(NOW, (single(issuer(kind).cert_id(5)),)).encode(signer(kind))
    signed = signer(kind).sign(tbs)
    loaded = ocsp.load_der_ocsp_response(OCSPResponse(0, signed.encode()).encode())
    public: Any = certificate(kind).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(loaded.signature, tbs, ec.ECDSA(digest(key(kind))))
    elif isinstance(public, rsa.RSAPublicKey):
        public.verify(loaded.signature, tbs, padding.PKCS1v15(), digest(key(kind)))
    else:
        public.verify(loaded.signature, tbs)


@pytest.mark.parametrize("status", STATUSES, ids=name)
def test_every_status_is_said_as_cryptography_says_it(status: CertStatus) -> None:
    """Good, unknown, and revoked for each reason; unspecified is said by leaving the reason out."""
    content = ResponseData(NOW, (single(issuer(ED).cert_id(5), status),))
    assert_same(by_cryptography(ED, status), content, signer(ED), True)


@pytest.mark.parametrize("hash_name", HASH_NAMES)
@pytest.mark.parametrize("serial", SERIALS)
def test_every_cert_id_is_the_same(hash_name: str, serial: int) -> None:
    """The four hashes, and serials of one octet, of twenty, and with the top bit set."""
    content = ResponseData(NOW, (single(issuer(ED).cert_id(serial, hash_name)),))
    theirs = by_cryptography(ED, serial=serial, hash_name=hash_name)
    assert_same(theirs, content, signer(ED), True)


@pytest.mark.parametrize("size", [1, 16, 32, 128])
def test_a_nonce_is_the_same(size: int) -> None:
    """The nonce stands in responseExtensions as an OCTET STRING inside extnValue."""
    nonce = b"n" * size
    content = ResponseData(NOW, (single(issuer(ED).cert_id(5)),), (nonce_extension(nonce),))
    assert_same(by_cryptography(ED, nonce=nonce), content, signer(ED), True)


def test_a_responder_by_name_is_the_same() -> None:
    """ResponderID by name is the subject, by key the SHA-1 of the key."""
    content = ResponseData(NOW, (single(issuer(ED).cert_id(5)),))
    assert_same(by_cryptography(ED, by_name=True), content, replace(signer(ED), by_name=True), True)


@pytest.mark.parametrize("embedded", [[1], [1, 0]])
def test_embedded_certificates_are_the_same(embedded: list[int]) -> None:
    """A delegate signs with its own key, and its certificate and others stand behind the signature."""
    certs = [certificate(ED, number) for number in embedded]
    theirs = by_cryptography(ED, delegate=1, certs=certs)
    who = replace(signer(ED, 1), certs=tuple(cert.public_bytes(Encoding.DER) for cert in certs))
    assert_same(theirs, ResponseData(NOW, (single(issuer(ED).cert_id(5)),)), who, True)


def test_an_answer_without_next_update_is_the_same() -> None:
    """None leaves nextUpdate out."""
    lone = replace(single(issuer(ED).cert_id(5)), next_update=None)
    assert_same(by_cryptography(ED, next_update=None), ResponseData(NOW, (lone,)), signer(ED), True)


def test_the_hour_that_comes_twice() -> None:
    """Times that Python holds equal, before and after a clock is put back, are written an hour apart."""
    once = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    again = once.replace(fold=1)
    assert once == again
    answers = [replace(single(issuer(ED).cert_id(5)), this_update=at).encode() for at in (once, again)]
    read = [foreign.SingleResponse.load(answer)["this_update"].native for answer in answers]
    assert read[1] - read[0] == timedelta(hours=1)


@pytest.mark.parametrize("status", [status for status in ResponseStatus if status])
def test_every_error_status_is_the_same(status: ResponseStatus) -> None:
    """An error is the bare status, and has no responseBytes (RFC 6960 section 4.2.1)."""
    theirs = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus(status.value))
    ours = OCSPResponse(status)
    assert ours.encode() == theirs.public_bytes(Encoding.DER)
    assert not foreign.OCSPResponse.load(ours.encode(), strict=True)["response_bytes"]


def test_response_status_names() -> None:
    """A status is named as the RFC spells it; a number it does not use is that number."""
    names = ["successful", "malformedRequest", "internalError", "tryLater", "sigRequired", "unauthorized"]
    assert [OCSPResponse(status).rfc_name for status in ResponseStatus] == names
    assert [OCSPResponse(number).rfc_name for number in (4, 7)] == ["4", "7"]


# Beyond cryptography's builder: asn1crypto reads what was meant.
BEYOND: list[tuple[str, Callable[[ResponseData], ResponseData], Callable[[Any], Any], Any]] = [
    ("version 1", lambda r: replace(r, version=1), lambda t: t["version"].native, 1),
    ("no responseExtension", lambda r: replace(r, extensions=()), lambda t: len(t["response_extensions"]), 0),
    ("no SingleResponse", lambda r: replace(r, responses=()), lambda t: len(t["responses"]), 0),
    ("two of them", lambda r: replace(r, responses=r.responses * 2), lambda t: len(t["responses"]), 2),
    (
        "singleExtensions",
        lambda r: replace(r, responses=(replace(r.responses[0], extensions=(nonce_extension(b"n"),)),)),
        lambda t: t["responses"][0]["single_extensions"][0]["extn_id"].dotted,
        "1.3.6.1.5.5.7.48.1.2",
    ),
    (
        "producedAt of 1970",
        lambda r: replace(r, produced_at=datetime(1970, 1, 1, tzinfo=timezone.utc)),
        lambda t: t["produced_at"].native,
        datetime(1970, 1, 1, tzinfo=timezone.utc),
    ),
    (
        "producedAt as ready DER",
        lambda r: replace(r, produced_at=b"\x18\x1120260101000000.5Z"),
        lambda t: t["produced_at"].native,
        datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=timezone.utc),
    ),
    (
        "a negative serial",
        lambda r: replace(r, responses=(single(issuer(ED).cert_id(-129)),)),
        lambda t: t["responses"][0]["cert_id"]["serial_number"].native,
        -129,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "read", "value"), [case[1:] for case in BEYOND], ids=[c[0] for c in BEYOND]
)
def test_what_cryptography_cannot_make(
    change: Callable[[ResponseData], ResponseData], read: Callable[[Any], Any], value: Any
) -> None:
    """An odd value is written as it says, and an independent decoder reads it back."""
    honest = ResponseData(NOW, (single(issuer(ED).cert_id(5)),))
    assert foreign.ResponseData.load(honest.encode(signer(ED)), strict=True).native["version"] == "v1"
    tbs = foreign.ResponseData.load(change(honest).encode(signer(ED)), strict=True)
    assert read(tbs) == value


def test_the_response_of_rfc_9919() -> None:
    """The example response, put together from its parts and its own signature, is the same octets."""
    der, responder = vector("rfc9919_response.b64"), pem("rfc9919_responder.pem")
    asked = OCSPRequest.read(vector("rfc9919_request.b64"))
    loaded = ocsp.load_der_ocsp_response(der)
    this_update, next_update = loaded.this_update_utc, loaded.next_update_utc
    content = ResponseData(
        loaded.produced_at_utc, (SingleResponse(asked.cert_ids[0], Status.GOOD, this_update, next_update),)
    )
    who = replace(
        signer(ED),
        key_hash=x509.SubjectKeyIdentifier.from_public_key(responder.public_key()).digest,
        certs=(responder.public_bytes(Encoding.DER),),
    )
    tbs = content.encode(who)
    signed = Signed(tbs, ECDSA_SHA384.encode(), loaded.signature, who.certs)
    assert OCSPResponse(ResponseStatus.SUCCESSFUL, signed.encode()).encode() == der
