"""An outcome says what was seen, and which demands were kept."""

from concurrent.futures import Future

from mockpki.scenarios.servers import Judged
from mockpki.staplers import Outcome
from tests.kit.server_outcomes import outcome_of


class TestOutcome:
    def test_words(self) -> None:
        """A word for each handshake, with a bar between steps; and all of them in a row."""
        outcome = outcome_of("good-then-down", "none good | good")
        assert outcome.words == "none good | good"
        assert [one.says for one in outcome.all] == ["none", "good", "good"]
        assert outcome_of("good", "").words == ""

    def test_kept_and_broken(self) -> None:
        """A demand that could not be seen is neither kept nor broken."""
        judged = (
            Judged("a", "A.", True),
            Judged("b", "B.", False, "it is not"),
            Judged("c", "C.", None, "no one came"),
        )
        outcome = outcome_of("good", "good", judged=judged)
        assert [one.demand for one in outcome.kept] == ["a"]
        assert [one.demand for one in outcome.broken] == ["b"]
        assert [str(one) for one in judged] == [
            "kept: A.",
            "broken: B. But it is not.",
            "not seen: C. No one came.",
        ]
        assert str(outcome) == "good, a server: good\n  broken: B. But it is not."

    def test_nobody_listened(self) -> None:
        """Without a handshake, an outcome is told by why the server did not start."""
        assert str(outcome_of("good", "", no_start="it broke")) == "good, a server: it broke"

    def test_a_sentence_for_people(self, table: dict[tuple[str, str], Future[Outcome]]) -> None:
        """Printed, an outcome says what was seen, and each demand that is broken, and how."""
        text = str(table["nginx", "good"].result(60))
        assert text == (
            "good, nginx: none good good\n"
            "  broken: The first client is given a good staple. "
            "But the first handshake brought none (no staple)."
        )
