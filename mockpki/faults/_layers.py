"""The layers of an answer, from its times to its port. A fault belongs to exactly one.

    Window -> content -> Signer -> Signed -> OCSPResponse -> bytes -> Answer -> Wire -> Listening

`bend` is the only place that applies faults; no encoder and no service knows what any of them does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from .._answer import Answer, Listening, Wire
from .._crl import TBSCertList
from .._ocsp import OCSPResponse, ResponseData
from .._signing import Signed, Signer
from .._window import Window

__all__ = [
    "HTTP",
    "LAYERS",
    "CRLContent",
    "CRLFault",
    "Encoding",
    "Envelope",
    "Fault",
    "FileFault",
    "Listener",
    "OCSPContent",
    "OCSPFault",
    "Sealing",
    "Signing",
    "StapleFault",
    "Timing",
    "Transport",
]

V = TypeVar("V")


class Fault(ABC, Generic[V]):
    """One way for an answer to be wrong: a frozen dataclass that derives from a layer below.

    Calling it turns the honest value of its layer into a worse one. It never changes the value it
    is given, and it is called on the thread of the service that answers.
    """

    layer: ClassVar[str]
    home: ClassVar[type[Fault[Any]]]
    _value: ClassVar[Any]

    def __init_subclass__(cls) -> None:
        if Fault in cls.__bases__:
            cls.home = cls

    @abstractmethod
    def __call__(self, honest: V, /) -> V: ...


class Timing(Fault[Window]):
    """The times of an OCSP answer, a staple or a CRL."""

    layer = "timing"
    _value = Window


class OCSPContent(Fault[ResponseData]):
    """What an OCSP answer or a staple says (RFC 6960 section 4.2.1, ResponseData)."""

    layer = "OCSP content"
    _value = ResponseData


class CRLContent(Fault[TBSCertList]):
    """What a CRL says (RFC 5280 section 5.1.2, TBSCertList)."""

    layer = "CRL content"
    _value = TBSCertList


class Signing(Fault[Signer]):
    """Who signs, who that is said to be, and what is embedded."""

    layer = "signing"
    _value = Signer


class Sealing(Fault[Signed]):
    """The signed structure: signature, outer algorithm, embedded certificates."""

    layer = "sealing"
    _value = Signed


class Envelope(Fault[OCSPResponse]):
    """The OCSP envelope: responseStatus and responseBytes (RFC 6960 section 4.2.1)."""

    layer = "OCSP envelope"
    _value = OCSPResponse


class Encoding(Fault[bytes]):
    """The finished octets of an OCSP answer, staple, CRL or certificate file."""

    layer = "encoding"
    _value = bytes


class HTTP(Fault[Answer]):
    """The HTTP answer: status, headers and body."""

    layer = "HTTP"
    _value = Answer


class Transport(Fault[Wire]):
    """How the answer goes over the connection: steps such as send, wait, abort."""

    layer = "transport"
    _value = tuple


class Listener(Fault[Listening]):
    """Whether the service's port takes connections at all."""

    layer = "listener"
    _value = Listening


LAYERS: tuple[type[Fault[Any]], ...] = (
    Timing,
    OCSPContent,
    CRLContent,
    Signing,
    Sealing,
    Envelope,
    Encoding,
    HTTP,
    Transport,
    Listener,
)
"""Every layer, in the order in which an answer passes them."""

StapleFault = Timing | OCSPContent | Signing | Sealing | Envelope | Encoding
OCSPFault = StapleFault | HTTP | Transport | Listener
FileFault = Encoding | HTTP | Transport | Listener
CRLFault = FileFault | Timing | CRLContent | Signing | Sealing


def bend(layer: type[Fault[V]], honest: V, faults: Iterable[Fault[Any]]) -> V:
    """*honest* after every fault of *layer*, in the order given.

    Raises TypeError when a fault does not give back a value of its layer.
    """
    for fault in faults:
        if isinstance(fault, layer):
            worse = fault(honest)
            if not isinstance(worse, layer._value):
                raise TypeError(
                    f"{fault!r} is a fault of the {layer.layer} layer, so it must return a "
                    f"{layer._value.__name__}; it returned {worse!r}"
                )
            honest = worse
    return honest


def check(faults: Iterable[Any], layers: tuple[type[Fault[Any]], ...], what: str) -> tuple[Fault[Any], ...]:
    """*faults* as a tuple, if each is one that *what* can have; TypeError, with a sentence, if not."""
    checked = tuple(faults)
    for fault in checked:
        if isinstance(fault, type) and issubclass(fault, Fault):
            raise TypeError(f"{fault.__name__} is a class; write {fault.__name__}() to make a fault of it")
        if not isinstance(fault, Fault):
            raise TypeError(f"{what} takes faults, such as faults.Stale(); got {fault!r}")
        if not isinstance(fault, layers):
            possible = ", ".join(layer.layer for layer in layers)
            raise TypeError(
                f"{fault!r} is a fault of the {getattr(fault, 'layer', 'unknown')} layer, which "
                f"{what} does not have; it takes faults of: {possible}"
            )
    return checked
