"""What CAs publish on a schedule, read by others: shards, scopes and deltas, fetched and from files."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto.x509 import Certificate
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import RevokedError

from mockpki import PKI, CrlIssuer, Leaf, publishing
from mockpki._pkix.pem import write_pem
from tests.foreign.test_crl_table import BOUNCY_CASTLE, SHORT_LIVED, need_bouncy_castle
from tests.foreign.test_lint import lint_crl_for_tls
from tests.kit.indirect_world import IndirectWorld
from tests.kit.programs import need, run
from tests.kit.published import Published, Subject, publish

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


# Every file of every preset, with a certificate for each: by a linter, the JDK, BouncyCastle and pyhanko.


@pytest.fixture(scope="module")
def published() -> dict[str, Published]:
    """All of them."""
    return {name: publish(name) for name in NAMED}


UNKNOWN_TO_TLS = {
    # For TLS certificates the Baseline Requirements know no hold, and so no end of one.
    ("cabf.crl_prohibited_reason_code", 'Prohibited reason code "certificateHold"'),
    ("cabf.crl_prohibited_reason_code", 'Prohibited reason code "removeFromCRL"'),
}


def test_a_linter(published: dict[str, Published]) -> None:
    """pkilint finds nothing in any file by RFC 5280, and nothing but holds by the Baseline Requirements."""
    for name, found in published.items():
        # There are all files that there should be: a complete CRL and a delta for each shard.
        shards = len(found.value.shards.list_shards(0)) + (
            found.value.divided and found.value.shards.aggregate
        )
        assert len(found.files) == shards * (2 if found.value.deltas else 1), name
        findings = set().union(*map(lint_crl_for_tls, found.files))
        assert findings == (UNKNOWN_TO_TLS if found.value.deltas else set()), name


def ask_java(found: list[Published], folder: Path, program: str, *options: object) -> dict[str, str]:
    """What the program beside this file makes of each subject: one virtual machine for all."""
    for subject in (subject for one in found for subject in one.subjects):
        own = folder / subject.name
        own.mkdir()
        certificate, ca, root = (write_pem("CERTIFICATE", der) for der in subject.chain)
        files = {"cert.pem": certificate, "ca.pem": ca, "root.pem": root, "issuers.pem": ca}
        files["crls.pem"] = b"".join(write_pem("X509 CRL", der) for der in subject.crls)
        for name, octets in files.items():
            (own / name).write_bytes(octets)
    # All are of the same minute, and good for hours.
    at = max(int(one.at.timestamp()) for one in found)
    ran = run(
        need("java"), *SHORT_LIVED, *options, Path(__file__).with_name(program), folder, at, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return dict(line.split("\t") for line in ran.stdout.splitlines())


def expect(found: list[Published]) -> dict[str, str]:
    """What is to be found."""
    subjects = [subject for one in found for subject in one.subjects]
    expected = {subject.name: "revoked" if subject.revoked else "good" for subject in subjects}
    assert len(expected) == len(subjects)
    assert set(expected.values()) == {"good", "revoked"}
    return expected


def test_the_jdk(published: dict[str, Published], tmp_path: Path) -> None:
    """PKIXRevocationChecker knows what is revoked from every file of those that publish no deltas."""
    found = [one for one in published.values() if one.value.deltas is None]
    assert ask_java(found, tmp_path, "CrlTable.java") == expect(found)


def test_bouncy_castle(published: dict[str, Published], tmp_path: Path) -> None:
    """Its path validation knows it from every file of all, with the delta where there is one."""
    need_bouncy_castle()
    found = list(published.values())
    assert ask_java(found, tmp_path, "BouncyCrlTable.java", "-cp", BOUNCY_CASTLE) == expect(found)


def ask_pyhanko(subject: Subject, at: datetime) -> str:
    """What pyhanko-certvalidator makes of it at that moment, without a network."""
    leaf, ca, root = map(Certificate.load, subject.chain)
    context = ValidationContext(
        trust_roots=[root], other_certs=[ca], crls=subject.crls, revocation_mode="hard-fail", moment=at
    )
    try:
        asyncio.run(CertificateValidator(leaf, validation_context=context).async_validate_path())
    except RevokedError:
        return "revoked"
    return "good"


def test_pyhanko(published: dict[str, Published]) -> None:
    """pyhanko-certvalidator knows it from the first files and the last of each, with deltas."""
    for one in published.values():
        chosen = {subject.name: subject for subject in (*one.subjects[:4], *one.subjects[-4:])}
        found = {name: ask_pyhanko(subject, one.at) for name, subject in chosen.items()}
        assert found == {name: "revoked" if subject.revoked else "good" for name, subject in chosen.items()}
