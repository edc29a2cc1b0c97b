"""CRLite: a filter of all certificates that says which are revoked, as browsers get it; without a PKI, too.

    from mockpki import crlite

    card = crlite.Clubcard.build({crlite.spki_hash(ca): (known, revoked)}, {log.log_id: (first, last)})
    card.status(crlite.spki_hash(ca), serial, [sct.log_and_time for sct in crlite.read_scts(extension)])
    client.load(card.v3())

`Clubcard` is the filter, `CtLog` a certificate transparency log whose SCTs say that it speaks of a
certificate, `cascade` the older filter.
"""

from __future__ import annotations

from ._crlite.cascade import Cascade, cascade
from ._crlite.clubcard import Clubcard, Status
from ._crlite.contents import Block, Interval, spki_hash
from ._crlite.log import CtLog
from ._crlite.scts import Sct, read_scts, scts_extension

__all__ = [
    "Block",
    "Cascade",
    "Clubcard",
    "CtLog",
    "Interval",
    "Sct",
    "Status",
    "cascade",
    "read_scts",
    "scts_extension",
    "spki_hash",
]
