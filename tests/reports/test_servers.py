"""What was seen of a server, or of presets, as a report."""

from dataclasses import replace

from mockpki._probe.servers import ServerReport, name_own_line
from mockpki._reports.servers import describe_presets, describe_server
from mockpki.scenarios.servers import DEMANDS
from mockpki.staplers._words import in_words


def test_a_server(report: ServerReport) -> None:
    """Each scenario is a row, with what clients were given, what it broke, and every demand's fate."""
    found = describe_server(report)
    (group,) = found.groups
    assert [row.name for row in group.rows] == ["good", "refused", "idle"]
    assert [row.ok for row in group.rows] == [False, None, None]
    good, _, idle = group.rows
    assert [span.text for span in good.cells[0]] == ["none", "none", "none"]
    assert {span.tone for span in good.cells[0]} == {"none"}
    assert good.brief[-1].text == "breaks: ready (The first client is given a good staple)"
    assert idle.cells[0][-1].text == "..."
    assert [check.why for check in good.checks if check.kept is False] == [
        "the first handshake brought none (no staple)"
    ]
    assert [fact.name for fact in idle.facts] == ["Requests", "Left out"]
    assert found.verdict is not None
    assert (found.verdict.text, found.verdict.tone) == ("In 1 of 3 scenarios it breaks a demand.", "wrong")
    assert found.sentences[:2] == (report.likeness, "Demands: 0 kept, 1 broken, 11 not seen.")


def test_demands(report: ServerReport) -> None:
    """All demands are there, in their order; one that was broken says where, and why."""
    found = describe_server(report)
    assert [check.sentence for check in found.demands] == [demand.sentence for demand in DEMANDS]
    assert [check.kept for check in found.demands] == [report.demands[demand.name] for demand in DEMANDS]
    assert [check.places for check in found.demands if check.kept is False] == [
        (("good", "the first handshake brought none (no staple)"),)
    ]


def test_cases(report: ServerReport) -> None:
    """A demand in a scenario is a test case: it passed, it failed, or it could not be seen."""
    cases = describe_server(report).cases
    assert len(cases) == sum(len(outcome.judged) for outcome in report.outcomes)
    assert {case.state for case in cases} == {"failure", "skipped"}
    assert {case.message for case in cases if case.state == "skipped"} >= {
        "not seen: it never stapled, and never asked the responder"
    }
    (failure,) = (case for case in cases if case.state == "failure")
    assert (failure.suite, failure.name) == ("stapling.good", "ready")


def test_presets(presets: tuple[ServerReport, ...]) -> None:
    """Each preset is a row with its words and scenarios, opened if it is alone; the outage comes first."""
    found = describe_presets(presets)
    (group,) = found.groups
    assert [row.name for row in group.rows] == ["ideal", "apache"]
    assert [row.ok for row in group.rows] == [True, False]
    assert [row.sentences for row in group.rows] == [tuple(in_words(name)) for name in ("ideal", "apache")]
    assert not any(row.opened or row.checks for row in group.rows)
    assert found.timelines is not None
    assert found.timelines.leading
    assert [line.name for line in found.timelines.lines] == ["ideal", "apache"]
    (alone,) = describe_presets(presets[:1]).groups[0].rows
    assert alone.opened
    assert len(alone.checks) == len(DEMANDS)


def test_verdicts(report: ServerReport, presets: tuple[ServerReport, ...]) -> None:
    """What breaks nothing is told from what was never put to the test."""
    ideal = describe_server(presets[0]).verdict
    assert ideal is not None
    assert (ideal.text, ideal.tone) == ("It keeps every demand in 18 scenarios.", "right")
    some = describe_server(replace(presets[0], outcomes=presets[0].outcomes[:4]))
    assert some.verdict is not None
    assert some.verdict.text == "It breaks no demand in 4 scenarios."
    assert some.sentences[1] == "Demands: 3 kept, 0 broken, 9 not seen."
    unseen = describe_server(replace(report, outcomes=report.outcomes[1:])).verdict
    assert unseen is not None
    assert unseen.text == "In 2 scenarios nothing happened by which to judge it."
    checks = describe_server(report).demands
    assert all(check.why for check in checks if check.kept is None)
    assert {case.state for case in describe_server(presets[0]).cases} == {"passed", "skipped"}


def test_the_outage_has_the_server_in_it(report: ServerReport, presets: tuple[ServerReport, ...]) -> None:
    """A line of its own is marked, and else that of the design that it is like, if it is like one."""
    like = replace(presets[0], name="<like>", timelines=report.timelines)
    near = like.nearest
    assert near is not None
    first = report.timelines[0]
    own = replace(like, name="mine", timelines=(replace(first, name="mine"), *report.timelines))
    # A server may be called as a design is; then its line is not that of the design.
    called = replace(like, name=first.name)
    line = replace(first, name=name_own_line(first.name))
    called_too = replace(called, timelines=(line, *report.timelines))
    found = [describe_server(one).timelines for one in (report, like, own, called, called_too)]
    marks = [lines and lines.marks for lines in found]
    assert report.nearest is None
    assert marks == [
        {},
        {near.preset: f"what <like> is {'most ' if near.differ else ''}like"},
        {"mine": "the server under test"},
        {near.preset: f"what {first.name} is {'most ' if near.differ else ''}like"},
        {f"{first.name} (yours)": "the server under test"},
    ]


def test_how_time_passed(report: ServerReport) -> None:
    """It is said that hours passed for the server; if they did not, why."""
    assert describe_server(report).sentences[-1] == (
        "No hours passed for it: its clock was not moved, since that was not wanted."
    )
    moved = describe_server(replace(report, virtual_time=True, obstacle="")).sentences[-1]
    assert moved == "Hours and days passed for it: its clock went with ours, by libfaketime."


def test_slugs_are_explained(report: ServerReport) -> None:
    """Wherever a demand is called by its name, its sentence stands beside it."""
    found = describe_server(report)
    assert [check.name for check in found.demands] == [demand.name for demand in DEMANDS]
    assert all(check.name for row in found.rows for check in row.checks)
    assert {row.came for row in found.rows} <= set(found.grid)
