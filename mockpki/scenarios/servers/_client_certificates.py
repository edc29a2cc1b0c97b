"""A server that checks client certificates, in the scenarios of clients: it is a relying party, too.

The roles are turned, and nothing else: the leaf of a scenario is a client's, a client of ours presents it,
and what the policy demands of whoever checks it is the same. Staples fall away: no client is asked for
one.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TypeVar

from ..._ca.leaf import Leaf
from ..._clock import monotonic
from ..._pki import PKI
from ..._tls.handshake import Handshake
from ..clients._judging import Outcome
from ..clients._offer import Offer, Says
from ..clients._scenario import Scenario
from ..clients._seen import Seen
from ..clients._stage import Stage, staged
from ..clients._table import TABLE
from ._command import CommandSite, ServerCommand
from ._watch import Watch
from ._worlds import HOST, SERVER_NAME, NotListening, shorten_end

T = TypeVar("T")

_GOOD = Offer(Says.GOOD)
_ALERT = re.compile(r"ALERT_(\w+)")
_REQUEST = f"GET / HTTP/1.1\r\nHost: {SERVER_NAME}\r\nConnection: close\r\n\r\n".encode()
# Unauthorized, forbidden, and nginx's, which makes 400 of its own 495 and 496. A page that is not there is no
# refusal, and nor is a program behind the server that is down.
_REFUSING = (400, 401, 403, 495, 496)

CLIENT_CONTROL = Scenario("control", "Nothing is wrong: responder and CRL say good.", ocsp=_GOOD, crl=_GOOD)
"""Where a server has to accept a client, before it is judged."""


def turn(table: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """Those of *table* that a server can meet that checks client certificates, without their staples."""
    return tuple(
        replace(scenario, staple=None)
        for scenario in table
        if (scenario.about == "intermediate" or scenario.staple is None)
        and not scenario.must_staple
        and scenario.crlite is None
        and scenario.chain == "complete"
    )


CLIENT_TABLE = turn(TABLE)
"""Every scenario for servers that check client certificates, in the order of the table for clients."""


@dataclass(repr=False)
class Presented(Handshake):
    """One connection, as the client that presented its certificate saw it: *alert* is what the server sent.

    *status* is that of HTTP, None without one.
    """

    status: int | None = None

    def __str__(self) -> str:
        how = f"refused with the alert {self.alert}" if self.alert else self.error or "completed"
        answer = "" if self.status is None else f"; HTTP status {self.status}"
        return f"{self.version or 'TLS'} with a client certificate: {how}{answer}"


@dataclass(frozen=True)
class Met:
    """What a server did in one scenario, what was seen of it, and what it *printed*.

    *status* is with what it ended by itself, None if it did not.
    """

    outcome: Outcome
    seen: Seen
    printed: str
    status: int | None = None


def meet(scenario: Scenario, server: ServerCommand, timeout: timedelta = timedelta(seconds=10)) -> Met:
    """Start *server* in *scenario*, and present a client certificate to it, which has *timeout* to answer.

    A server that is given a file of CRLs is started anew before each visit. One that does not start with such
    a file accepts nobody. Raises `NotListening` for one that does not start at all.
    """
    with (
        server.pki() as pki,
        staged(scenario, pki, client=True) as stage,
        server.site(pki, pki.issue_cert(SERVER_NAME, HOST), Watch(pki)) as site,
    ):
        seen = _visit(stage, site, server.given, timeout)
        process = site.program.process
        return Met(*seen, site.read_output(), None if process is None else process.poll())


def _visit(stage: Stage, site: CommandSite, given: set[str], timeout: timedelta) -> tuple[Outcome, Seen]:
    outcome, presented, running = Outcome(None), Presented(""), False
    for target in stage.visits(given):
        site.client_files = {"client_ca_file": _write_cas(stage, site), "crl_file": target.crl_file}
        try:
            if not running:
                site.start()
            elif "crl_file" in given:
                site.restart()
            running = True
        except NotListening as error:
            if "crl_file" not in given or stage.scenario is CLIENT_CONTROL:
                raise
            running = False
            why = f"it does not start with this CRL: {str(error).splitlines()[-1]}"
            outcome, presented = Outcome(False, why), Presented("", error=why)
        else:
            outcome, presented = present(site, stage.leaf, target.ca_file, timeout)
            if not outcome.accepted and presented.alert is None and (end := site.find_end()):
                why = shorten_end(end)
                outcome, presented = Outcome(None, why, outcome.seconds), Presented("", error=why)
    refusals = (f"HTTP {presented.status}",) if presented.status and not outcome.accepted else ()
    return outcome, replace(
        stage.seen, handshakes=(presented,), party="server", refusals=refusals, whole_chain=True
    )


def _write_cas(stage: Stage, site: CommandSite) -> str:
    ca, texts = stage.leaf.issuer, []
    while True:
        texts.append(ca.cert_pem)
        if ca.issuer is None:
            break
        ca = ca.issuer
    path = site.program.folder / "client_cas.pem"
    path.write_bytes(b"".join(reversed(texts)))
    return str(path)


class Place(Protocol):
    """Where a server listens."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


def present(place: Place, client: Leaf, ca_file: str, timeout: timedelta) -> tuple[Outcome, Presented]:
    """Present the certificate of *client* to the server at *place*, and ask for ``/``.

    An alert, an HTTP status that refuses, and an end without an answer reject; any other answer accepts.
    With TLS 1.3 a client learns it only when it reads.
    """
    context = ssl.create_default_context(cafile=ca_file)
    client.configure_cert(context)
    began = monotonic()
    presented = Presented(f"{place.host}:{place.port}", server_name=SERVER_NAME)
    try:
        with socket.create_connection((place.host, place.port), timeout=timeout.total_seconds()) as raw:
            conversation = _Conversation(raw, context)
            conversation.take(conversation.tls.do_handshake)
            presented.version = conversation.tls.version()
            conversation.tls.write(_REQUEST)
            first = conversation.take(conversation.tls.read)
    except TimeoutError:
        presented.error = f"no answer within {timeout.total_seconds():g} s"
        return Outcome(None, presented.error, monotonic() - began), presented
    except OSError as error:
        alert = _ALERT.search(str(getattr(error, "reason", "")))
        presented.alert = alert[1].lower() if alert else None
        presented.error = f"{error}"
        words = f"alert {presented.alert}" if alert else f"it ended the connection: {error}"
        return Outcome(False, words, monotonic() - began), presented
    return _read(first, presented, monotonic() - began)


class _Conversation:
    """TLS apart from its socket: who refuses may close with our request unread, and its alert is there."""

    def __init__(self, raw: socket.socket, context: ssl.SSLContext) -> None:
        self._raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=SERVER_NAME)

    def take(self, step: Callable[[], T]) -> T:
        """What *step* comes to when all has arrived that it needs."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                with suppress(ConnectionError):
                    self._raw.sendall(self._outgoing.read())
            try:
                arrived = self._raw.recv(1 << 16)
            except ConnectionError:
                arrived = b""
            if arrived:
                self._incoming.write(arrived)
            else:
                self._incoming.write_eof()


def _read(first: bytes, presented: Presented, seconds: float) -> tuple[Outcome, Presented]:
    if not first:
        presented.error = "it closed the connection without an answer"
        return Outcome(False, presented.error, seconds), presented
    presented.completed = True
    line = first.split(b"\r\n", 1)[0].decode("latin-1")
    status = re.match(r"HTTP/1\.[01] (\d{3})\b", line)
    if status is None:
        return Outcome(True, "it answered", seconds), presented
    presented.status, presented.requests = int(status[1]), 1
    return Outcome(presented.status not in _REFUSING, line, seconds), presented


def find_client_trouble(server: ServerCommand, timeout: timedelta = timedelta(seconds=10)) -> str:
    """Why *server* cannot be judged; an empty text if it can.

    It has to accept a client of which responder and CRL say good, and to refuse one of a CA that nobody gave
    it. Raises `NotListening`.
    """
    with (
        server.pki() as pki,
        PKI(key_type=server.key_type) as other,
        staged(CLIENT_CONTROL, pki, client=True) as stage,
        server.site(pki, pki.issue_cert(SERVER_NAME, HOST), Watch(pki)) as site,
    ):
        outcome, seen = _visit(stage, site, server.given, timeout)
        printed = f"\nIt printed:\n{site.read_output()}" if site.read_output() else ""
        if outcome.accepted is not True:
            if end := site.find_end():
                return f"it does not stay: {end}\nSeen of it:\n{seen}"
            return (
                f"it does not accept a client of which responder and CRL say good: {outcome.words}. Have it "
                "trust {ca_file} for clients, and chains of two CAs below that, with {crl_file} for its CRLs "
                f"if it fetches none, and serve / to whom it accepts.\nSeen of it:\n{seen}{printed}"
            )
        stranger = other.issue_cert("stranger", client=True)
        if present(site, stranger, pki.ca_file, timeout)[0].accepted is not False:
            return (
                "it accepts the client certificate of a CA that nobody gave it: have it require client "
                f"certificates, and check them by {{ca_file}}{printed}"
            )
    return ""
