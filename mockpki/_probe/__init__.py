"""A real program in the place of a client or a server, and what it was seen to do.

- `command`: the command line that starts a client, with what its placeholders stand for.
- `clients`: a client in every scenario.
- `inference`, `report`: the policy that it behaves like, and what it did held against one.
- `servers`: a server in every scenario of stapling.
- `demo`: six situations in a few seconds.
"""

from .clients import Client, Probe, Run
from .command import Command
from .inference import infer
from .report import Report, report

__all__ = ["Client", "Command", "Probe", "Report", "Run", "infer", "report"]
