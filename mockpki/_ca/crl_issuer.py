"""Whoever signs CRLs for CAs, and issues no certificate: RFC 5280 section 5, an indirect CRL's issuer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509

from .._layers import CertificateContent
from .._pkix.certificate import Pointers, TBSCertificate, crl_issuer_extensions
from .._pkix.keys import PrivateKey, spki_der
from .._pkix.signing import Signer, subject
from .._services.authorities import Authority
from .._services.ledger import Ledger
from .._services.publisher import Publisher
from ..publishing._values import Publishing
from .issuing import AUTHORITY_BACKDATED, AUTHORITY_LIFE, bend_certificate, find_validity
from .leaf import Leaf, shorten
from .realm import Realm

if TYPE_CHECKING:
    from .ca import CA


class CrlIssuer(Leaf):
    """A certificate that may sign CRLs and nothing else, with its key and its live publisher.

    Made by `CA.create_crl_issuer`. It can be revoked, like any leaf of the CA that issued it. Clients have to
    know the certificate (`cert_pem`, or sent along by a server): no CRL brings it.
    """

    def __init__(
        self,
        realm: Realm,
        issuer: CA,
        common_name: str,
        content: TBSCertificate,
        own: Signer,
        publishes: Publishing,
    ) -> None:
        der = content.signed_by(issuer.signer).encode()
        super().__init__(issuer, der, content.serial_number, own.key, realm.folder)
        self.common_name = common_name
        """What it is called in its certificate."""
        self.signer: Signer = replace(own, certificate=der)
        """What signs its CRLs."""
        what = f"CRL publisher of {self.common_name}"
        self.crl = Publisher(what, realm.clock, realm.problems, None, self.signer, publishes)
        """The publisher of the CRLs of all CAs that publish by it."""
        self.mount = realm.serve_all(self.crl)
        self._realm = realm
        realm.crl_issuers.append(self)

    def __repr__(self) -> str:
        return f"<CrlIssuer {shorten(self.common_name)}>"

    @property
    def publishes(self) -> Publishing:
        """How it publishes."""
        return self.crl.publishes

    def close(self) -> None:
        """Give its port back, while the rest of its PKI goes on. Closing twice does nothing."""
        if not (self._realm.closed or self.mount.closed):
            self._realm.withdraw(self.mount)


def make_crl_issuer(
    realm: Realm,
    issuer: CA,
    key: PrivateKey,
    find_pointers: Callable[[int, datetime], Pointers],
    publishes: Publishing,
    faults: Sequence[CertificateContent],
) -> CrlIssuer:
    """A CRL issuer that *issuer* certifies, whose port is bound; whoever made it starts that."""
    if publishes.idp == "never":
        # RFC 5280 section 5.2.5: "if the scope of the CRL includes certificates issued by one or more
        # authorities other than the CRL issuer, the indirectCRL boolean MUST be set to TRUE."
        raise ValueError(
            "publishes= of a CRL issuer has idp='never', but an indirect CRL has to say that it is one; give "
            "dataclasses.replace(..., idp='auto')"
        )
    common_name = f"mockpki CRL issuer {len(realm.crl_issuers) + 1} {realm.tag}"
    name = subject(common_name)
    own = Signer.named(name, key, issuer.signer, realm.clock)
    not_before, not_after = find_validity(realm.clock, back=AUTHORITY_BACKDATED, life=AUTHORITY_LIFE)
    serial = x509.random_serial_number()
    content = TBSCertificate(
        serial,
        not_before,
        not_after,
        name,
        spki_der(own.key.public_key()),
        crl_issuer_extensions(issuer.signer, own, find_pointers(serial, not_after)),
    )
    return CrlIssuer(realm, issuer, common_name, bend_certificate(content, faults), own, publishes)


def find_publisher(
    realm: Realm, ca: CA, publishes: Publishing, ledger: Ledger
) -> tuple[Publisher, Authority]:
    """The publisher of *ca*'s CRLs: its own, or that of its CRL issuer; and the CA's place on the lists."""
    issuer = publishes.issuer
    if isinstance(issuer, CrlIssuer):
        return issuer.crl, issuer.crl.enroll(ca, ca.signer.name, ledger)
    what = f"CRL publisher of {ca.common_name}"
    publisher = Publisher(what, realm.clock, realm.problems, ledger, ca.signer, publishes)
    return publisher, publisher.enrolled[0]
