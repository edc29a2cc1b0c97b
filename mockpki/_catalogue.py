"""The catalogue as a table: what the documentation and the command line say of each fault.

Nothing is written down twice: names, parameters and sentences are read off the classes.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from . import faults
from ._publisher import CertificateFile, Publisher
from ._responder import Responder
from .faults import Fault

_CLAUSE = re.compile(r"\s*(RFC \d+ (?:section|appendix) [\w.]+(?:, check \d)?)\.$")


@dataclass(frozen=True)
class Entry:
    """One fault of the catalogue, in words.

    *call* is how to write it with its defaults, *sentence* what it does, *clause* the clause it
    breaks or touches (empty where it is plain trouble), *services* what it can be given to.
    """

    name: str
    layer: str
    call: str
    sentence: str
    clause: str
    services: tuple[str, ...]


def entries() -> Iterator[Entry]:
    """Every fault of `faults.CATALOGUE`, by layer."""
    for fault in faults.CATALOGUE:
        paragraph = " ".join((fault.__doc__ or "").partition("\n\n")[0].split())
        clause = _CLAUSE.search(paragraph)
        yield Entry(
            fault.__name__,
            fault.layer,
            f"{fault.__name__}({', '.join(_parameters(fault))})",
            paragraph[: clause.start()] if clause else paragraph,
            clause.group(1) if clause else "",
            tuple(_services(fault)),
        )


def _parameters(fault: type[Fault[Any]]) -> Iterator[str]:
    for parameter in inspect.signature(fault).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            yield f"*{parameter.name}"
        elif parameter.default is parameter.empty:
            yield parameter.name
        else:
            yield f"{parameter.name}={_literal(parameter.default)}"


def _literal(value: object) -> str:
    if not isinstance(value, timedelta):
        return repr(value)
    if value.seconds or value.microseconds:
        return f"timedelta(seconds={value.total_seconds():g})"
    return f"timedelta(days={value.days})"


def _services(fault: type[Fault[Any]]) -> Iterator[str]:
    if issubclass(fault, Responder.layers):
        yield "OCSP"
        if not issubclass(fault, faults.HTTP | faults.Transport | faults.Listener):
            yield "staple"
    if issubclass(fault, Publisher.layers):
        yield "CRL"
    if issubclass(fault, CertificateFile.layers):
        yield "caIssuers"


def markdown() -> str:
    """The table of the README."""
    lines = ["| fault | what goes wrong | where | RFC |", "| --- | --- | --- | --- |"]
    for entry in entries():
        where = "all" if len(entry.services) == 4 else ", ".join(entry.services)
        clause = entry.clause.removeprefix("RFC ").replace(" section ", " §").replace(" appendix ", " app. ")
        lines.append(f"| `{entry.call}` | {entry.sentence} | {where} | {clause} |")
    return "\n".join(lines) + "\n"
