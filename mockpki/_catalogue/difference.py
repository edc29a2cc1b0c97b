"""What a fault does, seen: the honest answer and the bent one, decoded, and where they differ.

No fault is known here: one that has nothing to bend in one scene is tried in the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from .._ca.leaf import Leaf
from .._pki import PKI
from ..faults import Fault
from .entries import FaultEntry, describe_fault
from .lookup import find_by_name
from .prompt import make_fault
from .recipe import Recipe
from .scenes import SCENES, Pair, Scene, Stage
from .shown import Lines


@dataclass(frozen=True)
class Difference:
    """Where the honest answer (``-``) and the bent one (``+``) differ; what holds them stands around (`` ``).

    *target* is what was bent, *scene* the circumstances, where they are not the usual.
    """

    target: str
    scene: str
    lines: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{mark} {line}" for mark, line in self.lines)


Shown = tuple[tuple[FaultEntry | Recipe, Difference], ...]


def show_fault(name: str, parameters: Iterable[str], target: str | None) -> Shown:
    """The fault of that name with its difference; or the recipes, each with its own.

    A fault is shown for the first target it can be given to, or for *target*. Raises LookupError for an
    unknown name, ValueError or TypeError for parameters or a target that it does not have.
    """
    found = find_by_name(name)
    if isinstance(found, tuple):
        if any(parameters):
            raise ValueError(f"{name} is a recipe, and takes no parameters")
        recipes = [one for one in found if target is None or one.given_to.lower() == target.lower()]
        if not recipes:
            raise ValueError(f"{name} is not for {target}, but for {found[0].given_to}")
        return tuple((recipe, of_recipe(recipe)) for recipe in recipes)
    fault, entry = make_fault(found, parameters), describe_fault(found)
    wanted = [one for one in entry.targets if target is None or one.lower() == target.lower()]
    if not wanted:
        raise ValueError(f"{entry.name} is not for {target}, but for {', '.join(entry.targets)}")
    return ((entry, of_fault(fault, wanted[0])),)


def of_fault(fault: Fault[Any], target: str) -> Difference:
    """What *fault* does to a *target* of `entries.TARGETS`, in the first scene where it does anything.

    Raises ValueError when there is none, with what the fault itself said last, if it did.
    """
    return find_scene(fault, target)[1]


def find_scene(fault: Fault[Any], target: str) -> tuple[Scene, Difference]:
    """The first scene where *fault* does anything to *target*, and what it does there."""
    why: ValueError | None = None
    for scene in SCENES:
        try:
            difference = _in_scene(scene, fault, target)
        except ValueError as error:
            why = error
            continue
        if difference.lines:
            return scene, difference
    raise ValueError(f"{fault!r} changes nothing here{f': {why}' if why else ''}")


def _in_scene(scene: Scene, fault: Fault[Any], target: str) -> Difference:
    def act(pki: PKI, leaf: Leaf, now: datetime) -> Pair:
        scene.set_up(pki, leaf)
        return Stage(pki, leaf, scene, target, now).pair((fault,))

    return Difference(target, scene.words, _compare(scene.make_pki, act))


def of_recipe(recipe: Recipe) -> Difference:
    """What *recipe* makes, its set-up included. Nothing differs for one that makes an honest answer."""

    def act(pki: PKI, leaf: Leaf, now: datetime) -> Pair:
        stage = Stage(pki, leaf, SCENES[0], recipe.given_to, now)
        return stage.pair(recipe.make_faults(pki, leaf), recipe.set_up)

    return Difference(recipe.given_to, "", _compare(recipe.make_pki, act))


def _compare(
    make_pki: Callable[[], PKI], act: Callable[[PKI, Leaf, datetime], Pair]
) -> tuple[tuple[str, str], ...]:
    """Where the two answers differ that *act* gives, both of the same second."""
    with make_pki() as pki:
        while True:
            now = pki.clock.now()
            honest, bent = act(pki, pki.issue_cert("localhost"), now)
            if pki.clock.now() == now:
                return find_changes(honest, bent)


# What differs.


def find_changes(honest: Lines, bent: Lines) -> tuple[tuple[str, str], ...]:
    """The lines in which two answers differ, each with its mark, below those that hold them."""
    return tuple(_changes(_read_tree(honest), _read_tree(bent)))


@dataclass(frozen=True)
class _Node:
    """One line, and those below it with a larger margin."""

    line: str
    inside: tuple[_Node, ...]


def _read_tree(lines: Lines) -> tuple[_Node, ...]:
    """The lines by their margins."""
    heads = [at for at, line in enumerate(lines) if _margin(line) <= _margin(lines[0])]
    return tuple(
        _Node(lines[at], _read_tree(lines[at + 1 : end]))
        for at, end in zip(heads, [*heads[1:], len(lines)], strict=False)
    )


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _changes(honest: tuple[_Node, ...], bent: tuple[_Node, ...]) -> Iterator[tuple[str, str]]:
    """The lines that differ, each below those that hold it."""
    for what, a, b, c, d in SequenceMatcher(None, honest, bent, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        yield from _pair_changes(honest[a:b], bent[c:d])


def _pair_changes(gone: tuple[_Node, ...], come: tuple[_Node, ...]) -> Iterator[tuple[str, str]]:
    """Of the same name, one has become the other; the rest was taken out, or put in."""
    names, other_names = [node.line for node in gone], [node.line for node in come]
    for what, a, b, c, d in SequenceMatcher(None, names, other_names, autojunk=False).get_opcodes():
        if what == "equal":
            for node, other in zip(gone[a:b], come[c:d], strict=True):
                yield " ", node.line
                yield from _changes(node.inside, other.inside)
        elif [node.inside for node in gone[a:b]] == [node.inside for node in come[c:d]]:
            yield from (("-", name) for name in names[a:b])
            yield from (("+", name) for name in other_names[c:d])
        else:
            yield from _mark_all("-", gone[a:b])
            yield from _mark_all("+", come[c:d])


_MOST_LINES = 8


def _mark_all(mark: str, nodes: tuple[_Node, ...]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        size = _size(node) - 1
        # What is gone as a whole need not be shown as a whole.
        if mark == "-" and size > _MOST_LINES:
            yield mark, f"{node.line}, with all {size} lines of it"
        else:
            yield mark, node.line
            yield from _mark_all(mark, node.inside)


def _size(node: _Node) -> int:
    return 1 + sum(map(_size, node.inside))
