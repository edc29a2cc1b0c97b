"""The catalogue: every way an answer can go wrong, each a small named value.

Give them to ``respond_with``, ``script``, ``staple=``, ``response_for`` and ``crl``. Together they
compose: each bends one layer of the answer, in the order given. To add your own, derive a frozen
dataclass from a layer (`Timing`, `OCSPContent`, `CRLContent`, `Signing`, `Sealing`, `Envelope`,
`Encoding`, `HTTP`, `Transport`, `Listener`, `Stapling`, ...) and turn its honest value into a worse one;
nothing has to be registered::

    @dataclass(frozen=True)
    class Backdated(faults.Timing):
        def __call__(self, honest: faults.Window) -> faults.Window:
            return replace(honest, this_update=honest.this_update - timedelta(days=365))

In this folder, in the order in which an answer passes the layers:

- `_timing`, `_ocsp_content`, `_ocsp_singles`, `_crl_content`, `_crl_entries`, `_crl_scope`: what an answer
  says.
- `_signing`, `_ocsp_signing`, `_strangers`: who signs it, and authorities that nobody knows.
- `_to_be_signed`, `_sealing`, `_envelope`, `_encoding`: its octets, from the inside out.
- `_http`, `_transport`, `_listener`: how it is sent.
- `_stapling`: staples in TLS messages.
- `_certificate`: what a certificate says.
- `_filter_universe`, `_filter_content`, `_filter_listing`: what a CRLite filter is made of and says, and the
  lists that it is found by.
- `_parts`, `_values`: what several of them share, and what they are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._layers import *
from .._layers import Fault
from ._certificate import *
from ._crl_content import *
from ._crl_entries import *
from ._crl_scope import *
from ._encoding import *
from ._envelope import *
from ._filter_content import *
from ._filter_listing import *
from ._filter_universe import *
from ._http import *
from ._listener import *
from ._ocsp_content import *
from ._ocsp_signing import *
from ._ocsp_singles import *
from ._sealing import *
from ._signing import *
from ._stapling import *
from ._timing import *
from ._to_be_signed import *
from ._transport import *
from ._values import *


def _descendants(layer: type[Fault[Any]]) -> Iterator[type[Fault[Any]]]:
    for fault in layer.__subclasses__():
        yield fault
        yield from _descendants(fault)


CATALOGUE: tuple[type[Fault[Any]], ...] = tuple(
    sorted(
        (
            fault
            for layer in LAYERS  # noqa: F405
            for fault in _descendants(layer)
            if fault.__module__.startswith(__name__) and not fault.__name__.startswith("_")
        ),
        key=lambda fault: (LAYERS.index(fault.home), fault.__name__),  # noqa: F405
    )
)
"""Every fault of this package, by layer and name."""
