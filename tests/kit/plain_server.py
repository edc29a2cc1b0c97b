"""A TCP server that does with its connections what a test says."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def plain_server(serve: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """A server without TLS that hands each connection to *serve*, one after the other."""

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listening.accept()
                with sock:
                    serve(sock)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)
    assert not thread.is_alive()


def answering(octets: bytes, asked: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """What reads one request, into *asked*, sends these *octets* whatever it was, and closes."""

    def serve(sock: socket.socket) -> None:
        received = bytearray()
        while not _is_complete(received) and (part := sock.recv(1 << 16)):
            received += part
        if asked is not None:
            asked.append(bytes(received))
        sock.sendall(octets)

    return serve


def _is_complete(request: bytearray) -> bool:
    head, end, body = bytes(request).partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(end) and len(body) >= int(length or 0)
