"""A client that says exactly what it is told to, and a count of what a process holds."""

import gc
import os
import socket
import threading
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """One HTTP answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """A bare TCP connection to the server of a URL, read answer by answer."""

    def __init__(self, url: str, host: str | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self.sock = socket.create_connection((host or parts.hostname, parts.port), timeout=30)
        self._file = self.sock.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self.sock.close()

    @property
    def name(self) -> str:
        """This end, as the evidence names it."""
        host, port = self.sock.getsockname()[:2]
        return f"{host}:{port}"

    def send(self, data: str | bytes) -> None:
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next answer."""
        status = self._file.readline()
        assert status.startswith(b"HTTP/1.1 "), status
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(": ")
            headers[name.lower()] = value
        return int(status.split()[1]), headers

    def answer(self) -> Reply:
        status, headers = self.head()
        return Reply(status, headers, self._file.read(int(headers["content-length"])))

    def line(self) -> bytes:
        """The next line, with its end."""
        return self._file.readline()

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        return self._file.read()

    def ended(self) -> bool:
        """Whether the server ends the connection without another word, by FIN or RST; waits for it."""
        try:
            return self.rest() == b""
        except ConnectionResetError:
            return True


def post(body: bytes, *headers: str, version: str = "1.1") -> bytes:
    """A POST to the OCSP responder's path, octet by octet."""
    lines = [f"POST /ocsp HTTP/{version}", "Host: test", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(*headers: str, path: str = "/", version: str = "1.1", method: str = "GET") -> bytes:
    """A request without a body, octet by octet."""
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: test", *headers]).encode() + b"\r\n\r\n"


def held() -> dict[str, object]:
    """What this process holds that a closed PKI must not leave: to compare before and after."""
    gc.collect()
    return {
        "threads": sorted(thread.name for thread in threading.enumerate() if "mockpki" in thread.name),
        "files": len(os.listdir("/dev/fd")),
    }
