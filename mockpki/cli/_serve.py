"""``mockpki serve``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Control port; 0 for a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where everything listens.")
@click.option("--exit-with-stdin", is_flag=True, help="End when stdin ends, and so with the parent.")
@click.option("--ready-file", type=click.Path(path_type=Path, dir_okay=False), help="The ready line, too.")
@click.option("--max-pkis", default=200, show_default=True, type=click.IntRange(1), help="PKIs open.")
@click.option("--journal", default=10_000, show_default=True, type=click.IntRange(1), help="Requests kept.")
def serve(
    port: int, host: str, exit_with_stdin: bool, ready_file: Path | None, max_pkis: int, journal: int
) -> None:
    """Serve PKIs to programs in any language, by HTTP and JSON, and to a person with a browser.

    \b
    The first line on stdout says where it is:
      {"mockpki": "0.2.0", "api": "v1", "url": "http://127.0.0.1:41234/", ...}
    \b
    Make a PKI, and a certificate in it:
      curl --json '{}' http://127.0.0.1:41234/v1/pkis
      curl --json '{"identities": ["localhost"]}' http://127.0.0.1:41234/v1/pkis/ID/certificates
    """
    from importlib.metadata import version

    from .._engine.ports import url_host
    from .._serve import life
    from .._serve.application import Application
    from .._serve.guard import Guard
    from .._serve.limits import Limits
    from .._serve.server import ControlServer
    from .._serve.topology import Topology

    life.raise_descriptor_limit()
    own = life.Life()
    topology = Topology(Limits(pkis=max_pkis, journal=journal), host=host)
    topology.stop = lambda: own.end("asked by a call")
    try:
        server = ControlServer(Application(topology, Guard()), host, port)
    except OSError as error:
        click.echo(f"mockpki serve: port {port} of {host} cannot be had: {error.strerror}", err=True)
        sys.exit(life.CANNOT_LISTEN)
    ready: dict[str, Any] = {
        "mockpki": version("mockpki"),
        "api": "v1",
        "url": f"http://{url_host(host)}:{server.port}/",
        "token": None,
        "pid": os.getpid(),
        "services_port": None,
        "pkis": {},
    }
    with own.signals():
        server.start()
        with life.ready_file(ready_file, ready):
            life.write_ready_line(ready)
            if exit_with_stdin:
                own.end_with(sys.stdin.buffer)
            own.wait()
        with life.bounded_end():
            server.stop()
            for name, said in topology.close_all().items():
                for sentence in said:
                    click.echo(f"PKI {name}: {sentence}", err=True)
