"""The scenarios of CRL lists: the files are what the sentences say, and who passes over that is caught."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from mockpki import PKI, relying_party, scenarios
from mockpki._validation import crl as reading
from mockpki._validation import scope
from mockpki._validation.finding import Finding, Status
from mockpki._validation.pointers import ALL_REASONS, crl_urls, freshest_urls
from mockpki._validation.revocation_list import RevocationList
from mockpki.relying_party import HARD_FAIL, NO_CHECK, RFC5280, Policy, Verdict
from mockpki.relying_party._fetch import fetch
from mockpki.scenarios import TABLE, Case
from tests.kit.reference_client import by_name, reference

SOFT = replace(RFC5280, hard_fail=False)
"""Soft-fail that reads every CRL."""
_walk: Any = reading.Walk


@dataclass(frozen=True)
class Mutant:
    """A client that passes over something, and the scenarios in which it must be caught under *policy*."""

    policy: Policy
    names: str
    patches: tuple[tuple[Any, str, Any], ...] = ()
    client: Callable[..., object] | None = None


def find_named(crl: RevocationList, serial: int, issuer: x509.Name) -> x509.RevokedCertificate | None:
    """The entry that has the name of the certificate's issuer beside it."""
    entry = find_by_serial(crl, serial, issuer)
    named = entry is not None and any(
        isinstance(one.value, x509.CertificateIssuer) for one in entry.extensions
    )
    return entry if named else None


def find_by_serial(crl: RevocationList, serial: int, issuer: x509.Name) -> x509.RevokedCertificate | None:
    """The entry with that serial number, whosever it is."""
    return crl.crl.get_revoked_certificate_by_serial_number(serial)


MUTANTS = {
    "looks at nothing": Mutant(
        SOFT,
        "shard-revoked delta-revoked delta-stale key-rolled indirect-revoked",
        client=reference(NO_CHECK),
    ),
    "finds it on every list": Mutant(
        SOFT,
        "shard-good not-yet-published served-from-cache shard-without-idp delta-missing reasons-good",
        ((_walk, "_conclude", lambda walk, entry: Finding(Status.REVOKED, "revoked")),),
    ),
    "passes over the distribution point": Mutant(
        RFC5280, "shard-mismatch", ((scope, "has_name", lambda crl, point: True),)
    ),
    "passes over the kind": Mutant(
        HARD_FAIL, "for-cas-only delta-alone", ((scope, "_check_kind", lambda *about: None),)
    ),
    "goes by no times": Mutant(
        RFC5280, "next-one-early delta-stale",
        ((_walk, "_check_times", lambda *about: None), (reading, "check_issued", lambda *about: None)),
    ),
    "combines what does not fit": Mutant(
        SOFT, "delta-base-too-new delta-obsolete delta-other-shard",
        ((reading, "check_delta", lambda *about: None),),
    ),
    "takes removeFromCRL for a reason": Mutant(
        RFC5280, "delta-released", ((reading, "reason_of", lambda entry: None),)
    ),
    "reads no deltas": Mutant(
        RFC5280, "delta-revoked delta-released", client=reference(replace(RFC5280, use_deltas=False))
    ),
    "reads no extended CRLs": Mutant(
        RFC5280, "reasons-good", client=reference(replace(RFC5280, extended_crls=False))
    ),
    "knows no other key": Mutant(SOFT, "key-rolled", client=reference(replace(SOFT, extended_crls=False))),
    "reads deltas, though the policy does not": Mutant(
        HARD_FAIL, "delta-revoked delta-released", client=reference(RFC5280)
    ),
    "goes by serial numbers alone": Mutant(
        RFC5280, "indirect-other-issuer",
        ((RevocationList, "find", find_by_serial),),
    ),
    "finds only what has a name beside it": Mutant(
        RFC5280, "indirect-inherited", ((RevocationList, "find", find_named),)
    ),
    "passes over the reasons": Mutant(
        RFC5280, "reasons-half", ((reading, "find_reasons", lambda *about, extended: ALL_REASONS),)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_caught(name: str, pki: PKI, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that passes over what a scenario is about does not keep the policy there."""
    mutant = MUTANTS[name]
    for where, attribute, changed in mutant.patches:
        monkeypatch.setattr(where, attribute, changed)
    client = mutant.client or reference(mutant.policy)
    for scenario in mutant.names.split():
        with pytest.raises(AssertionError, match=r"the policy demands (accept|reject), and the client did"):
            Case(by_name(f"crl-{scenario}"), mutant.policy).check(client, pki=pki)


def told(policy: Policy, *, obeys: bool) -> Callable[..., Verdict]:
    """The reference client, told where the CRL is; unless it *obeys*, it passes over its distribution
    point."""

    def connect(
        host: str, port: int, ca_file: str, server_name: str, chain_file: str, crl_url: str
    ) -> Verdict:
        found = reference(policy)(host, port, ca_file, server_name)
        chain = [
            *x509.load_pem_x509_certificates(Path(chain_file).read_bytes()),
            x509.load_pem_x509_certificate(Path(ca_file).read_bytes()),
        ]
        if crl_urls(chain[0]) or not crl_url:
            return found
        crl = fetch(crl_url, timedelta(seconds=5))
        with pytest.MonkeyPatch.context() as patch:
            if not obeys:
                patch.setattr(scope, "has_name", lambda crl, point: True)
            return relying_party.judge(
                chain[:2] + chain[-1:], crls=[crl], policy=replace(policy, whole_chain=False)
            )

    return connect


@pytest.mark.parametrize("policy", [HARD_FAIL, RFC5280], ids=["hard-fail", "rfc5280"])
def test_told(policy: Policy, pki: PKI) -> None:
    """Who was told of a CRL that is for another distribution point must not believe it; who was not may
    accept."""
    case = Case(by_name("crl-idp-no-cdp"), policy)
    assert case.expected.if_fetched == "reject"
    assert case.check(reference(policy), pki=pki).outcome.accepted
    strict = replace(policy, sourceless_passes=False)
    assert not Case(case.scenario, strict).check(told(strict, obeys=True), pki=pki).outcome.accepted
    with pytest.raises(
        AssertionError, match="the policy demands reject, and the client did accept"
    ) as caught:
        case.check(told(policy, obeys=False), pki=pki)
    assert "expected: reject: it has fetched the CRL; else either: RFC 5280" in str(caught.value)


LISTS = [one for one in TABLE if one.publishes is not None]


def test_every_file_is_what_is_said(pki: PKI) -> None:
    """Each scenario is staged with files of its own CA, honest but for what it names."""
    for scenario in LISTS:
        with scenarios.staged(scenario, pki) as stage:
            list(stage.visits())
            publishes = stage.issuer.publishes
            assert publishes is scenario.publishes
            urls = crl_urls(stage.leaf.certificate)
            files = stage.issuer.crl.files
            assert bool(urls) is publishes.in_certificates
            assert set(urls) <= {file.url for file in files if file.base is None}
            fresh = freshest_urls(stage.leaf.certificate)
            assert set(fresh) <= {file.url for file in files if file.base is not None}
            assert bool(fresh) is (publishes.deltas is not None)
            assert bool(scenario.offers["CRL"].without_deltas) <= bool(fresh)


def entries(der: bytes, serial: int) -> str:
    """What a CRL says of that certificate."""
    found = x509.load_der_x509_crl(der).get_revoked_certificate_by_serial_number(serial)
    if found is None:
        return "nothing"
    try:
        return found.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        return "revoked"


@pytest.mark.parametrize(
    ("name", "complete", "delta"),
    [
        ("shard-good", "nothing", None),
        ("shard-revoked", "keyCompromise", None),
        ("shard-mismatch", "nothing", None),
        ("shard-without-idp", "nothing", None),
        ("not-yet-published", "nothing", None),
        ("served-from-cache", "nothing", None),
        ("number-back", "nothing", None),
        ("next-one-early", "nothing", None),
        ("delta-revoked", "nothing", "keyCompromise"),
        ("delta-released", "certificateHold", "removeFromCRL"),
        ("delta-base-too-new", "nothing", "keyCompromise"),
        ("delta-obsolete", "nothing", "certificateHold"),
        ("delta-stale", "certificateHold", "removeFromCRL"),
        ("delta-other-shard", "nothing", "keyCompromise"),
        ("delta-alone", "nothing", "nothing"),
        ("second-point", "keyCompromise", None),
        ("second-url", "keyCompromise", None),
        ("for-cas-only", "nothing", None),
        ("key-rolled", "keyCompromise", None),
        ("indirect-revoked", "keyCompromise", None),
        ("indirect-other-issuer", "keyCompromise", None),
        ("indirect-inherited", "keyCompromise", None),
    ],
)
def test_what_is_served(name: str, complete: str, delta: str | None, pki: PKI) -> None:
    """What the URLs of the certificate serve says of it what the sentence says."""
    with scenarios.staged(by_name(f"crl-{name}"), pki) as stage:
        list(stage.visits())
        *_, url = crl_urls(stage.leaf.certificate)
        serial, patience = stage.leaf.serial_number, timedelta(seconds=5)
        assert entries(fetch(url, patience), serial) == complete
        for fresh in freshest_urls(stage.leaf.certificate):
            assert entries(fetch(fresh, patience), serial) == (delta or "nothing")
