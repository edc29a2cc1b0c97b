"""The pytest plugin: the fixtures ``pki``, ``pki_factory`` and ``pki_environ``, and the marker that gives a
PKI its options.

Nothing of the package is imported until a test asks for the fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import PKI
    from ._ca.realm import Realm

_FRESH = pytest.StashKey["PKI"]()
_MARKS = pytest.StashKey[dict[str, Any]]()
_WIDER = """
The fixture `pki` of mockpki is fresh for each test. For one PKI of a whole module, write two of your own:

    @pytest.fixture(scope="module")
    def module_pki(pki_factory):
        return pki_factory()

    @pytest.fixture
    def clean_pki(module_pki):
        yield module_pki
        module_pki.reset()"""
_UNITTEST = """pytest hands no parameters to the methods of a unittest.TestCase, so {name} gets no scenario.
Loop there:

    def {name}(self):
        for scenario in scenarios.cases("hard-fail"):
            with self.subTest(str(scenario)):
                scenario.check(connect)

or make it a function, or a method of a class that is no TestCase."""


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


@pytest.fixture(scope="session")
def pki_factory() -> Iterator[Callable[..., PKI]]:
    """A function that makes a `mockpki.PKI` with these options, which is closed at the end of the session.

    For PKIs that several tests share: `PKI.reset` makes one clean between them.
    """
    from . import PKI

    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(PKI(**options))


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
    _refuse_scenarios(item)
    item.stash[_MARKS] = _take_marks(item)
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
    for found in _find_realms(item):
        # Whoever closed one was told what there was to tell.
        if not found.closed:
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


def _find_realms(item: pytest.Item) -> list[Realm]:
    """What there is of every PKI that is open or was made by the test, in whatever object it is."""
    module = sys.modules.get("mockpki._ca.realm")
    before = item.stash.get(_MARKS, {})
    realms: list[Realm] = [] if module is None else module.list_realms()
    return [realm for realm in realms if not realm.closed or realm.tag not in before]


def _add_notes(error: BaseException, item: pytest.Item) -> None:
    """Say beside *error*, which the test fails with, what else there is to say."""
    for found in _find_realms(item):
        found.note_problems(error)


def _refuse_scenarios(item: pytest.Item) -> None:
    """Raise TypeError for scenarios that a method of a unittest.TestCase would never be given."""
    unittest = sys.modules.get("unittest")
    kind = getattr(item, "cls", None)
    if unittest is None or kind is None or not issubclass(kind, unittest.TestCase):
        return
    for mark in item.iter_markers("parametrize"):
        if mark.args[:1] == ("scenario",):
            raise TypeError(_UNITTEST.format(name=getattr(item, "originalname", None) or item.name))


# What a failing test is shown.


def _take_marks(item: pytest.Item) -> dict[str, Any]:
    """Where the account of each PKI begins that is there before the test."""
    realms = _find_realms(item)
    if not realms:
        return {}
    from ._ca.account import take_marks

    return {realm.tag: take_marks(realm) for realm in realms}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a test that failed stands what the TLS servers and the services saw meanwhile."""
    report = yield
    if report.failed and call.when == "call" and (realms := _find_realms(item)):
        from ._ca.account import tell

        marks = item.stash.get(_MARKS, {})
        # Whatever is wrong with a PKI, its test has failed already.
        with suppress(Exception):
            seen = filter(None, [tell(realm, marks.get(realm.tag, {})) for realm in realms])
            report.sections.append(("mockpki saw", "\n".join(seen) or "no request, and no client"))
    return report
