"""Reports as a page: it is whole, it is alone, and what others wrote is text in it."""

from dataclasses import replace
from html.parser import HTMLParser

from mockpki._probe import ClientReport, make_report
from mockpki._probe.servers import ServerReport, probe_presets
from mockpki._reports import FORMATS
from mockpki._reports.clients import describe_client
from mockpki._reports.page import write_page
from mockpki._reports.servers import describe_presets, describe_server
from mockpki._reports.weeks import describe_weeks
from mockpki.publishing import in_words
from mockpki.scenarios.publishers import Week
from mockpki.scenarios.servers import SCENARIOS
from mockpki.staplers import NAMED
from tests.kit.pages import Reader
from tests.kit.probes import COMMAND, READABLE


class TestClients:
    def test_well_formed(self, strict: ClientReport, lenient: ClientReport) -> None:
        """Every element is closed, and a scenario is one that opens, with a mark for how it went."""
        for found in (strict, lenient):
            page = Reader(FORMATS["html"](describe_client(found)))
            details = page.all("details")
            in_groups = [row for rows in found.groups.values() for row in rows]
            assert [one["id"] for one in details] == [row.name for row in in_groups]
            assert [one["class"] == "right" for one in details] == [row.ok for row in in_groups]
            assert ["open" in one for one in details] == [
                not row.ok and len(found.failures) <= 10 for row in in_groups
            ]

    def test_alone(self, strict: ClientReport) -> None:
        """The page needs nothing else: no script, no address of anything, links into itself alone."""
        text = FORMATS["html"](describe_client(strict))
        page = Reader(text)
        names = {name for _, attributes in page.elements for name in attributes}
        assert names == {"lang", "charset", "name", "content", "class", "id", "href"} | (names & {"open"})
        assert {"script", "link", "img", "iframe"} & {tag for tag, _ in page.elements} == set()
        links = [str(one["href"]) for one in page.all("a")]
        assert sorted(links) == sorted(f"#{row.name}" for row in (*strict.rows, *strict.failures))
        style = text.partition("<style>")[2].partition("</style>")[0]
        assert "url(" not in style
        assert "@import" not in style
        assert "prefers-color-scheme: dark" in style
        assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")

    def test_escaped(self, strict: ClientReport) -> None:
        """What a client printed, and its arguments, are text and nothing else."""
        page = Reader(FORMATS["html"](describe_client(strict)))
        assert READABLE in page.text
        assert str(COMMAND) in page.text
        assert "\x1b" not in page.text

    def test_summary_first(self, strict: ClientReport, lenient: ClientReport) -> None:
        """It begins with the name of the client, what came of it, and the summary."""
        text = Reader(FORMATS["html"](describe_client(strict))).text
        beginning = text.partition("Command")[0]
        assert "my-client does not keep hard-fail" in beginning
        assert all(sentence in beginning for sentence in strict.summary)
        assert "my-client: soft-fail" in Reader(FORMATS["html"](describe_client(lenient))).text

    def test_no_verdict(self, strict: ClientReport) -> None:
        """Of a client without any verdict, that is what it says."""
        (hung,) = (row.run for row in strict.rows if row.run.verdict == "hung")
        text = Reader(FORMATS["html"](describe_client(make_report(COMMAND, [hung], 1.0)))).text
        assert "my-client: no verdict" in text
        assert "hung, should accept" in text


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


class TestServers:
    def test_a_server(self, report: ServerReport) -> None:
        """The page has a part for each scenario, a picture for each preset, and nothing from elsewhere."""
        page = write_page(describe_server(report))
        tags = read(page)
        names = [name for name, _ in tags.seen]
        assert names.count("details") == len(report.outcomes)
        assert names.count("svg") == len(NAMED) + 1
        assert "script" not in names
        links = [value for _, attrs in tags.seen for key, value in attrs.items() if key in ("src", "href")]
        ids = {f"#{attrs['id']}" for _, attrs in tags.seen if "id" in attrs}
        assert set(links) == ids
        assert "url(" not in page
        assert "&lt;plain&gt; as a stapling server" in page
        assert "<plain>" not in page
        assert "In 1 of 3 scenarios it breaks a demand." in page
        assert "But the first handshake brought none (no staple)." in page
        assert "prefers-color-scheme" in page

    def test_all_is_well(self, presets: tuple[ServerReport, ...]) -> None:
        """A page about a server that keeps everything says that."""
        page = write_page(describe_server(presets[0]))
        read(page)
        assert f"It keeps every demand in {len(SCENARIOS)} scenarios." in page
        bare = ServerReport("a", "b", presets[0].outcomes)
        assert "<svg" not in write_page(describe_server(bare))

    def test_more_of_an_outcome(self, presets: tuple[ServerReport, ...]) -> None:
        """What is special about an outcome stands in it: shifted clocks, a late start, or none."""
        page = write_page(describe_server(presets[0]))
        assert "the clock was shifted" in page
        assert "the server does not start" in page
        (caddy,) = probe_presets(["caddy"])
        page = write_page(describe_server(caddy))
        assert "the port was open only when the responder had answered" in page
        (good,) = (outcome for outcome in caddy.outcomes if outcome.scenario == "good")
        assert "it was waited for" not in page
        waited = ServerReport("a", "b", (replace(good, passing="waited"),))
        assert "it was waited for" in write_page(describe_server(waited))

    def test_presets(self, presets: tuple[ServerReport, ...]) -> None:
        """The page on presets begins with their timelines; one alone is unfolded."""
        page = write_page(describe_presets(presets))
        tags = read(page)
        assert "<h1>Stapling servers, by design</h1>" in page
        opened = [attrs for name, attrs in tags.seen if name == "details" and "open" in attrs]
        assert opened == []
        assert "keeps every demand" in page
        assert "breaks: keeps (" in page
        alone = read(write_page(describe_presets(presets[1:])))
        assert len([attrs for name, attrs in alone.seen if name == "details" and "open" in attrs]) == 1


class TestWeeks:
    def test_ways_to_publish(self, weeks: tuple[Week, ...]) -> None:
        """Each has a picture of what it signed and one for each client, and its words; no mark judges it."""
        page = write_page(describe_weeks(weeks))
        tags = read(page)
        names = [name for name, _ in tags.seen]
        lines = sum(len(week.tracks) + len(week.readers) + 1 for week in weeks)
        assert names.count("svg") == lines
        assert names.count("details") == len(weeks)
        assert "script" not in names
        text = Reader(page).text
        assert all(sentence in text for week in weeks for sentence in in_words(week.publishes))
        assert "\N{EN DASH}" not in text
        assert [name for name in ("ad-cs", "vault") if f"<h3>{name}</h3>" in page] == ["ad-cs", "vault"]
        assert '<span class="dim learned">at once</span>' in page

    def test_one_way(self, weeks: tuple[Week, ...]) -> None:
        """Alone, its words are open to be read, and its name is that of the page."""
        page = write_page(describe_weeks(weeks[1:]))
        assert [attributes for name, attributes in read(page).seen if name == "details"] == [
            {"class": "", "open": None}
        ]
        assert "<h3>" not in page
        assert "<h1>vault: how its CRLs are published</h1>" in page
