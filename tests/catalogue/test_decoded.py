"""The decoder of `mockpki faults`: it names what RFCs name, and shows the rest as it is, without fail."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki import faults
from mockpki._catalogue.decoded import Decoder
from mockpki._catalogue.fields import CERTIFICATE, CRL, OCSP
from mockpki._pkix import der
from mockpki._pkix.certificate import Pointers, TBSCertificate, authority_extensions
from mockpki._pkix.crl import REASON_CODE, TBSCertList, crl_number
from mockpki._pkix.der import Extension
from mockpki._pkix.keys import KeyType
from mockpki._pkix.ocsp_request import CertID, nonce_extension
from mockpki._pkix.ocsp_response import OCSPResponse, ResponseData, SingleResponse
from mockpki._pkix.status import Reason, Revocation, Status
from mockpki._pkix.times import x509_time
from tests.kit.authorities import NOW, certificate, signer

CA = signer(KeyType.ED25519)
DECODER = Decoder(NOW, {"the CA's key": CA.key.public_key()})

CERT_ID = CertID(der.sequence(der.oid("1.3.14.3.2.26"), der.NULL), b"\1" * 20, b"\2" * 20, 0x1234567890)
REVOKED = Revocation(NOW - timedelta(hours=2), Reason.KEY_COMPROMISE)


def certificate_der() -> bytes:
    """A CA's own certificate."""
    spki = certificate(KeyType.ED25519).public_key().public_bytes_raw()  # type: ignore[union-attr]
    key = der.sequence(der.sequence(der.oid("1.3.101.112")), der.bit_string(spki))
    extensions = authority_extensions(CA, CA, Pointers(crl=["http://crl.example/ca.crl"]))
    return TBSCertificate(5, NOW, NOW.replace(year=2055), CA.name, key, extensions).signed_by(CA).encode()


def ocsp_der() -> bytes:
    """An answer with two SingleResponses, a nonce, and a certificate sent along."""
    singles = (
        SingleResponse(CERT_ID, Status.GOOD, NOW, NOW + timedelta(days=7)),
        SingleResponse(CERT_ID, REVOKED, NOW, None),
    )
    tbs = ResponseData(NOW, singles, (nonce_extension(b"\xff" * 4),)).encode(CA)
    signed = CA.sign(tbs)
    basic = der.sequence(
        signed.tbs, signed.algorithm, der.bit_string(signed.signature),
        der.explicit(0, der.sequence(certificate_der())),
    )  # fmt: skip
    return OCSPResponse(0, basic).encode()


def crl_der() -> bytes:
    """A CRL that lists one."""
    reason = der.extensions((Extension(REASON_CODE, False, der.enumerated(REVOKED.reason)),))
    entry = der.sequence(der.integer(1), x509_time(REVOKED.time), reason)
    tbs = TBSCertList(NOW, NOW + timedelta(days=7), entry, (crl_number(7),))
    return CA.sign(tbs.encode(CA)).encode()


WHOLE: list[tuple[bytes, Any]] = [
    (ocsp_der(), OCSP),
    (crl_der(), CRL),
    (certificate_der(), CERTIFICATE),
]


def stripped(der: bytes, kind: Any) -> list[str]:
    """The lines without their margins."""
    return [line.strip() for line in DECODER.lines(der, kind)]


def test_an_ocsp_answer() -> None:
    """Every field has its name; statuses, reasons, hashes and the nonce are in words."""
    lines = stripped(*WHOLE[0])
    assert lines[:4] == ["OCSPResponse", "responseStatus: 0 (successful)", "responseBytes",
                         "responseType: id-pkix-ocsp-basic"]  # fmt: skip
    assert "producedAt: GeneralizedTime 2026-03-04 05:06:07Z, now" in lines
    assert "hashAlgorithm: sha1, NULL" in lines
    assert "serialNumber: 0x1234567890" in lines
    at = lines.index("certStatus: revoked")
    assert lines[at + 1 : at + 3] == [
        "revocationTime: GeneralizedTime 2026-03-04 03:06:07Z, 2 h ago",
        "revocationReason: 1 (key_compromise)",
    ]
    assert lines.count("certStatus: good") == 1
    assert "nonce: ffffffff" in lines
    assert [line for line in lines if line.startswith("[") or "SEQUENCE" in line] == [
        # What is in the certificate's extensions has no names here.
        "SEQUENCE", "SEQUENCE", "[0]: " + CA.key_hash.hex(),
        "SEQUENCE", "SEQUENCE", "[0]", "[0]", "[6]: 'http://crl.example/ca.crl'",
    ]  # fmt: skip


def test_a_crl() -> None:
    """A CRL's fields, its entry, and who has signed it."""
    assert stripped(*WHOLE[1]) == [
        "CertificateList",
        "tbsCertList",
        "version: 1 (v2)",
        "signature: Ed25519",
        "issuer: O=mockpki, CN=mockpki Ed25519 0",
        "thisUpdate: UTCTime 2026-03-04 05:06:07Z, now",
        "nextUpdate: UTCTime 2026-03-11 05:06:07Z, in 7 d",
        "revokedCertificates",
        "entry",
        "userCertificate: 1",
        "revocationDate: UTCTime 2026-03-04 03:06:07Z, 2 h ago",
        "crlEntryExtensions",
        "cRLReasons: 1 (key_compromise)",
        "crlExtensions",
        "cRLNumber: 7",
        "signatureAlgorithm: Ed25519",
        "signature: made with the CA's key",
    ]


def test_a_certificate() -> None:
    """A certificate's fields; its signature is a known key's, its own, or nobody's."""
    der, kind = WHOLE[2]
    lines = stripped(der, kind)
    assert lines[2:6] == [
        "version: 2 (v3)", "serialNumber: 5", "signature: Ed25519", "issuer: O=mockpki, CN=mockpki Ed25519 0",
    ]  # fmt: skip
    assert "notAfter: GeneralizedTime 2055-03-04 05:06:07Z, in 10592 d" in lines
    assert "keyUsage, critical: bits 0, 5, 6" in lines
    assert lines[-1] == "signature: made with the CA's key"
    assert Decoder(NOW, {}).lines(der, kind)[-1].strip() == "signature: made with its own key"
    flipped = der[:-1] + bytes((der[-1] ^ 1,))
    assert stripped(flipped, kind)[-1] == "signature: made with no key known here, or over other octets"


TIMES = [
    (b"\x18\x1120260304050607.5Z", "thisUpdate: GeneralizedTime '20260304050607.5Z'"),
    (b"\x18\x0d202603040506Z", "thisUpdate: GeneralizedTime '202603040506Z'"),
    (b"\x17\x0b2603040506Z", "thisUpdate: UTCTime '2603040506Z'"),
    (b"\x17\x0d991231235959Z", "thisUpdate: UTCTime 1999-12-31 23:59:59Z, 9559 d ago"),
    (b"\x02\x01\x05", "INTEGER: 5"),
]


@pytest.mark.parametrize(("time", "shown"), TIMES)
def test_times_that_are_none(time: bytes, shown: str) -> None:
    """A time in any other form is shown as it is written, and what is no time by its own type."""
    tbs = TBSCertList(time, NOW, None, None).encode(CA)
    assert shown in stripped(CA.sign(tbs).encode(), CRL)


def test_what_is_no_der() -> None:
    """Octets that are none of it, that follow it, or that are inside, are shown as what they are."""
    der, kind = WHOLE[1]
    assert DECODER.lines(b"\x30\x05\x02", kind)[0].startswith("no DER: the element at octet 0 runs past")
    assert DECODER.lines(b"", kind) == [
        "no DER: DER ends at octet 0, in the middle of a header",
        "octets: none",
    ]
    assert DECODER.lines(b"\x02\x01\x05", kind)[0] == "no DER: no CertificateList begins with 0x02"
    assert DECODER.lines(der + b"more", kind)[-1] == "behind the end: 'more'"
    inside = faults.SignedTrailingAt(data=b"\xff\xff")(der)
    assert DECODER.lines(inside, kind)[-1] == "  then no DER: ffff"


@given(st.data())
def test_nothing_makes_it_fail(data: st.DataObject) -> None:
    """Whatever is cut off, put in or overwritten, there are lines, each with something in it."""
    der, kind = data.draw(st.sampled_from(WHOLE))
    broken = bytearray(der)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(broken)))
        end = at + data.draw(st.integers(0, 3))
        broken[at:end] = data.draw(st.binary(max_size=4))
    lines = DECODER.lines(bytes(broken), kind)
    assert lines
    assert all(line.strip() for line in lines)


def test_now_is_given() -> None:
    """How far away a time is goes by the decoder's now, and by no clock."""
    later = Decoder(datetime(2026, 3, 12, tzinfo=timezone.utc), {})
    shown = [line.strip() for line in later.lines(*WHOLE[1])]
    assert "nextUpdate: UTCTime 2026-03-11 05:06:07Z, 18.9 h ago" in shown
    assert shown[-1] == "signature: made with no key known here, or over other octets"
