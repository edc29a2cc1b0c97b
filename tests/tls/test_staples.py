"""What a TLS server staples at the moment: replaced by another for a while, and put back."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki import PKI, Leaf, TlsServer, faults, staplers
from mockpki._tls.tlslite import TlsliteSession
from tests.kit.asking import statuses
from tests.kit.staple_reader import capture
from tests.kit.tls_clients import each_version
from tests.tls.kit import staple_seen

ODD = b"no OCSP response"


def carriers(server: TlsServer, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether tlslite carries each handshake from now on."""
    seen: list[bool] = []
    session = server.session

    def watch(*given: Any) -> Any:
        made = session(*given)
        seen.append(isinstance(made, TlsliteSession))
        return made

    monkeypatch.setattr(server, "session", watch)
    return seen


def octets_sent(pki: PKI, server: TlsServer, version: str) -> bytes:
    """All that its handshake messages say."""
    return b"".join(body for _, body in capture(pki, server, version).messages)


def revoked(staple: bytes) -> bool:
    """Whether it says so."""
    return statuses(staple) == ["revoked"]


# What is set; what a client then sees; whether tlslite has to carry it.
ROWS: dict[str, tuple[Callable[[Leaf], Any], Callable[[bytes], bool], bool]] = {
    "faults": (lambda leaf: [faults.Revoked()], revoked, False),
    "none": (lambda leaf: None, lambda staple: staple == b"", False),
    "odd octets": (lambda leaf: ODD, lambda octets: ODD in octets, True),
    "octets": (lambda leaf: leaf.issuer.ocsp.response_for(leaf, faults.Revoked()), revoked, False),
    "a fault of the message": (lambda leaf: [faults.TrailingStaple(ODD)], lambda octets: ODD in octets, True),
    "a function": (
        lambda leaf: lambda one: leaf.issuer.ocsp.response_for(one, faults.Revoked()),
        revoked,
        False,
    ),
    "a policy": (lambda leaf: staplers.CADDY, lambda staple: statuses(staple) == ["good"], False),
    "honest": (lambda leaf: (), lambda staple: statuses(staple) == ["good"], False),
}


@each_version
def test_every_kind_of_staple_is_put_in_place_and_back(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults, nothing, octets, functions and policies, by whichever library carries them."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        with pki.tls_server(leaf, staple=[faults.Unknown()]) as server:
            by_tlslite = carriers(server, monkeypatch)
            for name, (make, fits, odd) in ROWS.items():
                with server.staple_with(make(leaf)) as same:
                    assert same is server
                    # No client of OpenSSL's hands out what it cannot read.
                    read = octets_sent if odd else staple_seen
                    assert fits(read(pki, server, version)), name
                    assert by_tlslite[-1] is odd, name
                assert statuses(staple_seen(pki, server, version)) == ["unknown"], name
                assert not by_tlslite[-1]
            # Set without a block it stays; set again it is replaced.
            server.staple_with(None)
            assert staple_seen(pki, server, version) == b""
            server.staple_with()
            assert statuses(staple_seen(pki, server, version)) == ["good"]
            with server.staple_with(ODD), server.staple_with(None):
                assert staple_seen(pki, server, version) == b""
            assert statuses(staple_seen(pki, server, version)) == ["good"]


def test_a_stapler_is_put_aside_and_comes_back() -> None:
    """With the staple that it had: nothing is fetched twice; and it can be read meanwhile."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        with pki.tls_server(leaf, staple=staplers.CADDY) as server:
            own = server.stapler
            own.settle()
            first = staple_seen(pki, server)
            with server.staple_with(None):
                assert server.stapler is own
                assert staple_seen(pki, server) == b""
                with server.staple_with(replace(staplers.CADDY)):
                    assert server.stapler is not own
                    other = server.stapler
                    other.settle()
                    assert statuses(staple_seen(pki, server)) == ["good"]
                    assert other.stats.handshakes == 1
                assert own.stats.handshakes == 1
            assert server.stapler is own
            assert staple_seen(pki, server) == first
            assert (own.stats.fetches, own.stats.handshakes) == (1, 2)
            # It is still at work, and the other is not: time passes for one of them.
            assert own.due is not None
            assert other.due is None
            pki.run_until(own.due)
            assert (own.stats.fetches, other.stats.fetches) == (2, 1)
            # The same one again is no other one.
            with server.staple_with(own):
                assert staple_seen(pki, server) != b""
            assert own.due is not None


def test_a_server_can_be_told_before_it_starts() -> None:
    """What is set then holds from the first handshake; a policy starts with the server, aside or not."""
    with PKI() as pki:
        server = pki.tls_server(pki.issue_cert("localhost"), staple=staplers.CADDY)
        block = server.staple_with([faults.Revoked()])
        with server:
            assert revoked(staple_seen(pki, server))
            block.__exit__(None, None, None)
            server.stapler.settle()
            assert statuses(staple_seen(pki, server)) == ["good"]
        with pytest.raises(ValueError, match="this TLS server is closed; its staple can only be set while"):
            server.staple_with(None)


STRICT = replace(staplers.CADDY, trigger="start_blocking", must_staple="fail_at_start")


def test_what_cannot_be_stapled_changes_nothing() -> None:
    """A value that is no staple, one that this key does not go with, a policy that does not start."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost", must_staple=True)
        with pki.tls_server(leaf, staple=[faults.Unknown()]) as server:
            refusals: list[tuple[Any, type[Exception], str]] = [
                (faults.Stale(), TypeError, r"write staple=\[Stale\(\)\]"),
                (5, TypeError, "staple= takes a stapling policy"),
                ([faults.Hang()], TypeError, "a fault of the transport layer"),
                (STRICT, RuntimeError, "localhost"),
            ]
            with pki.ocsp.respond_with(faults.TryLater()):
                for staple, error, why in refusals:
                    with pytest.raises(error, match=why):
                        server.staple_with(staple)
                    assert statuses(staple_seen(pki, server)) == ["unknown"]
            with pytest.raises(ValueError, match="has no stapler"):
                _ = server.stapler
            with server.staple_with(STRICT):
                assert statuses(staple_seen(pki, server)) == ["good"]
        odd = pki.issue_cert("localhost", key_type="ML-DSA-44") if _has_ml_dsa() else None
        if odd is not None:
            with (
                pki.tls_server(odd, staple=None) as server,
                pytest.raises(ValueError, match="only tlslite can send what is asked for"),
            ):
                server.staple_with(ODD)


def _has_ml_dsa() -> bool:
    from mockpki._pkix.keys import KeyType

    try:
        KeyType.of("ML-DSA-44").generate()
    except Exception:
        return False
    return True


def test_a_handshake_that_has_begun_keeps_its_source() -> None:
    """It gets the staple that it waits for, as that one is written, whatever is set meanwhile."""
    begun, go_on = threading.Event(), threading.Event()
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")

        def wait(one: Leaf) -> bytes:
            begun.set()
            assert go_on.wait(10)
            return pki.ocsp.response_for(one, faults.Revoked())

        with pki.tls_server(leaf, staple=wait) as server:
            seen: list[bytes] = []
            client = threading.Thread(target=lambda: seen.append(staple_seen(pki, server)))
            client.start()
            assert begun.wait(10)
            with server.staple_with([faults.TrailingStaple(b"!" * 9)]):
                go_on.set()
                client.join(10)
            assert revoked(seen[0])
            assert server.connections[0].completed


def test_a_handshake_waits_for_a_stapler_that_has_gone() -> None:
    """Its staple comes when the responder answers, though the block has ended meanwhile."""
    policy = staplers.StaplePolicy(
        trigger="lazy_blocking", wait=timedelta(seconds=20), timeout=timedelta(seconds=20)
    )
    with PKI() as pki, pki.tls_server(pki.issue_cert("localhost"), staple=None) as server:
        seen: list[bytes] = []
        client = threading.Thread(target=lambda: seen.append(staple_seen(pki, server)))
        with server.staple_with(policy), pki.ocsp.respond_with(faults.Slow(by=timedelta(seconds=0.5))):
            client.start()
            pki.ocsp.wait_for_request()
        assert staple_seen(pki, server) == b""
        client.join(20)
        assert [statuses(one) for one in seen] == [["good"]]


def test_issued_leaves_are_known_to_those_that_are_aside() -> None:
    """A stapler that is put aside has their staples when it comes back."""
    with PKI() as pki:
        leaves = {"localhost": pki.issue_cert("localhost")}
        with pki.tls_server(lambda name: leaves["localhost"], staple=staplers.CADDY) as server:
            own = server.stapler
            with server.staple_with(None):
                assert staple_seen(pki, server) == b""
                own.settle()
                assert own.stats.fetches == 1
            assert statuses(staple_seen(pki, server)) == ["good"]


def test_a_block_may_outlive_the_server() -> None:
    """Its end puts back what nobody uses any more, and fails for nothing."""
    with PKI() as pki:
        server = pki.tls_server(pki.issue_cert("localhost"))
        with server:
            block = server.staple_with(staplers.CADDY)
        block.__exit__(None, None, None)
    block.__exit__(None, None, None)
