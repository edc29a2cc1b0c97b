"""What is said of CRLs and filters is measured: the sizes are those of what others can read."""

import random

import pytest
from cryptography import x509

from mockpki import PKI, crlite
from mockpki._probe import filters
from mockpki._probe.filters import Weight, weigh


@pytest.fixture(scope="module")
def thousand() -> Weight:
    """A thousand certificates, of which 40 are revoked, and four of these new."""
    return weigh(1_000, 0.04, 0.1)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of them is looked up, for what does not need more."""
    monkeypatch.setattr(filters, "LOOKED_UP", 2_000)


@pytest.mark.usefixtures("few")
class TestCounts:
    @pytest.mark.parametrize(
        ("known", "revoked", "new", "expected"),
        [
            (1, 0.012, 0.01, (0, 0)),
            (1, 1, 1, (1, 1)),
            (100, 0, 1, (0, 0)),
            (100, 0.1, 0, (10, 1)),
            (100, 0.5, 0.1, (50, 5)),
            (100, 1, 0.5, (100, 50)),
        ],
    )
    def test_shares(self, known: int, revoked: float, new: float, expected: tuple[int, int]) -> None:
        """Shares are of what is known, and of what is revoked; one at least is new. None is wrong."""
        found = weigh(known, revoked, new)
        assert (found.known, found.revoked, found.new) == (known, *expected)
        assert (found.looked_up, found.wrong) == (known, 0)

    def test_few_are_looked_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of many, some of both kinds are looked up, and all that are revoked if there is room."""
        monkeypatch.setattr(filters, "LOOKED_UP", 100)
        for revoked in (0.01, 0.5, 0.9, 0.99):
            found = weigh(1_000, revoked, 0.01)
            assert (found.looked_up, found.wrong, found.strangers) == (100, 0, 100)

    def test_wrong_answers_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A filter that takes all for good is wrong about what is revoked, its opposite about the rest."""
        for status, wrong in ((crlite.Status.GOOD, 5), (crlite.Status.REVOKED, 45)):
            monkeypatch.setattr(crlite.Clubcard, "status", lambda *_, status=status: status)
            assert weigh(50, 0.1, 0.1).wrong == wrong

    def test_false_positives(self) -> None:
        """Of strangers, about as many as the share of revoked ones lets expect: none, a few, half, or all."""
        assert weigh(50, 0, 0).false_positives == 0
        assert weigh(50, 1, 0).false_positives == filters.LOOKED_UP
        assert 0.4 < weigh(400, 0.5, 0).false_positives / filters.LOOKED_UP < 0.6
        assert 0.005 < weigh(1_000, 0.03, 0).false_positives / filters.LOOKED_UP < 0.05


class TestSizes:
    def test_filter(self, thousand: Weight) -> None:
        """The filters are as large as those of any other such certificates, in both versions."""
        dice = random.Random(7)
        serials = [dice.getrandbits(126) | 1 << 126 for _ in range(1_000)]
        card, delta = (
            crlite.Clubcard.build({bytes(32): (serials, serials[:count])}, {bytes(32): (0, 2)})
            for count in (40, 4)
        )
        found = (thousand.filter_v3, thousand.filter_v4, thousand.delta_v3, thousand.delta_v4)
        expected = (len(card.v3()), len(card.v4()), len(delta.v3()), len(delta.v4()))
        # How far rows run past the last is chance; they are words of eight octets.
        assert all(
            abs(one - other) <= 16 * card.blocks[0].rank for one, other in zip(found, expected, strict=True)
        )

    def test_crl(self, thousand: Weight) -> None:
        """The CRL is as large as a PKI's of as many, and a freshestCRL; the delta has 36 fewer."""
        with PKI() as pki:
            pki.revoke(range(1 << 126, (1 << 126) + 40))
            der = pki.crl.crl()
        assert len(list(x509.load_der_x509_crl(der))) == 40
        assert 50 < thousand.crl - len(der) < 120
        assert thousand.delta_crl < thousand.crl - 30 * 36

    def test_the_same_again(self, thousand: Weight) -> None:
        """The same arguments give the same sizes and the same answers; but signatures vary by some octets."""
        again = weigh(1_000, 0.04, 0.1)
        assert (again.filter_v3, again.false_positives) == (thousand.filter_v3, thousand.false_positives)
        assert abs(again.crl - thousand.crl) < 5
