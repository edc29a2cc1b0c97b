"""A CA: its key, its ledger, its services, and the certificates it issues."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._clock import Clock
from .._engine.http import HttpSession
from .._engine.listener import Listener, close_all, start_all
from .._engine.loop import Engine
from .._engine.ports import bind, close_sockets
from .._layers import CertificateContent, bend, check
from .._pkix.certificate import (
    Pointers,
    TBSCertificate,
    authority_extensions,
    check_validity,
    delegate_extensions,
    extension,
    key_hash,
    leaf_extensions,
)
from .._pkix.der import Extension
from .._pkix.keys import KeyType, PrivateKey, PublicKey, key_type_of, spki_der
from .._pkix.names import general_name
from .._pkix.ocsp_request import Issuer
from .._pkix.reading import load_certificate, read_serial
from .._pkix.signing import Signer, subject
from .._pkix.status import Reason, Revocation, check_serial
from .._pkix.times import aware
from .._problems import Problems
from .._services.files import CertificateFile
from .._services.ledger import Ledger
from .._services.publisher import Publisher
from .._services.responder import Responder
from .._services.service import Service
from .folder import Folder
from .leaf import Leaf

BACKDATED = timedelta(days=30)
LIFE = timedelta(days=90)
_MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])
_AUTHORITY_BACKDATED = timedelta(days=5 * 365)
_AUTHORITY_LIFE = timedelta(days=15 * 365)


class Closable(Protocol):
    """A TLS server, as far as closing goes."""

    def close(self) -> None: ...


@dataclass
class Realm:
    """What the authorities of one PKI share."""

    engine: Engine
    host: str
    key_type: KeyType
    delegated: bool
    by_name: bool
    tag: str
    clock: Clock = field(default_factory=Clock)
    problems: Problems = field(default_factory=Problems)
    folder: Folder = field(default_factory=Folder)
    services: list[Service[Any]] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    cas: list[CA] = field(default_factory=list)
    servers: list[Closable] = field(default_factory=list)
    dead: list[socket.socket] = field(default_factory=list)
    issued: int = 0
    closed: bool = False

    def serve(self, service: Service[Any]) -> Listener:
        """Bind a port for *service*. It takes connections from `Listener.start` on."""
        listener = Listener(
            self.engine,
            self.host,
            0,
            lambda outlet: HttpSession(outlet, service.handle, self.problems),
            self.problems,
        )
        self.services.append(service)
        self.listeners.append(listener)
        service.attach(f"http://{self.url_host}:{listener.port}", listener.obey, self.engine.settle)
        return listener

    def close_ports(self) -> None:
        """Drop every client, and give all ports back."""
        close_sockets(self.dead)
        listeners, self.listeners = self.listeners, []
        self.engine.call(close_all, listeners)

    def dead_url(self) -> str:
        """A URL whose port is held and never listened on."""
        if not self.dead:
            self.require_open()
            self.dead = bind(self.host, 0)
        return f"http://{self.url_host}:{self.dead[0].getsockname()[1]}/ocsp"

    @property
    def url_host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    def require_open(self) -> None:
        if self.closed:
            raise ValueError(
                "this PKI is closed; use it inside its `with` block, or inside the test that has the fixture"
            )
        if self.engine.forked:
            raise ValueError("this PKI lives in the process that this one was forked from; make a new one")

    def validity(
        self,
        not_before: datetime | None,
        not_after: datetime | None,
        back: timedelta,
        life: timedelta,
    ) -> tuple[datetime, datetime]:
        """The period of a certificate; what is left out is filled in around now.

        Now is both the PKI's time and the system's: where freezegun or `Clock.shift` part them, a
        client that goes by either one finds the certificate valid, and tests only the answers' times.
        """
        for given in (not_before, not_after):
            if given is not None:
                aware(given)
        clock, system = self.clock.now(), self.clock.system_time()
        begin, end = min(clock, system) - back, max(clock, system) - back + life
        if not_after is None:
            not_after = end if not_before is None or not_before < end else not_before + life
        if not_before is None:
            not_before = begin if begin < not_after else not_after - life
        check_validity(not_before, not_after)
        return not_before, not_after


class CA:
    """A certification authority with live services. Made by `PKI` and by `create_child_ca`."""

    def __init__(self, realm: Realm, certificate: bytes, key: PrivateKey, issuer: CA | None) -> None:
        self._realm = realm
        self.issuer = issuer
        """The CA above, None for a root."""
        self.der = certificate
        """The certificate as DER."""
        loaded = self.certificate
        self.serial_number = read_serial(certificate)
        name = loaded.subject.public_bytes()
        self.signer: Signer = Signer.named(name, key, issuer.signer if issuer else None, realm.clock)
        """What signs its certificates and CRLs."""
        self._ledger = Ledger()
        what, clock, problems = self.common_name, realm.clock, realm.problems
        self.ocsp = Responder(
            f"OCSP responder of {what}", clock, problems, self._ledger,
            Issuer(name, spki_der(key.public_key())), self.signer, lambda: self._ocsp_signer,
        )  # fmt: skip
        """The OCSP responder."""
        self.crl = Publisher(f"CRL publisher of {what}", clock, problems, self._ledger, self.signer)
        """The CRL publisher."""
        self.ca_issuers = CertificateFile(f"caIssuers file of {what}", clock, problems, certificate)
        """The server of this CA's certificate."""
        self._listeners = [realm.serve(service) for service in (self.ocsp, self.crl, self.ca_issuers)]
        realm.cas.append(self)

    def __repr__(self) -> str:
        return f"<CA {self.common_name}>"

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
        return self._realm.folder.write(f"{self.serial_number:x}.ca.crt", self.cert_pem)

    @property
    def chain_ders(self) -> tuple[bytes, ...]:
        """This certificate and those above it, without the root; DER. Empty for a root."""
        return (self.der, *self.issuer.chain_ders) if self.issuer else ()

    def configure_trust(self, context: Any) -> None:
        """Make an `ssl.SSLContext` or an ``OpenSSL.SSL.Context`` trust this CA.

        Raises TypeError for any other context.
        """
        if isinstance(context, ssl.SSLContext):
            context.load_verify_locations(cadata=self.cert_pem.decode("ascii"))
        elif hasattr(context, "get_cert_store"):
            from OpenSSL import crypto

            context.get_cert_store().add_cert(crypto.X509.from_cryptography(self.certificate))
        else:
            raise TypeError(
                f"configure_trust() takes an ssl.SSLContext or an OpenSSL.SSL.Context; got {context!r}"
            )

    @cached_property
    def _ocsp_signer(self) -> Signer:
        if not self._realm.delegated:
            return replace(self.signer, by_name=self._realm.by_name)
        key = key_type_of(self.signer.key).generate()
        signer = Signer.named(
            subject(f"mockpki OCSP delegate {self._realm.tag}"), key, self.signer, self._realm.clock
        )
        not_before, not_after = self._realm.validity(None, None, BACKDATED, LIFE)
        certificate = TBSCertificate(
            x509.random_serial_number(),
            not_before,
            not_after,
            signer.name,
            spki_der(key.public_key()),
            delegate_extensions(self.signer, signer),
        )
        der = certificate.signed_by(self.signer).encode()
        # RFC 9919 section 3.2.2: with a delegate, its certificate MUST be in certs; else none needs to be.
        return replace(signer, by_name=self._realm.by_name, certs=(der,), delegated=True)

    # What it issues.

    def issue_cert(
        self,
        *identities: str,
        must_staple: bool = False,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        key_type: str | None = None,
        client: bool = False,
        csr: x509.CertificateSigningRequest | bytes | None = None,
        serial_number: int | None = None,
        common_name: str | None = None,
        ocsp_urls: Sequence[str] | None = None,
        crl_urls: Sequence[str] | None = None,
        ca_issuers_urls: Sequence[str] | None = None,
        extensions: Iterable[x509.Extension[Any] | x509.ExtensionType] = (),
        faults: Sequence[CertificateContent] = (),
    ) -> Leaf:
        """Issue a certificate for *identities*: host names (wildcards, IDNA), IPs, e-mail addresses.

        *must_staple* adds the TLS feature extension (RFC 7633). It begins 30 days ago and lasts 90
        days unless *not_before* and *not_after* (aware datetimes) say otherwise. *key_type* is a name
        from `KeyType` (the PKI's, if left out); *csr* (an object, PEM or DER) brings a key of its
        own, and identities where none are given. *client* makes it a client's. *ocsp_urls*,
        *crl_urls* and *ca_issuers_urls* replace the CA's own, in their order; ``[]`` leaves them
        out. *extensions* are added, and replace those of the same OID. *faults* bend what it says.

        Raises ValueError or TypeError for what no certificate can hold, or for a serial number
        that was used before.
        """
        self._realm.require_open()
        _not_text(ocsp_urls=ocsp_urls, crl_urls=crl_urls, ca_issuers_urls=ca_issuers_urls)
        names: list[x509.GeneralName] = [general_name(identity) for identity in identities]
        key: PrivateKey | None = None
        if csr is not None:
            request = _load_csr(csr)
            public_key = _signing_key(request)
            names = names or _requested_names(request)
        else:
            key = KeyType.of(key_type or self._realm.key_type).generate()
            public_key = key.public_key()
        if not names and not common_name:
            raise ValueError("a certificate needs an identity: issue_cert('localhost'), or common_name=")
        pointers = self._pointers(ocsp_urls, crl_urls, ca_issuers_urls)
        spki = spki_der(public_key)
        honest = leaf_extensions(
            self.signer,
            key_hash(spki),
            public_key,
            names,
            pointers,
            client=client,
            must_staple=must_staple,
        )
        not_before, not_after = self._realm.validity(not_before, not_after, BACKDATED, LIFE)
        serial = x509.random_serial_number() if serial_number is None else check_serial(serial_number)
        honest_content = TBSCertificate(
            serial,
            not_before,
            not_after,
            subject(common_name or f"mockpki leaf {self._realm.tag}-{self._next()}"),
            spki,
            _merge(honest, extensions),
        )
        content = _bent(honest_content, faults)
        der = content.signed_by(self.signer).encode()
        # A fault may have chosen a serial number that none may use; the CA knows it all the same.
        self._ledger.issue(content.serial_number)
        return Leaf(self, der, content.serial_number, key, self._realm.folder)

    def certify(self, ca: CA, *, faults: Sequence[CertificateContent] = ()) -> Leaf:
        """One more certificate for the name and key of *ca*, issued by this CA.

        Of another CA it is a cross-certificate; of a root, by itself, a root certificate that points to
        the root's own services. A TLS server can present it as it stands. *faults* bend what it says.
        """
        self._realm.require_open()
        if not isinstance(ca, CA):
            raise TypeError(f"certify() takes a CA; got {ca!r}")
        content = _bent(_authority_content(self._realm, ca.signer, self.signer, self._pointers()), faults)
        der = content.signed_by(self.signer).encode()
        self._ledger.issue(content.serial_number)
        return Leaf(self, der, content.serial_number, ca.key, self._realm.folder)

    def _next(self) -> int:
        self._realm.issued += 1
        return self._realm.issued

    def _pointers(
        self,
        ocsp: Sequence[str] | None = None,
        crl: Sequence[str] | None = None,
        ca_issuers: Sequence[str] | None = None,
    ) -> Pointers:
        return Pointers(
            ocsp=(self.ocsp.url,) if ocsp is None else ocsp,
            crl=(self.crl.url,) if crl is None else crl,
            ca_issuers=(self.ca_issuers.url,) if ca_issuers is None else ca_issuers,
        )

    def create_child_ca(
        self,
        *,
        key_type: str | None = None,
        must_staple: bool = False,
        name_of: CA | None = None,
        ocsp_urls: Sequence[str] | None = None,
        crl_urls: Sequence[str] | None = None,
        ca_issuers_urls: Sequence[str] | None = None,
        faults: Sequence[CertificateContent] = (),
    ) -> CA:
        """A CA below this one, with a ledger and live services of its own.

        *must_staple* adds the TLS feature extension, which its certificates then MUST have, too
        (RFC 7633 section 4.2.2). *name_of* is a CA whose name it takes over, with a new key: a key
        roll-over. *ocsp_urls*, *crl_urls* and *ca_issuers_urls* replace those of this CA in the certificate;
        ``[]`` leaves them out. *faults* bend what its certificate says.
        """
        self._realm.require_open()
        if name_of is not None and not isinstance(name_of, CA):
            raise TypeError(f"name_of takes the CA whose name is taken over; got {name_of!r}")
        _not_text(ocsp_urls=ocsp_urls, crl_urls=crl_urls, ca_issuers_urls=ca_issuers_urls)
        features = (_MUST_STAPLE,) if must_staple else ()
        name = None if name_of is None else name_of.signer.name
        child = self._new_child(
            KeyType.of(key_type or self._realm.key_type),
            name,
            features,
            self._pointers(ocsp_urls, crl_urls, ca_issuers_urls),
            faults,
        )
        self._realm.engine.call(start_all, child._listeners)
        return child

    def _new_child(
        self,
        key_type: KeyType,
        name: bytes | None = None,
        extensions: Iterable[x509.ExtensionType] = (),
        pointers: Pointers | None = None,
        faults: Sequence[CertificateContent] = (),
    ) -> CA:
        realm = self._realm
        own = Signer.named(name or subject(f"mockpki CA {len(realm.cas)} {realm.tag}"), key_type.generate())
        honest = _authority_content(realm, own, self.signer, pointers or self._pointers())
        content = _bent(replace(honest, extensions=_merge(honest.extensions, extensions)), faults)
        child = CA(realm, content.signed_by(self.signer).encode(), own.key, self)
        self._ledger.issue(child.serial_number)
        return child

    # What becomes of it.

    def revoke(
        self,
        target: Target | Iterable[Target],
        reason: str | x509.ReasonFlags = "unspecified",
        at: datetime | None = None,
        invalidity_date: datetime | None = None,
    ) -> None:
        """Revoke what this CA has issued: a leaf, a CA, a serial number, or many of them.

        *reason* is one of RFC 5280 section 5.3.1, by name or as `x509.ReasonFlags`; with
        ``certificate_hold`` it can be released again. *at* (left out: now) and *invalidity_date* are
        aware datetimes. Raises ValueError for an unknown reason or another CA's leaf.
        """
        checked = Reason.of(reason)
        if checked is Reason.REMOVE_FROM_CRL:
            raise ValueError(
                "'remove_from_crl' revokes nothing; to take a certificate off hold, use release()"
            )
        time = self._realm.clock.now() if at is None else aware(at)
        date = None if invalidity_date is None else aware(invalidity_date)
        self._ledger.revoke(self._serials(target), Revocation(time, checked, date))

    def release(self, target: Target | Iterable[Target]) -> None:
        """Take a leaf, CA, serial number, or many, off hold. Raises LookupError for one that is not."""
        for serial in self._serials(target):
            self._ledger.release(serial)

    def forget(self, target: Target | Iterable[Target]) -> None:
        """Make a leaf, CA, serial number, or many, ``unknown``. Raises LookupError for one that is."""
        for serial in self._serials(target):
            self._ledger.forget(serial)

    def _serials(self, target: Target | Iterable[Target]) -> list[int]:
        self._realm.require_open()
        return [self._serial(one) for one in each(target)]

    def _serial(self, target: object) -> int:
        if isinstance(target, bool) or not isinstance(target, Leaf | CA | int):
            raise TypeError(f"{target!r} is no leaf, CA or serial number")
        if isinstance(target, int):
            return target
        if target.issuer is not self:
            issuer = target.issuer.common_name if target.issuer else "nobody: it is a root"
            raise ValueError(f"{target!r} was issued by {issuer}, not by {self.common_name}; ask its issuer")
        return target.serial_number


Target = Leaf | CA | int
"""What can be revoked: a leaf, a CA, or a serial number of the issuing CA."""


def each(target: Target | Iterable[Target]) -> Iterable[Target]:
    """One target or many, as many."""
    return target if isinstance(target, Iterable) else (target,)


def root_certificate(realm: Realm, key: PrivateKey) -> bytes:
    """A self-signed certificate for a new root, which points nowhere: nobody is above it."""
    own = Signer.named(subject(f"mockpki root {realm.tag}"), key)
    return _authority_content(realm, own, own, Pointers()).signed_by(own).encode()


def _authority_content(realm: Realm, own: Signer, issuer: Signer, pointers: Pointers) -> TBSCertificate:
    not_before, not_after = realm.validity(None, None, _AUTHORITY_BACKDATED, _AUTHORITY_LIFE)
    return TBSCertificate(
        x509.random_serial_number(),
        not_before,
        not_after,
        own.name,
        spki_der(own.key.public_key()),
        authority_extensions(issuer, own, pointers),
    )


def _bent(content: TBSCertificate, faults: Iterable[CertificateContent]) -> TBSCertificate:
    return bend(CertificateContent, content, check(faults, (CertificateContent,), "a certificate"))


def _not_text(**urls: Sequence[str] | None) -> None:
    for name, value in urls.items():
        if isinstance(value, str | bytes):
            raise TypeError(f"{name} takes a list of URLs; got the text {value!r}")


def _load_csr(csr: x509.CertificateSigningRequest | bytes) -> x509.CertificateSigningRequest:
    if isinstance(csr, x509.CertificateSigningRequest):
        return csr
    if not isinstance(csr, bytes):
        raise TypeError(f"csr takes a CertificateSigningRequest, PEM or DER; got {csr!r}")
    try:
        load: Callable[[bytes], x509.CertificateSigningRequest] = (
            x509.load_pem_x509_csr if csr.startswith(b"-----") else x509.load_der_x509_csr
        )
        return load(csr)
    except ValueError as error:
        raise ValueError(f"csr holds no certificate signing request: {error}") from error


def _signing_key(request: x509.CertificateSigningRequest) -> PublicKey:
    if not request.is_signature_valid:
        raise ValueError("the CSR's signature does not belong to its key, so its key may not be the asker's")
    return request.public_key()  # type: ignore[return-value]


def _requested_names(request: x509.CertificateSigningRequest) -> list[x509.GeneralName]:
    try:
        return list(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []


def _merge(
    honest: tuple[Extension, ...], own: Iterable[x509.Extension[Any] | x509.ExtensionType]
) -> tuple[Extension, ...]:
    """*honest* with the user's extensions in the place of those with the same OID, or behind."""
    merged = {item.oid: item for item in honest}
    for item in own:
        if isinstance(item, x509.Extension):
            added = extension(item.value, item.critical)
        elif isinstance(item, x509.ExtensionType):
            added = extension(item)
        else:
            raise TypeError(f"extensions takes x509.Extension or x509.ExtensionType; got {item!r}")
        merged[added.oid] = added
    return tuple(merged.values())
