"""What a leaf says of itself, the question about it, and what an answer says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509 import ocsp

from .._ca.leaf import Leaf
from .._engine.fetch import NoAnswer
from .._validation import pointers
from .._validation.finding import Tolerance, Unusable, check_window, reading
from .._validation.ocsp import read_response, write_request
from ._policy import StaplePolicy, Word

_WORDS: dict[ocsp.OCSPCertStatus, Word] = {
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
    ocsp.OCSPCertStatus.GOOD: "good",
}
"""The worst first: an answer that contradicts itself is taken at its worst."""
_TOLERANCE = Tolerance(clock_skew=timedelta(minutes=5))


class Unfit(Exception):  # noqa: N818 - it is a finding, raised where it is found
    """An OCSP response that cannot be used. It says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Usable:
    """An OCSP response that can be used, and what it says. Times are aware UTC."""

    der: bytes
    status: Word
    this_update: datetime
    next_update: datetime | None


def label(leaf: Leaf) -> str:
    """What to call a leaf in a sentence."""
    return leaf.names[0] if leaf.names else f"serial {leaf.serial_number:#x}"


def pointers_of(leaf: Leaf, *, every_url: bool) -> tuple[tuple[str, ...], bool]:
    """The responders that are asked about *leaf*, and whether it asks for a staple.

    A leaf that nobody can read names no responder, and asks for nothing.
    """
    try:
        with reading():
            urls = pointers.responders(leaf.certificate)
            must = pointers.must_staple(leaf.certificate)
    except Unusable:
        return (), False
    return tuple(url for url in (urls if every_url else urls[:1]) if can_ask(url)), must


def can_ask(url: str) -> bool:
    """Whether *url* is one of http, with a host in it."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def question(leaf: Leaf, nonce: bytes | None) -> bytes:
    """The OCSPRequest about *leaf*, as DER."""
    return write_request(leaf.certificate, leaf.issuer.certificate, nonce)


def read_answer(
    der: bytes, leaf: Leaf, now: datetime, policy: StaplePolicy, nonce: bytes | None = None
) -> Usable:
    """What *der* says about *leaf*. Raises `Unfit` where *policy* does not let it be used, and `NoAnswer`
    for what is no OCSPResponse.
    """
    try:
        with reading():
            response = ocsp.load_der_ocsp_response(der)
    except Unusable as unusable:
        raise NoAnswer(f"what came is no OCSP response: {unusable.__cause__}") from unusable
    try:
        with reading(Unfit):
            if policy.verify or response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                read_response(der, leaf.certificate, leaf.issuer.certificate, now, _TOLERANCE)
            single = _about(response, leaf)
            this_update, next_update = single.this_update_utc, single.next_update_utc
            if policy.check_times:
                check_window(this_update, next_update, now, _TOLERANCE)
            _check_nonce(response, nonce)
            status = _WORDS[single.certificate_status]
    except Unusable as unusable:
        raise Unfit(unusable.sentence) from unusable
    if next_update is None and policy.assumed_life == timedelta():
        raise Unfit("it has no nextUpdate")
    return Usable(der, status, this_update, next_update)


def _about(response: ocsp.OCSPResponse, leaf: Leaf) -> ocsp.OCSPSingleResponse:
    """The part that is about *leaf*; of several, the worst."""
    about = [single for single in response.responses if single.serial_number == leaf.serial_number]
    if not about:
        raise Unfit("it says nothing about this certificate")
    return min(about, key=lambda single: list(_WORDS).index(single.certificate_status))


def _check_nonce(response: ocsp.OCSPResponse, nonce: bytes | None) -> None:
    # RFC 9654 section 2.1 leaves it to the responder whether it answers with the nonce at all.
    if nonce is None:
        return
    try:
        returned = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return
    if returned != nonce:
        raise Unfit("its nonce is not the one that was sent")
