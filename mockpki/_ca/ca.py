"""A CA: its key, its ledger, its services, and the certificates it issues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import Annotated, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._clock import Clock
from .._engine.listener import start_all
from .._layers import CertificateContent
from .._parameters import OWN_CHECK, check_arguments, show
from .._pkix.certificate import Pointers, TBSCertificate
from .._pkix.keys import KeyName, KeyType, PrivateKey, spki_der
from .._pkix.names import Identity, general_name
from .._pkix.ocsp_request import Issuer
from .._pkix.reading import load_certificate, read_serial
from .._pkix.signing import Signer, subject
from .._pkix.status import check_serial
from .._services.editions import find_editions
from .._services.files import CertificateFile
from .._services.ledger import Ledger
from .._services.responder import Responder
from ..publishing._presets import IMMEDIATE
from ..publishing._values import Publishing
from .crl_issuer import CrlIssuer, find_publisher, make_crl_issuer
from .csr import Request, merge_csr
from .issuing import (
    MUST_STAPLE,
    CertificateFaults,
    Extensions,
    Urls,
    authority_content,
    bend_certificate,
    check_agreement,
    check_common_name,
    choose_pointers,
    find_validity,
    leaf_content,
    list_extensions,
    make_delegate,
    merge_extensions,
)
from .leaf import Leaf, shorten, stem_of
from .options import check_publishing
from .realm import Realm
from .revocation import list_targets, make_revocation
from .trust import add_trust

ALTERNATIVE_NAMES = x509.SubjectAlternativeName.oid


class CA:
    """A certification authority with live services. Made by `PKI` and by `create_child_ca`."""

    def __init__(
        self,
        realm: Realm,
        certificate: bytes,
        key: PrivateKey,
        issuer: CA | None,
        publishes: Publishing = IMMEDIATE,
    ) -> None:
        self._realm = realm
        self.issuer = issuer
        """The CA above, None for a root."""
        self.der = certificate
        """The certificate as DER."""
        self.serial_number = read_serial(certificate)
        name = self.certificate.subject.public_bytes()
        self.signer: Signer = replace(
            Signer.named(name, key, issuer.signer if issuer else None, realm.clock), certificate=certificate
        )
        """What signs its certificates and CRLs."""
        ledger = self._ledger = Ledger()
        what, clock, problems = self.common_name, realm.clock, realm.problems
        self.publishes = publishes
        """How it publishes what it has revoked."""
        self.crl, self._authority = find_publisher(realm, self, publishes, ledger)
        """The CRL publisher: its own, or that of its CRL issuer."""
        editions = find_editions(publishes, clock, self._authority, self.crl.scheduled)
        self.ocsp = Responder(
            f"OCSP responder of {what}", clock, problems, ledger, Issuer(name, spki_der(key.public_key())),
            self.signer, lambda: self._ocsp_signer, editions,
        )  # fmt: skip
        """The OCSP responder."""
        self.ca_issuers = CertificateFile(f"caIssuers file of {what}", clock, problems, certificate)
        """The server of this CA's certificate."""
        own = () if publishes.issuer else (self.crl,)
        self._listeners = [realm.serve(service) for service in (self.ocsp, *own, self.ca_issuers)]
        realm.cas.append(self)

    def __repr__(self) -> str:
        return f"<CA {shorten(self.common_name)}>"

    # What it is.

    @cached_property
    def certificate(self) -> x509.Certificate:
        """The certificate, as cryptography reads it."""
        return load_certificate(self.der)

    @cached_property
    def common_name(self) -> str:
        """The last part of its name that says something."""
        names = self.certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    @property
    def clock(self) -> Clock:
        """The time that it goes by, as its whole PKI does."""
        return self._realm.clock

    @property
    def key(self) -> PrivateKey:
        """The private key."""
        return self.signer.key

    @property
    def cert_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def cert_file(self) -> str:
        """Path of a file with `cert_pem`."""
        return self._realm.folder.write(f"{stem_of(self.der)}.ca.crt", self.cert_pem)

    @property
    def chain_ders(self) -> tuple[bytes, ...]:
        """This certificate and those above it, without the root; DER. Empty for a root."""
        return (self.der, *self.issuer.chain_ders) if self.issuer else ()

    def configure_trust(self, context: Any) -> None:
        """Make an `ssl.SSLContext` or an ``OpenSSL.SSL.Context`` trust this CA.

        Raises TypeError for any other context.
        """
        add_trust(context, self.certificate)

    @cached_property
    def _ocsp_signer(self) -> Signer:
        realm, signer = self._realm, self.signer
        if realm.options.delegated:
            signer = make_delegate(signer, realm.clock, realm.tag)
        return replace(signer, by_name=realm.options.by_name)

    # What it issues.

    @check_arguments
    def issue_cert(
        self,
        *identities: Identity,
        must_staple: bool = False,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        key_type: KeyName | None = None,
        client: bool = False,
        csr: Request | None = None,
        serial_number: int | None = None,
        common_name: str | None = None,
        ocsp_urls: Urls | None = None,
        crl_urls: Urls | None = None,
        ca_issuers_urls: Urls | None = None,
        extensions: Extensions = (),
        faults: CertificateFaults = (),
    ) -> Leaf:
        """Issue a certificate for *identities*: host names (wildcards, IDNA), IPs, e-mail addresses, URIs.

        *must_staple* adds the TLS feature extension (RFC 7633). It begins 30 days ago and lasts 90
        days unless *not_before* and *not_after* (aware datetimes) say otherwise. *key_type* is a name
        from `KeyType` (the PKI's, if left out). *client* makes it a client's. *ocsp_urls*,
        *crl_urls* and *ca_issuers_urls* replace the CA's own, in their order; ``[]`` leaves them out.
        *faults* bend what it says.

        *csr* (an object, PEM or DER) brings a key, its subject (*common_name* replaces the
        one in it), the extensions that it asks for, and its names where no *identities* are given.

        *extensions* are added, and replace the CA's and the CSR's of the same OID; but a
        `x509.SubjectAlternativeName` is merged, *identities* first.

        Raises ValueError or TypeError for what no certificate can hold, for a serial number that was
        used before, for an extension that contradicts another argument, and for what a CSR may not ask for.
        """
        realm = self._realm
        realm.require_open()
        names: list[x509.GeneralName] = [general_name(identity) for identity in identities]
        check_common_name(common_name)
        own = list_extensions(extensions)
        key: PrivateKey | None = None
        name: bytes | None = None
        if csr is not None:
            if key_type is not None:
                raise ValueError(f"csr= brings a key of its own; leave key_type={key_type!r} out")
            public_key, names, name, own = merge_csr(csr, names, common_name, own)
        else:
            key = self._find_key_type(key_type).generate()
            public_key = key.public_key()
        named = names or name or common_name or any(item.oid == ALTERNATIVE_NAMES for item in own)
        if not named:
            raise ValueError("a certificate needs an identity: issue_cert('localhost'), or common_name=")
        check_agreement(
            own,
            client=client,
            must_staple=must_staple,
            ocsp_urls=ocsp_urls,
            crl_urls=crl_urls,
            ca_issuers_urls=ca_issuers_urls,
        )
        serial = x509.random_serial_number() if serial_number is None else check_serial(serial_number)
        not_before, not_after = find_validity(realm.clock, not_before, not_after)
        pointers = self._choose_pointers(
            serial, not_after, ocsp=ocsp_urls, crl=crl_urls, ca_issuers=ca_issuers_urls
        )
        name = name or subject(common_name or f"mockpki leaf {realm.tag}-{next(realm.leaf_numbers)}")
        content = leaf_content(
            self.signer, serial, (not_before, not_after), name, public_key, names, own, pointers,
            client=client, must_staple=must_staple,
        )  # fmt: skip
        return self._sign_leaf(content, faults, key)

    @check_arguments
    def certify(self, ca: CA, *, faults: CertificateFaults = ()) -> Leaf:
        """One more certificate for the name and key of *ca*, issued by this CA.

        Of another CA it is a cross-certificate; of a root, by itself, a root certificate that points to
        the root's own services. A TLS server can present it as it stands. *faults* bend what it says.
        """
        self._realm.require_open()
        find_pointers = partial(self._choose_pointers, is_ca=True)
        content = authority_content(self._realm.clock, ca.signer, self.signer, find_pointers)
        return self._sign_leaf(content, faults, ca.key)

    def _sign_leaf(
        self, honest: TBSCertificate, faults: Sequence[CertificateContent], key: PrivateKey | None
    ) -> Leaf:
        content = bend_certificate(honest, faults)
        der = content.signed_by(self.signer).encode()
        # A fault may have chosen a serial number that none may use; the CA knows it all the same.
        self._ledger.issue(content.serial_number)
        return Leaf(self, der, content.serial_number, key, self._realm.folder)

    def _find_key_type(self, name: str | None) -> KeyType:
        """The key type called *name*; the PKI's own, if that is left out."""
        return KeyType.of(name or self._realm.options.key_type)

    def _choose_pointers(
        self, serial: int, not_after: datetime, *, is_ca: bool = False, **given: Sequence[str] | None
    ) -> Pointers:
        """Where a certificate points: to this CA's own services, but for the kinds that are *given*."""
        return choose_pointers(
            self.crl.find_points(self._authority, serial, not_after, is_ca),
            self._authority.crl_issuer,
            own_ocsp=None if self.publishes.ocsp == "none" else self.ocsp.url,
            own_ca_issuers=self.ca_issuers.url,
            **given,
        )

    @check_arguments
    def create_child_ca(
        self,
        *,
        key_type: KeyName | None = None,
        must_staple: bool = False,
        name_of: Annotated[CA | CrlIssuer | None, "the CA or CRL issuer whose name is taken over"] = None,
        ocsp_urls: Urls | None = None,
        crl_urls: Urls | None = None,
        ca_issuers_urls: Urls | None = None,
        publishes: Annotated[Publishing | str, OWN_CHECK] = IMMEDIATE,
        faults: CertificateFaults = (),
    ) -> CA:
        """A CA below this one, with a ledger and live services of its own.

        *must_staple* adds the TLS feature extension, which its certificates then MUST have, too
        (RFC 7633 section 4.2.2). *name_of* is a CA whose name it takes over, with a new key: a key
        roll-over; of a CRL issuer, that signs with a key of its own, and not indirectly. *ocsp_urls*,
        *crl_urls* and *ca_issuers_urls* replace those of this CA in the certificate; ``[]`` leaves them out.
        *publishes* is how it publishes CRLs, a value or a name of `mockpki.publishing`, or by a CRL issuer:
        ``publishing.by(issuer)``. *faults* bend what its certificate says.
        """
        self._realm.require_open()
        name = None if name_of is None else name_of.signer.name
        find_pointers = partial(
            self._choose_pointers, ocsp=ocsp_urls, crl=crl_urls, ca_issuers=ca_issuers_urls, is_ca=True
        )
        child = make_child_ca(
            self,
            self._find_key_type(key_type),
            name,
            (MUST_STAPLE,) if must_staple else (),
            find_pointers,
            faults,
            publishes=check_publishing(publishes, self._realm.crl_issuers),
        )
        self._realm.engine.call(start_all, child._listeners)
        return child

    @check_arguments
    def create_crl_issuer(
        self,
        *,
        key_type: KeyName | None = None,
        publishes: Annotated[Publishing | str, OWN_CHECK] = IMMEDIATE,
        faults: CertificateFaults = (),
    ) -> CrlIssuer:
        """Whoever signs CRLs for CAs that do not sign their own: indirect CRLs (RFC 5280 section 5).

            issuer = pki.root.create_crl_issuer(publishes="lets-encrypt")
            ca = pki.root.create_child_ca(publishes=publishing.by(issuer))
            pki.revoke(ca.issue_cert("localhost"))     # is on issuer.crl, which ca.crl is, too

        This CA certifies it. *publishes* is how it publishes, a value or a name of `mockpki.publishing`;
        *faults* bend what its certificate says.
        """
        self._realm.require_open()
        found = make_crl_issuer(
            self._realm, self, self._find_key_type(key_type), self._choose_pointers,
            check_publishing(publishes), faults,
        )  # fmt: skip
        self._ledger.issue(found.serial_number)
        self._realm.engine.call(start_all, [found.listener])
        return found

    # What becomes of it.

    @check_arguments
    def revoke(
        self,
        target: Targets,
        reason: str | x509.ReasonFlags = "unspecified",
        at: datetime | None = None,
        invalidity_date: datetime | None = None,
    ) -> None:
        """Revoke what this CA has issued: a leaf, a CA, a serial number, or many of them.

        *reason* is one of RFC 5280 section 5.3.1, by name or as `x509.ReasonFlags`; with
        ``certificate_hold`` it can be released again. *at* and *invalidity_date* are aware datetimes.
        Answers say so from now on; *at* left out is ten minutes ago, which is how those are dated, too.
        Raises ValueError for an unknown reason or another CA's leaf.
        """
        revocation = make_revocation(self.clock, self.publishes, reason, at, invalidity_date)
        self._ledger.revoke(self._find_serials(target), revocation)

    @check_arguments
    def release(self, target: Targets) -> None:
        """Take a leaf, CA, serial number, or many, off hold. Raises LookupError for one that is not."""
        for serial in self._find_serials(target):
            self._ledger.release(serial)

    @check_arguments
    def forget(self, target: Targets) -> None:
        """Make a leaf, CA, serial number, or many, ``unknown``. Raises LookupError for one that is."""
        for serial in self._find_serials(target):
            self._ledger.forget(serial)

    def _find_serials(self, target: Target | Iterable[Target]) -> list[int]:
        self._realm.require_open()
        return [self._find_serial(one) for one in list_targets(target)]

    def _find_serial(self, target: object) -> int:
        # One of an iterable, which is looked into here alone.
        if isinstance(target, bool) or not isinstance(target, Leaf | CA | int):
            raise TypeError(f"target= takes leaves, CAs and serial numbers; got {show(target)}")
        if isinstance(target, int):
            return target
        if target.issuer is not self:
            issuer = target.issuer.common_name if target.issuer else "nobody: it is a root"
            raise ValueError(f"{target!r} was issued by {issuer}, not by {self.common_name}; ask its issuer")
        return target.serial_number


def make_child_ca(
    parent: CA,
    key_type: KeyType,
    name: bytes | None = None,
    extensions: Iterable[x509.ExtensionType] = (),
    find_pointers: Callable[[int, datetime], Pointers] | None = None,
    faults: CertificateFaults = (),
    publishes: Publishing = IMMEDIATE,
) -> CA:
    """A CA below *parent*, whose ports are bound; whoever made it starts them."""
    realm = parent._realm
    own = Signer.named(name or subject(f"mockpki CA {len(realm.cas)} {realm.tag}"), key_type.generate())
    find_pointers = find_pointers or partial(parent._choose_pointers, is_ca=True)
    honest = authority_content(realm.clock, own, parent.signer, find_pointers)
    honest = replace(honest, extensions=merge_extensions(honest.extensions, extensions))
    content = bend_certificate(honest, faults)
    child = CA(realm, content.signed_by(parent.signer).encode(), own.key, parent, publishes)
    parent._ledger.issue(child.serial_number)
    return child


Target = Leaf | CA | int
"""What can be revoked: a leaf, a CA, or a serial number of the issuing CA."""
Targets = Annotated[Target | Iterable[Target], "a leaf, a CA, a serial number, or a list of them"]
