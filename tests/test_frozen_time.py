"""freezegun around a PKI, inside it, and in other threads: frozen answers, and nothing stalls."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from freezegun import freeze_time

from mockpki import PKI, Leaf, faults
from tests.kit.asking import cert_id, connect, post, question, raw_post, read_answer, send

THEN = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
DATED = THEN - timedelta(minutes=10)
"""What answers say that were made then."""


def produced_at(pki: PKI, leaf: Leaf) -> datetime:
    """When the responder says it made its answer: ten minutes before it did; thisUpdate agrees."""
    response = ocsp.load_der_ocsp_response(post(pki.ocsp.url, question(cert_id(leaf))).body)
    assert response.produced_at_utc == response.this_update_utc
    assert response.produced_at_utc == pki.ocsp.requests[-1].time - timedelta(minutes=10)
    return response.produced_at_utc


def last_update(pki: PKI) -> datetime:
    """thisUpdate of the CRL."""
    return x509.load_der_x509_crl(send(pki.crl.url).body).last_update_utc


def test_frozen_around() -> None:
    """A PKI made in a frozen block lives at that time, and its certificates are valid at both."""
    with freeze_time(THEN), PKI() as frozen:
        leaf = frozen.issue_cert("localhost")
        assert produced_at(frozen, leaf) == last_update(frozen) == DATED
        system = frozen.clock.system_time()
        assert leaf.certificate.not_valid_before_utc < system < THEN < leaf.certificate.not_valid_after_utc
        assert send(frozen.crl.url).headers["date"] == "Mon, 03 Feb 2031 04:05:06 GMT"


def test_frozen_inside(pki: PKI) -> None:
    """Frozen for a while, and back; the same question within is answered anew."""
    leaf = pki.issue_cert("localhost")
    before = produced_at(pki, leaf)
    with freeze_time(THEN):
        assert produced_at(pki, leaf) == produced_at(pki, leaf) == last_update(pki) == DATED
    assert before <= produced_at(pki, leaf) < DATED


def test_tick_and_move_to(pki: PKI) -> None:
    """Every move shows in the next answer; a shift of the PKI's clock comes on top."""
    leaf = pki.issue_cert("localhost")
    with freeze_time(THEN) as frozen:
        assert produced_at(pki, leaf) == DATED
        frozen.tick(timedelta(seconds=1))
        assert produced_at(pki, leaf) == last_update(pki) == DATED + timedelta(seconds=1)
        frozen.move_to("2019-01-01")
        assert produced_at(pki, leaf) == datetime(2018, 12, 31, 23, 50, tzinfo=timezone.utc)
        pki.clock.shift(timedelta(hours=1))
        assert produced_at(pki, leaf) == last_update(pki) == datetime(2019, 1, 1, 0, 50, tzinfo=timezone.utc)


def test_auto_tick(pki: PKI) -> None:
    """With auto_tick_seconds every look at the clock moves it: times stay whole and in order."""
    leaf = pki.issue_cert("localhost")
    with freeze_time(THEN, auto_tick_seconds=15):
        seen = [
            ocsp.load_der_ocsp_response(post(pki.ocsp.url, question(cert_id(leaf))).body) for _ in range(3)
        ]
        reply = send(pki.crl.url)
    times = [response.produced_at_utc for response in seen]
    assert DATED <= times[0] < times[1] < times[2]
    crl = x509.load_der_x509_crl(reply.body)
    assert parsedate_to_datetime(reply.headers["last-modified"]) == crl.last_update_utc
    assert parsedate_to_datetime(reply.headers["expires"]) == crl.next_update_utc


@pytest.mark.parametrize("offset", [0, 1, 5, -8, 14, timedelta(hours=5, minutes=45)], ids=str)
@pytest.mark.parametrize("tick", [False, True], ids=["stands", "ticks"])
def test_another_time_zone_is_the_same_time(offset: Any, tick: bool) -> None:
    """Under tz_offset everything that says a time says it in UTC: answers, certificates, evidence."""
    with freeze_time(THEN, tz_offset=offset, auto_tick_seconds=int(tick)), PKI() as pki:
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf)
        post(pki.ocsp.url, question(cert_id(leaf)))
        reply = send(pki.crl.url)
        answer = ocsp.load_der_ocsp_response(pki.ocsp.response_for(leaf))
        crl = x509.load_der_x509_crl(reply.body)
        [entry] = crl
        said = {
            "clock": pki.clock.now(),
            "producedAt": answer.produced_at_utc,
            "thisUpdate": answer.this_update_utc,
            "thisUpdate of the CRL": crl.last_update_utc,
            "revocation": answer.revocation_time_utc,
            "revocation in the CRL": entry.revocation_date_utc,
            "Date": parsedate_to_datetime(reply.headers["date"]),
            "evidence": pki.ocsp.requests[0].time,
            "evidence of the CRL": pki.crl.requests[0].time,
        }
        # Made anew at the frozen time, so that they end as long after it as they would in UTC.
        ends = leaf.certificate.not_valid_after_utc, pki.ca.certificate.not_valid_after_utc
        pki.clock.shift(timedelta(days=1))
        shifted = pki.clock.now()
    room = timedelta(minutes=20)
    assert {name for name, time in said.items() if time is None or abs(time - THEN) > room} == set()
    assert abs(shifted - THEN - timedelta(days=1)) < room
    with freeze_time(THEN), PKI() as pki:
        leaf = pki.issue_cert("localhost")
        for end, other in zip(
            ends, (leaf.certificate.not_valid_after_utc, pki.ca.certificate.not_valid_after_utc), strict=True
        ):
            assert abs(end - other) < room


def test_in_threads(pki: PKI) -> None:
    """Frozen in one thread is frozen in all: clients and the service see the same time."""
    leaf = pki.issue_cert("localhost")
    seen: list[datetime] = []
    with freeze_time(THEN):
        clients = [threading.Thread(target=lambda: seen.append(produced_at(pki, leaf)))]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert seen == [DATED]


def test_frozen_in_a_thread_of_its_own() -> None:
    """The whole life of a PKI on another thread, frozen there."""
    seen: list[datetime] = []

    def live() -> None:
        with freeze_time(THEN), PKI() as pki:
            seen.append(produced_at(pki, pki.issue_cert("localhost")))

    thread = threading.Thread(target=live)
    thread.start()
    thread.join()
    assert seen == [DATED]


def test_slow_is_over_though_time_stands_still(pki: PKI) -> None:
    """The engine's timers run on a clock of their own; begun frozen, and begun before."""
    pause = faults.Slow(timedelta(milliseconds=30))
    with freeze_time(THEN), pki.crl.respond_with(pause), connect(pki.crl.url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        assert read_answer(connection).status == 200
    with freeze_time(THEN), PKI() as frozen, frozen.crl.respond_with(pause):
        assert send(frozen.crl.url).status == 200


@pytest.mark.parametrize("jump", [timedelta(0), timedelta(days=-400), timedelta(days=400)], ids=str)
def test_time_outs_go_by_real_seconds(pki: PKI, jump: timedelta) -> None:
    """wait_for_request ends, and waits for one that comes, whichever way the frozen clock jumps."""
    leaf = pki.issue_cert("localhost")
    with freeze_time(THEN) as frozen:
        frozen.tick(jump)
        with pytest.raises(TimeoutError, match=r"within 0\.03 s"):
            pki.ocsp.wait_for_request(0.03)
        client = threading.Thread(target=lambda: post(pki.ocsp.url, question(cert_id(leaf))))
        client.start()
        frozen.tick(jump)
        assert pki.ocsp.wait_for_request(30).serials == (leaf.serial_number,)
        client.join()


@pytest.mark.parametrize(
    "fault",
    [lambda: faults.Hang(), lambda: faults.Slow(timedelta(days=1)), lambda: faults.Refused()],
    ids=["hang", "slow", "refused"],
)
def test_closing_while_frozen_waits_for_nobody(fault: Callable[[], faults.OCSPFault]) -> None:
    """A client that hangs is let go when the PKI closes."""
    with freeze_time(THEN), PKI() as pki:
        connection = connect(pki.ocsp.url)
        connection.sendall(raw_post(pki.ocsp.url, question(cert_id(pki.ca))))
        assert read_answer(connection).status == 200
        pki.ocsp.wait_for_request()
        pki.ocsp.respond_with(fault())
        if not isinstance(fault(), faults.Refused):
            connection.sendall(raw_post(pki.ocsp.url, question(cert_id(pki.ca))))
            pki.ocsp.wait_for_request()
    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_revocation_times_are_frozen_too(pki: PKI) -> None:
    """Revoked now means the frozen now, which answers date back."""
    leaf = pki.issue_cert("localhost")
    with freeze_time(THEN):
        pki.revoke(leaf)
    response = ocsp.load_der_ocsp_response(post(pki.ocsp.url, question(cert_id(leaf))).body)
    assert response.revocation_time_utc == DATED
