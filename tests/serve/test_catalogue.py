"""The catalogue by calls."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from click.testing import CliRunner

from mockpki import faults, staplers
from mockpki._catalogue.data import from_data
from mockpki._catalogue.entries import TARGETS
from mockpki._serve.policies import vary
from mockpki.cli import main
from tests.kit.serving import Served


def ours(*arguments: str) -> Any:
    """What the command prints."""
    result = CliRunner().invoke(main, ["faults", *arguments, "--format", "json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_the_list_is_that_of_the_command(served: Served) -> None:
    """The same faults, in the same order and words; and for each parameter what it takes."""
    listed = served.ask("GET", "/v1/faults")["faults"]
    for shown, printed in zip(listed, ours(), strict=True):
        for one, other in zip(shown.pop("parameters"), printed.pop("parameters"), strict=True):
            assert (one["name"], one["default"]) == (other["name"], other["default"])
            assert one["takes"]
            assert (one["text"] is not None) is bool(one["default"])
        assert shown == printed


def test_every_default_is_what_it_says(served: Served) -> None:
    """A fault with its defaults typed out is that fault, so that whoever picks one can begin with them."""
    typed = 0
    for entry in served.ask("GET", "/v1/faults")["faults"]:
        if all(one["text"] is not None for one in entry["parameters"]):
            words = [f"{one['name']}={one['text']}" for one in entry["parameters"]]
            assert from_data(" ".join([entry["name"], *words])) == getattr(faults, entry["name"])()
            typed += len(words)
    assert typed > 50


def test_some_of_the_list(served: Served) -> None:
    """Those for one kind of answer, in any spelling, those of one layer, and both."""
    everything = served.ask("GET", "/v1/faults")["faults"]
    for target in TARGETS:
        wanted = [one["name"] for one in everything if target in one["targets"]]
        for name in (target, target.lower(), target.upper()):
            assert [one["name"] for one in served.ask("GET", f"/v1/faults?for={name}")["faults"]] == wanted
    assert served.ask("GET", "/v1/faults?for=ca_issuers") == served.ask("GET", "/v1/faults?for=caIssuers")
    timing = served.ask("GET", "/v1/faults?layer=timing")["faults"]
    assert {one["layer"] for one in timing} == {"timing"}
    assert served.ask("GET", "/v1/faults?layer=timing&for=filter")["faults"] == []
    assert "staple" in served.refuse("GET", "/v1/faults?for=stapel")["detail"]
    assert "timing" in served.refuse("GET", "/v1/faults?layer=tming")["detail"]


@pytest.mark.parametrize(
    ("name", "typed", "target"),
    [
        ("Stale", ["by=2d", "fresh_signature=True"], None),
        ("STALE", [], "CRL"),
        ("HttpStatus", ["503"], "OCSP"),
    ],
)
def test_what_one_does(served: Served, name: str, typed: list[str], target: str | None) -> None:
    """The decoded difference is that of the command, and the fault is there as data."""
    query = f"with={'%20'.join(typed)}" + (f"&for={target.lower()}" if target else "")
    shown = served.ask("GET", f"/v1/faults/{name}?{query}")
    [printed] = ours(name, *typed, *(["--for", target] if target else []))
    difference = printed["difference"]
    assert shown["difference"]["target"] == difference["target"] == (target or "OCSP")
    lines = [[one["mark"], one["text"]] for one in shown["difference"]["lines"]]
    # The times are those of two PKIs, one after the other.
    assert [mark for mark, _ in lines] == [mark for mark, _ in difference["lines"]]
    assert shown["difference"]["text"].splitlines() == [f"{mark} {text}" for mark, text in lines]
    assert shown["entry"]["sentence"] == printed["sentence"]
    assert from_data(shown["fault"]["text"]) == from_data(" ".join([shown["entry"]["name"], *typed]))


def test_what_is_not_there(served: Served) -> None:
    """No fault is 404; what one does not take, or is not for, 422; each with the way out."""
    assert "Stale" in served.refuse("GET", "/v1/faults/Stael", status=404)["detail"]
    assert "Stale(by=P3D, " in served.refuse("GET", "/v1/faults/Stale?with=bye=2d")["detail"]
    assert "number with its unit" in served.refuse("GET", "/v1/faults/Stale?with=by=2")["detail"]
    assert "but for OCSP, staple, CRL" in served.refuse("GET", "/v1/faults/Stale?for=filter")["detail"]
    assert "quote without its end" in served.refuse("GET", "/v1/faults/Stale?with='")["detail"]


def test_the_presets(served: Served) -> None:
    """Each has sentences, and fields that make it again."""
    listed = served.ask("GET", "/v1/staplers")["staplers"]
    assert {one["policy"] for one in listed} == set(staplers.NAMED)
    for one in listed:
        assert all(sentence.endswith(".") for sentence in one["sentences"])
        assert asdict(vary(staplers.StaplePolicy(), one["fields"])) == asdict(staplers.NAMED[one["policy"]])
