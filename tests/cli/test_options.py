"""The options that several commands have."""

from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockpki import relying_party
from mockpki.cli._options import Runs, choose_scenarios, gather, read_policy
from mockpki.cli._output import Output


@dataclass(frozen=True)
class Colours:
    """Two options as one value."""

    ink: str
    paper: str


@click.command()
@click.option("--loud", is_flag=True)
@gather(Colours, "colours", click.option("--ink", default="black"), click.option("--paper", help="Second."))
def draw(loud: bool, colours: Colours) -> None:
    """Say what was typed."""
    click.echo(f"{loud} {colours}")


def test_gather() -> None:
    """Options arrive as one value, beside those that stand alone, and are shown in their order."""
    typed = CliRunner().invoke(draw, ["--ink", "red", "--loud"])
    assert typed.output == "True Colours(ink='red', paper=None)\n"
    assert [option.name for option in draw.params] == ["loud", "ink", "paper"]


@pytest.mark.parametrize("jobs", [None, 3])
def test_jobs(jobs: int | None) -> None:
    """As many scenarios run at a time as was said, and else more than there are cores."""
    at_once = Runs((), (), jobs, 10.0, "P-256").at_once
    assert at_once == 3 if jobs else at_once >= 2


def test_policies() -> None:
    """What is typed is a policy under its own name; without one there are all."""
    assert read_policy("hard-fail") == {"hard-fail": relying_party.HARD_FAIL}
    assert read_policy(None) == relying_party.NAMED
    with pytest.raises(click.UsageError, match="--policy: there is no policy 'hard'"):
        read_policy("hard")


def test_scenarios() -> None:
    """Patterns choose, others leave out, and something has to be left."""
    assert [one.name for one in choose_scenarios(("crl-[gr]*",), ("crl-refused",))][:1] == ["crl-good"]
    with pytest.raises(click.UsageError, match="--skip leaves out every scenario"):
        choose_scenarios(("crl-good",), ("crl-*",))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A place to write to is looked at before anything is run."""
    with pytest.raises(click.UsageError, match="there is no folder"):
        Output("text", tmp_path / "none" / "report")
