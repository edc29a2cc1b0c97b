"""Distribution points: where CRLs are, and what each of them covers (RFC 5280 sections 4.2.1.13, 5.2.5)."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from . import der
from .der import Extension
from .status import Reason

CRL_DISTRIBUTION_POINTS = "2.5.29.31"
FRESHEST_CRL = "2.5.29.46"
ISSUING_DISTRIBUTION_POINT = "2.5.29.28"
DELTA_CRL_INDICATOR = "2.5.29.27"

# RFC 5280 section 4.2.1.13, ReasonFlags. Their numbers are not those of CRLReason.
_FLAGS = (
    None,
    Reason.KEY_COMPROMISE,
    Reason.CA_COMPROMISE,
    Reason.AFFILIATION_CHANGED,
    Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION,
    Reason.CERTIFICATE_HOLD,
    Reason.PRIVILEGE_WITHDRAWN,
    Reason.AA_COMPROMISE,
)


def point_name(urls: tuple[str, ...], relative_name: str) -> bytes:
    """``distributionPoint [0]`` of RFC 5280 section 4.2.1.13: *urls*, or a CN below the issuer's name."""
    if urls and relative_name:
        raise ValueError("a distribution point has URLs or a relative name, and not both")
    if relative_name:
        common_name = der.sequence(der.oid("2.5.4.3"), der.tlv(0x0C, relative_name.encode()))
        return der.explicit(0, der.implicit(1, common_name, constructed=True))
    names = b""
    for url in urls:
        if not url.isascii():
            raise ValueError(f"the URL {url!r} is not ASCII; a distribution point holds an IA5String here")
        names += der.implicit(6, url.encode("ascii"))
    return der.explicit(0, der.implicit(0, names, constructed=True)) if urls else b""


def reason_flags(number: int, reasons: tuple[str, ...], *, unused: bool = False) -> bytes:
    """``[number] ReasonFlags`` of RFC 5280 section 4.2.1.13; nothing for no *reasons*.

    *unused* sets the first bit, whose name that is, too: to some clients all reasons are only covered with
    it."""
    if not reasons:
        return b""
    checked = [Reason.of(reason) for reason in reasons]
    for reason in checked:
        if reason not in _FLAGS:
            raise ValueError(
                f"{reason.name.lower()!r} has no bit among the ReasonFlags (RFC 5280 section 4.2.1.13)"
            )
    return der.implicit(number, named_bits([0] * unused + [_FLAGS.index(reason) for reason in checked]))


def named_bits(positions: Iterable[int]) -> bytes:
    """The content of a BIT STRING whose bits at *positions*, from 0, are set."""
    bits = functools.reduce(lambda bits, position: bits | 0x8000 >> position, positions, 0)
    # X.690 section 11.2.2: a named bit list has no zero bits at its end.
    octets = bits.to_bytes(2, "big").rstrip(b"\0")
    unused = (octets[-1] & -octets[-1]).bit_length() - 1 if octets else 0
    return bytes((unused,)) + octets


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one CRL covers: certificates whose distribution point names one of its *urls*, by kind and
    reason."""

    urls: tuple[str, ...] = ()
    only_user: bool = False
    only_ca: bool = False
    reasons: tuple[str, ...] = ()
    unused: bool = False
    """The first bit of the reasons is set, too."""
    indirect: bool = False

    def point(self, crl_issuer: bytes | None = None) -> bytes:
        """DistributionPoint: how a certificate names that CRL. *crl_issuer* is a Name as DER."""
        issuer = b""
        if crl_issuer is not None:
            issuer = der.implicit(2, der.explicit(4, crl_issuer), constructed=True)
        return der.sequence(
            point_name(self.urls, ""), reason_flags(1, self.reasons, unused=self.unused), issuer
        )

    def extension(self) -> Extension:
        """RFC 5280 section 5.2.5: "Although the extension is critical, conforming implementations are not
        required to support this extension." """
        value = der.sequence(
            point_name(self.urls, ""),
            *(der.implicit(number, b"\xff") for number in (1,) if self.only_user),
            *(der.implicit(number, b"\xff") for number in (2,) if self.only_ca),
            reason_flags(3, self.reasons, unused=self.unused),
            *(der.implicit(number, b"\xff") for number in (4,) if self.indirect),
        )
        return Extension(ISSUING_DISTRIBUTION_POINT, True, value)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing: then there is no such extension, for an empty one is forbidden."""
        return self == Coverage()


def freshest_crl(points: Iterable[bytes]) -> Extension:
    """Where deltas are: RFC 5280 sections 4.2.1.15 and 5.2.6, in certificates and in complete CRLs."""
    return Extension(FRESHEST_CRL, False, der.sequence(*points))


def delta_crl_indicator(base: int) -> Extension:
    """RFC 5280 section 5.2.4: "The delta CRL indicator is a critical CRL extension that identifies a CRL as
    being a delta CRL." """
    return Extension(DELTA_CRL_INDICATOR, True, der.integer(base))
