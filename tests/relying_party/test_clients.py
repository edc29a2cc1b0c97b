"""What clients do by their own documentation, held against scenarios whose verdict it states."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from mockpki import PKI, relying_party, scenarios
from mockpki.relying_party import CLIENTS, NAMED, ClientPolicy, Policy, Verdict
from mockpki.scenarios import Case, Expected
from tests.kit.reference_client import by_name, reference

GOOD = "-"
"""No code: it goes on."""
REVOKED, OFFLINE = "CRYPT_E_REVOKED (0x80092010)", "CRYPT_E_REVOCATION_OFFLINE (0x80092013)"
UNABLE = "CRYPT_E_NO_REVOCATION_CHECK (0x80092012)"
NOT_IN_DATABASE = "CRYPT_E_NOT_IN_REVOCATION_DATABASE (0x80092014)"
UNDETERMINED = "UNDETERMINED_REVOCATION_STATUS"
NO_CRL, X509_REVOKED = "X509_V_ERR_UNABLE_TO_GET_CRL (3)", "X509_V_ERR_CERT_REVOKED (23)"
SHORT = timedelta(seconds=0.5)
"""For what never comes."""
NO_CODE = ""
"""It rejects, and its documentation has no code."""

DOCUMENTED: dict[str, dict[str, str]] = {
    # "automatic certificate revocation checking by default"; "missing", "offline": "will error out"
    "curl-schannel": {
        "crl-good": GOOD, "ocsp-good": GOOD, "crl-revoked": REVOKED, "ocsp-revoked": REVOKED,
        "no-sources": UNABLE, "crl-refused": OFFLINE, "all-down": OFFLINE, "crl-bad-signature": UNABLE,
        "ocsp-unknown": NOT_IN_DATABASE, "crl-http-500": OFFLINE,
    },
    # "ignore certificate revocation checks when they failed due to missing/offline distribution points"
    "curl-schannel-revoke-best-effort": {
        "crl-good": GOOD, "crl-revoked": REVOKED, "no-sources": GOOD, "crl-refused": GOOD, "all-down": GOOD,
        "crl-bad-signature": UNABLE, "ocsp-unknown": NOT_IN_DATABASE,
    },
    # "disable certificate revocation checks"
    "curl-schannel-no-revoke": {"crl-good": GOOD, "crl-revoked": GOOD, "all-down": GOOD},
    # "this function doesn't do any revocation checking"
    "go": {"staple-good": GOOD, "all-revoked": GOOD, "must-staple-missing": GOOD},
    # "OCSP is the preferred mechanism [...], with CRLs as the fallback mechanism"
    "jdk": {
        "ocsp-good": GOOD, "ocsp-revoked": "REVOKED", "ocsp-refused-crl-good": GOOD,
        "ocsp-refused-crl-revoked": "REVOKED", "all-down": UNDETERMINED, "no-sources": UNDETERMINED,
        "staple-revoked": "REVOKED", "intermediate-crl-revoked": "REVOKED",
    },
    # "Allow [...] if [...] a network error [...] internalError or tryLater"
    "jdk-soft-fail": {
        "ocsp-good": GOOD, "ocsp-refused": GOOD, "ocsp-internal-error": GOOD, "ocsp-try-later": GOOD,
        "crl-refused": GOOD, "all-down": GOOD, "ocsp-unauthorized": UNDETERMINED, "ocsp-revoked": "REVOKED",
        "crl-stale": UNDETERMINED, "no-sources": UNDETERMINED, "ocsp-refused-crl-revoked": "REVOKED",
    },
    # "Disable the fallback mechanism."
    "jdk-no-fallback": {
        "ocsp-good": GOOD, "ocsp-refused-crl-good": UNDETERMINED, "ocsp-refused-crl-revoked": UNDETERMINED,
        "crl-good": UNDETERMINED,
    },
    "jdk-soft-fail-no-fallback": {
        "ocsp-good": GOOD, "ocsp-refused-crl-revoked": GOOD, "ocsp-revoked": "REVOKED",
    },
    # "Only check the revocation status of end-entity certificates."
    "jdk-only-end-entity": {
        "intermediate-good": GOOD, "intermediate-crl-revoked": GOOD, "intermediate-ocsp-refused": GOOD,
        "crl-revoked": "REVOKED",
    },
    # "Prefer CRLs to OSCP."
    "jdk-prefer-crls": {"crl-good": GOOD, "crl-revoked": "REVOKED", "ocsp-unknown-crl-good": GOOD},
    "jdk-prefer-crls-no-fallback": {
        "crl-good": GOOD, "ocsp-good": UNDETERMINED, "ocsp-unknown-crl-good": GOOD,
    },
    # "Checks end entity certificate validity [...]. If a valid CRL cannot be found an error occurs."
    "openssl-crl-check": {
        "crl-good": GOOD, "crl-revoked": X509_REVOKED, "crl-refused": NO_CRL, "no-sources": NO_CRL,
        "ocsp-good": NO_CRL, "crl-stale": "X509_V_ERR_CRL_HAS_EXPIRED (12)",
        "crl-early": "X509_V_ERR_CRL_NOT_YET_VALID (11)", "crl-garbage": NO_CODE,
        "crl-bad-signature": "X509_V_ERR_CRL_SIGNATURE_FAILURE (8)", "intermediate-crl-revoked": GOOD,
        "crl-delta-revoked": GOOD, "crl-indirect-other-issuer": NO_CODE,
    },
    # "all certificates in the chain"
    "openssl-crl-check-all": {
        "intermediate-good": GOOD, "intermediate-crl-revoked": X509_REVOKED,
        "intermediate-crl-refused": NO_CRL, "intermediate-no-crl": NO_CRL,
    },
    # "Enable support for delta CRLs."
    "openssl-crl-check-use-deltas": {"crl-good": GOOD, "crl-delta-revoked": X509_REVOKED},
    # "Enable extended CRL features such as indirect CRLs and alternate CRL signing keys."
    "openssl-crl-check-extended-crl": {
        "crl-indirect-other-issuer": GOOD, "crl-indirect-revoked": X509_REVOKED, "crl-delta-revoked": GOOD,
    },
    # "If 0, do not fetch OCSP."
    "firefox-ocsp-0": {
        "staple-good": GOOD, "ocsp-revoked": GOOD, "staple-revoked": NO_CODE, "must-staple-missing": NO_CODE,
    },
    # "If 1, fetch OCSP for DV and EV certificates."
    "firefox-ocsp-1": {
        "ocsp-good": GOOD, "ocsp-revoked": NO_CODE, "ocsp-silent": GOOD, "crl-revoked": GOOD,
        "must-staple-good": GOOD, "must-staple-missing": NO_CODE, "intermediate-ocsp-revoked": GOOD,
    },
    # "If true, if an OCSP request times out, the connection fails."
    "firefox-ocsp-1-require": {"ocsp-good": GOOD, "ocsp-silent": NO_CODE, "no-sources": GOOD},
    # "If 2, fetch OCSP only for EV certificates."
    "firefox-ocsp-2": {"staple-good": GOOD, "ocsp-revoked": GOOD, "staple-revoked": NO_CODE},
}  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Iterator[PKI]:
    """One for the whole table."""
    with PKI() as pki:
        yield pki


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented(shared: PKI, name: str) -> None:
    """The table demands what its documentation states, and the reference client does it, with its code."""
    named = relying_party.named(name)
    policies: list[Policy] = []
    verdicts: list[Verdict] = []

    def connect(host: str, port: int, ca_file: str, server_name: str) -> bool:
        verdicts.append(reference(policies[-1])(host, port, ca_file, server_name))
        return verdicts[-1].accepted

    for scenario, code in DOCUMENTED[name].items():
        policies.append(policy := replace(named, timeout=SHORT) if "silent" in scenario else named)
        expected = by_name(scenario).expected(policy).verdict
        assert expected is (Expected.ACCEPT if code == GOOD else Expected.REJECT), scenario
        Case(by_name(scenario), policy).check(connect, pki=shared)
        found = verdicts[-1]
        assert (GOOD if found.accepted else str(found.code or NO_CODE)) == code, f"{scenario}: {found}"
        assert not found.code or str(found).splitlines()[0].endswith(f"; {code}")


def test_each_kind() -> None:
    """Each client and each of its options stands in the table, with a scenario that it accepts."""
    left = set(CLIENTS) - set(DOCUMENTED)
    assert all(name.startswith(("jdk-", "openssl-crl-check-")) for name in left)
    assert set(DOCUMENTED) <= set(CLIENTS)
    assert all(GOOD in rows.values() for rows in DOCUMENTED.values())


@pytest.mark.parametrize("name", CLIENTS)
def test_quotes(name: str) -> None:
    """Each has a name of its own, says which client it is, and quotes sentences with their origins."""
    policy = CLIENTS[name]
    assert name not in NAMED
    assert policy.client
    assert policy.says
    assert all(quotation.sentence and f"({quotation.origin})" in str(quotation) for quotation in policy.says)
    assert len(set(policy.says)) == len(policy.says)
    assert [one for one, other in CLIENTS.items() if other == policy] == [name]
    assert hash(policy) == hash(CLIENTS[name])


def test_options_add_up() -> None:
    """Options are combined: each changes what it changes alone."""
    both = CLIENTS["jdk-soft-fail-only-end-entity"]
    assert both.hard_fail is CLIENTS["jdk-soft-fail"].hard_fail is False
    assert both.whole_chain is CLIENTS["jdk-only-end-entity"].whole_chain is False
    assert both.sources == CLIENTS["jdk"].sources
    flags = CLIENTS["openssl-crl-check-all-use-deltas-extended-crl"]
    assert (flags.whole_chain, flags.use_deltas, flags.extended_crls) == (True, True, True)
    assert len([name for name in CLIENTS if name.startswith("jdk")]) == 16


def test_varied() -> None:
    """They are policies: varied they stay the client's, codes and all, and they are not among `NAMED`."""
    varied = replace(CLIENTS["jdk"], whole_chain=False)
    assert isinstance(varied, ClientPolicy)
    assert varied.codes == CLIENTS["jdk"].codes
    own = {field.name for field in fields(ClientPolicy)} - {field.name for field in fields(Policy)}
    assert own == {"client", "says", "codes"}
    assert scenarios.POLICIES is NAMED
