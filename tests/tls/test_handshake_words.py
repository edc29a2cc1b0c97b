"""What one connection was, in a line."""

import pytest

from mockpki import PKI
from mockpki._tls.handshake import Handshake


@pytest.mark.parametrize(
    ("shake", "line"),
    [
        (
            Handshake("127.0.0.1:1", "localhost", "TLSv1.3", completed=True),
            "TLSv1.3 for localhost: no staple asked for, none sent; completed",
        ),
        (
            Handshake("127.0.0.1:1", None, "TLSv1.2", staple_requested=True, staple=b"123", completed=True),
            "TLSv1.2 without a server name: staple asked for, one of 3 octets sent; completed",
        ),
        (
            Handshake("127.0.0.1:1", error="it closed", alert="unknown_ca"),
            "TLS without a server name: no staple asked for, none sent; not completed (it closed), "
            "alert unknown_ca",
        ),
        (Handshake("[::1]:1"), "TLS without a server name: no staple asked for, none sent; not completed "
         "(still under way)"),
    ],
)  # fmt: skip
def test_in_words(shake: Handshake, line: str) -> None:
    """What matters is there, and what was not sent is not called None."""
    assert str(shake) == line
    assert repr(shake) == f"<Handshake of {shake.client}, {line}>"


def test_a_repr_is_short(pki: PKI) -> None:
    """A leaf of many names makes no long handshake."""
    leaf = pki.issue_cert(*[f"host-{number}.test" for number in range(200)])
    assert len(repr(Handshake("127.0.0.1:1", leaf=leaf, staple=b"x" * 3000))) < 200
