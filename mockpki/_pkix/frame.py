"""Honest answers about one certificate, but for what another such answer has otherwise.

The frame of an answer is cut out of the encoding of the value that it is, as `ResponseData`, `Signed` and
`OCSPResponse` write it: what is put into it makes the octets which another value, that differs in the serial
number and in the nonce only, would have been encoded as.
"""

from __future__ import annotations

from .ocsp_response import OCSPResponse, ResponseData, ResponseStatus
from .signing import Signed, Signer


class Frame:
    """An answer with room for another serial number and another nonce, each of the same length.

    *content* is about one certificate, whose serial number has the octets *serial*; *nonce* is the one in it,
    empty for none. *signer* signs what comes of it.
    """

    def __init__(self, content: ResponseData, signer: Signer, serial: bytes, nonce: bytes) -> None:
        self.signer = signer
        (single,) = content.responses
        cert_id, tbs = single.cert_id.encode(), content.encode(signer)
        # Behind the CertID come its status, times and the header of the nonce: none of them looks like it.
        end = len(tbs) - len(nonce)
        start = tbs.rindex(cert_id, 0, end) + len(cert_id)
        self._head, self._middle = tbs[: start - len(serial)], tbs[start:end]
        self._around: dict[int, tuple[bytes, bytes, bytes]] = {}

    def make_response(self, serial: bytes, nonce: bytes) -> bytes:
        """The signed OCSPResponse, as DER."""
        tbs = b"".join((self._head, serial, self._middle, nonce))
        return self.seal(tbs, self.signer.make_signature(tbs))

    def seal(self, tbs: bytes, signature: bytes) -> bytes:
        """The OCSPResponse around *tbs*, of the frame's own length, and a *signature*."""
        around = self._around.get(len(signature))
        if around is None:
            around = self._around[len(signature)] = self._find_around(tbs, signature)
        before, between, behind = around
        return b"".join((before, tbs, between, signature, behind))

    def _find_around(self, tbs: bytes, signature: bytes) -> tuple[bytes, bytes, bytes]:
        signed = Signed(tbs, self.signer.algorithm.encode(), signature, self.signer.certs)
        whole = OCSPResponse(ResponseStatus.SUCCESSFUL, signed.encode()).encode()
        end_of_tbs = whole.index(tbs) + len(tbs)
        end = len(whole) - len(signed.encode_certs())
        return whole[: end_of_tbs - len(tbs)], whole[end_of_tbs : end - len(signature)], whole[end:]
