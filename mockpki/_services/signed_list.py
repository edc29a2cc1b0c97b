"""A CRL's contents to octets, with the faults of each step."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from cryptography import x509

from .._layers import CRLContent, Encoding, Faults, Sealing, Signs, ToBeSigned, bend
from .._pkix.certificate import extension
from .._pkix.crl import TBSCertList
from .._pkix.der import Extension
from .._pkix.signing import Signer


def authority_key(signer: Signer) -> Extension:
    """RFC 5280 section 5.2.1: "Conforming CRL issuers MUST use the key identifier method, and MUST include
    this extension in all CRLs issued." """
    return _authority_key(signer.key_identifier)


@lru_cache(maxsize=256)
def _authority_key(key_id: bytes) -> Extension:
    return extension(x509.AuthorityKeyIdentifier(key_id, None, None))


def sign_list(honest: TBSCertList, signer: Signer, faults: Faults) -> bytes:
    """The CRL as DER."""
    content = bend(CRLContent, honest, faults)
    # A CRL has no room for certificates, which some forgers bring along.
    signer = replace(bend(Signs, signer, faults), certs=())
    signed = bend(Sealing, signer.sign(bend(ToBeSigned, content.encode(signer), faults)), faults)
    return bend(Encoding, signed.encode(), faults)
