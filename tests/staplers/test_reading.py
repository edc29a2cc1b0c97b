"""What a leaf says of itself, and what is made of an answer about it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.x509 import ocsp

from mockpki import PKI, faults, staplers
from mockpki._engine.fetch import NoAnswer
from mockpki._layers import OCSPBytesFault
from mockpki.faults import OCSPFault
from mockpki.staplers import (
    Kind,
    StaplePolicy,
)
from mockpki.staplers._reading import Unfit, can_ask, label, pointers_of, question, read_answer
from tests.kit.staple_reader import capture
from tests.kit.staples import (
    BLOCKING,
    HOUR,
    LAZY,
    START,
    ask,
    kinds,
    reason,
    word,
)


def test_a_leaf_without_names_goes_by_its_number(pki: PKI) -> None:
    """Events call it by its serial number."""
    leaf = pki.issue_cert(common_name="nameless", serial_number=0xABCDE)
    with pki.tls_server(leaf, staple=START) as server:
        server.stapler.settle()
        assert {event.name for event in server.stapler.events} == {"serial 0xabcde"}


@pytest.mark.parametrize(
    "urls", [[], ["https://127.0.0.1/ocsp"], ["http:///ocsp"], ["http://[/"], ["ldap://x"]]
)
@pytest.mark.parametrize("policy", [BLOCKING, START], ids=["lazy", "start"])
def test_a_leaf_that_names_no_responder(pki: PKI, policy: StaplePolicy, urls: list[str]) -> None:
    """There is nobody to ask: no staple, a word about it once, and no fetch."""
    leaf = pki.issue_cert("localhost", ocsp_urls=urls)
    with pki.tls_server(leaf, staple=policy) as server:
        assert [ask(pki, server) for _ in range(2)] == ["none", "none"]
        assert reason(server) == "localhost names no responder that can be asked"
        assert kinds(server.stapler).count(Kind.NO_RESPONDER) == 1
        assert server.stapler.stats.fetches == 0


@pytest.mark.parametrize("number", [1, 4])
def test_a_leaf_that_nobody_can_read(pki: PKI, number: int) -> None:
    """A certificate that cannot be read names no responder; that is no error of the test's."""
    leaf = pki.issue_cert("localhost", faults=[faults.CertVersion(number)])
    with pki.tls_server(leaf, staple=START) as server:
        assert kinds(server.stapler) == [Kind.NO_RESPONDER]


RELAYING = replace(BLOCKING, on_error_resp="relay")


UNVERIFIED = replace(BLOCKING, verify=False, staple=staplers.NAMED["apache"].staple)


RELAYED: dict[str, tuple[OCSPFault, StaplePolicy, str, str]] = {
    "an error": (faults.TryLater(), RELAYING, "try_later", "passed on as it is"),
    "a forged one": (faults.BadSignature(), RELAYING, "good", "passed on as it is"),
    "an old one": (faults.Stale(), replace(UNVERIFIED, on_error_resp="relay"), "good", "passed on as it is"),
    "an old one, unchecked": (faults.Stale(), replace(UNVERIFIED, check_times=False), "good", "waited"),
    "not what is not stapled": (faults.Revoked(), RELAYING, "none", "which is not stapled"),
    "not what says nothing": (faults.NoSingleResponses(), UNVERIFIED, "none", "it says nothing about this"),
    "not what is none": (faults.EmptyBody(), RELAYING, "none", "no OCSP response"),
}  # fmt: skip


@pytest.mark.parametrize("case", RELAYED)
def test_what_is_passed_on_unread(pki: PKI, case: str) -> None:
    """A policy may hand on what it cannot use, and may leave answers unchecked."""
    fault, policy, staple, sentence = RELAYED[case]
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(fault), pki.tls_server(leaf, staple=policy) as server:
        flight = capture(pki, server, "TLSv1.3", verify=False)
        handshake = server.connections[-1]
        assert word(handshake.staple) == staple
        assert [body[4:] for body in flight.statuses[0]] == [handshake.staple] * (staple != "none")
        assert sentence in reason(server)


def test_a_response_with_an_extension_twice_is_no_error_of_the_test(pki: PKI) -> None:
    """What cryptography does not read is refused like anything else that cannot be used."""
    leaf = pki.issue_cert("localhost")
    nonce = faults.ResponseExtension("1.3.6.1.5.5.7.48.1.2", critical=False, value=b"\x04\x01\x00")
    with pki.ocsp.respond_with(nonce, nonce), pki.tls_server(leaf, staple=BLOCKING) as server:
        assert ask(pki, server) == "none"
        assert "it cannot be read: Duplicate" in reason(server)


# Without a server.


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://one.example/", True),
        ("http://[::1]:8080", True),
        ("HTTP://one.example", True),
        ("https://one.example/", False),
        ("ldap://one.example/", False),
        ("http://:80/", False),
        ("http://one.example:0/", False),
        ("http://one.example:port/", False),
        ("http://[/", False),
        ("", False),
    ],
)
def test_who_can_be_asked(url: str, asked: bool) -> None:
    """A responder with a host, by http."""
    assert can_ask(url) == asked


def test_whom_a_policy_asks(pki: PKI) -> None:
    """The first responder that a certificate names, or all of them; never one that cannot be asked."""
    one, two = "http://one.example/", "http://two.example/"
    leaf = pki.issue_cert("localhost", ocsp_urls=[one, "ldap://x", two], must_staple=True)
    assert pointers_of(leaf, every_url=False) == ((one,), True)
    assert pointers_of(leaf, every_url=True) == ((one, two), True)
    odd = pki.issue_cert("localhost", ocsp_urls=["ldap://x", one])
    assert pointers_of(odd, every_url=False) == ((), False)
    unreadable = pki.issue_cert("localhost", must_staple=True, faults=[faults.CertVersion(4)])
    assert pointers_of(unreadable, every_url=True) == ((), False)


def test_what_to_call_a_leaf(pki: PKI) -> None:
    """By its first name, or by its number where it has none."""
    assert label(pki.issue_cert("b.example", "a.example")) == "b.example"
    assert label(pki.issue_cert(common_name="nameless", serial_number=0x1F)) == "serial 0x1f"


def test_what_is_read_from_an_answer(pki: PKI) -> None:
    """Its octets, its status and its times."""
    leaf = pki.issue_cert("localhost")
    der, now = pki.ocsp.response_for(leaf), pki.clock.now()
    usable = read_answer(der, leaf, now, LAZY)
    assert (usable.der, usable.status) == (der, "good")
    assert usable.next_update is not None
    assert usable.this_update <= now < usable.next_update
    revoked = pki.ocsp.response_for(leaf, faults.Revoked())
    assert read_answer(revoked, leaf, now, LAZY).status == "revoked"


UNREAD: list[tuple[tuple[OCSPBytesFault, ...], dict[str, Any], str | None]] = [
    ((faults.BadSignature(),), {}, "its signature is not that of"),
    ((faults.BadSignature(),), {"verify": False}, None),
    ((faults.Stale(),), {}, "it was good until"),
    ((faults.Stale(),), {"verify": False}, "it was good until"),
    ((faults.Stale(),), {"verify": False, "check_times": False}, None),
    ((faults.TryLater(),), {"verify": False, "check_times": False}, "the responder answered tryLater"),
    ((faults.NoSingleResponses(),), {"verify": False}, "it says nothing about this certificate"),
    ((faults.NoNextUpdate(age=timedelta()),), {"assumed_life": timedelta()}, "it has no nextUpdate"),
    ((faults.NoNextUpdate(age=timedelta()),), {"assumed_life": HOUR}, None),
]


@pytest.mark.parametrize(("bent", "options", "why"), UNREAD)
def test_what_a_policy_lets_be_used(
    pki: PKI, bent: tuple[OCSPBytesFault, ...], options: dict[str, Any], why: str | None
) -> None:
    """It may check signatures, times, both or neither; an error is none of these, and never used."""
    leaf, policy = pki.issue_cert("localhost"), replace(LAZY, **options)
    der = pki.ocsp.response_for(leaf, *bent)
    if why is None:
        assert read_answer(der, leaf, pki.clock.now(), policy).der == der
    else:
        with pytest.raises(Unfit, match=why):
            read_answer(der, leaf, pki.clock.now(), policy)


def test_what_is_no_answer_at_all(pki: PKI) -> None:
    """Octets that are no OCSPResponse are no answer, whatever the policy."""
    with pytest.raises(NoAnswer, match="what came is no OCSP response: "):
        read_answer(b"garbage", pki.issue_cert("localhost"), pki.clock.now(), LAZY)


def test_a_nonce_is_compared_where_one_returns(pki: PKI) -> None:
    """An answer with another nonce is refused; one without any is not."""
    leaf, now = pki.issue_cert("localhost"), pki.clock.now()
    other = pki.ocsp.response_for(leaf, faults.Nonce())
    with pytest.raises(Unfit, match="its nonce is not the one that was sent"):
        read_answer(other, leaf, now, LAZY, b"n" * 16)
    assert read_answer(other, leaf, now, LAZY).status == "good"
    assert read_answer(pki.ocsp.response_for(leaf), leaf, now, LAZY, b"n" * 16).status == "good"


def test_the_question_is_about_the_leaf(pki: PKI) -> None:
    """It has the leaf's number, and a nonce where there is one."""
    leaf = pki.issue_cert("localhost")
    plain, with_nonce = (ocsp.load_der_ocsp_request(question(leaf, nonce)) for nonce in (None, b"n" * 16))
    assert plain.serial_number == with_nonce.serial_number == leaf.serial_number
    assert (len(plain.extensions), len(with_nonce.extensions)) == (0, 1)
