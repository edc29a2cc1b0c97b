"""The catalogue as data: what the documentation and the command line say of each fault.

Nothing is written down twice: names, parameters, sentences and clauses are read off the classes, and
what a layer can be given to off the services.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, get_args

from .. import faults
from .._layers import CertificateContent
from .._services.files import CertificateFile
from .._services.publisher import Publisher
from .._services.responder import Responder
from .._typed import find_near, parse_duration
from ..faults import Fault
from .recipe import Alias
from .recipes_crl import CRL_ALIASES
from .recipes_ocsp import OCSP_ALIASES

ALIASES: tuple[Alias, ...] = OCSP_ALIASES + CRL_ALIASES
"""Every name of other harnesses, in mockpki's own words."""

_CLAUSE = re.compile(r"\s*(RFC \d+ (?:section|appendix) [\w.]+(?:, check \d)?)\.$")

TARGETS: dict[str, tuple[type[Fault[Any]], ...]] = {
    "OCSP": Responder.layers,
    "staple": get_args(faults.StapleFault),
    "CRL": Publisher.layers,
    "caIssuers": CertificateFile.layers,
    "certificate": (CertificateContent,),
}
"""What faults can be given to, and the layers that each of these has."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a fault: its name and its default as Python; "" for none."""

    name: str
    default: str

    def __str__(self) -> str:
        return f"{self.name}={self.default}" if self.default else self.name


@dataclass(frozen=True)
class Entry:
    """One fault of the catalogue, in words.

    *call* is how to write it with its defaults, *sentence* what it does, *clause* the clause it breaks
    or touches (empty where it is plain trouble), *more* what else there is to say, *targets* what it
    can be given to.
    """

    name: str
    layer: str
    call: str
    parameters: tuple[Parameter, ...]
    sentence: str
    clause: str
    more: str
    targets: tuple[str, ...]

    @property
    def short(self) -> str:
        """The call without its defaults: ``Stale(by, fresh_signature)``."""
        return f"{self.name}({', '.join(parameter.name for parameter in self.parameters)})"


def describe_fault(fault: type[Fault[Any]]) -> Entry:
    """What the class says of itself."""
    first, _, more = inspect.cleandoc(fault.__doc__ or "").partition("\n\n")
    paragraph = " ".join(first.split())
    clause = _CLAUSE.search(paragraph)
    parameters = tuple(_parameters(fault))
    return Entry(
        fault.__name__,
        fault.layer,
        f"{fault.__name__}({', '.join(map(str, parameters))})",
        parameters,
        paragraph[: clause.start()] if clause else paragraph,
        clause.group(1) if clause else "",
        more,
        tuple(target for target, layers in TARGETS.items() if issubclass(fault, layers)),
    )


def list_faults(layer: str = "") -> Iterator[Entry]:
    """Every fault of `faults.CATALOGUE`, by layer; or those of one *layer*. LookupError for no layer."""
    known = [one.layer for one in faults.LAYERS]
    chosen = next((one for one in known if one.lower() == layer.lower()), "")
    if layer and not chosen:
        raise LookupError(f"There is no layer {layer!r}; there are: {', '.join(known)}.")
    return (describe_fault(fault) for fault in faults.CATALOGUE if fault.layer == (chosen or fault.layer))


def by_layer(layer: str = "") -> Iterator[tuple[type[Fault[Any]], list[Entry]]]:
    """Every layer that has faults, in the order in which an answer passes them, with its entries."""
    homes = {home.layer: home for home in faults.LAYERS}
    for name, group in groupby(list_faults(layer), key=lambda one: one.layer):
        yield homes[name], list(group)


def find(name: str) -> type[Fault[Any]] | tuple[Alias, ...]:
    """The aliases of that name, or the fault, in any case. LookupError, with near names, for neither."""
    aliases = tuple(alias for alias in ALIASES if alias.name == name)
    if aliases:
        return aliases
    for fault in faults.CATALOGUE:
        if fault.__name__.lower() == name.lower():
            return fault
    known = {alias.name: alias.name for alias in ALIASES}
    known |= {fault.__name__.lower(): fault.__name__ for fault in faults.CATALOGUE}
    near = " or ".join(known[one] for one in find_near(name.lower(), known))
    hint = f"did you mean {near}?" if near else "`mockpki faults` lists all."
    raise LookupError(f"There is no fault {name!r}; {hint}")


# Parameters.


def _parameters(fault: type[Fault[Any]]) -> Iterator[Parameter]:
    for parameter in inspect.signature(fault).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            yield Parameter(f"*{parameter.name}", "")
        elif parameter.default is parameter.empty:
            yield Parameter(parameter.name, "")
        else:
            yield Parameter(parameter.name, _literal(parameter.default))


def _literal(value: object) -> str:
    if not isinstance(value, timedelta):
        return repr(value)
    if not value:
        return "timedelta()"
    if value % timedelta(days=1):
        return f"timedelta(seconds={value.total_seconds():g})"
    return f"timedelta(days={value.days})"


def make_fault(fault: type[Fault[Any]], given: Iterable[str]) -> Fault[Any]:
    """*fault* with parameters as they are typed at a prompt: ``by=2d``, ``code=404``, ``issuer``.

    A number followed by s, min, h or d is a duration; Python's own literals are themselves; the rest is
    text. Raises ValueError or TypeError, with a sentence, for what the fault does not take.
    """
    positional: list[object] = []
    named: dict[str, object] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if equals and name.isidentifier():
            named[name] = _value(value)
        else:
            positional.append(_value(one))
    try:
        return fault(*positional, **named)
    except TypeError as error:
        raise TypeError(f"{describe_fault(fault).call} does not take {' '.join(given)}: {error}") from error


def _value(text: str) -> object:
    duration = parse_duration(text)
    if duration is not None:
        return duration
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


# The README.

BEGIN = "<!-- faults: made by `mockpki faults --format markdown --write README.md` -->"
END = "<!-- end of faults -->"


def markdown(layer: str = "") -> str:
    """The README's list: folded up, a layer at a time."""
    return "\n".join(map(_folded, *zip(*by_layer(layer), strict=True)))


def _folded(layer: type[Fault[Any]], group: list[Entry]) -> str:
    count = "1 fault" if len(group) == 1 else f"{len(group)} faults"
    about = " ".join((layer.__doc__ or "").partition("\n\n")[0].split())
    lines = [f"<details><summary><b>{title(layer)}</b>: {count}</summary>", ""]
    lines += [f"{about} Given to: {', '.join(group[0].targets)}.", ""]
    lines += [f"- `{one.short}`: {one.sentence}{_short_clause(one)}" for one in group]
    return "\n".join((*lines, "", "</details>", ""))


def title(layer: type[Fault[Any]]) -> str:
    """The layer's name as a heading."""
    return layer.layer[0].upper() + layer.layer[1:]


def _short_clause(one: Entry) -> str:
    if not one.clause:
        return ""
    return f" ({one.clause.replace(' section ', ' §').replace(' appendix ', ' app. ')})"


def refreshed(text: str) -> str:
    """*text* with a new list between the two marks. Raises ValueError for a text without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"it has no lines {BEGIN} and {END} to write between")
    return f"{before}{BEGIN}\n{markdown()}{END}{after}"
