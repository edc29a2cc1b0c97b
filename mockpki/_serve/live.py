"""What happens at a PKI, told as it does: one line for each request and each handshake."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec

from .._clock import monotonic
from .._reports.safe import clean
from .._services.evidence import Request
from .._tls.handshake import Handshake
from .answered import say_answered, say_asked
from .hosted import FILTERS, Hosted
from .services import show_request
from .tls_servers import show_handshake

_LOOK = 0.5
"""Seconds after which it is looked for new services and servers, and for what is not over."""
_UNDER_WAY = 1.0
"""Seconds after which a handshake is told that is still under way."""
_WORDS = {"ocsp": "OCSP", "crl": "CRL", "ca_issuers": "caIssuers", FILTERS: "CRLite"}


class Live:
    """Tells *hosted* to *say*, a function of a line, from `start` on until `stop`; also CAs and servers that
    are made meanwhile. *as_json*: each line is an object. *look* is called meanwhile, too."""

    def __init__(
        self,
        hosted: Hosted,
        say: Callable[[str], object],
        *,
        as_json: bool,
        look: Callable[[], object] = lambda: None,
    ) -> None:
        self._hosted = hosted
        self._say = say
        self._as_json = as_json
        self._look = look
        self._wake = threading.Event()
        self._over = False
        # Of each service and server the number up to which it was told, and what ends the watch on it.
        self._told: dict[Any, int] = {}
        self._ends: list[Callable[[], None]] = []
        self._open: dict[tuple[int, int], float] = {}
        self._thread = threading.Thread(target=self._run, name="mockpki live", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Tell what there is, and end."""
        self._over = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        over = False
        while not over:
            over = self._over
            self._wake.clear()
            if self._hosted.closed.is_set():
                break
            self._tell(over)
            self._look()
            if not over:
                self._wake.wait(_LOOK)
        for end in self._ends:
            end()

    def _tell(self, over: bool) -> None:
        for _, name, service in self._hosted.list_services():
            for request in self._list_new(service):
                self._tell_request(name, request)
        for server in self._hosted.servers.values():
            self._watch(server)
            for shake in server.since(self._told[server]):
                if not (over or self._is_settled(id(server), shake)):
                    # Those behind it are told after it.
                    break
                self._told[server] = shake.number
                self._tell_handshake(shake)

    def _list_new(self, service: Any) -> list[Any]:
        self._watch(service)
        found: list[Any] = service.since(self._told[service])
        if found:
            self._told[service] = found[-1].number
        return found

    def _watch(self, watched: Any) -> None:
        if watched not in self._told:
            self._told[watched] = 0
            self._ends.append(watched.watch(self._wake.set))

    def _is_settled(self, server: int, shake: Handshake) -> bool:
        """Whether there is nothing more to come that one would want to see in its line."""
        key = (server, shake.number)
        if shake.closed or (shake.completed and shake.requests):
            self._open.pop(key, None)
            return True
        since = self._open.setdefault(key, monotonic())
        return monotonic() - since >= _UNDER_WAY

    def _tell_request(self, service: str, request: Request) -> None:
        if self._as_json:
            document = show_request(self._hosted, request)
            self._write({"event": "request", "pki": self._hosted.id, "service": service, "request": document})
        else:
            time, _, rest = str(request).partition(" ")
            whose = say_asked(self._hosted, request)
            said = say_answered(service, request)
            line = f"{time} {_WORDS[service]}{f' for {whose}' if whose else ''}: {rest}"
            self._say(clean(f"{line}: {said}" if said else line).replace("\n", " "))

    def _tell_handshake(self, shake: Handshake) -> None:
        if self._as_json:
            document = show_handshake(self._hosted, shake)
            self._write({"event": "handshake", "pki": self._hosted.id, "handshake": document})
        else:
            why = f" ({shake.staple_reason})" if shake.staple_requested and shake.staple_reason else ""
            self._say(clean(f"{shake.time:%H:%M:%S}Z {shake}{why}").replace("\n", " "))

    def _write(self, document: object) -> None:
        self._say(msgspec.json.encode(document).decode())
