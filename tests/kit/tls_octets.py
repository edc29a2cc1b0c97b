"""TLS on the wire, written and read octet by octet: RFC 8446 sections 3.4, 4 and 5.1."""

from collections.abc import Iterator

Extensions = list[tuple[int, bytes]]


# Read.


def vector(data: bytes, size: int) -> tuple[bytes, bytes]:
    """What a length of *size* octets delimits, and what follows."""
    end = size + int.from_bytes(data[:size])
    assert end <= len(data)
    return data[size:end], data[end:]


def extensions(data: bytes) -> Extensions:
    """The (type, content) of a block of extensions, which fills *data*."""
    block, rest = vector(data, 2)
    assert rest == b""
    found = []
    while block:
        content, after = vector(block[2:], 2)
        found.append((int.from_bytes(block[:2]), content))
        block = after
    return found


def records(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The type, header and fragment of each record."""
    while data:
        fragment, rest = vector(data[3:], 2)
        yield data[0], data[:5], fragment
        data = rest


def messages(joined: bytes) -> Iterator[tuple[int, bytes]]:
    """The type and body of each handshake message that is complete."""
    while len(joined) >= 4 + int.from_bytes(joined[1:4]) and joined:
        body, rest = vector(joined[1:], 3)
        yield joined[0], body
        joined = rest


# Written.


def opaque(size: int, content: bytes) -> bytes:
    """A vector with its length in *size* octets."""
    return len(content).to_bytes(size) + content


def handshake_records(content: bytes, size: int = 2**14) -> bytes:
    """*content* in handshake records of *size* octets each."""
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    return b"".join(b"\x16\3\1" + opaque(2, piece) for piece in pieces)
