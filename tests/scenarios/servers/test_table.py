"""What is stated of each preset is what it does, and outcomes are held against it."""

from concurrent.futures import Future

import pytest

from mockpki.scenarios.servers import BEHAVIOUR, WORDS, is_like, look_up_words, named, nearest
from mockpki.scenarios.servers._scenarios import NAMES
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
            assert nearest(outcomes) == (preset, ())
        odd = tuple(table["apache" if name == "refused" else "nginx", name].result(60) for name in NAMES)
        assert nearest(odd) == ("nginx", ("refused",))
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
