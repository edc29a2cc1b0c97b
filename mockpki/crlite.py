"""CRLite: a filter of all certificates that says which are revoked, as browsers get it; without a PKI, too.

    from mockpki import crlite

    card = crlite.Clubcard.build({spki_hash: (known, revoked)}, {log_id: (first, last)})
    card.status(spki_hash, serial, [(log_id, timestamp)])
    client.load(card.v3())

`Clubcard` is the filter.
"""

from __future__ import annotations

from ._crlite.clubcard import Clubcard, Status
from ._crlite.contents import Block, Interval

__all__ = [
    "Block",
    "Clubcard",
    "Interval",
    "Status",
]
