"""Answers of a PKI whose clock stands."""

from datetime import datetime, timezone

from mockpki import PKI, Leaf
from tests.kit.asking import (
    Reply,
    cert_id,
    post,
    question,
)

NOW = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


def stable_id(value: object) -> str:
    """A name that is the same in every process: sets have no order of their own."""
    return ",".join(sorted(value)) if isinstance(value, set | frozenset) else repr(value)


def ask(pki: PKI, leaf: Leaf) -> Reply:
    """The answer about `leaf`, over HTTP."""
    return post(pki.ocsp.url, question(cert_id(leaf)))
