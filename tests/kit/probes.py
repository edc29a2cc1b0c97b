"""Programs in the place of a client and of a server, and what is known of them: for reports."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from mockpki import PKI, relying_party, scenarios
from mockpki._probe import Client, Command, Run
from mockpki._programs.processes import Ended
from mockpki.relying_party import SOFT_FAIL, Policy
from mockpki.scenarios import TABLE, Outcome, Scenario, matching
from tests import servers

COMMAND = Command(("my-client", "--name", '<b>&"quoted"\'</b>', "{url}"))
NASTY = "\x1b[31m<script>alert('1')</script>\x1b[0m & \x00\ufffe ]]>\nthe \x9bend"
"""What a client may print."""
READABLE = "<script>alert('1')</script> & \ufffd\ufffe ]]>\nthe \ufffdend"


def met(scenario: Scenario, policy: Policy = SOFT_FAIL) -> Run:
    """One scenario, met by the reference client; but ocsp-silent made it hang."""
    with PKI() as pki, scenarios.staged(scenario, pki) as stage:
        *_, target = stage.visits()
        if scenario.name == "ocsp-silent":
            ended = Ended(None, "", 10.0)
        else:
            verdict = relying_party.check(
                target.host, target.port, server_name="localhost", ca=target.ca_file, policy=policy
            )
            ended = Ended(int(not verdict.accepted), NASTY, 0.25)
        return Run(scenario, ("my-client", target.url), ended, Client(COMMAND).outcome(ended), stage.seen)


PLAIN = Path(servers.__file__).with_name("plain.py")
"""A TLS server that knows nothing of staples."""

SOME = ["good", "refused", "idle"]


def write_template(folder: Path) -> Path:
    """The server, as a file to be filled in, though it has no placeholder."""
    path = folder / "server.py"
    path.write_text(PLAIN.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def command(template: Path) -> list[str]:
    """The command that starts it."""
    return [sys.executable, "{config}", "{port}", "{chain_file}", "{key_file}"]


def meet(scenario: Scenario, policy: Policy) -> Run:
    """One scenario, met by the reference client in this process."""
    with PKI() as pki, scenarios.staged(scenario, pki) as stage:
        for target in stage.visits():
            try:
                accepted = relying_party.check(
                    target.host, target.port, server_name=target.server_name, ca=target.ca_file,
                    policy=replace(policy, timeout=timedelta(seconds=3)), timeout=timedelta(seconds=30),
                    crlite=target.crlite_url,
                ).accepted  # fmt: skip
            except OSError:
                accepted = False
        return Run(scenario, (), Ended(int(not accepted), "", 0.0), Outcome(accepted), stage.seen)


WITHOUT_FILTERS = sum(scenario.crlite is None for scenario in TABLE)
"""In so many scenarios is a client put that knows nothing of CRLite."""


@cache
def run_reference(policy: Policy, *patterns: str) -> tuple[Run, ...]:
    """The runs of the reference client under *policy*; without patterns, in all that have no filters."""
    chosen = [one for one in matching(patterns or "*") if patterns or one.crlite is None]
    with ThreadPoolExecutor(16) as pool:
        runs = tuple(pool.map(lambda one: meet(one, policy), chosen))
    # They stay to the end, and with them tens of thousands of objects: without this, the collector of garbage
    # would go through them all again and again, and everything after would take three times as long.
    gc.freeze()
    return runs
