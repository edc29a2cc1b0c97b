"""The options that several commands have."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockpki import relying_party, scenarios
from mockpki.cli import main
from mockpki.cli._options import Runs, choose_scenarios, duration, gather, load_baseline, read_policy
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
    """What is typed is a policy under its own name; without one there are all that scenarios tell apart."""
    assert read_policy("hard-fail") == {"hard-fail": relying_party.HARD_FAIL}
    assert read_policy("rfc5280,sources=CRL") == {
        "rfc5280,sources=CRL": replace(relying_party.RFC5280, sources=("CRL",))
    }
    assert read_policy(None) == scenarios.POLICIES
    soft = relying_party.CLIENTS["jdk-soft-fail"]
    assert read_policy("jdk-soft-fail,timeout=1s") == {
        "jdk-soft-fail,timeout=1s": replace(soft, timeout=timedelta(seconds=1))
    }
    with pytest.raises(click.UsageError, match="use_deltas=yes makes no difference"):
        read_policy("hard-fail,sources=OCSP,use_deltas=yes")
    with pytest.raises(click.UsageError, match="--policy: there is no policy 'hard'"):
        read_policy("hard")


def test_scenarios_of_filters() -> None:
    """Those of filters are left out where there are none, but for who asks for them by name."""
    names = {one.name for one in choose_scenarios((), filters=False)}
    left_out = {one.name for one in choose_scenarios(())} - names
    assert left_out == {one.name for one in choose_scenarios(["crlite-*"], filters=False)}
    assert len(left_out) == 8


def test_scenarios() -> None:
    """Patterns choose, others leave out, and something has to be left."""
    assert [one.name for one in choose_scenarios(("crl-[gr]*",), ("crl-refused",))][:1] == ["crl-good"]
    with pytest.raises(click.UsageError, match="--skip leaves out every scenario"):
        choose_scenarios(("crl-good",), ("crl-*",))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A place to write to is looked at before anything is run."""
    with pytest.raises(click.UsageError, match="there is no folder"):
        Output("text", tmp_path / "none" / "report")


@pytest.mark.parametrize("command", sorted(main.commands))
def test_nothing_is_overridden(command: str) -> None:
    """Of every command, each option that can stand once is refused the second time."""
    for option in main.commands[command].params:
        if not isinstance(option, click.Option) or option.multiple or option.is_flag:
            continue
        value = option.type.choices[0] if isinstance(option.type, click.Choice) else "1"
        result = CliRunner().invoke(main, [command, *2 * [option.opts[0], value], "--", "x", "{url}"])
        assert result.exit_code == 2
        assert f"{option.opts[0]} is given 2 times, and can be given once." in " ".join(result.stderr.split())


def test_what_may_be_repeated() -> None:
    """Patterns may be given again, and so may flags."""
    again = ["--only", "crl-good", "--only", "crl-revoked", "--delegated", "--delegated", "--", "x"]
    result = CliRunner().invoke(main, ["probe", *again])
    assert "Nothing in the command x tells the client where to go" in result.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no-check,hard_fail=yes", "no-check,hard_fail=yes asks no source, and so would reject every"),
        ("no-check,whole-chain=no", "whole-chain=no makes no difference"),
        ("hard-fail,sources=none", "hard-fail,sources=none asks no source"),
        ("soft-fail,sources=none,unknown_rejects=no", "unknown_rejects=no makes no difference"),
        (
            "hard-fail,sources=OCSP,require_staple=no",
            "require_staple=no makes no difference",
        ),
        ("hard-fail,sources=OCSP+staple,bad_staple_rejects=no", "here has the sources OCSP+staple"),
    ],
)
def test_variations_that_change_nothing(text: str, sentence: str) -> None:
    """A variation that a policy's sources leave without effect is refused, and it is said why."""
    with pytest.raises(click.UsageError, match=r"^--policy: ") as caught:
        read_policy(text)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "no-check,sources=OCSP,hard_fail=yes",
        "hard-fail,sources=OCSP,whole_chain=no,timeout=2s",
        "staple-required,require_staple=no",
        "no-check,timeout=5s",
    ],
)
def test_variations_that_matter(text: str) -> None:
    """What makes a difference, or may make one, is taken."""
    assert list(read_policy(text)) == [text]


@pytest.mark.parametrize(
    ("form", "name", "found"),
    [
        (None, "y.html", "html"),
        (None, "y.HTM", "html"),
        (None, "y.json", "json"),
        (None, "y.xml", "junit"),
        (None, "y.txt", "text"),
        (None, "y", "text"),
        ("json", "y.html", "json"),
        ("text", "y.pdf", "text"),
    ],
)
def test_the_form_of_a_file(tmp_path: Path, form: str | None, name: str, found: str) -> None:
    """What was said counts, and else how the file ends."""
    assert Output(form or "", tmp_path / name).form == found


@pytest.mark.parametrize(("forms", "name"), [(("text", "html"), "y.xml"), (("text", "html"), "y.pdf")])
def test_a_file_of_no_kind(tmp_path: Path, forms: tuple[str, ...], name: str) -> None:
    """A file whose name says what cannot be written is refused, with what can."""
    with pytest.raises(click.UsageError, match=rf"{name} is of no kind .* --format \(text, html\)"):
        Output("", tmp_path / name, forms)


def test_baselines(tmp_path: Path) -> None:
    """What is in it has to be known, and it has to be there; without one there is none."""
    file = tmp_path / "known.json"
    file.write_text('{"exceptions": ["ocsp-stale"]}')
    baseline = load_baseline(file, ["ocsp-stale", "crl-stale"])
    assert baseline is not None
    assert baseline.exceptions == {"ocsp-stale"}
    assert load_baseline(None, []) is None
    with pytest.raises(click.UsageError, match="has an exception 'ocsp-stale'; did you mean ocsp-stail"):
        load_baseline(file, ["ocsp-stail"])
    with pytest.raises(click.UsageError, match=r"--baseline: .*none\.json cannot be read: No such file"):
        load_baseline(tmp_path / "none.json", [])
    file.write_text("nonsense")
    with pytest.raises(click.UsageError, match=r"--baseline: .*known\.json is no JSON"):
        load_baseline(file, [])


def test_durations() -> None:
    """A time has a unit, is no shorter than nothing, and is in whole seconds, as those of CRLs are."""
    assert [duration(text) for text in ("0s", "1.5h")] == [timedelta(), timedelta(minutes=90)]
    for text in ("", "7", "-1h", "1.5s", "1 h", "1w", "99999999999d"):
        with pytest.raises(click.BadParameter, match="is no time in whole seconds, such as 90s"):
            duration(text)
