"""What a probe found out about a client, as a report."""

import pytest

from mockpki import scenarios
from mockpki._probe import ClientReport, Run, make_report
from mockpki._programs.processes import Ended
from mockpki._reports.clients import describe_client
from mockpki.scenarios import TABLE, Outcome
from tests.kit.probes import COMMAND


def test_the_report_has_both_kinds(strict: ClientReport, lenient: ClientReport) -> None:
    """The two reports below differ in what matters: one has failures of every kind, one has none."""
    assert not strict.kept
    assert {row.run.verdict for row in strict.rows} == {"accept", "reject", "hung"}
    assert {row.run.verdict for row in strict.failures} == {"accept", "hung"}
    assert len(strict.failures) < len(strict.rows)
    assert lenient.kept
    assert lenient.label == "soft-fail"
    assert list(strict.groups) == ["staple", "ocsp", "crl", "must-staple", "intermediate", ""]


def test_every_scenario_has_a_group() -> None:
    """Each scenario of the table stands in one group, and each group has some."""
    made = {}
    for scenario in TABLE:
        run = Run(scenario, (), Ended(0, "", 0.0), Outcome(True), scenarios.Seen((), (), ()))
        made[scenario.name] = make_report(COMMAND, [run], 0.0).rows[0].group
    assert set(made.values()) == {"staple", "ocsp", "crl", "must-staple", "intermediate", ""}
    assert made["must-staple-stale"] == "must-staple"
    assert made["no-sources"] == ""


def test_rows_are_the_runs(strict: ClientReport) -> None:
    """Every run is a row of its group, with its verdict in the table and its evidence behind it."""
    report = describe_client(strict)
    rows = {row.name: row for row in report.rows}
    assert rows.keys() == {row.name for row in strict.rows}
    for judged in strict.rows:
        row = rows[judged.name]
        assert row.ok == judged.ok
        assert len(row.cells) == len(report.groups[0].columns) - 1
        assert row.cells[0][0].text == judged.run.verdict
        assert [fact.name for fact in row.facts][:4] == ["Demanded", "Client", "Asked for", "Alerts"]
        assert row.story == str(judged.result)
    assert {rows[name].cells[0][0].tone for name in ("ocsp-silent", "crl-refused")} == {"wrong"}
    assert [rows[name].cells[0][0].tone for name in ("ocsp-good", "ocsp-revoked")] == ["accept", "reject"]


def test_problems_are_said_once(strict: ClientReport) -> None:
    """What went wrong in several scenarios is one problem, with the rows to go to."""
    problems = describe_client(strict).problems
    assert [row.name for row in problems["the client came to no verdict"]] == ["ocsp-silent"]
    assert sum(len(rows) for rows in problems.values()) == len(strict.failures)
    assert all(row.anchor == row.name for rows in problems.values() for row in rows)


@pytest.mark.parametrize("kept", [True, False])
def test_the_headline(strict: ClientReport, lenient: ClientReport, kept: bool) -> None:
    """The first words say whether a policy was kept, or which one it is like; the summary says more."""
    found = lenient if kept else strict
    report = describe_client(found)
    assert report.headline == (
        "my-client behaves like soft-fail" if kept else "my-client does not keep hard-fail"
    )
    assert report.verdict is not None
    assert (report.verdict.text, report.verdict.tone) == (found.verdict, "right" if kept else "wrong")
    assert (report.verdict.text, *report.sentences) == found.summary
