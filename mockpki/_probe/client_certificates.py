"""Runs a server that checks client certificates in every scenario, several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta

from .._clock import monotonic
from .._programs.placeholders import quote
from .._programs.processes import Ended
from ..relying_party import Policy
from ..scenarios import Scenario
from ..scenarios.servers import CLIENT_TABLE, ServerCommand, find_client_trouble, meet
from .clients import Run
from .report import ClientReport, make_report


@dataclass(frozen=True)
class _Words:
    """The command as it was typed."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return quote(self.words)


def probe_client_certificates(
    server: ServerCommand,
    scenarios: Sequence[Scenario] = CLIENT_TABLE,
    *,
    demanded: tuple[str, Policy] | None = None,
    jobs: int = 4,
    timeout: timedelta = timedelta(seconds=10),
    progress: Callable[[Run], object] = lambda run: None,
) -> ClientReport:
    """Hold *server* against the policy that is *demanded*, or find the one it is like: `_probe.report`.

    First come the controls: a server that refuses a good client, or takes one of a stranger's CA, is not
    judged, which is a ConnectionError. *timeout* is its time to answer; *progress* is called after each
    scenario. Raises `NotListening` where it does not start.
    """
    began = monotonic()
    if trouble := find_client_trouble(server, timeout):
        raise ConnectionError(f"The server is not judged: {trouble}")
    command = tuple(server.words)

    def run_one(scenario: Scenario) -> Run:
        met = meet(scenario, server, timeout)
        run = Run(
            scenario, command, Ended(met.status, met.printed, met.outcome.seconds), met.outcome, met.seen
        )
        progress(run)
        return run

    with ThreadPoolExecutor(max(1, min(jobs, len(scenarios))), "mockpki probe-server") as pool:
        futures = [pool.submit(run_one, scenario) for scenario in scenarios]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            server.end()
            raise
    runs = [future.result() for future in futures]
    return make_report(_Words(command), runs, monotonic() - began, demanded)
