"""How a CA publishes: a value, to be varied with `dataclasses.replace`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from .._parameters import check_fields
from ._durations import Duration, check_whole_seconds
from ._schedule import Deltas, Schedule
from ._shards import WHOLE, ByReason, Shards, Whole

Numbers = Literal["count", "ms", "ns"]
Idp = Literal["auto", "never", "always"]
Expires = Literal["next_update", "next_issue"]
OcspWord = Literal["live", "from_crl", "none"]


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

    def __post_init__(self) -> None:
        check_fields(self)
        check_whole_seconds(self, "keep_expired")
        self._check_agreement()

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
