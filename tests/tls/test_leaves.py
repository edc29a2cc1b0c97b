"""Which certificate is shown to whom."""

import socket
from typing import Any

import pytest
from cryptography.x509 import ocsp

from mockpki import PKI, Leaf, faults
from mockpki._tls.leaves import GivenLeaves, IssuedLeaves
from tests.kit.tls_clients import context, s_client
from tests.tls.kit import certificate_seen, staple_seen


def test_sni_chooses_the_leaf(pki: PKI) -> None:
    """The exact name wins over the wildcard, in any case; what nobody has gets the first leaf."""
    first = pki.issue_cert("first.example")
    wildcard = pki.issue_cert("*.wild.example")
    exact = pki.issue_cert("exact.wild.example", "other.test")
    ctx = context(pki)
    with pki.tls_server(first, wildcard, exact) as server:
        assert certificate_seen(server, ctx, "first.example") == first.der
        assert certificate_seen(server, ctx, "exact.wild.example") == exact.der
        assert certificate_seen(server, ctx, "EXACT.wild.example") == exact.der
        assert certificate_seen(server, ctx, "other.test") == exact.der
        assert certificate_seen(server, ctx, "any.wild.example") == wildcard.der
        # RFC 6125 section 6.4.3: a wildcard stands for one label only.
        ctx.check_hostname = False
        assert certificate_seen(server, ctx, "a.b.wild.example") == first.der
        assert certificate_seen(server, ctx, "nobody.test") == first.der
        with (
            socket.create_connection((server.host, server.port)) as sock,
            ctx.wrap_socket(sock) as tls,
        ):
            assert tls.getpeercert(binary_form=True) == first.der
        seen = [(handshake.server_name, handshake.leaf) for handshake in server.connections]
    assert [leaf for _, leaf in seen] == [first, exact, exact, exact, wildcard, first, first, first]
    assert [name for name, _ in seen][:2] == ["first.example", "exact.wild.example"]
    assert seen[-1][0] is None


def test_an_international_name_is_found(pki: PKI) -> None:
    """A name beyond ASCII is one in its A-label form, as clients send it."""
    plain, umlaut = pki.issue_cert("localhost"), pki.issue_cert("bücher.example")
    with pki.tls_server(plain, umlaut) as server:
        assert certificate_seen(server, context(pki), "xn--bcher-kva.example") == umlaut.der


def test_each_leaf_has_its_own_staple(pki: PKI) -> None:
    """The staple is about the leaf that SNI has chosen."""
    leaves = pki.issue_cert("a.example"), pki.issue_cert("b.example")
    with pki.tls_server(*leaves) as server:
        for name, leaf in zip(("a.example", "b.example"), leaves, strict=True):
            staple = staple_seen(pki, server, name=name)
            assert ocsp.load_der_ocsp_response(staple).serial_number == leaf.serial_number


# Without a server.


def test_a_name_has_its_leaf_a_wildcard_or_the_first(pki: PKI) -> None:
    """In any case, with a dot at its end or none; of two leaves with one name the first has it."""
    first, wildcard = pki.issue_cert("a.example"), pki.issue_cert("*.example")
    again = pki.issue_cert("a.example", "b.example")
    leaves = GivenLeaves([first, wildcard, again])
    found = [leaves.choose(name) for name in ("a.example", "A.Example.", "b.example", "c.example")]
    assert found == [first, first, again, wildcard]
    assert [leaves.choose(name) for name in (None, "", "d.c.example", "example")] == [first] * 4


def test_a_leaf_is_issued_once_for_each_name(pki: PKI) -> None:
    """It is checked, kept, and announced, in this order; a name of another case is the same name."""
    done: list[object] = []

    def issue(name: str | None) -> Leaf:
        done.append(name)
        return pki.issue_cert(name or "localhost")

    leaves = IssuedLeaves(
        issue, lambda leaf: done.append(("check", leaf)), lambda leaf: done.append(("announce", leaf))
    )
    leaf = leaves.choose("a.example")
    assert done == ["a.example", ("check", leaf), ("announce", leaf)]
    assert leaves.choose("A.EXAMPLE.") is leaf
    assert leaves.choose(None) is leaves.choose("")
    assert [entry for entry in done if not isinstance(entry, tuple)] == ["a.example", None]


def test_a_leaf_that_cannot_be_shown_is_not_kept(pki: PKI) -> None:
    """What the function raises, or returns amiss, is told with the name, and the next client asks again."""
    answers: list[Any] = [KeyError("mine"), "text", pki.issue_cert("a.example")]

    def issue(name: str | None) -> Leaf:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        leaf: Leaf = answer
        return leaf

    announced: list[Leaf] = []
    leaves = IssuedLeaves(issue, lambda leaf: None, announced.append)
    returned = "a function that issues leaves returns a Leaf; .* returned 'text'"
    expected: list[tuple[type[Exception], str]] = [(KeyError, "mine"), (TypeError, returned)]
    for error, sentence in expected:
        with pytest.raises(error, match=sentence) as caught:
            leaves.choose("a.example")
        assert caught.value.__notes__ == [
            "mockpki: raised by the function that issues leaves, for the name 'a.example'"
        ]
    assert announced == []
    assert leaves.choose("a.example") is announced[0]


# Several leaves for one name.

CLIENTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "any": ("TLSv1.3", (), "Ed25519"),
    "P-256": ("TLSv1.3", ("-sigalgs", "ECDSA+SHA256"), "P-256"),
    "P-384": ("TLSv1.3", ("-sigalgs", "ECDSA+SHA384"), "P-384"),
    "RSA": ("TLSv1.3", ("-sigalgs", "RSA-PSS+SHA256"), "RSA-2048"),
    "old": ("TLSv1.2", (), "Ed25519"),
    "old RSA": ("TLSv1.2", ("-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "RSA-2048"),
    "old ECDSA": (
        "TLSv1.2",
        ("-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-sigalgs", "ECDSA+SHA256", "-groups", "P-256"),
        "P-256",
    ),
    "plain RSA": ("TLSv1.2", ("-cipher", "AES128-SHA"), "RSA-2048"),
}


@pytest.mark.parametrize("odd", [False, True], ids=["openssl", "tlslite"])
@pytest.mark.parametrize("case", CLIENTS)
def test_of_several_leaves_the_client_gets_one_that_it_can_use(pki: PKI, case: str, odd: bool) -> None:
    """By signature algorithms, cipher suites and groups; the first of them, and its own staple."""
    version, args, key_type = CLIENTS[case]
    leaves = {
        kind: pki.issue_cert("localhost", key_type=kind) for kind in ("Ed25519", "P-384", "P-256", "RSA-2048")
    }
    staple: Any = [faults.WrongSerial()] if odd else []
    with pki.tls_server(*leaves.values(), staple=staple) as server:
        s_client(pki, server, version, "-status", *args)
        (noted,) = server.connections
    assert noted.leaf is leaves[key_type]
    assert noted.completed, noted.error
    assert noted.staple is not None


def test_a_client_that_can_use_none_gets_the_first(pki: PKI) -> None:
    """The handshake fails, and the evidence says with which leaf."""
    first, second = pki.issue_cert("localhost"), pki.issue_cert("localhost", key_type="RSA-2048")
    with pki.tls_server(first, second) as server:
        s_client(pki, server, "TLSv1.3", "-sigalgs", "ed448")
        (noted,) = server.connections
    assert noted.leaf is first
    assert not noted.completed
    assert "handshake_failure" in str(noted.error)


def test_a_client_without_a_name_gets_one_that_stands_for_the_first(pki: PKI) -> None:
    """Not one for another name, whatever it can use."""
    ours = pki.issue_cert("localhost"), pki.issue_cert("localhost", key_type="RSA-2048")
    other = pki.issue_cert("a.example", key_type="Ed25519")
    leaves = GivenLeaves([ours[0], other, ours[1]])
    assert leaves.choose(None, lambda leaf: leaf is not ours[0]) is ours[1]
    assert leaves.choose("b.example", lambda leaf: leaf is other) is ours[0]
    assert leaves.choose("A.example", lambda leaf: leaf is ours[1]) is other
    wild = GivenLeaves([pki.issue_cert("*.example"), pki.issue_cert("b.example", key_type="RSA-2048")])
    assert wild.choose("b.example", lambda leaf: "*.example" in leaf.names).names == ("*.example",)


def test_a_leaf_that_nobody_would_be_shown(pki: PKI) -> None:
    """All its names are taken by leaves with a key of the same kind: refused, with the way out."""
    first, second = pki.issue_cert("localhost"), pki.issue_cert("b.example", key_type="RSA-2048")
    words = "no client would ever be shown <Leaf .*keys of several kinds"
    for hidden in (
        first,
        pki.issue_cert("LOCALHOST"),
        pki.issue_cert("b.example", key_type="RSA-3072"),
        pki.issue_cert(common_name="without a name"),
    ):
        with pytest.raises(ValueError, match=words):
            pki.tls_server(first, second, hidden)
    for shown in (
        pki.issue_cert("localhost", "c.example"),
        pki.issue_cert("localhost", "b.example"),
        pki.issue_cert("localhost", key_type="P-384"),
        pki.issue_cert("*.example"),
    ):
        pki.tls_server(first, second, shown)
    pki.tls_server(pki.issue_cert(common_name="without a name"), first)
