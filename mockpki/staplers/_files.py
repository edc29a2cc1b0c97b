"""The files from which a server of trigger ``"file"`` reads its staples."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cryptography.x509 import ocsp

from .._ca.leaf import Leaf
from .._parameters import show
from ._answering import Change, fail, take
from ._cache import Known
from ._events import Kind
from ._policy import StaplePolicy
from ._reading import Unfit, read_answer


class Files:
    """What the administrator has put there, by the leaf's DER."""

    def __init__(self) -> None:
        self._files: dict[bytes, bytes | None] = {}

    def put(self, leaf: Leaf, der: bytes | None) -> None:
        """Raises TypeError or ValueError for what is no OCSP response."""
        if der is not None:
            if not isinstance(der, bytes):
                raise TypeError(f"preload() takes DER bytes, or None for no staple; got {show(der)}")
            try:
                ocsp.load_der_ocsp_response(der)
            except ValueError as error:
                raise ValueError(f"preload() takes an OCSP response in DER: {error}") from error
        self._files[leaf.der] = der

    def get(self, leaf: Leaf) -> bytes | None:
        """The staple for *leaf*, None for none. Where nothing was put, it is an honest one from now on."""
        if leaf.der not in self._files:
            self._files[leaf.der] = leaf.issuer.ocsp.response_for(leaf)
        return self._files[leaf.der]


def load_file(policy: StaplePolicy, known: Known, der: bytes | None, now: datetime) -> Change:
    """What is known once the file was read, which has *der* in it; what was known before is gone."""
    known = replace(known, answer=None)
    if der is None:
        return fail(policy, known, Kind.NO_ANSWER, "there is no file with a staple", now)[0]
    try:
        usable = read_answer(der, known.leaf, now, policy)
    except Unfit as unfit:
        sentence = f"the file's response cannot be used: {unfit}"
        return fail(policy, known, Kind.REFUSED, sentence, now, der)[0]
    return take(policy, known, usable, now)[0]
