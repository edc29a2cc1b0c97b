"""What a server staples, seen from outside: one handshake after the other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from cryptography.x509 import ocsp

from ... import relying_party
from ..._awaitables import refuse_async
from ..._clock import Clock, monotonic
from ..._parameters import Pause, Within, check_arguments
from ..._validation.finding import Unusable
from ..._validation.ocsp import read_response
from ...relying_party import Policy, Verdict
from ._worlds import Site

WORDS = {
    "good": "a valid answer that says good",
    "revoked": "a valid answer that says revoked",
    "unknown": "a valid answer that says unknown",
    "try-later": "an error of the responder's: tryLater (RFC 6960 section 2.3)",
    "malformed-request": "an error of the responder's: malformedRequest",
    "internal-error": "an error of the responder's: internalError",
    "sig-required": "an error of the responder's: sigRequired",
    "unauthorized": "an error of the responder's: unauthorized",
    "expired": "an answer whose nextUpdate has passed",
    "too-early": "an answer whose thisUpdate is still to come",
    "bad-signature": "an answer whose signature is not valid",
    "wrong-signer": "an answer by someone who may not give it",
    "wrong-certificate": "an answer about another certificate",
    "unreadable": "octets that are no OCSP response",
    "none": "no staple",
    "failed": "the handshake failed, or there was no connection",
    "timeout": "the handshake was not over when the client's patience was",
}
"""What an `Observation` can say, and what that means. Rarer reasons of the reference client come as they are,
with hyphens."""

ERRORS = ("try-later", "malformed-request", "internal-error", "sig-required", "unauthorized")
"""The words for errors of the responder (RFC 6960 section 2.3)."""


@dataclass(frozen=True)
class Observation:
    """What one handshake brought.

    *time* is aware UTC at the end of the handshake, by the clock that was asked for. *says* is one of
    `WORDS`, *reason* the verdict of the reference client in a sentence, and *usable* whether that client can
    go by the staple: it was there, could be verified, is valid at *time*, and says good, revoked or unknown.
    *took* is how long the connection and its handshake lasted. *waited*: the handshake was over only when
    the server had the answer to a request of its own; None where nobody watched the responder.
    """

    time: datetime
    says: str
    reason: str
    usable: bool = False
    staple: bytes | None = field(default=None, repr=False)
    this_update: datetime | None = None
    next_update: datetime | None = None
    took: timedelta = timedelta()
    waited: bool | None = None

    def __str__(self) -> str:
        until = f", good until {self.next_update:%Y-%m-%d %H:%M:%S}Z" if self.next_update else ""
        return f"{self.time:%H:%M:%S}Z {self.says}{until}: {self.reason}"


@check_arguments
def observe(
    host: str,
    port: Annotated[int, Within(1, 65535)],
    *,
    ca: Annotated[str | os.PathLike[str] | bytes, "the path of a PEM file, or PEM bytes"],
    server_name: str | None = None,
    times: Annotated[int, Within(1)] = 1,
    every: Pause = timedelta(0),
    now: Annotated[
        datetime | Callable[[], datetime] | None, "an aware datetime, or a function that returns one"
    ] = None,
    timeout: Pause = timedelta(seconds=10),
    clock_skew: timedelta = timedelta(0),
) -> list[Observation]:
    """Connect *times* times, a handshake *every* so often, and tell what was stapled each time.

    The handshakes are those of `mockpki.relying_party.check`, with a policy that asks for a staple and
    for nothing else; *ca* and *server_name* are as there. *now* is an aware datetime, or a function that
    returns one, such as ``pki.clock.now``; left out, the system's time. *timeout* is for each handshake.
    By default clocks are taken to agree: an answer has expired in the second after its nextUpdate.

    A handshake that fails, or a port where nobody listens, is an observation, too. Raises ValueError or
    TypeError for arguments that make no sense.
    """
    policy = Policy(sources=("staple",), whole_chain=False, clock_skew=clock_skew)
    clock = _make_clock(now)
    seen = []
    due = monotonic()
    for _ in range(times):
        time.sleep(max(0.0, due - monotonic()))
        due += every.total_seconds()
        began = monotonic()
        try:
            verdict: Verdict | OSError = relying_party.check(
                host, port, ca=ca, server_name=server_name, policy=policy, timeout=timeout, now=clock()
            )
        except OSError as error:
            verdict = error
        # A server may take its time, and staple what is newer than the ClientHello.
        seen.append(_describe_handshake(clock(), verdict, policy, timedelta(seconds=monotonic() - began)))
    return seen


def _make_clock(now: datetime | Callable[[], datetime] | None) -> Callable[[], datetime]:
    if now is None:
        return Clock().now
    if isinstance(now, datetime):
        fixed = now
        return lambda: fixed
    refuse_async(now, "now=", "write it with `def`, and let it return the time without waiting")
    return now


def _describe_handshake(
    at: datetime, verdict: Verdict | OSError, policy: Policy, took: timedelta
) -> Observation:
    if isinstance(verdict, TimeoutError):
        return Observation(at, "timeout", f"{verdict}", took=took)
    if isinstance(verdict, OSError):
        return Observation(at, "failed", f"there was no handshake: {verdict}", took=took)
    if len(verdict.chain) == 1:
        raise ValueError(
            "ca= has the server's own certificate; a staple is judged by its issuer's: give that"
        )
    if not verdict.fetched:
        reason = verdict.reasons[0]
        # OpenSSL reads the staple before anyone else, and ends the handshake when it cannot.
        says = "unreadable" if "bad certificate status response" in reason else "failed"
        return Observation(at, says, reason, took=took)
    if verdict.staple is None:
        return Observation(at, "none", "the server sent no staple", took=took)
    leaf, issuer = verdict.chain[:2]
    try:
        finding = read_response(verdict.staple, leaf, issuer, at, policy.tolerance)
        says, sentence, usable = str(finding.status), finding.sentence, True
    except Unusable as unusable:
        says, sentence, usable = _spell_word(unusable.word), unusable.sentence, False
    return Observation(at, says, sentence, usable, verdict.staple, *_read_times(verdict.staple), took=took)


def _spell_word(outcome: str) -> str:
    """``tryLater`` and ``bad signature`` as ``try-later`` and ``bad-signature``."""
    if outcome == "stale":
        return "expired"
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in outcome).replace(" ", "-")


def _read_times(staple: bytes | None) -> tuple[datetime | None, datetime | None]:
    """thisUpdate and nextUpdate of the first answer in *staple*, as far as it has them."""
    try:
        single = next(iter(ocsp.load_der_ocsp_response(staple or b"").responses))
    except (ValueError, StopIteration):
        return None, None
    return single.this_update_utc, single.next_update_utc


def visit(site: Site, patience: timedelta) -> Observation:
    """What one client sees of the server of *site*, by the clock of its PKI."""
    (seen,) = observe(
        site.host,
        site.port,
        ca=site.pki.ca_file,
        server_name=site.leaf.names[0],
        now=site.pki.clock.now,
        timeout=patience,
    )
    return seen
