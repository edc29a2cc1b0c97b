"""The TLS server: where it is, what it shows to whom, and what each handshake was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from types import TracebackType

from .._ca.leaf import Leaf
from .._ca.realm import Realm
from .._engine.connection import Connection, Receiver
from .._engine.fetch import Address
from .._engine.http import HttpSession
from .._engine.interrupts import Held
from .._engine.listener import ListeningPort
from .._engine.loop import Engine
from .._parameters import check_arguments
from .._services.control import Restore
from ..staplers._provision import Provision
from ..staplers._stapler import Stapler
from .before_tls import BeforeTls
from .client_hello import Offer
from .connection import TlsConnection
from .forwarding import Upstreams
from .handshake import Handshake, HandshakeLog
from .leaves import GivenLeaves, IssuedLeaves, Leaves
from .openssl import OpenSSLServer
from .options import (
    DEFAULT_PROTOCOLS,
    Issue,
    WantedClients,
    check_issue,
    check_port,
    check_protocols,
    check_versions,
    choose_hosts,
    choose_spoken,
    resolve,
)
from .resumption import Resumption
from .session import Presentation, Session, needs_tlslite
from .signing import can_use
from .spoken import Spoken
from .staple_source import Ready, Source, Staple, bend_staple_messages, faults_of, staple_source
from .staples import Staples, find_staple
from .transports import check_transport


class TlsServer:
    """A TLS server on loopback. Made by `PKI.tls_server`; a context manager, for one block."""

    def __init__(
        self,
        realm: Realm,
        leaves: Sequence[Leaf],
        staple: Source,
        *,
        issue: Issue | None,
        port: int,
        alpn: Sequence[str] | None,
        minimum_version: str,
        maximum_version: str,
        clients: WantedClients,
        spoken: Spoken,
        resumption: bool,
        chain: tuple[bytes, ...] | None = None,
    ) -> None:
        self._realm = realm
        self.leaves = leaves
        """Those it was given. Empty for one that has a function issue them."""
        self._chain = chain
        self._staples = Staples(self, realm, staple)
        self._wanted_port = realm.network.choose_tls_port(check_port(port))
        protocols = check_protocols(DEFAULT_PROTOCOLS if alpn is None else alpn)
        self._alpn = choose_spoken(protocols) if spoken.is_http else protocols
        # Nobody has said what is spoken behind it.
        self._alpn_optional = alpn is None and not spoken.is_http
        self._versions = check_versions(minimum_version, maximum_version)
        self._clients = clients
        self._spoken = spoken
        self._forward_to: Sequence[Address] | None = None
        if spoken.forward_to is not None:
            what = f"forward_to={spoken.forward_to!r}"
            self._forward_to = realm.network.choose_allowed(resolve(spoken.forward_to), what)
        self._resumption = Resumption() if resumption else None
        self._openssl = OpenSSLServer()
        for leaf in leaves:
            self._check(leaf, staple)
        self._leaves: Leaves
        if issue is None:
            self._leaves = GivenLeaves(leaves)
        else:
            check_issue(issue)
            self._leaves = IssuedLeaves(issue, self._check_issued, self._staples.announce)
        # A function has a leaf for every name.
        names = leaves[0].names if leaves else ("localhost",)
        self._url_host, self._bind_host = choose_hosts(realm.host, realm.reached_at, names)
        self._listener: ListeningPort | None = None
        self.closed = False
        """Whether `close` was called, or the PKI's."""
        self._handshakes = HandshakeLog(realm.evidence)
        self._upstreams = Upstreams(realm.engine, realm.problems)

    def __repr__(self) -> str:
        where = f"port {self._listener.port}" if self._listener else "not started"
        return f"<TlsServer {where}, {self._handshakes.count} connections>"

    def __enter__(self) -> TlsServer:
        self._realm.require_open()
        if self._listener is not None:
            raise ValueError("this TLS server has been started before; make another with pki.tls_server()")
        try:
            self._staples.start()
            with Held():
                self._listener = self._listen()
        except BaseException:
            self._engine.end(self._staples.let_go)
            raise
        self._engine.call(self._listener.start)
        return self

    def _listen(self) -> ListeningPort:
        return ListeningPort(
            self._engine,
            self._bind_host,
            self._wanted_port,
            lambda connection: TlsConnection(self, connection),
            self._realm.problems,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and drop every connection at once. `connections` stays readable.

        Handlers have two seconds to notice; one that is still running then fails the test.
        """
        with Held():
            self.drop()
            self.join()

    def drop(self) -> None:
        """Stop, and drop every connection, without waiting for handlers."""
        if self.closed:
            return
        if self._listener is None:
            # It may be starting, in another thread.
            self._engine.end(self._staples.let_go)
            return
        self._engine.end(self._close_on_loop, self._listener)
        self.closed = True
        self._upstreams.begin_to_end()

    def join(self) -> None:
        """Wait for the handlers, if it was dropped."""
        self._upstreams.join()

    def _close_on_loop(self, listener: ListeningPort) -> None:
        self.closed = True
        # What has come until now is read first, and may ask for a staple.
        listener.close()
        self._staples.let_go()
        self._upstreams.abort()

    def stop_listening(self) -> None:
        """On the loop: refuse connections, and drop those there are, as a process that ends."""
        if self._listener is not None:
            self._listener.stop()

    def listen_again(self) -> None:
        """On the loop: take connections, as a process that has started."""
        if self._listener is not None and not self.closed:
            self._listener.start()

    # Where it is.

    @property
    def host(self) -> str:
        """The address to connect to."""
        return self._realm.reached_at

    @property
    def port(self) -> int:
        """The port to connect to. Raises ValueError before the block is entered."""
        if self._listener is None:
            raise ValueError(
                "this TLS server is not running yet; use it as `with pki.tls_server(leaf) as server:`"
            )
        return self._listener.port

    @property
    def url(self) -> str:
        """An https URL of this server: by name if the first leaf is for ``localhost``, else by address.

        For a leaf with another name, connect to `host` and `port` and give the name as SNI.
        """
        return f"https://{self._url_host}:{self.port}/"

    @property
    def connections(self) -> list[Handshake]:
        """Every connection so far, oldest first; what has just arrived is read first.

        Of those that are not kept any more, `dropped` has the count.
        """
        return self.since(0)

    @check_arguments
    def since(self, number: int) -> list[Handshake]:
        """The connections with a higher `Handshake.number`, oldest first; the others are not even read.

        0 gives all. A negative number counts from the end: ``since(-1)`` is the last one.
        """
        self._settle()
        return self._handshakes.since(number)

    @check_arguments
    def find(self, number: int) -> Handshake | None:
        """The connection of that `Handshake.number`; None for one that is not kept, or not yet there."""
        self._settle()
        return self._handshakes.find(number)

    def _settle(self) -> None:
        if self._listener is not None and not self.closed:
            self._engine.settle()

    @property
    def last_number(self) -> int:
        """The number of the newest connection, 0 before the first: `since` reads on from there."""
        return self._handshakes.last_number

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have *wake* called, on the loop, as connections come, are established, end. The result ends it."""
        return self._handshakes.watch(wake)

    def reset(self) -> None:
        """Forget the connections so far."""
        self._settle()
        self._handshakes.clear()

    @property
    def dropped(self) -> int:
        """How many connections are not kept any more, by ``PKI(evidence=...)``."""
        return self._handshakes.dropped

    @property
    def stapler(self) -> Stapler:
        """What gets its staples, or was put aside last by `staple_with`.

        Raises ValueError for a server that has none, but a staple of its own.
        """
        stapler = self._staples.stapler
        if stapler is None:
            raise ValueError(
                "this TLS server has no stapler; give it one, as in tls_server(leaf, staple=staplers.NGINX)"
            )
        return stapler

    def staple_with(self, staple: Staple = ()) -> Restore[TlsServer]:
        """Staple this from now on, in handshakes that begin; left out, an honest staple.

            with server.staple_with([faults.Stale()]):
                ...

        *staple* is what ``pki.tls_server(staple=)`` takes. As a context manager, until its end; then that
        which was there before is back, from any thread. A policy starts as it does with the server: this
        returns when that has what it waits for. A stapler that is put aside goes on by itself meanwhile.

        Raises ValueError or TypeError for a staple that this server cannot present, RuntimeError when a
        policy does not let it start; then all is as before.
        """
        self._realm.require_open()
        if self.closed:
            raise ValueError("this TLS server is closed; its staple can only be set while it is open")
        source = staple_source(staple)
        for leaf in self.leaves:
            self._check(leaf, source)
        return Restore(self, self._staples.replace(source))

    # What the connections ask of it.

    def now(self) -> datetime:
        """The time by the PKI's clock."""
        return self._realm.clock.now()

    @property
    def _engine(self) -> Engine:
        return self._realm.engine

    def opened(self, handshake: Handshake) -> int:
        """On the loop: keep *handshake*, a connection's evidence; its number."""
        return self._handshakes.open(handshake) - 1

    def progressed(self, handshake: Handshake) -> None:
        """On the loop: the handshake is completed, or the connection over, and its evidence whole."""
        self._handshakes.note(handshake)

    def report(self, error: BaseException, where: str) -> None:
        """Have the test told of *error*, which was raised *where* a note says."""
        self._realm.problems.add(error, where)

    def choose(self, server_name: str | None, offer: Offer | None = None) -> Leaf:
        """The leaf for an SNI name: the one that has it, then a wildcard, then the first.

        Of several with that name, the first whose key is among what the client has to *offer*.
        A server whose leaves a function issues asks that one, once for each name.
        """
        if offer is None:
            return self._leaves.choose(server_name)
        highest = self._versions[1]
        return self._leaves.choose(server_name, lambda leaf: can_use(offer, leaf.key, highest))

    @property
    def source(self) -> Source:
        """Where the staples of handshakes that begin now come from."""
        return self._staples.source

    def find_staple(
        self, source: Source, leaf: Leaf, number: int, found: Callable[[Future[Provision]], object]
    ) -> None:
        """Call *found* on the loop with the staple for *leaf*: at once, or when it is there."""
        find_staple(source, leaf, number, found, self._engine)

    def session(self, leaf: Leaf, staple: bytes | None, source: Source) -> Session:
        """A TLS session that shows *leaf* and carries *staple* octet for octet, as *source* writes it."""
        shown, faults = self._presentation(leaf, staple), faults_of(source)
        if faults or shown.refuse or needs_tlslite(shown.staples, shown.chain[0]):
            from .tlslite import TlsliteSession

            return TlsliteSession(shown, partial(bend_staple_messages, leaf, faults))
        return self._openssl.session(shown)

    def _check(self, leaf: Leaf, source: Source) -> None:
        """Raise ValueError for a leaf that cannot be presented, with its staple as far as that is known."""
        check_transport(
            self._presentation(leaf, None),
            bent=bool(faults_of(source) or self._clients.refuse),
            make_staple=partial(source.make, leaf) if isinstance(source, Ready) else None,
            make_context=self._openssl.find_context,
        )

    def _check_issued(self, leaf: Leaf) -> None:
        """The same for one that a function issued."""
        leaf.issuer.require_open()
        if leaf.issuer not in self._realm.cas:
            raise ValueError(f"{leaf!r} belongs to another PKI, and clients of this one would not trust it")
        self._check(leaf, self.source)

    def chain_of(self, leaf: Leaf) -> tuple[bytes, ...]:
        """The certificates that it shows with *leaf*, that one first, as DER."""
        return leaf.chain_ders if self._chain is None else (leaf.der, *self._chain)

    def _presentation(self, leaf: Leaf, staple: bytes | None) -> Presentation:
        try:
            key = leaf.key
        except LookupError as error:
            raise ValueError(f"{error}; no TLS server can present it without") from error
        minimum, maximum = self._versions
        return Presentation(
            self.chain_of(leaf),
            key,
            () if staple is None else (staple,),
            self._alpn,
            self._clients.cas,
            self._clients.required,
            minimum,
            maximum,
            self._alpn_optional,
            self._clients.refuse,
            self._resumption,
        )

    # What is spoken on it.

    def speak_first(self, connection: Connection, then: Callable[[str | None], object]) -> BeforeTls | None:
        """On the loop: let the test's function have *connection*, if there is one, and call *then*."""
        function = self._spoken.before_tls
        if function is None:
            return None
        clear = BeforeTls(connection, function, self._engine, self._realm.problems, then)
        clear.start(self._upstreams)
        return clear

    def inner(self, outer: TlsConnection) -> Receiver:
        """What takes the decrypted bytes of a new connection."""
        if self._forward_to is not None:
            return self._upstreams.forward(outer, self._forward_to)
        if self._spoken.handler is not None:
            return self._upstreams.handle(outer, self._spoken.handler)
        return HttpSession(outer, outer.answer, self._realm.problems, self.now, largest=None)
