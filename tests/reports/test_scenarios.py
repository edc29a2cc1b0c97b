"""How the table of scenarios is shown; tests/cli/test_scenarios.py has the command."""

import json

from rich.console import Console

from mockpki._reports.scenarios import show_scenarios, write_scenarios_json, write_scenarios_markdown
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL
from mockpki.scenarios import matching

CHOSEN = matching(("ocsp-good", "staple-empty"))
POLICIES = {"mine": HARD_FAIL, "yours": SOFT_FAIL}


def print_scenarios(width: int) -> str:
    """The table as it is printed to a terminal of that width."""
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        show_scenarios(console, CHOSEN, POLICIES)
    return capture.get()


def test_policies_by_what_they_are_called() -> None:
    """A policy of one's own stands under the name that it was given."""
    assert "      accept: mine, yours\n" in print_scenarios(300)
    (good, *_) = json.loads(write_scenarios_json(CHOSEN, POLICIES))
    assert list(good["expected"]) == ["mine", "yours"]
    assert write_scenarios_markdown(CHOSEN, POLICIES).startswith("| scenario | what it is | mine | yours |\n")


def test_widths() -> None:
    """A narrow terminal has the same words in more lines."""
    narrow, wide = print_scenarios(40), print_scenarios(300)
    assert max(map(len, narrow.splitlines())) <= 40
    assert narrow.split() == wide.split()
