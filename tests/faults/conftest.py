"""Fixtures that tests of several layers share."""

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from freezegun import freeze_time

from mockpki import PKI
from tests.kit.exchanges import (
    SERVICES,
)
from tests.kit.ocsp_answers import (
    Desk,
)
from tests.kit.standing_clock import NOW


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """RSA's signatures over the same octets are the same, and every digest can be had."""
    with PKI(key_type="RSA-2048") as pki, pytest.MonkeyPatch.context() as patch:
        now = datetime.now(timezone.utc).replace(microsecond=0, second=30)
        patch.setattr(type(pki.clock), "now", lambda self: now)
        patch.setattr(type(pki.clock), "system_time", staticmethod(lambda: now))
        yield Desk(pki, pki.issue_cert("localhost"))


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, pki: PKI) -> Any:
    """Each of the services of the issuing CA."""
    return getattr(pki.ca, request.param)


@pytest.fixture(
    params=[{}, {"delegated": True}, {"responder_id": "name"}], ids=["issuer", "delegate", "by name"]
)
def still(request: pytest.FixtureRequest) -> Iterator[PKI]:
    """A PKI whose clock stands and whose signatures (Ed25519) are the same for the same octets."""
    with freeze_time(NOW), PKI(key_type="ed25519", **request.param) as pki:
        yield pki
