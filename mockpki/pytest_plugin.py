"""The pytest plugin: the fixture ``pki``, and the marker that gives it options.

Nothing of the package is imported until a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from . import PKI


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

    marker = request.node.get_closest_marker("pki")
    with PKI(**(marker.kwargs if marker else {})) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """What failed in a service's thread fails the test itself, and not its teardown."""
    result = yield
    made = getattr(item, "funcargs", {}).get("pki")
    if made is not None and hasattr(made, "check"):
        made.check()
    return result
