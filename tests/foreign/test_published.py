"""What CAs publish on a schedule, read by OpenSSL: shards, scopes and deltas, fetched and from files."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mockpki import PKI, CrlIssuer, Leaf, publishing
from tests.kit.indirect_world import IndirectWorld
from tests.kit.programs import need, run

NAMED = publishing.NAMED
SCHEDULED = [name for name, value in NAMED.items() if value.scheduled and value.in_certificates]
UNNAMED = [name for name, value in NAMED.items() if not value.in_certificates]
DAY = timedelta(days=1)


def verify(pki: PKI, leaf: Leaf, folder: Path) -> str:
    """What ``openssl verify`` says of *leaf* at the PKI's time: "OK", or its error."""
    ca = leaf.issuer
    value = ca.publishes
    crls = folder / "crls.pem"
    crls.write_bytes(pki.root.crl.pem() + b"".join(file.pem for file in ca.crl.files))
    issuers = folder / "issuers.pem"
    issuers.write_bytes(ca.cert_pem + (value.issuer.cert_pem if isinstance(value.issuer, CrlIssuer) else b""))
    result = run(
        need("openssl"), "verify", "-no-CAfile", "-no-CApath", "-CAfile", pki.ca_file,
        "-untrusted", issuers,
        "-attime", int(pki.clock.now().timestamp()), "-crl_check", "-extended_crl", "-use_deltas",
        # Where certificates name no CRL, a client has to be given it.
        *(["-crl_download"] if value.in_certificates else ["-CRLfile", crls]), leaf.cert_file,
    )  # fmt: skip
    if result.returncode == 0:
        return "OK"
    return result.stderr.partition("lookup: ")[2].partition("\n")[0]


@pytest.mark.parametrize("name", SCHEDULED)
def test_every_way_to_publish(name: str, tmp_path: Path) -> None:
    """A revocation is not seen before the next issue, and then it is; another certificate stays good all the
    while."""
    with PKI(publishes=name, ago=20 * DAY) as pki:
        pki.clock.stop()
        leaf, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        assert [verify(pki, one, tmp_path) for one in (leaf, other)] == ["OK", "OK"]
        pki.revoke(leaf, "superseded")
        if pki.ca.publishes.full.after_revocation != timedelta():
            assert verify(pki, leaf, tmp_path) == "OK"
            pki.clock.shift(pki.crl.due_in)
        assert [verify(pki, one, tmp_path) for one in (leaf, other)] == ["certificate revoked", "OK"]


@pytest.mark.parametrize("name", ["ad-cs", "ad-cs-partitioned", "vault-auto"])
def test_hold_and_release_between_two_complete_lists(name: str, tmp_path: Path) -> None:
    """A delta puts on hold, the next one takes off, and a complete list says the same as both."""
    with PKI(publishes=name, ago=20 * DAY) as pki:
        pki.clock.stop()
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf, "certificate_hold")
        pki.crl.publish(delta=True)
        assert verify(pki, leaf, tmp_path) == "certificate revoked"
        pki.crl.publish()
        assert verify(pki, leaf, tmp_path) == "certificate revoked"
        pki.clock.shift(timedelta(seconds=1))
        pki.release(leaf)
        pki.crl.publish(delta=True)
        assert verify(pki, leaf, tmp_path) == "OK"
        pki.crl.publish()
        assert verify(pki, leaf, tmp_path) == "OK"


@pytest.mark.parametrize("name", ["ad-cs", "lets-encrypt"])
def test_by_a_crl_issuer(name: str, tmp_path: Path) -> None:
    """Of two certificates with one serial number, by two CAs, one is on hold and released by deltas, if there
    are any; the other is revoked at the next issue."""
    with PKI(ago=20 * DAY) as pki:
        world = IndirectWorld(pki, name)

        def both() -> list[str]:
            return [verify(pki, leaf, tmp_path) for leaf in (world.one, world.other)]

        if world.first.publishes.deltas is not None:
            pki.revoke(world.one, "certificate_hold")
            world.issuer.crl.publish(delta=True)
            assert both() == ["certificate revoked", "OK"]
            pki.release(world.one)
            world.issuer.crl.publish(delta=True)
        assert both() == ["OK", "OK"]
        pki.revoke(world.other, "superseded")
        assert both() == ["OK", "OK"]
        pki.clock.shift(world.issuer.crl.due_in)
        assert both() == ["OK", "certificate revoked"]


def test_a_list_that_is_over(tmp_path: Path) -> None:
    """An outage of the signer lasts longer than the list."""
    with PKI(publishes="vault", ago=20 * DAY) as pki:
        pki.clock.stop()
        leaf = pki.issue_cert("localhost")
        pki.clock.shift(timedelta(hours=72, seconds=-1))
        assert verify(pki, leaf, tmp_path) == "OK"
        pki.clock.shift(timedelta(seconds=1))
        assert verify(pki, leaf, tmp_path) == "CRL has expired"


@pytest.mark.parametrize("name", UNNAMED)
def test_certificates_that_name_no_list(name: str, tmp_path: Path) -> None:
    """A list with a URL in its scope is for certificates that name it: who goes by that does without."""
    with PKI(publishes=name, ago=20 * DAY) as pki:
        pki.clock.stop()
        assert verify(pki, pki.issue_cert("localhost"), tmp_path) == "different CRL scope"
    with PKI(publishes=replace(NAMED[name], in_certificates=True), ago=20 * DAY) as pki:
        pki.clock.stop()
        assert verify(pki, pki.issue_cert("localhost"), tmp_path) == "OK"
