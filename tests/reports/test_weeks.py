"""Ways to publish, as a report."""

from dataclasses import replace

from mockpki._reports.weeks import describe_weeks, find_source
from mockpki.publishing import AD_CS, NAMED, in_words
from mockpki.scenarios.publishers import Week


def test_a_report(weeks: tuple[Week, ...]) -> None:
    """Each way is a row with its words and its source, opened if it is alone; the pictures come first."""
    found = describe_weeks(weeks)
    assert found.title == "How CAs publish CRLs"
    (group,) = found.groups
    assert [row.name for row in group.rows] == ["ad-cs", "vault"]
    assert not any(row.opened for row in group.rows)
    for row, week in zip(group.rows, weeks, strict=True):
        assert row.sentences == (*in_words(week.publishes), find_source(week.publishes))
        assert row.ok is None
    assert group.rows[1].brief[0].text == "asks each time: at once; keeps what it has: 1 d 18 h 30 min"
    assert found.weeks is not None
    assert found.weeks.lines == weeks
    assert found.weeks.sentence.startswith("A certificate is revoked 1 d 5 h 30 min after its CA began")
    (alone,) = describe_weeks(weeks[1:]).groups[0].rows
    assert alone.opened
    assert describe_weeks(weeks[1:]).title == "vault: how its CRLs are published"


def test_sources() -> None:
    """Each preset but the one that no CA has names its source, and what is nobody's has none."""
    sources = {name: find_source(value) for name, value in NAMED.items()}
    assert [name for name, source in sources.items() if not source] == ["immediate"]
    assert all(source.startswith("Source: ") for name, source in sources.items() if source)
    assert "stale-if-error=60" in sources["lets-encrypt"]
    assert find_source(replace(AD_CS, deltas=None)) == ""
