"""CAs that publish in some way, lived through by real ones: what they sign, and when clients know of it.

- `_week`: a week of a CA, on a clock that is moved. `_crl_client`: a client that reads its CRLs.
"""

from __future__ import annotations

from ..servers._timeline import Stretch
from ._week import CHARACTERS, KINDS, Issued, Reader, Week, choose, live_weeks

__all__ = ["CHARACTERS", "KINDS", "Issued", "Reader", "Stretch", "Week", "choose", "live_weeks"]
