"""Reading a ClientHello, before anything is answered.

Rules of this file:

1. Bytes in, a value out. What is read is not kept, and nothing is negotiated here.
2. Lengths are taken at their word. Work is linear in the input, and the input is bounded.
3. Nothing is judged; that is the TLS library's part. A field that is odd hides none of the others: it is as
   if it were not there.

RFC 8446 section 4.1.2 has the message, section 5.1 the records it comes in, RFC 6066 the
``server_name`` and ``status_request`` extensions.
"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass, field

_LIMIT = 128 * 1024

_RECORD_HEADER = 5
_MESSAGE_HEADER = 4
_HANDSHAKE_RECORD = 22
_CLIENT_HELLO = 1
# RFC 8446 section 5.1: "The length MUST NOT exceed 2^14 bytes."
_RECORD_MAXIMUM = 2**14

_SERVER_NAME = 0
_STATUS_REQUEST = 5
_SUPPORTED_GROUPS = 10
_SIGNATURE_ALGORITHMS = 13
_SUPPORTED_VERSIONS = 43

_HOST_NAME = 0
_OCSP = 1


@dataclass(frozen=True)
class Offer:
    """What a client can use, as it was sent: the cipher suites, and the contents of three extensions."""

    cipher_suites: bytes = b""
    groups: bytes | None = None
    schemes: bytes | None = None
    versions: bytes | None = None


@dataclass(frozen=True)
class ClientHello:
    """What a client said first, as far as a server that staples wants to know.

    ``server_name`` is the host name of RFC 6066 section 3, spelled as the client spelled it.
    ``staple_requested``: a ``status_request`` for OCSP (RFC 6066 section 8). ``offer`` is kept as it is;
    None: there was none to be read.
    """

    server_name: str | None = None
    staple_requested: bool = False
    offer: Offer | None = field(default=None, compare=False, repr=False)


class ClientHelloReader:
    """The ClientHello at the start of what a client sends, read as it comes in."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._message = bytearray()
        self._left = 0
        self._seen = 0

    def read(self, data: bytes) -> ClientHello | None:
        """Read on. None while more bytes are needed; bytes after the ClientHello are ignored.

        Raises ``ValueError`` with a sentence as soon as the bytes cannot become a ClientHello of at most
        128 KiB. What is odd in one of its fields is no reason: that field is as if it were not there.
        """
        position = 0
        while position < len(data):
            if self._left == 0:
                if self._seen > _LIMIT:
                    raise ValueError(f"after {_LIMIT} bytes the ClientHello is still not complete")
                end = position + _RECORD_HEADER - len(self._header)
                self._header += data[position:end]
                self._left = _record_length(self._header)
                if self._left:
                    self._seen += _RECORD_HEADER + self._left
                    self._header.clear()
                position = end
            else:
                fragment = data[position : position + self._left]
                self._left -= len(fragment)
                self._message += fragment
                position += len(fragment)
                length = _message_length(self._message)
                if length is not None and len(self._message) >= length:
                    return _client_hello(bytes(self._message[_MESSAGE_HEADER:length]))
        return None


def read_client_hello(data: bytes) -> ClientHello | None:
    """Read the ClientHello at the start of *data*, as a `ClientHelloReader` does."""
    return ClientHelloReader().read(data)


def _record_length(header: bytearray) -> int:
    """Check as much of a record's header as is there; 0 while its length is not."""
    if header[0] != _HANDSHAKE_RECORD:
        raise ValueError(f"a TLS handshake record begins with the byte 22, but {header[0]} was received")
    if len(header) > 1 and header[1] != 3:
        raise ValueError(f"a TLS record has the major version 3, but {header[1]} was received")
    if len(header) < _RECORD_HEADER:
        return 0
    length = int.from_bytes(header[3:])
    if not 0 < length <= _RECORD_MAXIMUM:
        raise ValueError(f"a handshake record cannot carry {length} bytes")
    return length


def _message_length(message: bytearray) -> int | None:
    """Return the length of a handshake message with its header, or None while unknown."""
    if message and message[0] != _CLIENT_HELLO:
        raise ValueError(f"the first handshake message is of type {message[0]}, which is no ClientHello")
    if len(message) < _MESSAGE_HEADER:
        return None
    length = int.from_bytes(message[1:_MESSAGE_HEADER])
    if length > _LIMIT:
        raise ValueError(f"a ClientHello of {length} bytes is longer than {_LIMIT} allowed")
    return _MESSAGE_HEADER + length


class _Reader:
    """A place in some bytes, and what they are called in an error message."""

    __slots__ = ("_data", "_name", "_position", "_size")

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._size = len(data)
        self._position = 0
        self._name = name

    def take(self, count: int) -> bytes:
        """Take the next *count* bytes."""
        start = self._position
        end = self._position = start + count
        if end > self._size:
            raise ValueError(f"the {self._name} of the ClientHello is cut short")
        return self._data[start:end]

    def number(self, size: int) -> int:
        """Take a big-endian number of *size* bytes."""
        return int.from_bytes(self.take(size))

    def vector(self, size: int, minimum: int = 0) -> bytes:
        """Take a vector whose length is written in *size* bytes."""
        content = self.take(int.from_bytes(self.take(size)))
        if len(content) < minimum:
            raise ValueError(f"the {self._name} of the ClientHello holds too short a list")
        return content

    def rest(self) -> bytes:
        """Take whatever is left."""
        return self.take(self._size - self._position)

    def more(self) -> bool:
        """Tell whether anything is left."""
        return self._position < self._size

    def end(self) -> None:
        """Insist that nothing is left."""
        if self.more():
            raise ValueError(f"the {self._name} of the ClientHello has bytes after its end")


def _client_hello(body: bytes) -> ClientHello:
    reader = _Reader(body, "body")
    reader.take(2 + 32)  # legacy_version, random
    reader.vector(1)  # session identifier
    cipher_suites = reader.vector(2)
    reader.vector(1)  # compression methods
    # RFC 5246 section 7.4.1.2: extensions may be left out altogether.
    extensions = _extensions(reader.rest())
    return ClientHello(
        server_name=_server_name(extensions.get(_SERVER_NAME)),
        staple_requested=_staple_requested(extensions.get(_STATUS_REQUEST)),
        offer=Offer(
            cipher_suites,
            extensions.get(_SUPPORTED_GROUPS),
            extensions.get(_SIGNATURE_ALGORITHMS),
            extensions.get(_SUPPORTED_VERSIONS),
        ),
    )


# Type and length, which stand before each extension.
_EXTENSION_HEADER = struct.Struct(">HH")


def _extensions(field: bytes) -> dict[int, bytes]:
    """The extensions in *field*, which begins with the length of their block, as far as they are whole."""
    extensions: dict[int, bytes] = {}
    position = 2
    size = min(len(field), position + int.from_bytes(field[:position]))
    # Some twenty in a row: read here and not by a _Reader, which took half of the time.
    while position + _EXTENSION_HEADER.size <= size:
        number, length = _EXTENSION_HEADER.unpack_from(field, position)
        start = position + _EXTENSION_HEADER.size
        position = start + length
        # RFC 8446 section 4.2: "There MUST NOT be more than one extension of the same type in
        # a given extension block." Where there is, the first counts here.
        if position <= size:
            extensions.setdefault(number, field[start:position])
    return extensions


def _server_name(content: bytes | None) -> str | None:
    if content is None:
        return None
    with contextlib.suppress(ValueError):
        for kind, name in _server_names(content):
            if kind == _HOST_NAME and all(0x21 <= byte <= 0x7E for byte in name):
                return name.decode("ascii")
    return None


def _server_names(content: bytes) -> list[tuple[int, bytes]]:
    outer = _Reader(content, "server_name extension")
    reader = _Reader(outer.vector(2, minimum=1), "server_name extension")
    outer.end()
    names = []
    while reader.more():
        names.append((reader.number(1), reader.vector(2, minimum=1)))
    return names


def _staple_requested(content: bytes | None) -> bool:
    if content is None:
        return False
    reader = _Reader(content, "status_request extension")
    with contextlib.suppress(ValueError):
        if reader.number(1) != _OCSP:
            return False  # another kind of status: its form is not ours to know
        reader.vector(2)  # responder_id_list
        reader.vector(2)  # request_extensions
        reader.end()
        return True
    return False
