"""What each way to publish has published at one moment, with a certificate for every file."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mockpki import PKI, Leaf
from mockpki.publishing import NAMED, ByExpiry, BySerial, Filling, Publishing, Whole

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Subject:
    """A certificate with its chain, the CRLs that a client has, and what it has to find."""

    name: str
    chain: tuple[bytes, ...]
    """Its own first, the root's last."""
    crls: tuple[bytes, ...]
    revoked: bool


@dataclass
class Published:
    """All files, and a subject for each: half of them are revoked."""

    name: str
    value: Publishing
    at: datetime
    files: list[bytes]
    subjects: list[Subject] = field(default_factory=list)


def publish(name: str) -> Published:
    """Revoke every second certificate, and publish; with deltas, some more is revoked, and one released.

    Certificates name their CRL, where the preset does not have it: a client has to come to it somehow.
    """
    value = NAMED[name]
    with PKI(publishes=replace(value, in_certificates=True), ago=20 * DAY) as pki, pki.clock.stop():
        leaves = issue_for_each_file(pki, value)
        pki.revoke(leaves[1::2], "superseded")
        expected = {leaf: place % 2 == 1 for place, leaf in enumerate(leaves)}
        if value.deltas is not None:
            held, kept = (pki.issue_cert("localhost") for _ in range(2))
            pki.revoke([held, kept], "certificate_hold")
        if value.scheduled:
            pki.crl.publish()
        pki.clock.shift(HOUR)
        if value.deltas is not None:
            stolen = pki.issue_cert("localhost")
            pki.revoke(stolen, "key_compromise")
            pki.release(held)
            pki.crl.publish(delta=True)
            expected |= {held: False, kept: True, stolen: True}
        files = [file.der for file in pki.crl.files] if value.scheduled else [pki.crl.crl()]
        found = Published(name, value, pki.clock.now(), files)
        for leaf, revoked in expected.items():
            _add(found, pki, leaf, revoked)
        if value.shards.aggregate:
            # A client may have been given the complete list, which no certificate names.
            aggregates = [pki.crl.crl(of="/ca.crl")]
            if value.deltas is not None:
                aggregates.append(pki.crl.crl(of="/ca-delta.crl"))
            for leaf, revoked in expected.items():
                _add(found, pki, leaf, revoked, *aggregates)
    return found


def _add(found: Published, pki: PKI, leaf: Leaf, revoked: bool, *crls: bytes) -> None:
    """A subject, with the *crls* that it has; without, with those that it names."""
    if not crls and found.value.scheduled:
        crls = (pki.crl.file_for(leaf).der,)
        if found.value.deltas is not None:
            crls += (pki.crl.file_for(leaf, delta=True).der,)
    own = crls or (pki.crl.crl(),)
    chain = (leaf.der, pki.ca.der, pki.root.der)
    name = f"{found.name}-{len(found.subjects)}"
    found.subjects.append(Subject(name, chain, (*own, pki.root.crl.crl()), revoked))


def issue_for_each_file(pki: PKI, value: Publishing) -> list[Leaf]:
    """At least two certificates, and one for each shard; of those that fill by thousands, for the first."""
    match value.shards:
        case Whole() | Filling():
            return [pki.issue_cert("localhost") for _ in range(2)]
        case BySerial(count):
            return [pki.issue_cert("localhost", serial_number=10_000 * count + at) for at in range(count)]
        case ByExpiry(width, count):
            end = pki.clock.now() + 30 * DAY
            return [pki.issue_cert("localhost", not_after=end + at * width) for at in range(count)]
    leaves: list[Leaf] = []
    paths: set[str] = set()
    while len(paths) < len(value.shards.list_shards(0)):
        leaf = pki.issue_cert("localhost")
        path = pki.crl.file_for(leaf).path
        if path not in paths:
            paths.add(path)
            leaves.append(leaf)
    return leaves
