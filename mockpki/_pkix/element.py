"""DER (X.690) read: the one reader that requests and answers need.

It exists because an OCSP request may hold several CertIDs, which cryptography's parser declines, and because
an answer echoes a CertID octet for octet.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .der import BOOLEAN, INTEGER, OID

_OID_LIMIT = 128


class Element(NamedTuple):
    """One DER element read from *data*: its tag, and where its header, content and end lie."""

    data: bytes
    tag: int
    start: int
    inner: int
    end: int

    @classmethod
    def read(cls, data: bytes, start: int = 0, limit: int | None = None) -> Element:
        """The element at *start*; ValueError if it is not DER or runs past *limit*."""
        limit = len(data) if limit is None else limit
        if start + 2 > limit:
            raise ValueError(f"DER ends at octet {limit}, in the middle of a header")
        tag, size, inner = data[start], data[start + 1], start + 2
        if tag & 0x1F == 0x1F:
            raise ValueError(f"the tag at octet {start} has more than one octet")
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[inner : inner + count], "big")
            if (
                not 1 <= count <= 4
                or inner + count > limit
                or size < (0x80, 0x100, 0x10000, 0x1000000)[count - 1]
            ):
                raise ValueError(f"the length at octet {start + 1} is not a definite, minimal one")
            inner += count
        if inner + size > limit:
            raise ValueError(f"the element at octet {start} runs past the end")
        return cls(data, tag, start, inner, inner + size)

    @classmethod
    def whole(cls, data: bytes, tag: int) -> Element:
        """*data* as exactly one element with *tag*, and nothing behind it."""
        element = cls.read(data).expect(tag)
        if element.end != len(data):
            raise ValueError(f"{len(data) - element.end} octets follow the end of the structure")
        return element

    def expect(self, tag: int) -> Element:
        if self.tag != tag:
            raise ValueError(f"tag 0x{self.tag:02x} at octet {self.start}, where 0x{tag:02x} belongs")
        return self

    @property
    def der(self) -> bytes:
        """Header and content."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        return self.data[self.inner : self.end]

    def children(self) -> list[Element]:
        """The elements inside, in order."""
        data, at, end = self.data, self.inner, self.end
        found = []
        while at < end:
            # Short and well formed, as nearly all are: what `read` makes of it, without the call.
            if (
                at + 2 <= end
                and (size := data[at + 1]) < 0x80
                and at + 2 + size <= end
                and data[at] & 0x1F != 0x1F
            ):
                child = _element(Element, (data, data[at], at, at + 2, at + 2 + size))
            else:
                child = Element.read(data, at, end)
            found.append(child)
            at = child.end
        return found

    def fields(self, least: int, most: int) -> list[Element]:
        """The elements inside, if there are *least* to *most* of them; ValueError if not."""
        found = self.children()
        if not least <= len(found) <= most:
            raise ValueError(
                f"{len(found)} fields in the structure at octet {self.start}, where "
                f"{least if least == most else f'{least} to {most}'} belong"
            )
        return found

    def only(self, tag: int) -> Element:
        """The single element inside, as in an EXPLICIT tag."""
        return self.fields(1, 1)[0].expect(tag)

    def as_boolean(self) -> bool:
        # X.690 section 11.1: DER has 0xFF for TRUE, and nothing else.
        content = self.expect(BOOLEAN).content
        if content not in (b"\x00", b"\xff"):
            raise ValueError(f"the boolean at octet {self.start} is neither TRUE nor FALSE")
        return content == b"\xff"

    def as_integer(self) -> int:
        self.expect(INTEGER)
        content = self.content
        if not content or (len(content) > 1 and content[0] in (0, 0xFF) and (content[0] ^ content[1]) < 0x80):
            raise ValueError(f"the integer at octet {self.start} has not the fewest octets")
        return int.from_bytes(content, "big", signed=True)

    def as_oid(self) -> str:
        self.expect(OID)
        try:
            return _dotted(self.content)
        except ValueError as error:
            raise ValueError(f"the object identifier at octet {self.start} {error}") from None


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    if not content or content[-1] & 0x80:
        raise ValueError("has no end")
    # X.690 sets no limit; this one keeps a stranger's arcs from growing into numbers of any size.
    if len(content) > _OID_LIMIT:
        raise ValueError(f"has over {_OID_LIMIT} octets")
    arcs, arc = [], 0
    for octet in content:
        if arc == 0 and octet == 0x80:
            raise ValueError("has not the fewest octets")
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - first * 40, *arcs[1:])))


_element = tuple.__new__
