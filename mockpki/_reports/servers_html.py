"""How `mockpki probe --server` and `mockpki staplers` show their reports as a page."""

from __future__ import annotations

from collections.abc import Sequence

from .._probe.servers import ServerReport
from ..scenarios.servers import DEMANDS, WORDS, Outcome, Timeline, kind, named
from ..staplers._words import in_words
from .page import escape, facts, page
from .timeline_svg import STYLE, legend, timeline_svg

_STYLE = f"""<style>{STYLE}
.seen {{ display: flex; flex-wrap: wrap; gap: .15rem .25rem; align-items: center; }}
.word {{ border-radius: .2em; color: #fff; padding: 0 .35em; font: 600 .78rem/1.5 system-ui, sans-serif; }}
.then {{ color: var(--dim); font-size: .8rem; }}
dd .wrong {{ font-size: .85rem; }}
.demands {{ list-style: none; padding: 0; }}
.demands li {{ padding: .1rem 0 .1rem 1.4rem; text-indent: -1.4rem; }}
.demands .mark {{ display: inline-block; width: 1.4rem; text-indent: 0; font-weight: 700; }}
h3 {{ font-size: 1rem; margin: .7rem 0 0; }}
summary .seen {{ flex: 1 1 14rem; }}
</style>"""
_MARKS = {True: ("right", "&#10003;"), False: ("wrong", "&#10007;"), None: ("dim", "&ndash;")}


def server_page(report: ServerReport) -> str:
    """A whole page about a server."""
    title = f"{report.name} as a stapling server"
    broken = [outcome for outcome in report.outcomes if outcome.broken]
    verdict = (
        f'<span class="wrong">In {len(broken)} of {len(report.outcomes)} scenarios it breaks a demand.</span>'
        if broken
        else f'<span class="right">It keeps every demand in {len(report.outcomes)} scenarios.</span>'
    )
    parts = [
        _STYLE,
        f"<h1>{escape(title)}</h1>",
        f'<div class="box"><p>{verdict} {escape(report.likeness)}</p>',
        f"<p class='dim'><code>{escape(report.command)}</code></p></div>",
        "<h2>What an ideal server does</h2>",
        _demands(report),
        "<h2>Scenarios</h2>",
        *(_outcome(outcome) for outcome in report.outcomes),
        _words(report.outcomes),
    ]
    if report.timelines:
        parts += [
            "<h2>An outage, and how well-known designs live through it</h2>",
            *_timelines(report.timelines),
        ]
    return page(title, "\n".join(parts))


def presets_page(reports: Sequence[ServerReport]) -> str:
    """A whole page about presets."""
    title = reports[0].name if len(reports) == 1 else "Stapling servers, by design"
    lines = [line for report in reports for line in report.timelines]
    parts = [_STYLE, f"<h1>{escape(title)}</h1>", "<h2>An outage of the responder</h2>", *_timelines(lines)]
    parts.append("<h2>What they do</h2>")
    for report in reports:
        broken = sorted({judged.demand for outcome in report.outcomes for judged in outcome.broken})
        said = f"breaks {', '.join(broken)}" if broken else "keeps every demand"
        opened = " open" if len(reports) == 1 else ""
        parts += [
            f'<details class="{"wrong" if broken else "right"}"{opened}>'
            f"<summary><span>{escape(report.name)}</span><span class='dim'>{escape(said)}</span></summary>",
            f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in in_words(report.name))}</ul>",
            _matrix(report),
            "</details>",
        ]
    parts.append(_words([outcome for report in reports for outcome in report.outcomes]))
    return page(title, "\n".join(parts))


def _demands(report: ServerReport) -> str:
    items = []
    for demand in DEMANDS:
        style, mark = _MARKS[report.demands[demand.name]]
        where = [
            outcome.scenario
            for outcome in report.outcomes
            if any(judged.demand == demand.name for judged in outcome.broken)
        ]
        said = f' <span class="dim">({escape(", ".join(where))})</span>' if where else ""
        items.append(f'<li><span class="mark {style}">{mark}</span>{escape(demand.sentence)}{said}</li>')
    key = "&#10003; kept wherever it could be seen, &#10007; broken, &ndash; not seen"
    return f'<ul class="demands">{"".join(items)}</ul><p class="dim">{key}</p>'


def _outcome(outcome: Outcome) -> str:
    scenario = named(outcome.scenario)
    style = "wrong" if outcome.broken else "right" if outcome.kept else ""
    pairs = [
        ("requests", f"{outcome.requests_before} before the first handshake, {outcome.requests} in all"),
        *([("start", escape(outcome.no_start))] if outcome.no_start else []),
        *(
            [("start", "the port was open only when the responder had answered")]
            if outcome.late_start
            else []
        ),
        *([("time", "it was waited for")] if outcome.passing == "waited" else []),
        *([("time", "the clock was shifted")] if outcome.passing == "shifted" else []),
        *([("left out", escape(outcome.left_out))] if outcome.left_out else []),
    ]
    items = []
    for judged in outcome.judged:
        mark_style, mark = _MARKS[judged.kept]
        why = f' <span class="wrong">But {escape(judged.why)}.</span>' if judged.why else ""
        items.append(f'<li><span class="mark {mark_style}">{mark}</span>{escape(judged.sentence)}{why}</li>')
    return (
        f'<details class="{style}"><summary><span>{escape(outcome.scenario)}</span>{_seen(outcome)}</summary>'
        f'<p>{escape(scenario.sentence)}</p><ul class="demands">{"".join(items)}</ul>{facts(pairs)}</details>'
    )


def _seen(outcome: Outcome) -> str:
    """What was observed, word by word, in the colours of the timelines."""
    steps = (
        " ".join(
            f'<span class="word {kind(one.says)}" title="{escape(one.reason)}">{escape(one.says)}'
            f"{' (waited)' if one.waited else ''}</span>"
            for one in step
        )
        for step in outcome.handshakes
    )
    return f'<span class="seen">{" <span class=then>then</span> ".join(steps)}</span>'


def _matrix(report: ServerReport) -> str:
    """Every scenario in a line or two: what was seen, and what that breaks."""

    def cell(outcome: Outcome) -> str:
        broken = ", ".join(judged.demand for judged in outcome.broken)
        return f"{_seen(outcome)}{f'<span class=wrong>breaks {escape(broken)}</span>' if broken else ''}"

    return facts((outcome.scenario, cell(outcome)) for outcome in report.outcomes)


def _words(outcomes: Sequence[Outcome]) -> str:
    used = {one.says for outcome in outcomes for one in outcome.all}
    pairs = [(word, escape(WORDS[word])) for word in WORDS if word in used]
    return f"<h2>Words</h2>{facts(pairs)}"


def _timelines(lines: Sequence[Timeline]) -> list[str]:
    first = lines[0]
    hours = {
        name: getattr(first, name).total_seconds() / 3600 for name in ("every", "life", "down_at", "up_at")
    }
    used = {kind(one.says) for line in lines for one in line.seen}
    return [
        f"<p>A client connects every {_unit(hours['every'])}. Answers live for {hours['life']:g} h. "
        f"The responder is down from hour {hours['down_at']:g} to hour {hours['up_at']:g}, under the grey "
        "line.</p>",
        legend(
            tuple(
                name
                for name in ("good", "none", "expired", "error", "failed", "revoked", "other")
                if name in used
            )
        ),
        *(f"<h3>{escape(line.name)}</h3>{timeline_svg(line)}" for line in lines),
    ]


def _unit(hours: float) -> str:
    return "hour" if hours == 1 else f"{hours:g} h"
