"""Usual requests read by their shape: the same values, or the same error, as by the general reader."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockpki._pkix import der
from mockpki._pkix.der import Extension, octet_string, sequence
from mockpki._pkix.ocsp_request import HASHES, NONCE, CertID, OCSPRequest, nonce_extension
from mockpki._pkix.shape import Shape, read_request
from tests.pkix.kit import vector

ALGORITHMS = [
    *(sequence(der.oid(oid), der.NULL) for oid in HASHES),
    *(sequence(der.oid(oid)) for oid in HASHES),
    sequence(der.oid("1.2.3"), der.integer(7)),
]
lengths = st.sampled_from([0, 1, 16, 20, 32, 48, 64, 127, 128, 200])
octets = lengths.flatmap(lambda size: st.binary(min_size=size, max_size=size))
serials = (
    st.sampled_from([0, 1, -1, 127, 128, 255, 256, -128, -129, 2**159 - 1, 1 << 1100])
    | st.integers(-(2**160), 2**160)
    | st.integers(0, 300)
)
nonces = st.none() | st.sampled_from([1, 8, 16, 32, 127, 128]).flatmap(
    lambda n: st.binary(min_size=n, max_size=n)
)
cert_ids = st.builds(CertID, st.sampled_from(ALGORITHMS), octets, octets, serials)


def read_both(data: bytes) -> OCSPRequest | str:
    """What both readers make of *data*, whether its shape is known by then or not: a value or a sentence."""

    def outcome(read: object) -> OCSPRequest | str:
        try:
            return read(data)  # type: ignore[operator,no-any-return]
        except ValueError as error:
            return str(error)

    expected = outcome(OCSPRequest.read)
    assert outcome(read_request) == outcome(read_request) == expected
    return expected


@settings(max_examples=500)
@given(cert_ids, nonces, st.booleans())
def test_usual_requests_are_read_the_same(cert_id: CertID, nonce: bytes | None, critical: bool) -> None:
    """Any hash, serial number and nonce of any length, known shape or not: the value that was written."""
    extensions = () if nonce is None else (nonce_extension(nonce, critical),)
    request = OCSPRequest((cert_id,), nonce, extensions=extensions)
    assert read_both(request.encode()) == request


short = st.sampled_from([0, 1, 20, 32, 64, 127]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


@settings(max_examples=300)
@given(
    st.builds(CertID, st.sampled_from(ALGORITHMS), short, short, st.integers(-(2**160), 2**160)),
    nonces,
    st.integers(-(2**159), 2**159),
    st.data(),
)
def test_a_shape_reads_what_is_written_like_its_example(
    cert_id: CertID, nonce: bytes | None, serial: int, data: st.DataObject
) -> None:
    """Other values of the same lengths are read in a shape; values of other lengths have another."""
    octets = OCSPRequest((cert_id,), nonce).encode()
    shape = Shape(octets, OCSPRequest.read(octets))

    def alike(value: bytes) -> bytes:
        return data.draw(st.binary(min_size=len(value), max_size=len(value)))

    size = len(der.signed_octets(cert_id.serial_number))
    for number in (serial, int.from_bytes(alike(bytes(size)), signed=True)):
        hashed = alike(cert_id.issuer_name_hash), alike(cert_id.issuer_key_hash)
        other = CertID(cert_id.hash_algorithm, *hashed, number)
        written = OCSPRequest((other,), None if nonce is None else alike(nonce)).encode()
        same = len(der.signed_octets(number)) == size
        assert shape.read(written) == (OCSPRequest.read(written) if same else None)


BASE = OCSPRequest((CertID(ALGORITHMS[0], b"n" * 20, b"k" * 20, 2**159 - 1),), b"o" * 32).encode()
PLAIN = OCSPRequest((CertID(ALGORITHMS[1], b"n" * 32, b"k" * 32, 5),)).encode()
UNUSUAL = [
    OCSPRequest((CertID(ALGORITHMS[0], b"n" * 20, b"k" * 20, 5),) * 2, b"o" * 16).encode(),
    OCSPRequest(
        (CertID(ALGORITHMS[0], b"n" * 20, b"k" * 20, 5),),
        b"o" * 16,
        extensions=(nonce_extension(b"o" * 16), Extension("1.2.3", False, b"x")),
    ).encode(),
    OCSPRequest(
        (CertID(ALGORITHMS[0], b"n" * 20, b"k" * 20, 5),), extensions=(Extension("1.2.3", False, b"x"),)
    ).encode(),
    OCSPRequest(
        (CertID(ALGORITHMS[0], b"n" * 20, b"k" * 20, 5),),
        extensions=(Extension(NONCE, True, octet_string(b"")),),
    ).encode(),
    vector("rfc9919_request.b64"),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A request, most of whose shapes are known, with some octets replaced, moved, removed or put in."""
    data = bytearray(draw(st.sampled_from([BASE, PLAIN, *UNUSUAL])))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["replace", "bump", "remove", "insert", "move"])):
            case "replace":
                data[at] = draw(st.integers(0, 255))
            case "bump":
                data[at] = (data[at] + draw(st.sampled_from([1, -1, 0x80, 0x20]))) % 256
            case "remove" if len(data) > 1:
                del data[at]
            case "move":
                # One octet more here, and one less there: every length may still add up.
                data.insert(draw(st.integers(0, len(data) - 1)), data.pop(at))
            case _:
                data.insert(at, draw(st.integers(0, 255)))
    return bytes(data)


@settings(max_examples=3000)
@given(mutated())
@example(BASE)
@example(PLAIN.replace(b"\x02\x01\x05", b"\x02\x01\x00"))
@example(BASE.replace((2**159 - 1).to_bytes(20), bytes(20)))
@example(BASE.replace((2**159 - 1).to_bytes(20), b"\xff" * 20))
def test_near_requests_are_read_the_same(data: bytes) -> None:
    """Whatever becomes of the octets of a request whose shape is known, both readers say the same of it."""
    for known in (BASE, PLAIN):
        assert isinstance(read_both(known), OCSPRequest)
    read_both(data)


@given(st.binary(max_size=200))
def test_any_octets_are_read_the_same(data: bytes) -> None:
    """What is no request is none by either reader, with the same sentence."""
    read_both(data)


@pytest.mark.parametrize("data", UNUSUAL[:-1])
def test_unusual_requests_stay_what_they_are(data: bytes) -> None:
    """Several CertIDs, other extensions, an empty nonce: the general reader has them, once and again."""
    read_both(data)


def test_a_serial_number_with_an_octet_too_many_is_refused() -> None:
    """In a shape that is known, too: DER has the fewest octets."""
    assert isinstance(read_both(BASE), OCSPRequest)
    spoilt = BASE.replace((2**159 - 1).to_bytes(20), b"\0" + b"\x7f" * 19)
    assert read_both(spoilt) == "the integer at octet 67 has not the fewest octets"
