"""Reports on stapling servers: what was seen, what an ideal server does, and how it is shown."""

import io
import json
import re
import sys
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from mockpki._probe.servers import BROKEN, KEPT, ServerReport, probe_presets, probe_server
from mockpki._reports.servers_html import presets_page, server_page
from mockpki._reports.servers_text import as_json, as_junit, presets_json, show, show_presets
from mockpki.scenarios.servers import DEMANDS, SCENARIOS
from mockpki.staplers import NAMED, NotListening, Outcome, StaplePolicy, named
from mockpki.staplers._words import duration, in_words
from tests import servers

PLAIN = Path(servers.__file__).with_name("plain.py")
"""A TLS server that knows nothing of staples."""

SOME = ["good", "refused", "idle"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server, as a file to be filled in, though it has no placeholder."""
    path = tmp_path_factory.mktemp("server") / "server.py"
    path.write_text(PLAIN.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def command(template: Path) -> list[str]:
    """The command that starts it."""
    return [sys.executable, "{config}", "{port}", "{chain_file}", "{key_file}"]


@pytest.fixture(scope="module")
def report(template: Path) -> ServerReport:
    """A report on that server in a few scenarios, with all timelines."""
    seen: list[Outcome] = []
    grace = timedelta(milliseconds=20)
    made = probe_server(
        command(template), template, only=SOME, grace=grace, name="<plain>", progress=seen.append
    )
    assert {outcome.scenario for outcome in seen} == set(SOME)
    return made


@pytest.fixture(scope="module")
def presets() -> tuple[ServerReport, ...]:
    """Reports on two presets."""
    return probe_presets(["ideal", "APACHE"])


def text_of(report: ServerReport) -> str:
    """The report as people see it on a terminal."""
    console = Console(file=io.StringIO(), width=110)
    show(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


class TestRun:
    def test_what_it_holds(self, report: ServerReport) -> None:
        """There is an outcome for each scenario, in the table's order, and the demands are added up."""
        assert [outcome.scenario for outcome in report.outcomes] == ["good", "refused", "idle"]
        assert report.name == "<plain>"
        assert "{config}" in report.command
        assert report.demands["ready"] is False
        assert report.demands["opens"] is True
        assert report.demands["renews"] is None
        assert report.demands["must-staple"] is None
        assert report.broken == 1
        assert report.exit_status == BROKEN
        assert [line.name for line in report.timelines] == list(NAMED)

    def test_every_demand_kept(self, template: Path) -> None:
        """Where nothing is broken the status says so; the first start is none of the outcomes."""
        made = probe_server(
            command(template), template, only=["refused"], grace=timedelta(0), timelines=False
        )
        assert [outcome.scenario for outcome in made.outcomes] == ["refused"]
        assert made.exit_status == KEPT
        assert made.timelines == ()

    def test_likeness(self, report: ServerReport) -> None:
        """What it is most like is said in a sentence, with what is different."""
        assert report.nearest is not None
        preset, differ = report.nearest
        assert preset == "nginx"
        assert differ == ("good", "idle")
        assert report.likeness == "It behaves most like nginx, but for good and idle."
        same = ServerReport("a", "b", report.outcomes, ("nginx", ()))
        assert same.likeness == "It behaves like nginx."
        assert ServerReport("a", "b", ()).likeness == "It is like no preset."
        one = ServerReport("a", "b", (), ("nginx", ("good",)))
        assert one.likeness == "It behaves most like nginx, but for good."

    def test_a_server_that_never_listens(self) -> None:
        """Without a server there is no report, whatever scenario was chosen."""
        with pytest.raises(NotListening, match="ended with 3"):
            probe_server([sys.executable, "-c", "raise SystemExit(3)"], only=["refused"])

    def test_what_makes_no_sense(self) -> None:
        """Arguments that make no sense are errors before anything is started."""
        with pytest.raises(LookupError, match="did you mean refused"):
            probe_server("serve", only=["refusd"])
        with pytest.raises(ValueError, match="jobs is"):
            probe_server("serve", jobs=0)
        with pytest.raises(LookupError, match="did you mean hitch"):
            probe_presets(["hich"])

    def test_presets(self, presets: tuple[ServerReport, ...]) -> None:
        """A preset has a report like a server, in every scenario in which it is stated what it does."""
        ideal, apache = presets
        assert ideal.exit_status == KEPT
        assert len(ideal.outcomes) == len(SCENARIOS)
        assert apache.exit_status == BROKEN
        assert apache.name == "apache"
        assert "bad-signature" not in {outcome.scenario for outcome in apache.outcomes}
        assert [line.name for line in apache.timelines] == ["apache"]


class TestText:
    def test_a_server(self, report: ServerReport) -> None:
        """The terminal has every scenario, every demand, where it was broken, and the timelines."""
        text = text_of(report)
        for outcome in report.outcomes:
            assert outcome.scenario in text
        for demand in DEMANDS:
            assert demand.sentence in text
        assert "good: the first handshake brought none (no staple)" in text
        assert "none none none ..." in text  # what idle has left out
        assert report.likeness in text
        assert re.search(r"^nginx-file +G{24}E{48}$", text, re.MULTILINE)
        assert re.search("^ {24}-{48} *$", text, re.MULTILINE)
        assert "L an error of the responder's, stapled" in text

    def test_without_timelines(self, report: ServerReport) -> None:
        """They are left out where there are none."""
        bare = ServerReport(report.name, report.command, report.outcomes)
        assert "nginx-file" not in text_of(bare)

    def test_presets(self, presets: tuple[ServerReport, ...]) -> None:
        """Several presets are words and timelines; one alone is shown with what it does, too."""
        console = Console(file=io.StringIO(), width=110)
        show_presets(presets, console)
        several = console.file.getvalue()  # type: ignore[attr-defined]
        assert "It asks when it starts, in the background." in several
        assert "good-then-down" not in several
        show_presets(presets[1:], console)
        alone = console.file.getvalue()[len(several) :]  # type: ignore[attr-defined]
        assert "good (waited) good" in alone
        assert "waits up to 10 s" in alone


class TestForPrograms:
    def test_json(self, report: ServerReport) -> None:
        """The JSON has all that was seen."""
        data = json.loads(as_json(report))
        assert data["server"] == "<plain>"
        assert data["exit_status"] == BROKEN
        assert data["nearest"] == {"preset": "nginx", "differs": ["good", "idle"]}
        good, refused, idle = data["scenarios"]
        assert good["words"] == "none none none"
        assert good["handshakes"][0][0]["says"] == "none"
        assert good["handshakes"][0][0]["next_update"] is None
        assert {demand["name"]: demand["kept"] for demand in good["demands"]}["ready"] is False
        assert refused["left_out"] == ""
        assert idle["left_out"]
        assert len(data["timelines"]) == len(NAMED)
        assert set(data["timelines"][0]["says"]) == {"none", "good"}

    def test_json_of_presets(self, presets: tuple[ServerReport, ...]) -> None:
        """Presets are a list, each with its words; times are ISO."""
        ideal, _ = json.loads(presets_json(presets))
        assert ideal["preset"] == "ideal"
        assert ideal["words"] == in_words("ideal")
        seen = ideal["scenarios"][0]["handshakes"][0][0]
        assert seen["next_update"].endswith("+00:00")
        assert seen["waited"] is False

    def test_junit(self, report: ServerReport) -> None:
        """In JUnit each demand in each scenario is a test: passed, failed, or (not seen) skipped."""
        suite = ElementTree.fromstring(as_junit(report))
        cases = {(case.get("classname"), case.get("name")): case for case in suite}
        assert len(cases) == int(suite.get("tests", 0)) == sum(len(one.judged) for one in report.outcomes)
        failed = cases["stapling.good", "ready"].find("failure")
        assert failed is not None
        assert failed.get("message") == "the first handshake brought none (no staple)"
        assert "Seen: none none none" in (failed.text or "")
        assert cases["stapling.idle", "renews"].find("skipped") is not None
        assert list(cases["stapling.refused", "opens"]) == []
        assert (suite.get("failures"), suite.get("skipped")) == ("1", "1")

    def test_what_xml_cannot_hold(self, template: Path) -> None:
        """A server may print what no XML can hold; the report is XML all the same."""
        asks = """
import sys, urllib.request
print("\x1b[31mred", flush=True)
try:
    urllib.request.urlopen(sys.argv[4], b"", 5)
except OSError:
    raise SystemExit(1)
"""
        words = [
            sys.executable,
            "-c",
            asks + PLAIN.read_text(encoding="utf-8"),
            "{port}",
            "{chain_file}",
            "{key_file}",
        ]
        made = probe_server([*words, "{ocsp_url}"], only=["refused"], grace=timedelta(0), timelines=False)
        suite = ElementTree.fromstring(as_junit(made))
        assert "\ufffd[31mred" in ElementTree.tostring(suite, encoding="unicode")
        page = server_page(made)
        assert "\x1b" not in page
        assert "ended with 1 before it listened" in page


class Tags(HTMLParser):
    """Reads a page, and holds that every tag that is opened is closed."""

    VOID = {"meta", "br", "rect", "line"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Tags:
    """The page's tags."""
    tags = Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    return tags


class TestHtml:
    def test_a_server(self, report: ServerReport) -> None:
        """The page has a part for each scenario, a picture for each preset, and nothing from elsewhere."""
        page = server_page(report)
        tags = read(page)
        names = [name for name, _ in tags.seen]
        assert names.count("details") == len(report.outcomes)
        assert names.count("svg") == len(NAMED)
        assert "script" not in names
        assert not [value for _, attrs in tags.seen for key, value in attrs.items() if key in ("src", "href")]
        assert "url(" not in page
        assert "&lt;plain&gt; as a stapling server" in page
        assert "<plain>" not in page
        assert "In 1 of 3 scenarios it breaks a demand." in page
        assert "But the first handshake brought none (no staple)." in page
        assert "prefers-color-scheme" in page

    def test_all_is_well(self, presets: tuple[ServerReport, ...]) -> None:
        """A page about a server that keeps everything says that."""
        page = server_page(presets[0])
        read(page)
        assert f"It keeps every demand in {len(SCENARIOS)} scenarios." in page
        bare = ServerReport("a", "b", presets[0].outcomes)
        assert "<svg" not in server_page(bare)

    def test_more_of_an_outcome(self, presets: tuple[ServerReport, ...]) -> None:
        """What is special about an outcome stands in it: shifted clocks, a late start, or none."""
        page = server_page(presets[0])
        assert "the clock was shifted" in page
        assert "the server does not start" in page
        (caddy,) = probe_presets(["caddy"])
        page = server_page(caddy)
        assert "the port was open only when the responder had answered" in page
        (good,) = (outcome for outcome in caddy.outcomes if outcome.scenario == "good")
        assert "it was waited for" not in page
        waited = ServerReport("a", "b", (replace(good, passing="waited"),))
        assert "it was waited for" in server_page(waited)

    def test_presets(self, presets: tuple[ServerReport, ...]) -> None:
        """The page on presets begins with their timelines; one alone is unfolded."""
        page = presets_page(presets)
        tags = read(page)
        assert "<h1>Stapling servers, by design</h1>" in page
        opened = [attrs for name, attrs in tags.seen if name == "details" and "open" in attrs]
        assert opened == []
        assert "keeps every demand" in page
        assert "breaks keeps" in page
        alone = read(presets_page(presets[1:]))
        assert len([attrs for name, attrs in alone.seen if name == "details" and "open" in attrs]) == 1


class TestWords:
    @pytest.mark.parametrize("preset", NAMED)
    def test_every_preset_has_words(self, preset: str) -> None:
        """Each is told in sentences, without a blank that was not filled in, and no two in the same ones."""
        sentences = in_words(preset)
        for sentence in sentences:
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert "{" not in sentence
            assert "None" not in sentence
        assert [name for name in NAMED if in_words(name) == sentences] == [preset]

    def test_a_policy_of_your_own(self) -> None:
        """A policy may be given itself, and says what is special about it."""
        assert in_words(named("ideal")) == in_words("ideal")
        odd = in_words(StaplePolicy(sightings=5, trigger="lazy_async"))
        assert odd[0] == "The 5th handshake that wants a staple starts a fetch, and goes without."
        once = in_words(StaplePolicy(trigger="start_async"))
        assert "It asks once." in once

    @pytest.mark.parametrize(
        ("length", "words"),
        [(300, "5 min"), (90, "90 s"), (0.5, "0.5 s"), (3600, "1 h"), (172_800, "2 d"), (0, "0 s")],
    )
    def test_durations(self, length: float, words: str) -> None:
        """A duration is told in the largest unit that fits."""
        assert duration(timedelta(seconds=length)) == words
