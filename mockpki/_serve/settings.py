"""How a server is to run: one value, made of options or of a file, and checked as a whole."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from .._engine.ports import Exposed, address_of, is_host, is_loopback

TOKEN = "MOCKPKI_TOKEN"  # noqa: S105 - the name of it
"""The environment variable that has the token: what stands in argv can be read by every user."""
# RFC 6750 section 2.1: b64token.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True)
class Settings:
    """A field for each long option of `mockpki serve`, which says what it is for.

    Raises ValueError for options that cannot be had, or not together.
    """

    port: int = 0
    host: str = "127.0.0.1"
    services_port: int | None = None
    tls_ports: range | None = None
    advertise_host: str | None = None
    allow_host: Collection[str] = ()
    allow_forward: Collection[tuple[str, int]] = ()
    allow_remote: bool = False
    token_file: Path | None = None
    no_token: bool = False
    exit_with_stdin: bool = False
    idle_timeout: timedelta | None = None
    ready_file: Path | None = None
    max_pkis: int = 200
    pki_ttl: timedelta | None = None
    journal: int = 10_000
    strict: bool = False
    open: bool = False
    no_console: bool = False
    format: str | None = None
    """``"text"`` or ``"json"``; None for what suits stdout."""

    def __post_init__(self) -> None:
        self._check_host()
        self._check_ports()
        for option, names in (
            ("--advertise-host", () if self.advertise_host is None else (self.advertise_host,)),
            ("--allow-host", self.allow_host),
        ):
            for name in names:
                if not is_host(name):
                    raise ValueError(f"{option}: {name!r} is no name of a host, such as 'mockpki'.")
        if self.token_file is not None and self.no_token:
            raise ValueError("--token-file names a token, and --no-token says that there is none.")
        if self.open and self.no_console:
            raise ValueError("--open opens the console in a browser, and --no-console leaves it out.")

    def _check_host(self) -> None:
        here = is_loopback(self.host)
        if here is None:
            raise ValueError(
                f"--host: {self.host!r} is neither an address nor 'localhost'; a name for the server goes "
                "with --advertise-host."
            )
        if not here and not self.allow_remote:
            raise ValueError(
                f"--host: {self.host} can be reached from other machines; add --allow-remote if they may."
            )
        if here and self.allow_remote:
            raise ValueError(
                f"--allow-remote: no other machine reaches {self.host}; add --host=0.0.0.0 for every address "
                "of this one, --host=:: for those of IPv6, too, or one of them."
            )

    def _check_ports(self) -> None:
        if self.services_port and self.services_port == self.port:
            raise ValueError(f"--services-port: {self.port} is the control port already; give another.")
        for option, port in (("--port", self.port), ("--services-port", self.services_port)):
            if self.tls_ports is not None and port and port in self.tls_ports:
                raise ValueError(f"--tls-ports: {port} is one of them, and that of {option}; give others.")

    @property
    def bind_host(self) -> str:
        """Where everything listens."""
        return Exposed(self.host) if self.allow_remote else self.host

    @property
    def is_everywhere(self) -> bool:
        """Whether it listens on every address, which is none to connect to."""
        return address_of(self.host) != self.host

    @property
    def hosts(self) -> list[str]:
        """The names that callers may have for this server."""
        return [*self.allow_host, *(() if self.advertise_host is None else (self.advertise_host,))]

    def choose_token(self, environ: Mapping[str, str]) -> str | None:
        """The token that callers have to show, None for none. Raises ValueError for one that cannot be.

        Where other machines may call, one is made up, unless there is to be none.
        """
        given = environ.get(TOKEN)
        if given and (self.no_token or self.token_file is not None):
            other = "--no-token" if self.no_token else "--token-file"
            raise ValueError(f"{other}: the environment variable {TOKEN} has a token; give one of the two.")
        if self.token_file is not None:
            try:
                return _check_token(self.token_file.read_text(encoding="utf-8").strip(), "--token-file")
            except (OSError, UnicodeError) as error:
                raise ValueError(f"--token-file: {self.token_file} cannot be read: {error}.") from error
        if given:
            return _check_token(given, TOKEN)
        return secrets.token_urlsafe(24) if self.allow_remote and not self.no_token else None


def _check_token(token: str, where: str) -> str:
    # The value is left out: it may be almost right.
    if not _TOKEN.fullmatch(token):
        raise ValueError(f"{where}: a token has letters, digits and ._~+/- and at least one of them.")
    return token
