"""What callers send, against the functions of Python that it ends in."""

import inspect
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from mockpki import CA, PKI, sequences
from mockpki._serve import bodies
from mockpki._serve.conversion import convert
from mockpki._serve.problem import Problem
from mockpki._serve.table import TABLE
from mockpki._services.crlite import CRLite

# What the function has and the body lacks, each with its reason; and what the body has on top of it.
FUNCTION = "code of the test's own, which no call can bring"
SERVER = "the server chooses it for all PKIs"
CALLED_OTHERWISE = "goes by another name"
LEFT_OUT: dict[Any, tuple[Callable[..., Any], dict[str, str], set[str]]] = {
    bodies.MakePki: (
        PKI.__init__,
        dict.fromkeys(("host", "evidence", "services", "ports", "may_reach"), SERVER),
        {
            "name",
            "ttl",
            "clock",
            "cas",
            "certificates",
            "ocsp",
            "crl",
            "ca_issuers",
            "crlite",
            "authorities",
            "tls_servers",
        },
    ),
    bodies.IssueCert: (CA.issue_cert, {}, {"name", "ca", "status", "reason", "at", "invalidity_date"}),
    bodies.MakeCa: (CA.create_child_ca, {}, {"name", "parent", "adopt"}),
    bodies.TlsServer: (
        PKI.tls_server,
        {"leaves": CALLED_OTHERWISE, "handler": FUNCTION, "before_tls": FUNCTION},
        {"name", "certificates", "issue"},
    ),
    bodies.PublishFilters: (CRLite.publish, {}, set()),
    bodies.Revoke: (CA.revoke, {"target": "is in the path"}, set()),
    bodies.RevokeMany: (
        CA.revoke,
        {"target": CALLED_OTHERWISE},
        {"certificates", "serial_numbers", "serial_range"},
    ),
}


@pytest.mark.parametrize("body", LEFT_OUT, ids=lambda body: body.__name__)
def test_a_body_has_what_the_function_has(body: Any) -> None:
    """A parameter that a function of Python gains cannot be forgotten here, and none is made up."""
    function, left_out, own = LEFT_OUT[body]
    parameters = inspect.signature(function).parameters.keys() - {"self"}
    assert left_out.keys() <= parameters
    assert set(body.__struct_fields__) == parameters - left_out.keys() | own


@pytest.mark.parametrize("body", LEFT_OUT, ids=lambda body: body.__name__)
def test_what_is_left_out_is_what_it_is_in_python(body: Any) -> None:
    """The default of a field is that of the parameter, or null, which is the same as leaving it out."""
    parameters = inspect.signature(LEFT_OUT[body][0]).parameters
    for field in msgspec.structs.fields(body):
        if field.name not in parameters or field.required:
            continue
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        wanted = parameters[field.name].default
        if field.name == "staple":
            assert (default, wanted) == ("honest", ())
        elif default is not None and parameters[field.name].kind is not inspect.Parameter.VAR_POSITIONAL:
            assert default == (list(wanted) if isinstance(wanted, tuple) else wanted), field.name


def test_a_sequence_has_what_those_of_python_have() -> None:
    """Every sequence there is can be sent, with all of its parameters."""
    kinds = [getattr(sequences, name) for name in ("EveryNth", "FirstN", "Flapping", "Mix")]
    parameters = {name for kind in kinds for name in inspect.signature(kind).parameters}
    assert {"sequence", *parameters} == set(bodies.Sequence.__struct_fields__)


@pytest.mark.parametrize("name", ["web", "ü", "a b", "x" * 200, "%2F?#", "a.b"])
def test_a_name_can_stand_in_a_path(name: str) -> None:
    """Whatever a caller chooses as a name leads back to what was named."""
    assert convert({"name": name}, bodies.IssueCert).name == name


@pytest.mark.parametrize("name", ["", "a/b", "x" * 201, ".", "..", ".x", "a\nb", "web\n", "\x7f", 5])
def test_what_cannot_stand_in_a_path_is_no_name(name: object) -> None:
    """A name with a slash, a line feed or nothing in it would lead elsewhere."""
    with pytest.raises(Problem) as caught:
        convert({"name": name}, bodies.IssueCert)
    assert (caught.value.kind, caught.value.pointer) == ("invalid", "/name")


@pytest.mark.parametrize(
    ("sent", "pointer", "near"),
    [
        ({"detph": 1}, "/detph", ["depth"]),
        ({"certificates": [{}, {"must_stapel": True}]}, "/certificates/1/must_stapel", ["must_staple"]),
        ({"ocsp": {"sequence": {"sequence": "Mix", "sed": 1}}}, "/ocsp/sequence/sed", ["seed"]),
        ({"certificates": [{"extensions": [{"oidd": "1.2"}]}]}, "/certificates/0/extensions/0/oidd", ["oid"]),
        ({"crl": {"scirpt": []}}, "/crl/scirpt", ["script"]),
        ({"zzzz": 1}, "/zzzz", []),
    ],
)  # fmt: skip
def test_an_unknown_field_is_told_with_its_place_and_near_names(
    sent: object, pointer: str, near: list[str]
) -> None:
    """At every depth a field that is not known is refused, and what it may have been is said."""
    with pytest.raises(Problem) as caught:
        convert(sent, bodies.MakePki)
    problem = caught.value
    assert (problem.kind, problem.pointer, problem.suggestions[:1]) == ("unknown-field", pointer, near)
    assert all(f"did you mean {name!r}?" in problem.detail for name in near)


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"depth": 1.0}, "/depth"),
        ({"depth": True}, "/depth"),
        ({"depth": 10**30}, "/depth"),
        ({"certificates": [{"not_before": "2026-01-01T00:00:00"}]}, "/certificates/0/not_before"),
        ({"certificates": [{"serial_number": "0x1"}]}, "/certificates/0/serial_number"),
        ({"tls_servers": [{"port": 65536}]}, "/tls_servers/0/port"),
        ([], None),
        (None, None),
        ("{}", None),
    ],
)
def test_a_value_of_the_wrong_kind_is_pointed_to(sent: object, pointer: str | None) -> None:
    """Nothing is taken for what it is not, and the pointer leads to it."""
    with pytest.raises(Problem) as caught:
        convert(sent, bodies.MakePki)
    assert (caught.value.kind, caught.value.pointer) == ("invalid", pointer)


def test_every_body_refuses_what_it_does_not_know() -> None:
    """No body drops a field without a word."""
    kinds = {kind for route in TABLE for kind in (route.body, route.query) if kind is not None}
    assert all(
        issubclass(kind, bodies.Body) and kind.__struct_config__.forbid_unknown_fields for kind in kinds
    )
