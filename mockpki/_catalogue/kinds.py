"""Kinds of plain values that faults are given: how each is read from data, written, and told in JSON Schema.

What comes is a value of JSON, or what `words` made of a text: a `Word` means what its parameter can take, and
nothing is guessed from its form alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import NoneType
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._layers import Fault
from .._parameters import show
from .._typed import parse_duration, write_duration
from .words import Word

_SAFE = (1 << 53) - 1
"""The largest number that every reader of JSON takes as it is (RFC 8259 section 6)."""
_LONGEST_OCTETS = 1 << 20
# RFC 3339 section 5.6.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[-+]\d\d:\d\d)")
_NUMBER = re.compile(r"-?(?:0x[0-9a-fA-F]+|\d+)")
_HEX = re.compile(r"-?0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")


class Unfit(Exception):  # noqa: N818 - a finding, raised where a kind does not take a value
    """The value is not of that kind."""


@dataclass(frozen=True)
class Reading:
    """How certificates are read, by *resolve*, and faults, by *read_fault*; *depth* of these so far."""

    resolve: Callable[[str], Any]
    read_fault: Callable[[Any, Reading], Fault[Any]]
    depth: int = 0


class Kind(NamedTuple):
    """What is taken, in words; how it is read, or `Unfit` raised; and its JSON Schema."""

    words: str
    read: Callable[[Any, Reading], Any]
    schema: Mapping[str, Any]


FAULT_SCHEMA = "Fault"
"""The name that the schema of any fault goes by."""


def _read_none(value: Any, _: Reading) -> None:
    if value is not None and not (isinstance(value, Word) and value in ("None", "null")):
        raise Unfit


def _read_bool(value: Any, _: Reading) -> bool:
    if isinstance(value, Word):
        value = {"True": True, "true": True, "False": False, "false": False}.get(value)
    if not isinstance(value, bool):
        raise Unfit
    return value


def _read_int(value: Any, _: Reading) -> int:
    if isinstance(value, str) and (_NUMBER if isinstance(value, Word) else _HEX).fullmatch(value):
        try:
            return int(value, 16 if "0x" in value else 10)
        except ValueError:  # more digits than Python reads
            raise Unfit from None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit
    return value


def _read_float(value: Any, _: Reading) -> float:
    if isinstance(value, Word) and _FLOAT.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit
    return value


def _read_text(value: Any, _: Reading) -> str:
    if not isinstance(value, str):
        raise Unfit
    return str(value)


def _read_octets(value: Any, _: Reading) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str) or isinstance(value, Word) or len(value) > _LONGEST_OCTETS:
        raise Unfit
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Unfit from None


def _read_duration(value: Any, _: Reading) -> timedelta:
    found = parse_duration(value) if isinstance(value, str) else None
    if found is None:
        raise Unfit
    return found


def _read_time(value: Any, _: Reading) -> datetime:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Unfit
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise Unfit from None


def _read_name(value: Any, _: Reading) -> x509.Name:
    if not isinstance(value, str):
        raise Unfit
    try:
        return x509.Name.from_rfc4514_string(value)
    except ValueError:
        raise Unfit from None


def _read_certificate(value: Any, reading: Reading) -> Any:
    if isinstance(value, dict) and value.keys() == {"certificate"}:
        try:
            return x509.load_der_x509_certificate(_read_octets(value["certificate"], reading))
        except ValueError:
            raise Unfit from None
    if not isinstance(value, str):
        raise Unfit
    return reading.resolve(str(value))


def _read_tagged_octets(value: Any, reading: Reading) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, dict) or value.keys() != {"der"}:
        raise Unfit
    return _read_octets(value["der"], reading)


def _read_one_fault(value: Any, reading: Reading) -> Fault[Any]:
    if not isinstance(value, str | dict):
        raise Unfit
    return reading.read_fault(value, reading)


DURATION = (
    "a duration, a number with its unit, such as 30s, 10min, 250ms or 1.5d, or by ISO 8601, such as PT0.25S"
)
_OCTETS = {"type": "string", "contentEncoding": "base64"}
PLAIN: dict[Any, Kind] = {
    NoneType: Kind("None", _read_none, {"type": "null"}),
    bool: Kind("true or false", _read_bool, {"type": "boolean"}),
    int: Kind(
        "a whole number, or one such as '0x1f' in a text",
        _read_int,
        {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?0x[0-9a-fA-F]+$"}]},
    ),
    float: Kind("a number", _read_float, {"type": "number"}),
    timedelta: Kind(
        DURATION,
        _read_duration,
        {"type": "string", "examples": ["P2D", "PT0.25S", "10min", "48h0m0s"]},
    ),
    datetime: Kind(
        "a time with its zone, such as '2026-01-31T12:00:00Z'",
        _read_time,
        {"type": "string", "format": "date-time"},
    ),
    bytes: Kind("octets, in base64 (in a text: b'\\x00')", _read_octets, _OCTETS),
    str: Kind("a text", _read_text, {"type": "string"}),
    x509.Name: Kind("a name such as 'CN=Example,O=Example' (RFC 4514)", _read_name, {"type": "string"}),
}
TAGGED_OCTETS = Kind(
    'octets, as {"der": base64}', _read_tagged_octets,
    {"type": "object", "properties": {"der": _OCTETS}, "required": ["der"], "additionalProperties": False},
)  # fmt: skip
CERTIFICATE = Kind(
    'a certificate by its id, or as {"certificate": base64}', _read_certificate,
    {"anyOf": [{"type": "string"}, {
        "type": "object", "properties": {"certificate": _OCTETS}, "required": ["certificate"],
        "additionalProperties": False,
    }]},
)  # fmt: skip
FAULT = Kind("a fault", _read_one_fault, {"$ref": FAULT_SCHEMA})
LAST = (str, x509.Name)
"""What any text is: tried when nothing else takes it."""


def write_plain(value: Any, *, tagged: bool = False) -> Any:
    """*value*, which has no other inside, for JSON. Octets that are *tagged* stand in an object."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= _SAFE else hex(value)
        case float():
            return value
        case timedelta():
            return write_duration(value)
        case datetime():
            return write_time(value)
        case bytes():
            octets = base64.b64encode(value).decode()
            return {"der": octets} if tagged else octets
        case x509.Name():
            return _write_name(value)
        case x509.Certificate():
            return {"certificate": base64.b64encode(value.public_bytes(Encoding.DER)).decode()}
        case _ if hasattr(value, "serial_number"):
            return f"{value.serial_number:x}"
    raise TypeError(f"{show(value)} cannot be told as data")


def write_time(time: datetime) -> str:
    """*time* in UTC, by RFC 3339."""
    return time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def _write_name(name: x509.Name) -> str:
    text = name.rfc4514_string()
    if x509.Name.from_rfc4514_string(text).public_bytes() != name.public_bytes():
        raise ValueError(f"{name!r} is more than its text by RFC 4514 says, so it cannot be told as data")
    return text
