"""Clients that know of a PKI what a call has answered, and nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from mockpki import relying_party
from mockpki.relying_party import Policy, Verdict

Target = Mapping[str, Any]


def visit(target: Target, policy: Policy | str, **options: Any) -> Verdict:
    """The reference client, sent to *target*: its host, port, server_name and ca_pem."""
    return relying_party.check(
        target["host"], target["port"], server_name=target["server_name"], ca=target["ca_pem"].encode(),
        policy=policy, **options,
    )  # fmt: skip


def keep(policy: str) -> Callable[[Target], bool]:
    """The same as a function that connects: whether it accepts."""
    return lambda target: visit(target, policy).accepted
