"""CRL issuers: indirect CRLs, for CAs that do not sign their own, over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from werkzeug.test import Client

from mockpki import CA, PKI, CrlIssuer, faults, publishing, wsgi
from mockpki._pkix.certificate import KEY_USAGES
from mockpki.publishing import IMMEDIATE, ByReason, Publishing, Schedule
from mockpki.relying_party import crl_urls
from tests.kit.asking import cert_id, post, question, send
from tests.kit.indirect_cases import INDIRECT_CASES
from tests.kit.indirect_world import (
    DAY,
    HOUR,
    HOURLY,
    RFC5280,
    SERIAL,
    SHARDS,
    WITH_DELTAS,
    IndirectWorld,
    indirect,
    load,
)


def read(der: bytes) -> list[tuple[int, x509.Name | None]]:
    """The serial numbers on a CRL, each with the certificate issuer that stands beside it."""
    found: list[tuple[int, x509.Name | None]] = []
    for entry in x509.load_der_x509_crl(der):
        issuers = [item for item in entry.extensions if isinstance(item.value, x509.CertificateIssuer)]
        assert all(item.critical for item in issuers)
        names = [name for item in issuers for name in item.value.get_values_for_type(x509.DirectoryName)]
        found.append((entry.serial_number, names[0] if names else None))
    return found


def scope(der: bytes) -> x509.IssuingDistributionPoint | None:
    """What a CRL says that it covers, None where it says nothing."""
    for item in x509.load_der_x509_crl(der).extensions:
        if isinstance(item.value, x509.IssuingDistributionPoint):
            assert item.critical
            return item.value
    return None


def points(certificate: x509.Certificate, kind: type[Any] = x509.CRLDistributionPoints) -> list[Any]:
    """Its distribution points."""
    return list(certificate.extensions.get_extension_for_class(kind).value)


def names(ca: CA | CrlIssuer) -> x509.Name:
    """What it is called."""
    return ca.certificate.subject


# What it is.


def test_its_certificate() -> None:
    """It may sign CRLs and nothing else, says where its own status is, and is a leaf of the CA above."""
    with PKI() as pki:
        issuer = pki.root.create_crl_issuer(key_type="P-384")
        assert isinstance(issuer.key, ec.EllipticCurvePrivateKey)
        assert issuer.key.key_size == 384
        extensions = issuer.certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value == x509.KeyUsage(*(bit == "crl_sign" for bit in KEY_USAGES))
        assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert crl_urls(issuer.certificate) == (pki.root.crl.url,)
        assert "O=mockpki" in issuer.certificate.subject.rfc4514_string()
        assert issuer.chain_ders == (issuer.der,)
        assert repr(issuer) == f"<CrlIssuer {issuer.common_name}>"
        bent = pki.root.create_crl_issuer(faults=[faults.NoKeyUsage()])
        assert bent.common_name != issuer.common_name
        with pytest.raises(x509.ExtensionNotFound):
            bent.certificate.extensions.get_extension_for_class(x509.KeyUsage)


def test_it_can_be_revoked() -> None:
    """By the CA that issued it, as any leaf; whoever checks its certificate believes its CRLs no longer."""
    with indirect() as world:
        assert world.judge_both() == ["good", "good"]
        world.pki.revoke(world.issuer, "key_compromise")
        assert load(world.pki.root.crl.url)
        answer = post(world.pki.root.ocsp.url, question(cert_id(world.issuer))).body
        status = ocsp.load_der_ocsp_response(answer).certificate_status
        assert status is ocsp.OCSPCertStatus.REVOKED
        assert world.judge_both() == ["undetermined", "undetermined"]


def test_it_closes_with_the_pki() -> None:
    """Its port is closed, and it can be neither made nor used any more."""
    with indirect() as world:
        url = world.issuer.crl.url
        assert load(url)
    with pytest.raises(OSError, match="refused"):
        load(url)
    with pytest.raises(ValueError, match="this PKI is closed"):
        world.pki.root.create_crl_issuer()


# Two CAs with one serial number.


@pytest.mark.parametrize(
    "publishes",
    [IMMEDIATE, HOURLY, SHARDS, WITH_DELTAS, replace(HOURLY, shards=ByReason()), "lets-encrypt", "vault"],
    ids=["immediate", "hourly", "shards", "deltas", "reasons", "lets-encrypt", "vault"],
)
def test_one_serial_number_of_two_cas(publishes: Publishing | str) -> None:
    """One is revoked and the other is not, and a client tells them apart; then it is the other way round, and
    at last both are."""
    with indirect(publishes) as world:
        assert world.judge_both() == ["good", "good"]
        world.pki.revoke(world.other, "superseded")
        world.pass_time()
        if world.first.publishes.deltas is not None:
            world.issuer.crl.publish()
        assert world.judge_both() == ["good", "revoked"]
        world.pki.revoke(world.one, "key_compromise")
        world.pki.clock.shift(timedelta(days=1))
        assert world.judge_both() == ["revoked", "revoked"]
        # Without what is made for this nobody learns anything, and nobody takes it for an honest good.
        assert world.judge_both(others=[]) == ["undetermined", "undetermined"]
        plain = replace(RFC5280, extended_crls=False)
        assert world.judge_both(policy=plain) == ["undetermined", "undetermined"]


def test_what_they_say() -> None:
    """Entries are in groups, the first of each says whose it is; certificates say who signs their CRL."""
    with indirect(SHARDS) as world:
        more = [world.first.issue_cert("localhost", serial_number=SERIAL + 3 * step) for step in (1, 2)]
        world.pki.revoke([more[0], world.other, more[1], world.one])
        world.pass_time()
        file = world.issuer.crl.file_for(world.one)
        first = names(world.first)
        groups = [(SERIAL + 3, first), (SERIAL + 6, None), (SERIAL, None), (SERIAL, names(world.second))]
        assert read(file.der) == groups
        assert file.serials == tuple(serial for serial, _ in groups)
        assert x509.load_der_x509_crl(file.der).issuer == names(world.issuer)
        for leaf in (world.one, world.other, *more):
            (point,) = points(leaf.certificate)
            assert point.full_name == [x509.UniformResourceIdentifier(file.url)]
            assert point.crl_issuer == [x509.DirectoryName(names(world.issuer))]
        complete, *shards = world.issuer.crl.files
        assert read(complete.der) == groups
        assert (complete.path, len(shards)) == ("/ca.crl", 3)
        for one in (complete, *shards):
            covered = scope(one.der)
            assert covered is not None
            assert covered.indirect_crl
            assert covered.full_name == (
                None if one is complete else [x509.UniformResourceIdentifier(one.url)]
            )
        # CRLs of a CA's own are not indirect, and name nobody.
        world.pki.revoke(world.first)
        assert scope(world.pki.root.crl.crl()) is None
        assert read(world.pki.root.crl.crl()) == [(world.first.serial_number, None)]


@pytest.mark.parametrize("publishes", [IMMEDIATE, HOURLY], ids=["immediate", "hourly"])
def test_a_ca_of_the_same_name(publishes: Publishing) -> None:
    """Its CRLs are its own, signed with another key: not indirect while nobody else is on them, and its
    entries stand first without a name when there is."""
    with PKI(ago=21 * DAY) as pki:
        issuer = pki.root.create_crl_issuer(publishes=publishes)
        by = publishing.by(issuer)
        own = pki.root.create_child_ca(name_of=issuer, publishes=by)
        pki.clock.stop()
        leaf = own.issue_cert("localhost")
        (point,) = points(leaf.certificate)
        assert point.crl_issuer is None
        pki.revoke(leaf)
        if publishes.scheduled:
            issuer.crl.publish()
        der = load(issuer.crl.url)
        assert scope(der) is None
        assert read(der) == [(leaf.serial_number, None)]
        other = pki.root.create_child_ca(publishes=by)
        pki.revoke([leaf2 := other.issue_cert("localhost"), leaf3 := own.issue_cert("localhost")])
        if publishes.scheduled:
            issuer.crl.publish()
        der = load(issuer.crl.url)
        covered = scope(der)
        assert covered is not None
        assert covered.indirect_crl
        mine = [(leaf.serial_number, None), (leaf3.serial_number, None)]
        assert read(der) == [*mine, (leaf2.serial_number, names(other))]


def test_a_client_reads_every_case() -> None:
    """Ours finds what the judges of others find, of either certificate."""
    with PKI(ago=21 * DAY) as pki:
        for name, case in INDIRECT_CASES.items():
            world = IndirectWorld(pki, case.publishes, own=case.own)
            case.act(world)
            deltas = []
            if case.without_deltas is not None:
                deltas = [file.der for file in world.issuer.crl.files if file.base is not None]
            elif world.first.publishes.scheduled:
                world.issuer.crl.publish()
            assert world.judge_both(*deltas) == list(case.whole), name


def test_many_revocations_at_every_request() -> None:
    """A list without a schedule grows as its CAs revoke, starts anew where something was taken off, and has a
    new number for each change."""
    with indirect() as world:
        numbers = []

        def entries() -> list[tuple[int, x509.Name | None]]:
            crl = x509.load_der_x509_crl(load(world.issuer.crl.url))
            numbers.append(crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
            return read(load(world.issuer.crl.url))

        first, second = names(world.first), names(world.second)
        world.second.revoke([5, 6])
        assert entries() == [(5, second), (6, None)]
        world.first.revoke(world.one, "certificate_hold")
        world.second.revoke(5)
        assert entries() == [(SERIAL, first), (5, second), (6, None)]
        world.first.revoke([5, 7])
        assert entries() == [(SERIAL, first), (5, None), (7, None), (5, second), (6, None)]
        world.pki.release(world.one)
        assert entries() == [(5, first), (7, None), (5, second), (6, None)]
        assert entries() == [(5, first), (7, None), (5, second), (6, None)]
        assert numbers == [1, 2, 3, 4, 4]


# Deltas.


def test_hold_and_release_between_two_complete_lists() -> None:
    """A delta puts the certificate of one CA on hold, the next one takes it off; the other CA's, with the
    same serial number, is revoked and stays so."""
    with indirect(WITH_DELTAS) as world:
        (fresh,) = points(world.one.certificate, x509.FreshestCRL)
        assert fresh.crl_issuer == [x509.DirectoryName(names(world.issuer))]
        url = fresh.full_name[0].value
        world.pki.revoke(world.one, "certificate_hold")
        world.issuer.crl.publish(delta=True)
        assert world.judge_both(load(url)) == ["revoked", "good"]
        world.pki.release(world.one)
        world.pki.revoke(world.other, "superseded")
        world.issuer.crl.publish(delta=True)
        delta = world.issuer.crl.file_for(world.one, delta=True)
        assert load(url) == delta.der
        covered = scope(delta.der)
        assert covered is not None
        assert covered.indirect_crl
        assert read(delta.der) == [(SERIAL, names(world.first)), (SERIAL, names(world.second))]
        reasons = [entry.extensions[0].value for entry in x509.load_der_x509_crl(delta.der)]
        wanted = [x509.ReasonFlags.remove_from_crl, x509.ReasonFlags.superseded]
        assert [reason.reason for reason in reasons] == wanted
        assert world.judge_both(load(url)) == ["good", "revoked"]
        assert world.judge_both() == ["good", "good"]  # the complete list knows nothing of all this
        world.issuer.crl.publish()
        assert world.judge_both() == ["good", "revoked"]


# Its publisher is that of the CAs.


def test_the_publisher_of_a_ca_is_its_crl_issuers() -> None:
    """Everything about files works on either, and goes by the CA of the leaf."""
    with indirect(WITH_DELTAS) as world:
        publisher = world.issuer.crl
        assert world.first.crl is world.second.crl is publisher
        assert (
            world.first.publishes == publishing.by(world.issuer) == replace(WITH_DELTAS, issuer=world.issuer)
        )
        assert world.issuer.publishes == publisher.publishes == WITH_DELTAS
        file = publisher.file_for(world.one)
        load(file.url)
        publisher.assert_asked(world.one, times=1)
        publisher.assert_asked(world.one, times=0, delta=True)
        with publisher.respond_with(faults.Octets(b"x"), to=world.other):
            assert load(file.url) == b"x"
        assert load(file.url) == file.der == publisher.crl(of=world.other)
        with publisher.suspended():
            world.pki.revoke(world.one)
            world.pki.clock.shift(publisher.due_in)
            assert publisher.file_for(world.one).serials == ()
        publisher.publish()
        assert publisher.file_for(world.other).serials == (SERIAL,)
        assert [one.number for one in publisher.issued] == sorted(one.number for one in publisher.issued)


def test_behind_wsgi() -> None:
    """The application of a CA has the files of its CRL issuer, and that of a CRL issuer has nothing else."""
    with indirect(SHARDS) as world:
        file = world.issuer.crl.file_for(world.one)
        for owner in (world.first, world.issuer):
            client = Client(wsgi.application(owner))
            answer = client.get(file.path, base_url="http://x/pki")
            assert (answer.status_code, answer.data) == (200, file.der)
        world.issuer.crl.assert_asked(world.one, times=2)
        said = client.get("/ca.crt")
        assert (said.status_code, said.text) == (404, "mockpki: nothing is at /ca.crt; there is /ca.crl\n")


def test_urls_of_ones_own() -> None:
    """A certificate that names another place, such as a server of the test's, names the CRL issuer all the
    same."""
    with indirect() as world:
        urls = [f"http://crl.test/{number}.crl" for number in (1, 2)]
        (point,) = points(world.first.issue_cert("localhost", crl_urls=urls).certificate)
        assert [name.value for name in point.full_name] == urls
        assert point.crl_issuer == [x509.DirectoryName(names(world.issuer))]
        with pytest.raises(x509.ExtensionNotFound):
            points(world.first.issue_cert("localhost", crl_urls=[]).certificate)


def test_filling_shards_are_shared() -> None:
    """Certificates of all its CAs fill one shard after the other."""
    with indirect(replace(HOURLY, shards=publishing.Filling(2))) as world:
        later = world.first.issue_cert("localhost")
        urls = [crl_urls(leaf.certificate) for leaf in (world.one, world.other, later)]
        assert urls[0] == urls[1] != urls[2]


def test_ocsp_is_the_cas_own() -> None:
    """It can follow the CRL, of which it reads what is about its own certificates, or be live."""
    with indirect(replace(HOURLY, ocsp="from_crl")) as world:
        live = world.pki.root.create_child_ca(publishes=replace(publishing.by(world.issuer), ocsp="live"))
        third = live.issue_cert("localhost", serial_number=SERIAL)

        def ask() -> list[str]:
            leaves = (world.one, world.other, third)
            answers = [post(leaf.issuer.ocsp.url, question(cert_id(leaf))).body for leaf in leaves]
            return [ocsp.load_der_ocsp_response(one).certificate_status.name for one in answers]

        world.pki.revoke([world.other, third])
        assert ask() == ["GOOD", "GOOD", "REVOKED"]
        world.pass_time()
        assert ask() == ["GOOD", "REVOKED", "REVOKED"]


# What is refused.


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (
            lambda world: world.pki.root.create_crl_issuer(publishes="freeipa"),
            r"publishes= of a CRL issuer has idp='never', but an indirect CRL has to say that it is one",
        ),
        (
            lambda world: world.pki.root.create_crl_issuer(publishes=world.first.publishes),
            r"publishes=: <CrlIssuer .*> is no CRL issuer of this PKI",
        ),
        (
            lambda world: PKI(publishes=world.first.publishes),
            r"publishes=: <CrlIssuer .*> is no CRL issuer of this PKI; .*publishing.by\(pki.root.create_crl",
        ),
        (
            lambda world: world.pki.root.create_child_ca(publishes=publishing.by(world.pki.root)),
            r"publishes=: <CA .*> is no CRL issuer of this PKI",
        ),
        (
            lambda world: publishing.by(world.first),
            r"by\(\) takes what create_crl_issuer\(\) returns; got <CA",
        ),
        (lambda world: publishing.by(5),  # type: ignore[arg-type]
            r"by\(\) takes what create_crl_issuer\(\) returns; got 5"),
        (
            lambda world: Publishing(Schedule(None, DAY), issuer="x"),  # type: ignore[arg-type]
            r"issuer= takes what create_crl_issuer\(\) returns; got 'x'",
        ),
        (
            lambda world: replace(world.first.publishes, full=Schedule(2 * HOUR, DAY)),
            r"full=Schedule.* is not this CA's to say: <CrlIssuer .*> signs its CRLs",
        ),
        (
            lambda world: world.issuer.crl.file_for(SERIAL),
            r"serial number 4711 may be of any of the 2 CAs of the CRL publisher of .*; give the leaf",
        ),
        (
            lambda world: world.issuer.crl.file_for(world.first),
            r"<CA .*> is not on the lists of the CRL publisher of .*: its CA publishes elsewhere",
        ),
        (
            lambda world: world.issuer.crl.respond_with(to=world.issuer),
            r"<CrlIssuer .*> is not on the lists of",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(refused: Callable[[Any], object], sentence: str) -> None:
    """With a sentence that says why, or what to do instead."""
    with indirect(HOURLY) as world, pytest.raises((TypeError, ValueError), match=sentence):
        refused(world)


def test_a_crl_issuer_of_another_pki() -> None:
    """It goes by another clock, and ends at another time."""
    with (
        indirect() as world,
        PKI() as pki,
        pytest.raises(ValueError, match="is no CRL issuer of this PKI"),
    ):
        pki.root.create_child_ca(publishes=world.first.publishes)


def test_a_serial_number_of_the_only_ca() -> None:
    """Where one CA alone is on the lists, it says enough."""
    with PKI(ago=21 * DAY) as pki:
        issuer = pki.root.create_crl_issuer(publishes=SHARDS)
        ca = pki.root.create_child_ca(publishes=publishing.by(issuer))
        leaf = ca.issue_cert("localhost")
        files = {issuer.crl.file_for(one).path for one in (leaf, leaf.serial_number)}
        assert files == {f"/ca/{leaf.serial_number % 3 + 1}.crl"}


def test_one_that_is_closed_gives_its_port_back() -> None:
    """Its CRLs cannot be fetched any more, while the rest of the PKI goes on; closing twice does nothing."""
    with PKI() as pki:
        signs = pki.root.create_crl_issuer()
        assert send(signs.crl.url, "GET").status == 200
        signs.close()
        signs.close()
        with pytest.raises(ConnectionRefusedError):
            send(signs.crl.url, "GET")
        assert send(pki.crl.url, "GET").status == 200
    signs.close()
