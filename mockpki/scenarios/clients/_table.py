"""The table: every situation that ships with mockpki.

The axes are what became of the certificate, where a client can learn of it (staple, OCSP, CRL), and how
that source is. In the first three groups the certificate leads to one source alone, so that a verdict can
have come from nowhere else; must-staple, the intermediate, and sources against each other follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ... import faults
from ...relying_party import NAMED
from ._filter_table import FILTERS
from ._list_table import LISTS
from ._offer import Offer, Says
from ._scenario import Scenario

POLICIES = NAMED
"""Those that reports show beside each other. This table tells them apart."""

THREE_DAYS = timedelta(days=3)
"""How far off dates are. Some verifiers allow a day, and at its end one second would decide."""
SLOW = timedelta(milliseconds=300)
"""How long a slow answer takes: less than any client waits."""

GOOD, REVOKED, UNKNOWN = Offer(Says.GOOD), Offer(Says.REVOKED), Offer(Says.UNKNOWN)

_MAY_ABORT = (
    "RFC 6066 section 8: clients MUST check the response and abort the handshake if it is not satisfactory; "
    "many TLS libraries abort by themselves when a staple cannot be decoded"
)
_MAY_KEEP = "RFC 6960 section 2.4: an answer can be relied on until its nextUpdate, so a client may keep it"
_MAY_RESUME = (
    "RFC 8446 section 2.2: where a session is resumed no certificate is sent; section 4.6.1 recommends to "
    "limit its lifetime by the likelihood of intervening revocation, and sets no limit"
)
_MAY_ASK_ONE = "RFC 5280 section 4.2.2.1 does not say which of several responders a client asks, or how many"


def make_unusable(*faults_: Any, **rest: Any) -> Offer:
    """The offer of an answer from which nothing can be learnt, with these faults."""
    return Offer(Says.UNUSABLE, faults_, **rest)


STALE = make_unusable(faults.Stale(by=THREE_DAYS), off_by=THREE_DAYS)
EARLY = make_unusable(faults.Early(by=THREE_DAYS), off_by=THREE_DAYS)
BAD_SIGNATURE = make_unusable(faults.BadSignature())
WRONG_SIGNER = make_unusable(faults.WrongSigner())
REFUSED = make_unusable(faults.Refused())
SILENT = make_unusable(faults.Hang())
_HOUR = timedelta(hours=1)
GOOD_THOUGH_REVOKED = Offer(Says.GOOD, (faults.Good(), faults.Ancient(by=_HOUR)), age=_HOUR)
STALE_THOUGH_REVOKED = make_unusable(faults.Good(), faults.Stale(by=THREE_DAYS), off_by=THREE_DAYS)
"""Answers of before the certificate was revoked: one that is still valid, and one that is not."""

_WRONG_CONTENT: Sequence[tuple[str, str, Offer]] = (
    ("stale", "is good but out of date: nextUpdate was three days ago", STALE),
    ("early", "is good but from another day: thisUpdate is three days ahead", EARLY),
    ("bad-signature", "says good, and one bit of its signature is flipped", BAD_SIGNATURE),
    ("wrong-signer", "says good, and is signed by an authority that nobody knows", WRONG_SIGNER),
)
"""What can be wrong with a staple, an OCSP answer and a CRL alike."""

_WRONG_OCSP_CONTENT: Sequence[tuple[str, str, Offer]] = (
    *_WRONG_CONTENT,
    (
        "wrong-certificate",
        "says good of another certificate: its serial number is the next one",
        make_unusable(faults.WrongSerial()),
    ),
    (
        "no-eku",
        "says good, signed by a delegate of the CA whose certificate is not for that (no OCSPSigning)",
        make_unusable(faults.Delegate(eku=())),
    ),
    ("internal-error", "is the error internalError", make_unusable(faults.InternalError())),
    ("try-later", "is the error tryLater", make_unusable(faults.TryLater())),
    ("unauthorized", "is the error unauthorized", make_unusable(faults.Unauthorized())),
)

_WRONG_SERVICE: Sequence[tuple[str, str, Offer]] = (
    ("garbage", "answers with octets that are no DER", make_unusable(faults.Garbage())),
    ("http-500", "answers with HTTP status 500", make_unusable(faults.HttpStatus(500, b"out of order"))),
    ("http-404", "answers with HTTP status 404", make_unusable(faults.HttpStatus(404, b"not here"))),
    ("empty", "answers with HTTP status 200 and an empty body", make_unusable(faults.EmptyBody())),
    ("refused", "is down: connections are refused", REFUSED),
    ("silent", "takes the question and never answers", SILENT),
    ("reset", "takes the question and resets the connection", make_unusable(faults.Reset())),
    ("half", "sends half of an answer and closes", make_unusable(faults.Half(then="close"))),
    ("slow", f"answers good after {SLOW.total_seconds():g} s", Offer(
        Says.GOOD, (faults.Slow(by=SLOW),), delay=SLOW
    )),
    ("unresolvable", "is on a host that has no address", Offer(Says.UNUSABLE, where="unresolvable")),
)  # fmt: skip
"""What can be wrong with a service."""


def _staple_scenarios() -> list[Scenario]:
    only = "The certificate names no responder and no CRL"
    return [
        Scenario("staple-good", f"{only}; the staple says good.", staple=GOOD),
        Scenario("staple-revoked", f"{only}; the staple says revoked.", REVOKED, status="revoked"),
        Scenario("staple-hold", f"{only}; the staple says revoked, on hold.", REVOKED, status="hold"),
        Scenario("staple-unknown", f"{only}; the staple says unknown.", UNKNOWN, status="unknown"),
        *(
            Scenario(f"staple-{name}", f"{only}; the staple {what}.", offer)
            for name, what, offer in _WRONG_OCSP_CONTENT
        ),
        Scenario(
            "staple-garbage", f"{only}; the staple is octets that are no DER.",
            make_unusable(faults.Garbage(), also=Says.FATAL, why=_MAY_ABORT),
        ),
        Scenario(
            "staple-empty", f"{only}; the staple has no octets, which TLS does not allow.",
            make_unusable(faults.EmptyStaple(), also=Says.FATAL, why=_MAY_ABORT),
        ),
    ]  # fmt: skip


def _ocsp_scenarios() -> list[Scenario]:
    only = "There is no staple and no CRL; the responder"
    return [
        Scenario("ocsp-good", f"{only} says good.", ocsp=GOOD),
        Scenario("ocsp-revoked", f"{only} says revoked.", ocsp=REVOKED, status="revoked"),
        Scenario("ocsp-hold", f"{only} says revoked, on hold.", ocsp=REVOKED, status="hold"),
        Scenario("ocsp-unknown", f"{only} says unknown.", ocsp=UNKNOWN, status="unknown"),
        *(
            Scenario(f"ocsp-{name}", f"{only}'s answer {what}.", ocsp=offer)
            for name, what, offer in _WRONG_OCSP_CONTENT
        ),
        Scenario(
            "ocsp-malformed-request", f"{only}'s answer is the error malformedRequest.",
            ocsp=make_unusable(faults.MalformedRequest()),
        ),
        Scenario(
            "ocsp-sig-required", f"{only}'s answer is the error sigRequired.",
            ocsp=make_unusable(faults.SigRequired()),
        ),
        *(Scenario(f"ocsp-{name}", f"{only} {what}.", ocsp=offer) for name, what, offer in _WRONG_SERVICE),
        Scenario(
            "ocsp-first-url-dead",
            "The certificate names two responders: the first is down, the second says good.",
            ocsp=Offer(Says.GOOD, where="first dead", also=Says.UNUSABLE, why=_MAY_ASK_ONE),
        ),
    ]  # fmt: skip


def _crl_scenarios() -> list[Scenario]:
    only = "There is no staple and no responder; the CRL"
    return [
        Scenario("crl-good", f"{only} does not list the certificate.", crl=GOOD),
        Scenario("crl-revoked", f"{only} lists the certificate.", crl=REVOKED, status="revoked"),
        Scenario("crl-hold", f"{only} lists the certificate as on hold.", crl=REVOKED, status="hold"),
        *(Scenario(f"crl-{name}", f"{only} {what}.", crl=offer) for name, what, offer in _WRONG_CONTENT),
        *(
            Scenario(f"crl-{name}", f"{only}'s server {what}.", crl=offer)
            for name, what, offer in _WRONG_SERVICE
            if name not in ("http-404", "empty", "reset")
        ),
    ]


def _must_staple_scenarios() -> list[Scenario]:
    demands = "The certificate demands a staple (RFC 7633)"
    return [
        Scenario(
            "must-staple-good", f"{demands}, and has a good one.", GOOD, GOOD, must_staple=True
        ),
        Scenario(
            "must-staple-missing", f"{demands} and there is none; the responder says good.",
            ocsp=GOOD, must_staple=True,
        ),
        Scenario(
            "must-staple-missing-ocsp-refused", f"{demands} and there is none; the responder is down, too.",
            ocsp=REFUSED, must_staple=True,
        ),
        Scenario(
            "must-staple-revoked", f"{demands}, which says revoked.",
            REVOKED, REVOKED, status="revoked", must_staple=True,
        ),
        Scenario(
            "must-staple-unknown", f"{demands}, which says unknown; so does the responder.",
            UNKNOWN, UNKNOWN, status="unknown", must_staple=True,
        ),
        Scenario(
            "must-staple-stale", f"{demands}, which was good until three days ago; the responder says good.",
            STALE, GOOD, must_staple=True,
        ),
        Scenario(
            "must-staple-try-later", f"{demands}, which is the error tryLater; the responder says good.",
            make_unusable(faults.TryLater()), GOOD, must_staple=True,
        ),
        Scenario(
            "must-staple-bad-signature",
            f"{demands}, and one bit of the staple's signature is flipped; the responder says good.",
            BAD_SIGNATURE, GOOD, must_staple=True,
        ),
    ]  # fmt: skip


def _intermediate_scenarios() -> list[Scenario]:
    leaf = "The leaf is good, by every source. Of the CA that issued it,"

    def about(name: str, what: str, **rest: Any) -> Scenario:
        return Scenario(f"intermediate-{name}", f"{leaf} {what}.", GOOD, about="intermediate", **rest)

    return [
        about("good", "responder and CRL say good", ocsp=GOOD, crl=GOOD),
        about("ocsp-revoked", "the responder says revoked", ocsp=REVOKED, status="revoked"),
        about("crl-revoked", "the CRL says revoked", crl=REVOKED, status="revoked"),
        about("ocsp-unknown", "the responder says unknown", ocsp=UNKNOWN, status="unknown"),
        about("ocsp-stale", "the responder's answer was good until three days ago", ocsp=STALE),
        about("ocsp-refused", "the responder is down", ocsp=REFUSED),
        about("ocsp-silent", "the responder never answers", ocsp=SILENT),
        about("crl-stale", "the CRL was good until three days ago", crl=STALE),
        about("crl-refused", "the CRL's server is down", crl=REFUSED),
        about("no-crl", "the certificate names neither responder nor CRL"),
        about("ocsp-refused-crl-revoked", "the responder is down and the CRL says revoked",
              ocsp=REFUSED, crl=REVOKED, status="revoked"),
    ]  # fmt: skip


def _combined_scenarios() -> list[Scenario]:
    return [
        Scenario(
            "no-sources", "There is no staple, and the certificate names no responder and no CRL."
        ),
        Scenario(
            "staple-missing", "There is no staple; responder and CRL say good.", ocsp=GOOD, crl=GOOD
        ),
        Scenario(
            "all-revoked", "Staple, responder and CRL say revoked.",
            REVOKED, REVOKED, REVOKED, status="revoked",
        ),
        Scenario(
            "stale-staple-ocsp-good", "The staple was good until three days ago; the responder says good.",
            STALE, GOOD,
        ),
        Scenario(
            "stale-staple-ocsp-refused", "The staple was good until three days ago; the responder is down.",
            STALE, REFUSED,
        ),
        Scenario(
            "stale-staple-ocsp-revoked",
            "The staple was good until three days ago; now the responder says revoked.",
            STALE_THOUGH_REVOKED, REVOKED, status="revoked",
        ),
        Scenario(
            "good-staple-ocsp-refused", "The staple says good, and the responder is down.", GOOD, REFUSED
        ),
        Scenario(
            "good-staple-ocsp-revoked",
            "The staple of an hour ago is valid and says good; now the responder says revoked.",
            GOOD_THOUGH_REVOKED, REVOKED, status="revoked",
        ),
        Scenario(
            "bad-staple-ocsp-good", "The staple's signature is broken; the responder says good.",
            BAD_SIGNATURE, GOOD,
        ),
        Scenario(
            "ocsp-refused-crl-good", "There is no staple, the responder is down, the CRL says good.",
            ocsp=REFUSED, crl=GOOD,
        ),
        Scenario(
            "ocsp-refused-crl-revoked", "There is no staple, the responder is down, the CRL says revoked.",
            ocsp=REFUSED, crl=REVOKED, status="revoked",
        ),
        Scenario(
            "ocsp-silent-crl-revoked", "There is no staple, no word of the responder; the CRL says revoked.",
            ocsp=SILENT, crl=REVOKED, status="revoked",
        ),
        Scenario(
            "ocsp-stale-crl-revoked",
            "There is no staple, the responder's answer was good until three days ago, the CRL says revoked.",
            ocsp=STALE_THOUGH_REVOKED, crl=REVOKED, status="revoked",
        ),
        Scenario(
            "ocsp-unknown-crl-good",
            "There is no staple, the responder has never heard of the certificate, and no CRL lists it.",
            ocsp=UNKNOWN, crl=GOOD, status="unknown",
        ),
        Scenario(
            "all-down", "There is no staple, and both the responder and the CRL's server are down.",
            ocsp=REFUSED, crl=REFUSED,
        ),
        Scenario(
            "ocsp-recovers",
            "The responder was down when the client first came; it is up again, and says good.",
            ocsp=GOOD, earlier=(faults.Refused(),),
        ),
        Scenario(
            "ocsp-revoked-since",
            "The responder said good when the client first came; since then the certificate was revoked.",
            ocsp=Offer(Says.REVOKED, also=Says.GOOD, why=_MAY_KEEP), status="revoked", earlier=(),
        ),
        Scenario(
            "session-revoked-since",
            "The staple said good when the client first came, and it may resume that session; since then the "
            "certificate was revoked, as the staple of a whole handshake says.",
            Offer(Says.REVOKED, also=Says.GOOD, why=_MAY_RESUME), status="revoked", earlier=(),
            resumption=True,
        ),
    ]  # fmt: skip


def _chain_scenarios() -> list[Scenario]:
    return [
        Scenario(
            "intermediate-not-sent",
            "The server sends its own certificate alone, whose caIssuers leads to the CA above it; staple, "
            "responder and CRL say good.",
            GOOD, GOOD, GOOD, chain="leaf alone",
        ),
    ]  # fmt: skip


TABLE: tuple[Scenario, ...] = (
    *_staple_scenarios(),
    *_ocsp_scenarios(),
    *_crl_scenarios(),
    *LISTS,
    *_must_staple_scenarios(),
    *_intermediate_scenarios(),
    *_combined_scenarios(),
    *FILTERS,
    *_chain_scenarios(),
)
"""Every scenario that ships, in the order in which reports show them."""
