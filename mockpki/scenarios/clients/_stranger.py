"""The other control: a server whose certificate is by a CA that nobody gave the client to trust.

1. Who accepts it verifies nothing, so that nothing it accepts elsewhere keeps a policy: it is not judged.
2. Nothing is wrong there but the trust: as in `CONTROL`, staple, responder and CRL say good.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace

from ..._pki import PKI
from ..._pkix.keys import key_type_of
from ..._tls.spoken import OWN_HTTP, Spoken
from ._calling import MISTAKES
from ._control import CONTROL, describe_trouble
from ._judging import Outcome
from ._seen import Seen
from ._stage import Stage, Target, staged

STRANGER = replace(
    CONTROL,
    name="stranger",
    sentence="The certificate is by a CA that the client was not given to trust; all say good.",
    crlite=None,
)
"""It stands in no table, as `CONTROL` does not."""

_TRUSTED = {"ca_file", "truststore"}
"""By which a client is told whom to trust."""
_FILES = _TRUSTED | {"cert_file", "chain_file", "issuer_file", "p12_file", "crl_file"}


def chooses_trust(seen: Seen, given: Collection[str]) -> bool:
    """Whether a client that was *seen* so elsewhere, and is *given* these, has to verify a chain.

    Who connects has; and who is told whom to trust. A client of files alone that is told of no anchor takes
    the path for valid, and judges nothing but revocation.
    """
    return bool(seen.handshakes) or bool(_TRUSTED & set(given))


@contextmanager
def staged_by_stranger(home: Stage, spoken: Spoken) -> Iterator[Stage]:
    """`STRANGER`, on in a PKI of its own, with keys of the same type as at *home*, where the client was."""
    with _open_beside(home) as pki, staged(STRANGER, pki, **spoken.arguments) as stage:
        yield stage


def _open_beside(home: Stage) -> PKI:
    """A PKI that trusts nobody at *home*: who came there can come here, and finds the same time."""
    realm = home.leaf.issuer._realm
    network = realm.network
    pki = PKI(
        depth=0, key_type=key_type_of(home.leaf.key), host=realm.host, ago=realm.ago,
        services=network.services, advertise=network.advertise, ports=network.ports or None,
        may_reach=network.may_reach,
    )  # fmt: skip
    if network.tls_ports:
        pki._realm.network.tls_ports = network.tls_ports
        # Of a few ports, one is enough for a client.
        home.server.close()
    pki.clock.set(realm.clock.offset)
    return pki


def lead_astray(home: Stage, stranger: Stage, given: Collection[str] | None) -> Iterator[Target]:
    """Where a client goes that was at *home*: to the *stranger*, with what it trusts at home.

    Of a client that connects, that may be any file that it is given.
    """
    kept = _FILES if home.seen.handshakes else _TRUSTED
    for there in stranger.visits(given):
        own = home.target
        yield replace(there, **{name: getattr(own, name) for name in kept})


def find_misplaced_trust(outcome: Outcome, seen: Seen) -> str:
    """Why a client that did this where the `STRANGER` was cannot be judged; an empty text if it can."""
    if not outcome.accepted:
        return ""
    whom = "a certificate by a CA that it does not trust"
    if seen.handshakes and not seen.completed:
        said = f" (alert {seen.alerts[-1]})" if seen.alerts else ""
        return (
            f"it accepted {whom}, and yet it completed no TLS handshake{said}: its verdict is read wrongly, "
            "or it hides its errors; let it fail where its connection does"
        )
    return (
        f"it accepts {whom}; have it verify the chain, by {{ca_file}} alone: who verifies nothing accepts "
        "what is revoked, too, and has kept no policy by what it accepts"
    )


def visit_all(stage: Stage, targets: Iterator[Target]) -> Generator[Target, Outcome, tuple[Outcome, Seen]]:
    """All visits of a client to a *stage*, each answered with its outcome: the last, and what was seen."""
    outcome = Outcome(None)
    for target in targets:
        outcome = yield target
    return outcome, stage.seen


def visit_stranger(
    home: Stage, given: Collection[str] | None, spoken: Spoken = OWN_HTTP
) -> Generator[Target, Outcome, str]:
    """Why a client that was at *home* cannot be judged, by what it does at the stranger's; empty: it can."""
    with staged_by_stranger(home, spoken) as stage:
        try:
            outcome, seen = yield from visit_all(stage, lead_astray(home, stage, given))
        except MISTAKES:
            # Whatever is wrong with a test that goes on as if it had been accepted, it was not.
            return ""
        trouble = find_misplaced_trust(outcome, seen)
    return describe_trouble(trouble, outcome, seen, where=STRANGER, expected="reject") if trouble else ""
