"""A report on a server as JSON. Its keys stay what they are; there may be more of them one day.

* ``server`` and ``command`` say what it was, ``exit_status`` what the command ends with; ``nearest`` is the
  preset that does most like it, with its number of workers and the scenarios where they differ; ``inert``
  says that it never stapled, and never asked.
* ``virtual_time``: its clock went with ours; if not, ``obstacle`` says why.
* ``demands``: ``state`` is ``kept``, ``broken`` or ``not seen``, in the whole or in one scenario,
  ``kept`` the same as true, false or null, and ``why`` how it was broken, or why it was not seen.
* ``scenarios``: one object each, with ``handshakes`` step by step, and how often the responder was asked.
* ``timelines``: what clients got in an outage, an item for each step: its own, if its clock went with ours,
  and those of each preset.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._probe.servers import ServerReport
from ..scenarios.servers import DEMANDS, STATES, Demand, Observation, Outcome, Timeline, named
from ..staplers._words import in_words

Object = dict[str, Any]


def make_preset_objects(reports: Sequence[ServerReport]) -> list[Object]:
    """Reports on presets: each with its name and its words."""
    return [{"preset": one.name, "words": in_words(one.name), **make_objects(one)} for one in reports]


def make_objects(report: ServerReport) -> Object:
    """A report on a server."""
    near = report.nearest
    return {
        "server": report.name,
        "command": report.command,
        "exit_status": report.exit_status,
        "inert": report.inert,
        "virtual_time": report.virtual_time,
        "obstacle": report.obstacle,
        "nearest": {
            "preset": near and near.preset,
            "workers": near and near.workers,
            "differs": list(near.differ) if near else [],
        },
        "demands": [_make_demand(demand, report) for demand in DEMANDS],
        "scenarios": [_make_scenario(outcome) for outcome in report.outcomes],
        "timelines": [_make_timeline(line) for line in report.timelines],
    }


def _make_demand(demand: Demand, report: ServerReport) -> Object:
    kept = report.demands[demand.name]
    return {
        "name": demand.name,
        "sentence": demand.sentence,
        "kept": kept,
        "state": STATES[kept],
        "why": "; ".join(report.find_reasons(demand.name)) if kept is None else "",
    }


def _make_scenario(outcome: Outcome) -> Object:
    return {
        "name": outcome.scenario,
        "sentence": named(outcome.scenario).sentence,
        "words": outcome.words,
        "handshakes": [[_make_observation(one) for one in step] for step in outcome.handshakes],
        "requests_before": outcome.requests_before,
        "requests": outcome.requests,
        "late_start": outcome.late_start,
        "no_start": outcome.no_start,
        "passing": outcome.passing,
        "left_out": outcome.left_out,
        "demands": [
            {
                "name": judged.demand,
                "sentence": judged.sentence,
                "kept": judged.kept,
                "state": judged.state,
                "why": judged.why,
            }
            for judged in outcome.judged
        ],
    }


def _make_observation(one: Observation) -> Object:
    return {
        "time": one.time.isoformat(),
        "says": one.says,
        "reason": one.reason,
        "usable": one.usable,
        "this_update": one.this_update and one.this_update.isoformat(),
        "next_update": one.next_update and one.next_update.isoformat(),
        "seconds": round(one.took.total_seconds(), 3),
        "waited": one.waited,
    }


def _make_timeline(line: Timeline) -> Object:
    return {
        "preset": line.name,
        "every_seconds": line.every.total_seconds(),
        "life_seconds": line.life.total_seconds(),
        "down_at_seconds": line.down_at.total_seconds(),
        "up_at_seconds": line.up_at.total_seconds(),
        "fetches": line.fetches,
        "says": [one.says for one in line.seen],
    }
