"""Connections, many and slow ones."""

from mockpki import PKI, faults
from tests.engine.kit import is_good, question
from tests.kit.wire import Wire, get, held, post


def test_thousands_of_connections(pki: PKI) -> None:
    """2,000 clients in a row, every other of which says nothing, leave no connection behind."""
    before = held()
    for number in range(2000):
        with Wire(pki.ca.ca_issuers.url) as wire:
            if number % 2:
                wire.send(get("Connection: close"))
                assert wire.answer().body == pki.ca.der
    pki.ca.ca_issuers.assert_asked(times=1000)
    assert held() == before


def test_a_client_that_does_not_read(pki: PKI) -> None:
    """It holds up nobody else, is not heard further until it reads, and then gets everything."""
    pki.revoke(range(1, 50_001))
    with Wire(pki.crl.url) as slow:
        slow.send(get() * 30)  # 30 MB of answers
        with Wire(pki.crl.url) as quick:
            quick.send(get(method="HEAD"))
            assert quick.head()[0] == 200
        slow.send(get() * 30)
        assert len(pki.crl.requests) <= 31  # the second half is not even read
        assert all(len(slow.answer().body) > 1_000_000 for _ in range(60))
    assert len(pki.crl.requests) == 61


def test_closing_on_a_client_that_does_not_read() -> None:
    """Megabytes that nobody takes do not keep a PKI from closing, nor leak."""
    before = held()
    with PKI() as pki:
        pki.revoke(range(1, 50_001))
        wire = Wire(pki.crl.url)
        wire.send(get() * 30)
        pki.crl.wait_for_request()
    wire.__exit__(None, None, None)
    assert held() == before


def test_an_outage_ends_connections(pki: PKI) -> None:
    """A client that is connected when the outage begins loses its connection; others keep theirs."""
    with Wire(pki.ocsp.url) as lost, Wire(pki.crl.url) as kept:
        lost.send(post(question(pki)))
        assert is_good(lost.answer().body)
        with pki.ocsp.respond_with(faults.Refused()):
            assert lost.ended()
            kept.send(get())
            assert kept.answer().status == 200
