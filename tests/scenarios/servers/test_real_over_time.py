"""Real stapling servers through six days, beside the presets that describe them.

Their clocks go with the PKI's. On the way the responder is down for longer than an answer lives, the server
is restarted while it is down and afterwards, and the certificate is revoked. What is compared is what each
client was given, and how often the responder was asked. Nothing here judges a server.
"""

from datetime import timedelta

import pytest

from mockpki import faults, staplers
from mockpki.scenarios.servers import Timeline, VirtualTime, World, timeline
from mockpki.staplers import StaplePolicy
from tests.kit.chances import CHANCES
from tests.kit.programs import need
from tests.servers.commands import SERVERS

HOUR = timedelta(hours=1)
EVERY = timedelta(hours=4, minutes=20)
"""No client comes within minutes of a moment at which an answer ends: the clocks agree to a minute. It is a
multiple of every hop."""
HOPS = {"hitch": timedelta(minutes=5)}
"""How far a clock may move at a time, for servers that ask of their own accord: as often as they may ask."""

UNEXPLAINED = "there are differences that nobody has explained:"


def live(world: World | StaplePolicy, days: int) -> Timeline:
    """Six days, or less: an outage that is seen by whoever asks, two restarts, and a revocation."""
    return timeline(
        world,
        life=24 * HOUR, up=20 * HOUR, down=40 * HOUR, after=(24 * days - 60) * HOUR, every=EVERY,
        outage=(faults.Garbage(b"<h1>500</h1>"), faults.HttpStatus(500)),
        restarts=(30 * HOUR, 100 * HOUR), revoked_at=120 * HOUR,
    )  # fmt: skip


def find_difference(name: str, preset: str, chances: int, days: int = 6) -> str:
    """What was unlike between the server and the preset, each time: empty if they were alike once."""
    need("faketime")
    server = SERVERS[name]()
    ours = live(staplers.named(preset), days)
    assert ours.length > timedelta(days=days) - EVERY
    assert ours.share("good") < 1
    world = VirtualTime(server, hop=HOPS.get(name, HOUR), reaction=timedelta())
    differing = []
    for _ in range(chances):
        real = live(world, days)
        said, wanted = ([one.says for one in line.seen] for line in (real, ours))
        if said == wanted and real.fetches == ours.fetches:
            return ""
        differing.append(f"server: {real.line}, asked {real.fetches} times")
    return "\n  ".join([name, *differing, f"preset: {ours.line}, asked {ours.fetches} times"])


@pytest.mark.parametrize("name", ["nginx", "apache", "apache-quiet", "jsse", "hitch"])
def test_a_preset_lives_as_its_server_does(name: str) -> None:
    """Each client is given the same, and the responder is asked as often, through all of six days."""
    difference = find_difference(name, name, CHANCES.get(name, 2))
    assert not difference, f"{UNEXPLAINED}\n{difference}"


def test_another_design_is_told_apart() -> None:
    """The comparison can fail: nginx does not live as the preset of another server."""
    assert find_difference("nginx", "jsse", 1, days=3).startswith("nginx\n  server: .G")
