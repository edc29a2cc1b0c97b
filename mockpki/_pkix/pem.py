"""DER as text: PEM (RFC 7468)."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .keys import PrivateKey

_LINE = 64


def write_pem(label: str, der: bytes) -> bytes:
    """*der*, whatever its octets are, between lines that say *label*, such as ``CERTIFICATE``."""
    # RFC 7468 section 2: "Generators MUST wrap the base64-encoded lines so that each line consists of
    # exactly 64 characters except for the final line".
    text = base64.b64encode(der)
    lines = b"\n".join(text[at : at + _LINE] for at in range(0, len(text), _LINE))
    name = label.encode("ascii")
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (name, lines, name)


def private_pem(key: PrivateKey) -> bytes:
    """A private key as PKCS #8, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
