"""What a leaf says of itself, and what is made of an answer about it."""

from dataclasses import replace

import pytest

from mockpki import PKI, faults, staplers
from mockpki.faults import OCSPFault
from mockpki.staplers import (
    Kind,
    StaplePolicy,
)
from tests.kit.staple_reader import capture
from tests.kit.staples import (
    BLOCKING,
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
