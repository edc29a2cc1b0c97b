"""Values of DER as text in one line: times, numbers, bits, names, identifiers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from .._pkix import der
from .._pkix.element import Element
from .._pkix.ocsp_request import HASHES
from .._pkix.signing import ECDSA, RSA

CONSTRUCTED, CONTEXT = 0x20, 0x80
TYPES = {
    0x01: "BOOLEAN", 0x02: "INTEGER", 0x03: "BIT STRING", 0x04: "OCTET STRING", 0x05: "NULL",
    0x06: "OBJECT IDENTIFIER", 0x0A: "ENUMERATED", 0x0C: "UTF8String", 0x13: "PrintableString",
    0x16: "IA5String", 0x17: "UTCTime", 0x18: "GeneralizedTime", 0x30: "SEQUENCE", 0x31: "SET",
}  # fmt: skip

OID_NAMES = {
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
    # RFC 2985 section 5.4.2.
    "1.2.840.113549.1.9.14": "extensionRequest",
    # RFC 6960 section 4.4 and appendix B.
    "1.3.6.1.5.5.7.48.1": "ocsp", "1.3.6.1.5.5.7.48.1.1": "id-pkix-ocsp-basic",
    "1.3.6.1.5.5.7.48.1.2": "nonce", "1.3.6.1.5.5.7.48.1.3": "crl", "1.3.6.1.5.5.7.48.1.5": "nocheck",
    "1.3.6.1.5.5.7.48.1.6": "archive-cutoff", "1.3.6.1.5.5.7.48.1.9": "extended-revoke",
    # Algorithms.
    **{oid: name for oid, (name, _) in HASHES.items()},
    **{one.oid: f"{name}WithRSAEncryption" for name, one in RSA.items()},
    **{one.oid: f"ecdsa-with-{name.upper()}" for name, one in ECDSA.items()},
    "1.2.840.113549.1.1.1": "rsaEncryption", "1.2.840.10045.2.1": "ecPublicKey",
    "1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44", "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}  # fmt: skip
"""OIDs that people know by name."""


def octets(data: bytes, most: int = 32) -> str:
    """Text where it is text, hexadecimal where not; of more than *most* octets, the number and both ends."""
    if len(data) > 2 and all(0x20 <= octet < 0x7F for octet in data):
        text = data.decode("ascii")
        return repr(text) if len(data) <= 4 * most else f"{len(data)} octets, {text[:most]!r}..."
    if len(data) <= most:
        return data.hex() or "none"
    return f"{len(data)} octets, {data[: most // 2 - 4].hex()}...{data[4 - most // 2 :].hex()}"


_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))


def _describe_distance(time: datetime, now: datetime) -> str:
    if time == now:
        return "now"
    away = abs(time - now)
    name, unit = next((pair for pair in _UNITS if away >= pair[1]), ("s", timedelta(seconds=1)))
    count = away / unit
    length = f"{round(count, 1 if count < 100 else 0):g} {name}"
    return f"in {length}" if time > now else f"{length} ago"


def time_text(element: Element, now: datetime) -> str:
    """A UTCTime or GeneralizedTime, and how far it is from *now*."""
    kind, text = TYPES[element.tag], element.content.decode("ascii", "replace")
    try:
        # X.690 section 11.7 and RFC 5280 section 4.1.2.5: the one form that there should be.
        digits = text if element.tag == 0x18 else ("19" if text[:2] >= "50" else "20") + text
        time = datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)
        if len(digits) != 15:
            raise ValueError(digits)
    except ValueError:
        return f"{kind} {text!r}"
    return f"{kind} {time:%Y-%m-%d %H:%M:%S}Z, {_describe_distance(time, now)}"


def bits_text(content: bytes) -> str:
    """The numbers of the bits that are set, where they are few; else the octets."""
    if not 1 <= len(content) <= 3:
        return octets(content[1:])
    bits = [str(8 * at + bit) for at, one in enumerate(content[1:]) for bit in range(8) if one & 0x80 >> bit]
    return f"bits {', '.join(bits) or 'none'}" + (f" ({content[0]} unused)" if len(content) == 1 else "")


def number_text(element: Element, names: Mapping[int, str]) -> str:
    """An INTEGER or ENUMERATED, with its name where *names* has one."""
    try:
        number = element._replace(tag=der.INTEGER).as_integer()
    except ValueError:
        return f"{octets(element.content)} (not in the fewest octets)"
    if len(element.content) > 32:
        return octets(element.content)
    text = f"{number}" if abs(number) < 1 << 32 else f"{number:#x}"
    return f"{text} ({names[number]})" if number in names else text


def oid_text(element: Element) -> str:
    """An OBJECT IDENTIFIER by its name, or dotted."""
    try:
        dotted = element.as_oid()
    except ValueError:
        return octets(element.content)
    return OID_NAMES.get(dotted, dotted)


def name_text(element: Element) -> str:
    """An RDNSequence in one line; ValueError if it is none."""
    return ", ".join(
        f"{oid_text(attribute.fields(2, 2)[0])}={attribute.children()[1].content.decode()}"
        for rdn in element.expect(der.SEQUENCE).children()
        for attribute in rdn.expect(0x31).children()
    )


def algorithm_text(element: Element) -> str:
    """An AlgorithmIdentifier in one line; ValueError if it is none."""
    oid, *parameters = element.expect(der.SEQUENCE).fields(1, 2)
    parts = [oid_text(oid.expect(der.OID))]
    parts += ["NULL" if one.der == der.NULL else oid_text(one.expect(der.OID)) for one in parameters]
    return ", ".join(parts)
