"""What is stated of each preset is what it does, and outcomes are held against it."""

import random
from concurrent.futures import Future
from dataclasses import replace

import pytest

from mockpki.scenarios.servers import (
    BEHAVIOUR,
    WORDS,
    count_workers,
    is_like,
    look_up_words,
    named,
    nearest,
    run,
)
from mockpki.scenarios.servers._scenarios import NAMES, Handshakes
from mockpki.staplers import NAMED, Outcome
from tests.kit.server_outcomes import outcome_of


@pytest.mark.parametrize(
    ("preset", "scenario"),
    [(preset, name) for preset in NAMED for name in NAMES if preset in BEHAVIOUR[name]],
)
def test_presets_keep_to_the_table(
    table: dict[tuple[str, str], Future[Outcome]], preset: str, scenario: str
) -> None:
    """What is stated of a preset is what it does, handshake by handshake."""
    outcome = table[preset, scenario].result(60)
    assert outcome.words == look_up_words(preset, scenario), outcome
    assert is_like(outcome, preset)


class TestTable:
    def test_everybody_is_in_it(self) -> None:
        """Every preset has its words in every scenario but those where what it checks is not stated."""
        silent = {
            (scenario, preset) for scenario in NAMES for preset in NAMED if preset not in BEHAVIOUR[scenario]
        }
        assert {scenario for scenario, _ in silent} == {"bad-signature", "wrong-certificate", "stale"}
        for scenario in ("bad-signature", "wrong-certificate", "stale"):
            assert {name for name, policy in NAMED.items() if not policy.verify} <= {
                preset for where, preset in silent if where == scenario
            }
            assert set(BEHAVIOUR[scenario]) >= {"nginx", "hitch", "ideal"}

    def test_its_words_are_words(self) -> None:
        """Nothing in the table is misspelt, and each line has as many words as there are handshakes."""
        for scenario, row in BEHAVIOUR.items():
            for words in row.values():
                assert set(words.replace("|", " ").split()) <= set(WORDS)
                counts = [step.count for step in named(scenario).steps if hasattr(step, "count")]
                assert [len(part.split()) for part in words.split("|")] == counts

    def test_nearest(self, table: dict[tuple[str, str], Future[Outcome]]) -> None:
        """What a preset did is most like that preset; and where it differs in one scenario, that is said."""
        for preset in ("nginx", "apache", "hitch", "node-ocsp"):
            outcomes = tuple(found.result(60) for (who, _), found in table.items() if who == preset)
            assert nearest(outcomes) == (preset, (), 1)
        odd = tuple(table["apache" if name == "refused" else "nginx", name].result(60) for name in NAMES)
        assert nearest(odd) == ("nginx", ("refused",), 1)
        assert nearest(()) is None

    def test_not_stated(self) -> None:
        """Where nothing is stated of a preset, nothing agrees with it or does not."""
        assert look_up_words("apache", "stale") is None
        assert is_like(outcome_of("stale", "none none"), "apache") is None
        assert is_like(outcome_of("stale", "none none"), "nginx")

    def test_outcomes_that_end_early(self) -> None:
        """What ends early is compared as far as it got; what got nowhere is like nobody."""
        begun = outcome_of("good-then-down", "none good good | good")
        assert is_like(begun, "nginx")
        assert not is_like(begun, "hitch")
        assert not is_like(outcome_of("good-then-down", ""), "nginx")


def spread(name: str, choose: random.Random, workers: int) -> Outcome:
    """The scenario of that name with so many workers of nginx, who take its clients by chance.

    Each of them is a server of its own, and is met by its own clients only.
    """
    scenario = named(name)
    rows = [
        [choose.randrange(workers) for _ in range(step.count)]
        for step in scenario.steps
        if isinstance(step, Handshakes)
    ]
    parts = []
    for worker in range(workers):
        counts = iter([row.count(worker) for row in rows])
        steps = tuple(
            replace(step, count=next(counts)) if isinstance(step, Handshakes) else step
            for step in scenario.steps
        )
        parts.append(run(replace(scenario, steps=steps), NAMED["nginx"]))
    handshakes = []
    for place, row in enumerate(rows):
        own = [iter(part.handshakes[place]) for part in parts]
        handshakes.append(tuple(next(own[worker]) for worker in row))
    requests = sum(part.requests for part in parts)
    return replace(parts[0], handshakes=tuple(handshakes), requests=requests)


class TestWorkers:
    """Servers whose workers have a cache each: which of them a client comes to is chance."""

    @pytest.mark.parametrize(
        ("scenario", "words", "requests", "workers"),
        [
            ("good", "none good good", 1, 1),
            ("good", "none none good", 2, 2),
            ("good", "none good none", 2, 2),
            ("good", "none none none", 3, 3),
            # With a single request there was no second worker: it is Squarespace that does this.
            ("good", "none none good", 1, None),
            ("good", "good good good", 1, None),
            ("good-then-down", "none good none | good | good good", 2, 2),
            ("good-then-down", "none good good | none | good none", 1, 2),
            ("good-then-down", "none good good | none | none none", 1, 2),
            ("good-then-down", "none good good | good | none none", 1, 2),
            ("good-then-down", "none none good | expired | good good", 2, None),
            ("restart-while-down", "none none good | none none", 2, 2),
            ("restart-while-down", "none none good | good none", 2, None),
            ("idle", "none good none | none none", 2, 2),
            ("idle", "none good good | good none", 1, None),
            ("down-then-good", "none none | none | good good", 1, 2),
            ("down-then-good", "none none | none | none none", 1, 2),
            ("down-then-good", "none none | good | good good", 1, None),
            ("slow", "none none", 2, 2),
            ("revoked", "none none", 1, 1),
            ("revoked", "none revoked", 1, None),
        ],
    )
    def test_count(self, scenario: str, words: str, requests: int, workers: int | None) -> None:
        """The fewest that explain what was seen; None where no number of them does."""
        outcome = outcome_of(scenario, words, requests=requests)
        assert count_workers(outcome, "nginx") == workers
        assert is_like(outcome, "nginx") is (workers is not None)

    @pytest.mark.parametrize("workers", [1, 2, 3, 4])
    def test_any_number_of_workers(self, workers: int) -> None:
        """The preset with so many workers is told to be nginx, with as many of them as were met."""
        policy = replace(NAMED["nginx"], workers=workers)
        outcomes = tuple(run(name, policy) for name in NAMES)
        found = nearest(outcomes)
        assert found == ("nginx", (), min(workers, 4))
        assert str(found) == ("nginx" if workers == 1 else f"nginx, with {found[2]} workers")

    def test_any_scheduler(self) -> None:
        """Whichever worker takes a client, by chance: it is nginx, and never a design that it is not."""
        choose = random.Random(7)
        for _ in range(4):
            found = nearest(tuple(spread(name, choose, workers=3) for name in NAMES))
            assert found is not None
            assert (found.preset, found.differ) == ("nginx", ())
            assert 2 <= found.workers <= 3

    def test_one_sighting_too_many_is_still_squarespace(
        self, table: dict[tuple[str, str], Future[Outcome]]
    ) -> None:
        """What asks once, after the second client, is told from two workers that ask once each."""
        outcomes = tuple(found.result(60) for (who, _), found in table.items() if who == "squarespace")
        assert nearest(outcomes) == ("squarespace", (), 1)

    def test_what_stapled_nothing_is_like_nobody(self) -> None:
        """Nothing is as like nginx as it is like anybody else."""
        assert nearest((outcome_of("good", "none none none"), outcome_of("refused", "none none"))) is None
        assert nearest((outcome_of("refused", "failed failed"),)) is None
        assert nearest((outcome_of("good", "none good good", requests=1),)) == ("nginx", (), 1)
