"""The OpenAPI document: valid, whole, and true of the server."""

import json
import re
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import validate

from mockpki import faults
from mockpki._catalogue.data import list_from_data
from mockpki._serve.openapi import describe, list_statuses
from mockpki._serve.problem import TYPES
from mockpki._serve.route import PARAMETERS, Route
from mockpki._serve.table import TABLE
from tests.kit.serving import Served

DOCUMENT: Any = json.loads(msgspec.json.encode(describe(TABLE)))


def operation(route: Route) -> Any:
    """What the document says of *route*."""
    return DOCUMENT["paths"][route.path][route.method.lower()]


def test_it_is_valid_openapi() -> None:
    """A validator of others takes it, and would not take it with a parameter left out."""
    validate(DOCUMENT)
    operation = {**DOCUMENT["paths"]["/health"]["get"], "responses": {"200": {"description": "x"}}}
    broken = {**DOCUMENT, "paths": {"/v1/pkis/{pki}": {"get": operation}}, "components": {}}
    with pytest.raises(Exception, match="'pki'"):
        validate(broken)


def test_a_server_answers_it(served: Served) -> None:
    """What the server hands out is the document of its own table."""
    assert served.ask("GET", "/v1/openapi.json") == DOCUMENT


def test_every_call_is_in_it_and_documented() -> None:
    """No call is missing, none is invented, and each says what it is for and what may come of it."""
    calls = {(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert calls == {(route.path, route.method) for route in TABLE}
    names = [operation(route)["operationId"] for route in TABLE]
    assert len(set(names)) == len(names)
    for route in TABLE:
        said = operation(route)
        assert said["summary"][0].isupper(), route
        assert set(map(str, list_statuses(route))) < set(said["responses"])
        assert (route.body is not None) == ("requestBody" in said)
    assert {tag["name"] for tag in DOCUMENT["tags"]} == {route.tag for route in TABLE}


def test_every_reference_leads_somewhere() -> None:
    """Nothing points to what is not there, and no schema stands there for nobody."""
    text = json.dumps(DOCUMENT)
    targets = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert targets == set(DOCUMENT["components"]["schemas"])
    assert {fault.__name__ for fault in faults.CATALOGUE} <= targets


def test_examples_are_taken() -> None:
    """Each example is a body that the call it stands at takes; most calls that need a body have one."""
    examples = [route for route in TABLE if route.example is not None]
    for route in examples:
        msgspec.convert(route.example, route.body)
        assert operation(route)["requestBody"]["content"]["application/json"]["example"] == route.example
    assert len(examples) > 10


def test_every_problem_is_described() -> None:
    """Each type of problem stands at its status, with what it means, and so does each parameter of a path."""
    responses = DOCUMENT["components"]["responses"]
    for kind, (status, meaning) in TYPES.items():
        assert f"`{kind}`: {meaning}" in responses[str(status)]["description"]
    assert {name for route in TABLE for name in re.findall(r"\{(\w+)\}", route.path)} <= set(PARAMETERS)


def test_examples_of_faults_are_faults() -> None:
    """Wherever a list of faults is shown as an example, it is one."""
    found: list[Any] = []

    def look(schema: Any) -> None:
        if isinstance(schema, dict):
            for name, own in schema.items():
                if name == "faults" and isinstance(own, dict):
                    found.extend(example for example in own.get("examples", ()))
                look(own)
        elif isinstance(schema, list):
            for one in schema:
                look(one)

    look(DOCUMENT["components"]["schemas"])
    assert len(found) > 5
    for example in found:
        assert list_from_data(example)
