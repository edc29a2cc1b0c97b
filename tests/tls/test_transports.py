"""Every combination of what a TLS server is asked for is carried octet for octet, or refused at the door."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from mockpki import PKI, Leaf, faults
from mockpki._tls.session import Presentation, needs_tlslite
from mockpki._tls.transports import check_transport, find_limit
from tests.kit.staple_reader import capture
from tests.kit.stapled import status
from tests.kit.tls_clients import VERSIONS, handshake_messages, s_client

KEYS = ("P-256", "P-384", "RSA-2048", "Ed25519", "ML-DSA-65")
TLS12, TLS13 = VERSIONS


@dataclass(frozen=True)
class Staple:
    """What ``staple=`` is given, and whether OpenSSL would change or drop it."""

    make: Callable[[PKI, Leaf], Any]
    odd: bool = False
    known: bool = True
    """Whether it is known when the server is made."""


def about_another(pki: PKI, leaf: Leaf) -> bytes:
    """A response about another certificate: OpenSSL drops it, and takes it as a client."""
    return pki.ocsp.response_for(pki.issue_cert("a.example"))


STAPLES = {
    "none": Staple(lambda pki, leaf: None),
    "honest": Staple(lambda pki, leaf: []),
    "stale": Staple(lambda pki, leaf: [faults.Stale()]),
    "error": Staple(lambda pki, leaf: [faults.TryLater()]),
    "octets": Staple(lambda pki, leaf: pki.ocsp.response_for(leaf)),
    "function": Staple(lambda pki, leaf: lambda shown: pki.ocsp.response_for(shown), known=False),
    "another's": Staple(about_another, odd=True),
    "other serial": Staple(lambda pki, leaf: [faults.WrongSerial()], odd=True),
    "bent": Staple(lambda pki, leaf: [faults.AnotherStaple()], odd=True),
    "odd function": Staple(lambda pki, leaf: lambda shown: about_another(pki, shown), odd=True, known=False),
}

SHOWN: dict[str, tuple[dict[str, Any], bool]] = {
    # What the server is given, and whether the client has a certificate.
    "not asked": ({}, True),
    "asked": ({"client_ca": True}, True),
    "without": ({"client_ca": True}, False),
    "required": ({"client_ca": True, "client_certificate_required": True}, True),
}
PROTOCOLS: tuple[tuple[str, ...], ...] = ((), ("http/1.1",), ("spdy", "http/1.1"))
GROUPS = (None, ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())


@pytest.fixture(scope="module")
def world() -> Iterator[PKI]:
    """One PKI for the whole table."""
    with PKI() as pki:
        yield pki


@pytest.fixture(scope="module")
def leaves(world: PKI) -> dict[str, Leaf]:
    """A leaf with each kind of key that the installed cryptography makes."""
    made = {}
    for key_type in KEYS:
        try:
            made[key_type] = world.issue_cert("localhost", key_type=key_type)
        except ValueError:
            assert key_type.startswith("ML-DSA")
    return made


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key_type", KEYS)
@pytest.mark.parametrize("case", STAPLES)
def test_every_combination(
    world: PKI, leaves: dict[str, Leaf], case: str, key_type: str, version: str
) -> None:
    """Staple x key x version x client certificate x ALPN; the client's groups go round with them."""
    if key_type not in leaves:
        pytest.skip(f"the installed cryptography makes no {key_type} key")
    leaf, staple = leaves[key_type], STAPLES[case]
    client = world.issue_cert("joe@a.example", client=True)
    post_quantum = key_type.startswith("ML-DSA")
    # ML-DSA is no algorithm of TLS 1.2's, nor of tlslite's.
    refused = post_quantum and (version == TLS12 or (staple.odd and staple.known))
    failing = post_quantum and staple.odd and not refused
    groups = cycle(GROUPS)
    for (options, has), alpn in product(SHOWN.values(), PROTOCOLS):
        given = {**options, "client_ca": world.ca} if "client_ca" in options else options
        given = {**given, "alpn": alpn, "minimum_version": version, "maximum_version": version}
        given["staple"] = staple.make(world, leaf)
        if refused:
            with pytest.raises(
                ValueError, match=r"no client can shake hands: MLDSA65|tlslite has no MLDSA65"
            ):
                world.tls_server(leaf, **given)
            continue
        group = next(groups)

        def prepare(context: SSL.Context, has: bool = has, group: Any = group) -> None:
            context.set_alpn_protos([b"h2", b"http/1.1"])
            # Up to TLS 1.2 they are those of certificates, too, the client's own among them.
            if group is not None and version == TLS13:
                context.set_tmp_ecdh(group)
            if has:
                client.configure_cert(context)

        with world.tls_server(leaf, **given) as server:
            if failing:
                with suppress(OSError):
                    assert not capture(world, server, version, prepare=prepare).completed
                with pytest.raises(ValueError, match="tlslite has no MLDSA65PrivateKey"):
                    world.check()
                continue
            flight = capture(world, server, version, prepare=prepare)
            (noted,) = server.connections
        assert noted.completed, noted.error
        assert noted.version == version
        assert noted.alpn == ("http/1.1" if alpn else None)
        asked = "client_ca" in options
        assert noted.client_certificate == (client.certificate if asked and has else None)
        assert flight.certificates == list(leaf.chain_ders)
        assert flight.statuses[0] == ([] if noted.staple is None else [status(noted.staple)])
        assert (noted.staple is None) == (case == "none")
        if isinstance(given["staple"], bytes):
            assert noted.staple == given["staple"]
        if noted.staple is not None and case != "bent":
            assert needs_tlslite((noted.staple,), leaf.der) is staple.odd


NAMED_GROUPS = ("X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("group", NAMED_GROUPS)
@pytest.mark.parametrize("key_type", ["P-256", "RSA-2048"])
def test_a_client_that_insists_on_a_group(
    world: PKI, leaves: dict[str, Leaf], key_type: str, group: str, version: str
) -> None:
    """OpenSSL's own client, which offers that one group alone, gets the odd staple by it."""
    # Up to TLS 1.2 the curve of an ECDSA certificate is among the groups (RFC 8422 section 5.1), and a key of
    # a finite field needs no word.
    needs_curve = version == TLS12 and (key_type == "P-256" or group.startswith("ffdhe"))
    offered = f"{group}:P-256" if needs_curve and group != "P-256" else group
    leaf = leaves[key_type]
    staples: tuple[Any, ...] = ([], about_another(world, leaf))
    for staple in staples:
        with world.tls_server(leaf, staple=staple) as server:
            printed = s_client(world, server, version, "-status", "-groups", offered).stdout
            (noted,) = server.connections
        assert noted.completed, noted.error
        assert noted.staple is not None
        assert status(noted.staple) in handshake_messages(printed)
        agreed = re.search(r"Server Temp Key: (\S+)|Peer Temp Key: (\S+)", printed)
        assert agreed is not None or group.startswith("ffdhe")


# At the door, without a handshake.


def test_only_a_version_that_the_key_signs_in(world: PKI, leaves: dict[str, Leaf]) -> None:
    """EdDSA came with TLS 1.2, ML-DSA with 1.3: a server that allows older ones only is refused."""
    for key_type, maximum, words in (
        ("Ed25519", "TLSv1.1", r"Ed25519 keys sign from TLSv1.2 on, and maximum_version='TLSv1.1'; allow"),
        ("ML-DSA-65", "TLSv1.2", r"MLDSA65 keys sign from TLSv1.3 on, and maximum_version='TLSv1.2'; allow"),
    ):
        if key_type in leaves:
            with pytest.raises(ValueError, match=words):
                world.tls_server(leaves[key_type], minimum_version="TLSv1", maximum_version=maximum)
            world.tls_server(leaves[key_type])
    world.tls_server(leaves["P-256"], minimum_version="TLSv1", maximum_version="TLSv1.1")


def test_clients_by_a_ca_that_tlslite_does_not_read(world: PKI, leaves: dict[str, Leaf]) -> None:
    """An ML-DSA CA of clients goes with staples that OpenSSL carries, and is refused with others."""
    try:
        other = world.root.create_child_ca(key_type="ML-DSA-44")
    except ValueError as error:
        pytest.skip(str(error))
    words = "tlslite reads no certificate that a MLDSA44 key has signed; give another client_ca="
    for staple in (b"junk", [faults.EmptyStaple()], [faults.WrongSerial()]):
        with pytest.raises(ValueError, match=words):
            world.tls_server(leaves["P-256"], staple=staple, client_ca=[world.ca, other])
        world.tls_server(leaves["P-256"], staple=staple, client_ca=world.ca)
    world.tls_server(leaves["P-256"], client_ca=[world.ca, other])


def test_a_staple_that_cannot_be_made_is_no_reason() -> None:
    """At the door it is only looked at; the handshake tells what it raises."""

    def broken() -> bytes:
        raise KeyError("mine")

    key = ec.generate_private_key(ec.SECP224R1())
    with PKI() as pki:
        shown = Presentation(pki.issue_cert("localhost").chain_ders, key)
        limit = find_limit(shown)
        assert limit is not None
        assert "tlslite has no secp224r1; with such a key" in limit
        with pytest.raises(ValueError, match="OpenSSL cannot use this certificate or key"):
            check_transport(shown)
        leaf = pki.issue_cert("localhost")
        assert find_limit(Presentation(leaf.chain_ders, leaf.key)) is None
        check_transport(Presentation(leaf.chain_ders, leaf.key), make_staple=broken)
        check_transport(Presentation(leaf.chain_ders, leaf.key), bent=True)
