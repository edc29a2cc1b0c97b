"""The publisher of a CA's CRL: RFC 5280 section 5."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from typing import get_args

from cryptography import x509

from .._clock import Clock
from .._layers import (
    CRLBytesFault,
    CRLContent,
    CRLFault,
    Encoding,
    Faults,
    Sealing,
    Signs,
    Timing,
    ToBeSigned,
    bend,
    check,
)
from .._pkix.certificate import extension
from .._pkix.crl import TBSCertList, crl_number, encode_entries
from .._pkix.pem import write_pem
from .._pkix.signing import Signer
from .._pkix.window import Window
from .._problems import Problems
from .files import FileService
from .ledger import Ledger


class Publisher(FileService[CRLFault]):
    """The CA's CRL: RFC 5280 v2, complete, renewed at every request."""

    layers = get_args(CRLFault)
    path = "/ca.crl"
    # RFC 5280 section 4.2.1.13: "HTTP server implementations accessed via the URI SHOULD specify the
    # media type application/pkix-crl in the content-type header field of the response."
    content_type = "application/pkix-crl"

    def __init__(self, what: str, clock: Clock, problems: Problems, ledger: Ledger, signer: Signer) -> None:
        super().__init__(what, clock, problems)
        self._ledger, self._signer = ledger, signer
        self._lock = threading.Lock()
        self._number = 0
        self._made_for: tuple[int, datetime] | None = None
        self._honest: bytes | None = None
        self._entries = b""
        self._count = self._rewritten = 0
        # RFC 5280 section 5.2.1: "Conforming CRL issuers MUST use the key identifier method, and MUST
        # include this extension in all CRLs issued."
        self._aki = extension(x509.AuthorityKeyIdentifier(signer.key_hash, None, None))

    def crl(self, *faults: CRLBytesFault) -> bytes:
        """The CRL as DER, made now, without HTTP. Raises TypeError for a fault it cannot have."""
        return self._make_file(check(faults, get_args(CRLBytesFault), "a CRL as bytes"))[1]

    def pem(self, *faults: CRLBytesFault) -> bytes:
        """The same as PEM, which is what ``openssl`` and `ssl.SSLContext` read from a file."""
        return write_pem("X509 CRL", self.crl(*faults))

    def _make_file(self, faults: Faults) -> tuple[Window, bytes]:
        with self._lock:
            now = self._clock.now()
            window = bend(Timing, Window.honest(now), faults)
            self._renew_entries(now)
            if not faults and self._honest is not None:
                return window, self._honest
            content = bend(CRLContent, self._make_content(window), faults)
            # A CRL has no room for certificates, which some forgers bring along.
            signer = replace(bend(Signs, self._signer, faults), certs=())
            signed = bend(Sealing, signer.sign(bend(ToBeSigned, content.encode(signer), faults)), faults)
            body = bend(Encoding, signed.encode(), faults)
            if not faults:
                self._honest = body
            return window, body

    def _renew_entries(self, now: datetime) -> None:
        """Bring the encoded entries up to the ledger, and take a new number if anything is new."""
        version, rewritten, serials, revocations = self._ledger.list_revoked(self._count)
        if rewritten != self._rewritten:
            version, rewritten, serials, revocations = self._ledger.list_revoked()
            self._entries, self._count, self._rewritten = b"", 0, rewritten
        if serials:
            self._entries += encode_entries(serials, revocations)
            self._count += len(serials)
        # RFC 5280 section 5.2.3: "if the this update field (Section 5.1.2.4) in the two CRLs are not
        # identical, the CRL numbers MUST be different". The same list in the same second is the
        # same CRL.
        if self._made_for != (version, now):
            self._made_for = (version, now)
            self._honest = None
            self._number += 1

    def _make_content(self, window: Window) -> TBSCertList:
        # RFC 5280 section 5.1.2.6: "When there are no revoked certificates, the revoked certificates
        # list MUST be absent."
        return TBSCertList(
            window.this_update,
            window.next_update,
            self._entries or None,
            (self._aki, crl_number(self._number)),
        )
