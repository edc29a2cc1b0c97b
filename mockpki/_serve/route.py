"""One row of the route table: a method, a path, and the function that answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request

from .hosted import SERVICES, Hosted

if TYPE_CHECKING:
    from .topology import Topology

JSON = "application/json"

PARAMETERS: Mapping[str, tuple[str, str]] = {
    "pki": ("string", "The id of a PKI, or its name."),
    "ca": ("string", "`root`, `ca` (the issuing one), or a serial number."),
    "service": (f"any({', '.join(SERVICES)})", "Which of a CA's services."),
    "certificate": ("string", "The id of a certificate, or its name."),
    "server": ("string", "The id of a TLS server, or its name."),
    "stage": ("string", "The id of a stage."),
    "number": ("int", "The number of a request or of a handshake."),
    "fault": ("string", "The name of a fault."),
    "file": ("path", "The name of a file of the console."),
}
"""What may stand in a path: how werkzeug's rules match it, and what it is."""


@dataclass(frozen=True)
class Content:
    """An answer that is no JSON: octets of a media type, and what a browser calls the file."""

    data: bytes
    media_type: str
    file_name: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Call:
    """One call, read: what is in its path, its body and its query."""

    topology: Topology
    request: Request
    route: Route
    path: Mapping[str, Any]
    body: Any
    query: Any
    table: tuple[Route, ...]
    """All that this server has."""

    @cached_property
    def hosted(self) -> Hosted:
        """The PKI that the path names. Raises Problem for none."""
        return self.topology.find(self.path["pki"])

    def check_open(self) -> None:
        """Raise Problem if the PKI, which was there when this call began, has been closed meanwhile."""
        found = self.__dict__.get("hosted")
        if found is not None:
            found.check_open()


Handle = Callable[[Call], object]


@dataclass(frozen=True, eq=False)
class Route:
    """*answers* is the type of the answer's JSON, None for none, or a media type; or a tuple of several, in
    which None is status 204. *status* is that of success.

    *body* is the type of what comes, None for nothing; one that is *optional* may be left out. *query* is
    the type of what stands behind the question mark.
    """

    method: str
    path: str
    handle: Handle
    status: int = 200
    body: Any = None
    query: Any = None
    answers: Any = None
    optional: bool = False
    refusals: tuple[str, ...] = ()
    """The types of problem that this route has beside those of all like it."""
    example: Any = None
    """A body that it takes."""

    @property
    def alternatives(self) -> tuple[Any, ...]:
        """What it may answer, one by one."""
        return self.answers if isinstance(self.answers, tuple) else (self.answers,)

    @property
    def status_of_nothing(self) -> int:
        """The status of an answer without a body."""
        return 204 if self.status == 200 else self.status

    @property
    def sentence(self) -> str:
        """What it is for: the first line of its docstring."""
        return (inspect.getdoc(self.handle) or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """What its docstring says beyond that."""
        return (inspect.getdoc(self.handle) or "").partition("\n")[2].strip()

    @property
    def tag(self) -> str:
        """The group it belongs to."""
        return self.handle.__module__.rpartition(".")[2]

    @property
    def rule(self) -> str:
        """The path as werkzeug's routing has it."""
        rule = self.path
        for name, (converter, _) in PARAMETERS.items():
            rule = rule.replace("{" + name + "}", f"<{converter}:{name}>")
        return rule


class Routes:
    """The rows of one module, in the order in which they stand there."""

    def __init__(self) -> None:
        self._rows: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._rows)

    def add(self, method: str, *paths: str, **options: Any) -> Callable[[Handle], Handle]:
        """Have the function below answer *method* at each of *paths*; *options* are those of `Route`."""

        def keep(handle: Handle) -> Handle:
            self._rows += [Route(method, path, handle, **options) for path in paths]
            return handle

        return keep
