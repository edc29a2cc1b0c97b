"""OCSP answers, CRLs and certificates as lines of text, however broken they are.

What does not fit the tables of `fields` is shown by its tags, and what is no DER as octets: nothing here
raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from .._pkix import der
from .._pkix.element import Element
from .._pkix.reading import load_certificate
from .._pkix.signing import ECDSA, RSA, has_signed
from .fields import EXTENSION, NAME, REASONS, Field
from .values import CONSTRUCTED, CONTEXT, TYPES, bits_text, number_text, octets, oid_text, time_text

_DEEPEST = 64
"""Levels that are shown: what a stranger sends may have thousands."""
_DIGESTS = {one.oid: one.digest for one in (*RSA.values(), *ECDSA.values())}


@dataclass(frozen=True)
class Decoder:
    """Shows DER as lines: *now* for what is past and what is ahead, *keys* for who has signed, by name."""

    now: datetime
    keys: Mapping[str, Any]

    def lines(self, data: bytes, kind: Field) -> list[str]:
        """*data*, which should be a *kind*."""
        try:
            element = Element.read(data)
            if element.tag not in kind.tags:
                raise ValueError(f"no {kind.name} begins with {element.tag:#04x}")
        except ValueError as error:
            return [f"no DER: {error}", f"octets: {octets(data)}"]
        lines = list(self._lines(element, kind, ""))
        if element.end < len(data):
            lines.append(f"behind the end: {octets(data[element.end :])}")
        return lines

    def _lines(self, element: Element, field: Field, margin: str) -> Iterator[str]:
        if len(margin) > 2 * _DEEPEST:
            yield f"{margin}{field.name}, {_DEEPEST} levels deep: {octets(element.content)}"
            return
        inner = self._unwrap(element, field)
        if inner is not None:
            if not inner:
                yield f"{margin}{field.name}: {octets(element.content)}"
            for number, (one, known) in enumerate(inner):
                yield from self._lines(one, known if number == 0 else _unknown_field(one), margin)
            return
        if field is EXTENSION:
            yield from self._extension_lines(element, margin)
            return
        if field.text is not None:
            try:
                yield f"{margin}{field.name}: {field.text(element)}"
            except (ValueError, IndexError):
                yield from self._lines(element, Field(field.name), margin)
            return
        name = field.name
        if field.names is not None:
            name += f": {field.names[element.tag]}"
        if not element.tag & CONSTRUCTED:
            bare = field.names is not None and not element.content
            yield f"{margin}{name}" if bare else f"{margin}{name}: {self._value_text(element, field.values)}"
            return
        children, rest = _read_children(element)
        yield f"{margin}{name}" + ("" if children or rest else ": empty")
        signer = self._describe_signer(element, children) if field.signed else ""
        for child, known in _match_fields(children, field):
            if signer and known.name == "signature":
                yield f"{margin}  signature: {signer}"
            else:
                yield from self._lines(child, known, margin + "  ")
        if rest:
            yield f"{margin}  then no DER: {octets(rest)}"

    @staticmethod
    def _unwrap(element: Element, field: Field) -> list[tuple[Element, Field]] | None:
        """What *field* wraps, with the fields for it; None where it wraps nothing."""
        if not field.wraps:
            return None
        children, rest = _read_children(element)
        if rest or not children:
            return []
        return [(child, field.fields[0]) for child in children]

    def _extension_lines(self, element: Element, margin: str) -> Iterator[str]:
        try:
            oid, *critical, value = element.fields(2, 3)
            name = oid_text(oid.expect(der.OID))
            if critical:
                name += ", critical" if critical[0].as_boolean() else ", critical FALSE"
            content = value.expect(der.OCTET_STRING).content
        except ValueError:
            yield from self._lines(element, Field("extension, none"), margin)
            return
        children, rest = _read_children(value)
        if len(children) == 1 and not rest and not children[0].tag & CONSTRUCTED:
            values = REASONS if name == "cRLReasons" else None
            yield f"{margin}{name}: {self._value_text(children[0], values)}"
            return
        if not children:
            yield f"{margin}{name}: {octets(content)}"
            return
        yield f"{margin}{name}"
        for child in children:
            yield from self._lines(child, _unknown_field(child), margin + "  ")
        if rest:
            yield f"{margin}  then no DER: {octets(rest)}"

    def _value_text(self, element: Element, values: Mapping[int, str] | None = None) -> str:
        tag, content = element.tag, element.content
        if tag in (0x17, 0x18):
            return time_text(element, self.now)
        if tag in (der.INTEGER, der.ENUMERATED):
            return number_text(element, values or {})
        if tag == der.OID:
            return oid_text(element)
        if tag == der.BIT_STRING:
            return bits_text(content)
        if tag == der.BOOLEAN and content in (b"\x00", b"\xff"):
            return "TRUE" if content == b"\xff" else "FALSE"
        if tag == 0x05 and not content:
            return "NULL"
        return octets(content)

    def _describe_signer(self, whole: Element, children: list[Element]) -> str:
        """Who has signed: to-be-signed, algorithm and signature are the first three *children*."""
        try:
            tbs, algorithm, signature, *behind = children
            oid = algorithm.children()[0].as_oid()
            data = signature.expect(der.BIT_STRING).content[1:]
        except (ValueError, IndexError):
            return ""
        keys = {**self.keys, **_find_own_key(whole.der)}
        embedded = [
            one.der
            for tagged in behind
            for list_ in _read_children(tagged)[0]
            for one in _read_children(list_)[0]
        ]
        for number, certificate in enumerate(load_certificates(embedded), 1):
            keys[f"the key of certificate {number} in certs"] = certificate.public_key()
        known = (name for name, key in keys.items() if _is_signature_of(key, oid, data, tbs.der))
        return f"made with {next(known, 'no key known here, or over other octets')}"


def _unknown_field(element: Element) -> Field:
    """A field for what the tables do not know: its type is its name."""
    tag = element.tag
    if tag == der.SEQUENCE and element.content[:1] == b"\x31":
        return NAME
    name = TYPES.get(tag, f"[{tag & 0x1F}]" if tag & 0xC0 == CONTEXT else f"tag {tag:#04x}")
    return Field(name, of=Field(""))


def _match_fields(children: list[Element], field: Field) -> Iterator[tuple[Element, Field]]:
    """Each of the *children* beside the first field left that has its tag, or an unknown one."""
    left = list(field.fields)
    for child in children:
        if field.of is not None and (not field.of.tags or child.tag in field.of.tags):
            yield child, field.of if field.of.tags else _unknown_field(child)
            continue
        at = next((number for number, one in enumerate(left) if child.tag in one.tags), None)
        if at is None:
            yield child, _unknown_field(child)
        else:
            yield child, left[at]
            del left[: at + 1]


def _read_children(element: Element) -> tuple[list[Element], bytes]:
    """The elements inside, as far as they are DER, and what follows them."""
    children: list[Element] = []
    at = element.inner
    while at < element.end:
        try:
            child = Element.read(element.data, at, element.end)
        except ValueError:
            break
        children.append(child)
        at = child.end
    return children, element.data[at : element.end]


def load_certificates(ders: Iterable[bytes]) -> Iterator[x509.Certificate]:
    """Those that cryptography can read, and whose keys it knows."""
    for encoded in ders:
        try:
            certificate = load_certificate(encoded)
            certificate.public_key()
        except (ValueError, LookupError, StopIteration, UnsupportedAlgorithm):
            continue
        yield certificate


def _find_own_key(data: bytes) -> dict[str, Any]:
    """The key in a certificate, or in the request for one; nothing in anything else."""
    keys = [certificate.public_key() for certificate in load_certificates([data])]
    with suppress(ValueError, UnsupportedAlgorithm):
        keys.append(x509.load_der_x509_csr(data).public_key())
    return {"its own key": keys[0]} if keys else {}


def _is_signature_of(key: Any, oid: str, signature: bytes, data: bytes) -> bool:
    """Whether *signature* is that of *key* over *data*, under the algorithm that it says it is."""
    try:
        return has_signed(key, signature, data, _DIGESTS.get(oid))
    except (UnsupportedAlgorithm, ValueError):
        return False
