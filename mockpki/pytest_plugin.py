"""The pytest plugin: the fixture ``pki``, and the marker that gives it options.

Nothing of the package is imported until a test asks for the fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import PKI

_FRESH = pytest.StashKey["PKI"]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "pki(**options): options for the `pki` fixture, such as depth=2 or delegated=True",
    )


@pytest.fixture
def pki(request: pytest.FixtureRequest) -> Iterator[PKI]:
    """A fresh `mockpki.PKI` for this test: CA, CRL publisher and OCSP responder, live on loopback."""
    from . import PKI

    with PKI(**_find_options(request)) as fresh:
        request.node.stash[_FRESH] = fresh
        yield fresh


def _find_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("pki")
    if marker is None:
        return {}
    if marker.args:
        raise TypeError(f"@pytest.mark.pki takes options by name, such as depth=2; got {marker.args!r}")
    return dict(marker.kwargs)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """What failed in a service's thread fails the test itself, and not its teardown."""
    __tracebackhide__ = True
    try:
        result = yield
    except BaseException as error:
        _add_notes(error, item)
        raise
    for found in _find_pkis(item):
        found.check()
    return result


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
        from ._pki import add_background_note

        found.note_choosers(error)
        try:
            found.check()
        except BaseException as other:
            add_background_note(error, other)
