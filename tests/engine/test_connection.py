"""Connections, many and slow ones."""

from datetime import timedelta

import pytest

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
        assert len(pki.crl.requests) <= 12  # the rest is answered when these answers are taken
        assert all(len(slow.answer().body) > 1_000_000 for _ in range(60))
    assert len(pki.crl.requests) == 61


PIPELINES: dict[str, list[list[faults.CRLFault]]] = {
    "honest": [],
    "behind a slow one": [[faults.Slow(timedelta(hours=1))]],
    "behind silence": [[faults.Hang()]],
    "behind half an answer": [[faults.Half()]],
}


@pytest.mark.parametrize("size", [6_000, 10])
@pytest.mark.parametrize("case", PIPELINES)
def test_a_pipeline_is_answered_as_answers_are_taken(pki: PKI, case: str, size: int) -> None:
    """Two thousand requests in a segment or two, and no answer is made that would only be kept."""
    pki.revoke(range(1, size))
    script = PIPELINES[case]
    if script:
        pki.crl.script(*script)
    with Wire(pki.crl.url) as wire:
        wire.send(get() * 2000)
        requests = pki.crl.requests
        # So many have room in the system's buffers.
        assert sum(len(request.answer.body) for request in requests) < 25_000_000
        assert len(script) <= len(requests)
        if script:
            assert len(requests) < 200


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
