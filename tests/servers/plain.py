"""A TLS server that knows nothing of staples: ``python plain.py PORT CHAIN_FILE KEY_FILE``."""

import contextlib
import socket
import ssl
import sys


def serve(port: int, chain_file: str, key_file: str) -> None:
    """Shake hands with whoever comes, one after the other."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain_file, key_file)
    with socket.create_server(("127.0.0.1", port)) as listening:
        while True:
            connection, _ = listening.accept()
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:4])
