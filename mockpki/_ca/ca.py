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
from .._parameters import OWN_CHECK, check_arguments
from .._pkix.certificate import Pointers, TBSCertificate
from .._pkix.keys import KeyName, PrivateKey, spki_der
from .._pkix.names import Identity
from .._pkix.ocsp_request import Issuer
from .._pkix.reading import load_certificate, read_serial, read_subject
from .._pkix.signing import Signer
from .._pkix.signing import subject as own_name
from .._pkix.status import check_serial
from .._services.editions import find_editions
from .._services.files import CertificateFile
from .._services.ledger import Ledger
from .._services.responder import Responder
from ..publishing._presets import IMMEDIATE
from ..publishing._values import Publishing
from .adopted import OwnCertificate, OwnKey, read_authority, read_child
from .crl_issuer import CrlIssuer, find_publisher, make_crl_issuer
from .csr import Request
from .issuing import (
    MUST_STAPLE,
    CertificateFaults,
    Extensions,
    Urls,
    authority_content,
    bend_certificate,
    check_agreement,
    choose_pointers,
    find_validity,
    make_delegate,
    merge_extensions,
    root_certificate,
)
from .leaf import Leaf, shorten, stem_of
from .options import check_publishing
from .realm import Realm
from .standing import Standing
from .subject import OwnName, choose_key, find_subject, leaf_content, read_authority_name
from .trust import add_trust


class CA(Standing):
    """A certification authority with live services. Made by `PKI` and by `create_child_ca`."""

    def __init__(
        self,
        realm: Realm,
        certificate: bytes,
        key: PrivateKey,
        issuer: CA | None,
        publishes: Publishing = IMMEDIATE,
        key_id: bytes | None = None,
    ) -> None:
        self._realm = realm
        self.issuer = issuer
        """The CA above, None for a root."""
        self.der = certificate
        """The certificate as DER."""
        self.serial_number = read_serial(certificate)
        name = read_subject(certificate)
        self.signer: Signer = replace(
            Signer.named(name, key, issuer.signer if issuer else None, realm.clock),
            certificate=certificate, key_id=key_id,
        )  # fmt: skip
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
        self._mount = realm.serve_all(self.ocsp, *own, self.ca_issuers)
        realm.cas.append(self)
        realm.enrolment.add_issuer(certificate, ledger)

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
        key: OwnKey | None = None,
        client: bool = False,
        csr: Request | None = None,
        serial_number: int | None = None,
        common_name: str | None = None,
        subject: OwnName | None = None,
        ocsp_urls: Urls | None = None,
        crl_urls: Urls | None = None,
        ca_issuers_urls: Urls | None = None,
        extensions: Extensions = (),
        logged: bool | None = None,
        logged_at: datetime | None = None,
        faults: CertificateFaults = (),
    ) -> Leaf:
        """Issue a certificate for *identities*: host names (wildcards, IDNA), IPs, e-mail addresses, URIs.

        *must_staple* adds the TLS feature extension (RFC 7633). It begins 30 days ago and lasts 90
        days unless *not_before* and *not_after* (aware datetimes) say otherwise. *key_type* is a name
        from `KeyType` (the PKI's, if left out). *key* is one of your own, an object, PEM, DER or a path; a
        renewal has ``key=leaf.key``. *common_name* is the last part of its name, *subject* all of it: an
        `x509.Name`, or a text of RFC 4514, such as ``"CN=billing,O=Example"``. *client* makes it a client's.
        *ocsp_urls*, *crl_urls* and *ca_issuers_urls* replace the CA's own, in their order; ``[]`` leaves them
        out. *faults* bend what it says. *logged* gives it SCTs of the PKI's ``ct_log``, or none; left out, as
        the PKI does. Their time is *logged_at*, an aware datetime; left out, now.

        *csr* (an object, PEM or DER) brings a key, its subject (*common_name* replaces the one in it,
        *subject* all of it), the extensions that it asks for, and its names where no *identities* are given.

        *extensions* are added, and replace the CA's and the CSR's of the same OID; but a
        `x509.SubjectAlternativeName` is merged, *identities* first.

        Raises ValueError or TypeError for what no certificate can hold, for a serial number that was
        used before, for an extension that contradicts another argument, and for what a CSR may not ask for.
        """
        realm = self._realm
        self.require_open()
        whom = find_subject(
            identities, extensions, csr=csr, key=key, key_type=key_type, usual_type=realm.options.key_type,
            common_name=common_name, subject=subject,
        )  # fmt: skip
        check_agreement(
            whom.extensions, client=client, must_staple=must_staple,
            ocsp_urls=ocsp_urls, crl_urls=crl_urls, ca_issuers_urls=ca_issuers_urls,
        )  # fmt: skip
        serial = x509.random_serial_number() if serial_number is None else check_serial(serial_number)
        not_before, not_after = find_validity(realm.clock, not_before, not_after)
        pointers = self._choose_pointers(
            serial, not_after, ocsp=ocsp_urls, crl=crl_urls, ca_issuers=ca_issuers_urls
        )
        name = whom.name or own_name(common_name or f"mockpki leaf {realm.tag}-{next(realm.leaf_numbers)}")
        content = leaf_content(
            self.signer, serial, (not_before, not_after), name, whom, pointers,
            client=client, must_staple=must_staple,
        )  # fmt: skip
        return self._sign_leaf(content, faults, whom.key, logged, logged_at)

    @check_arguments
    def certify(
        self,
        ca: CA,
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        faults: CertificateFaults = (),
    ) -> Leaf:
        """One more certificate for the name and key of *ca*, issued by this CA.

        Of another CA it is a cross-certificate; of a root, by itself, a root certificate that points to
        the root's own services. A TLS server can present it as it stands. *not_before*, *not_after* and
        *faults* are those of `create_child_ca`.
        """
        self.require_open()
        find_pointers = partial(self._choose_pointers, is_ca=True)
        validity = (not_before, not_after)
        content = authority_content(self._realm.clock, ca.signer, self.signer, find_pointers, *validity)
        return self._sign_leaf(content, faults, ca.key, logged=False)

    def _sign_leaf(
        self, honest: TBSCertificate, faults: Sequence[CertificateContent], key: PrivateKey | None,
        logged: bool | None, logged_at: datetime | None = None,
    ) -> Leaf:  # fmt: skip
        realm, content = self._realm, bend_certificate(honest, faults)
        content, entry = realm.logging.add_scts(content, self.signer, logged, logged_at)
        der = content.signed_by(self.signer).encode()
        # A fault may have chosen a serial number that none may use; the CA knows it all the same.
        self._ledger.issue(content.serial_number)
        realm.enrolment.add(entry)
        return Leaf(self, der, content.serial_number, key, realm.folder)

    def _choose_pointers(
        self, serial: int, not_after: datetime, *, is_ca: bool = False, **given: Sequence[str] | None
    ) -> Pointers:
        """Where a certificate points: to this CA's own services, but for the kinds that are *given*."""
        self._realm.share_responders(self, given.get("ocsp") or ())
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
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        key_type: KeyName | None = None,
        key: OwnKey | None = None,
        must_staple: bool = False,
        name_of: Annotated[CA | CrlIssuer | None, "the CA or CRL issuer whose name is taken over"] = None,
        subject: OwnName | None = None,
        ocsp_urls: Urls | None = None,
        crl_urls: Urls | None = None,
        ca_issuers_urls: Urls | None = None,
        publishes: Annotated[Publishing | str, OWN_CHECK] = IMMEDIATE,
        faults: CertificateFaults = (),
    ) -> CA:
        """A CA below this one, with a ledger and live services of its own.

        Its certificate begins five years ago and lasts 15 unless *not_before* and *not_after* say otherwise.
        *key* and *subject* are those of `issue_cert`. *must_staple* adds the TLS feature extension, which its
        certificates then MUST have, too (RFC 7633 section 4.2.2). *name_of* is a CA whose name it takes over,
        with a new key: a key roll-over; of a CRL issuer, that signs with a key of its own, and not
        indirectly. *ocsp_urls*, *crl_urls* and *ca_issuers_urls* replace those of this CA in the certificate;
        ``[]`` leaves them out. *publishes* is how it publishes CRLs, a value or a name of
        `mockpki.publishing`, or by a CRL issuer: ``publishing.by(issuer)``. *faults* bend what its
        certificate says.
        """
        self.require_open()
        features = (MUST_STAPLE,) if must_staple else ()
        name = read_authority_name(subject, None if name_of is None else name_of.signer.name)
        find_pointers = partial(
            self._choose_pointers, ocsp=ocsp_urls, crl=crl_urls, ca_issuers=ca_issuers_urls, is_ca=True
        )
        child = make_child_ca(
            self, choose_key(key, key_type, self._realm.options.key_type), features,
            check_publishing(publishes, self._realm.crl_issuers), (not_before, not_after), name,
            find_pointers, faults,
        )  # fmt: skip
        return self._open(child)

    @check_arguments
    def adopt_child_ca(
        self,
        certificate: OwnCertificate,
        key: OwnKey,
        *,
        publishes: Annotated[Publishing | str, OWN_CHECK] = IMMEDIATE,
    ) -> CA:
        """A CA of one's own below this one, which has certified it; with a ledger and live services.

        *certificate* and its *key* are objects, PEM, DER or paths. The certificate stays as it is, and so do
        the URLs in it, wherever they lead. *publishes* is that of `create_child_ca`. Raises ValueError for
        one that is no CA, is for another key, has another issuer, or is there already.

            pki = PKI(root=("root.pem", "root.key"), depth=0)
            ca = pki.root.adopt_child_ca("issuing.pem", "issuing.key")
        """
        self.require_open()
        own = read_child(certificate, key, self.certificate)
        for ca in self._realm.cas:
            if ca.der == own.certificate:
                raise ValueError(f"certificate= is that of {ca!r}, which is in this PKI already; use that")
        way = check_publishing(publishes, self._realm.crl_issuers)
        self._ledger.issue(read_serial(own.certificate))
        return self._open(CA(self._realm, own.certificate, own.key, self, way, own.key_id))

    def _open(self, child: CA) -> CA:
        self._realm.engine.call(start_all, child._mount.listeners)
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
        self.require_open()
        key = choose_key(None, key_type, self._realm.options.key_type)
        publishes = check_publishing(publishes)
        found = make_crl_issuer(self._realm, self, key, self._choose_pointers, publishes, faults)
        self._ledger.issue(found.serial_number)
        self._realm.engine.call(start_all, found.mount.listeners)
        return found


def make_child_ca(
    parent: CA,
    key: PrivateKey,
    extensions: Iterable[x509.ExtensionType] = (),
    publishes: Publishing = IMMEDIATE,
    period: tuple[datetime | None, datetime | None] = (None, None),
    name: bytes | None = None,
    find_pointers: Callable[[int, datetime], Pointers] | None = None,
    faults: CertificateFaults = (),
) -> CA:
    """A CA below *parent*, whose ports are bound; whoever made it starts them."""
    realm = parent._realm
    number = next(realm.ca_numbers)
    own = Signer.named(name or own_name(f"mockpki CA {number} {realm.tag}"), key)
    find_pointers = find_pointers or partial(parent._choose_pointers, is_ca=True)
    honest = authority_content(realm.clock, own, parent.signer, find_pointers, *period)
    honest = replace(honest, extensions=merge_extensions(honest.extensions, extensions))
    content = bend_certificate(honest, faults)
    child = CA(realm, content.signed_by(parent.signer).encode(), own.key, parent, publishes)
    parent._ledger.issue(child.serial_number)
    return child


def make_root(realm: Realm, publishes: Publishing, adopted: Any, *period: datetime | None) -> CA:
    """A new root; or an *adopted* one, in a form that `read_authority` takes, which has its own period."""
    if adopted is None:
        key = realm.options.key_type.generate()
        return CA(realm, root_certificate(realm.clock, realm.tag, key, *period), key, None, publishes)
    if any(period):
        raise ValueError(
            "ca_not_before= and ca_not_after= are for a CA that is made, and root= is there already"
        )
    own = read_authority(adopted)
    return CA(realm, own.certificate, own.key, None, publishes, own.key_id)
