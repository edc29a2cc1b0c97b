"""The times of an answer, and what is found."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from mockpki import PKI
from mockpki._pkix.window import BACKDATED_BY
from mockpki._validation.finding import (
    Tolerance,
    Unusable,
    check_digest,
    check_window,
    common_name,
    find_extension,
    label,
)
from mockpki.relying_party import STAPLE_REQUIRED
from tests.relying_party.kit import Endless, check, looked


class TestTime:
    def test_skew(self, pki: PKI) -> None:
        """Answers are good from thisUpdate to nextUpdate, give or take the skew of the policy."""
        leaf = pki.issue_cert("localhost")
        staple = pki.ocsp.response_for(leaf)
        begin, week = pki.clock.now() - BACKDATED_BY, timedelta(days=7)
        skew = STAPLE_REQUIRED.clock_skew
        second = timedelta(seconds=5)
        for now, word in (
            (begin - skew - second, "too early"),
            (begin - skew + second, "good"),
            (begin + week + skew - second, "good"),
            (begin + week + skew + second, "stale"),
        ):
            verdict, _ = check(pki, leaf, STAPLE_REQUIRED, staple=staple, now=now)
            assert looked(verdict) == [("staple", word)]

    def test_without_next_update(self, pki: PKI) -> None:
        """Where newer information is always to be had, only a new answer is recent enough: one dated back."""
        leaf = pki.issue_cert("localhost")
        for age, word in ((timedelta(minutes=14), "good"), (timedelta(minutes=16), "stale")):
            verdict, _ = check(pki, leaf, STAPLE_REQUIRED, staple=[Endless(age)])
            assert looked(verdict) == [("staple", word)]

    def test_max_age(self, pki: PKI) -> None:
        """A policy may find an answer too old that is still good by its own words."""
        leaf = pki.issue_cert("localhost")
        staple, now = pki.ocsp.response_for(leaf), pki.clock.now() + timedelta(days=2)
        strict = replace(STAPLE_REQUIRED, max_age=timedelta(days=1))
        found = [check(pki, leaf, policy, staple, now=now)[0] for policy in (STAPLE_REQUIRED, strict)]
        assert [looked(verdict) for verdict in found] == [[("staple", "good")], [("staple", "too old")]]


@pytest.mark.parametrize("algorithm", [hashes.MD5(), hashes.SHA1()])
def test_a_digest_that_no_longer_signs(algorithm: hashes.HashAlgorithm) -> None:
    """MD5 and SHA-1 are told by name; SHA-2, and a signature without a digest, pass."""
    with pytest.raises(Unusable, match=f"it is signed with {algorithm.name}, which can be forged") as caught:
        check_digest(algorithm)
    assert caught.value.word == "weak signature"
    for good in (hashes.SHA256(), hashes.SHA512(), None):
        check_digest(good)


NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
DAY, SKEW = timedelta(days=1), timedelta(minutes=5)
WINDOWS: list[tuple[timedelta, timedelta | None, Tolerance, str | None]] = [
    (-DAY, DAY, Tolerance(), None),
    (SKEW, DAY, Tolerance(), None),
    (SKEW + timedelta(seconds=1), DAY, Tolerance(), "too early"),
    (SKEW, DAY, Tolerance(timedelta()), "too early"),
    (-DAY, -SKEW, Tolerance(), None),
    (-DAY, -SKEW - timedelta(seconds=1), Tolerance(), "stale"),
    (-BACKDATED_BY - SKEW, None, Tolerance(), None),
    (-BACKDATED_BY - SKEW - timedelta(seconds=1), None, Tolerance(), "stale"),
    (-BACKDATED_BY, None, Tolerance(timedelta()), None),
    (timedelta(), timedelta(seconds=-1), Tolerance(), "absurd times"),
    (-DAY - SKEW, DAY, Tolerance(max_age=DAY), None),
    (-DAY - SKEW - timedelta(seconds=1), DAY, Tolerance(max_age=DAY), "too old"),
]


@pytest.mark.parametrize(("since", "until", "tolerance", "word"), WINDOWS)
def test_a_window_at_its_edges(
    since: timedelta, until: timedelta | None, tolerance: Tolerance, word: str | None
) -> None:
    """To the second, each with its word: too early, too old, stale, absurd."""
    times = NOW + since, None if until is None else NOW + until
    if word is None:
        check_window(*times, NOW, tolerance)
        return
    with pytest.raises(Unusable) as caught:
        check_window(*times, NOW, tolerance)
    assert caught.value.word == word
    assert str(caught.value) == caught.value.sentence


def test_what_a_certificate_is_called(pki: PKI) -> None:
    """By the last of its common names; by all of its name where it has none."""
    leaf = pki.issue_cert("localhost", common_name="one")
    assert label(leaf.certificate) == "one"
    several = [x509.NameAttribute(x509.NameOID.COMMON_NAME, text) for text in ("one", "another")]
    assert common_name(x509.Name(several)) == "another"
    organization = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "mockpki")
    assert common_name(x509.Name([organization])) == "O=mockpki"


def test_an_extension_is_found_or_none(pki: PKI) -> None:
    """Its value, or None where the certificate has none such."""
    certificate = pki.issue_cert("localhost").certificate
    constraints = find_extension(certificate, x509.BasicConstraints)
    assert constraints is not None
    assert not constraints.ca
    assert find_extension(certificate, x509.TLSFeature) is None
