"""Octets in all the forms that people have them in are read, and what cannot be is told."""

import base64
from datetime import datetime, timezone
from urllib.parse import quote

import pytest

from mockpki._catalogue.decoded import Decoder
from mockpki._catalogue.documents import NAMES, read_documents, read_request_url
from mockpki._exchange.http import Answer, url_with_question
from mockpki._pkix.pem import write_pem
from tests.catalogue.test_recognition import SAMPLES

DECODER = Decoder(datetime(2026, 3, 4, tzinfo=timezone.utc), {})
REQUEST = SAMPLES["ocsp-request"]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_form(name: str) -> None:
    """DER, base64 in both alphabets and in lines, and an HTTP answer hold the same."""
    data = SAMPLES[name]
    in_lines = base64.encodebytes(data)
    forms = {
        data: "DER",
        in_lines: "base64",
        base64.urlsafe_b64encode(data).rstrip(b"="): "base64",
        Answer.of(200, "application/octet-stream", data).encode(): "HTTP, DER",
    }
    for text, encoding in forms.items():
        (found,) = read_documents(text)
        assert (found.kind.name, found.data, found.encoding) == (name, data, encoding)
        assert found.missing == 0
    assert found.lines(DECODER)[0] == "HTTP/1.1 200 OK"


def test_several_pem_blocks() -> None:
    """Each is read, whatever stands around; the structure goes before the label, and keys are left out."""
    labels = {
        "certificate": "CERTIFICATE",
        "crl": "X509 CRL",
        "csr": "CERTIFICATE REQUEST",
        "ocsp-response": "X",
    }
    text = b"depth=0 CN = localhost\r\n"
    for name, label in labels.items():
        text += write_pem(label, SAMPLES[name]) + b"verify return:1\n"
    text += write_pem("PRIVATE KEY", b"\x30\x03\x02\x01\x00").replace(b"\n", b"\r\n")
    found = read_documents(text)
    assert [one.kind.name for one in found] == list(labels)
    assert [one.encoding for one in found] == [f"PEM, {label}" for label in labels.values()]
    assert [one.data for one in found] == [SAMPLES[name] for name in labels]


def test_a_pem_block_that_was_cut_off() -> None:
    """What there is of it is shown, with how much is missing."""
    (found,) = read_documents(write_pem("X509 CRL", SAMPLES["crl"])[:150])
    assert found.kind.name == "crl"
    assert found.missing == len(SAMPLES["crl"]) - len(found.data) > 0
    assert found.lines(DECODER)[0] == "CertificateList"


def test_a_label_helps_where_structure_does_not() -> None:
    """Octets that could be anything are what the label says; without one that is known, what they are."""
    (found,) = read_documents(write_pem("X509 CRL", b"\x31\x00"))
    assert found.kind.name == "crl"
    assert found.lines(DECODER) == ["no DER: no CertificateList begins with 0x31", "octets: 3100"]
    (found,) = read_documents(write_pem("SOMETHING", b"\x30\x00"))
    assert found.kind.name == "der"


def test_what_is_wanted_decides() -> None:
    """Whoever says what it is gets it shown as that, however little it looks like it."""
    for name in NAMES[:-1]:
        for data in (SAMPLES["crl"], b"\xff\xff", SAMPLES["staple"]):
            (found,) = read_documents(data, name)
            assert found.kind.name == name
            assert found.lines(DECODER)
    with pytest.raises(LookupError, match="'crls' is no kind of document; there are certificate, crl, "):
        read_documents(b"x", "crls")


def test_requests_in_urls() -> None:
    """The request is found behind any path, escaped or not, in both alphabets, with slashes of its own."""
    slashes = next(
        data for number in range(256) if b"/" in base64.b64encode(data := REQUEST[:-1] + bytes([number]))
    )
    plain = base64.b64encode(slashes).decode()
    for url in (
        url_with_question("http://ocsp.example/a/b/", slashes),
        f"https://ocsp.example:8080//{plain}",
        f"/ocsp/{plain}",
        f"{plain}\n",
        f"/{quote(base64.urlsafe_b64encode(slashes).decode())}?x=1",
    ):
        assert read_request_url(url).data == slashes
        assert read_documents(url.encode(), "request-url")[0].kind.name == "ocsp-request"
    for url in ("http://ocsp.example/", "http://ocsp.example/MAA=", "http://ocsp.example/favicon.ico", ""):
        with pytest.raises(ValueError, match="there is no OCSP request in the path of"):
            read_request_url(url)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "there is nothing in it"),
        (b"hello, world", "no PEM, no base64 and no DER of anything known here; it begins with 68 65 6c 6c"),
        (b"hello", "no PEM, no base64"),
        (b"-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----", "'CERTIFICATE' is no base64"),
        (write_pem("EC PRIVATE KEY", b"\x30\x00"), "private keys in it, which are not shown"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(data: bytes, why: str) -> None:
    """It is refused with a sentence."""
    with pytest.raises(ValueError, match=r"^[a-z].*") as error:
        read_documents(data)
    assert why in str(error.value)
