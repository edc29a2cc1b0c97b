"""The layers of an answer, from its times to its port. A fault belongs to exactly one.

    Window -> content -> Signer -> bytes -> Signed -> OCSPResponse -> bytes -> Answer -> Wire -> Listening

In a TLS server, StapleMessages come after the bytes. Certificates and CRLite filters have their own content.

`bend` is the only place that applies faults; no encoder and no service knows what any of them does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, ClassVar, Generic, TypeVar

from ._crlite.clubcard import Clubcard, Universe
from ._crlite.listing import Listing
from ._exchange.http import Answer
from ._exchange.staples import StapleMessages
from ._exchange.steps import Listening, Wire, is_wire
from ._parameters import check_fields, show
from ._pkix.certificate import TBSCertificate
from ._pkix.crl import TBSCertList
from ._pkix.ocsp_response import OCSPResponse, ResponseData
from ._pkix.signing import Signed, Signer
from ._pkix.window import Window

__all__ = [
    "HTTP",
    "LAYERS",
    "CRLBytesFault",
    "CRLContent",
    "CRLFault",
    "CertificateContent",
    "Encoding",
    "Envelope",
    "Fault",
    "FileFault",
    "FilterContent",
    "FilterFault",
    "FilterListing",
    "FilterUniverse",
    "Listener",
    "OCSPBytesFault",
    "OCSPContent",
    "OCSPFault",
    "OCSPSigning",
    "Sealing",
    "Signing",
    "StapleFault",
    "Stapling",
    "Timing",
    "ToBeSigned",
    "Transport",
]

V = TypeVar("V")


def write_call(value: Any) -> str:
    """The call that makes *value*, a dataclass, with those of its fields alone that are not the defaults."""
    given = []
    # A test's own fault may have no fields, and not be a dataclass for that.
    for field in fields(value) if is_dataclass(value) else ():
        found = getattr(value, field.name)
        if field.init and field.repr and not _is_default(field, found):
            given.append(f"{field.name}={_write(found)}")
    return f"{type(value).__qualname__}({', '.join(given)})"


def _write(value: object) -> str:
    try:
        return repr(value)
    except Exception:
        # A number of more digits than Python prints; or what it is no field takes, which is about to be said.
        return show(value)


def _is_default(field: Field[Any], value: object) -> bool:
    factory = field.default_factory
    default = field.default if factory is MISSING else factory()
    # An unlike type makes another call: 1 for True, b"" for "".
    return default is value or (type(default) is type(value) and bool(default == value))


class Fault(ABC, Generic[V]):
    """One way for an answer to be wrong: a frozen dataclass that derives from a layer below.

    Calling it turns the honest value of its layer into a worse one. It never changes the value it
    is given, and it is called on the thread of the service that answers. Fields are checked against their
    annotations when it is made: there a mistake is easily seen.
    """

    layer: ClassVar[str]
    home: ClassVar[type[Fault[Any]]]
    _value: ClassVar[Any]
    _gives: ClassVar[str]

    def __init_subclass__(cls) -> None:
        # A dataclass writes its own, with every default, where the class has none.
        if "__repr__" not in vars(cls):
            cls.__repr__ = write_call  # type: ignore[method-assign]
        homes = [base for base in cls.__mro__ if "layer" in vars(base)]
        if len(homes) > 1:
            names = " and ".join(home.__name__ for home in homes)
            raise TypeError(f"{cls.__name__} derives from {names}; a fault has one layer: make it two faults")
        cls.home = homes[0] if homes else cls

    def __post_init__(self) -> None:
        check_fields(self)
        try:
            self._check_values()
        except (TypeError, ValueError) as error:
            call = repr(self)
            if call in str(error):
                raise
            # It says what is wrong with a value; the call says of which parameter.
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{call}: {error}") from None

    def _check_values(self) -> None:
        """Refuses, with a sentence, values that make no fault. Their types are right by then."""

    @abstractmethod
    def __call__(self, honest: V, /) -> V: ...

    @classmethod
    def _fits(cls, value: object) -> bool:
        return isinstance(value, cls._value)


Faults = tuple[Fault[Any], ...]


class Timing(Fault[Window]):
    """The times of an OCSP answer, a staple or a CRL."""

    layer = "timing"
    _value, _gives = Window, "a Window"


class OCSPContent(Fault[ResponseData]):
    """What an OCSP answer or a staple says (RFC 6960 section 4.2.1, ResponseData)."""

    layer = "OCSP content"
    _value, _gives = ResponseData, "a ResponseData"


class CRLContent(Fault[TBSCertList]):
    """What a CRL says (RFC 5280 section 5.1.2, TBSCertList)."""

    layer = "CRL content"
    _value, _gives = TBSCertList, "a TBSCertList"


class Signs(Fault[Signer]):
    """Both kinds of faults of the signer, for they are applied in one row."""

    _value, _gives = Signer, "a Signer"


class Signing(Signs):
    """Who signs, in whose name, and with which algorithm."""

    layer = "signing"


class OCSPSigning(Signs):
    """What only an OCSP answer has: its ResponderID, its delegate, the certificates it embeds."""

    layer = "OCSP signing"


class ToBeSigned(Fault[bytes]):
    """The octets about to be signed, tbsResponseData or tbsCertList: whatever they become is signed."""

    layer = "to be signed"
    _value, _gives = bytes, "bytes"


class Sealing(Fault[Signed]):
    """The signed structure: signature, outer algorithm, embedded certificates."""

    layer = "sealing"
    _value, _gives = Signed, "a Signed"


class Envelope(Fault[OCSPResponse]):
    """The OCSP envelope: responseStatus and responseBytes (RFC 6960 section 4.2.1)."""

    layer = "OCSP envelope"
    _value, _gives = OCSPResponse, "an OCSPResponse"


class Encoding(Fault[bytes]):
    """The finished octets of an OCSP answer, staple, CRL, certificate file or CRLite filter."""

    layer = "encoding"
    _value, _gives = bytes, "bytes"


class HTTP(Fault[Answer]):
    """The HTTP answer: status, headers and body."""

    layer = "HTTP"
    _value, _gives = Answer, "an Answer"


class Transport(Fault[Wire]):
    """How the answer goes over the connection: steps such as send, wait, abort."""

    layer = "transport"
    _value, _gives = tuple, "a tuple of steps, such as (Send(b'...'), Finish())"

    @classmethod
    def _fits(cls, value: object) -> bool:
        return is_wire(value)


class Listener(Fault[Listening]):
    """Whether the service's port takes connections at all."""

    layer = "listener"
    _value, _gives = Listening, "a Listening"


class Stapling(Fault[StapleMessages]):
    """Where and how a TLS server's messages have staples (RFC 6066 section 8, RFC 8446 section 4.4.2.1)."""

    layer = "stapling"
    _value, _gives = StapleMessages, "StapleMessages"


class CertificateContent(Fault[TBSCertificate]):
    """What a certificate says (RFC 5280 section 4.1.2, TBSCertificate), when it is issued."""

    layer = "certificate content"
    _value, _gives = TBSCertificate, "a TBSCertificate"


class FilterContent(Fault[Clubcard]):
    """What a CRLite filter says: its version, the logs it covers and the issuers it speaks of.

    Call one with the filter that it bends: ``faults.NotEnrolled()(card).v3()``.
    """

    layer = "filter content"
    _value, _gives = Clubcard, "a Clubcard"


class FilterUniverse(Fault[Universe]):
    """What a CRLite filter is made of: by issuer, the known and the revoked serial numbers."""

    layer = "filter universe"
    _value, _gives = Mapping, "a mapping of issuers to known and revoked serial numbers"


class FilterListing(Fault[Listing]):
    """What says which CRLite filters there are: upki's manifest, and the records of Remote Settings."""

    layer = "filter listing"
    _value, _gives = Listing, "a Listing"


LAYERS: tuple[type[Fault[Any]], ...] = (
    Timing,
    OCSPContent,
    CRLContent,
    Signing,
    OCSPSigning,
    ToBeSigned,
    Sealing,
    Envelope,
    Encoding,
    HTTP,
    Transport,
    Listener,
    Stapling,
    CertificateContent,
    FilterUniverse,
    FilterContent,
    FilterListing,
)
"""Every layer, in the order in which an answer passes them."""

OCSPBytesFault = Timing | OCSPContent | Signing | OCSPSigning | ToBeSigned | Sealing | Envelope | Encoding
StapleFault = OCSPBytesFault | Stapling
OCSPFault = OCSPBytesFault | HTTP | Transport | Listener
FileFault = Encoding | HTTP | Transport | Listener
FilterFault = FilterUniverse | FilterContent | FilterListing | Encoding | HTTP | Transport | Listener
CRLBytesFault = Timing | CRLContent | Signing | ToBeSigned | Sealing | Encoding
CRLFault = CRLBytesFault | HTTP | Transport | Listener


def bend(layer: type[Fault[V]], honest: V, faults: Iterable[Fault[Any]]) -> V:
    """*honest* after every fault of *layer*, in the order given.

    Raises TypeError when a fault does not give back a value of its layer, ValueError when it moves a
    time out of the years that there are.
    """
    for fault in faults:
        if isinstance(fault, layer):
            try:
                worse = fault(honest)
            except OverflowError as error:
                raise ValueError(f"{fault!r} leads out of the calendar, or of a number: {error}") from error
            if not layer._fits(worse):
                raise TypeError(
                    f"{fault!r} is a fault of the {fault.layer} layer, so it must return "
                    f"{layer._gives}; it returned {worse!r}"
                )
            honest = worse
    return honest


def check(faults: Iterable[Any], layers: tuple[type[Fault[Any]], ...], what: str) -> tuple[Fault[Any], ...]:
    """*faults* as a tuple, if each is one that *what* can have; TypeError, with a sentence, if not."""
    try:
        checked = tuple(faults)
    except TypeError:
        raise TypeError(
            f"{what} takes faults in a list, such as [faults.Stale()]; got {show(faults)}"
        ) from None
    for fault in checked:
        if isinstance(fault, type) and issubclass(fault, Fault):
            raise TypeError(f"{fault.__name__} is a class; write {fault.__name__}() to make a fault of it")
        if not isinstance(fault, Fault):
            raise TypeError(f"{what} takes faults, such as faults.Stale(); got {show(fault)}")
        if not isinstance(fault, layers):
            possible = ", ".join(layer.layer for layer in layers)
            raise TypeError(
                f"{fault!r} is a fault of the {getattr(fault, 'layer', 'unknown')} layer, which "
                f"{what} does not have; it takes faults of: {possible}"
            )
    return checked
