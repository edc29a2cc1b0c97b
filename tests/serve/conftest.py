"""One server for the tests of a file."""

from collections.abc import Iterator

import pytest

from tests.kit.serving import Served, serving


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server that answers. Each test makes PKIs of its own."""
    with serving() as own:
        yield own


@pytest.fixture
def pki(served: Served) -> Iterator[str]:
    """The path of a PKI, which is closed after the test with nothing left to say."""
    path = served.make_pki()
    yield path
    assert served.send("DELETE", path).status in (200, 204, 410)
