"""Three clients in every scenario, each held to the policy that it is said to have."""

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from mockpki import relying_party, scenarios

HARD_FAIL = replace(relying_party.HARD_FAIL, timeout=timedelta(seconds=1))


@scenarios.parametrize(policy="no-check")
def test_requests(scenario: scenarios.Case) -> None:
    """By itself requests looks at nothing."""
    scenario.check(lambda url, ca_file: requests.get(url, verify=ca_file, timeout=10))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@scenarios.parametrize(policy="staple-required")
def test_curl(scenario: scenarios.Case) -> None:
    """With --cert-status curl wants a staple that says good."""
    command = ("curl", "--silent", "--cert-status", "--cacert")
    scenario.check(lambda url, ca_file: subprocess.run([*command, ca_file, url], check=True, timeout=20))


@scenarios.parametrize(policy=HARD_FAIL)
def test_reference(scenario: scenarios.Case) -> None:
    """The reference client believes nothing but good."""
    scenario.check(
        lambda host, port, ca_file, server_name: relying_party.check(
            host, port, ca=ca_file, server_name=server_name, policy=HARD_FAIL
        )
    )
