"""The contents of what a CA issues: certificates of leaves, of authorities and of delegates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .._clock import Clock
from .._layers import CertificateContent, bend, check
from .._parameters import OWN_CHECK, show
from .._pkix.certificate import (
    Pointers,
    TBSCertificate,
    authority_extensions,
    check_validity,
    delegate_extensions,
    extension,
    leaf_extensions,
)
from .._pkix.der import Extension
from .._pkix.keys import PrivateKey, PublicKey, key_hash, key_type_of, spki_der
from .._pkix.points import Coverage
from .._pkix.signing import Signer, subject
from .._pkix.times import check_time

BACKDATED = timedelta(days=30)
LIFE = timedelta(days=90)
MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])
_CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
_ANY_USAGE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
AUTHORITY_BACKDATED = timedelta(days=5 * 365)
AUTHORITY_LIFE = timedelta(days=15 * 365)


def find_validity(
    clock: Clock,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    back: timedelta = BACKDATED,
    life: timedelta = LIFE,
) -> tuple[datetime, datetime]:
    """The period of a certificate; what is left out is filled in around now.

    Now is both the PKI's time and the system's: where freezegun or `Clock.shift` part them, a
    client that goes by either one finds the certificate valid, and tests only the answers' times.
    """
    for given in (not_before, not_after):
        if given is not None:
            check_time(given)
    now, system = clock.now(), clock.system_time()
    begin, end = min(now, system) - back, max(now, system) - back + life
    try:
        if not_after is None:
            not_after = end if not_before is None or not_before < end else not_before + life
        if not_before is None:
            not_before = begin if begin < not_after else not_after - life
    except OverflowError:
        raise ValueError(
            f"a certificate of {life.days} days leads out of the calendar from not_before={not_before!r} or "
            f"not_after={not_after!r}; give both"
        ) from None
    check_validity(not_before, not_after)
    return not_before, not_after


def root_certificate(clock: Clock, tag: str, key: PrivateKey) -> bytes:
    """A self-signed certificate for a new root, which points nowhere: nobody is above it."""
    own = Signer.named(subject(f"mockpki root {tag}"), key)
    return authority_content(clock, own, own, lambda serial, end: Pointers()).signed_by(own).encode()


def authority_content(
    clock: Clock, own: Signer, issuer: Signer, find_pointers: Callable[[int, datetime], Pointers]
) -> TBSCertificate:
    """What the certificate of a CA says; *find_pointers* takes its serial number and its end."""
    not_before, not_after = find_validity(clock, back=AUTHORITY_BACKDATED, life=AUTHORITY_LIFE)
    serial = x509.random_serial_number()
    pointers = find_pointers(serial, not_after)
    return TBSCertificate(
        serial,
        not_before,
        not_after,
        own.name,
        spki_der(own.key.public_key()),
        authority_extensions(issuer, own, pointers),
    )


def check_common_name(name: str | None) -> None:
    """Raise ValueError for a *name* that no certificate holds."""
    if name is not None and len(name.encode()) > 64:
        # RFC 5280 appendix A.1: "ub-common-name INTEGER ::= 64".
        raise ValueError(f"common_name= of issue_cert() takes at most 64 octets of UTF-8; got {show(name)}")


def leaf_content(
    issuer: Signer,
    serial: int,
    validity: tuple[datetime, datetime],
    name: bytes,
    public_key: PublicKey,
    names: list[x509.GeneralName],
    own: Iterable[x509.Extension[Any]],
    pointers: Pointers,
    *,
    client: bool,
    must_staple: bool,
) -> TBSCertificate:
    """What the certificate of a leaf says, with *own* extensions of the user's."""
    spki = spki_der(public_key)
    extensions = leaf_extensions(
        issuer, key_hash(spki), public_key, names, pointers, client=client, must_staple=must_staple
    )
    merged = merge_extensions(extensions, merge_names(names, own))
    return TBSCertificate(serial, *validity, name, spki, merged)


def bend_certificate(content: TBSCertificate, faults: Iterable[CertificateContent]) -> TBSCertificate:
    """*content* after all *faults*, if they are a certificate's."""
    return bend(CertificateContent, content, check(faults, (CertificateContent,), "a certificate"))


def choose_pointers(
    points: tuple[Sequence[bytes], Sequence[bytes]],
    crl_issuer: bytes | None,
    *,
    own_ocsp: str | None,
    own_ca_issuers: str,
    ocsp: Sequence[str] | None = None,
    crl: Sequence[str] | None = None,
    ca_issuers: Sequence[str] | None = None,
) -> Pointers:
    """Where a certificate points: to the CA's own services and *points* of CRLs, but for what is given.

    *crl_issuer* is the name, as DER, of whoever signs its CRLs in the CA's place.
    """
    complete, freshest = points if crl is None else ((), ())
    if crl and crl_issuer is not None:
        # Wherever a CRL is, whoever signs it has to be named.
        crl, complete = (), [Coverage(tuple(crl)).point(crl_issuer)]
    return Pointers(
        ocsp=ocsp if ocsp is not None else () if own_ocsp is None else (own_ocsp,),
        crl=crl or (),
        points=complete,
        freshest=freshest,
        ca_issuers=(own_ca_issuers,) if ca_issuers is None else ca_issuers,
    )


CertificateFaults = Annotated[Sequence[CertificateContent], OWN_CHECK]
Urls = Annotated[Sequence[str], "a list of URLs"]
Own = x509.Extension[Any] | x509.ExtensionType
"""An extension of the user's: critical or not as it says, or its value alone, which is not critical."""
Extensions = Annotated[Iterable[Own], "a list of x509.Extension or x509.ExtensionType"]


def list_extensions(given: Iterable[Own]) -> list[x509.Extension[Any]]:
    """What ``extensions=`` was *given*, in one form. Raises TypeError, and ValueError for one given twice."""
    listed: list[x509.Extension[Any]] = []
    for item in given:
        if isinstance(item, x509.Extension):
            own = item
        elif isinstance(item, x509.ExtensionType):
            own = x509.Extension(item.oid, False, item)
        else:
            raise TypeError(f"extensions takes x509.Extension or x509.ExtensionType; got {show(item)}")
        # RFC 5280 section 4.2: "A certificate MUST NOT include more than one instance of a particular
        # extension."
        if any(own.oid == other.oid for other in listed):
            raise ValueError(f"extensions has two of the same OID, {own.oid.dotted_string}; give one of them")
        listed.append(own)
    return listed


def merge_names(names: Sequence[x509.GeneralName], own: Iterable[Own]) -> list[x509.Extension[Any]]:
    """*own* with *names* at the head of its subjectAltName, if it has one, each of them once.

    One that is given as octets (`x509.UnrecognizedExtension`) stays as it is: it may be malformed on purpose.
    """
    merged = []
    for item in list_extensions(own):
        value = item.value
        if isinstance(value, x509.SubjectAlternativeName):
            both = x509.SubjectAlternativeName(dict.fromkeys([*names, *value]))
            item = x509.Extension(item.oid, item.critical, both)
        merged.append(item)
    return merged


def check_agreement(
    own: Iterable[x509.Extension[Any]], *, client: bool, must_staple: bool, **urls: Sequence[str] | None
) -> None:
    """Raise ValueError where an extension would silently undo what was asked for beside it."""
    # ``[]`` leaves ours out, and asks for none that an extension could displace.
    asked = {name for name, value in urls.items() if value}
    for item in own:
        undone = ""
        match item.value:
            case x509.TLSFeature() as features if must_staple:
                if x509.TLSFeatureType.status_request not in features:
                    undone = "must_staple=True"
            case x509.ExtendedKeyUsage() as usages if client:
                if not {_CLIENT_AUTH, _ANY_USAGE} & set(usages):
                    undone = "client=True"
            case x509.AuthorityInformationAccess():
                undone = ", ".join(f"{name}=" for name in ("ocsp_urls", "ca_issuers_urls") if name in asked)
            case x509.CRLDistributionPoints():
                undone = "crl_urls=" if "crl_urls" in asked else ""
        if undone:
            raise ValueError(
                f"the extension {item.oid._name} would take the place of what {undone} asks for; "
                "say it all in the extension, or leave the extension out"
            )


def merge_extensions(honest: tuple[Extension, ...], own: Iterable[Own]) -> tuple[Extension, ...]:
    """*honest* with the user's extensions in the place of those with the same OID, or behind."""
    merged = {item.oid: item for item in honest}
    for item in list_extensions(own):
        added = extension(item.value, item.critical)
        merged[added.oid] = added
    return tuple(merged.values())


def make_delegate(authority: Signer, clock: Clock, tag: str) -> Signer:
    """An OCSP signer that *authority* certifies, with its certificate to be sent along."""
    key = key_type_of(authority.key).generate()
    signer = Signer.named(subject(f"mockpki OCSP delegate {tag}"), key, authority, clock)
    not_before, not_after = find_validity(clock)
    certificate = TBSCertificate(
        x509.random_serial_number(),
        not_before,
        not_after,
        signer.name,
        spki_der(key.public_key()),
        delegate_extensions(authority, signer),
    )
    der = certificate.signed_by(authority).encode()
    # RFC 9919 section 3.2.2: with a delegate, its certificate MUST be in certs; else none needs to be.
    return replace(signer, certs=(der,), delegated=True)
