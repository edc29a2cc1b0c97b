"""A file of PKIs, in TOML: each table of ``[pki.NAME]`` is the body of POST /v1/pkis, checked as that is.

    [serve]
    port = 8480

    [[pki.default.certificates]]
    identities = ["localhost"]

Nothing is read again at run time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from .._catalogue.data import describe_schemas, map_references
from .._typed import suggest
from .bodies import MakePki
from .conversion import convert
from .pkis import make
from .problem import Problem
from .topology import Topology

LARGEST = 16 << 20
"""Octets that such a file may have."""


@dataclass(frozen=True)
class File:
    """What stands in a file at *path*: *options* of the command line by long names, *pkis* by theirs."""

    path: Path
    options: Mapping[str, Any]
    pkis: Mapping[str, MakePki]

    def fill(self, topology: Topology) -> dict[str, str]:
        """Make the PKIs; their ids, by name.

        Raises ValueError, which names the table, for what cannot be, and Problem for a port that is taken.
        """
        made = {}
        for name, body in self.pkis.items():
            made[name] = self._name_table(name, lambda body=body: make(topology, body)).id  # type: ignore[misc]
        return made

    def _name_table(self, name: str, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as error:
            problem = Problem.of(error)
            if problem.kind == "bug":
                raise
            sentence = f"{self.path}: {write_path('pki', name, problem.pointer)}: {problem}"
            if problem.is_port:
                raise Problem(problem.kind, sentence, problem.pointer) from error
            raise ValueError(sentence) from error

    def read_body(self, name: str, table: object) -> MakePki:
        """The *table* of the PKI called *name*. Raises ValueError for what it cannot be."""
        if isinstance(table, dict) and "name" in table:
            where = write_path("pki", name, "/name")
            raise ValueError(f"{self.path}: {where}: the name of a PKI is that of its table; leave it out")
        body: MakePki = self._name_table(
            name, lambda: convert({**table, "name": name} if isinstance(table, dict) else table, MakePki)
        )
        return body


def read_file(path: Path) -> File:
    """What stands in the file at *path*.

    Raises OSError for one that cannot be read, ValueError, with the table that is meant, for what cannot be.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"{path} is larger than {LARGEST >> 20} MiB")
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no TOML: {error}") from error
    for name in document:
        if name not in ("serve", "pki"):
            hint = suggest(name, ("serve", "pki"))
            raise ValueError(f"{path}: there is no table {name!r} here; {hint}")
    tables = {name: document.get(name, {}) for name in ("serve", "pki")}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ValueError(f"{path}: {name} is a table, [{name}]; got {table!r:.100}")
    bare = File(path, tables["serve"], {})
    return File(
        path, tables["serve"], {name: bare.read_body(name, own) for name, own in tables["pki"].items()}
    )


def write_path(*names: str | None) -> str:
    """The path of tables, as TOML writes it, to names and a pointer (RFC 6901): ``pki.a.certificates[0]``."""
    *tables, pointer = names
    path = ".".join(_quote(str(name)) for name in tables)
    for step in (pointer or "").split("/")[1:]:
        path += f"[{step}]" if step.isdecimal() else f".{_quote(step)}"
    return path


def _quote(key: str) -> str:
    bare = key and all(one.isascii() and (one.isalnum() or one in "-_") for one in key)
    return key if bare else msgspec.json.encode(key).decode()


def describe_file(options: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of such a file, for editors; *options* are the schemas of ``[serve]``."""
    (own,), components = msgspec.json.schema_components([MakePki], ref_template="#/$defs/{name}")
    components = {name: one for name, one in components.items() if name != "MakePki"} | {
        "MakePki": _without_name(components["MakePki"])
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mockpki serve FILE.toml",
        "type": "object",
        "properties": {
            "serve": {
                "description": "Any long option of the command line.",
                "type": "object",
                "properties": dict(options),
                "additionalProperties": False,
            },
            "pki": {"description": "PKIs, by name.", "type": "object", "additionalProperties": own},
        },
        "additionalProperties": False,
        # Those of faults are written as in OpenAPI.
        "$defs": map_references(
            {**describe_schemas("#/$defs/"), **components},
            lambda one: one.replace("#/components/schemas/", "#/$defs/"),
        ),
    }


def _without_name(schema: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: one for name, one in schema["properties"].items() if name != "name"}
    return {**schema, "properties": fields}
