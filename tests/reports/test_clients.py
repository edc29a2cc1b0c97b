"""What a probe found out about a client, as a report."""

from collections import Counter
from dataclasses import replace

import pytest

from mockpki import relying_party, scenarios
from mockpki._probe import ClientReport, Run, make_report
from mockpki._programs.processes import Ended
from mockpki._reports import FORMATS
from mockpki._reports.clients import describe_client
from mockpki.relying_party import HARD_FAIL, Policy
from mockpki.scenarios import TABLE, Outcome
from tests.kit.probes import COMMAND, run_reference


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
    assert set(made.values()) == {"staple", "ocsp", "crl", "crlite", "must-staple", "intermediate", ""}
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
    assert report.headline == ("my-client: soft-fail" if kept else "my-client does not keep hard-fail")
    assert report.verdict is not None
    assert (report.verdict.text, report.verdict.tone) == (found.verdict, "right" if kept else "wrong")
    assert (report.verdict.text, *report.sentences) == found.summary


@pytest.mark.parametrize(
    ("policy", "headline"),
    [
        (relying_party.HARD_FAIL, "my-client: hard-fail"),
        (
            replace(relying_party.HARD_FAIL, sources=("OCSP",), whole_chain=False, unknown_rejects=False),
            "my-client: no named policy; nearest is ",
        ),
    ],
)
def test_the_headline_of_what_was_found(policy: Policy, headline: str) -> None:
    """A name stands in it only if the client does all that it means; else the nearest one, as that."""
    runs = run_reference(policy, "ocsp-*", "crl-*", "staple-*", "intermediate-ocsp-*")
    found = describe_client(make_report(COMMAND, runs, 1.0))
    assert found.headline.startswith(headline)
    assert found.headline.removeprefix(headline) in {"", *relying_party.NAMED}


def test_the_policy_can_be_pasted(strict: ClientReport) -> None:
    """It stands in the facts once, as it is typed, with what its name means."""
    facts = {fact.name: fact for fact in describe_client(strict).facts}
    assert facts["Policy"].value[0].text == "--policy hard-fail"
    assert facts["hard-fail"].value[0].text == "accepts only what a source says is good"


def test_a_verdict_that_is_wrong(strict: ClientReport) -> None:
    """It is said what the client did, and what it should have done; what is right needs no more words."""
    brief = {row.name: row.brief[0].text for row in describe_client(strict).rows}
    assert brief["crl-refused"] == "accepted, should reject"
    assert brief["ocsp-silent"] == "hung, should reject"
    assert (brief["ocsp-good"], brief["ocsp-revoked"]) == ("accepted", "rejected")


def test_the_grid_has_every_row(strict: ClientReport) -> None:
    """Rows are gathered by what the client did, and it is said what the colours mean."""
    report = describe_client(strict)
    assert {came: len(rows) for came, rows in report.grid.items()} == Counter(row.came for row in report.rows)
    assert set(report.grid) == {"accepted", "rejected", "hung"}
    assert "as hard-fail demands" in report.grid_note


def test_there_is_room_for_filters() -> None:
    """The column of what was asked for is as wide as what stands there."""
    policy = replace(HARD_FAIL, sources=("CRLite", "staple", "OCSP", "CRL"))
    met = run_reference(policy, "crl-good")
    text = FORMATS["text"](describe_client(make_report(COMMAND, met, 1.0, ("filters too", policy))))
    assert "staple CRL CRLite" in text
