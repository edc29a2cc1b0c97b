"""What a check comes to, and what it was founded on."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509

from .._validation.finding import Status
from ._codes import Code


@dataclass(frozen=True)
class Fetched:
    """One source that was looked at, for one certificate.

    *source* is ``staple``, ``OCSP``, ``CRL`` or ``CRLite``; *url* is None for what is not fetched. *outcome*
    is a status, or in a word or two why the answer was unusable; *sentence* says it in full.
    """

    source: str
    certificate: str
    url: str | None
    outcome: str
    sentence: str

    def __str__(self) -> str:
        where = f" from {self.url}" if self.url else ""
        return f"{self.source} for {self.certificate}{where}: {self.sentence}"


@dataclass(frozen=True)
class Verdict:
    """Whether the client goes on, and why.

    *status* is that of the chain: the worst among its certificates. *chain* is the path that was
    verified, leaf first and trust anchor last; empty if there is none. *staple* is the one that the
    server sent, None for none: OpenSSL hands over one DER value, and drops what may follow it. *code* is how
    the client of the policy tells why it rejects: None where it goes on, or where its documentation has none.
    """

    accepted: bool
    reasons: tuple[str, ...]
    status: Status = Status.UNDETERMINED
    fetched: tuple[Fetched, ...] = ()
    chain: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    staple: bytes | None = field(default=None, repr=False)
    code: Code | None = None

    def __str__(self) -> str:
        reasons = "; ".join((*self.reasons, *([str(self.code)] if self.code else ())))
        lines = [f"{'accepted' if self.accepted else 'rejected'} ({self.status}): {reasons}"]
        return "\n  ".join((*lines, *map(str, self.fetched)))
