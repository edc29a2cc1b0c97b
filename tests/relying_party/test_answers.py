"""Where answers come from: distribution points and their URLs one by one, or what is at hand."""

import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from mockpki.relying_party import RFC5280, Policy, Verdict
from mockpki.relying_party._answers import Given, Online
from mockpki.relying_party._search import Search
from tests.kit.crl_cases import FIRST, NEWER, SECOND
from tests.kit.crl_world import (
    CA,
    CRL_ISSUER,
    HELD,
    KEYS,
    LISTED,
    NOW,
    REMOVED,
    ROOT,
    ROUTINE,
    STALE,
    A,
    B,
    Entry,
    certify,
    crl,
    key,
    leaf,
    point,
    scope,
    url,
)
from tests.kit.plain_server import plain_server

WHOLE = replace(RFC5280, sources=("CRL",), timeout=timedelta(seconds=20))
PLAIN = replace(WHOLE, use_deltas=False, extended_crls=False)


class Files:
    """What stands at which path, and what was asked for."""

    def __init__(self) -> None:
        self.there: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.host = ""

    def serve(self, sock: socket.socket) -> None:
        """Answer one request."""
        received = b""
        while b"\r\n\r\n" not in received and (part := sock.recv(1 << 16)):
            received += part
        path = received.split(b" ", 2)[1].decode().lstrip("/")
        self.asked.append(path)
        body = self.there.get(path, b"")
        status = b"200 OK" if path in self.there else b"404 Not Found"
        sock.sendall(
            b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)
        )

    def url(self, path: str) -> x509.GeneralName:
        """Of that path."""
        return x509.UniformResourceIdentifier(f"http://{self.host}/{path}")

    def judge(
        self,
        points: Sequence[x509.DistributionPoint],
        policy: Policy = WHOLE,
        deltas: Sequence[str] = (),
        others: Sequence[x509.Certificate] = (),
    ) -> Verdict:
        """The verdict on a certificate with these distribution points, of CRLs and of delta CRLs."""
        extensions: list[tuple[x509.ExtensionType, bool]] = [(x509.CRLDistributionPoints(points), False)]
        if deltas:
            names = [point(self.url(path)) for path in deltas]
            extensions.append((x509.FreshestCRL(names), False))
        certificate = certify(CA, "leaf.invalid", key("leaf"), LISTED.serial, extensions)
        self.asked.clear()
        search = Search(policy, NOW, Online(policy.timeout), others)
        return search.judge([certificate, CA.certificate, ROOT.certificate], None)


@pytest.fixture
def files() -> Iterator[Files]:
    """A web server on loopback."""
    found = Files()
    with contextlib.ExitStack() as stack:
        host, port = stack.enter_context(plain_server(found.serve))
        found.host = f"{host}:{port}"
        yield found


def outcomes(verdict: Verdict) -> list[str]:
    """What came of each place, in their order."""
    return [look.outcome for look in verdict.fetched]


class TestOnline:
    """From the network, in the order of the certificate."""

    @pytest.mark.parametrize("policy", [WHOLE, PLAIN], ids=["whole", "plain"])
    def test_second_url(self, files: Files, policy: Policy) -> None:
        """The second name of a point is another way to the same CRL: taken where the first is no use."""
        where = [point(files.url("a"), files.url("b"))]
        files.there = {"b": crl(LISTED)}
        verdict = files.judge(where, policy)
        assert (outcomes(verdict), files.asked) == (["HTTP 404", "revoked"], ["a", "b"])
        files.there = {"a": crl(times=STALE), "b": crl()}
        verdict = files.judge(where, policy)
        assert (outcomes(verdict), verdict.accepted) == (["stale", "good"], True)
        files.there = {"a": crl(), "b": crl(LISTED)}
        verdict = files.judge(where, policy)
        assert (outcomes(verdict), files.asked) == (["good"], ["a"])

    @pytest.mark.parametrize("policy", [WHOLE, PLAIN], ids=["whole", "plain"])
    def test_second_point(self, files: Files, policy: Policy) -> None:
        """So is the second distribution point; whatever is no http URL is passed over."""
        where = [
            point(x509.UniformResourceIdentifier("ldap://127.0.0.1/cn=ca"), files.url("a")),
            point(x509.DNSName("ca.invalid")),
            point(files.url("b")),
        ]
        files.there = {"a": crl(idp=scope(url("elsewhere"))), "b": crl(LISTED)}
        verdict = files.judge(where, policy)
        assert outcomes(verdict) == ["no http URL", "wrong scope", "revoked"]
        files.there = {"b": crl(idp=scope(files.url("b")))}
        assert files.judge(where, policy).accepted
        files.there = {}
        assert not files.judge(where, policy).accepted

    def test_delta(self, files: Files) -> None:
        """A delta CRL is fetched where the certificate or the CRL points to it, and the client uses them."""
        where = [point(files.url("a"))]
        files.there = {"a": crl(HELD), "d": crl(REMOVED, base=5, number=6, times=NEWER)}
        verdict = files.judge(where, deltas=["none", "d"])
        assert verdict.accepted, str(verdict)
        assert outcomes(verdict) == ["good", "HTTP 404", "good"]
        assert files.asked == ["a", "none", "d"]
        verdict = files.judge(where, PLAIN, deltas=["none", "d"])
        assert (outcomes(verdict), files.asked) == (["revoked"], ["a"])
        verdict = files.judge(where)
        assert (outcomes(verdict), files.asked) == (["revoked"], ["a"])

    def test_delta_that_is_no_use(self, files: Files) -> None:
        """Then the complete CRL is what there is."""
        where = [point(files.url("a"))]
        files.there = {"a": crl(LISTED), "d": crl(REMOVED, base=6, number=7, times=NEWER)}
        verdict = files.judge(where, deltas=["d"])
        assert (outcomes(verdict), verdict.accepted) == (["revoked", "base too new"], False)
        files.there["a"] = crl()
        verdict = files.judge(where, deltas=["d"])
        assert (outcomes(verdict), verdict.accepted) == (["good", "base too new"], True)
        del files.there["a"]
        assert not files.judge(where, deltas=["d"]).accepted
        assert files.asked == ["a"]

    def test_reasons(self, files: Files) -> None:
        """All distribution points are visited until every reason is covered."""
        halves = [
            point(files.url("k"), reasons=KEYS),
            point(files.url("r"), reasons=ROUTINE),
            point(files.url("x")),
        ]
        files.there = {
            "k": crl(idp=scope(files.url("k"), some=KEYS)),
            "r": crl(idp=scope(files.url("r"), some=ROUTINE)),
        }
        verdict = files.judge(halves)
        assert (outcomes(verdict), verdict.accepted, files.asked) == (
            ["undetermined", "good"],
            True,
            ["k", "r"],
        )
        first, _ = verdict.fetched
        assert first.sentence.startswith(
            "nothing yet (not on the list, which leaves open affiliationChanged, "
        )
        del files.there["r"]
        assert not files.judge(halves).accepted
        assert files.asked == ["k", "r", "x"]
        files.there["k"] = crl(LISTED, idp=scope(files.url("k"), some=KEYS))
        assert files.judge(halves).status == "revoked"
        assert files.asked == ["k"]

    def test_indirect(self, files: Files) -> None:
        """The CRL issuer's certificate is among those that the server sent."""
        where = [point(files.url("i"), crl_issuer="CRL Issuer")]
        indirect = scope(files.url("i"), indirect=True)
        for entries, accepted in (((Entry(issuer="CA"),), False), ((Entry(issuer="Other CA"),), True)):
            files.there = {"i": crl(*entries, by=CRL_ISSUER, idp=indirect)}
            verdict = files.judge(where, others=[CRL_ISSUER.certificate])
            assert verdict.accepted == accepted, str(verdict)
            assert not files.judge(where).accepted
            assert not files.judge(where, PLAIN, others=[CRL_ISSUER.certificate]).accepted

    def test_a_place_without_url(self, files: Files) -> None:
        """A certificate that says there is a CRL, and not where on the web, has a source that cannot tell."""
        assert not files.judge([point(x509.DNSName("ca.invalid"))]).accepted
        assert files.asked == []


class TestGiven:
    """At hand."""

    def groups(self, certificate: x509.Certificate, *given: bytes) -> list[list[bytes]]:
        """What is offered for *certificate*, scope by scope."""
        return [[get() for _, get in alike] for alike in Given(crls=given).lists(certificate)]

    def test_newest_first(self) -> None:
        """Of one scope the highest number; scopes in the order of the distribution points."""
        a5, a7 = crl(idp=scope(url("a"))), crl(idp=scope(url("a")), number=7)
        b6, plain = crl(idp=scope(url("b")), number=6), crl(number=None)
        assert self.groups(leaf(A, B), b6, a5, a7) == [[a7, a5], [b6]]
        assert self.groups(leaf(B, A), b6, a5, a7) == [[b6], [a7, a5]]
        newer = crl(number=1, times=NEWER)
        for given in ((newer, a7), (a7, newer)):
            assert self.groups(leaf(A), *given) == [[newer], [a7]]
        earlier = crl(number=None, times=STALE)
        assert self.groups(leaf(A), earlier, plain) == [[plain, earlier]]

    def test_others(self) -> None:
        """Delta CRLs are no complete ones; those of other issuers are offered where there is nothing else."""
        delta, others = crl(base=4), crl(by=ROOT)
        own = crl()
        assert self.groups(leaf(A), delta, others, own) == [[own]]
        assert sorted(self.groups(leaf(A), delta, others, b"?")) == [[others], [b"?"]]
        assert self.groups(leaf(), others, b"?") == []
        assert [get() for _, get in Given(crls=[own, delta, b"?"]).deltas(())] == [delta]

    def test_deltas(self) -> None:
        """The one of the latest thisUpdate comes first."""
        older, newer = crl(base=4), crl(base=4, times=NEWER)
        for given in ([older, newer], [newer, older]):
            assert [get() for _, get in Given(crls=given).deltas(())] == [newer, older]


def test_halves_are_two_scopes() -> None:
    """They are looked at one after the other, as the certificate names them."""
    first, second = crl(idp=FIRST), crl(idp=SECOND)
    certificate = leaf(point(url("r"), reasons=ROUTINE), point(url("k"), reasons=KEYS))
    groups = [[get() for _, get in alike] for alike in Given(crls=[first, second]).lists(certificate)]
    assert groups == [[second], [first]]
