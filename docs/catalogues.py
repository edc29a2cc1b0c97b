"""The pages of the manual that are made from the code: what there is, and what each does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

from http_api import list_calls, list_shapes
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mockpki import publishing, relying_party, scenarios, staplers
from mockpki._catalogue.difference import show_fault
from mockpki._catalogue.entries import by_layer, layer_title
from mockpki._reports.timeline_svg import STYLE
from mockpki.staplers._words import in_words as staplers_in_words


def write_all(folder: Path) -> None:
    """Write every page into *folder*, and touch none that has not changed."""
    folder.mkdir(exist_ok=True)
    pages: dict[str, Callable[[], Iterable[str]]] = {
        "faults": list_faults,
        "scenarios": list_scenarios,
        "staplers": list_staplers,
        "publishing": list_publishing,
        "policies": list_policies,
        "http_api": list_calls,
        "http_shapes": list_shapes,
        "dependencies": list_dependencies,
    }
    index = ["# Catalogues", "", "Made from the code, by the commands of the same names.", "", "```{toctree}"]
    _write(folder / "index.md", [*index, *pages, "```"])
    for name, make in pages.items():
        _write(folder / f"{name}.md", make())


def _write(path: Path, lines: Iterable[str]) -> None:
    text = "\n".join([*lines, ""])
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def list_faults() -> Iterable[str]:
    """Every fault, with the difference that it makes."""
    yield "# Faults, decoded"
    yield ""
    yield "What each changes, as `mockpki faults NAME` shows it; {doc}`/faults` is the short list."
    for layer, entries in by_layer():
        yield from ("", f"## {layer_title(layer)}")
        for entry in entries:
            yield from ("", f"### {entry.name}", "", _sentence(entry.sentence))
            yield from ("", f"Given to: {', '.join(entry.targets)}.")
            for _, difference in show_fault(entry.name, (), None):
                yield from ("", f"On {difference.target}{difference.scene and f', {difference.scene}'}:")
                yield from ("", "```diff", *map(_escape, str(difference).splitlines()), "```")


def _sentence(text: str) -> str:
    return text.replace("``", "`")


def _escape(line: str) -> str:
    return line.replace("```", "'''")


def list_scenarios() -> Iterable[str]:
    """Every situation of clients, with what each policy demands there."""
    yield "# Scenarios"
    yield ""
    yield "What clients are put through, and what each policy demands: *accept*, *reject*, or *either*."
    names = list(scenarios.POLICIES)
    yield from ("", f"| scenario | what is staged | {' | '.join(names)} |", "|---|---|" + "---|" * len(names))
    for scenario in scenarios.TABLE:
        verdicts = [str(scenario.expected(scenarios.POLICIES[name]).verdict.value) for name in names]
        yield f"| `{scenario.name}` | {_cell(scenario.sentence)} | {' | '.join(verdicts)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def list_staplers() -> Iterable[str]:
    """Every stapling preset, in words."""
    yield "# Staplers"
    for name in staplers.NAMED:
        yield from ("", f"## {name}", "", " ".join(staplers_in_words(name)))


def list_dependencies() -> Iterable[str]:
    """What an installation brings along, with its licence: the metadata of what is installed here."""
    yield "# Dependencies"
    yield ""
    yield "What `pip install mockpki` brings along, directly and by those, in the versions at hand."
    yield from ("", "| distribution | version | licence |", "|---|---|---|")
    for name in find_dependencies("mockpki"):
        found = metadata.metadata(name)
        yield f"| {found['Name']} | {found['Version']} | {_cell(find_licence(found))} |"


def find_dependencies(root: str) -> list[str]:
    """The distributions that *root* needs, in order; extras are not asked for."""
    seen: set[str] = set()
    names = [root]
    for name in names:
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            own = canonicalize_name(requirement.name)
            if own not in seen and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                seen.add(own)
                names.append(own)
    return sorted(seen)


def find_licence(found: metadata.PackageMetadata) -> str:
    """What a distribution says of its licence, in whichever field it does."""
    classifiers = [
        one.rpartition(" :: ")[2] for one in found.get_all("Classifier") or () if "License ::" in one
    ]
    fields = found.json
    first_line = str(fields.get("license", "")).partition("\n")[0]
    return str(fields.get("license_expression", "")) or ", ".join(classifiers) or first_line


_KEYS = (
    ("good", "a good staple"),
    ("none", "none"),
    ("error", "an error, stapled"),
    ("outage", "responder down"),
)
_COLOURS = (
    ":root{--ink:#1b1f24;--paper:#fff;--dim:#59636e;--line:#d4dae0}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--paper:#14181d;--dim:#99a4b0;--line:#333b45}}"
    "text{font:12px system-ui,sans-serif;fill:var(--dim)}.name{font-weight:600}"
)
_ROW, _NAMES, _WIDTH = 46, 70, 760


def draw_outage() -> str:
    """What clients are given while the responder is down for two days, by three servers: SVG."""
    rows = []
    for at, name in enumerate(("nginx", "apache", "ideal")):
        line = staplers.timeline(staplers.named(name))
        rows.append(f'<text class="name" x="0" y="{at * _ROW + 22}">{name}</text>')
        rows.append(f'<svg x="{_NAMES}" y="{at * _ROW}" width="{_WIDTH - _NAMES - 4}" height="{_ROW}">')
        rows.append(f"{staplers.timeline_svg(line, name)}</svg>")
    top = 3 * _ROW + 8
    for at, (kind, words) in enumerate(_KEYS):
        x = _NAMES + at * 160
        rows.append(
            f'<g class="timeline"><rect class="{kind}" x="{x}" y="{top}" width="12" height="12"/></g>'
        )
        rows.append(f'<text x="{x + 18}" y="{top + 11}">{words}</text>')
    size = f'viewBox="0 0 {_WIDTH} {top + 20}"'
    style = f"{_COLOURS}{STYLE}.outage{{fill:var(--dim)}}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>{"".join(rows)}</svg>\n'


def list_publishing() -> Iterable[str]:
    """Every way to publish CRLs, in words."""
    yield "# Publishing"
    for name in publishing.NAMED:
        yield from ("", f"## {name}", "", " ".join(publishing.in_words(name)))


def list_policies() -> Iterable[str]:
    """The policies of documented clients, with the sentences that say so."""
    yield "# Policies of documented clients"
    for name, client in relying_party.CLIENTS.items():
        yield from ("", f"## {name}", "", f"{client.client}.")
        for quotation in client.says:
            yield from ("", f"> {quotation.sentence}", "", f"({quotation.origin})")


if __name__ == "__main__":
    (Path(__file__).parent / "outage.svg").write_text(draw_outage(), encoding="utf-8")
