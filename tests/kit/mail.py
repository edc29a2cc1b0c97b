"""A mail server, as far as a client wants one that says NOOP: before TLS, and behind it."""

import socket


def starttls(sock: socket.socket) -> None:
    """RFC 3207 section 4. Lines are read octet by octet: what is behind the last of them is TLS's."""
    sock.sendall(b"220 mock\r\n")
    lines = sock.makefile("rb", buffering=0)
    lines.readline()
    sock.sendall(b"250-mock\r\n250 STARTTLS\r\n")
    lines.readline()
    sock.sendall(b"220 go\r\n")


def speak(sock: socket.socket) -> None:
    """Say yes to everything, and good-bye."""
    for line in sock.makefile("rb"):
        sock.sendall(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")
