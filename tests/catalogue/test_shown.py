"""What goes over a connection or stands in a handshake, as lines."""

import pytest

from mockpki._catalogue.decoded import Decoder
from mockpki._catalogue.shown import listening_lines, message_lines, wire_lines
from mockpki._exchange.staples import staple_messages
from mockpki._exchange.steps import Abort, Finish, Listening, Send, Silence, Step, Trickle, Wait
from tests.kit.authorities import NOW

DECODER = Decoder(NOW, {})


@pytest.mark.parametrize(
    ("step", "lines"),
    [
        (
            Send(b"HTTP/1.1 200 OK\r\nAge: 5\r\n\r\nbody"),
            ["send", "  HTTP/1.1 200 OK", "  Age: 5", "  body: 'body'"],
        ),
        (Send(b"220 ESMTP\r\n\r\n"), ["send", f"  octets: {b'220 ESMTP'.hex()}0d0a0d0a"]),
        (Trickle(b"\1", 1, 0.5), ["send, 1 octet every 0.5 s", "  octets: 01"]),
        (Trickle(b"\1", 10, 2), ["send, 10 octets every 2 s", "  octets: 01"]),
        (Wait(3.0), ["wait 3 s"]),
        (Silence(), ["say nothing, for as long as the client waits"]),
        (Finish(), ["close the connection (FIN)"]),
        (Abort(), ["reset the connection (RST)"]),
    ],
    ids=repr,
)
def test_a_step(step: Step, lines: list[str]) -> None:
    """Each step is a line, HTTP is shown by its head, and what is no HTTP as octets."""
    assert wire_lines((step,)) == lines


def test_a_port() -> None:
    """A port is shown by what it does with a connection."""
    assert listening_lines(Listening()) == ["the port", "  accepting: True", "  delay: 0.0"]


def test_a_handshake() -> None:
    """In TLS 1.3 a staple stands in its CertificateEntry, before that in a message of its own."""
    new = message_lines(staple_messages((b"leaf", b"ca"), (b"\0\1", None), True, "TLSv1.3"), DECODER)
    old = message_lines(staple_messages((b"leaf", b"ca"), (b"\0\1", None), True, "TLSv1.2"), DECODER)
    staple = ["status_type: 1", "length: 2"]
    assert new[:4] == ["CertificateEntry 0", "  extension 5", *(f"    {line}" for line in staple)]
    assert new[-2:] == ["CertificateEntry 1", "ServerHello"]
    assert old[:3] == ["ServerHello", "  extension 5", "    no octets"]
    assert old[3:6] == ["CertificateStatus", *(f"  {line}" for line in staple)]
