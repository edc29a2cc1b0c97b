"""How `mockpki scenarios` shows the table: for people, as JSON, and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from ..relying_party import ClientPolicy, Policy
from ..scenarios import Expectation, Expected, Scenario
from ..scenarios.servers import StapleScenario

Policies = Mapping[str, Policy]
"""Policies by what to call them."""

_STYLES = {Expected.ACCEPT: "green", Expected.REJECT: "red", Expected.EITHER: "yellow"}


def show_scenarios(console: Console, chosen: Sequence[Scenario], policies: Policies) -> None:
    """Print each scenario with its sentence, and what each policy demands."""
    for scenario in chosen:
        console.print(Text(scenario.name, "bold"))
        _show_words(console, Text(scenario.sentence))
        for line in _list_demands(scenario, policies):
            _show_words(console, line)


def _show_words(console: Console, words: Text) -> None:
    """Print *words* folded and indented, and nothing at the ends of lines."""
    for line in words.wrap(console, console.width - 6):
        line.rstrip()
        console.print(Text.assemble(" " * 6, line), soft_wrap=True)


def _list_demands(scenario: Scenario, policies: Policies) -> list[Text]:
    """A line for each verdict; with one policy, its reason, too."""
    expected = {name: scenario.expected(policy) for name, policy in policies.items()}
    lines = []
    for verdict, style in _STYLES.items():
        names = [name for name, one in expected.items() if one.verdict is verdict]
        if not names:
            continue
        line = Text.assemble((str(verdict), style), ": ")
        reason = expected[names[0]].reason
        if len(policies) == 1:
            line.append(reason)
        else:
            line.append(", ".join(names))
            line.append(f" ({reason})" if verdict is Expected.EITHER else "")
        lines.append(line)
    return lines


def show_quotations(console: Console, policies: Policies) -> None:
    """Print the sentences of their own documentation that the policies of clients follow."""
    for name, policy in policies.items():
        if isinstance(policy, ClientPolicy):
            console.print(Text.assemble("\n", (name, "bold")))
            _show_words(console, Text(f"{policy.client}, by its own documentation:"))
            for quotation in policy.says:
                _show_words(console, Text(str(quotation)))


def show_stapling(console: Console, chosen: Sequence[StapleScenario]) -> None:
    """Print each scenario for servers with its sentence, and what a good server does in it."""
    for scenario in chosen:
        console.print(Text(scenario.name, "bold"))
        _show_words(console, Text(scenario.sentence))
        for demand in scenario.demands:
            _show_words(console, Text.assemble((demand.name, "green"), ": ", demand.sentence))


def write_stapling_markdown(chosen: Sequence[StapleScenario]) -> str:
    """A table of scenarios for servers."""
    lines = ["| scenario | what it is | what a good server does |", "| --- | --- | --- |"]
    for scenario in chosen:
        demands = ", ".join(demand.name for demand in scenario.demands)
        lines.append(f"| `{scenario.name}` | {scenario.sentence} | {demands} |")
    return "\n".join(lines)


def write_scenarios_json(
    chosen: Sequence[Scenario], policies: Policies, stapling: Sequence[StapleScenario] = ()
) -> str:
    """A list of objects: ``name``, ``sentence``, and ``expected`` by the policy's name.

    Those for servers have ``demands`` instead, each with its name and sentence.
    """
    return json.dumps(
        [
            {
                "name": scenario.name,
                "sentence": scenario.sentence,
                "expected": {
                    name: _make_object(scenario.expected(policy)) for name, policy in policies.items()
                },
            }
            for scenario in chosen
        ]
        + [
            {
                "name": scenario.name,
                "sentence": scenario.sentence,
                "demands": [{"name": one.name, "sentence": one.sentence} for one in scenario.demands],
            }
            for scenario in stapling
        ],
        indent=2,
    )


def _make_object(expected: Expectation) -> Mapping[str, object]:
    return {
        "verdict": str(expected.verdict),
        "reason": expected.reason,
        "told_by": sorted(expected.told_by),
    }


def write_scenarios_markdown(chosen: Sequence[Scenario], policies: Policies) -> str:
    """A table: a scenario each line, a policy each column."""
    lines = [
        f"| scenario | what it is | {' | '.join(policies)} |",
        f"| --- | --- |{' --- |' * len(policies)}",
    ]
    for scenario in chosen:
        verdicts = " | ".join(str(scenario.expected(policy).verdict) for policy in policies.values())
        lines.append(f"| `{scenario.name}` | {scenario.sentence} | {verdicts} |")
    return "\n".join(lines)
