"""Requests in a shape that is known: the usual ones, about one certificate and with a nonce or none.

A client asks in the same shape again and again: all octets are the same but for the hashes, the serial number
and the nonce, and these are as long as ever. So a shape is learnt from a request that `OCSPRequest.read` has
read, and what has the same octets around values of the same lengths cannot be read in another way.
"""

from __future__ import annotations

from . import der
from .ocsp_request import CertID, OCSPRequest

# In these octets are the lengths of all that is in a request with one CertID, and most of its algorithm.
_START = 24
_MOST_SHAPES = 256
# What is shorter than this has a header of two octets.
_SHORT = 0x80

_shapes: dict[tuple[int, bytes], Shape] = {}


class Shape:
    """What is fixed in a request, and where that which is not has its place."""

    def __init__(self, octets: bytes, request: OCSPRequest) -> None:
        (cert_id,) = request.cert_ids
        serial = len(der.signed_octets(cert_id.serial_number))
        nonce, tail = len(request.nonce or b""), len(request.encode_extensions())
        self._hash_algorithm = cert_id.hash_algorithm
        self._critical = any(extension.critical for extension in request.extensions)
        # From behind: each value, and the header of the next.
        self._cert_end = end = len(octets) - tail
        self._serial = end - serial
        self._key_end = self._serial - 2
        self._key = self._key_end - len(cert_id.issuer_key_hash)
        self._name_end = self._key - 2
        self._name = self._name_end - len(cert_id.issuer_name_hash)
        self._nonce = len(octets) - nonce
        self._fixed = self._find_fixed(octets)

    def _find_fixed(self, octets: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        return (
            octets[: self._name],
            octets[self._name_end : self._key],
            octets[self._key_end : self._serial],
            octets[self._cert_end : self._nonce],
        )

    def read(self, octets: bytes) -> OCSPRequest | None:
        """The request, if *octets*, of the same length, have this shape."""
        if self._find_fixed(octets) != self._fixed:
            return None
        serial = octets[self._serial : self._cert_end]
        # X.690 section 8.3.2: the fewest octets. One octet always is.
        if len(serial) > 1 and serial[0] in (0, 0xFF) and (serial[0] ^ serial[1]) < 0x80:
            return None
        cert_id = CertID(
            self._hash_algorithm,
            octets[self._name : self._name_end],
            octets[self._key : self._key_end],
            int.from_bytes(serial, "big", signed=True),
        )
        nonce = octets[self._nonce :]
        return OCSPRequest.about(cert_id, nonce, self._critical) if nonce else OCSPRequest((cert_id,))


def read_request(octets: bytes) -> OCSPRequest:
    """What `OCSPRequest.read` reads, sooner where a request in this shape has come before.

    Raises ValueError, with a sentence, for whatever deserves ``malformedRequest``.
    """
    key = (len(octets), octets[:_START])
    shape = _shapes.get(key)
    request = None if shape is None else shape.read(octets)
    if request is None:
        request = OCSPRequest.read(octets)
        if _is_usual(request, octets):
            if len(_shapes) >= _MOST_SHAPES:
                _shapes.clear()
            _shapes[key] = Shape(octets, request)
    return request


def _is_usual(request: OCSPRequest, octets: bytes) -> bool:
    """Whether it has one CertID, a nonce or none, and nothing else, and is written as it would be here."""
    if len(request.cert_ids) != 1 or len(request.extensions) > (request.nonce is not None):
        return False
    cert_id = request.cert_ids[0]
    longest = max(cert_id.issuer_name_hash, cert_id.issuer_key_hash, key=len)
    small = -(1 << 512) < cert_id.serial_number < 1 << 512
    return small and len(longest) < _SHORT and request.encode() == octets
