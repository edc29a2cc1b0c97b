"""The OpenAPI document (3.1), made of the route table: whatever stands in it is what the server goes by."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from importlib.metadata import version
from typing import Any

import msgspec

from .._catalogue.data import describe_schemas, map_references
from . import shapes
from .guard import OPEN, SAFE
from .hosted import FILTERS
from .problem import MEDIA_TYPE, TYPES
from .route import JSON, PARAMETERS, Call, Route, Routes

ROUTES = Routes()
_SCHEMAS = "#/components/schemas/"
_PARAMETER = re.compile(r"\{(\w+)\}")


@ROUTES.add("GET", "/v1/openapi.json", answers=dict[str, Any])
def get_openapi(call: Call) -> dict[str, Any]:
    """This document: every call there is, what it takes, and what it answers."""
    return describe(call.table)


@lru_cache(maxsize=4)
def describe(table: tuple[Route, ...]) -> dict[str, Any]:
    """The OpenAPI document of *table*."""
    schemas = _Schemas(table)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _describe_route(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mockpki serve",
            "version": version("mockpki"),
            "description": "PKIs for tests of certificate revocation, each apart from all others.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "tags": [{"name": tag, "description": text} for tag, text in _list_tags(table).items()],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {str(status): _describe_problems(status) for status in _STATUSES},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Only where the server was given a token.",
                }
            },
        },
    }


def _list_tags(table: Iterable[Route]) -> dict[str, str]:
    """The groups of calls, and the first sentence of the module that each is in."""
    modules = {route.tag: route.handle.__module__ for route in table}
    documents = {tag: importlib.import_module(name).__doc__ or "" for tag, name in modules.items()}
    return {tag: text.partition("\n\n")[0].replace("\n", " ") for tag, text in documents.items()}


class _Schemas:
    """The schemas of all that comes and goes, by name. What comes is *Given...* where both have one name."""

    def __init__(self, table: Sequence[Route]) -> None:
        given = {route.body for route in table if route.body is not None}
        shown = {kind for route in table for kind in route.alternatives if not isinstance(kind, str | None)}
        self._of: dict[tuple[str, Any], dict[str, Any]] = {}
        self.components = describe_schemas(_SCHEMAS)
        taken = set(self.components)
        for side, kinds in (("shown", {*shown, shapes.Problem}), ("given", given)):
            ordered = sorted(kinds, key=str)
            found, components = msgspec.json.schema_components(ordered, ref_template=_SCHEMAS + "{name}")
            renamed = {
                _SCHEMAS + name: f"{_SCHEMAS}{side.title()}{name}" for name in components if name in taken
            }
            for kind, schema in zip(ordered, found, strict=True):
                self._of[side, kind] = map_references(schema, partial(_rename, renamed))
            for name, schema in components.items():
                own = renamed.get(_SCHEMAS + name, _SCHEMAS + name).removeprefix(_SCHEMAS)
                self.components[own] = map_references(schema, partial(_rename, renamed))
            taken |= set(components)

    def given(self, kind: Any) -> dict[str, Any]:
        """The schema of what comes."""
        return self._of["given", kind]

    def shown(self, kind: Any) -> dict[str, Any]:
        """The schema of what is answered."""
        return self._of["shown", kind]


def _rename(names: Mapping[str, str], reference: str) -> str:
    return names.get(reference, reference)


def _describe_route(route: Route, schemas: _Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name_operation(route),
        "tags": [route.tag],
        "summary": route.sentence,
    }
    if route.description:
        operation["description"] = route.description
    parameters = [_describe_parameter(name) for name in _PARAMETER.findall(route.path)]
    if route.query is not None:
        parameters += _describe_query(route.query)
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        media: dict[str, Any] = {"schema": schemas.given(route.body)}
        if route.example is not None:
            media["example"] = route.example
        operation["requestBody"] = {"required": not route.optional, "content": {JSON: media}}
    operation["responses"] = {
        **_describe_success(route, schemas),
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in list_statuses(route)},
    }
    if route.path in OPEN:
        operation["security"] = [{}]
    return operation


def _name_operation(route: Route) -> str:
    """One name for each: that of the function, with its group, and whose services they are."""
    whose = ""
    if route.tag in ("services", "octets"):
        parts = route.path.split("/")
        whose = "_of_ca" if "{ca}" in parts else "_of_filters" if FILTERS in parts else ""
    return f"{route.tag}_{route.handle.__name__}{whose}"


def _describe_parameter(name: str) -> dict[str, Any]:
    converter, description = PARAMETERS[name]
    schema: dict[str, Any] = {"type": "string"}
    if converter == "int":
        schema = {"type": "integer", "minimum": 0}
    elif converter.startswith("any("):
        schema["enum"] = [word.strip() for word in converter[4:-1].split(",")]
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _describe_query(kind: Any) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([kind])
    schema = components[kind.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": _leave_out_null(own),
        }
        for name, own in schema["properties"].items()
    ]


def _leave_out_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """*schema* for what stands in a URL, where nothing is null: it is left out."""
    left = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    choices = [one for one in left.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        del left["anyOf"]
        return {**left, **choices[0]}
    return {**left, "anyOf": choices} if choices else left


def _describe_success(route: Route, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {}
    contents: dict[str, Any] = {}
    for kind in route.alternatives:
        if isinstance(kind, str):
            media_type = kind.partition(";")[0]
            text = media_type.startswith("text/") or media_type.endswith("pem-file")
            contents[media_type] = {"schema": {"type": "string"} if text else {}}
        elif kind is not None:
            contents[JSON] = {"schema": schemas.shown(kind)}
    if None in route.alternatives:
        status = route.status_of_nothing
        described[str(status)] = {"description": "It is done." if status == 204 else "It will be done."}
    if contents:
        answer: dict[str, Any] = {"description": "The answer.", "content": contents}
        if route.status == 201:
            answer["headers"] = {
                "Location": {"description": "The path of what was made.", "schema": {"type": "string"}}
            }
        described[str(route.status)] = answer
    return described


_STATUSES = sorted({status for status, _ in TYPES.values()})


def list_problems(route: Route) -> list[str]:
    """The types of problem that *route* may answer, but for those of a server's own mistake."""
    # Of a request as such, and of what stands in a query.
    kinds = ["not-http", "timed-out", "too-long-head", "too-large", "wrong-host", "invalid", "unknown-field"]
    if route.path not in OPEN:
        kinds.append("no-token")
    names = _PARAMETER.findall(route.path)
    if names:
        kinds.append("not-found")
    if "pki" in names:
        kinds.append("gone")
    if route.method not in SAFE:
        kinds += ["foreign-page", "wrong-media-type"]
    if route.body is not None:
        kinds.append("not-json")
    if route.status == 201:
        kinds += ["conflict", "limit-reached", "gone"]
    return [*kinds, *route.refusals]


def list_statuses(route: Route) -> list[int]:
    """The statuses of these."""
    return sorted({TYPES[kind][0] for kind in list_problems(route)})


def _describe_problems(status: int) -> dict[str, Any]:
    kinds = {kind: meaning for kind, (own, meaning) in TYPES.items() if own == status}
    return {
        "description": "\n\n".join(f"`{kind}`: {meaning}" for kind, meaning in kinds.items()),
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}},
    }
