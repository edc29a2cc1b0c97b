"""OCSP answers, CRLs and certificates as lines of text, however broken they are.

The tables below name the fields of RFC 5280 and RFC 6960. What does not fit them is shown by its tags,
and what is no DER as octets: nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from .._pkix import der
from .._pkix.element import Element
from .._pkix.ocsp_response import ResponseStatus
from .._pkix.reading import load_certificate
from .._pkix.status import Reason

_CONSTRUCTED, _CONTEXT = 0x20, 0x80
_TYPES = {
    0x01: "BOOLEAN", 0x02: "INTEGER", 0x03: "BIT STRING", 0x04: "OCTET STRING", 0x05: "NULL",
    0x06: "OBJECT IDENTIFIER", 0x0A: "ENUMERATED", 0x0C: "UTF8String", 0x13: "PrintableString",
    0x16: "IA5String", 0x17: "UTCTime", 0x18: "GeneralizedTime", 0x30: "SEQUENCE", 0x31: "SET",
}  # fmt: skip

_NAMES = {
    # RFC 5280 section 4.1.2.4, as RFC 4514 abbreviates them.
    "2.5.4.3": "CN", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
    # RFC 5280 sections 4.2, 5.2 and 5.3, RFC 7633, RFC 9608.
    "2.5.29.14": "subjectKeyIdentifier", "2.5.29.15": "keyUsage", "2.5.29.17": "subjectAltName",
    "2.5.29.19": "basicConstraints", "2.5.29.20": "cRLNumber", "2.5.29.21": "cRLReasons",
    "2.5.29.24": "invalidityDate", "2.5.29.27": "deltaCRLIndicator",
    "2.5.29.28": "issuingDistributionPoint", "2.5.29.29": "certificateIssuer",
    "2.5.29.31": "cRLDistributionPoints", "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.37": "extKeyUsage", "2.5.29.37.0": "anyExtendedKeyUsage", "2.5.29.46": "freshestCRL",
    "2.5.29.56": "noRevAvail", "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
    "1.3.6.1.5.5.7.1.24": "tlsfeature", "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth", "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "1.3.6.1.5.5.7.48.2": "caIssuers",
    # RFC 6960 section 4.4 and appendix B.
    "1.3.6.1.5.5.7.48.1": "ocsp", "1.3.6.1.5.5.7.48.1.1": "id-pkix-ocsp-basic",
    "1.3.6.1.5.5.7.48.1.2": "nonce", "1.3.6.1.5.5.7.48.1.3": "crl", "1.3.6.1.5.5.7.48.1.5": "nocheck",
    "1.3.6.1.5.5.7.48.1.6": "archive-cutoff", "1.3.6.1.5.5.7.48.1.9": "extended-revoke",
    # Algorithms.
    "1.3.14.3.2.26": "sha1", "2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512", "1.2.840.113549.1.1.1": "rsaEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption", "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption", "1.2.840.10045.2.1": "ecPublicKey",
    "1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256", "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44", "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}  # fmt: skip
"""OIDs that people know by name."""

_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "1.2.840.113549.1.1.4": hashes.MD5(),  # noqa: S303
    "1.2.840.113549.1.1.5": hashes.SHA1(),  # noqa: S303
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
    "1.2.840.10045.4.1": hashes.SHA1(),  # noqa: S303
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
    "1.2.840.10045.4.3.4": hashes.SHA512(),
}

# Values.


def octets(data: bytes, most: int = 32) -> str:
    """Text where it is text, hexadecimal where not; of more than *most* octets, the number and both ends."""
    if len(data) > 2 and all(0x20 <= octet < 0x7F for octet in data):
        text = data.decode("ascii")
        return repr(text) if len(data) <= 4 * most else f"{len(data)} octets, {text[:most]!r}..."
    if len(data) <= most:
        return data.hex() or "none"
    return f"{len(data)} octets, {data[: most // 2 - 4].hex()}...{data[4 - most // 2 :].hex()}"


_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))


def _ago(time: datetime, now: datetime) -> str:
    if time == now:
        return "now"
    away = abs(time - now)
    name, unit = next((pair for pair in _UNITS if away >= pair[1]), ("s", timedelta(seconds=1)))
    count = away / unit
    length = f"{round(count, 1 if count < 100 else 0):g} {name}"
    return f"in {length}" if time > now else f"{length} ago"


def _time(element: Element, now: datetime) -> str:
    kind, text = _TYPES[element.tag], element.content.decode("ascii", "replace")
    try:
        # X.690 section 11.7 and RFC 5280 section 4.1.2.5: the one form that there should be.
        digits = text if element.tag == 0x18 else ("19" if text[:2] >= "50" else "20") + text
        time = datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)
        if len(digits) != 15:
            raise ValueError(digits)
    except ValueError:
        return f"{kind} {text!r}"
    return f"{kind} {time:%Y-%m-%d %H:%M:%S}Z, {_ago(time, now)}"


def _bits(content: bytes) -> str:
    if not 1 <= len(content) <= 3:
        return octets(content[1:])
    bits = [str(8 * at + bit) for at, one in enumerate(content[1:]) for bit in range(8) if one & 0x80 >> bit]
    return f"bits {', '.join(bits) or 'none'}" + (f" ({content[0]} unused)" if len(content) == 1 else "")


def _number(element: Element, names: Mapping[int, str]) -> str:
    try:
        number = element._replace(tag=der.INTEGER).as_integer()
    except ValueError:
        return f"{octets(element.content)} (not in the fewest octets)"
    if len(element.content) > 32:
        return octets(element.content)
    shown = f"{number}" if abs(number) < 1 << 32 else f"{number:#x}"
    return f"{shown} ({names[number]})" if number in names else shown


def _oid(element: Element) -> str:
    try:
        dotted = element.as_oid()
    except ValueError:
        return octets(element.content)
    return _NAMES.get(dotted, dotted)


def _name(element: Element) -> str:
    """An RDNSequence in one line; ValueError if it is none."""
    return ", ".join(
        f"{_oid(attribute.fields(2, 2)[0])}={attribute.children()[1].content.decode()}"
        for rdn in element.expect(der.SEQUENCE).children()
        for attribute in rdn.expect(0x31).children()
    )


def _algorithm(element: Element) -> str:
    """An AlgorithmIdentifier in one line; ValueError if it is none."""
    oid, *parameters = element.expect(der.SEQUENCE).fields(1, 2)
    shown = [_oid(oid.expect(der.OID))]
    shown += ["NULL" if one.der == der.NULL else _oid(one.expect(der.OID)) for one in parameters]
    return ", ".join(shown)


# Fields.


@dataclass(frozen=True)
class _Field:
    """What is in one place of a structure: its name, the tags it may have, and what is inside.

    *fields* are inside in their order, *of* as often as it likes. With *wraps*, the one value inside,
    as in an EXPLICIT tag or an OCTET STRING, is shown in the field's place. *names* names a CHOICE by
    its tags, *values* the numbers it may hold. *text* shows it in one line. *signed* is the frame of
    to-be-signed, algorithm and signature.
    """

    name: str
    tags: tuple[int, ...] = ()
    fields: tuple[_Field, ...] = ()
    of: _Field | None = None
    wraps: bool = False
    names: Mapping[int, str] | None = None
    values: Mapping[int, str] | None = None
    text: Callable[[Element], str] | None = None
    signed: bool = False


_REASONS = {int(reason): reason.name.lower() for reason in Reason}
_STATUSES = {int(status): status.rfc_name for status in ResponseStatus}
_VERSIONS = {number: f"v{number + 1}" for number in range(3)}

_SEQ, _INT, _OCT, _TIMES = (0x30,), (0x02,), (0x04,), (0x17, 0x18)
_NAME = _Field("name", _SEQ, text=_name)
_EXTENSION = _Field("extension", _SEQ)
_EXTENSIONS = _Field("extensions", _SEQ, of=_EXTENSION)
_SPKI = _Field(
    "subjectPublicKeyInfo", _SEQ, (_Field("algorithm", _SEQ, text=_algorithm), _Field("key", (3,)))
)


def _tagged(number: int, field: _Field) -> _Field:
    """``[number] EXPLICIT``."""
    return _Field(field.name, (0xA0 | number,), (field,), wraps=True)


def _named(name: str, like: _Field) -> _Field:
    return replace(like, name=name)


def _signed(name: str, tbs: _Field, *behind: _Field) -> _Field:
    algorithm = _Field("signatureAlgorithm", _SEQ, text=_algorithm)
    return _Field(name, _SEQ, (tbs, algorithm, _Field("signature", (3,)), *behind), signed=True)


# RFC 5280 section 4.1.
CERTIFICATE = _signed(
    "Certificate",
    _Field(
        "tbsCertificate",
        _SEQ,
        (
            _tagged(0, _Field("version", _INT, values=_VERSIONS)),
            _Field("serialNumber", _INT),
            _Field("signature", _SEQ, text=_algorithm),
            _named("issuer", _NAME),
            _Field("validity", _SEQ, (_Field("notBefore", _TIMES), _Field("notAfter", _TIMES))),
            _named("subject", _NAME),
            _SPKI,
            _tagged(3, _EXTENSIONS),
        ),
    ),
)

# RFC 5280 section 5.1.
_ENTRY = _Field(
    "entry",
    _SEQ,
    (
        _Field("userCertificate", _INT),
        _Field("revocationDate", _TIMES),
        _Field("crlEntryExtensions", _SEQ, of=_EXTENSION),
    ),
)
CRL = _signed(
    "CertificateList",
    _Field(
        "tbsCertList",
        _SEQ,
        (
            _Field("version", _INT, values=_VERSIONS),
            _Field("signature", _SEQ, text=_algorithm),
            _named("issuer", _NAME),
            _Field("thisUpdate", _TIMES),
            _Field("nextUpdate", _TIMES),
            _Field("revokedCertificates", _SEQ, of=_ENTRY),
            _tagged(0, _named("crlExtensions", _EXTENSIONS)),
        ),
    ),
)

# RFC 6960 sections 4.1.1 and 4.2.1.
_CERT_ID = _Field(
    "certID",
    _SEQ,
    (
        _Field("hashAlgorithm", _SEQ, text=_algorithm),
        _Field("issuerNameHash", _OCT),
        _Field("issuerKeyHash", _OCT),
        _Field("serialNumber", _INT),
    ),
)
_SINGLE = _Field(
    "SingleResponse",
    _SEQ,
    (
        _CERT_ID,
        _Field(
            "certStatus",
            (0x80, 0xA1, 0x82),
            (
                _Field("revocationTime", (0x18,)),
                _tagged(0, _Field("revocationReason", (0x0A,), values=_REASONS)),
            ),
            names={0x80: "good", 0xA1: "revoked", 0x82: "unknown"},
        ),
        _Field("thisUpdate", _TIMES),
        _tagged(0, _Field("nextUpdate", _TIMES)),
        _tagged(1, _named("singleExtensions", _EXTENSIONS)),
    ),
)
_BASIC = _signed(
    "BasicOCSPResponse",
    _Field(
        "tbsResponseData",
        _SEQ,
        (
            _tagged(0, _Field("version", _INT, values=_VERSIONS)),
            _tagged(1, _named("responderID, byName", _NAME)),
            _tagged(2, _Field("responderID, byKey", _OCT)),
            _Field("producedAt", _TIMES),
            _Field("responses", _SEQ, of=_SINGLE),
            _tagged(1, _named("responseExtensions", _EXTENSIONS)),
        ),
    ),
    _tagged(0, _Field("certs", _SEQ, of=CERTIFICATE)),
)
OCSP = _Field(
    "OCSPResponse",
    _SEQ,
    (
        _Field("responseStatus", (0x0A,), values=_STATUSES),
        _tagged(
            0,
            _Field(
                "responseBytes",
                _SEQ,
                (
                    _Field("responseType", (0x06,)),
                    _Field("response", _OCT, (_BASIC,), wraps=True),
                ),
            ),
        ),
    ),
)


# Lines.


@dataclass(frozen=True)
class Decoder:
    """Shows DER as lines: *now* for what is past and what is ahead, *keys* for who has signed, by name."""

    now: datetime
    keys: Mapping[str, Any]

    def lines(self, data: bytes, kind: _Field) -> list[str]:
        """*data*, which should be a *kind*."""
        try:
            element = Element.read(data)
            if element.tag not in kind.tags:
                raise ValueError(f"no {kind.name} begins with {element.tag:#04x}")
        except ValueError as error:
            return [f"no DER: {error}", f"octets: {octets(data)}"]
        shown = list(self._lines(element, kind, ""))
        if element.end < len(data):
            shown.append(f"behind the end: {octets(data[element.end :])}")
        return shown

    def _lines(self, element: Element, field: _Field, margin: str) -> Iterator[str]:
        inner = self._unwrapped(element, field)
        if inner is not None:
            if not inner:
                yield f"{margin}{field.name}: {octets(element.content)}"
            for number, (one, known) in enumerate(inner):
                yield from self._lines(one, known if number == 0 else _unknown(one), margin)
            return
        if field is _EXTENSION:
            yield from self._extension(element, margin)
            return
        if field.text is not None:
            try:
                yield f"{margin}{field.name}: {field.text(element)}"
            except (ValueError, IndexError):
                yield from self._lines(element, _Field(field.name), margin)
            return
        name = field.name
        if field.names is not None:
            name += f": {field.names[element.tag]}"
        if not element.tag & _CONSTRUCTED:
            bare = field.names is not None and not element.content
            yield f"{margin}{name}" if bare else f"{margin}{name}: {self._value(element, field.values)}"
            return
        children, rest = _children(element)
        yield f"{margin}{name}" + ("" if children or rest else ": empty")
        signer = self._signer(element, children) if field.signed else ""
        for child, known in _matched(children, field):
            if signer and known.name == "signature":
                yield f"{margin}  signature: {signer}"
            else:
                yield from self._lines(child, known, margin + "  ")
        if rest:
            yield f"{margin}  then no DER: {octets(rest)}"

    @staticmethod
    def _unwrapped(element: Element, field: _Field) -> list[tuple[Element, _Field]] | None:
        """What *field* wraps, with the fields for it; None where it wraps nothing."""
        if not field.wraps:
            return None
        children, rest = _children(element)
        if rest or not children:
            return []
        return [(child, field.fields[0]) for child in children]

    def _extension(self, element: Element, margin: str) -> Iterator[str]:
        try:
            oid, *critical, value = element.fields(2, 3)
            name = _oid(oid.expect(der.OID))
            if critical:
                name += ", critical" if critical[0].as_boolean() else ", critical FALSE"
            content = value.expect(der.OCTET_STRING).content
        except ValueError:
            yield from self._lines(element, _Field("extension, none"), margin)
            return
        children, rest = _children(value)
        if len(children) == 1 and not rest and not children[0].tag & _CONSTRUCTED:
            values = _REASONS if name == "cRLReasons" else None
            yield f"{margin}{name}: {self._value(children[0], values)}"
            return
        if not children:
            yield f"{margin}{name}: {octets(content)}"
            return
        yield f"{margin}{name}"
        for child in children:
            yield from self._lines(child, _unknown(child), margin + "  ")
        if rest:
            yield f"{margin}  then no DER: {octets(rest)}"

    def _value(self, element: Element, values: Mapping[int, str] | None = None) -> str:
        tag, content = element.tag, element.content
        if tag in (0x17, 0x18):
            return _time(element, self.now)
        if tag in (der.INTEGER, der.ENUMERATED):
            return _number(element, values or {})
        if tag == der.OID:
            return _oid(element)
        if tag == der.BIT_STRING:
            return _bits(content)
        if tag == der.BOOLEAN and content in (b"\x00", b"\xff"):
            return "TRUE" if content == b"\xff" else "FALSE"
        if tag == 0x05 and not content:
            return "NULL"
        return octets(content)

    def _signer(self, whole: Element, children: list[Element]) -> str:
        """Who has signed: to-be-signed, algorithm and signature are the first three *children*."""
        try:
            tbs, algorithm, signature, *behind = children
            oid = algorithm.children()[0].as_oid()
            data = signature.expect(der.BIT_STRING).content[1:]
        except (ValueError, IndexError):
            return ""
        keys = dict(self.keys)
        for certificate in _certificates([whole.der]):
            keys["its own key"] = certificate.public_key()
        embedded = [
            one.der for tagged in behind for list_ in _children(tagged)[0] for one in _children(list_)[0]
        ]
        for number, certificate in enumerate(_certificates(embedded), 1):
            keys[f"the key of certificate {number} in certs"] = certificate.public_key()
        known = (name for name, key in keys.items() if _holds(key, oid, data, tbs.der))
        return f"made with {next(known, 'no key known here, or over other octets')}"


def _unknown(element: Element) -> _Field:
    """A field for what the tables do not know: its type is its name."""
    tag = element.tag
    if tag == der.SEQUENCE and element.content[:1] == b"\x31":
        return _NAME
    name = _TYPES.get(tag, f"[{tag & 0x1F}]" if tag & 0xC0 == _CONTEXT else f"tag {tag:#04x}")
    return _Field(name, of=_Field(""))


def _matched(children: list[Element], field: _Field) -> Iterator[tuple[Element, _Field]]:
    """Each of the *children* beside the first field left that has its tag, or an unknown one."""
    left = list(field.fields)
    for child in children:
        if field.of is not None and (not field.of.tags or child.tag in field.of.tags):
            yield child, field.of if field.of.tags else _unknown(child)
            continue
        at = next((number for number, one in enumerate(left) if child.tag in one.tags), None)
        if at is None:
            yield child, _unknown(child)
        else:
            yield child, left[at]
            del left[: at + 1]


def _children(element: Element) -> tuple[list[Element], bytes]:
    """The elements inside, as far as they are DER, and what follows them."""
    found: list[Element] = []
    at = element.inner
    while at < element.end:
        try:
            child = Element.read(element.data, at, element.end)
        except ValueError:
            break
        found.append(child)
        at = child.end
    return found, element.data[at : element.end]


def _certificates(ders: Iterable[bytes]) -> Iterator[x509.Certificate]:
    """Those that cryptography can read, and whose keys it knows."""
    for octets in ders:
        try:
            certificate = load_certificate(octets)
            certificate.public_key()
        except (ValueError, LookupError, StopIteration, UnsupportedAlgorithm):
            continue
        yield certificate


def _holds(key: Any, oid: str, signature: bytes, data: bytes) -> bool:
    """Whether *signature* is that of *key* over *data*, under the algorithm that it says it is."""
    digest = _DIGESTS.get(oid)
    try:
        if isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, data, ec.ECDSA(digest))
        elif digest is None and not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            key.verify(signature, data)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
