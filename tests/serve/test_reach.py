"""Where a server may connect to for its callers: loopback, what was allowed, and never itself."""

import socket

import pytest

from mockpki._serve.reach import Reach, look_up

OWN, OTHER = 8480, 5432


def outward() -> str:
    """An address of this machine that is not loopback's; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has loopback addresses only")
        return str(sock.getsockname()[0])


@pytest.mark.parametrize(
    ("address", "port", "may"),
    [
        ("127.0.0.1", OTHER, True),
        ("127.9.9.9", OTHER, True),
        ("::1", OTHER, True),
        ("::ffff:127.0.0.1", OTHER, True),
        ("192.0.2.7", OTHER, True),
        ("::ffff:192.0.2.7", OTHER, True),
        ("2001:db8::7", OTHER, True),
        ("192.0.2.7", OTHER + 1, False),
        ("192.0.2.8", OTHER, False),
        ("169.254.169.254", 80, False),
        ("10.0.0.1", OTHER, False),
        ("0.0.0.0", OTHER, False),
        ("::", OTHER, False),
        ("fe80::1%1", OTHER, False),
        # Itself, by whatever address.
        ("127.0.0.1", OWN, False),
        ("127.9.9.9", OWN, False),
        ("::1", OWN, False),
        ("::ffff:127.0.0.1", OWN, False),
        ("0.0.0.0", OWN, False),
        # Another machine's port of that number is not ours.
        ("192.0.2.7", OWN, True),
    ],
)
def test_where_it_may_go(address: str, port: int, may: bool) -> None:
    """By address and port alone."""
    allowed = [("192.0.2.7", OTHER), ("2001:db8::7", OTHER), ("192.0.2.7", OWN)]
    reach = Reach(allowed)
    reach.keep_off(OWN)
    assert reach(address, port) is may


def test_itself_is_never_a_target() -> None:
    """Also by an address of this machine that others reach; the same port before it is ours, it may."""
    own = outward()
    reach = Reach([(own, OWN), (own, OTHER)])
    assert reach(own, OWN)
    with pytest.raises(ValueError, match=rf"^--allow-forward: port {OWN} of {own} is this server's own"):
        reach.keep_off(OWN)
    assert not reach(own, OWN)
    assert reach(own, OTHER)
    with pytest.raises(ValueError, match=r"port 8480 of 127\.0\.0\.1 is this server's own"):
        Reach([("127.0.0.1", OWN)]).keep_off(OWN)


def test_names_are_looked_up() -> None:
    """To all their addresses, once; a name that has none is told."""
    found = look_up([("localhost", OTHER), ("192.0.2.7", OWN)])
    assert ("127.0.0.1", OTHER) in found
    assert ("192.0.2.7", OWN) in found
    with pytest.raises(ValueError, match=r"^--allow-forward: nobody\.invalid:5432 leads to no address: "):
        look_up([("nobody.invalid", OTHER)])
