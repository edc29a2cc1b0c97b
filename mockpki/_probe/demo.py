"""What `mockpki demo` does: every client meets every situation, in handshakes that really happen.

A situation is a world: what the responder says about a certificate, and what the server staples. Each
cell has a certificate, a responder's answer and a TLS server of its own, so that nothing that a client
remembers from one cell can decide another.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from .. import faults, relying_party
from .._ca.leaf import Leaf
from .._pki import PKI
from .._programs.processes import Processes
from .._tls.handshake import Handshake
from .._tls.server import TlsServer
from ..relying_party import Policy, Verdict

_PATIENCE = timedelta(seconds=20)
"""For what should come at once, on a machine that has other things to do."""
_SHORT = timedelta(seconds=1)
"""For an answer that never comes."""


def _leave(pki: PKI, leaf: Leaf) -> None:
    pass


@dataclass(frozen=True)
class Situation:
    """What became of a certificate: how to make it so, and what its server staples."""

    name: str
    sentence: str
    arrange: Callable[[PKI, Leaf], object] = _leave
    staple: tuple[faults.StapleFault, ...] | None = ()
    timeout: timedelta = _PATIENCE


SITUATIONS = (
    Situation("good", "The responder says good, and the server staples that."),
    Situation(
        "revoked",
        "The responder says revoked, and the server staples that.",
        lambda pki, leaf: pki.revoke(leaf, "key_compromise"),
    ),
    Situation(
        "unknown",
        "The responder has never heard of the certificate, and the server staples that.",
        lambda pki, leaf: pki.forget(leaf),
    ),
    Situation(
        "stale",
        "Responder and server have only an old answer, good until three days ago.",
        lambda pki, leaf: pki.ocsp.respond_with(faults.Stale(), to=leaf),
        (faults.Stale(),),
    ),
    Situation(
        "no answer",
        "The responder takes the question and says nothing, so the server has no staple either.",
        lambda pki, leaf: pki.ocsp.respond_with(faults.Hang(), to=leaf),
        None,
        _SHORT,
    ),
    Situation("staple missing", "The responder says good, but the server staples nothing.", staple=None),
)


@dataclass(frozen=True)
class Destination:
    """What a client of one cell is sent to."""

    host: str
    port: int
    ca_file: str
    situation: Situation
    leaf: Leaf


@dataclass(frozen=True)
class Reaction:
    """What a client made of it: *accepted* is None if it never came to a verdict.

    *reason* is short; *words* are what a program said of it, if it did.
    """

    accepted: bool | None
    reason: str
    words: str = ""


class Caller(Protocol):
    """Someone who connects."""

    @property
    def name(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def must_staple(self) -> bool:
        """Whether its certificates ask for a staple."""

    def connect(self, target: Destination) -> Reaction: ...


@dataclass(frozen=True)
class Reference:
    """The reference client under a policy."""

    name: str
    sentence: str
    policy: Policy
    must_staple: bool = False

    def connect(self, target: Destination) -> Reaction:
        verdict = relying_party.check(
            target.host,
            target.port,
            server_name="localhost",
            ca=target.ca_file,
            policy=replace(self.policy, timeout=target.situation.timeout),
            timeout=_PATIENCE,
        )
        return Reaction(verdict.accepted, _find_deciding_look(verdict))


def _find_deciding_look(verdict: Verdict) -> str:
    """Of what the client looked at, the last before it had made up its mind."""
    looked = verdict.fetched
    if verdict.accepted:
        # The issuing CA comes after the certificate that is the matter here.
        looked = tuple(look for look in looked if look.certificate == looked[0].certificate)
    if not looked:
        return "; ".join(verdict.reasons)
    source, outcome = looked[-1].source, looked[-1].outcome
    return outcome if outcome == "no staple" else f"{source} {outcome}"


@dataclass(frozen=True)
class Program:
    """A program of this machine; an exit status of 0 is its way to accept."""

    name: str
    sentence: str
    command: Callable[[Destination], list[str]]
    read: Callable[[str, int], str]
    must_staple: bool = False
    processes: Processes = field(default_factory=Processes)

    def connect(self, target: Destination) -> Reaction:
        ended = self.processes.run(self.command(target), _PATIENCE.total_seconds())
        if ended.status is None:
            return Reaction(None, f"no end in {_PATIENCE.seconds} s")
        reason = self.read(ended.printed, ended.status)
        return Reaction(ended.status == 0, reason, ended.telling_line if ended.status else "")


def _read_curl(printed: str, status: int) -> str:
    return f"exit {status}"


def _read_openssl(printed: str, status: int) -> str:
    for line in printed.splitlines():
        if "Cert Status:" in line:
            return f"printed {line.partition(':')[2].strip()}"
        if "no response sent" in line:
            return "printed none"
    return f"exit {status}"


def find_callers(processes: Processes) -> list[Caller]:
    """The reference client in three moods, and the programs that are installed here, run by *processes*."""
    found: list[Caller] = [
        Reference(
            "hard-fail",
            "Accepts only what is said to be good; an answer it cannot have is a no.",
            relying_party.HARD_FAIL,
        ),
        Reference(
            "soft-fail",
            "Rejects only what is said to be revoked; an answer it cannot have is a yes.",
            relying_party.SOFT_FAIL,
        ),
        Reference(
            "must-staple",
            "Soft-fail, but obeys certificates that demand a staple (RFC 7633), as these here do.",
            relying_party.MUST_STAPLE,
            must_staple=True,
        ),
    ]
    curl, openssl = shutil.which("curl"), shutil.which("openssl")
    if curl:
        found.append(
            Program(
                "curl --cert-status",
                "The curl of this machine, told to insist on a staple.",
                lambda target: [
                    curl, "-q", "-sS", "--cert-status", "--cacert", target.ca_file, "--noproxy", "*",
                    "-o", os.devnull, f"https://{target.host}:{target.port}/",
                ],
                _read_curl,
                processes=processes,
            )
        )  # fmt: skip
    if openssl:
        found.append(
            Program(
                "openssl s_client -status",
                "The openssl of this machine, told to ask for a staple and to end on a bad certificate.",
                lambda target: [
                    openssl, "s_client", "-connect", f"{target.host}:{target.port}",
                    "-servername", "localhost", "-CAfile", target.ca_file, "-status", "-verify_return_error",
                ],
                _read_openssl,
                processes=processes,
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class Cell:
    """One client in one situation: what it made of it, and what was seen of it."""

    reaction: Reaction
    handshakes: tuple[Handshake, ...]
    questions: int
    """OCSP requests about the cell's own certificate."""


@dataclass(frozen=True)
class DemoRow:
    """One client in all situations."""

    client: Caller
    cells: tuple[Cell, ...]

    @property
    def handshakes(self) -> list[Handshake]:
        """Every handshake of the row."""
        return [handshake for cell in self.cells for handshake in cell.handshakes]

    @property
    def alerts(self) -> Counter[str]:
        """How often the client sent which alert; close_notify, a good-bye, is none."""
        return Counter(
            shake.alert for shake in self.handshakes if shake.alert and shake.alert != "close_notify"
        )


@dataclass(frozen=True)
class DemoReport:
    """Everything that happened. *about_authorities* counts the OCSP requests about the issuing CA."""

    rows: tuple[DemoRow, ...]
    about_authorities: int

    @property
    def handshakes(self) -> int:
        """How many there were in all."""
        return sum(len(row.handshakes) for row in self.rows)

    @property
    def questions(self) -> int:
        """OCSP requests in all."""
        return self.about_authorities + sum(cell.questions for row in self.rows for cell in row.cells)


def run_demo(processes: Processes | None = None) -> DemoReport:
    """Send every client through every situation, all at once: it takes as long as the slowest one.

    Raises InterruptedError if *processes*, by which programs are run, were stopped.
    """
    people = find_callers(processes or Processes())
    with PKI() as pki, contextlib.ExitStack() as servers:
        staged = [
            (client, *_stage(pki, client, situation, servers))
            for client in people
            for situation in SITUATIONS
        ]
        with ThreadPoolExecutor(len(staged)) as pool:
            reactions = list(pool.map(lambda cell: cell[0].connect(cell[1]), staged))
        asked = Counter(serial for request in pki.ocsp.requests for serial in request.serials)
        cells = [
            _make_cell(reaction, server, asked[target.leaf.serial_number])
            for (_, target, server), reaction in zip(staged, reactions, strict=True)
        ]
        width = len(SITUATIONS)
        rows = (
            DemoRow(client, tuple(cells[place * width : (place + 1) * width]))
            for place, client in enumerate(people)
        )
        return DemoReport(tuple(rows), len(pki.root.ocsp.requests))


def _stage(
    pki: PKI, client: Caller, situation: Situation, servers: contextlib.ExitStack
) -> tuple[Destination, TlsServer]:
    # It names a responder and no CRL: all there is to know, a client has to learn by OCSP.
    leaf = pki.issue_cert("localhost", "127.0.0.1", must_staple=client.must_staple, crl_urls=[])
    situation.arrange(pki, leaf)
    server = servers.enter_context(pki.tls_server(leaf, staple=situation.staple))
    return Destination(server.host, server.port, pki.ca_file, situation, leaf), server


def _make_cell(reaction: Reaction, server: TlsServer, questions: int) -> Cell:
    handshakes = tuple(server.connections)
    if not handshakes:
        # Whatever it was that the program did not like, it was not this server.
        reaction = Reaction(None, f"no handshake ({reaction.reason})", reaction.words)
    return Cell(reaction, handshakes, questions)
