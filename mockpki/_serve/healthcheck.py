"""Whether another server is there: for a container's HEALTHCHECK, and for scripts that wait."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

import msgspec

from .shapes import Health

_PATIENCE = 5.0
_MOST = 1 << 16


def check_health(url: str) -> None:
    """Raise ValueError, with a sentence, unless a mockpki that is well answers at *url*."""
    # No proxy: it is about what is here.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    if not url.lower().startswith("http://"):
        raise ValueError(f"{url!r} is no http URL, such as http://127.0.0.1:8480/")
    try:
        with opener.open(f"{url.rstrip('/')}/health", timeout=_PATIENCE) as answer:
            health = msgspec.json.decode(answer.read(_MOST), type=Health)
    except urllib.error.HTTPError as error:
        error.close()
        raise ValueError(f"{url} answered HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, msgspec.MsgspecError, ValueError) as error:
        reason = getattr(error, "reason", error)
        words = getattr(reason, "strerror", None) or reason
        raise ValueError(f"{url} has no mockpki that answers: {words}") from error
    if health.status != "ok":
        raise ValueError(f"{url} says that its status is {health.status!r}")
