"""Faults of the OCSP envelope."""

from typing import Any

import pytest

from mockpki import PKI, faults
from tests.kit.asking import (
    response_status,
)
from tests.kit.standing_clock import ask, stable_id


@pytest.mark.parametrize(
    ("fault", "status", "octet"),
    [
        (faults.MalformedRequest(), "malformed_request", 1),
        (faults.InternalError(), "internal_error", 2),
        (faults.TryLater(), "try_later", 3),
        (faults.SigRequired(), "sign_required", 5),
        (faults.Unauthorized(), "unauthorized", 6),
    ],
    ids=stable_id,
)
def test_error_statuses(still: PKI, fault: Any, status: str, octet: int) -> None:
    """RFC 6960 section 4.2.1: the status, no responseBytes, HTTP 200, and not to be cached."""
    leaf = still.issue_cert("localhost")
    with still.ocsp.respond_with(fault):
        reply = ask(still, leaf)
    assert reply.status == 200
    assert response_status(reply.body) == status
    assert reply.body == bytes((0x30, 3, 0x0A, 1, octet)) == still.ocsp.response_for(leaf, fault)
    assert reply.headers["cache-control"] == "no-store"
    assert "etag" not in reply.headers
    assert still.ocsp.requests[-1].serials == (leaf.serial_number,)
