"""A reference client: it connects, checks revocation exactly as its `Policy` says, and tells why.

    from mockpki import relying_party
    from mockpki.relying_party import HARD_FAIL

    verdict = relying_party.check("127.0.0.1", 8443, server_name="localhost", ca="ca.pem", policy=HARD_FAIL)
    assert verdict.accepted, verdict

OCSP answers are held against RFC 6960 section 3.2, CRLs against the basic case of RFC 5280 section
6.3. All reading is `cryptography`'s: what it refuses to read is unusable, for that reason.

`check` raises OSError when there is no connection to judge, ValueError or TypeError for arguments that
make no sense; everything else is in the `Verdict`.

In this folder: `_client` connects, `_search` looks where the `_policy` says, `_fetch` gets the octets, and a
`_verdict` is what it comes to; `_words` are policies as they are typed, and in words.
"""

from __future__ import annotations

from .._validation.finding import Status
from .._validation.pointers import crl_urls, responders
from ._client import check
from ._policy import (
    HARD_FAIL,
    MUST_STAPLE,
    NAMED,
    NO_CHECK,
    SOFT_FAIL,
    STAPLE_REQUIRED,
    Policy,
    Source,
    named,
)
from ._verdict import Fetched, Verdict

__all__ = [
    "HARD_FAIL",
    "MUST_STAPLE",
    "NAMED",
    "NO_CHECK",
    "SOFT_FAIL",
    "STAPLE_REQUIRED",
    "Fetched",
    "Policy",
    "Source",
    "Status",
    "Verdict",
    "check",
    "crl_urls",
    "named",
    "responders",
]
