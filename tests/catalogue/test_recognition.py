"""What octets are meant to be is told by their structure, also of those that were cut off or bent."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from mockpki import faults
from mockpki._catalogue.decoded import Decoder
from mockpki._catalogue.recognition import KINDS, mend, recognise
from mockpki._pkix import der
from mockpki._pkix.element import Element
from mockpki._pkix.keys import KeyType
from mockpki._pkix.ocsp_request import OCSPRequest
from tests.catalogue.test_decoded import CERT_ID, certificate_der, crl_der, ocsp_der
from tests.kit.authorities import NOW, signer

DECODER = Decoder(NOW, {})


def csr_der() -> bytes:
    """A certificate request with a name that is asked for."""
    key = signer(KeyType.P256).key
    builder = x509.CertificateSigningRequestBuilder(x509.Name.from_rfc4514_string("CN=billing"))
    names = x509.SubjectAlternativeName([x509.DNSName("billing.example")])
    request = builder.add_extension(names, False).sign(key, SHA256())
    return request.public_bytes(Encoding.DER)


def staple_der() -> bytes:
    """The content of a status_request extension in a server's answer."""
    return b"\1" + len(ocsp_der()).to_bytes(3) + ocsp_der()


SAMPLES = {
    "certificate": certificate_der(),
    "crl": crl_der(),
    "csr": csr_der(),
    "ocsp-request": OCSPRequest.about(CERT_ID, b"\7" * 16).encode(),
    "ocsp-response": ocsp_der(),
    "staple": staple_der(),
    "der": der.sequence(der.integer(5), der.integer(6)),
}


def test_every_kind_is_recognised() -> None:
    """Each by its own structure, and none that is text or nothing."""
    assert set(SAMPLES) == set(KINDS)
    for name, data in SAMPLES.items():
        assert recognise(data) is KINDS[name]
    for nothing in (b"", b"\x30", b"hello, world", b"\x7f\x05ab", bytes(3)):
        assert recognise(nothing) is None


def test_what_is_shown_names_its_fields() -> None:
    """A request is shown with whom it asks about and its nonce, a CSR with the names that it asks for."""
    request = KINDS["ocsp-request"].show(DECODER, SAMPLES["ocsp-request"])
    assert [line.strip() for line in request][:4] == ["OCSPRequest", "tbsRequest", "requestList", "Request"]
    assert "          serialNumber: 0x1234567890" in request
    assert request[-1] == f"      nonce: {'07' * 16}"
    csr = [line.strip() for line in KINDS["csr"].show(DECODER, SAMPLES["csr"])]
    assert {"type: extensionRequest", "[2]: 'billing.example'", "subject: CN=billing"} <= set(csr)
    assert csr[-1] == "signature: made with its own key"
    staple = KINDS["staple"].show(DECODER, SAMPLES["staple"])
    assert staple[:3] == ["status_type: 1", f"length: {len(ocsp_der())}", "OCSPResponse"]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("staple", "der")])
def test_what_was_cut_off(name: str) -> None:
    """From its first fields on it is what it was; what is left is shown as before."""
    data = SAMPLES[name]
    whole = KINDS[name].show(DECODER, data)
    recognised = before = 0
    for size in range(5, len(data)):
        mended = mend(data[:size])
        assert mended.missing == len(data) - size
        assert Element.read(mended.data).end == len(mended.data)
        if recognise(data[:size]) is not KINDS[name]:
            continue
        recognised += 1
        shown = KINDS[name].show(DECODER, mended.data)
        pairs = enumerate(zip(shown, whole, strict=False))
        same = next((at for at, (one, other) in pairs if one != other), len(shown))
        assert same >= before
        before = same
    assert before >= len(whole) - 2
    assert recognised > 0.9 * len(data) - 20
    assert mend(data) == (data, 0)


@pytest.mark.parametrize("fault", [faults.Truncated(), faults.Trailing(), faults.FlippedBit(-1)], ids=repr)
def test_bent_encodings(fault: faults.Encoding) -> None:
    """What faults of encoding make of a CRL is still one."""
    assert recognise(fault(SAMPLES["crl"])) is KINDS["crl"]


@given(st.binary(max_size=300), st.sampled_from(sorted(SAMPLES)), st.integers(0, 200))
def test_nothing_raises(noise: bytes, name: str, at: int) -> None:
    """Whatever octets there are, in the place of good ones too, they are shown or taken for nothing."""
    for data in (noise, SAMPLES[name][:at] + noise + SAMPLES[name][at + len(noise) :]):
        kind = recognise(data) or KINDS[name]
        assert kind.show(DECODER, mend(data).data)


def test_thousands_of_levels() -> None:
    """What is nested without end, whole or cut off, is shown to some depth, and its rest as octets."""
    nested = b""
    for _ in range(3000):
        nested = der.sequence(nested)
    for data in (nested, nested[:-1], b"\x30\x83\x01\x00\x00" * 3000):
        lines = KINDS["der"].show(DECODER, mend(data).data)
        assert len(lines) < 200
        assert "64 levels deep" in lines[-1] or "no DER" in lines[-1]
