"""How each server is started, as a world for the stapling scenarios.

The configurations are beside this file. Every server stays in the foreground, with all that it writes in
the folder that it is given; as root or not.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from mockpki.scenarios.servers import ServerCommand
from tests.kit import node_packages
from tests.kit.programs import need, run

_HERE = Path(__file__).parent
_AT_ONCE = timedelta(milliseconds=100)
"""Grace for a server that asks nobody before a client comes."""


def nginx() -> ServerCommand:
    """nginx with ``ssl_stapling on``."""
    # -e: until it has read the configuration it would log to a place that is root's.
    command = (need("nginx"), "-e", "stderr", "-c", "{config}")
    return ServerCommand(command, _HERE / "nginx.conf", "nginx", grace=_AT_ONCE)


def _apache(
    name: str, grace: timedelta = _AT_ONCE, patience: timedelta = timedelta(seconds=3)
) -> ServerCommand:
    command: tuple[str, ...] = (need("apache2"), "-DFOREGROUND", f"-D{name}", "-f", "{config}")
    if os.getuid() == 0:
        # Its children are nobody's, and what mod_md stores is below.
        opened = 'chmod 711 "$0" "$0/.." && exec "$@"'
        command = ("sh", "-c", opened, "{directory}", *command)
    return ServerCommand(command, _HERE / "apache.conf", name, grace=grace, patience=patience)


def apache() -> ServerCommand:
    """Apache's mod_ssl with ``SSLUseStapling on``."""
    # It gives the responder ten seconds, and remembers for long that they were in vain.
    return _apache("apache", patience=timedelta(seconds=13))


def apache_quiet() -> ServerCommand:
    """The same with ``SSLStaplingReturnResponderErrors off`` and ``SSLStaplingFakeTryLater off``."""
    return _apache("apache-quiet")


def mod_md() -> ServerCommand:
    """Apache's mod_md with ``MDStapling on``, for a certificate that is not its own."""
    return _apache("mod-md", grace=timedelta(seconds=2))


def nginx_clients(folder: Path, *, crl: bool = False) -> ServerCommand:
    """nginx that checks client certificates, by ``ssl_ocsp``, or by ``ssl_crl`` and with TLS 1.3."""
    how = "ssl_crl {crl_file}; ssl_protocols TLSv1.3;" if crl else "ssl_ocsp on;"
    return _change(nginx(), folder / "nginx-clients.conf", "ssl_ocsp on;", how)


def apache_clients(folder: Path, *, crl: bool = False) -> ServerCommand:
    """Apache that checks client certificates, by ``SSLOCSPEnable`` or ``SSLCARevocationCheck``."""
    how = "SSLCARevocationFile {crl_file}\nSSLCARevocationCheck chain" if crl else "SSLOCSPEnable on"
    return _change(_apache("apache"), folder / "apache-clients.conf", "SSLOCSPEnable on", how)


def stunnel_clients(folder: Path, *, crl: bool = False) -> ServerCommand:
    """stunnel that checks client certificates, by ``OCSPaia`` or ``CRLfile``."""
    server = ServerCommand((need("stunnel4"), "{config}"), _HERE / "stunnel.conf", "stunnel")
    how = "CRLfile = {crl_file}" if crl else "OCSPaia = yes"
    return _change(server, folder / "stunnel.conf", "OCSPaia = yes", how)


def go_clients(folder: Path) -> ServerCommand:
    """A server in Go that checks client certificates by the CRLs that it is given."""
    program = folder / "client_certificates"
    # Nothing is fetched: it needs no more than Go brings along.
    offline = {"GOPROXY": "off", "GOTOOLCHAIN": "local"}
    done = run(
        need("go"), "build", "-o", program, _HERE / "client_certificates.go", timeout=300, env=offline
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = ("{chain_file}", "{key_file}", "{ca_file}", "{crl_file}")
    return ServerCommand((str(program), "{host}", "{port}", *files), name="go")


def java_clients(*options: str) -> ServerCommand:
    """Java that checks client certificates by a PKIXRevocationChecker with these *options*."""
    return ServerCommand((*_java(), "{ca_file}", *options), name="java")


def _change(server: ServerCommand, template: Path, old: str, new: str) -> ServerCommand:
    """*server* with the configuration of that name that stands here, but for one thing."""
    text = (_HERE / template.name).read_text()
    assert text.count(old) == 1
    template.write_text(text.replace(old, new))
    return replace(server, template=template)


def hitch() -> ServerCommand:
    """hitch with ``ocsp-dir``."""
    user = ("--user=root",) if os.getuid() == 0 else ()
    command = (need("hitch"), *user, "--config={config}")
    return ServerCommand(command, _HERE / "hitch.conf", "hitch")


def caddy() -> ServerCommand:
    """Caddy with a certificate from files."""
    command = (
        "env",
        "HOME={directory}",
        need("caddy"),
        "run",
        "--adapter",
        "caddyfile",
        "--config",
        "{config}",
    )
    # Its port opens when the answer is there; one that is late takes two seconds.
    start = timedelta(seconds=5)
    return ServerCommand(command, _HERE / "Caddyfile", "caddy", grace=_AT_ONCE, start_timeout=start)


def node_ocsp() -> ServerCommand:
    """Node.js with the Cache of the npm package ``ocsp``."""
    return ServerCommand(
        (need("node"), "{config}"),
        _HERE / "node_ocsp.js",
        "node-ocsp",
        grace=_AT_ONCE,
        patience=timedelta(seconds=3),
        environment=node_packages.environment(),
    )


def jsse() -> ServerCommand:
    """Java with ``jdk.tls.server.enableStatusRequestExtension=true``."""
    command = _java("-Djdk.tls.server.enableStatusRequestExtension=true")
    return ServerCommand(command, name="jsse", grace=_AT_ONCE, patience=timedelta(seconds=7))


def _java(*properties: str) -> tuple[str, ...]:
    # Quick to start; all else is the same.
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
    program = ("-cp", str(_classes()), "JsseServer", "{host}", "{port}", "{p12_file}")
    return (need("java"), *quick, *properties, *program)


@cache
def _classes() -> Path:
    """The folder with the class of ``JsseServer.java``: compiled once a process, and removed at its end."""
    folder = tempfile.mkdtemp(prefix="mockpki-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = run(need("javac"), "-d", folder, _HERE / "JsseServer.java", timeout=60)
    assert done.returncode == 0, done.stderr
    return Path(folder)


SERVERS: dict[str, Callable[[], ServerCommand]] = {
    "nginx": nginx,
    "apache": apache,
    "apache-quiet": apache_quiet,
    "mod-md": mod_md,
    "hitch": hitch,
    "caddy": caddy,
    "node-ocsp": node_ocsp,
    "jsse": jsse,
}
"""By the name of the preset that describes the same design."""
