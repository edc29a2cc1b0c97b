"""`mockpki publishing`: how CAs publish CRLs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpki.cli import main
from mockpki.publishing import NAMED, in_words


def run(*arguments: str) -> tuple[int, str]:
    """The status, and what is printed in one line."""
    result = CliRunner().invoke(main, ["publishing", *arguments])
    return result.exit_code, " ".join(result.output.split())


def test_all() -> None:
    """Without a name every preset is told in words and drawn, each once."""
    result = CliRunner().invoke(main, ["publishing", "--days", "1"])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert all(lines.count(name) == 2 for name in NAMED)
    text = " ".join(result.output.split())
    assert all(sentence in text for name in NAMED for sentence in in_words(name))
    assert text.count("Source: ") == len(NAMED) - 1
    assert text.count("asks each time") == len(NAMED)


@pytest.mark.parametrize("form", ["json", "html", "text"])
def test_formats(form: str, tmp_path: Path) -> None:
    """It is written as JSON, as one HTML file with the week drawn, and as text."""
    file = tmp_path / "ways"
    status, printed = run("freeipa", "--format", form, "--output", str(file))
    assert status == 0, printed
    written = file.read_text(encoding="utf-8")
    assert {"json": '"freeipa"', "html": "<svg", "text": "42 complete CRLs"}[form] in written
    assert "42 complete CRLs" in printed


def asked(*arguments: str) -> list[dict[str, object]]:
    """The objects of a run."""
    result = CliRunner().invoke(main, ["publishing", "--format", "json", *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)  # type: ignore[no-any-return]


def learned(found: dict[str, object]) -> list[float]:
    """After how many hours each client knew."""
    return [one["learned_after_seconds"] / 3600 for one in found["readers"]]  # type: ignore[attr-defined]


def test_values_of_ones_own() -> None:
    """A way that is made of options, with deltas if there are some, and with its own words."""
    (own,) = asked("--every", "1d", "--life", "2d", "--revoked-after", "30h")
    assert own["name"] == "own with every 1 d, life 2 d"
    assert own["source"] == ""
    assert "A complete CRL is signed every 1 d, good for 2 d." in own["words"]  # type: ignore[operator]
    assert learned(own) == [18, 18]
    deltas = ("--delta-every", "1h", "--delta-life", "3h")
    (own,) = asked("--every", "1d", "--life", "2d", "--revoked-after", "29.5h", *deltas)
    assert "A delta is signed every 1 h, good for 3 h." in own["words"]  # type: ignore[operator]
    assert learned(own) == [18.5, 18.5, 0.5, 0.5]
    (own,) = asked("--after-revocation", "0s", "--life", "2d", "--backdate", "1h", "--days", "3")
    assert learned(own) == [0, 17.5]


def test_presets_are_varied() -> None:
    """Each that is named, in what is given alone; and its name says so."""
    freeipa, vault = asked("vault", "freeipa", "--life", "5h", "--days", "1")[::-1]
    assert (freeipa["name"], vault["name"]) == ("freeipa with life 5 h", "vault with life 5 h")
    assert "The next one comes 1 h before it ends." in freeipa["words"]  # type: ignore[operator]
    assert freeipa["source"] == ""
    (ad_cs,) = asked("ad-cs", "--delta-every", "6h")
    words = ad_cs["words"]
    assert "A delta is signed every 6 h, good for 1 d 2 h 24 min and dated back 10 min." in words  # type: ignore[operator]
    assert "A complete CRL is signed every 7 d, good for 7 d 12 h and dated back 10 min." in words  # type: ignore[operator]
    (ad_cs,) = asked("ad-cs", "--delta-life", "2d")
    assert "A delta is signed every 1 d, good for 2 d and dated back 10 min." in ad_cs["words"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("lets-encrpt",), "did you mean lets-encrypt"),
        (("--every", "1h"), "or say it all: --life, and --every or --after-revocation"),
        (("--life", "1h"), "or say it all: --life, and --every or --after-revocation"),
        (("vault", "--delta-every", "1h"), "There are no deltas; give both --delta-every and --delta-life"),
        (("vault", "--life", "soon"), "Invalid value for '--life': 'soon' is no time in whole seconds"),
        (("vault", "--every", "0s"), "every= of Schedule takes a timedelta"),
        (("ad-cs", "--delta-every", "0s"), "every= of Schedule takes a timedelta"),
        (("vault", "--backdate", "4d"), "are over when they are signed; give a longer life="),
        (("immediate", "--delta-every", "1h", "--delta-life", "1h"),
         "needs CRLs that are signed now and then"),
        (("freeipa", "--days", "1", "--revoked-after", "1d"), "which is not within the 1 d of the picture"),
        (("freeipa", "--every", "1s"), "freeipa with every 1 s signs 604,800 CRLs in 7 d"),
        (("freeipa", "--days", "0"), "Invalid value for '--days'"),
        (("freeipa", "--days", "3650", "--life", "9000d"), "takes longer than the 9000 days"),
        (("freeipa", "--life", "1h", "--life", "2h"), "--life is given 2 times"),
        (("freeipa", "--format", "junit"), "Invalid value for '--format'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense(arguments: tuple[str, ...], says: str) -> None:
    """It is said which, and nothing is begun."""
    status, printed = run(*arguments)
    assert status == 2
    assert says in printed
