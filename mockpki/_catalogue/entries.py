"""The catalogue as data: what the documentation and the command line say of each fault.

Nothing is written down twice: names, parameters, sentences and clauses are read off the classes, and
what a layer can be given to off the services.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, get_args

from .. import faults
from .._layers import CertificateContent
from .._services.crlite import CRLite
from .._services.files import CertificateFile
from .._services.publisher import Publisher
from .._services.responder import Responder
from ..faults import Fault

_CLAUSE = re.compile(r"\s*(RFC \d+ (?:section|appendix) [\w.]+(?:, check \d)?)\.$")

TARGETS: dict[str, tuple[type[Fault[Any]], ...]] = {
    "OCSP": Responder.layers,
    "staple": get_args(faults.StapleFault),
    "CRL": Publisher.layers,
    "caIssuers": CertificateFile.layers,
    "certificate": (CertificateContent,),
    "filter": CRLite.layers,
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
class FaultEntry:
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


def describe_fault(fault: type[Fault[Any]]) -> FaultEntry:
    """What the class says of itself."""
    first, _, more = inspect.cleandoc(fault.__doc__ or "").partition("\n\n")
    paragraph = " ".join(first.split())
    clause = _CLAUSE.search(paragraph)
    parameters = tuple(_parameters(fault))
    return FaultEntry(
        fault.__name__,
        fault.layer,
        f"{fault.__name__}({', '.join(map(str, parameters))})",
        parameters,
        paragraph[: clause.start()] if clause else paragraph,
        clause.group(1) if clause else "",
        more,
        tuple(target for target, layers in TARGETS.items() if issubclass(fault, layers)),
    )


def list_faults(layer: str = "") -> Iterator[FaultEntry]:
    """Every fault of `faults.CATALOGUE`, by layer; or those of one *layer*. LookupError for no layer."""
    known = [one.layer for one in faults.LAYERS]
    chosen = next((one for one in known if one.lower() == layer.lower()), "")
    if layer and not chosen:
        raise LookupError(f"There is no layer {layer!r}; there are: {', '.join(known)}.")
    return (describe_fault(fault) for fault in faults.CATALOGUE if fault.layer == (chosen or fault.layer))


def by_layer(layer: str = "") -> Iterator[tuple[type[Fault[Any]], list[FaultEntry]]]:
    """Every layer that has faults, in the order in which an answer passes them, with its entries."""
    homes = {home.layer: home for home in faults.LAYERS}
    for name, group in groupby(list_faults(layer), key=lambda one: one.layer):
        yield homes[name], list(group)


def layer_title(layer: type[Fault[Any]]) -> str:
    """The layer's name as a heading."""
    return layer.layer[0].upper() + layer.layer[1:]


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
