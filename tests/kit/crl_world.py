"""A small world of CAs, certificates and CRLs, made with `cryptography`'s builders: as odd as they allow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

NOW = datetime(2025, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
FRESH, STALE, EARLY = (-2 * HOUR, DAY), (-3 * DAY, -2 * DAY), (2 * DAY, 3 * DAY)
"""thisUpdate and nextUpdate, from NOW."""
SERIAL = 0x1001
"""Of the certificate in question."""
Flags = x509.ReasonFlags
KEYS = frozenset([Flags.key_compromise, Flags.ca_compromise, Flags.aa_compromise])
ROUTINE = frozenset(Flags) - KEYS - {Flags.unspecified, Flags.remove_from_crl}
"""The two halves of RFC 5280 section 5.2.5: "on the basis of compromise and routine revocation"."""
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")


def name(common_name: str) -> x509.Name:
    """A distinguished name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def url(path: str) -> x509.GeneralName:
    """A place that nobody visits."""
    return x509.UniformResourceIdentifier(f"http://crl.invalid/{path}")


def directory(common_name: str) -> x509.GeneralName:
    """A name in the directory."""
    return x509.DirectoryName(name(common_name))


def relative(common_name: str) -> x509.RelativeDistinguishedName:
    """A name below another."""
    return x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, common_name)])


@lru_cache
def key(number: str) -> ec.EllipticCurvePrivateKey:
    """One for each *number*, in this run."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Authority:
    """Whoever issues: *of* is its name, *key_of* its key, *by* who has certified it (None: itself)."""

    of: str
    key_of: str
    by: "Authority | None" = None
    crl_sign: bool = True
    is_ca: bool = True
    valid: tuple[timedelta, timedelta] = (-YEAR, YEAR)
    more: tuple[x509.ExtensionType, ...] = ()
    serial: int = 0x2001

    @property
    def certificate(self) -> x509.Certificate:
        """Its own."""
        return _certify(self)


@lru_cache
def _certify(who: Authority) -> x509.Certificate:
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=who.is_ca, path_length=None), True),
        (x509.KeyUsage(**{**usage, "digital_signature": not who.crl_sign and not who.is_ca},
                       key_cert_sign=who.is_ca, crl_sign=who.crl_sign), True),
        (x509.SubjectKeyIdentifier.from_public_key(key(who.key_of).public_key()), False),
        *((value, False) for value in who.more),
    ]  # fmt: skip
    return certify(who.by or who, who.of, key(who.key_of), who.serial, extensions, who.valid)


def certify(
    issuer: Authority,
    subject: str,
    own: ec.EllipticCurvePrivateKey,
    serial: int,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
    valid: tuple[timedelta, timedelta] = (-DAY, YEAR),
) -> x509.Certificate:
    """A certificate of *issuer*'s, with these extensions and whether they are critical."""
    signing = key(issuer.key_of)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer.of))
        .public_key(own.public_key())
        .serial_number(serial)
        .not_valid_before(NOW + valid[0])
        .not_valid_after(NOW + valid[1])
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(signing, hashes.SHA256())


ROOT = Authority("Root", "root")
CA = Authority("CA", "ca", ROOT)
NEW_KEY = Authority("CA", "ca-new", ROOT, serial=0x2002)
OTHER_CA = Authority("Other CA", "other", ROOT, serial=0x2003)
CRL_ISSUER = Authority("CRL Issuer", "crl-issuer", ROOT, is_ca=False, serial=0x2004)
OTHER_ROOT = Authority("Other Root", "other-root")


def point(
    *names: x509.GeneralName,
    below: x509.RelativeDistinguishedName | None = None,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    crl_issuer: str | None = None,
) -> x509.DistributionPoint:
    """A distribution point; without *names* and *below* it has no distributionPoint field."""
    issuers = None if crl_issuer is None else [directory(crl_issuer)]
    return x509.DistributionPoint(list(names) or None, below, reasons, issuers)


A, B = point(url("a")), point(url("b"))


def leaf(
    *points: x509.DistributionPoint,
    freshest: bool = False,
    ca: bool = False,
    more: Sequence[x509.ExtensionType] = (),
) -> x509.Certificate:
    """The certificate in question; *freshest* says that there are delta CRLs, *ca* makes it a CA's."""
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=ca, path_length=None), True),
        *((value, False) for value in more),
    ]
    if points:
        extensions.append((x509.CRLDistributionPoints(points), False))
    if freshest:
        extensions.append((x509.FreshestCRL([point(url("delta"))]), False))
    return certify(CA, "leaf.invalid", key("leaf"), SERIAL, extensions)


def scope(
    *names: x509.GeneralName,
    below: x509.RelativeDistinguishedName | None = None,
    some: frozenset[x509.ReasonFlags] | None = None,
    users: bool = False,
    cas: bool = False,
    attributes: bool = False,
    indirect: bool = False,
) -> x509.IssuingDistributionPoint:
    """An issuing distribution point."""
    return x509.IssuingDistributionPoint(list(names) or None, below, users, cas, some, indirect, attributes)


@dataclass(frozen=True)
class Entry:
    """What is listed: *issuer* is its certificateIssuer, *more* a critical extension."""

    serial: int = SERIAL
    reason: x509.ReasonFlags | None = None
    issuer: str | None = None
    more: x509.ExtensionType | None = None


LISTED = Entry()
HELD, REMOVED = Entry(reason=Flags.certificate_hold), Entry(reason=Flags.remove_from_crl)
ELSE = Entry(0x3001)


def crl(
    *entries: Entry,
    by: Authority = CA,
    number: int | None = 5,
    base: int | None = None,
    idp: x509.IssuingDistributionPoint | None = None,
    freshest: bool = False,
    times: tuple[timedelta, timedelta] = FRESH,
    more: x509.ExtensionType | None = None,
    signed_with: str = "",
) -> bytes:
    """A CRL as DER: a delta CRL if it has a *base*. *more* is critical; *signed_with* is another key."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name(by.of))
        .last_update(NOW + times[0])
        .next_update(NOW + times[1])
    )
    known = key(by.key_of).public_key()
    extensions: list[tuple[Any, bool]] = [(x509.AuthorityKeyIdentifier.from_issuer_public_key(known), False)]
    extensions += [(x509.CRLNumber(number), False)] if number is not None else []
    extensions += [(x509.DeltaCRLIndicator(base), True)] if base is not None else []
    extensions += [(idp, True)] if idp is not None else []
    extensions += [(x509.FreshestCRL([point(url("delta"))]), False)] if freshest else []
    extensions += [(more, True)] if more is not None else []
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    for entry in entries:
        builder = builder.add_revoked_certificate(_list(entry))
    signing = key(signed_with or by.key_of)
    return builder.sign(signing, hashes.SHA256()).public_bytes(Encoding.DER)


def _list(entry: Entry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(NOW - 5 * DAY)
    if entry.reason is not None:
        builder = builder.add_extension(x509.CRLReason(entry.reason), False)
    if entry.issuer is not None:
        builder = builder.add_extension(x509.CertificateIssuer([directory(entry.issuer)]), True)
    if entry.more is not None:
        builder = builder.add_extension(entry.more, True)
    return builder.build()
