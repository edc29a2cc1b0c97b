"""What a client makes of revocation: a value, to be varied with `dataclasses.replace`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, get_args

from .._parameters import Pause, check_fields, show
from .._validation.finding import Tolerance

Source = Literal["staple", "OCSP", "CRL", "CRLite"]
SOURCES: tuple[Source, ...] = get_args(Source)
CONFIRMING: frozenset[Source] = frozenset(("staple", "OCSP"))
"""The sources that a filter's *revoked* leads to, where it has to be confirmed."""


@dataclass(frozen=True)
class Policy:
    """Where to look, in which order, and what to make of finding nothing.

    A source that gives no usable answer leads to the next. *revoked* always rejects; *good* ends the
    search. Raises TypeError or ValueError for values that make no sense.
    """

    sources: tuple[Source, ...] = ("staple", "OCSP", "CRL")
    """Where to look, in this order: ``"staple"`` asks the server for one, ``"OCSP"`` the responders that a
    certificate names, ``"CRL"`` fetches the CRLs that it names, ``"CRLite"`` looks for the leaf in filters.
    Empty: nowhere."""
    whole_chain: bool = True
    """Look at the CAs between leaf and root, too, and not at the leaf alone."""
    hard_fail: bool = False
    """Reject a certificate about which no source could tell."""
    sourceless_passes: bool = False
    """Though *hard_fail*, a certificate passes where there is no source: it names none of those above, and
    the server sent no staple."""
    unusable_rejects: bool = False
    """Reject if no source could tell, and one of them gave an answer that cannot be used; though not
    *hard_fail*, which lets pass that there was none. None is what does not come, or comes with another HTTP
    status than 200, and the errors internalError and tryLater (RFC 6960 section 2.3). So JDK documents its
    SOFT_FAIL."""
    sourceless_rejects: bool = False
    """Though not *hard_fail*, reject a certificate where there is no source, as with *sourceless_passes*:
    nothing was out of reach there, so an excuse for what is out of reach is none."""
    unknown_rejects: bool = False
    """The OCSP status *unknown* rejects; if not, it leads to the next source (RFC 6960 section 2.2)."""
    require_staple: bool = False
    """Reject without a usable staple, whatever else there may be."""
    honour_must_staple: bool = False
    """The same for certificates that have the TLS feature extension (RFC 7633)."""
    bad_staple_rejects: bool = False
    """Reject a staple that cannot be used, which RFC 6066 section 8 wants of clients that ask for one; if
    not, it is as good as none. One that is no OCSP response at all ends the handshake even then where
    cryptography has OpenSSL 4.0, since release 47."""
    timeout: Pause = timedelta(seconds=5)
    """For each fetch, from the connection to the last octet."""
    clock_skew: timedelta = timedelta(minutes=5)
    """How far the clocks of others may be off."""
    max_age: timedelta | None = None
    """How old thisUpdate may be, whatever nextUpdate says; None leaves that to nextUpdate."""
    use_deltas: bool = False
    """Complete a CRL with the delta CRL that a freshestCRL extension points to (RFC 5280 section 5.2.4)."""
    extended_crls: bool = False
    """Understand indirect CRLs, CRLs for some reasons only, those that are named by their issuer and by no
    distribution point, and those that a CA has signed with another of its keys (RFC 5280 section 6.3.3)."""

    filter_confirms: bool = False
    """What a filter says is *revoked* only leads to the staple and OCSP behind it in *sources*: their word
    counts, and it rejects where they have none. If not, it rejects at once, and sometimes wrongly: a filter
    takes some certificates that it does not know for revoked."""
    filter_max_age: timedelta = timedelta(days=10)
    """How old the newest filter may be. Ten days are what Firefox puts up with."""

    def __post_init__(self) -> None:
        self._check_sources()
        check_fields(self)
        for name, least in _DURATIONS.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} of a policy cannot be as short as {value!r}")
        for name in ("require_staple", "honour_must_staple", "bad_staple_rejects"):
            if getattr(self, name) and self.sources[:1] != ("staple",):
                raise ValueError(
                    f"{name} needs 'staple' first in sources: a server sends no staple to who asks for none, "
                    "and nothing else may be believed before"
                )

        if self.filter_confirms and not self._is_confirmed:
            raise ValueError(
                "filter_confirms needs 'CRLite' in sources, and 'staple' or 'OCSP' behind it, which confirm "
                f"what it says; got {self.sources!r}"
            )

    @property
    def _is_confirmed(self) -> bool:
        """Whether there is a source behind filters that can contradict them."""
        behind = self.sources[self.sources.index("CRLite") :] if "CRLite" in self.sources else ()
        return bool(set(behind) & CONFIRMING)

    def _check_sources(self) -> None:
        sources: object = self.sources
        if not isinstance(sources, tuple):
            raise TypeError(
                f"sources of a policy is a tuple, such as ('staple', 'OCSP'); got {show(sources)}"
            )
        for source in sources:
            if source not in SOURCES:
                raise ValueError(
                    f"{show(source)} in sources= is no source of a policy; there are {', '.join(SOURCES)}"
                )
        if len(set(sources)) < len(sources):
            raise ValueError(f"each source stands once in a policy's sources; got {sources!r}")

    @property
    def asks_for_staple(self) -> bool:
        """Whether the server is asked for a staple."""
        return "staple" in self.sources

    @property
    def tolerance(self) -> Tolerance:
        """What the times of an answer are held against."""
        return Tolerance(self.clock_skew, self.max_age)


_DURATIONS = {
    "timeout": timedelta(milliseconds=1),
    "clock_skew": timedelta(),
    "max_age": timedelta(),
    "filter_max_age": timedelta(),
}

NO_CHECK = Policy(sources=())
"""Looks at nothing."""
SOFT_FAIL = Policy()
"""Rejects only what is said to be revoked."""
HARD_FAIL = Policy(hard_fail=True, sourceless_passes=True, unknown_rejects=True)
"""Accepts only what is said to be good, and where there is nobody who could say it."""
STAPLE_REQUIRED = Policy(sources=("staple",), require_staple=True, unknown_rejects=True)
"""Asks nobody but the server, and accepts only with a staple that says good."""
MUST_STAPLE = replace(SOFT_FAIL, honour_must_staple=True, unknown_rejects=True)
"""Soft-fail; but for a certificate that asks for a staple, only a staple that says good will do."""
RFC5280 = replace(HARD_FAIL, use_deltas=True, extended_crls=True)
"""Hard-fail that reads every CRL which RFC 5280 section 6.3.3 does."""

NAMED = {
    "no-check": NO_CHECK,
    "soft-fail": SOFT_FAIL,
    "hard-fail": HARD_FAIL,
    "staple-required": STAPLE_REQUIRED,
    "must-staple": MUST_STAPLE,
    "rfc5280": RFC5280,
}
"""The policies above, by the names people use for them."""
