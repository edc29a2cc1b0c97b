"""`mockpki serve` as a process of its own, and calls to it as programs make them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from mockpki._serve.settings import TOKEN, Settings
from mockpki.cli import main
from mockpki.cli._serve import serve
from tests.kit.asking import Reply, send

PATIENCE = 30


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a server finds around it: *folder* for what is temporary, and nothing of who runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MOCKPKI_SERVE", TOKEN))}
    return {**own, "TMPDIR": str(folder), **more}


def read_settings(*options: str) -> Settings:
    """What these options mean to the command line."""
    # Below its parent, whose names it has for help: a command keeps them.
    with (
        main.make_context("mockpki", ["serve"]) as parent,
        serve.make_context("serve", list(options), parent) as context,
    ):
        given: dict[str, Any] = {field.name: context.params[field.name] for field in fields(Settings)}
    return Settings(**given)


class Server:
    """A server that has said that it is ready: *ready* is what it said."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self.process = process
        self.folder = folder
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, self.finish()
        self.ready: dict[str, Any] = json.loads(line) if line.startswith(b"{") else {}
        self.line = line.decode()

    @property
    def url(self) -> str:
        """Where it is called."""
        return str(self.ready["url"])

    @property
    def port(self) -> int:
        """Its control port."""
        return urlsplit(self.url).port or 80

    def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Reply:
        """One call, whatever comes of it."""
        data = None if body is None else json.dumps(body).encode()
        kind = {} if data is None else {"Content-Type": "application/json"}
        return send(self.url, method, data, target=path, headers={**kind, **headers})

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The JSON that a call is answered with, which succeeds."""
        reply = self.send(method, path, body, headers)
        assert reply.status < 300, (method, path, reply)
        return json.loads(reply.body) if reply.body else None

    def refuse(self, method: str, path: str, body: object = None, status: int = 422) -> str:
        """Why a call is refused with *status*."""
        reply = self.send(method, path, body)
        assert reply.status == status, (method, path, reply)
        return str(json.loads(reply.body)["detail"])

    def make_pki(self, **fields: object) -> Any:
        """A PKI, as it is answered."""
        return self.ask("POST", "/v1/pkis", fields)

    def finish(self) -> tuple[int, str, str]:
        """Its exit status when it is over, and what it had printed on stdout and stderr."""
        try:
            out, said = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, out.decode(), said.decode()

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """The same once it was asked to end; of its folder for what is temporary nothing is left."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        ended = self.finish()
        assert os.listdir(self.folder) == []
        return ended


@contextlib.contextmanager
def started(
    *options: str,
    env: Mapping[str, str] = MappingProxyType({}),
    before: Sequence[str] = (),
) -> Iterator[Server]:
    """`mockpki serve` with these options, by way of the command *before* it, until the end of the block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "mockpki", "serve", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(folder, **env),
        )
        try:
            server = Server(process, folder)
            yield server
            if process.returncode is None:
                assert server.end()[0] == 0
        finally:
            if process.returncode is None:
                process.kill()
                process.communicate()
