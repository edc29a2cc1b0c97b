"""A server, a client with a policy, and the faults that no catalogue has."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes

from mockpki import PKI, Handshake, Leaf, faults, relying_party
from mockpki._pkix.signing import SignatureAlgorithm
from mockpki.relying_party import HARD_FAIL, Policy, Verdict

BAD_STAPLE = "bad_certificate_status_response"
NOT_OURS = faults.Extension("1.3.6.1.4.1.55555.1", True, b"\x05\x00")
OCSP_ONLY = replace(HARD_FAIL, sources=("staple", "OCSP"))
CRL_ONLY = replace(HARD_FAIL, sources=("staple", "CRL"))
SHORT = timedelta(milliseconds=300)


def check(
    pki: PKI, leaf: Leaf, policy: Policy, staple: Any = None, **options: Any
) -> tuple[Verdict, Handshake]:
    """The verdict on a server that shows *leaf* and *staple*, and the handshake it came from."""
    options = {"server_name": "localhost", "ca": pki.ca_file, **options}
    with pki.tls_server(leaf, staple=staple) as server:
        verdict = relying_party.check(server.host, server.port, policy=policy, **options)
        (handshake,) = server.connections
    # The one rejects by an alert in the handshake, and the other completes it.
    if policy.asks_for_staple:
        assert (handshake.completed, handshake.alert in (None, "close_notify")) == (verdict.accepted,) * 2
    return verdict, handshake


def looked(verdict: Verdict) -> list[tuple[str, str]]:
    """Where the client looked for the leaf's status, and what came of it."""
    return [
        (look.source, look.outcome)
        for look in verdict.fetched
        if look.certificate == verdict.fetched[0].certificate
    ]


@dataclass(frozen=True)
class Drip(faults.Transport):
    """One octet at a time, without an end."""

    def __call__(self, honest: faults.Wire) -> faults.Wire:
        return (faults.Send(b"H"), faults.Wait(0.05)) * 1000


@dataclass(frozen=True)
class Short(faults.HTTP):
    """The body ends before its length."""

    def __call__(self, honest: faults.Answer) -> faults.Answer:
        longer = honest.with_header("Content-Length", str(len(honest.body) + 1))
        return longer.with_header("Connection", "close")


@dataclass(frozen=True)
class Early(faults.Timing):
    """Good from tomorrow on."""

    def __call__(self, honest: faults.Window) -> faults.Window:
        return replace(honest, this_update=honest.now + timedelta(days=1))


@dataclass(frozen=True)
class Endless(faults.Timing):
    """No nextUpdate, and made a while ago."""

    age: timedelta

    def __call__(self, honest: faults.Window) -> faults.Window:
        return replace(honest, this_update=honest.now - self.age, next_update=None)


@dataclass(frozen=True)
class Backwards(faults.Timing):
    """nextUpdate before thisUpdate, and both within any clock's error."""

    def __call__(self, honest: faults.Window) -> faults.Window:
        return replace(honest, next_update=honest.this_update - timedelta(seconds=1))


@dataclass(frozen=True)
class Sha1(faults.Signing):
    """Signed by the right key, with ECDSA and SHA-1 (RFC 3279 section 2.2.3)."""

    def __call__(self, honest: faults.Signer) -> faults.Signer:
        return replace(honest, algorithm=SignatureAlgorithm("1.2.840.10045.4.1", hashes.SHA1()))


@dataclass(frozen=True)
class Critical(faults.OCSPContent):
    """A critical extension that nobody knows."""

    def __call__(self, honest: faults.ResponseData) -> faults.ResponseData:
        return replace(honest, extensions=(NOT_OURS,))


@dataclass(frozen=True)
class CriticalCRL(faults.CRLContent):
    """An extension of the CRL as given."""

    extension: faults.Extension = NOT_OURS

    def __call__(self, honest: faults.TBSCertList) -> faults.TBSCertList:
        return replace(honest, extensions=(*(honest.extensions or ()), self.extension))


ANSWERS: list[tuple[faults.StapleFault, str]] = [
    (faults.Stale(), "stale"),
    (Early(), "too early"),
    (Endless(timedelta(days=1)), "stale"),
    (Backwards(), "absurd times"),
    (Sha1(), "weak signature"),
    (faults.BadSignature(), "bad signature"),
    (faults.Forged(), "bad signature"),
    (faults.WrongSigner(), "wrong signer"),
    (faults.WrongSerial(), "wrong certificate"),
    (Critical(), "unknown extension"),
    (faults.TryLater(), "tryLater"),
    (faults.Unauthorized(), "unauthorized"),
]
"""What can be wrong with an OCSP response, and the client's word for it."""

DELIVERY: list[tuple[faults.FileFault, str]] = [
    (faults.Garbage(), "unreadable"),
    (faults.HttpStatus(503), "HTTP 503"),
    (Short(), "broken off"),
    (faults.Close(), "broken off"),
    (faults.Reset(), "broken off"),
    (faults.Refused(), "refused"),
    (faults.Hang(), "timed out"),
    (Drip(), "timed out"),
]
"""What can go wrong on the way, of OCSP responses and CRLs alike."""
