"""The kinds of PKI that foreign verifiers are shown."""

import socket
from collections.abc import Callable

import pytest
import trustme

from mockpki import PKI


def _on_ipv6() -> PKI:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError as error:
        pytest.skip(f"there is no ::1 on this machine ({error})")
    return PKI(host="::1")


VARIANTS: dict[str, Callable[[], PKI]] = {
    "default": PKI,
    "RSA-2048": lambda: PKI(key_type="RSA-2048"),
    "P-384": lambda: PKI(key_type="P-384"),
    "Ed25519": lambda: PKI(key_type="Ed25519"),
    "delegated": lambda: PKI(delegated=True),
    "delegated by name": lambda: PKI(delegated=True, responder_id="name"),
    "by name": lambda: PKI(responder_id="name"),
    "depth 0": lambda: PKI(depth=0),
    "depth 2": lambda: PKI(depth=2),
    "trustme root": lambda: PKI(root=trustme.CA()),
    "::1": _on_ipv6,
    "localhost": lambda: PKI(host="localhost"),
}

each_variant = pytest.mark.parametrize("variant", VARIANTS)
