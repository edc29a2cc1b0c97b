"""What honest CRL issuers publish about two certificates with one serial number, and what that means."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from mockpki import PKI
from mockpki.publishing import IMMEDIATE, ByReason, Publishing
from tests.kit.crl_cases import GOOD, REVOKED
from tests.kit.indirect_world import HOURLY, SERIAL, SHARDS, WITH_DELTAS, IndirectWorld


def nobody(world: IndirectWorld) -> None:
    """Neither is revoked."""


def one(world: IndirectWorld) -> None:
    """That of the first CA is."""
    world.pki.revoke(world.one, "superseded")


def both(world: IndirectWorld) -> None:
    """Both are."""
    world.pki.revoke([world.one, world.other], "key_compromise")


def other(world: IndirectWorld) -> None:
    """That of the second CA is, with entries around it."""
    world.first.revoke([SERIAL - 3, SERIAL + 3])
    world.second.revoke([SERIAL - 3, SERIAL, SERIAL + 3])


def hold(world: IndirectWorld) -> None:
    """A delta puts that of the first CA on hold."""
    world.pki.revoke(world.one, "certificate_hold")
    world.issuer.crl.publish(delta=True)


def release(world: IndirectWorld) -> None:
    """One delta puts it on hold, and the next one takes it off, and has that of the second CA."""
    hold(world)
    world.pki.release(world.one)
    world.pki.revoke(world.other, "superseded")
    world.issuer.crl.publish(delta=True)


@dataclass(frozen=True)
class IndirectCase:
    """How a CRL issuer publishes, what happens, and the status of each certificate then; and without deltas,
    where that is another. With *own*, the first CA has the CRL issuer's name."""

    publishes: Publishing | str
    act: Callable[[IndirectWorld], None]
    whole: tuple[str, str]
    without_deltas: tuple[str, str] | None = None
    own: bool = False


INDIRECT_CASES = {
    "nobody": IndirectCase(IMMEDIATE, nobody, (GOOD, GOOD)),
    "one": IndirectCase(IMMEDIATE, one, (REVOKED, GOOD)),
    "other": IndirectCase(IMMEDIATE, other, (GOOD, REVOKED)),
    "both": IndirectCase(IMMEDIATE, both, (REVOKED, REVOKED)),
    "scheduled": IndirectCase(HOURLY, one, (REVOKED, GOOD)),
    "named": IndirectCase(replace(HOURLY, idp="always"), other, (GOOD, REVOKED)),
    "shards": IndirectCase(SHARDS, other, (GOOD, REVOKED)),
    "kinds": IndirectCase(replace(HOURLY, only="kind"), one, (REVOKED, GOOD)),
    "reasons": IndirectCase(replace(HOURLY, shards=ByReason()), both, (REVOKED, REVOKED)),
    "lets-encrypt": IndirectCase("lets-encrypt", one, (REVOKED, GOOD)),
    "own-name": IndirectCase(IMMEDIATE, one, (REVOKED, GOOD), own=True),
    "own-name-other": IndirectCase(HOURLY, other, (GOOD, REVOKED), own=True),
    "held": IndirectCase(WITH_DELTAS, hold, (REVOKED, GOOD), (GOOD, GOOD)),
    "released": IndirectCase(WITH_DELTAS, release, (GOOD, REVOKED), (GOOD, GOOD)),
}


def write_indirect_cases(folder: Path, at: datetime) -> dict[str, tuple[str, str]]:
    """A folder for each certificate; by their names, its status, and that without deltas."""
    found = {}
    ago = datetime.now(timezone.utc) - at + timedelta(minutes=1)
    with PKI(ago=ago) as pki:
        for name, case in INDIRECT_CASES.items():
            world = IndirectWorld(pki, case.publishes, own=case.own)
            case.act(world)
            publisher = world.issuer.crl
            if case.publishes is IMMEDIATE:
                crls = [publisher.pem()]
            else:
                if case.without_deltas is None:
                    publisher.publish()
                crls = [file.pem for file in publisher.files]
            plain = case.without_deltas or case.whole
            for leaf, status, less in zip((world.one, world.other), case.whole, plain, strict=True):
                place = folder / f"{name}-{'one' if leaf is world.one else 'other'}"
                place.mkdir()
                found[place.name] = status, less
                (place / "root.pem").write_bytes(pki.root.cert_pem)
                (place / "ca.pem").write_bytes(leaf.issuer.cert_pem)
                (place / "issuers.pem").write_bytes(leaf.issuer.cert_pem + world.issuer.cert_pem)
                (place / "cert.pem").write_bytes(leaf.cert_pem)
                (place / "crls.pem").write_bytes(b"".join([pki.root.crl.pem(), *crls]))
    return found
