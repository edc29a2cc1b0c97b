"""What stands where the CRLs of a stage are."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from mockpki import PKI, faults, publishing, scenarios
from mockpki._validation.finding import Unusable
from mockpki._validation.pointers import crl_urls, freshest_urls
from mockpki.relying_party._fetch import fetch
from mockpki.scenarios import (
    Held,
    Instead,
    Offer,
    Published,
    Released,
    Revoked,
    Says,
    Scenario,
    Stage,
    Visited,
)

PATIENCE = timedelta(seconds=5)
WEEK = timedelta(days=7)
SCHEDULE = publishing.Schedule(every=WEEK, life=2 * WEEK)
DELTAS = publishing.Publishing(
    SCHEDULE,
    shards=publishing.AtRandom(2, aggregate=True),
    deltas=publishing.Deltas(publishing.Schedule(None, WEEK)),
)


def serve(stage: Stage) -> list[bytes]:
    """What the certificate's URLs serve: its CRLs and deltas."""
    certificate = stage.leaf.certificate
    return [fetch(url, PATIENCE) for url in (*crl_urls(certificate), *freshest_urls(certificate))]


def is_there(url: str) -> bool:
    """Whether it is found, and not 404."""
    try:
        return bool(fetch(url, PATIENCE))
    except Unusable:
        return False


def test_history(pki: PKI) -> None:
    """Events happen in their order, what comes before a visit before it; each list knows what was before."""
    mine = Scenario(
        "crl-mine", "It was held, seen, released and revoked.", crl=Offer(Says.REVOKED), publishes=DELTAS,
        history=(
            Held(), Published(), Visited(), Released(), Published(delta=True), Revoked(), Published(),
        ),
    )  # fmt: skip
    with scenarios.staged(mine, pki) as stage:
        visits = stage.visits()
        serial, crl = stage.leaf.serial_number, stage.issuer.crl
        next(visits)
        assert crl.file_for(stage.leaf).serials == (serial,)
        assert serve(stage)[0] == crl.file_for(stage.leaf).der
        held = crl.file_for(stage.leaf).number
        next(visits)
        file, delta = crl.file_for(stage.leaf), crl.file_for(stage.leaf, delta=True)
        assert (file.serials, delta.serials) == ((serial,), (serial,))
        assert held == delta.base
        assert held < delta.number < file.number
        assert serve(stage) == [file.der, delta.der]
        assert list(visits) == []


@pytest.mark.parametrize("of", ["earlier issue", "another shard", "delta", "delta of all", "new key"])
def test_instead(of: str, pki: PKI) -> None:
    """Another CRL stands in the place of the certificate's own, octet for octet, and nowhere else."""
    mine = Scenario(
        "crl-mine", "Another one is there.", publishes=DELTAS, history=(Revoked(), Published()),
        crl=Offer(Says.UNUSABLE, (Instead(of),)),  # type: ignore[arg-type]
    )  # fmt: skip
    with scenarios.staged(mine, pki) as stage:
        before = stage.issuer.crl.file_for(stage.leaf).der
        list(stage.visits())
        crl = stage.issuer.crl
        own = crl.file_for(stage.leaf)
        found, delta = serve(stage)
        assert delta == crl.file_for(stage.leaf, delta=True).der
        assert found not in (own.der, b"")
        others = {file.path: file.der for file in crl.files if file.path != own.path}
        if of == "earlier issue":
            assert found == before
        elif of == "new key":
            assert stage.chain_ders[:-1] == stage.leaf.chain_ders
            assert stage.chain_ders[-1] not in stage.leaf.chain_ders
            assert found not in others.values()
        else:
            (path,) = (path for path, der in others.items() if der == found)
            assert path.endswith("-delta.crl") is of.startswith("delta")


def test_another_ca(pki: PKI) -> None:
    """On the list of a CRL issuer stand both CAs, each by its name; without one there is no other CA."""
    mine = Scenario(
        "crl-mine", "Both are revoked.", crl=Offer(Says.REVOKED), indirect=True,
        history=(Revoked("another CA"), Revoked("another certificate"), Revoked()),
    )  # fmt: skip
    with scenarios.staged(mine, pki) as stage:
        list(stage.visits())
        (der,) = serve(stage)
        serial, ours = stage.leaf.serial_number, stage.issuer.certificate.subject
        found = [
            (entry.serial_number, [one.value for one in entry.extensions if one.critical])
            for entry in x509.load_der_x509_crl(der)
        ]
        assert len(found) == 3
        named = {
            number: values[0].get_values_for_type(x509.DirectoryName) for number, values in found if values
        }
        assert named[serial + 1] == [ours]
        assert named[serial] != [ours]
        assert [number for number, values in found if not values] == [serial]
        assert stage.chain_ders[:-1] == stage.leaf.chain_ders
    alone = replace(mine, indirect=False)
    with scenarios.staged(alone, pki) as stage, pytest.raises(ValueError, match="give the scenario indirect"):
        list(stage.visits())


def test_faults_of_one_file(pki: PKI) -> None:
    """Faults of the list, of the second file and of the delta each meet their own file."""
    bent = {
        "faults": ((faults.HttpStatus(404),), DELTAS, [False, True]),
        "delta_faults": ((faults.HttpStatus(404),), DELTAS, [True, False]),
        "second_faults": (
            (faults.HttpStatus(404),), publishing.Publishing(SCHEDULE, publishing.ByReason()), [True, False],
        ),
    }  # fmt: skip
    for number, (field, (some, publishes, there)) in enumerate(bent.items()):
        offer = Offer(Says.GOOD, **{field: some})  # type: ignore[arg-type]
        mine = Scenario(f"crl-{number}", "One file is not there.", crl=offer, publishes=publishes)
        with scenarios.staged(mine, pki) as stage:
            list(stage.visits())
            certificate = stage.leaf.certificate
            urls = (*crl_urls(certificate), *freshest_urls(certificate))
            assert [is_there(url) for url in urls] == there
