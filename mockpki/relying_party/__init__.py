"""A reference client: it connects, checks revocation exactly as its `Policy` says, and tells why.

    from mockpki import relying_party
    from mockpki.relying_party import HARD_FAIL

    verdict = relying_party.check("127.0.0.1", 8443, server_name="localhost", ca="ca.pem", policy=HARD_FAIL)
    assert verdict.accepted, verdict

OCSP answers are held against RFC 6960 section 3.2, CRLs against RFC 5280 section 6.3.3: delta CRLs,
indirect CRLs and CRLs for some reasons where the policy understands them, as ``"rfc5280"`` does. All reading
is `cryptography`'s: what it refuses to read is unusable, for that reason. CRLite's filters are a source, too,
where a policy has it. `judge` does the same without a network.

`NAMED` are the policies that the scenarios tell apart; `CLIENTS` are what curl with Schannel, the JDK, Go,
OpenSSL and Firefox do by their own documentation, which each quotes.

`check` raises OSError when there is no connection to judge, ValueError or TypeError for arguments that
make no sense; everything else is in the `Verdict`.

In this folder: `_client` connects, and `_judge` needs not; `_search` looks where the `_policy` says, for
`_answers` that `_fetch` gets, or in `_filters`, and a `_verdict` is what it comes to; `_words` are policies
in words. `_clients` are those that are documented, with their `_codes`, and `_named` has all by name, and as
they are typed.
"""

from __future__ import annotations

from .._validation.finding import Status
from .._validation.pointers import crl_urls, freshest_urls, responders
from ._client import check
from ._clients import CLIENTS, ClientPolicy, Quotation
from ._codes import Code
from ._judge import judge
from ._named import named
from ._policy import (
    HARD_FAIL,
    MUST_STAPLE,
    NAMED,
    NO_CHECK,
    RFC5280,
    SOFT_FAIL,
    STAPLE_REQUIRED,
    Policy,
    Source,
)
from ._verdict import Fetched, Verdict

__all__ = [
    "CLIENTS",
    "HARD_FAIL",
    "MUST_STAPLE",
    "NAMED",
    "NO_CHECK",
    "RFC5280",
    "SOFT_FAIL",
    "STAPLE_REQUIRED",
    "ClientPolicy",
    "Code",
    "Fetched",
    "Policy",
    "Quotation",
    "Source",
    "Status",
    "Verdict",
    "check",
    "crl_urls",
    "freshest_urls",
    "judge",
    "named",
    "responders",
]
