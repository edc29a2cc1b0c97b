"""What a client makes of revocation: a value, to be varied with `dataclasses.replace`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta


@dataclass(frozen=True)
class Policy:
    """Where to look, in this order, and what to make of finding nothing.

    A source that gives no usable answer leads to the next. *revoked* always rejects; *good* ends the
    search. Raises TypeError or ValueError for values that make no sense.
    """

    use_staple: bool = True
    """Ask the server for a staple, and believe a usable one."""
    use_ocsp: bool = True
    """Ask the responders that a certificate names."""
    use_crl: bool = True
    """Fetch the CRLs that a certificate names."""
    hard_fail: bool = False
    """Reject a certificate about which no source could tell."""
    unknown_rejects: bool = False
    """The OCSP status *unknown* rejects; if not, it leads to the next source (RFC 6960 section 2.2)."""
    require_staple: bool = False
    """Reject without a usable staple, whatever else there may be."""
    honour_must_staple: bool = False
    """The same for certificates that have the TLS feature extension (RFC 7633)."""
    timeout: timedelta = timedelta(seconds=5)
    """For each fetch, from the connection to the last octet."""
    clock_skew: timedelta = timedelta(minutes=5)
    """How far the clocks of others may be off."""
    max_age: timedelta | None = None
    """How old thisUpdate may be, whatever nextUpdate says; None leaves that to nextUpdate."""

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            kind = timedelta if name in _DURATIONS else bool
            if not isinstance(value, kind) and not (name == "max_age" and value is None):
                raise TypeError(f"{name} of a policy is a {kind.__name__}; got {value!r}")
        for name, least in _DURATIONS.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} of a policy cannot be as short as {value!r}")
        for name in ("require_staple", "honour_must_staple"):
            if getattr(self, name) and not self.use_staple:
                raise ValueError(f"{name} needs use_staple: a server sends no staple to who asks for none")

    @property
    def checks(self) -> bool:
        """Whether there is any source to look at."""
        return self.use_staple or self.use_ocsp or self.use_crl


_DURATIONS = {"timeout": timedelta(milliseconds=1), "clock_skew": timedelta(), "max_age": timedelta()}

NO_CHECK = Policy(use_staple=False, use_ocsp=False, use_crl=False)
"""Looks at nothing."""
SOFT_FAIL = Policy()
"""Rejects only what is said to be revoked."""
HARD_FAIL = Policy(hard_fail=True, unknown_rejects=True)
"""Accepts only what is said to be good."""
STAPLE_REQUIRED = Policy(use_ocsp=False, use_crl=False, require_staple=True, unknown_rejects=True)
"""Asks nobody but the server, and accepts only with a staple that says good."""
MUST_STAPLE = replace(SOFT_FAIL, honour_must_staple=True, unknown_rejects=True)
"""Soft-fail; but for a certificate that asks for a staple, only a staple that says good will do."""

NAMED = {
    "no-check": NO_CHECK,
    "soft-fail": SOFT_FAIL,
    "hard-fail": HARD_FAIL,
    "staple-required": STAPLE_REQUIRED,
    "must-staple": MUST_STAPLE,
}
"""The policies above, by the names people use for them."""
