"""What stands where the CRLs of a stage are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from ... import faults
from ..._ca.ca import CA
from ..._ca.leaf import Leaf
from ..._layers import CRLBytesFault
from ..._services.crl_file import CrlFile
from ._history import Event, Held, Instead, Published, Released, Revoked
from ._offer import Offer, Says


class Lists:
    """The CRLs of *issuer*, about *subject*. *other* is another CA that has to do with them, if there is one:
    the same with another key, or one on the same list."""

    def __init__(self, issuer: CA, subject: Leaf | CA, other: CA | None) -> None:
        self._issuer, self._subject, self._other = issuer, subject, other
        self._earlier = b""

    def _require_other(self) -> CA:
        if self._other is None:
            raise ValueError("there is no other CA on that list; give the scenario indirect=True")
        return self._other

    def happen(self, event: Event) -> None:
        """Let one thing of a history happen."""
        match event:
            case Held():
                self._issuer.revoke(self._subject, "certificate_hold")
            case Revoked("another certificate"):
                self._issuer.revoke(self._subject.serial_number + 1, "key_compromise")
            case Revoked("another CA"):
                self._require_other().revoke(self._subject.serial_number, "key_compromise")
            case Revoked():
                self._issuer.revoke(self._subject, "key_compromise")
            case Released():
                self._issuer.release(self._subject)
            case Published(delta):
                if not delta:
                    self._earlier = self._find_file().der
                self._issuer.crl.publish(delta=delta)

    def serve(self, offer: Offer) -> None:
        """Let stand there what *offer* says."""
        crl = self._issuer.crl
        if not crl.publishes.scheduled:
            crl.respond_with(*self._resolve(offer.faults))
            return
        for file, bent in self._list_files(offer):
            crl.respond_with(*self._resolve(bent), to=file)

    def list_pems(self, offer: Offer) -> Iterator[bytes]:
        """What somebody has who fetches all that can be had: each CRL as PEM."""
        if offer.says is Says.NOTHING or offer.where == "unresolvable":
            return
        crl = self._issuer.crl
        files = [file.path for file in crl.files] if crl.publishes.scheduled else [None]
        bent = {file.path: some for file, some in self._list_files(offer)} if crl.publishes.scheduled else {}
        for path in files:
            resolved = self._resolve(offer.faults if path is None else bent.get(path, ()))
            in_it = [one for one in resolved if isinstance(one, get_args(CRLBytesFault))]
            # What never arrives is in no file; what is only slow is.
            if len(in_it) == len(resolved) or offer.says is not Says.UNUSABLE:
                yield crl.pem(*in_it, of=path)

    def _list_files(self, offer: Offer) -> Iterator[tuple[CrlFile, Sequence[Any]]]:
        """Each file that is not honest, and its faults."""
        if offer.faults:
            yield self._find_file(), offer.faults
        if offer.second_faults:
            yield self._find_another(), offer.second_faults
        if offer.delta_faults:
            yield self._issuer.crl.file_for(self._subject, delta=True), offer.delta_faults

    def _find_file(self) -> CrlFile:
        return self._issuer.crl.file_for(self._subject)

    def _find_another(self) -> CrlFile:
        """The first complete CRL that is not the subject's."""
        own = self._find_file().path
        complete = (file for file in self._issuer.crl.files if file.base is None)
        return next(file for file in complete if file.path != own)

    def _resolve(self, bent: Sequence[Any]) -> list[Any]:
        """*bent*, with the octets of those that stand in another's place."""
        return [faults.Octets(self._make(one)) if isinstance(one, Instead) else one for one in bent]

    def _make(self, instead: Instead) -> bytes:
        crl = self._issuer.crl
        match instead.of:
            case "earlier issue":
                return self._earlier
            case "another shard":
                return crl.crl(*instead.faults, of=self._find_another())
            case "delta":
                return crl.crl(*instead.faults, of=self._subject, delta=True)
            case "delta of all":
                return crl.crl(*instead.faults, of="/ca-delta.crl")
            case "new key":
                return self._require_other().crl.crl(*instead.faults)
