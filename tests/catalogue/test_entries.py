"""The catalogue is whole: every fault says what it is, and is a value."""

import dataclasses
import datetime
import inspect
from typing import Any

import pytest

from mockpki import faults
from mockpki._catalogue.entries import TARGETS, FaultEntry, Parameter, by_layer, describe_fault, list_faults

Kind = type[faults.Fault[Any]]

WITHOUT_CLAUSE: dict[str, str] = {
    # Octets of the test's own are of no structure that an RFC could describe.
    "Garbage": "the octets are the test's own",
    "Trailing": "the octets are the test's own",
    "TrailingAt": "the octets are the test's own, and the place too",
    "SignedGarbage": "the octets are the test's own",
    "SignedTrailingAt": "the octets are the test's own, and the place too",
    "FlippedBit": "it turns a bit, whatever it was",
    "Truncated": "it cuts octets off, whatever they were",
    # What a filter is no RFC says.
    "Coverage": "no RFC describes CRLite",
    "FilterVersion": "no RFC describes CRLite",
    "MissingLog": "no RFC describes CRLite",
    "NotEnrolled": "no RFC describes CRLite",
    "MissingDelta": "no RFC describes CRLite",
    "StaleFilter": "no RFC describes CRLite",
    "StaleListing": "no RFC describes CRLite",
    "StrippedSerials": "no RFC describes CRLite",
    "WrongHash": "no RFC describes CRLite",
    "WrongSize": "no RFC describes CRLite",
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
        FaultEntry(
            name="Stale",
            layer="timing",
            call="Stale(by=timedelta(days=3), fresh_signature=False)",
            parameters=(
                Parameter("by", "timedelta(days=3)"),
                Parameter("fresh_signature", "False"),
            ),
            sentence="nextUpdate passed *by* ago; the whole answer is that much older.",
            clause="RFC 6960 section 4.2.2.1",
            more="With *fresh_signature* it was signed just now: producedAt stays.\n\n"
            "Three days ago, if *by* is left out: some verifiers allow a day, and at its end a second "
            "would decide.",
            targets=("OCSP", "staple", "CRL"),
        )
    )


# One that takes any number of values shows none of them.
WRITTEN = [kind for kind in faults.CATALOGUE if "(*" not in describe_fault(kind).call]


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.__name__)
def test_a_call_can_be_written_as_it_is_shown(kind: Kind) -> None:
    """The call with its defaults makes the fault that a call without any makes."""
    assert eval(describe_fault(kind).call, _VALUES | {"timedelta": datetime.timedelta}) == kind()


def test_an_unknown_layer() -> None:
    """The layers there are stand in the error; a layer's name is taken in any case."""
    assert [entry.name for entry in list_faults("ocsp SIGNING")] == [
        kind.__name__ for kind in faults.CATALOGUE if issubclass(kind, faults.OCSPSigning)
    ]
    with pytest.raises(LookupError, match="There is no layer 'time'; there are: timing, OCSP content"):
        list_faults("time")
