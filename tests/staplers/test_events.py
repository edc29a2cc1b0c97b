"""Events and numbers, as a test reads them."""

from mockpki import PKI
from tests.kit.staples import (
    DAY,
    LAZY,
    MINUTE,
    ask,
)


def test_an_event_says_what_it_was(pki: PKI) -> None:
    """Time, certificate, kind and detail, in one line; the time is the PKI's."""
    pki.clock.shift(400 * DAY)
    pki.clock.shift(-400 * DAY)
    with pki.tls_server(pki.issue_cert("localhost"), staple=LAZY) as server:
        ask(pki, server)
        event = server.stapler.events[0]
        server.stapler.restart()
        restarted = server.stapler.events[-1]
    assert abs(event.time - pki.clock.now()) < MINUTE
    assert str(event) == f"{event.time:%Y-%m-%d %H:%M:%S}Z localhost: sighted"
    assert str(restarted) == f"{restarted.time:%Y-%m-%d %H:%M:%S}Z: restarted"
