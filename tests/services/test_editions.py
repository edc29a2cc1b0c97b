"""OCSP answers as CAs make them: when they are asked for, ahead on a schedule, or from their CRLs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509 import ocsp

from mockpki import PKI, Leaf, faults, staplers
from mockpki.publishing import NAMED, BySerial, Publishing, Schedule
from tests.kit.asking import cert_id, post, question

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CRLS = Schedule(DAY, 2 * DAY, backdate=HOUR)
AHEAD = Publishing(CRLS, ocsp=Schedule(HOUR, 3 * HOUR, backdate=timedelta(minutes=1)))
FROM_CRL = Publishing(CRLS, BySerial(3), ocsp="from_crl")


def opened(publishes: Publishing | str) -> PKI:
    """A PKI whose clock begins three weeks ago, and stands."""
    pki = PKI(publishes=publishes, ago=21 * DAY)
    pki.clock.stop()
    return pki


def ask(pki: PKI, leaf: Leaf, nonce: bytes | None = None, serial: int | None = None) -> ocsp.OCSPResponse:
    """The answer over HTTP, about *leaf*, or in its place about a serial number."""
    asked = question(cert_id(leaf, serial=serial), nonce=nonce)
    return ocsp.load_der_ocsp_response(post(pki.ocsp.url, asked).body)


def status(pki: PKI, leaf: Leaf, serial: int | None = None) -> str:
    """What it says."""
    return ask(pki, leaf, serial=serial).certificate_status.name


@pytest.mark.parametrize(("publishes", "step"), [(AHEAD, HOUR), (FROM_CRL, DAY)], ids=["ahead", "from-crl"])
def test_a_revocation_shows_with_the_next_answers(publishes: Publishing, step: timedelta) -> None:
    """Until then the very same octets are handed out, by HTTP and as staples, whatever the clock says."""
    with opened(publishes) as pki:
        pki.clock.shift(step)
        leaf, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        first = pki.ocsp.response_for(leaf)
        pki.revoke(leaf, "superseded")
        pki.clock.shift(step / 2)
        assert pki.ocsp.response_for(leaf) == first
        assert post(pki.ocsp.url, question(cert_id(leaf))).body == first
        pki.clock.shift(step / 2)
        assert [status(pki, one) for one in (leaf, other)] == ["REVOKED", "GOOD"]
        pki.clock.shift(step)
        assert status(pki, leaf) == "REVOKED"
        assert status(pki, leaf, 12345) == "UNKNOWN"
        pki.revoke(12345)


def test_their_times() -> None:
    """Those of the schedule, or of the complete CRL; live ones are of now, and last as long as it says."""
    with opened(AHEAD) as pki:
        leaf = pki.issue_cert("localhost")
        pki.clock.shift(HOUR * 5 / 2)
        answer = ask(pki, leaf)
        assert answer.next_update_utc is not None
        assert answer.next_update_utc - answer.this_update_utc == 3 * HOUR
        assert answer.produced_at_utc == answer.this_update_utc
        assert timedelta() <= pki.clock.now() - answer.this_update_utc < HOUR + timedelta(minutes=2)
    with opened(FROM_CRL) as pki:
        leaf = pki.issue_cert("localhost")
        file = pki.crl.file_for(leaf)
        answer = ask(pki, leaf)
        assert (answer.this_update_utc, answer.next_update_utc) == (file.this_update, file.next_update)
    with opened("vault") as pki:
        answer = ask(pki, pki.issue_cert("localhost"))
        assert answer.next_update_utc == answer.this_update_utc + 12 * HOUR == pki.clock.now() + 12 * HOUR


def test_a_nonce_comes_back_only_from_who_signs_live() -> None:
    """RFC 9919 section 3.2.1: what was signed ahead has none; and no two who ask get other octets."""
    for publishes, echoed in ((AHEAD, False), (FROM_CRL, False), ("vault", True)):
        with opened(publishes) as pki:
            leaf = pki.issue_cert("localhost")
            one, two = (ask(pki, leaf, nonce=bytes(16 * [number])) for number in (1, 2))
            assert bool(list(one.extensions)) is echoed
            assert (one.signature == two.signature) is not echoed


def test_faults_bend_what_was_signed_ahead() -> None:
    """Over HTTP, for one certificate, and as octets; the next answer is as it was."""
    with opened(AHEAD) as pki:
        leaf, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        honest = pki.ocsp.response_for(leaf)
        with pki.ocsp.respond_with(faults.Revoked(), to=leaf):
            assert (status(pki, leaf), status(pki, other)) == ("REVOKED", "GOOD")
        assert pki.ocsp.response_for(leaf, faults.Unknown()) != honest
        assert pki.ocsp.response_for(leaf) == honest


def test_an_outage_of_the_signer_reaches_its_answers() -> None:
    """A responder that is fed by CRLs goes stale with them."""
    with opened(FROM_CRL) as pki:
        leaf = pki.issue_cert("localhost")
        with pki.crl.suspended():
            pki.clock.shift(3 * DAY)
            answer = ask(pki, leaf)
            assert answer.next_update_utc is not None
            assert answer.next_update_utc < pki.clock.now()


def test_a_stapler_meets_it_unchanged() -> None:
    """It staples what was signed ahead, and has the revocation once the CA has."""
    with opened(AHEAD) as pki:
        leaf = pki.issue_cert("localhost", must_staple=True)
        policy = replace(staplers.IDEAL, refresh=staplers.Clamp(HOUR, HOUR, before_end=timedelta(minutes=5)))
        with pki.tls_server(leaf, staple=policy) as server:
            server.stapler.settle()
            pki.revoke(leaf)
            assert pki.ocsp.since(-1)[0].answer.body == pki.ocsp.response_for(leaf)
            pki.run_until(pki.clock.now() + 3 * HOUR)
            last = ocsp.load_der_ocsp_response(pki.ocsp.since(-1)[0].answer.body)
            assert last.certificate_status.name == "REVOKED"


@pytest.mark.parametrize("name", NAMED)
def test_each_preset_answers_as_it_says(name: str) -> None:
    """By a responder that certificates name, or by none; live, ahead, or as the CRL does."""
    with opened(name) as pki:
        leaf = pki.issue_cert("localhost")
        assert status(pki, leaf) == "GOOD"
        pki.revoke(leaf, "superseded")
        live = pki.ca.publishes.ocsp in ("live", "none") or (
            isinstance(pki.ca.publishes.ocsp, Schedule) and pki.ca.publishes.ocsp.every is None
        )
        assert status(pki, leaf) == ("REVOKED" if live else "GOOD")
