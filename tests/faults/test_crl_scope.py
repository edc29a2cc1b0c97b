"""Faults of what a CRL on a schedule says of its scope and its base, each against the honest one of that
moment."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from mockpki import PKI, faults


@pytest.fixture
def pki() -> Iterator[PKI]:
    """A CA with deltas whose clock stands, with two certificates revoked since its complete CRL."""
    with PKI(publishes="ad-cs-partitioned", ago=timedelta(days=30), key_type="Ed25519") as pki:
        pki.clock.stop()
        pki.clock.shift(timedelta(days=8))
        pki.revoke([16, 26], "superseded")
        pki.clock.shift(timedelta(days=1))
        yield pki


def facts(der: bytes) -> dict[str, Any]:
    """Every field of a CRL but its signature."""
    crl = x509.load_der_x509_crl(der)
    found: dict[str, Any] = {item.oid.dotted_string: (item.critical, item.value) for item in crl.extensions}
    found["times"] = crl.last_update_utc, crl.next_update_utc
    found["entries"] = {entry.serial_number: entry.revocation_date_utc for entry in crl}
    found["signer"] = crl.issuer, crl.signature_algorithm_oid
    return found


CASES: list[tuple[Any, bool, str, Any]] = [
    # A fault, in a delta or not, the extension that it changes, and what is there then.
    (faults.NoIssuingDistributionPoint(), False, "2.5.29.28", None),
    (faults.NoIssuingDistributionPoint(), True, "2.5.29.28", None),
    (faults.NoFreshestCrl(), False, "2.5.29.46", None),
    (faults.NoDeltaIndicator(), True, "2.5.29.27", None),
    # The complete CRLs are of the first and the eighth day, numbers 1 and 8; deltas start from the one
    # before.
    (faults.BaseCrlNumber(), True, "2.5.29.27", (True, x509.DeltaCRLIndicator(2))),
    (faults.BaseCrlNumber(by=-1), True, "2.5.29.27", (True, x509.DeltaCRLIndicator(0))),
    (faults.BaseCrlNumber(value=10**6), True, "2.5.29.27", (True, x509.DeltaCRLIndicator(10**6))),
]


@pytest.mark.parametrize(("fault", "delta", "oid", "then"), CASES, ids=repr)
def test_one_extension_changes(pki: PKI, fault: Any, delta: bool, oid: str, then: Any) -> None:
    """And nothing else, under a signature that holds."""
    honest = facts(pki.crl.crl(of=16, delta=delta))
    bent = facts(pki.crl.crl(fault, of=16, delta=delta))
    assert honest[oid] != then
    expected = {**honest, oid: then}
    assert bent == {name: value for name, value in expected.items() if value is not None}
    assert x509.load_der_x509_crl(pki.crl.crl(fault, of=16, delta=delta)).is_signature_valid(
        pki.ca.certificate.public_key()  # type: ignore[arg-type]
    )
    assert 16 in honest["entries"] or not delta


@pytest.mark.parametrize(
    ("fault", "delta"),
    [
        (faults.NoDeltaIndicator(), False),
        (faults.BaseCrlNumber(), False),
        (faults.NoFreshestCrl(), True),
    ],
    ids=repr,
)
def test_nothing_there_to_bend(pki: PKI, fault: Any, delta: bool) -> None:
    """A sentence, where the CRL has no such extension."""
    with pytest.raises(ValueError, match=r"finds no extension 2\.5\.29\.\d+ to bend"):
        pki.crl.crl(fault, of=16, delta=delta)


def test_a_fault_that_changes_nothing() -> None:
    """It is refused where it is written."""
    with pytest.raises(ValueError, match="changes nothing"):
        faults.BaseCrlNumber(by=0)
