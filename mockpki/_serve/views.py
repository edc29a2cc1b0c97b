"""A PKI and what is in it, as callers are answered."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._ca.standing import CertificateStatus
from .._pkix.pkcs12 import WRITES_TRUSTSTORES
from .._services.service import Service
from ..publishing._presets import NAMED
from ..publishing._values import Publishing
from . import shapes
from .durations import write_duration
from .hosted import Hosted


def show_pki(hosted: Hosted) -> shapes.Pki:
    """The whole of it, but for what is in its certificates and servers."""
    pki, filters = hosted.pki, hosted.filters
    return shapes.Pki(
        id=hosted.id,
        name=hosted.name,
        ca_file=pki.ca_file,
        ca_pem=pki.root.cert_pem.decode(),
        truststore_file=pki.truststore_file if WRITES_TRUSTSTORES else "",
        cas=[show_ca(hosted, id) for id in hosted.cas],
        clock=show_clock(hosted),
        certificates=list(hosted.certificates),
        tls_servers=list(hosted.servers),
        crlite_url=None if filters is None else filters.url,
    )


def show_clock(hosted: Hosted) -> shapes.Clock:
    """The time it goes by."""
    clock = hosted.pki.clock
    return shapes.Clock(now=clock.now(), offset=write_duration(clock.offset))


def show_ca(hosted: Hosted, id: str) -> shapes.Ca:
    """The CA of that *id*."""
    ca: CA = hosted.cas[id]
    issuer = ca.issuer
    return shapes.Ca(
        id=id,
        name=hosted.cas.name_of(id),
        common_name=ca.common_name,
        issuer=None if issuer is None else hosted.name_ca(issuer),
        serial_number=f"{ca.serial_number:x}",
        certificate=ca.cert_pem.decode(),
        cert_file=ca.cert_file,
        publishes=name_publishing(ca.publishes),
        ocsp_url=ca.ocsp.url,
        crl_url=find_url(ca.crl),
        ca_issuers_url=ca.ca_issuers.url,
        status=None if issuer is None else show_status(issuer.status(ca)),
    )


def name_certificate(hosted: Hosted, leaf: Leaf) -> str:
    """The id of *leaf*; its serial number for one that no call can have."""
    return hosted.certificates.id_of(leaf) or f"{leaf.serial_number:x}"


def find_url(service: Service[Any]) -> str | None:
    """Where *service* is; None for a publisher of several CRLs, of which each certificate names its own."""
    with suppress(ValueError):
        return service.url
    return None


def name_publishing(publishes: Publishing) -> str:
    """The name of a way to publish; of one that has none, its fields."""
    return next((name for name, one in NAMED.items() if one == publishes), repr(publishes))


def show_status(status: CertificateStatus) -> shapes.Status:
    """What its CA knows of a certificate."""
    return shapes.Status(**status._asdict())


def show_certificate(hosted: Hosted, id: str) -> shapes.Certificate:
    """The certificate of that *id*, with its key if that is ours."""
    leaf: Leaf = hosted.certificates[id]
    key = key_file = not_before = not_after = None
    with suppress(LookupError):
        key, key_file = leaf.key_pem.decode(), leaf.key_file
    # A fault may have made it one that cryptography does not read.
    with suppress(ValueError):
        not_before, not_after = leaf.certificate.not_valid_before_utc, leaf.certificate.not_valid_after_utc
    return shapes.Certificate(
        id=id,
        name=hosted.certificates.name_of(id),
        ca=hosted.name_ca(leaf.issuer),
        identities=list(leaf.names),
        serial_number=f"{leaf.serial_number:x}",
        status=show_status(leaf.issuer.status(leaf)),
        certificate=leaf.cert_pem.decode(),
        chain=leaf.chain_pem.decode(),
        private_key=key,
        cert_file=leaf.cert_file,
        chain_file=leaf.chain_file,
        key_file=key_file,
        not_before=not_before,
        not_after=not_after,
    )
