"""The catalogue is whole: every fault says what it is, is a value, and can be seen at work."""

import dataclasses
import datetime
import inspect
from typing import Any

import pytest

from mockpki import faults
from mockpki._catalogue.difference import of_alias, of_fault
from mockpki._catalogue.entries import (
    ALIASES,
    TARGETS,
    Entry,
    Parameter,
    by_layer,
    describe_fault,
    find,
    list_faults,
    make_fault,
    markdown,
    title,
)

Kind = type[faults.Fault[Any]]

WITHOUT_CLAUSE: dict[str, str] = {
    # Octets of the test's own are of no structure that an RFC could describe.
    "Garbage": "the octets are the test's own",
    "Trailing": "the octets are the test's own",
    "TrailingAt": "the octets are the test's own, and the place too",
    "SignedGarbage": "the octets are the test's own",
    "SignedTrailingAt": "the octets are the test's own, and the place too",
    "Truncated": "it cuts octets off, whatever they were",
    # Nothing on the network promises to be quick, or to be there.
    "Close": "a server may close any connection",
    "Drip": "no RFC says how fast an answer has to be",
    "Hang": "no RFC says how fast an answer has to be",
    "Refused": "a responder may be down",
    "Reset": "a connection may break at any octet",
    "Slow": "no RFC says how fast an answer has to be",
    "SlowAccept": "no RFC says how fast an answer has to be",
    "SlowBody": "no RFC says how fast an answer has to be",
    # HTTP allows it.
    "Oversize": "no RFC limits an answer's size",
    "EmptyBody": "an HTTP answer may have no content",
}
"""Why a fault names no clause."""

each_fault = pytest.mark.parametrize("kind", faults.CATALOGUE, ids=lambda kind: kind.__name__)

_VALUES = {**vars(faults), "datetime": datetime}
"""What a repr is written with."""


@each_fault
def test_a_fault_says_what_it_is(kind: Kind) -> None:
    """It has a sentence of its own, and the clause that it is about or a reason to have none."""
    entry = describe_fault(kind)
    assert entry.sentence.endswith(".")
    assert not entry.sentence.startswith(f"{kind.__name__}("), (
        "this is what dataclass writes when nobody does"
    )
    assert "RFC" not in entry.sentence, "the clause stands last: 'RFC nnnn section n.n.'"
    assert bool(entry.clause) != (entry.name in WITHOUT_CLAUSE)
    assert entry.targets


def test_reasons_are_needed() -> None:
    """There is no reason for a fault that is not there."""
    assert WITHOUT_CLAUSE.keys() <= {kind.__name__ for kind in faults.CATALOGUE}


@each_fault
def test_a_fault_is_a_value(kind: Kind) -> None:
    """Made without arguments it is frozen, hashable, and equal to what its repr says; it is exported."""
    fault = kind()
    assert eval(repr(fault), dict(_VALUES)) == fault
    assert hash(fault) == hash(kind())
    for field in dataclasses.fields(fault):  # type: ignore[arg-type]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(fault, field.name, None)
    module = inspect.getmodule(kind)
    assert kind.__name__ in getattr(module, "__all__", ())
    assert vars(faults)[kind.__name__] is kind


@each_fault
def test_a_fault_is_in_the_documentation(kind: Kind) -> None:
    """It has a line in the README's list, with all of its parameters, below its layer."""
    _, found, rest = markdown().partition(f"<b>{title(kind.home)}</b>")
    section = rest.partition("</details>")[0]
    assert found
    parameters = [parameter.name for parameter in describe_fault(kind).parameters]
    assert f"- `{kind.__name__}({', '.join(parameters)})`: " in section


SHOWN = [(kind, target) for kind in faults.CATALOGUE for target in describe_fault(kind).targets]


@pytest.mark.parametrize(("kind", "target"), SHOWN, ids=lambda value: getattr(value, "__name__", value))
def test_a_fault_is_seen_at_work(kind: Kind, target: str) -> None:
    """Whatever it can be given to, there is a scene in which the decoded answer is another."""
    difference = of_fault(kind(), target)
    marks = {mark for mark, _ in difference.lines}
    assert marks & {"-", "+"}
    assert difference.target == target


def test_every_layer_can_be_given_to_something() -> None:
    """The targets have all the layers between them, and each has a heading in the list."""
    assert {layer for layers in TARGETS.values() for layer in layers} >= set(faults.LAYERS) - {
        faults.Signing,
        faults.OCSPSigning,
    }
    assert [home for home, _ in by_layer()] == [
        layer for layer in faults.LAYERS if any(issubclass(kind, layer) for kind in faults.CATALOGUE)
    ]


def test_an_entry_reads_the_class() -> None:
    """Names, defaults, sentence, clause and the rest are those of the class."""
    entry = describe_fault(faults.Stale)
    assert dataclasses.asdict(entry) == dataclasses.asdict(
        Entry(
            name="Stale",
            layer="timing",
            call="Stale(by=timedelta(days=1), fresh_signature=False)",
            parameters=(
                Parameter("by", "timedelta(days=1)"),
                Parameter("fresh_signature", "False"),
            ),
            sentence="nextUpdate passed *by* ago; the whole answer is that much older.",
            clause="RFC 6960 section 4.2.2.1",
            more="With *fresh_signature* it was signed just now: producedAt stays.",
            targets=("OCSP", "staple", "CRL"),
        )
    )


# One that takes any number of values shows none of them.
WRITTEN = [kind for kind in faults.CATALOGUE if "(*" not in describe_fault(kind).call]


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.__name__)
def test_a_call_can_be_written_as_it_is_shown(kind: Kind) -> None:
    """The call with its defaults makes the fault that a call without any makes."""
    assert eval(describe_fault(kind).call, _VALUES | {"timedelta": datetime.timedelta}) == kind()


# What a difference shows.


def test_the_difference_is_decoded() -> None:
    """Only what changed is shown, below what holds it; times say how far away they are."""
    lines = of_fault(faults.Stale(by=datetime.timedelta(days=2)), "CRL").lines
    assert [line for mark, line in lines if mark == " "] == ["CertificateList", "  tbsCertList"]
    assert [line.partition(", ")[2] for mark, line in lines if mark != " "] == [
        "now", "in 7 d", "9 d ago", "2 d ago",
    ]  # fmt: skip


def test_the_signature_is_verified() -> None:
    """Of a signature the difference says whose it is: a forged one is nobody's, and nothing else differs."""
    lines = of_fault(faults.Forged(), "OCSP").lines
    assert [(mark, line.strip()) for mark, line in lines if mark != " "] == [
        ("-", "signature: made with the CA's key"),
        ("+", "signature: made with no key known here, or over other octets"),
    ]


def test_a_fault_with_nothing_to_bend_is_shown_elsewhere() -> None:
    """Good() says of a revoked certificate that it is good: of a good one there is nothing to see."""
    difference = of_fault(faults.Good(), "OCSP")
    assert "revoked" in difference.scene
    assert "certStatus: revoked" in str(difference)


@dataclasses.dataclass(frozen=True)
class Idle(faults.Timing):
    """Does nothing. RFC 6960 section 2.4."""

    def __call__(self, honest: faults.Window) -> faults.Window:
        return honest


def test_a_fault_that_does_nothing_is_not_shown() -> None:
    """Where no scene shows anything, it is an error, and not an empty difference."""
    with pytest.raises(ValueError, match=r"Idle\(\) changes nothing here"):
        of_fault(Idle(), "OCSP")


@pytest.mark.parametrize("alias", ALIASES, ids=lambda alias: f"{alias.given_to}-{alias.name}")
def test_an_alias_is_seen_at_work(alias: Any) -> None:
    """What it means can be shown; nothing differs only where nothing is bent and nothing is set up."""
    difference = of_alias(alias)
    assert difference.target == alias.given_to
    honest = alias.expression in ("()", "ByKey()") and not (alias.setup and alias.given_to == "CRL")
    assert bool(difference.lines) != honest


# Parameters typed at a prompt.


@pytest.mark.parametrize(
    ("kind", "typed", "fault"),
    [
        (faults.Stale, ["by=2d"], faults.Stale(by=datetime.timedelta(days=2))),
        (faults.Stale, ["90s", "True"], faults.Stale(datetime.timedelta(seconds=90), True)),
        (
            faults.Stale,
            ["by=1.5h", "fresh_signature=True"],
            faults.Stale(datetime.timedelta(hours=1.5), True),
        ),
        (faults.Revoked, ["key_compromise"], faults.Revoked("key_compromise")),
        (faults.HttpStatus, ["404"], faults.HttpStatus(404)),
        (faults.Garbage, ["data=b'x'"], faults.Garbage(b"x")),
        (faults.Embed, ["issuer", "root", "first=True"], faults.Embed("issuer", "root", first=True)),
    ],
)
def test_parameters_are_typed_as_in_a_call(kind: Kind, typed: list[str], fault: object) -> None:
    """Durations with a unit, Python's literals, and words: by name or in order."""
    assert make_fault(kind, typed) == fault


def test_parameters_that_are_none() -> None:
    """What the fault does not take is an error that shows what it does take; its own errors come through."""
    with pytest.raises(TypeError, match=r"Stale\(by=timedelta\(days=1\), .* does not take bye=2d"):
        make_fault(faults.Stale, ["bye=2d"])
    with pytest.raises(ValueError, match="no final HTTP status"):
        make_fault(faults.HttpStatus, ["100"])


# Names.


def test_find() -> None:
    """A fault is found in any case, an alias as it is spelt; near names are offered for what is neither."""
    assert find("nonextupdate") is faults.NoNextUpdate
    assert find("Revoked") is faults.Revoked
    both = find("revoked")
    assert isinstance(both, tuple)
    assert [alias.given_to for alias in both] == ["OCSP", "CRL"]
    with pytest.raises(LookupError, match=r"There is no fault 'Stail'; did you mean .*Stale"):
        find("Stail")
    with pytest.raises(LookupError, match="`mockpki faults` lists all"):
        find("xyzzy")


def test_an_unknown_layer() -> None:
    """The layers there are stand in the error; a layer's name is taken in any case."""
    assert [entry.name for entry in list_faults("ocsp SIGNING")] == [
        kind.__name__ for kind in faults.CATALOGUE if issubclass(kind, faults.OCSPSigning)
    ]
    with pytest.raises(LookupError, match="There is no layer 'time'; there are: timing, OCSP content"):
        list_faults("time")
