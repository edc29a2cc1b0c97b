"""One PKI that this server has, with the names that callers have for what is in it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, TypeVar

from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._catalogue.data import list_from_data
from .._clock import monotonic
from .._pki import PKI
from .._services.service import Service
from .._tls.server import TlsServer
from .._typed import find_near
from .limits import CAS, CERTIFICATES, SERVERS
from .problem import Problem

T = TypeVar("T")


class Named(dict[str, T]):
    """What callers know by an id, and perhaps by a name. *what* it is, of which there are at most *most*."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__()
        self._what, self._most = what, most
        self.names: dict[str, str] = {}
        """Names, and the ids that they stand for."""

    def check_room(self, name: str | None) -> None:
        """Raise Problem if there is no room for one more, or for one of that *name*."""
        if len(self) >= self._most:
            raise Problem(
                "limit-reached",
                f"a PKI here has at most {self._most} {self._what}s; close it, or make another",
            )
        if name is not None and (name in self.names or name in self):
            raise Problem("conflict", f"there is a {self._what} called {name!r} already; choose another name")

    def add(self, one: T, id: str, name: str | None) -> str:
        """Keep *one*; its id, which is *id* unless another has that."""
        number, own = 1, id
        while own in self or own in self.names:
            number += 1
            own = f"{id}.{number}"
        self[own] = one
        if name is not None:
            self.names[name] = own
        return own

    def find(self, key: str) -> T:
        """That of this id or name. Raises Problem for none."""
        own = self.names.get(key, key)
        own = own if own in self else own.lower()
        if own not in self:
            near = find_near(key, [*self.names, *self])
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise Problem("not-found", f"no {self._what} is called {key!r} here{hint}", suggestions=near)
        return self[own]

    def id_of(self, one: T) -> str:
        """The id of *one*. Raises LookupError for one that has none."""
        for id, known in self.items():
            if known is one:
                return id
        raise LookupError(f"{one!r} has no id here")

    def name_of(self, id: str) -> str | None:
        """The name that a caller gave it, None for none."""
        return next((name for name, own in self.names.items() if own == id), None)

    def drop(self, id: str) -> None:
        """Forget that of this *id*, and its name."""
        del self[id]
        self.names = {name: own for name, own in self.names.items() if own != id}


class Hosted:
    """A PKI, and what callers call what is in it.

    *lock* is held while something is issued or made, and never while anybody waits.
    """

    def __init__(self, pki: PKI, name: str | None, ttl: timedelta | None) -> None:
        self.pki = pki
        self.name = name
        self.id: str = pki._realm.tag
        """What stands in every subject, so that a stray certificate in a log names its PKI."""
        self.lock = threading.RLock()
        self.ends = ExitStack()
        """What has to be closed before the PKI."""
        self.closed = threading.Event()
        self.until = None if ttl is None else monotonic() + ttl.total_seconds()
        """When it is over by itself, on the clock that only rises."""
        self.cas: Named[CA] = Named("CA", CAS)
        self.certificates: Named[Leaf] = Named("certificate", CERTIFICATES)
        self.servers: Named[TlsServer] = Named("TLS server", SERVERS)
        self.stages: Named[Any] = Named("stage", SERVERS)
        self.numbers = iter(range(1, 1 << 62))
        """Of TLS servers and stages, which have no id of their own."""
        for ca in pki.cas:
            self.add_ca(ca, None)

    def add_ca(self, ca: CA, name: str | None) -> str:
        """Keep *ca*; its id."""
        top = ca is self.pki.root
        names = [word for word, known in (("root", top), ("ca", ca is self.pki.ca)) if known]
        own = self.cas.add(ca, names[0] if names else f"{ca.serial_number:x}", name)
        for word in names[1:]:
            self.cas.names[word] = own
        self.cas.names.setdefault(f"{ca.serial_number:x}", own)
        return own

    def find_ca(self, key: str | None) -> CA:
        """The CA that is meant: left out, the issuing one. Raises Problem for none."""
        return self.pki.ca if key is None else self.cas.find(key)

    def find_service(self, ca: str | None, service: str) -> Service[Any]:
        """One of a CA's services. Raises Problem for none."""
        own = self.find_ca(ca)
        services: dict[str, Service[Any]] = {"ocsp": own.ocsp, "crl": own.crl, "ca_issuers": own.ca_issuers}
        return services[service]

    def find_certificate(self, key: str) -> Leaf:
        """The certificate of that id or name. Raises Problem for none."""
        return self.certificates.find(key)

    def find_member(self, key: str) -> Leaf | CA:
        """A certificate or a CA by its id or name. Raises Problem for neither."""
        if key in self.cas or key in self.cas.names:
            return self.cas.find(key)
        return self.find_certificate(key)

    def list_faults(self, values: object) -> tuple[Any, ...]:
        """The faults that a list of texts and objects stands for; certificates in them are ids of ours."""
        return tuple(list_from_data(values, self.find_member))

    def list_scripts(self, answers: Iterable[object]) -> list[list[Any]]:
        """The same of several answers."""
        return [list(self.list_faults(answer)) for answer in answers]

    def close(self) -> list[str]:
        """End the PKI; what there was to say. Closing twice does nothing."""
        with self.lock:
            if self.closed.is_set():
                return []
            self.closed.set()
            said: list[str] = []
            for end in (self.ends.close, self.pki.close):
                try:
                    end()
                except BaseException as error:
                    said += tell(error)
        return said


def tell(error: BaseException) -> list[str]:
    """A sentence for each error that *error* is, with its notes."""
    if isinstance(error, BaseExceptionGroup):
        return [sentence for one in error.exceptions for sentence in tell(one)]
    notes = getattr(error, "__notes__", ())
    return ["; ".join([f"{type(error).__name__}: {error}", *notes])]
