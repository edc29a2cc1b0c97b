# ruff: noqa: E402
"""Calls that nobody thought of: schemathesis makes them up from the OpenAPI document, right and wrong."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

# It runs with no rich as old as the oldest that we do.
schemathesis = pytest.importorskip("schemathesis")

from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mockpki._serve.application import Application
from mockpki._serve.bodies import MakePki
from mockpki._serve.guard import Guard
from mockpki._serve.limits import Limits
from mockpki._serve.openapi import describe
from mockpki._serve.pkis import make
from mockpki._serve.table import TABLE
from mockpki._serve.topology import Topology

CHECKS: Any = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip
PKI = {
    "name": "here",
    "certificates": [{"name": "web", "identities": ["localhost"]}],
    "tls_servers": [{"name": "front", "certificates": ["web"]}],
}
THERE = {"pki": "here", "ca": "ca", "certificate": "web", "server": "front", "service": "ocsp", "number": 1}
LEFT_OUT = ("/cas/{ca}/{service}", "/cas/{ca}/ocsp", "/cas/{ca}/crl", "/shutdown", "/events")
"""The same functions at another path; one that ends the server, and one that never ends."""
FAULTS = ("Stale", "HttpStatus", "NoNonce", "Trailing", "Slow", "Refused", "Entry")
EXAMPLES = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 2}
"""For each call; fifty times as many found nothing more."""


@pytest.fixture(scope="module")
def topology() -> Iterator[Topology]:
    """The PKIs of a server without a port."""
    own = Topology(Limits())
    yield own
    own.close_all()


def test_no_call_is_answered_but_as_the_document_says(topology: Topology) -> None:
    """Whatever is sent, no answer is 500, and each has a status, a type and a form that the document has."""
    document: Any = msgspec.json.decode(msgspec.json.encode(describe(TABLE)))
    # Of the faults a few, of each kind of parameter: most of the time would go into choosing one.
    faults = document["components"]["schemas"]["Fault"]["anyOf"][1]["oneOf"]
    faults[:] = [one for one in faults if one["$ref"].rpartition("/")[2] in FAULTS]
    assert len(faults) == len(FAULTS)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = Application(topology, Guard())
    met: Counter[int] = Counter()

    def call(case: Case[Any]) -> None:
        if not any(hosted.name == "here" for hosted in topology.open_pkis()):
            make(topology, msgspec.convert(PKI, MakePki))
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        met[response.status_code] += 1

    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if any(part in operation.path for part in LEFT_OUT):
            continue
        names = [parameter.name for parameter in operation.path_parameters]
        fixed = {name: THERE[name] for name in names if name in THERE}
        for mode, number in EXAMPLES.items():
            # What takes neither a body nor a query cannot be given wrong ones.
            if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
                continue
            chosen = settings(
                max_examples=number if operation.body or operation.query else 1,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            cases = operation.as_strategy(generation_mode=mode, path_parameters=fixed)
            chosen(given(case=cases)(call))()
    assert set(met) >= {200, 201, 204, 400, 409, 422}
