"""mockpki: a live CA, CRL publisher, OCSP responder and staple-serving TLS server for tests.

The names below are imported when they are first used: pytest imports this package at every start,
whether a test needs it or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import crlite, faults, relying_party, scenarios, sequences, staplers, wsgi
    from ._ca.ca import CA
    from ._ca.crl_issuer import CrlIssuer
    from ._ca.leaf import Leaf
    from ._ca.shared_port import SharedPort
    from ._pki import PKI
    from ._pkix.keys import KeyType
    from ._tls.handshake import Handshake
    from ._tls.server import TlsServer

__all__ = [
    "CA",
    "PKI",
    "CrlIssuer",
    "Handshake",
    "KeyType",
    "Leaf",
    "SharedPort",
    "TlsServer",
    "crlite",
    "faults",
    "relying_party",
    "scenarios",
    "sequences",
    "staplers",
    "wsgi",
]

__version__ = "0.2.0"

_HOMES = {
    "CA": "_ca.ca",
    "CrlIssuer": "_ca.crl_issuer",
    "Handshake": "_tls.handshake",
    "KeyType": "_pkix.keys",
    "Leaf": "_ca.leaf",
    "PKI": "_pki",
    "SharedPort": "_ca.shared_port",
    "TlsServer": "_tls.server",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:
        value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        return value
    if name in __all__:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
