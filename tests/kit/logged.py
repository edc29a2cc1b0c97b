"""Certificates with SCTs, made by a fault of the tests' own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from mockpki import faults
from mockpki._pkix.keys import spki_der
from mockpki.crlite import CtLog, scts_extension


@dataclass(frozen=True)
class Logged(faults.CertificateContent):
    """The certificate that *signer* issues has the SCTs of *log*, *at* these times, as *bent* leaves them."""

    signer: faults.Signer
    log: CtLog
    at: tuple[datetime, ...]
    bent: Callable[[bytes], bytes] = bytes

    def __call__(self, honest: faults.TBSCertificate) -> faults.TBSCertificate:
        tbs = honest.encode(self.signer)
        scts = [
            self.bent(self.log.sct(tbs, spki_der(self.signer.key.public_key()), time)) for time in self.at
        ]
        return replace(honest, extensions=(*honest.extensions, scts_extension(scts)))


def flip_signature(sct: bytes) -> bytes:
    """The SCT with one bit of its signature turned."""
    return sct[:-1] + bytes((sct[-1] ^ 1,))
