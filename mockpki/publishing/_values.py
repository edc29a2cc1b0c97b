"""How a CA publishes: a value, to be varied with `dataclasses.replace`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Annotated, Literal, Protocol

from .._parameters import OWN_CHECK, check_fields, show
from ._durations import Duration, check_whole_seconds
from ._schedule import Deltas, Schedule
from ._shards import WHOLE, ByReason, Shards, Whole

Numbers = Literal["count", "ms", "ns"]
Idp = Literal["auto", "never", "always"]
Expires = Literal["next_update", "next_issue"]
OcspWord = Literal["live", "from_crl", "none"]


class CrlIssuer(Protocol):
    """Who signs CRLs of certificates that are not its own, as far as a value has to know it."""

    @property
    def publishes(self) -> Publishing:
        """How it publishes them."""
        ...


@dataclass(frozen=True)
class Publishing:
    """When CRLs and OCSP answers are signed, how the list is divided, and what CRLs and HTTP say of that.

        OWN = replace(publishing.AD_CS, full=Schedule(every=timedelta(hours=1), life=timedelta(hours=2)))

    Raises TypeError or ValueError for values that make no sense.
    """

    full: Schedule
    """When complete CRLs are signed."""
    shards: Shards = WHOLE
    """How the list is divided into files."""
    deltas: Deltas | None = None
    """Delta CRLs, if there are any."""
    idp: Idp = "auto"
    """Whether CRLs have an issuing distribution point: where the list is divided, never, or always."""
    only: Literal["", "user", "kind"] = ""
    """``"user"``: CRLs say that they contain user certificates alone (RFC 5280 section 5.2.5). ``"kind"``:
    user certificates and those of CAs have files of their own, which say so."""
    numbers: Numbers = "count"
    """What CRL numbers are: counted, or the time of signing in milliseconds or nanoseconds since 1970."""
    keep_expired: Duration | None = None
    """How long after its end a certificate stays on the list, but for the one issue that RFC 5280 section 3.3
    demands; None: for ever."""
    http_expires: Expires = "next_update"
    """What the header Expires says: the end of the list, or when there will be a new one."""
    cache_control: str | None = None
    """The header Cache-Control; None: half of the time until nextUpdate."""
    ocsp: Schedule | OcspWord = "live"
    """When OCSP answers are signed: when they are asked for, on a schedule, or with each CRL, whose times and
    contents they then have; ``"none"``: certificates name no responder. A schedule without *every* is signed
    when it is asked for, too, and says for how long."""
    in_certificates: bool = True
    """Whether certificates name their CRL; if not, clients have to be told where it is."""
    next_publish: bool = False
    """Complete CRLs say when the next one will be published (1.3.6.1.4.1.311.21.4)."""
    issuer: Annotated[CrlIssuer | None, OWN_CHECK] = None
    """Who signs the CRLs, where the CA does not: a CRL issuer, whose indirect CRLs they are. See `by`."""

    def __post_init__(self) -> None:
        check_fields(self)
        check_whole_seconds(self, "keep_expired")
        self._check_agreement()
        self._check_issuer()

    def _check_issuer(self) -> None:
        """Raise TypeError or ValueError for an issuer that is none, or publishes otherwise."""
        if self.issuer is None:
            return
        issuers_own = getattr(self.issuer, "publishes", None)
        if not isinstance(issuers_own, Publishing):
            raise TypeError(f"issuer= takes what create_crl_issuer() returns; got {show(self.issuer)}")
        for name in _DEFAULTS.keys() - _OF_THE_CA | {"full"}:
            if getattr(self, name) != getattr(issuers_own, name):
                raise ValueError(
                    f"{name}={show(getattr(self, name))} is not this CA's to say: {self.issuer!r} signs its "
                    "CRLs; give it to create_crl_issuer(publishes=...)"
                )

    def _check_agreement(self) -> None:
        if self.divided and self.idp == "never" and isinstance(self.shards, ByReason):
            # RFC 5280 section 5.2.5: "it indicates whether the CRL covers revocation for end entity
            # certificates only, CA certificates only, attribute certificates only, or a limited set of
            # reason codes".
            raise ValueError("a list that is divided ByReason has to say so: idp= cannot be 'never'")
        if self.only and self.idp == "never":
            raise ValueError(
                f"only={self.only!r} stands in the issuing distribution point: idp= cannot be 'never'"
            )
        if not self.scheduled:
            for name in _SCHEDULED_ONLY:
                if getattr(self, name) != _DEFAULTS[name]:
                    raise ValueError(
                        f"{name}={getattr(self, name)!r} needs CRLs that are signed now and then: give full= "
                        "a schedule with every= or after_revocation="
                    )
            if self.ocsp == "from_crl":
                raise ValueError(
                    "ocsp='from_crl' needs CRLs that are signed now and then: give full= a schedule"
                )

    @property
    def scheduled(self) -> bool:
        """Whether complete CRLs are signed at times of their own, and not at every request."""
        return self.full.every is not None or self.full.after_revocation is not None

    @property
    def divided(self) -> bool:
        """Whether the list is divided into several files."""
        return not isinstance(self.shards, Whole)


_SCHEDULED_ONLY = (
    "shards", "deltas", "idp", "only", "numbers", "keep_expired", "http_expires", "cache_control",
    "next_publish",
)  # fmt: skip
_DEFAULTS = {one.name: one.default for one in fields(Publishing)}
_OF_THE_CA = {"ocsp", "issuer"}
"""What a CA says itself where a CRL issuer signs its CRLs."""


def by(issuer: CrlIssuer) -> Publishing:
    """The way of a CA whose CRLs *issuer* signs, which `CA.create_crl_issuer` made: indirect CRLs.

        issuer = pki.root.create_crl_issuer(publishes="lets-encrypt")
        ca = pki.root.create_child_ca(publishes=publishing.by(issuer))

    Certificates of that CA name *issuer* in their distribution points (RFC 5280 section 4.2.1.13), and all
    CAs that publish so are on the same lists (section 5.2.5). Of what *issuer* publishes by, *ocsp* alone
    is the CA's own, and can be varied with `dataclasses.replace`. Raises TypeError for what is no CRL issuer.
    """
    publishes = getattr(issuer, "publishes", None)
    if not isinstance(publishes, Publishing) or publishes.issuer is not None:
        raise TypeError(f"by() takes what create_crl_issuer() returns; got {show(issuer)}")
    return replace(publishes, issuer=issuer)
