"""Answers out of a frame: octet for octet what the value that they are is encoded as."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import load_der_ocsp_response
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki._pkix.der import signed_octets
from mockpki._pkix.frame import Frame
from mockpki._pkix.keys import KeyType
from mockpki._pkix.ocsp_request import nonce_extension
from mockpki._pkix.ocsp_response import OCSPResponse, ResponseData, SingleResponse
from mockpki._pkix.signing import Signed, Signer, has_signed
from mockpki._pkix.status import CertStatus, Reason, Revocation, Status
from tests.kit.authorities import KINDS, NOW, certificate, signer
from tests.pkix.kit import HASH_NAMES, issuer

ED = KeyType.ED25519

times = st.datetimes(datetime(1950, 1, 1), datetime(9000, 1, 1), timezones=st.just(timezone.utc)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0)
)
statuses: st.SearchStrategy[CertStatus] = st.sampled_from([Status.GOOD, Status.UNKNOWN]) | st.builds(
    Revocation, times, st.sampled_from(list(Reason))
)
serials = st.sampled_from([0, 1, 127, 128, 255, 256, -1, -129, 2**64, 2**159 - 1]) | st.integers(
    -(2**160), 2**160
)
nonces = st.sampled_from([0, 1, 16, 32, 127, 128]).flatmap(
    lambda size: st.binary(min_size=size, max_size=size)
)


def value(hash_name: str, serial: int, status: CertStatus, made: datetime, nonce: bytes) -> ResponseData:
    """What an honest answer says of one certificate."""
    single = SingleResponse(issuer(ED).cert_id(serial, hash_name), status, made, made + timedelta(days=7))
    return ResponseData(made, (single,), (nonce_extension(nonce),) if nonce else None)


def encode(content: ResponseData, who: Signer) -> bytes:
    """The answer by the value's own encoding."""
    return OCSPResponse(0, who.sign(content.encode(who)).encode()).encode()


def delegate() -> Signer:
    """One that embeds its certificate, and is named by name."""
    ders = tuple(certificate(ED, number).public_bytes(Encoding.DER) for number in (1, 0))
    return replace(signer(ED, 1), certs=ders, by_name=True)


@settings(max_examples=400)
@given(
    st.sampled_from(sorted(HASH_NAMES)), serials, serials, statuses, times, nonces, st.booleans(), st.data()
)
def test_a_frame_makes_what_the_value_is_encoded_as(
    hash_name: str,
    serial: int,
    other: int,
    status: CertStatus,
    made: datetime,
    nonce: bytes,
    delegated: bool,
    data: st.DataObject,
) -> None:
    """For any hash, status, time and signer: the example itself, and every other of the same lengths."""
    who = delegate() if delegated else signer(ED)
    content = value(hash_name, serial, status, made, nonce)
    own = signed_octets(serial)
    frame = Frame(content, who, own, nonce)
    assert frame.make_response(own, nonce) == encode(content, who)
    if len(signed_octets(other)) != len(own):
        other = int.from_bytes(data.draw(st.binary(min_size=len(own), max_size=len(own))), signed=True)
    fresh = data.draw(st.binary(min_size=len(nonce), max_size=len(nonce)))
    if len(signed_octets(other)) == len(own):
        expected = encode(value(hash_name, other, status, made, fresh), who)
        assert frame.make_response(signed_octets(other), fresh) == expected


def test_a_nonce_may_look_like_the_answer() -> None:
    """A client may put the CertID itself into its nonce: each is found where it stands."""
    content = value("sha1", 5, Status.GOOD, NOW, b"")
    cert_id = content.responses[0].cert_id.encode()
    content = value("sha1", 5, Status.GOOD, NOW, cert_id)
    frame = Frame(content, signer(ED), b"\x05", cert_id)
    assert frame.make_response(b"\x05", cert_id) == encode(content, signer(ED))
    other = encode(value("sha1", 6, Status.GOOD, NOW, b"n" * len(cert_id)), signer(ED))
    assert frame.make_response(b"\x06", b"n" * len(cert_id)) == other


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_signs_a_frame(kind: KeyType) -> None:
    """The algorithm is the signer's, whatever the length of its signatures."""
    who, content = signer(kind), value("sha1", 5, Status.GOOD, NOW, b"n" * 16)
    made = Frame(content, who, b"\x05", b"n" * 16).make_response(b"\x05", b"n" * 16)
    signature = load_der_ocsp_response(made).signature
    signed = Signed(content.encode(who), who.algorithm.encode(), signature)
    assert made == OCSPResponse(0, signed.encode()).encode()
    assert has_signed(who.key.public_key(), signature, signed.tbs, who.algorithm.digest)
    assert not has_signed(who.key.public_key(), signature, signed.tbs + b"x", who.algorithm.digest)


@given(
    st.lists(st.sampled_from([0, 1, 63, 64, 70, 71, 72, 127, 128, 255, 256, 3309]), min_size=1), st.booleans()
)
def test_signatures_of_any_length_are_sealed(sizes: list[int], delegated: bool) -> None:
    """ECDSA's differ from one to the next: the headers around them fit each, in whatever order they come."""
    who = delegate() if delegated else signer(ED)
    content = value("sha256", 2**100, Status.GOOD, NOW, b"")
    tbs = content.encode(who)
    frame = Frame(content, who, signed_octets(2**100), b"")
    for number, size in enumerate(sizes):
        signature = bytes([number % 256]) * size
        whole = OCSPResponse(0, Signed(tbs, who.algorithm.encode(), signature, who.certs).encode())
        assert frame.seal(tbs, signature) == whole.encode()
