"""The pytest plugin: the fixtures ``pki`` and ``pki_environ``, and the marker that gives a PKI its options.

Nothing of the package is imported until a test asks for the fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import PKI

_FRESH = pytest.StashKey["PKI"]()
_WIDER = """
The fixture `pki` of mockpki is fresh for each test. For one PKI of a whole module, write a fixture of
your own, and call ca.ocsp.reset() and ca.crl.reset() for each ca in its cas where a test wants it clean:

    @pytest.fixture(scope="module")
    def module_pki():
        with mockpki.PKI() as pki:
            yield pki"""


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "pki(**options): options for the `pki` fixture, such as depth=2 or delegated=True; of those on "
        "module, class and test the nearest wins, option by option",
    )


@pytest.fixture
def pki(request: pytest.FixtureRequest) -> Iterator[PKI]:
    """A fresh `mockpki.PKI` for this test: CA, CRL publisher and OCSP responder, live on loopback.

    Options come from ``@pytest.mark.pki(depth=2)`` on the test, its class or its module, each option from
    the nearest; and before these from ``@pytest.mark.parametrize("pki", [{"depth": 2}], indirect=True)``.
    """
    from . import PKI

    with PKI(**_find_options(request)) as fresh:
        request.node.stash[_FRESH] = fresh
        yield fresh


@pytest.fixture
def pki_environ(pki: PKI) -> Iterator[dict[str, str]]:
    """The variables of `PKI.environ`, set for this test: the programs that it starts trust the PKI's root."""
    with pytest.MonkeyPatch.context() as patch:
        variables = pki.environ()
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables


def _find_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The options of this test, those that stand nearest to it."""
    options: dict[str, Any] = {}
    for where, mark in reversed(_list_marks(request.node)):
        if mark.args:
            raise TypeError(f"@pytest.mark.pki takes options by name, such as depth=2; got {mark.args!r}")
        options.update(_check_names(mark.kwargs, f"@pytest.mark.pki of {where}"))
    given = getattr(request, "param", None)
    if given is not None:
        if not isinstance(given, Mapping):
            raise TypeError(
                "@pytest.mark.parametrize('pki', ..., indirect=True) takes dicts of options, such as "
                f"{{'depth': 2}}; got {given!r}"
            )
        options.update(_check_names(given, "@pytest.mark.parametrize('pki', ...)"))
    return options


def _check_names(options: Mapping[Any, Any], where: str) -> Mapping[Any, Any]:
    """*options*, if `PKI` has them all. Raises TypeError with the name that may be meant."""
    from inspect import signature

    from . import PKI
    from ._typed import suggest

    known = signature(PKI).parameters
    for name in options:
        if name not in known:
            raise TypeError(f"{where}: PKI has no option {name!r}; {suggest(str(name), known)}")
    return options


def _list_marks(item: pytest.Item) -> list[tuple[str, pytest.Mark]]:
    """The `pki` marks that count for *item*, the nearest first, and what each is a mark of.

    Nearer than a test is one set of its parameters: ``pytest.param(..., marks=pytest.mark.pki(depth=2))``.
    """
    found = [(node.name, mark) for node, mark in item.iter_markers_with_node("pki")]
    callspec = getattr(item, "callspec", None)
    own = [mark for mark in getattr(callspec, "marks", ()) if mark.name == "pki"]
    # By identity: equal marks may stand on the test, too.
    others = [(where, mark) for where, mark in found if not any(mark is one for one in own)]
    return [(item.name, mark) for mark in own] + others


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Options that another fixture does not heed are an error; and ScopeMismatch says what to do."""
    __tracebackhide__ = True
    with _explain_scopes():
        result = yield
    arguments = getattr(item, "funcargs", {})
    if _FRESH in item.stash or "pki" not in arguments:
        return result
    given = arguments["pki"]
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    if "pki" in parameters and isinstance(given, Mapping):
        raise TypeError(
            f"@pytest.mark.parametrize('pki', ...) gave the test {given!r} itself in the place of a PKI; "
            "for options add indirect=True"
        )
    marks = _list_marks(item)
    if marks:
        raise TypeError(
            f"the options of {_show(marks[0][1])} are lost: the `pki` of this test is not mockpki's fixture, "
            f"but {given!r}; have the fixture that replaces it take mockpki's (def pki(pki): ...), "
            "or leave the mark out"
        )
    return result


def _show(mark: pytest.Mark) -> str:
    """A mark as it is written."""
    options = [*map(repr, mark.args), *(f"{name}={value!r}" for name, value in mark.kwargs.items())]
    return f"@pytest.mark.pki({', '.join(options)})"


@contextmanager
def _explain_scopes() -> Iterator[None]:
    """Have pytest's ScopeMismatch say how one PKI serves several tests."""
    try:
        yield
    except pytest.fail.Exception as error:
        said = str(error.msg)
        if said.startswith("ScopeMismatch") and " scoped fixture pki with a " in said:
            error.msg = said + _WIDER
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """What failed in a service's thread fails the test itself, and not its teardown."""
    __tracebackhide__ = True
    try:
        with _explain_scopes():
            result = yield
    except BaseException as error:
        _add_notes(error, item)
        raise
    for found in _find_pkis(item):
        found.check()
    _check_heard(item)
    return result


def _check_heard(item: pytest.Item) -> None:
    """Raise TypeError for options on the test itself that the fixture was never asked to heed."""
    __tracebackhide__ = True
    own = [mark for mark in getattr(item, "own_markers", ()) if mark.name == "pki" and mark.kwargs]
    if own and _FRESH not in item.stash:
        raise TypeError(
            f"the options of {_show(own[0])} are lost: this test did not use mockpki's fixture `pki`, "
            "which they are for; ask for it, or leave the mark out"
        )


def _find_pkis(item: pytest.Item) -> list[PKI]:
    """The PKIs among the test's fixtures, also those that go by another name."""
    module = sys.modules.get("mockpki._pki")
    if module is None:
        return []
    values = (item.stash.get(_FRESH, None), *getattr(item, "funcargs", {}).values())
    return [value for value in values if isinstance(value, module.PKI)]


def _add_notes(error: BaseException, item: pytest.Item) -> None:
    """Say beside *error*, which the test fails with, what else there is to say."""
    for found in _find_pkis(item):
        found.note_problems(error)
