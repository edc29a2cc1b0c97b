"""What happened at a CA, as values."""

from typing import Any

import pytest

from mockpki.relying_party import HARD_FAIL
from mockpki.scenarios import Held, Instead, Offer, Published, Released, Revoked, Says, Scenario, Visited
from tests.kit.reference_client import by_name


def test_a_visit_is_history() -> None:
    """A client that came before is known from the history, as from what the responder did then."""
    assert by_name("crl-number-back").was_visited
    assert by_name("ocsp-recovers").was_visited
    assert not by_name("crl-served-from-cache").was_visited
    assert Scenario("x", "x.", history=(Visited(),)).was_visited


def test_values() -> None:
    """They are equal where they say the same, and know nothing of a CA."""
    assert (Held(), Revoked(), Released()) == (Held(), Revoked(), Released())
    assert Published() == Published(delta=False) != Published(delta=True)
    assert Instead("delta") != Instead("new key")


def test_mistakes() -> None:
    """What no history can be is refused with a sentence."""
    wrong: Any = "moon"
    with pytest.raises(ValueError, match="of='moon' is no other CRL; there are earlier issue, another shard"):
        Instead(wrong)
    with pytest.raises(TypeError, match="delta"):
        Published(delta=wrong)
    with pytest.raises(ValueError, match="whose"):
        Revoked(wrong)
    with pytest.raises(ValueError, match="status='hold' and history= both say what became of the cert"):
        Scenario("x", "x.", status="hold", history=(Held(),))


def test_who_was_told() -> None:
    """A scenario of one's own: a CRL that only the client was told of, which says good."""
    mine = Scenario(
        "crl-told", "The client may know where the CRL is.",
        crl=Offer(Says.UNUSABLE, where="told", also=Says.NOTHING, why="a clause"),
    )  # fmt: skip
    expected = mine.expected(HARD_FAIL)
    assert (expected.verdict, expected.if_fetched) == ("either", "reject")
