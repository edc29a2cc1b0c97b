"""Reads OCSP answers field by field, goes on where a strict reader gives up, and says who has signed them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import core
from asn1crypto import parser as tlv
from cryptography import x509

from mockpki import PKI, Leaf, faults

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
