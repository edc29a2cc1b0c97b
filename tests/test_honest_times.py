"""Honest answers at clients without tolerance: nothing is later than when the client looked at its clock."""

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from freezegun import freeze_time
from werkzeug.test import Client

from mockpki import PKI, Leaf, relying_party, wsgi
from mockpki._tls.server import TlsServer
from mockpki._validation.crl import read_crl
from mockpki._validation.finding import Tolerance
from mockpki._validation.ocsp import read_response
from mockpki.faults import Early, Hang, NoNonce, Single, Singles, Stale
from mockpki.relying_party import HARD_FAIL, Status
from tests.kit.asking import cert_id, post, question, send
from tests.kit.staple_reader import capture

NO_TIME = timedelta()
EXACT = Tolerance(clock_skew=NO_TIME)
TRIES = 100


@dataclass(frozen=True)
class Seen:
    """What an answer says of its own times; *modified* is the HTTP header, where there is one."""

    this_update: datetime
    next_update: datetime | None
    produced_at: datetime | None = None
    revoked_at: datetime | None = None
    modified: datetime | None = None

    def check(self, now: datetime) -> None:
        """As a client without tolerance does, whose clock said *now* before it connected."""
        assert self.this_update <= now
        assert self.next_update is not None
        assert self.next_update > now
        for time_ in (self.produced_at, self.modified):
            assert time_ is None or time_ <= now
            assert time_ is None or time_ >= self.this_update
        assert self.revoked_at is None or self.revoked_at <= self.this_update


def in_base64(der: bytes) -> str:
    """As it stands in a GET's path."""
    return quote(base64.b64encode(der).decode(), safe="")


def of_response(der: bytes, modified: str | None = None) -> Seen:
    """The times of an OCSP response."""
    response = ocsp.load_der_ocsp_response(der)
    return Seen(
        response.this_update_utc,
        response.next_update_utc,
        response.produced_at_utc,
        response.revocation_time_utc,
        parsedate_to_datetime(modified) if modified else None,
    )


def of_crl(der: bytes, serial: int, modified: str | None = None) -> Seen:
    """The times of a CRL, and of the entry of *serial* in it."""
    crl = x509.load_der_x509_crl(der)
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    return Seen(
        crl.last_update_utc,
        crl.next_update_utc,
        revoked_at=None if entry is None else entry.revocation_date_utc,
        modified=parsedate_to_datetime(modified) if modified else None,
    )


@dataclass(frozen=True)
class World:
    """A PKI with a leaf, a server for it, and the ways to an answer about it."""

    pki: PKI
    leaf: Leaf
    server: TlsServer

    def by_post(self, nonce: bytes | None = None) -> Seen:
        reply = post(self.pki.ocsp.url, question(cert_id(self.leaf), nonce=nonce))
        return of_response(reply.body, reply.headers["last-modified"])

    def with_a_nonce(self) -> Seen:
        return self.by_post(time.time_ns().to_bytes(16))

    def by_get(self) -> Seen:
        reply = send(f"{self.pki.ocsp.url}/{in_base64(question(cert_id(self.leaf)))}")
        return of_response(reply.body, reply.headers["last-modified"])

    def crl(self) -> Seen:
        reply = send(self.pki.crl.url)
        return of_crl(reply.body, self.leaf.serial_number, reply.headers["last-modified"])

    def staple(self) -> Seen:
        ((body, *_), *_) = capture(self.pki, self.server, "TLSv1.3").statuses
        return of_response(body[4:])

    def older_staple(self) -> Seen:
        ((body, *_), *_) = capture(self.pki, self.server, "TLSv1.2").statuses
        return of_response(body[4:])

    def wsgi_ocsp(self) -> Seen:
        client = Client(wsgi.application(self.pki))
        reply = client.post("/ocsp", data=question(cert_id(self.leaf)))
        return of_response(reply.data, reply.headers["Last-Modified"])

    def wsgi_crl(self) -> Seen:
        reply = Client(wsgi.application(self.pki)).get("/ca.crl")
        return of_crl(reply.data, self.leaf.serial_number, reply.headers["Last-Modified"])


WAYS: list[Callable[[World], Seen]] = [
    World.by_post,
    World.with_a_nonce,
    World.by_get,
    World.crl,
    World.staple,
    World.older_staple,
    World.wsgi_ocsp,
    World.wsgi_crl,
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A server whose staples come from the responder at each handshake."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        with pki.tls_server(leaf) as server:
            yield World(pki, leaf, server)


def moments() -> Iterator[datetime]:
    """A hundred moments, each in a hundredth of a second of its own, as soon as they come."""
    left = set(range(TRIES))
    while left:
        now = time.time() % 1 * TRIES
        chosen = min(left, key=lambda place: (place - now) % TRIES)
        left.remove(chosen)
        time.sleep((chosen - now) % TRIES / TRIES)
        yield datetime.now(timezone.utc)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_is_later_than_the_clients_clock(world: World, way: Callable[[World], Seen]) -> None:
    """A hundred tries, spread over the second: good at first, and then revoked in the very second."""
    for number, now in enumerate(moments()):
        if number == TRIES // 2:
            world.pki.revoke(world.leaf, "certificate_hold")
            now = datetime.now(timezone.utc)
        # So long does it take a client to get from its clock to the service: over the end of a second, once.
        time.sleep(1.2 / TRIES)
        seen = way(world)
        seen.check(now)
        assert (seen.revoked_at is not None) == (number >= TRIES // 2)
    world.pki.ca.release(world.leaf)


@pytest.mark.parametrize("hung", [False, True])
@pytest.mark.parametrize("revoked", [False, True])
def test_a_client_that_looked_at_its_clock_before_it_waited(pki: PKI, revoked: bool, hung: bool) -> None:
    """After a responder that hangs, the CRL is not too recent: without tolerance, too, it is believed."""
    leaf = pki.issue_cert("localhost")
    if revoked:
        pki.revoke(leaf)
    if hung:
        pki.ocsp.respond_with(Hang(), to=leaf)
    strict = replace(HARD_FAIL, sources=("OCSP", "CRL"), clock_skew=NO_TIME, timeout=timedelta(seconds=1.2))
    with pki.tls_server(leaf, staple=None) as server:
        verdict = relying_party.check(
            server.host, server.port, ca=pki.root.cert_pem, server_name="localhost", policy=strict
        )
    assert verdict.accepted is not revoked, verdict
    assert verdict.status is (Status.REVOKED if revoked else Status.GOOD)
    assert [fetch.outcome for fetch in verdict.fetched][: 1 + hung] == ["timed out"] * hung + [verdict.status]


@pytest.mark.parametrize("by", [timedelta(0), timedelta(hours=-1), timedelta(days=400)], ids=str)
def test_wherever_the_clock_stands(pki: PKI, by: timedelta) -> None:
    """Frozen and shifted: a certificate revoked now is so at once, at a time that its answers include."""
    with freeze_time("2031-02-03 04:05:06.987") as frozen:
        pki.clock.shift(by)
        leaf = pki.issue_cert("localhost")
        for _ in range(2):
            pki.revoke(leaf, "certificate_hold")
            now = pki.clock.now()
            for seen in (
                of_response(pki.ocsp.response_for(leaf)),
                of_crl(pki.crl.crl(), leaf.serial_number),
            ):
                seen.check(now)
                assert seen.revoked_at == seen.this_update == now - timedelta(minutes=10)
            for found in (
                read_response(pki.ocsp.response_for(leaf), leaf.certificate, pki.ca.certificate, now, EXACT),
                read_crl(pki.crl.crl(), leaf.certificate, pki.ca.certificate, now, EXACT),
            ):
                assert found.status is Status.REVOKED
            pki.ca.release(leaf)
            frozen.tick(0.5)


@pytest.mark.parametrize(
    ("timing", "word"), [(Early(timedelta(minutes=2)), "early"), (Stale(timedelta(minutes=2)), "stale")]
)
def test_one_of_several_counts_from_now(pki: PKI, timing: Any, word: str) -> None:
    """A Single with times of its own has those that the fault alone would give, not ten minutes earlier."""
    with freeze_time("2031-02-03 04:05:06"):
        leaf = pki.issue_cert("localhost")
        alone = of_response(pki.ocsp.response_for(leaf, timing))
        single = of_response(pki.ocsp.response_for(leaf, Singles(Single(timing=timing))))
        now = pki.clock.now()
    assert (single.this_update, single.next_update) == (alone.this_update, alone.next_update)
    assert single.next_update is not None
    assert (single.this_update > now) == (word == "early")
    assert (single.next_update < now) == (word == "stale")


def test_one_responder_for_those_with_a_nonce_and_those_without(pki: PKI) -> None:
    """NoNonce() withholds it from whoever asked for it, and is the honest answer to all others."""
    leaf = pki.issue_cert("localhost")
    with freeze_time("2031-02-03 04:05:06"), pki.ocsp.respond_with(NoNonce()):
        asked = post(pki.ocsp.url, question(cert_id(leaf), nonce=b"n" * 16))
        plain = post(pki.ocsp.url, question(cert_id(leaf)))
        got = send(f"{pki.ocsp.url}/{in_base64(question(cert_id(leaf)))}")
    for reply in (asked, plain, got):
        assert reply.status == 200
        response = ocsp.load_der_ocsp_response(reply.body)
        assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
        assert list(response.extensions) == []
    honest = post(pki.ocsp.url, question(cert_id(leaf), nonce=b"n" * 16))
    assert len(ocsp.load_der_ocsp_response(honest.body).extensions) == 1
