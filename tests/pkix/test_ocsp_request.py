"""OCSP requests read: what cryptography reads, this package reads the same; the rest is a ValueError."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockpki._pkix import der
from mockpki._pkix.der import Extension, sequence
from mockpki._pkix.element import Element
from mockpki._pkix.keys import KeyType, spki_der
from mockpki._pkix.ocsp_request import HASHES, NONCE, CertID, Issuer, OCSPRequest, nonce_extension
from mockpki._pkix.pem import private_pem
from tests.kit.authorities import certificate, key, signer
from tests.kit.programs import need, run
from tests.pkix.kit import HASH_NAMES, issuer, pem, vector

P256 = KeyType.P256
ED = KeyType.ED25519
SHA1 = sequence(der.oid("1.3.14.3.2.26"), der.NULL)
CERT_ID = CertID(SHA1, b"n" * 20, b"k" * 20, 5)
SINGLE = sequence(CERT_ID.encode())
KEYLESS_SIGNATURE = sequence(sequence(der.oid("1.2.3")), der.bit_string(b"s"))
ODD = Extension("1.2.3", False, b"x")
CRITICAL = Extension("1.2.3", True, b"x")

# Requests that cryptography takes and this package does not: the sentence it is refused with, and why.
STRICTER = {
    "the parameters of the CertID's hash are neither": "RFC 4055 section 2.1: absent or NULL",
    r"the request's version is not v1": "RFC 6960 section 4.1.1: there is v1 alone",
    r"the nonce has \d+ octets; RFC 9654 allows 1 to 128": "RFC 9654 section 2.1: MUST reject",
    r"the nonce is no OCTET STRING": "RFC 9654 section 2.1: Nonce ::= OCTET STRING; RFC 2560 had none",
    r"the request has an unknown critical extension": "RFC 6960 section 4.1.2: not to be ignored",
}


def request(*singles: bytes, before: bytes = b"", extensions: bytes = b"", signature: bytes = b"") -> bytes:
    """An OCSPRequest around ready parts."""
    return sequence(sequence(before, sequence(*(singles or (SINGLE,))), extensions), signature)


def extended(*extensions: Extension | bytes) -> bytes:
    """A request with requestExtensions."""
    items = (item if isinstance(item, bytes) else item.encode() for item in extensions)
    return request(extensions=der.explicit(2, sequence(*items)))


def with_nonce(value: bytes, critical: bool = False) -> bytes:
    """A request whose nonce extension has *value* in its extnValue."""
    return extended(Extension(NONCE, critical, value))


def theirs(der: bytes) -> tuple[object, ...] | None:
    """What cryptography reads in a request; None where it refuses."""
    try:
        read = ocsp.load_der_ocsp_request(der)
        extensions = list(read.extensions)
        # An OID it does not know raises as late as here.
        algorithm = read.hash_algorithm
    except (ValueError, NotImplementedError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return None
    nonce = next((item.value.nonce for item in extensions if isinstance(item.value, x509.OCSPNonce)), None)
    oids = tuple((item.oid.dotted_string, item.critical) for item in extensions)
    hashed = read.issuer_name_hash, read.issuer_key_hash, read.serial_number
    return (*hashed, algorithm.name, nonce, oids)


def ours(der: bytes) -> tuple[object, ...]:
    """The same values as this package reads them."""
    read = OCSPRequest.read(der)
    (asked,) = read.cert_ids
    oids = tuple((item.oid, item.critical) for item in read.extensions)
    hashed = asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number
    return (*hashed, asked.hash_name, read.nonce, oids)


def assert_reads_alike(octets: bytes) -> None:
    """What cryptography takes is taken with the same values, unless a rule in STRICTER forbids it."""
    expected = theirs(octets)
    try:
        OCSPRequest.read(octets)
    except ValueError as error:
        if expected is None or any(re.match(rule, str(error)) for rule in STRICTER):
            return
        # What is left is a broken Signature, which cryptography does not look into: without it, all is well.
        tbs, _ = Element.whole(octets, der.SEQUENCE).children()
        octets = sequence(tbs.der)
    if expected is not None:
        assert ours(octets) == expected


def _by_cryptography(algorithm: hashes.HashAlgorithm, serial: int, nonce: bytes | None) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        b"n" * algorithm.digest_size, b"k" * algorithm.digest_size, serial, algorithm
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
@pytest.mark.parametrize("serial", [1, 128, 2**159 - 1])
@pytest.mark.parametrize("nonce", [None, b"n", b"n" * 16, b"n" * 32, b"n" * 128])
def test_cryptographys_requests_go_both_ways(
    algorithm: hashes.HashAlgorithm, serial: int, nonce: bytes | None
) -> None:
    """A request by cryptography's builder is read with its values, and written again octet for octet."""
    der = _by_cryptography(algorithm, serial, nonce)
    assert ours(der) == theirs(der)
    read = OCSPRequest.read(der)
    assert read.nonce == nonce
    assert read.encode() == der
    assert OCSPRequest(read.cert_ids, nonce).encode() == der


READABLE: list[tuple[str, bytes]] = [
    ("plain", request()),
    ("requestorName", request(before=der.explicit(1, der.implicit(2, b"a.example")))),
    ("no parameters", request(sequence(CertID(sequence(der.oid("1.3.14.3.2.26")), b"", b"", 5).encode()))),
    ("a negative serial", request(sequence(CertID(SHA1, b"n" * 20, b"k" * 20, -5).encode()))),
    ("unknown extension", extended(ODD)),
    ("acceptable responses", extended(Extension("1.3.6.1.5.5.7.48.1.4", False, sequence(der.oid("1.2.3"))))),
    ("critical nonce", with_nonce(der.octet_string(b"n" * 32), critical=True)),
    ("empty extensions", extended()),
    ("single extensions", request(sequence(CERT_ID.encode(), der.explicit(0, sequence(ODD.encode()))))),
    ("signed", request(signature=der.explicit(0, KEYLESS_SIGNATURE))),
]  # fmt: skip


@pytest.mark.parametrize("der", [der for _, der in READABLE], ids=[name for name, _ in READABLE])
def test_optional_parts_are_read_as_cryptography_reads_them(der: bytes) -> None:
    """Every optional part, alone: the values are cryptography's."""
    assert theirs(der) is not None
    assert ours(der) == theirs(der)


def test_a_version_that_is_said_is_taken() -> None:
    """DER leaves the DEFAULT v1 out; a client that writes it is understood all the same."""
    octets = request(before=der.explicit(0, der.integer(0)))
    assert theirs(octets) is None
    assert OCSPRequest.read(octets) == OCSPRequest.read(request())


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_several_cert_ids_keep_their_order(count: int) -> None:
    """A request may ask for many certificates; they are read in the order asked."""
    asked = tuple(CertID(SHA1, b"n" * 20, b"k" * 20, serial) for serial in range(count, 0, -1))
    der = OCSPRequest(asked, b"n" * 32).encode()
    assert OCSPRequest.read(der) == OCSPRequest(asked, b"n" * 32, extensions=(nonce_extension(b"n" * 32),))


def test_a_cert_id_is_kept_as_it_came() -> None:
    """The AlgorithmIdentifier is echoed octet for octet: with NULL, without, or of an unknown hash."""
    for algorithm in (
        SHA1,
        sequence(der.oid("1.3.14.3.2.26")),
        sequence(der.oid("1.2.3"), der.integer(7)),
    ):
        cert_id = CertID(algorithm, b"n", b"", 5)
        (read,) = OCSPRequest.read(request(sequence(cert_id.encode()))).cert_ids
        assert read == cert_id
        assert read.encode() == cert_id.encode()


@pytest.mark.parametrize("size", [1, 15, 16, 32, 33, 128])
def test_a_nonce_of_1_to_128_octets_is_read(size: int) -> None:
    """RFC 9654 section 2.1: the length is at least 1 octet and up to 128."""
    assert OCSPRequest.read(with_nonce(der.octet_string(b"n" * size))).nonce == b"n" * size


@pytest.mark.parametrize("size", [0, 129, 1000])
def test_a_nonce_of_another_length_is_malformed(size: int) -> None:
    """RFC 9654 section 2.1: 0 octets, or more than 128, MUST be rejected."""
    with pytest.raises(ValueError, match=f"the nonce has {size} octets; RFC 9654 allows 1 to 128"):
        OCSPRequest.read(with_nonce(der.octet_string(b"n" * size)))


MALFORMED: list[tuple[bytes, str]] = [
    (b"", "middle of a header"),
    (b"GET / HTTP/1.1", "the length at octet 1|tag 0x47|runs past"),
    (request() + b"\0", "1 octets follow the end of the structure"),
    (request()[:-1], "runs past the end"),
    (sequence(), "0 fields in the structure at octet 0, where 1 to 2 belong"),
    (sequence(sequence()), "0 fields in the structure at octet 2, where 1 to 4 belong"),
    (sequence(sequence(sequence())), "the requestList is empty"),
    (sequence(sequence(der.explicit(0, der.integer(0)))), "the request has no requestList"),
    (request(before=der.explicit(0, der.integer(1))), "the request's version is not v1"),
    (request(before=der.explicit(1, b"")), "0 fields in the structure at octet 4, where 1 belong"),
    (request(before=der.explicit(1, der.NULL)), "the requestorName at octet 6 is no GeneralName"),
    (request(signature=der.explicit(1, b"")), "tag 0xa1 at octet .*, where 0xa0 belongs"),
    (request(signature=der.explicit(0, b"")), "0 fields .*, where 1 belong"),
    (request(signature=der.explicit(0, sequence())), "0 fields .*, where 2 to 3 belong"),
    (request(signature=der.explicit(0, sequence(SHA1, der.NULL))), "tag 0x05 .* where 0x03 belongs"),
    (request(sequence()), "0 fields .*, where 1 to 2 belong"),
    (request(sequence(sequence())), "0 fields .*, where 4 belong"),
    (request(sequence(CertID(sequence(), b"", b"", 5).encode())), "0 fields .*, where 1 to 2 belong"),
    (request(sequence(CertID(SHA1 + b"", b"", b"", 5).encode(), der.NULL)), "tag 0x05 .* where 0xa0"),
    (request(sequence(CertID(sequence(der.NULL), b"", b"", 5).encode())), "tag 0x05 .* where 0x06"),
    (extended(b"\x05\x00"), "tag 0x05 .* where 0x30 belongs"),
    (extended(sequence(der.oid("1.2.3"))), "1 fields .*, where 2 to 3 belong"),
    (extended(sequence(der.oid("1.2.3"), b"\x01\x01\x01", b"\x04\x00")), "neither TRUE nor FALSE"),
    (extended(CRITICAL), "the request has an unknown critical extension, 1.2.3"),
    (
        request(sequence(CERT_ID.encode(), der.explicit(0, sequence(CRITICAL.encode())))),
        "the request has an unknown critical extension, 1.2.3",
    ),
    (with_nonce(b"raw"), "the nonce is no OCTET STRING"),
    (with_nonce(der.octet_string(b"n") + b"\0"), "the nonce is no OCTET STRING .* 1 octets follow"),
    (extended(nonce_extension(b"n"), nonce_extension(b"n")), "the request has more than one nonce"),
    (sequence(sequence(sequence(SINGLE), der.explicit(2, sequence()), der.NULL)), "something follows"),
]  # fmt: skip


@pytest.mark.parametrize(("der", "sentence"), MALFORMED)
def test_what_deserves_malformed_request(der: bytes, sentence: str) -> None:
    """Each broken request is refused, and the sentence says what is wrong with it."""
    with pytest.raises(ValueError, match=sentence):
        OCSPRequest.read(der)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A readable request with some octets replaced, removed or put in."""
    data = bytearray(draw(st.sampled_from([der for _, der in READABLE] + [der for der, _ in MALFORMED[3:]])))
    for _ in range(draw(st.integers(1, 4))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["replace", "bump", "remove", "insert"])):
            case "replace":
                data[at] = draw(st.integers(0, 255))
            case "bump":
                data[at] = (data[at] + draw(st.sampled_from([1, -1, 0x80, 0x20]))) % 256
            case "remove":
                del data[at]
            case _:
                data.insert(at, draw(st.integers(0, 255)))
    return bytes(data)


@settings(max_examples=1500)
@given(mutated())
@example(with_nonce(b"\x04\x02n"))
def test_a_mutated_request_is_read_as_cryptography_reads_it(der: bytes) -> None:
    """Near-requests are refused with ValueError, or read with the values cryptography finds."""
    assert_reads_alike(der)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(sequence) | st.binary(max_size=60).map(request))
def test_any_octets_are_a_request_or_a_value_error(der: bytes) -> None:
    """Octets of any kind never raise anything but ValueError."""
    assert_reads_alike(der)


@given(
    st.sampled_from([1, 16, 32, 128]).map(lambda size: b"n" * size) | st.none(),
    st.lists(st.integers(-(2**160), 2**160), min_size=1, max_size=4),
    st.booleans(),
    st.booleans(),
)
def test_whatever_is_well_formed_is_read(
    nonce: bytes | None, serials: list[int], signed: bool, named: bool
) -> None:
    """Any mixture of the optional parts is read, each part for itself."""
    extensions = () if nonce is None else (nonce_extension(nonce),)
    name = der.implicit(2, b"a.example")
    asked = tuple(CertID(SHA1, b"n" * 20, b"k" * 20, serial) for serial in serials)
    octets = request(
        *(sequence(cert_id.encode()) for cert_id in asked),
        before=der.explicit(1, name) if named else b"",
        extensions=der.explicit(2, der.extensions(extensions)) if extensions else b"",
        signature=der.explicit(0, KEYLESS_SIGNATURE) if signed else b"",
    )
    assert OCSPRequest.read(octets) == OCSPRequest(asked, nonce, signed, name if named else None, extensions)


Ask = Callable[..., OCSPRequest]


@pytest.fixture
def openssl_asks(tmp_path: Path) -> Ask:
    """A function that has ``openssl ocsp`` write a request, and reads it."""
    openssl = need("openssl")
    cert, key_file, out = tmp_path / "ca.pem", tmp_path / "ca.key", tmp_path / "request.der"
    cert.write_bytes(certificate(P256).public_bytes(Encoding.PEM))
    key_file.write_bytes(private_pem(key(P256)))

    def ask(*options: str, signed: bool = False) -> OCSPRequest:
        signer = ["-signer", str(cert), "-signkey", str(key_file)] if signed else []
        done = run(openssl, "ocsp", "-issuer", cert, *options, *signer, "-reqout", out)
        assert done.returncode == 0, done.stderr
        return OCSPRequest.read(out.read_bytes())

    return ask


def test_openssls_requests(openssl_asks: Ask) -> None:
    """OpenSSL's questions, plain, with a nonce, about several certificates, are read as they were meant."""
    own = certificate(P256)
    plain = openssl_asks("-serial", "5", "-no_nonce")
    (asked,) = plain.cert_ids
    assert (asked.serial_number, asked.hash_name) == (5, "sha1")
    assert (plain.nonce, plain.signed, plain.requestor_name) == (None, False, None)
    assert asked.issuer_key_hash == x509.SubjectKeyIdentifier.from_public_key(own.public_key()).digest
    many = openssl_asks("-sha256", "-serial", "5", "-serial", "0x7f", "-sha512", "-serial", "128")
    assert [(item.serial_number, item.hash_name) for item in many.cert_ids] == [
        (5, "sha256"),
        (127, "sha256"),
        (128, "sha512"),
    ]
    assert many.nonce is not None
    assert 16 <= len(many.nonce) <= 32


def test_openssls_signed_request(openssl_asks: Ask) -> None:
    """A request that OpenSSL signed is known for one, with its requestorName; an unsigned one is not."""
    signed = openssl_asks("-serial", "5", signed=True)
    assert signed.signed
    assert not openssl_asks("-serial", "5").signed
    # RFC 6960 section 4.1.2: "the requestor SHALL specify its name in the requestorName field".
    assert signed.requestor_name == der.explicit(4, certificate(P256).subject.public_bytes())
    assert [item.serial_number for item in signed.cert_ids] == [5]


@pytest.mark.parametrize(("parameters", "taken"), [(b"", True), (der.NULL, True), (b"\x3a\x00", False)])
def test_the_parameters_of_a_hash(parameters: bytes, taken: bool) -> None:
    """Absent or NULL; with anything else, an answer that echoed them could not be read by everyone."""
    algorithm = sequence(der.oid("1.3.14.3.2.26"), parameters)
    cert_id = sequence(algorithm, der.octet_string(b"n" * 20), der.octet_string(b"k" * 20), der.integer(5))
    octets = request(sequence(cert_id))
    if taken:
        assert OCSPRequest.read(octets).cert_ids[0].hash_algorithm == algorithm
    else:
        with pytest.raises(ValueError, match="neither absent nor NULL"):
            OCSPRequest.read(octets)


def test_the_request_of_rfc_9919() -> None:
    """The example request is read, made again from its certificates, and the same octets."""
    der, root, leaf = vector("rfc9919_request.b64"), pem("rfc9919_root.pem"), pem("rfc9919_leaf.pem")
    asked = OCSPRequest.read(der)
    ca = Issuer(root.subject.public_bytes(), spki_der(root.public_key()))  # type: ignore[arg-type]
    assert asked == OCSPRequest((ca.cert_id(leaf.serial_number, "sha256"),))
    assert asked.encode() == der
    assert ca.owns(asked.cert_ids[0])


@pytest.mark.parametrize("hash_name", HASH_NAMES)
def test_an_issuer_owns_what_names_it(hash_name: str) -> None:
    """A CertID is this CA's when both hashes are; one wrong hash, or one of another CA, and it is not."""
    mine, other = issuer(ED), Issuer(signer(ED, 1).name, spki_der(key(ED, 1).public_key()))
    own, foreigner = mine.cert_id(5, hash_name), other.cert_id(5, hash_name)
    assert mine.owns(own)
    assert own.hash_name == hash_name
    assert not mine.owns(foreigner)
    assert not mine.owns(replace(own, issuer_name_hash=foreigner.issuer_name_hash))
    assert not mine.owns(replace(own, issuer_key_hash=foreigner.issuer_key_hash))
    assert not mine.owns(replace(own, hash_algorithm=der.sequence(der.oid("1.2.3"))))
    # Without the NULL, too, which some clients leave out.
    bare = next(oid for oid, (known, _) in HASHES.items() if known == hash_name)
    assert mine.owns(replace(own, hash_algorithm=der.sequence(der.oid(bare))))


def test_an_unknown_hash_is_refused_by_name() -> None:
    """A CertID cannot be made with a hash there is none for; one that came in is called by its OID."""
    with pytest.raises(ValueError, match="'md5' is no hash for a CertID here; there are sha1, sha256"):
        issuer(ED).cert_id(5, "md5")
    assert CertID(der.sequence(der.oid("1.2.3")), b"", b"", 5).hash_name == "1.2.3"
