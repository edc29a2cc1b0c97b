"""The whole world in one context manager."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Concatenate, ParamSpec, TypeVar

from cryptography import x509

from ._ca.account import note
from ._ca.ca import CA, make_child_ca, make_root
from ._ca.ct_log import LiveLog
from ._ca.leaf import Leaf, shorten
from ._ca.network import MayReach, Network, Ports
from ._ca.options import CAOptions, check_publishing
from ._ca.passage import run_until
from ._ca.realm import Realm
from ._ca.shared_port import SharedPort
from ._ca.standing import Targets, list_targets
from ._ca.trust import Trusted
from ._clock import Clock
from ._engine.interrupts import Held
from ._engine.listener import start_all
from ._engine.loop import Engine
from ._engine.ports import addresses
from ._parameters import OWN_CHECK, Within, check_arguments
from ._pkix.keys import KeyName, KeyType
from ._services.crlite import CRLite
from ._services.publisher import Publisher
from ._services.responder import Responder
from .publishing._presets import IMMEDIATE
from .publishing._values import Publishing

if TYPE_CHECKING:
    from ._ca.adopted import OwnAuthority
    from ._tls.options import Issue, Refused
    from ._tls.server import TlsServer
    from ._tls.spoken import Handler
    from ._tls.staple_source import Staple

P = ParamSpec("P")
R = TypeVar("R")


def _mirror(
    method: Callable[Concatenate[CA, P], R],
) -> Callable[[Callable[[PKI], Callable[..., R]]], Callable[Concatenate[PKI, P], R]]:
    """The issuing CA's *method* as the PKI's own: the same parameters, types and docstring."""

    def wrap(find: Callable[[PKI], Callable[..., R]]) -> Callable[Concatenate[PKI, P], R]:
        @wraps(method)
        def call(pki: PKI, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return find(pki)(*args, **kwargs)

        return call

    return wrap


class PKI(Trusted):
    """A root, its issuing CA, and their services, live on loopback until the end of the block.

    *depth* is the number of CAs below the root: the last one issues (``pki.ca``); with 0 the root
    does. *key_type* is a name from `KeyType`, for all keys. With *delegated*, OCSP answers are signed
    by a delegate; *responder_id* is ``"key"`` or ``"name"``. *root* adopts a CA instead of making one: a
    `trustme.CA`, or ``(certificate, key)``, each an object of cryptography's, PEM, DER or a path. *host* is
    a loopback address, or ``"localhost"`` for both. *publishes* is how the issuing CA publishes CRLs, a
    value or a name of `mockpki.publishing`; what is left out is new at every request. A
    schedule is best lived through in the past: *ago*, a timedelta, is how long before the present the PKI's
    clock begins, so that each ``shift`` comes nearer to the clients' own time. *ca_not_before* and
    *ca_not_after* are the period of the issuing CA's certificate. *logged* gives certificates SCTs of
    ``pki.ct_log``, *scts* of them, for ``pki.crlite`` to speak of. *evidence* is how many of the
    newest requests and handshakes each service and TLS server keeps, None for all.

    *services* is a `SharedPort`, for all services on one port. *advertise* is the host, or with *services*
    the base URL, that certificates have instead of our own; staplers of this PKI find the way all the same.
    *ports*, such as ``range(8500, 8532)``, are those that services and TLS servers may have. *may_reach*, a
    function of an address and a port, says where staplers and ``forward_to`` may go; left out, anywhere.

    Raises ValueError for what these cannot be, and RuntimeError inside a fault, which runs in a service.
    Leaving the block raises what failed in the background (several: an ExceptionGroup), and AssertionError
    for a script that was not used up.
    """

    @check_arguments
    def __init__(
        self,
        *,
        depth: Annotated[int, Within(0, 100), "the number of CAs below the root, from 0 to 100"] = 1,
        key_type: KeyName = KeyType.P256,
        delegated: bool = False,
        responder_id: str = "key",
        root: OwnAuthority | None = None,
        host: str = "127.0.0.1",
        publishes: Annotated[Publishing | str, OWN_CHECK] = IMMEDIATE,
        ago: Annotated[timedelta, Within(timedelta(), timedelta(days=10_000))] = timedelta(),
        logged: bool = False,
        scts: Annotated[int, Within(1, 100)] = 2,
        ca_not_before: datetime | None = None,
        ca_not_after: datetime | None = None,
        evidence: Annotated[int | None, Within(1)] = None,
        services: SharedPort | None = None,
        advertise: str | None = None,
        ports: Ports | None = None,
        may_reach: MayReach | None = None,
    ) -> None:
        addresses(host)
        network = Network.check(services, advertise, ports, may_reach)
        publishing = check_publishing(publishes)
        options = replace(CAOptions.check(key_type, delegated, responder_id), logged=logged, scts=scts)
        try:
            with Held():
                self._realm = Realm(Engine.acquire(), host, options, evidence, network, ago)
                if ago:
                    self._realm.clock.shift(-ago)
                above = publishing if depth == 0 else IMMEDIATE
                period = (ca_not_before, ca_not_after)
                self.ca = self.root = make_root(self._realm, above, root, *(() if depth else period))
                for number in range(depth):
                    issuing = (publishing, period) if number == depth - 1 else (IMMEDIATE,)
                    self.ca = make_child_ca(self.ca, options.key_type.generate(), (), *issuing)
                self._realm.engine.post(start_all, self._realm.listeners)
                if logged:
                    _ = self.crlite
        except BaseException:
            if "_realm" in self.__dict__:
                try:
                    self._shut()
                finally:
                    self._shut()
            raise

    def __repr__(self) -> str:
        state = ", closed" if self._realm.closed else ""
        names = [shorten(ca.common_name) for ca in self.cas]
        if len(names) > 4:
            names[2:-1] = [f"{len(names) - 3} more"]
        return f"<PKI {self._realm.tag}{state}: {' > '.join(names)}>"

    def __del__(self) -> None:
        realm = self.__dict__.get("_realm")
        if realm is None or realm.closed or realm.engine.forked:
            return
        said = f"unclosed {self!r}"
        if not sys.is_finalizing():
            # Ctrl-C leads here, too, just before a block. Who calls this may hold a lock, and cannot wait.
            realm.engine.post(threading.Thread(target=realm.close, name="mockpki end", daemon=True).start)
        warnings.warn(said, ResourceWarning, source=self, stacklevel=2)

    def __enter__(self) -> PKI:
        self._realm.require_open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is not None:
                self._realm.note_choosers(error)
            self._shut()
        except Exception as other:
            if error is None:
                raise
            self._realm.problems.add(other, "raised at the end of the block")
        finally:
            # Whoever interrupts the lines above does not come before this one.
            self._shut()
        if error is None:
            self.check()
        else:
            # The test has failed already: say the rest beside it, not instead of it.
            note(self._realm, error)

    def close(self) -> None:
        """Stop every service at once, and raise what there is to raise. Closing twice does nothing.

        A fault or a stapler, which run inside a service, cannot do it: RuntimeError. Ctrl-C meanwhile takes
        effect when all is closed.
        """
        if self._realm.engine.is_here:
            raise RuntimeError(f"{self!r} cannot be closed by one of its own services; close it in the test")
        try:
            self._shut()
        finally:
            self._shut()
        self.check()

    def _shut(self) -> None:
        with Held():
            if not self._realm.closed:
                self._realm.close()

    def check(self) -> None:
        """Raise what has failed in the background so far, and AssertionError for unused scripts.

        An error is raised as it is, as if the test had raised it: `pytest.skip` and `pytest.xfail` in a fault
        or a handler skip the test, or have it fail as expected. Several come in a group.

        The fixture calls it at the end of the test; leaving the block does, too.
        """
        __tracebackhide__ = True  # pytest shows where it began instead
        self._realm.check()

    def note_problems(self, error: BaseException) -> None:
        """Say beside *error*, which the test fails with, what else there is to say.

        That is what `check` would raise, and what ``respond_by`` was given, so that a seed that was drawn can
        be given again. The fixture calls it when the test fails; an error that leaves the block gets it, too.
        """
        self._realm.note_problems(error)

    def reset(self) -> None:
        """Begin again between two tests: every service honest, every record empty, the clock where it began.

        Certificates, and what became of them, stay. Raises what `check` would have raised.
        """
        self._realm.require_open()
        try:
            self.check()
        finally:
            self._realm.reset()

    # What it is.

    @property
    def cas(self) -> tuple[CA, ...]:
        """Every CA, the root first."""
        return tuple(self._realm.cas)

    @property
    def clock(self) -> Clock:
        """The time the whole PKI goes by."""
        return self._realm.clock

    @property
    def ocsp(self) -> Responder:
        """The OCSP responder of the issuing CA."""
        return self.ca.ocsp

    @property
    def crl(self) -> Publisher:
        """The CRL publisher of the issuing CA."""
        return self.ca.crl

    @property
    def crlite(self) -> CRLite:
        """The publisher of CRLite filters, of all CAs. It is reached from when it is first asked for."""
        return self._realm.crlite

    @property
    def ct_log(self) -> LiveLog:
        """The certificate transparency log: a `crlite.CtLog`, with a file for OpenSSL."""
        return self._realm.logging.log

    @property
    def dead_url(self) -> str:
        """An http URL on loopback where connections are refused, on a port that stays ours."""
        return f"http://{self._realm.url_host}:{self._realm.dead_port}/ocsp"

    @property
    def unresolvable_url(self) -> str:
        """An http URL whose host has no address anywhere (RFC 6761 section 6.4).

        The clients and staplers of this package know that; others ask the DNS for it, off this machine.
        """
        return f"http://ocsp-{self._realm.tag}.invalid/ocsp"

    # What it does.

    @_mirror(CA.issue_cert)
    def issue_cert(self) -> Callable[..., Leaf]:
        return self.ca.issue_cert

    @check_arguments
    def revoke(
        self,
        target: Targets,
        reason: str | x509.ReasonFlags = "unspecified",
        at: datetime | None = None,
        invalidity_date: datetime | None = None,
    ) -> None:
        """Revoke a leaf or a CA at whoever issued it; a serial number at the issuing CA; or many.

        See `CA.revoke` for the rest.
        """
        for issuer, targets in self._realm.group_by_issuer(list_targets(target), self.ca):
            issuer.revoke(targets, reason, at, invalidity_date)

    @check_arguments
    def release(self, target: Targets) -> None:
        """Take off hold. Raises LookupError for what is not on hold."""
        for issuer, targets in self._realm.group_by_issuer(list_targets(target), self.ca):
            issuer.release(targets)

    @check_arguments
    def forget(self, target: Targets) -> None:
        """Make ``unknown`` to the responder. Raises LookupError for what already is."""
        for issuer, targets in self._realm.group_by_issuer(list_targets(target), self.ca):
            issuer.forget(targets)

    @check_arguments
    def run_until(
        self, time: Annotated[datetime, "an aware datetime, such as pki.clock.now() + timedelta(days=1)"]
    ) -> None:
        """Let the PKI's time pass until *time*, and all that is due on the way happen when it is due.

        `Clock.shift` leaps: what a stapler would have done meanwhile it does afterwards, once and late. This
        hops from one `Stapler.due` to the next, and returns when the last fetch is over. The clock stands
        meanwhile, so nothing depends on how long that takes; a fetch that is never answered takes the
        policy's ``timeout``, in real time.

            pki.run_until(pki.clock.now() + timedelta(days=6))

        *time* is an aware datetime by the PKI's clock. Raises TypeError or ValueError for what is none, or
        is in the past.
        """
        self._realm.require_open()
        run_until(self._realm, time)

    @check_arguments
    def tls_server(
        self,
        *leaves: Leaf | Issue,
        staple: Staple = (),
        port: Annotated[int, Within(0, 65535), "a number up to 65535, or 0 for a free one"] = 0,
        alpn: Annotated[Sequence[str] | None, "a list of protocols, such as ['h2', 'http/1.1']"] = None,
        minimum_version: str = "TLSv1.2",
        maximum_version: str = "TLSv1.3",
        client_ca: Annotated[CA | Sequence[CA], "a CA or several"] = (),
        client_certificate_required: bool = False,
        refuse_clients: Refused = None,
        handler: Handler | None = None,
        forward_to: Annotated[tuple[str, int] | None, "a (host, port), such as ('127.0.0.1', 5432)"] = None,
        before_tls: Handler | None = None,
        resumption: bool = False,
        chain: Annotated[
            Sequence[Leaf | CA | x509.Certificate | bytes] | None, "a list of CAs, certificates and DER"
        ] = None,
    ) -> TlsServer:
        """A TLS server, for a ``with`` block, that presents *leaves* (chosen by SNI, else the first).

        Of several leaves with one name, each client is shown the first whose key it can use, by the versions,
        cipher suites, signature algorithms and groups that it offers.
        In the place of *leaves* may stand one function, which is called with each new SNI name (None for a
        client that gives none) and returns the leaf for it; it runs inside the server, so it should be quick.
        *staple*: left out, an honest one; None, none; a list of faults; DER bytes; a function of
        the leaf that returns DER bytes or None, called on a thread of its own; or a policy of
        `mockpki.staplers`, or a Stapler, which gets staples as a real server does. *client_ca*, a CA of any
        PKI or several, asks clients for a certificate by these CAs; *refuse_clients* has valid ones refused:
        ``"revoked"`` those that a CA of these PKIs has revoked or on hold, or a CA above them, with the alert
        certificate_revoked; ``"access_denied"``, or another alert of RFC 8446 section 6.2, all; a function of
        the certificate those for which it returns an alert's name. *chain* is what is sent behind a leaf,
        CAs, certificates and DER in that order; left out, the CAs above it but the root: ``[]`` is none.
        It answers HTTP/1.1, whatever is uploaded, unless *handler* is given, a plain function which is called
        on a thread for each connection with a socket that carries the decrypted bytes, or *forward_to*, a
        (host, port) that they are sent on to. Of *alpn* it chooses what its own HTTP speaks, and with these
        two whatever was given; left out, it is ``["http/1.1"]``. A client that offers nothing of it gets the
        alert no_application_protocol (RFC 7301 section 3.2), unless *alpn* is left out beside one of the two,
        where nobody has said what is spoken; with ``[]`` there is no ALPN. Versions are ``"TLSv1.2"`` and
        ``"TLSv1.3"``. *before_tls* is a function such as *handler* that speaks in the clear, as STARTTLS has
        it: the handshake begins when it returns, with what it has left unread. With *resumption* sessions can
        be resumed, in which no certificate and no staple are sent.

        Raises ValueError or TypeError for leaves and staples that it cannot present, alone or together: an
        ML-DSA key goes only with staples that are OCSP answers about the leaf. Entering the
        block raises OSError when *port* is taken, RuntimeError when a stapling policy does not let it start.
        """
        from ._tls.options import WantedClients, choose_leaves, list_chain
        from ._tls.server import TlsServer
        from ._tls.spoken import Spoken
        from ._tls.staple_source import staple_source

        self._realm.require_open()
        issue, given = choose_leaves(leaves, self._realm.cas, self)
        server = TlsServer(
            self._realm,
            given,
            staple_source(staple),
            issue=issue,
            port=port,
            alpn=alpn,
            minimum_version=minimum_version,
            maximum_version=maximum_version,
            clients=WantedClients.check(client_ca, client_certificate_required, refuse_clients),
            spoken=Spoken(handler, forward_to, before_tls),
            resumption=resumption,
            chain=list_chain(chain),
        )
        self._realm.servers.append(server)
        return server
