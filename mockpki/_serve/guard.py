"""Who may speak to this server: asked before anything else, and of every route alike.

1. A name that a stranger can point here (DNS rebinding) is refused by the Host header: RFC 9110 section 7.4,
   "reject requests [...] misdirected".
2. A page of another origin can send requests, and cannot choose what their Origin and Sec-Fetch-Site say.
3. No method that is safe has an effect (RFC 9110 section 9.2.1), so that only writes need 2.
4. A body is JSON and says so, which no form can.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from werkzeug.http import parse_options_header
from werkzeug.wrappers import Request

from .problem import Problem
from .route import JSON

SAFE = ("GET", "HEAD")
OPEN = ("/health",)
"""Paths that need no token."""
COOKIE = "mockpki_token"
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries. None ever has a header that lets other origins read it."""


@dataclass(frozen=True)
class Guard:
    """*hosts* are names that this server has beside loopback's; *token* is what callers have to show.

    *remote*: callers come from other machines, so that any address is a host. A name needs to be told, for a
    name is what rebinding needs.
    """

    hosts: Collection[str] = ()
    token: str | None = None
    remote: bool = False

    def check(self, request: Request) -> None:
        """Raise Problem for a call that may not be."""
        self._check_host(request.headers.get("Host", ""))
        self._check_token(request)
        if request.method not in SAFE:
            _check_origin(request)
            _check_media_type(request)

    def _check_host(self, given: str) -> None:
        host = _read_host(given)
        if host is None or not self._is_ours(host):
            raise Problem(
                "wrong-host",
                f"this server is not {given[:200]!r}; speak to it by its address, or start it with "
                "--allow-host for this name",
            )

    def _is_ours(self, host: str) -> bool:
        if host == "localhost" or host in {known.lower() for known in self.hosts}:
            return True
        with suppress(ValueError):
            return ipaddress.ip_address(host).is_loopback or self.remote
        return False

    def _check_token(self, request: Request) -> None:
        if self.token is None or request.path in OPEN:
            return
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        given = shown.strip() if kind.lower() == "bearer" else request.cookies.get(COOKIE, "")
        if not self.fits(given):
            # RFC 9110 section 15.5.2: "MUST send a WWW-Authenticate header field".
            raise Problem(
                "no-token",
                "this server has a token; send it as `Authorization: Bearer TOKEN`",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def fits(self, token: str) -> bool:
        """Whether *token* is the one, in a time that does not tell how much of it is right."""
        return self.token is None or hmac.compare_digest(token.encode(), self.token.encode())


def _read_host(given: str) -> str | None:
    """The host in a Host header, in lower case and without brackets; None for what is none."""
    with suppress(ValueError):
        parts = urlsplit(f"//{given}")
        _ = parts.port
        if parts.netloc == given and parts.username is None and not parts.path:
            return parts.hostname
    return None


def _check_origin(request: Request) -> None:
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    own = f"{request.scheme}://{request.headers.get('Host', '')}"
    if (origin is not None and origin.lower() != own.lower()) or site not in (None, "same-origin", "none"):
        raise Problem(
            "foreign-page",
            f"a page of {(origin or 'another origin')[:200]!r} may change nothing here; only pages of this "
            "server's own, and programs, may",
        )


def _check_media_type(request: Request) -> None:
    # RFC 9110 section 8.3.1: "The type and subtype tokens are case-insensitive."
    kind = parse_options_header(request.headers.get("Content-Type"))[0].lower()
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if (has_body or kind) and kind != JSON:
        raise Problem("wrong-media-type", f"a body is JSON, with Content-Type: {JSON}; got {kind[:200]!r}")
