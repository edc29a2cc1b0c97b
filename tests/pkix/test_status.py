"""Statuses, reasons and serial numbers: known by every spelling, refused with a sentence."""

from datetime import datetime, timezone

import pytest
from cryptography import x509

from mockpki._pkix.status import Reason, Revocation, Status, describe_status

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
HELD = Revocation(NOW, Reason.CERTIFICATE_HOLD)

# RFC 5280 section 5.3.1, as it spells and numbers them.
RFC_REASONS = {
    "unspecified": 0,
    "keyCompromise": 1,
    "cACompromise": 2,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "certificateHold": 6,
    "removeFromCRL": 8,
    "privilegeWithdrawn": 9,
    "aACompromise": 10,
}


@pytest.mark.parametrize(("name", "number"), RFC_REASONS.items())
def test_a_reason_is_known_by_every_spelling(name: str, number: int) -> None:
    """The RFC's spelling, Python's, any case, x509.ReasonFlags and a Reason itself all mean one number."""
    reason = Reason.of(name)
    assert reason == number
    flag = x509.ReasonFlags[reason.name.lower()]
    assert name == flag.value
    for spelling in (reason.name, reason.name.lower(), name.upper(), flag, reason):
        assert Reason.of(spelling) is reason


def test_every_reason_is_there() -> None:
    """The ledger's reasons are those of the RFC, and those of cryptography; 7 is not used."""
    assert sorted(Reason) == sorted(RFC_REASONS.values())
    assert {reason.name.lower() for reason in Reason} == {flag.name for flag in x509.ReasonFlags}


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("key_compromised", "did you mean 'key_compromise'"),
        ("keyCompromised", "did you mean 'key_compromise'"),
        ("Superceded", "did you mean 'superseded'"),
        ("hold", "RFC 5280 has unspecified, key_compromise"),
        ("", "RFC 5280 has unspecified, key_compromise"),
    ],
)
def test_an_unknown_reason_names_the_nearest(wrong: str, near: str) -> None:
    """A reason RFC 5280 does not have raises ValueError with a near name, or with all of them."""
    with pytest.raises(ValueError, match=f"{wrong!r} is no revocation reason; {near}"):
        Reason.of(wrong)


@pytest.mark.parametrize("wrong", [1, None, b"key_compromise", Status.GOOD])
def test_a_reason_of_another_type_is_refused(wrong: object) -> None:
    """A number or anything else that is no name raises TypeError that says what a reason is."""
    with pytest.raises(TypeError, match=r"a reason is a name such as 'key_compromise', or x509.ReasonFlags"):
        Reason.of(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "words"),
    [(Status.GOOD, "good"), (Status.UNKNOWN, "unknown"), (HELD, "revoked (certificate_hold)")],
)
def test_a_status_in_words(status: Status | Revocation, words: str) -> None:
    """Messages say a status in a word or two."""
    assert describe_status(status) == words
