"""A client that reads complete CRLs and deltas."""

from datetime import datetime, timedelta

from mockpki import PKI, publishing
from mockpki._validation.revocation_list import RevocationList
from mockpki.publishing import Deltas, Publishing, Schedule
from mockpki.scenarios.publishers._crl_client import CrlClient

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class World:
    """A PKI with deltas whose clock stands, and what was loaded from it."""

    def __init__(self, pki: PKI) -> None:
        self.pki = pki
        self.leaf = pki.issue_cert("localhost")
        self.loaded: list[bool] = []

    @property
    def now(self) -> datetime:
        """Its time."""
        return self.pki.clock.now()

    def load(self, delta: bool) -> RevocationList:
        """What is published."""
        self.loaded.append(delta)
        return RevocationList.load(self.pki.crl.file_for(self.leaf, delta).der)

    def look(self, client: CrlClient) -> tuple[str, list[bool]]:
        """What the client says, and what it has loaded for that."""
        self.loaded = []
        return client.look(self.leaf.serial_number, self.now, self.load), self.loaded


def test_what_is_loaded() -> None:
    """Who keeps loads nothing until the end of what it has, and who asks loads each time."""
    way = Publishing(Schedule(10 * DAY, 20 * DAY), deltas=Deltas(Schedule(DAY, DAY)))
    clients = [
        CrlClient("", keeps=keeps, deltas=deltas) for keeps in (False, True) for deltas in (False, True)
    ]
    with PKI(publishes=way, ago=40 * DAY) as pki, pki.clock.stop():
        world = World(pki)
        assert [world.look(one) for one in clients] == [
            ("good", [False, True][: 1 + one.deltas]) for one in clients
        ]
        asks, asks_deltas, keeps, keeps_deltas = clients
        pki.revoke(world.leaf)
        pki.clock.shift(DAY - HOUR)
        assert [world.look(one) for one in (keeps, keeps_deltas)] == [("good", []), ("good", [])]
        pki.clock.shift(HOUR)
        assert [world.look(one) for one in clients] == [
            ("good", [False]), ("revoked", [False, True]), ("good", []), ("revoked", [True]),
        ]  # fmt: skip
        # The delta starts from the complete CRL of the tenth day, which only one of them has.
        pki.clock.shift(9 * DAY)
        pki.clock.shift(DAY)
        assert [world.look(one) for one in (keeps, keeps_deltas)] == [
            ("good", []),
            ("revoked", [True, False]),
        ]
        ends = keeps.find_ends(world.now)
        assert [9 * DAY - HOUR < end - world.now <= 9 * DAY for end in ends] == [True]
        pki.clock.shift(9 * DAY)
        assert world.look(keeps) == ("revoked", [False])
        assert asks.find_ends(world.now) == []
        assert len(asks_deltas.find_ends(world.now)) == 0


def test_without_a_current_list() -> None:
    """Where the signer is down for longer than a list is good, nothing is known; nor by a delta alone."""
    with PKI(publishes=publishing.AD_CS, ago=40 * DAY) as pki, pki.clock.stop():
        world = World(pki)
        client = CrlClient("", keeps=False, deltas=True)
        with pki.crl.suspended():
            pki.clock.shift(7 * DAY)
            assert world.look(client)[0] == "good"
            pki.clock.shift(DAY)
            assert world.look(client)[0] == "none"
        assert world.look(client)[0] == "good"


def test_what_a_list_says_of_itself() -> None:
    """A complete CRL has a number, a delta a base, too."""
    with PKI(publishes="ad-cs", ago=DAY) as pki:
        complete, delta = (World(pki).load(one) for one in (False, True))
        assert (complete.number, complete.base) == (1, None)
        assert (delta.number, delta.base) == (1, 1)
