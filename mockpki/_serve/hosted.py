"""One PKI that this server has, with the names that callers have for what is in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._catalogue.data import check_list, from_data
from .._clock import monotonic
from .._layers import Fault, check
from .._pki import PKI
from .._services.crlite import CRLite
from .._services.service import Service
from .._tls.server import TlsServer
from .limits import CAS, CERTIFICATES, SERVERS
from .named import Named
from .problem import Problem, pointing_to

SERVICES = ("ocsp", "crl", "ca_issuers")
"""Those that each CA has, as callers and `CA` name them."""
FILTERS = "crlite"
"""That which a PKI has, of all its CAs, once certificates are logged."""
_SOON = 0.05
"""Seconds until a server that starts is told again that it need not."""


class Hosted:
    """A PKI, and what callers call what is in it.

    *lock* is held while something is issued or made, and never while anybody waits for a client.
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
        self._wakers: list[Callable[[], object]] = []
        self._starting: list[TlsServer] = []
        self._started = threading.Condition(self.lock)
        self.until = None if ttl is None else monotonic() + ttl.total_seconds()
        """When it is over by itself, on the clock that only rises."""
        self.cas: Named[CA] = Named("CA", CAS)
        self.certificates: Named[Leaf] = Named("certificate", CERTIFICATES, beside=self.cas)
        self.servers: Named[TlsServer] = Named("TLS server", SERVERS)
        self.staples: dict[str, Any] = {}
        """What TLS servers staple, by their ids, as it was given."""
        self.stages: Named[Any] = Named("stage", SERVERS)
        self.careful: set[Any] = set()
        """The clients of stages that did not accept a CA which they do not trust."""
        self.bodies: dict[str, Any] = {}
        """What each certificate, CA and TLS server was asked for with, by its id; the PKI by its own."""
        self.numbers = iter(range(1, 1 << 62))
        """Of TLS servers and stages, which have no id of their own."""
        for ca in pki.cas:
            self.add_ca(ca, None)

    def add_ca(self, ca: CA, name: str | None) -> str:
        """Keep *ca*; its id, which is ``root``, ``ca``, or its serial number. It is found by that, too."""
        own = {"root": self.pki.root, "ca": self.pki.ca}
        serial = f"{ca.serial_number:x}"
        words = [word for word, known in own.items() if known is ca]
        return self.cas.add(ca, words[0] if words else serial, name, *words[1:], serial)

    def find_ca(self, key: str | None) -> CA:
        """The CA that is meant: left out, the issuing one. Raises Problem for none."""
        return self.pki.ca if key is None else self.cas.find(key)

    def find_service(self, ca: str | None, service: str) -> Service[Any]:
        """One of a CA's services, or that of filters. Raises Problem for none."""
        if service == FILTERS:
            return self.find_filters()
        found: Service[Any] = getattr(self.find_ca(ca), service)
        return found

    @property
    def filters(self) -> CRLite | None:
        """The service of CRLite's filters, where somebody has asked for it."""
        return self.pki._realm.asked_crlite

    def find_filters(self) -> CRLite:
        """The same. Raises Problem where there is none."""
        found = self.filters
        if found is None:
            raise Problem("not-found", 'this PKI has no filters; make it with {"logged": true}')
        return found

    def list_services(self) -> Iterator[tuple[str | None, str, Service[Any]]]:
        """All that clients may ask, each with what its CA is called; that of filters is of none."""
        for ca in self.pki.cas:
            for name in SERVICES:
                yield self.name_ca(ca), name, getattr(ca, name)
        if self.filters is not None:
            yield None, FILTERS, self.filters

    def name_ca(self, ca: CA) -> str:
        """The id of *ca*; its serial number for one that no call can have, such as a scenario's."""
        return self.cas.id_of(ca) or f"{ca.serial_number:x}"

    def find_certificate(self, key: str) -> Leaf:
        """The certificate of that id or name. Raises Problem for none."""
        return self.certificates.find(key)

    def find_member(self, key: str) -> Leaf | CA:
        """A certificate or a CA by its id or name. Raises Problem for neither."""
        return self.cas.find(key) if key in self.cas else self.certificates.find(key)

    def list_faults(
        self, values: object, at: str = "/faults", fit: tuple[type[Fault[Any]], ...] = (), what: str = ""
    ) -> tuple[Any, ...]:
        """The faults that a list of texts and objects stands for; certificates in them are ids of ours.

        *fit* are the layers that *what* they are for has; left out, any. Raises Problem, which points to the
        one that is none, or to the list; *at* is where that stands.
        """
        with pointing_to(at):
            faults = []
            for number, value in enumerate(check_list(values)):
                with pointing_to(f"/{number}"):
                    faults.append(from_data(value, self.find_member))
            return check(faults, fit, what) if fit else tuple(faults)

    def list_scripts(self, answers: Iterable[object], at: str = "/answers") -> list[list[Any]]:
        """The same of several answers."""
        return [list(self.list_faults(answer, f"{at}/{number}")) for number, answer in enumerate(answers)]

    # Its end.

    def watch_end(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Have *wake* called when it is closed, or at once if it is. The result ends that."""
        self._wakers.append(wake)
        if self.closed.is_set():
            wake()
        return lambda: self._wakers.remove(wake)

    def watch_problems(self, say: Callable[[str], object]) -> None:
        """Have *say* called with a sentence for what fails in the background, on the thread where it does."""
        self.pki._realm.problems.watchers.add(lambda error: say("; ".join(tell(error))))

    @contextmanager
    def starting(self, server: TlsServer) -> Iterator[None]:
        """A block in which *server* starts, which may wait: the PKI is not closed before it is over."""
        with self.lock:
            self.check_open()
            self._starting.append(server)
        try:
            yield
        finally:
            with self.lock:
                self._starting.remove(server)
                self._started.notify_all()

    def check_open(self) -> None:
        """Raise Problem once it is closed."""
        if self.closed.is_set():
            raise Problem("gone", f"the PKI {self.name or self.id!r} was closed meanwhile")

    def close(self) -> list[str]:
        """End the PKI; what there was to say. Closing twice does nothing."""
        with self.lock:
            if self.closed.is_set():
                return []
            self.closed.set()
            for wake in list(self._wakers):
                wake()
            while self._starting:
                for server in self._starting:
                    # It waits for a staple, or is about to.
                    server.drop()
                self._started.wait(_SOON)
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
