"""The catalogue of faults and the presets of staplers: what can be chosen, and what it does."""

from __future__ import annotations

from dataclasses import asdict
from inspect import Parameter

from .. import staplers
from .._catalogue.arguments import list_parameters, write_fields
from .._catalogue.data import find_fault, write_word
from .._catalogue.difference import of_fault
from .._catalogue.entries import TARGETS, FaultEntry, describe_fault, list_faults
from .._catalogue.prompt import make_fault
from .._catalogue.words import split_words
from .._typed import suggest
from ..staplers._words import in_words
from . import entries, queries
from .problem import Problem
from .route import Call, Routes
from .services import show_faults

ROUTES = Routes()


def find_target(name: str | None) -> str | None:
    """What faults are given to, by that name in any spelling; None for None. Raises Problem for none."""
    if name is None:
        return None
    wanted = name.replace("_", "").lower()
    found = next((target for target in TARGETS if target.lower() == wanted), None)
    if found is None:
        near = suggest(name[:200], TARGETS, f"there are {', '.join(TARGETS)}")
        raise Problem("invalid", f"faults are given to no {name[:200]!r}; {near}")
    return found


def show_entry(entry: FaultEntry) -> entries.FaultEntry:
    """A fault in words, and what its parameters take."""
    kinds = list_parameters(find_fault(entry.name))
    parameters = []
    for one in entry.parameters:
        _, takes_rest, kind = known = kinds[one.name.lstrip("*")]
        without = known.default is Parameter.empty or takes_rest
        parameters.append(
            entries.FaultParameter(
                name=one.name,
                default=one.default,
                text=None if without else write_word(known.default),
                takes=kind.words,
            )
        )
    return entries.FaultEntry(**{**asdict(entry), "parameters": parameters, "targets": list(entry.targets)})


@ROUTES.add("GET", "/v1/faults", query=queries.WhichFaults, answers=entries.FaultEntries)
def list_all(call: Call) -> entries.FaultEntries:
    """Every fault that there is, by layer: all, or those of one layer, or those for one kind of answer."""
    target = find_target(call.query.target)
    found = list_faults(call.query.layer)
    return entries.FaultEntries(
        faults=[show_entry(one) for one in found if target is None or target in one.targets]
    )


@ROUTES.add("GET", "/v1/faults/{fault}", query=queries.WithParameters, answers=entries.ShownFault)
def show_fault(call: Call) -> entries.ShownFault:
    """A fault, and where the answer that it bends differs from the honest one, decoded.

    `with` are its parameters as they are typed, such as `by=2d fresh_signature=True`; `for` is what it is
    given to, left out: the first that it can be given to.
    """
    query = call.query
    target = find_target(query.target)
    try:
        kind = find_fault(call.path["fault"])
    except LookupError as error:
        raise Problem("not-found", str(error)) from error
    entry = describe_fault(kind)
    if target is not None and target not in entry.targets:
        raise Problem("invalid", f"{entry.name} is not for {target}, but for {', '.join(entry.targets)}")
    fault = make_fault(kind, [word for word in split_words(query.parameters) if word])
    difference = of_fault(fault, target or entry.targets[0])
    return entries.ShownFault(
        entry=show_entry(entry),
        fault=show_faults((fault,))[0],
        difference=entries.Difference(
            target=difference.target,
            scene=difference.scene,
            lines=[entries.Line(mark=mark, text=text) for mark, text in difference.lines],
            text=str(difference),
        ),
    )


@ROUTES.add("GET", "/v1/staplers", answers=entries.Staplers)
def list_staplers(call: Call) -> entries.Staplers:
    """The presets for `{"policy": ...}` as a staple: what each does, in sentences and as fields."""
    return entries.Staplers(
        staplers=[
            entries.StaplerPreset(policy=name, sentences=in_words(policy), fields=write_fields(policy))
            for name, policy in staplers.NAMED.items()
        ]
    )
