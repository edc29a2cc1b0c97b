"""The rules of the house, held by reading the source."""

import ast
import dataclasses
import inspect
import os
import re
from collections.abc import Iterator
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

import mockpki
from mockpki import crlite, faults, relying_party, staplers
from tests.conftest import SLOW

PACKAGE = Path(mockpki.__file__).parent
TREE = PACKAGE.parent

# The plan: each wing, or door, imports only from the rows above its own; what stands side by side shares one.
WINGS: tuple[tuple[str, ...], ...] = (
    # The ground: parameters, whoever wants to be told; time, the errors of other threads, what people type.
    ("_parameters", "_watchers"),
    ("_awaitables", "_clock", "_problems", "_typed"),
    # Values and octets.
    ("_exchange",),
    ("_pkix",),
    ("_crlite",),
    ("_layers",),
    ("faults",),
    ("crlite",),
    # The loop, and whether an answer can be believed.
    ("_engine", "_validation"),
    # What a CA serves, and the CA.
    ("sequences", "publishing"),
    ("_services",),
    ("_ca",),
    # The three roles beside it: a client, a server that staples, the TLS server it staples in.
    ("relying_party",),
    ("staplers",),
    ("_tls",),
    # The whole, and its doors.
    ("_pki",),
    ("pytest_plugin", "wsgi"),
    # Below: the fixture. Above: the laboratory, which nothing below imports.
    ("_programs",),
    ("scenarios",),
    ("_catalogue",),
    ("_probe",),
    ("_reports",),
    ("_serve",),
    ("cli",),
    ("__main__",),
)
LINE = "_programs"
"""The first wing of the laboratory."""
ROW = {wing: number for number, row in enumerate(WINGS) for wing in row}
# Rule 1 of the design binds what is below the engine, and of what is above it these.
WITHOUT_WORLD = {"_services", "_validation", "publishing", "sequences"}
BELOW_ENGINE = [wing for wing, row in ROW.items() if row < ROW["_engine"] or wing in WITHOUT_WORLD]
# A wing with sockets of its own, and the rooms in it that have none.
SESSIONS = [
    PACKAGE / "_tls" / f"{name}.py"
    for name in (
        *("alerts", "client_certificates", "client_hello", "key_shares", "openssl", "session", "signing"),
        *("tlslite", "tlslite_input", "transports"),
    )
]
LONGEST = 400
"""Lines that a module may have."""


def sources(under: Path = PACKAGE) -> list[Path]:
    """Every module of the package but its ``__init__``, which hands out names and holds nothing."""
    return sorted(path for path in under.rglob("*.py") if path != PACKAGE / "__init__.py")


def parts(path: Path) -> tuple[str, ...]:
    """``mockpki/faults/_ocsp.py`` as ('mockpki', 'faults', '_ocsp')."""
    names = path.relative_to(TREE).with_suffix("").parts
    return names[:-1] if names[-1] == "__init__" else names


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All that runs: everything but what is there for the type checker only."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from nodes(child)


def parsed(path: Path) -> list[ast.AST]:
    """The nodes of a module."""
    return list(nodes(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """The modules of the package that *path* imports, from the top or in a function."""
    package = parts(path) if path.name == "__init__.py" else parts(path)[:-1]
    for node in parsed(path):
        if isinstance(node, ast.Import):
            found = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple((node.module or "").split(".")) if node.module else ()
            found = [(*base, alias.name) for alias in node.names]
        else:
            continue
        for names in found:
            while names and not exists(names):
                names = names[:-1]
            if len(names) > 1:
                yield names


def exists(names: tuple[str, ...]) -> bool:
    """Whether these name a module or package of ours."""
    path = TREE.joinpath(*names)
    return names[0] == "mockpki" and (path.with_suffix(".py").exists() or (path / "__init__.py").exists())


# The plan of the house.

MODULES = [pytest.param(path, id=".".join(parts(path)[1:])) for path in sources()]
FOLDERS = sorted(path.parent for path in sources() if path.name == "__init__.py" and path.parent != PACKAGE)


def test_every_module_is_in_a_wing() -> None:
    """A new module is put into the plan above: where it belongs is decided, not found out."""
    assert {parts(path)[1] for path in sources()} <= ROW.keys()


@pytest.mark.parametrize("path", MODULES)
def test_imports_come_from_below(path: Path) -> None:
    """A module knows only what is below it in the house, and so nothing goes round in a circle."""
    own = parts(path)[1]
    wrong = {
        ".".join(names)
        for names in imports(path)
        if names[1] != own and ROW[names[1]] >= ROW[own] and names != ("mockpki", "__init__")
    }
    assert wrong == set()


@pytest.mark.parametrize("path", MODULES)
def test_nothing_below_the_line_imports_the_laboratory(path: Path) -> None:
    """The fixture works without scenarios, probes, reports and the command line."""
    if ROW[parts(path)[1]] < ROW[LINE]:
        assert {names[1] for names in imports(path) if ROW[names[1]] >= ROW[LINE]} == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(PACKAGE).as_posix())
def test_no_circles_in_a_wing(folder: Path) -> None:
    """The modules of a wing can be put in an order, too."""
    graph = {parts(path): set(imports(path)) - {parts(path)} for path in sources(folder)}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(PACKAGE).as_posix())
def test_every_wing_has_its_map(folder: Path) -> None:
    """The docstring of its ``__init__`` says what is in which room: every module stands there by its name."""
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    rooms = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    rooms |= {path.parent.name for path in folder.glob("*/__init__.py")}
    assert rooms - set(re.findall(r"`(\w+)`", text)) == set()


@pytest.mark.parametrize("path", MODULES)
def test_a_module_is_one_noun(path: Path) -> None:
    """What is longer than that is two things."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", MODULES)
def test_annotations_are_never_run(path: Path) -> None:
    """Every module with code in it begins with the same line, so that annotations read alike everywhere."""
    docstring, *code = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(docstring, ast.Expr)
    if code:
        assert ast.unparse(code[0]) == "from __future__ import annotations"


TESTED_ELSEWHERE = {
    "__main__": "tests/test_doors.py",
    "_catalogue.fields": "tests/catalogue/test_decoded.py",  # tables only
    "faults._values": "tests/test_layers.py",  # names only
    "_ca.mount": "tests/ca/test_standing.py",
    "_ca.revocation": "tests/services/test_scheduled.py",
    "_catalogue.exchanges": "tests/serve/test_octets.py",
    "_serve.changes": "tests/serve/test_streams.py",
    "_serve.pump": "tests/serve/test_streams.py",
    "_serve.entries": "tests/serve/test_catalogue.py",
    "_serve.healthcheck": "tests/cli/test_serve.py",
    "_serve.log": "tests/serve/test_process.py",
    "_serve.durations": "tests/serve/test_application.py",
    "_serve.queries": "tests/serve/test_openapi.py",
    "_serve.life": "tests/serve/test_process.py",
    "_serve.route": "tests/serve/test_openapi.py",
    "_serve.server": "tests/serve/test_application.py",  # what comes on the wire
    "_serve.shapes": "tests/serve/test_made_up_calls.py",  # every answer fits them
    "_serve.views": "tests/serve/test_certificates.py",
    "_serve.waiting": "tests/serve/test_services.py",
    "_services.crl_file": "tests/services/test_scheduled.py",
    "scenarios.clients._seen": "tests/scenarios/clients/test_stage.py",
    "_services.signed_list": "tests/services/test_publisher.py",
    "staplers._provision": "tests/staplers/test_answering.py",  # data only
}
"""Modules without a test file of their name, and the one that tests them."""


@pytest.mark.parametrize("path", MODULES)
def test_a_module_has_its_tests(path: Path) -> None:
    """Beside each module stands a test file of its name; for a few, the table above says which file it is."""
    name = ".".join(parts(path)[1:])
    own = mirror(path)
    if path.name == "__init__.py":
        return
    elsewhere = TESTED_ELSEWHERE.get(name)
    assert (TREE / elsewhere if elsewhere else own).exists(), f"no {own.relative_to(TREE)}"
    assert not (elsewhere and own.exists()), "it has one of its own by now: take it out of the table"


def mirror(path: Path) -> Path:
    """``mockpki/faults/_timing.py`` as ``tests/faults/test_timing.py``."""
    *folders, stem = (name.strip("_") for name in parts(path)[1:])
    return TREE.joinpath("tests", *folders, f"test_{stem}.py")


def test_no_private_name_crosses_modules() -> None:
    """What another module needs has a plain name."""
    found = []
    for path in sources():
        for node in parsed(path):
            if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("mockpki")):
                found += [
                    f"{'.'.join(parts(path))}: {alias.name}"
                    for alias in node.names
                    if alias.name.startswith("_") and not exists_below(path, node, alias.name)
                ]
    assert found == []


def exists_below(path: Path, node: ast.ImportFrom, name: str) -> bool:
    """Whether *name* is a module of ours, which may well begin with an underscore."""
    package = parts(path) if path.name == "__init__.py" else parts(path)[:-1]
    base = package[: len(package) - node.level + 1] if node.level else ()
    base += tuple((node.module or "").split(".")) if node.module else ()
    return exists((*base, name))


def test_the_import_reader_sees_imports() -> None:
    """The tests above look at something: known imports of each form are found."""
    authority, engine = (
        set(imports(PACKAGE / "_ca" / "ca.py")),
        set(imports(PACKAGE / "_engine" / "connection.py")),
    )
    assert {("mockpki", "_pkix", "keys"), ("mockpki", "_layers")} <= authority
    assert ("mockpki", "_problems") in engine
    assert ("mockpki", "_ca", "ca") not in set(imports(PACKAGE / "_ca" / "leaf.py"))  # for the type checker
    assert ("mockpki", "_tls", "tlslite") in set(imports(PACKAGE / "_tls" / "server.py"))  # in a function


# Rule 1: nothing below the engine opens a socket, starts a thread or reads a clock of its own.

OUTSIDE_WORLD = {
    "asyncio", "concurrent", "http.client", "http.server", "multiprocessing", "selectors", "signal",
    "socket", "socketserver", "subprocess", "time", "urllib.request",
}  # fmt: skip
LOCKS = {"Condition", "Lock", "RLock", "get_ident"}
CLOCKS = {"now", "today", "utcnow"}


def worldly(path: Path) -> set[str]:
    """What of the world outside a module reaches for."""
    found = set()
    for node in parsed(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & OUTSIDE_WORLD
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module in OUTSIDE_WORLD:
            found.add(node.module)
        elif isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if owner == "threading" and node.attr not in LOCKS:
                found.add(f"threading.{node.attr}")
            if owner.split(".")[-1] in ("date", "datetime") and node.attr in CLOCKS:
                found.add(f"{owner}.{node.attr}")
    return found


@pytest.mark.parametrize("module", [*BELOW_ENGINE, "_ca.leaf", *SESSIONS], ids=str)
def test_below_the_engine_there_is_no_world(module: str | Path) -> None:
    """No socket, no thread and no clock but the one that is passed in."""
    path = module if isinstance(module, Path) else PACKAGE.joinpath(*module.split("."))
    paths = [path] if path.suffix else sources(path) or [path.with_suffix(".py")]
    found = {name for path in paths for name in worldly(path)}
    # The one place that asks what time it is.
    allowed = {"time", "dt.datetime.now"} if module == "_clock" else set()
    assert found == allowed


def test_the_reader_of_the_world_sees_it() -> None:
    """The test above looks at something: it finds the world where it is."""
    assert {"asyncio", "selectors", "socket", "threading.Thread"} <= {
        name for path in sources(PACKAGE / "_engine") for name in worldly(path)
    }


# Rule 2: encoders write what the value says; who made it absurd is not their business.


@pytest.mark.parametrize("module", ["certificate", "crl", "der", "ocsp_response", "signing"])
def test_encoders_know_no_faults(module: str) -> None:
    """No name in an encoder speaks of faults."""
    names = set()
    for node in parsed(PACKAGE / "_pkix" / f"{module}.py"):
        names |= {str(getattr(node, field, "")) for field in ("id", "attr", "arg", "name")}
    assert [name for name in names if "fault" in name.lower() and "default" not in name.lower()] == []


@pytest.mark.parametrize("path", MODULES)
def test_nobody_asks_which_fault_it_is(path: Path) -> None:
    """Outside the catalogue no code tells one fault from another: they are bent with, by layer."""
    if parts(path)[1] == "faults":
        return
    catalogue = {fault.__name__ for fault in faults.CATALOGUE}
    asked = set()
    for node in parsed(path):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass", "type"):
            text = ast.unparse(node.args[-1])
            asked |= {name for name in re.findall(r"\bfaults\.(\w+)", text) if name in catalogue}
        elif isinstance(node, ast.ImportFrom) and "faults" in (node.module or ""):
            asked |= {alias.name for alias in node.names if alias.name in catalogue}
    assert asked == set()


# The catalogue.


@pytest.mark.parametrize("fault", faults.CATALOGUE, ids=lambda fault: fault.__name__)
def test_a_fault_is_a_value_with_a_reason(fault: type[faults.Fault[Any]]) -> None:
    """Each is a frozen dataclass of one layer, exported, and says in a sentence what it breaks."""
    assert vars(fault)["__dataclass_params__"].frozen
    assert getattr(faults, fault.__name__) is fault
    assert sum(issubclass(fault, layer) for layer in faults.LAYERS) == 1
    doc = inspect.cleandoc(fault.__doc__ or "")
    assert not doc.startswith(f"{fault.__name__}("), "this is what dataclass writes when nobody does"
    assert doc.partition("\n\n")[0].endswith(".")
    # Trouble on the way, octets of the test's own, and filters, which no RFC describes, break no one clause:
    # the sentence says what it is.
    own = any(field.name == "data" for field in dataclasses.fields(fault))
    filters = (faults.FilterUniverse, faults.FilterContent, faults.FilterListing)
    plain_trouble = (faults.Encoding, faults.HTTP, faults.Transport, faults.Listener, *filters)
    assert re.search(r"\bRFC \d{4}\b", doc) or own or issubclass(fault, plain_trouble)


# Public names.


def public() -> Iterator[tuple[str, object]]:
    """Every public class and function of ours, and every public member that such a class defines."""
    for module in (mockpki, crlite, faults, relying_party, staplers):
        for name in getattr(module, "__all__", None) or sorted(vars(module)):
            thing = getattr(module, name)
            if name.startswith("_") or not getattr(thing, "__module__", "").startswith("mockpki"):
                continue
            yield f"{module.__name__}.{name}", thing
            for member, value in vars(thing).items() if inspect.isclass(thing) else ():
                has_words = callable(value) or isinstance(
                    value, property | classmethod | staticmethod | cached_property
                )
                hidden = member.startswith("_")
                field = member in getattr(thing, "__dataclass_fields__", ())
                if has_words and not hidden and not field:
                    yield f"{module.__name__}.{name}.{member}", getattr(thing, member)


DESCRIBED = [pytest.param(thing, id=name) for name, thing in public()]


@pytest.mark.parametrize("thing", DESCRIBED)
def test_public_names_are_documented(thing: object) -> None:
    """Whatever a user can reach says what it is for, in its own words or its base's."""
    assert (inspect.getdoc(thing) or "").strip()


def test_the_package_hands_out_its_names() -> None:
    """Names that are imported when they are used are all there, and others are an AttributeError."""
    assert set(mockpki.__all__) <= set(dir(mockpki))
    for name in mockpki.__all__:
        assert getattr(mockpki, name) is not None
    with pytest.raises(AttributeError, match="module 'mockpki' has no attribute 'PKl'"):
        mockpki.__getattr__("PKl")


# The text.

# A name in /tmp that is made up with $$, by a shell, is nobody's.
MACHINE = re.compile(r"/(?:home|root|Users|work|opt|mnt)/\w|/tmp/(?![\w.-]*\$\$)\w|py[p]i\.|python[h]osted")


FILES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "pyproject.toml", "conftest.py")


def texts() -> Iterator[Path]:
    """The files that are the project's."""
    for name in ("mockpki", "tests", "fixtures", "docs", ".ci", ".docker"):
        yield from (path for path in (TREE / name).rglob("*") if path.is_file() and path.suffix != ".pyc")
    yield from (TREE / name for name in FILES)


def test_no_machine_is_named() -> None:
    """No path of anyone's machine, and no registry, is written down anywhere."""
    if not (TREE / "tests").exists():
        pytest.skip("this is not a checkout")
    found = []
    for path in texts():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(TREE)}: {match[0]}" for match in MACHINE.finditer(text)]
    assert found == []


@pytest.mark.skipif(os.name == "nt", reason="there files have no such mode")
def test_scripts_can_be_run() -> None:
    """Each file that names its interpreter in the first line may be run by its name, and is here."""
    if not (TREE / "tests").exists():
        pytest.skip("this is not a checkout")
    scripts = {path.relative_to(TREE).as_posix() for path in texts() if path.read_bytes()[:2] == b"#!"}
    assert scripts >= {".ci/run", "tests/clients/recipes/shell/revocation_test.sh"}
    assert [name for name in sorted(scripts) if not os.access(TREE / name, os.X_OK)] == []


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.rglob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_says_what_it_holds_true(path: Path) -> None:
    """Each test has a docstring: one sentence, or a few, in words."""
    silent = [
        node.name
        for node in parsed(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not (ast.get_docstring(node) or "").partition("\n\n")[0].endswith((".", "?", "!", "`"))
    ]
    assert silent == []


def test_every_slow_test_is_there() -> None:
    """What `tests/conftest.py` calls slow exists."""
    assert [name for name in SLOW if not (Path(__file__).parent / name).exists()] == []
