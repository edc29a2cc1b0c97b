"""Runs a client in every scenario, several at once, each in a PKI of its own."""

from __future__ import annotations

import re
import shlex
import signal
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from .._pki import PKI
from .._pkix.keys import KeyType
from .._programs.processes import Ended, Processes
from .._tls.spoken import OWN_HTTP, Spoken
from ..scenarios import (
    CONTROL,
    Outcome,
    Scenario,
    Seen,
    Stage,
    Target,
    find_other_alert,
    find_trouble,
    staged,
)
from ..scenarios.clients._stranger import (
    chooses_trust,
    find_misplaced_trust,
    lead_astray,
    staged_by_stranger,
)
from .command import Command

_NOT_THERE = (126, 127)
"""Exit statuses of a shell that could not start what it was told to."""
_LINES = 20


@dataclass(frozen=True)
class Run:
    """One run of a client in one scenario: what it did, what was seen of it, and how it ended."""

    scenario: Scenario
    command: tuple[str, ...]
    """As it was run."""
    ended: Ended
    outcome: Outcome
    seen: Seen

    @property
    def verdict(self) -> str:
        """``accept``, ``reject``, or in a word why there is none.

        ``hung``, ``crashed``, ``absent``; ``other``, if its alert says that it failed over something else.
        """
        if self.outcome.accepted is None:
            return "hung" if self.ended.status is None else "crashed"
        if not self.seen:
            return "absent"
        if find_other_alert(self.outcome, self.seen):
            return "other"
        return "accept" if self.outcome.accepted else "reject"

    @property
    def has_verdict(self) -> bool:
        """Whether the client came and came to one."""
        return self.verdict in ("accept", "reject")


@dataclass(frozen=True)
class Client:
    """The client to be probed: its command, how many seconds it may take, and how to read its verdict.

    An exit status of 0 accepts, and any other rejects. If *reject_when* is found in what it prints, it
    rejects, whatever its exit status; if *accept_when* is given, it accepts if that is found, and
    else rejects. Who is killed, or kills itself, came to no verdict.
    """

    command: Command
    timeout: float = 10.0
    accept_when: re.Pattern[str] | None = None
    reject_when: re.Pattern[str] | None = None

    def outcome(self, ended: Ended) -> Outcome:
        """What the client did, by how it ended."""
        if ended.status is None:
            words = f"it had not ended after {self.timeout:g} s, and was killed with all it had started"
            return Outcome(None, words, ended.seconds)
        if ended.status < 0:
            words = f"it was killed by {_name_signal(-ended.status)}"
            return Outcome(None, _add_last_line(words, ended), ended.seconds)
        accepted = self._accepted(ended)
        return Outcome(accepted, _add_last_line(f"exit status {ended.status}", ended), ended.seconds)

    def _accepted(self, ended: Ended) -> bool:
        if self.reject_when is not None and self.reject_when.search(ended.printed):
            return False
        if self.accept_when is not None:
            return self.accept_when.search(ended.printed) is not None
        return ended.status == 0


def _add_last_line(what: str, ended: Ended) -> str:
    line = ended.telling_line if ended.status else ended.last_line
    return f"{what}: {line}" if line else what


def _name_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@dataclass
class Probe:
    """A client, what its PKIs are like, and what is spoken there. Raises ValueError for a wrong key type."""

    client: Client
    key_type: str = "P-256"
    delegated: bool = False
    spoken: Spoken = OWN_HTTP
    _processes: Processes = field(default_factory=Processes, repr=False)

    def __post_init__(self) -> None:
        self.key_type = KeyType.of(self.key_type)

    def send_first(self) -> Run:
        """Send the client where nothing is wrong: it has to come, to end, and to accept.

        Then it is sent to a server that it does not trust, which it must not accept. Raises ChildProcessError
        if it cannot be started, TimeoutError if it does not end, and ConnectionError, with what was seen of
        it, if it never comes, or accepts only one of the two or what it must not: then nothing that it does
        is about revocation.
        """
        self.client.command.find()
        given = self.client.command.given
        with self._pki() as pki, staged(CONTROL, pki, **self.spoken.arguments) as home:
            run = self._run_at(home, home.visits(given))
            self._require_acceptance(run)
            if chooses_trust(run.seen, given):
                with staged_by_stranger(home, self.spoken) as stranger:
                    misled = self._run_at(stranger, lead_astray(home, stranger, given))
                if trouble := find_misplaced_trust(misled.outcome, misled.seen):
                    raise ConnectionError(
                        f"The client is not judged, for {trouble}.\n{_tell_run(misled)}\n"
                        f"Seen of it:\n{misled.seen}"
                    )
        return run

    def _require_acceptance(self, run: Run) -> None:
        if not run.seen:
            if run.ended.status in _NOT_THERE:
                raise ChildProcessError(f"The client cannot be started. {_tell_run(run)}")
            raise ConnectionError(
                "The client never came: neither the TLS server nor the responder or the CRL's server saw "
                f"anything of it. {_tell_run(run)}"
            )
        if run.verdict == "hung":
            raise TimeoutError(
                "The client does not end, not even where nothing is wrong. Make it end after one connection, "
                f"or give it more time with --timeout. {_tell_run(run)}"
            )
        if trouble := find_trouble(run.outcome, run.seen):
            raise ConnectionError(
                "The client is not judged, for it does not accept where nothing is wrong, and staple, "
                f"responder and CRL say good: {trouble}.\n{_tell_run(run)}\nSeen of it:\n{run.seen}"
            )

    def run_all(
        self, scenarios: Sequence[Scenario], jobs: int, done: Callable[[Run], object] = lambda run: None
    ) -> tuple[Run, ...]:
        """Run the client in *scenarios*, *jobs* at once, and call *done* after each. In the order given.

        Raises OSError if there is no more room for servers or processes. Whatever ends it, no client is
        left running.
        """
        with ThreadPoolExecutor(max(1, min(jobs, len(scenarios))), "mockpki probe") as pool:
            futures = [pool.submit(self.run_once, scenario) for scenario in scenarios]
            try:
                for future in as_completed(futures):
                    done(future.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._processes.stop()
                raise
        return tuple(future.result() for future in futures)

    def end(self) -> None:
        """Kill all clients that run, and what they left behind, from any thread; no more are started."""
        self._processes.stop()

    def _pki(self) -> PKI:
        return PKI(key_type=self.key_type, delegated=self.delegated)

    def run_once(self, scenario: Scenario) -> Run:
        """Run the client in one scenario. Raises ChildProcessError if it cannot be started."""
        with (
            self._pki() as pki,
            staged(scenario, pki, **self.spoken.arguments) as stage,
        ):
            return self._run_at(stage, stage.visits(self.client.command.given))

    def _run_at(self, stage: Stage, targets: Iterable[Target]) -> Run:
        """Run the client at each of *targets*, which lead to *stage*: the last run."""
        for target in targets:
            command = self.client.command.to(target)
            try:
                ended = self._processes.run(command, self.client.timeout)
            except InterruptedError:
                raise
            except OSError as error:
                raise ChildProcessError(
                    f"The client cannot be started: {command[0]}: {error.strerror}."
                ) from error
        seen = stage.seen
        # A handshake goes on being written while its connection lasts.
        now = replace(seen, handshakes=tuple(replace(shake) for shake in seen.handshakes))
        return Run(stage.scenario, command, ended, self.client.outcome(ended), now)


def _tell_run(run: Run) -> str:
    """What was run, how that ended, and what it printed."""
    lines = run.ended.readable.strip().splitlines()
    said = "\n".join(("and printed:", *lines[-_LINES:])) if lines else "and printed nothing."
    how = "was killed" if run.ended.status is None else f"ended with {run.ended.status}"
    return f"It was run as\n  {shlex.join(run.command)}\nIt {how} after {run.ended.seconds:.2f} s {said}"
