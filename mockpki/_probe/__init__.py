"""A real program in the place of a client or a server, and what it was seen to do.

- `command`: the command line that starts a client, with what its placeholders stand for.
- `clients`: a client in every scenario.
- `meaning`, `common`: what a client can be called at all, and what its exceptions have in common.
- `inference`, `report`: the policy that it behaves like, and what it did held against one.
- `servers`: a server in every scenario of stapling.
- `client_certificates`: one that checks client certificates, in the scenarios of clients.
- `demo`: six situations in a few seconds.
- `filters`: no program, but CRLs and filters, built to be weighed.

Each gives back what happened, and knows nothing of how that is shown: see `_reports`.
"""

from __future__ import annotations

from .clients import Client, Probe, Run
from .command import Command
from .inference import infer_policy
from .report import ClientReport, make_report

__all__ = ["Client", "ClientReport", "Command", "Probe", "Run", "infer_policy", "make_report"]
