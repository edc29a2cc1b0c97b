"""What the tests of authorities share: one PKI for those that only look at certificates."""

from collections.abc import Iterator

import pytest

from mockpki import CA, PKI


@pytest.fixture(scope="module")
def world() -> Iterator[PKI]:
    """One PKI for the tests that only look at certificates."""
    with PKI() as pki:
        yield pki


@pytest.fixture(scope="module")
def ca(world: PKI) -> CA:
    """Its issuing CA."""
    return world.ca
