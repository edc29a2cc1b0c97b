"""Identities as text become X.509 names by trustme's rules; what cannot be one is refused with a sentence."""

import ipaddress

import pytest
import trustme
from cryptography import x509

from mockpki._pkix.names import general_name

NAMES: list[tuple[str, x509.GeneralName]] = [
    ("localhost", x509.DNSName("localhost")),
    ("a.example.org", x509.DNSName("a.example.org")),
    ("*.example.org", x509.DNSName("*.example.org")),
    ("x_y.example", x509.DNSName("x_y.example")),
    ("bücher.example", x509.DNSName("xn--bcher-kva.example")),
    ("BÜCHER.example", x509.DNSName("xn--bcher-kva.example")),
    ("*.bücher.example", x509.DNSName("*.xn--bcher-kva.example")),
    ("faß.example", x509.DNSName("xn--fa-hia.example")),
    ("はじめよう.みんな", x509.DNSName("xn--p8j9a0d9c9a.xn--q9jyb4c")),
    ("xn--bcher-kva.example", x509.DNSName("xn--bcher-kva.example")),
    (f"{'a' * 63}.example", x509.DNSName(f"{'a' * 63}.example")),
    ("127.0.0.1", x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))),
    ("::1", x509.IPAddress(ipaddress.IPv6Address("::1"))),
    ("2001:DB8::1", x509.IPAddress(ipaddress.IPv6Address("2001:db8::1"))),
    ("10.0.0.0/8", x509.IPAddress(ipaddress.IPv4Network("10.0.0.0/8"))),
    ("2001:db8::/32", x509.IPAddress(ipaddress.IPv6Network("2001:db8::/32"))),
    ("joe@example.org", x509.RFC822Name("joe@example.org")),
    *(
        (uri, x509.UniformResourceIdentifier(uri))
        for uri in (
            "spiffe://example.org/billing",
            "spiffe://prod/ns/a%20b?c=(d)#e",
            "SPIFFE://[2001:db8::1]:80/",
            "ldap://user@example.org/",
            "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
            "sip:joe@example.org",
            "sips:example.org",
        )
    ),
]

WRONG = [
    ("", "is no host name"),
    (" ", "is no host name"),
    (".", "is no host name"),
    ("a..example", "is no host name"),
    ("localhost.", "is no host name"),
    ("-a.example", "is no host name"),
    ("a-.example", "is no host name"),
    ("*", "is no host name"),
    ("*.*.example", "is no host name"),
    ("a.*.example", "is no host name"),
    ("*a.example", "is no host name"),
    ("a b.example", "is no host name"),
    ("a.example\n", "is no host name"),
    ("https://a.example", "without a scheme, port or path"),
    ("a.example:443", "without a scheme, port or path"),
    ("a.example/path", "without a scheme, port or path"),
    ("[::1]", "without a scheme, port or path"),
    ("127.0.0.1:443", "without a scheme, port or path"),
    ("10.0.0.1/8", "without a scheme, port or path"),
    ("10.0.0.0/33", "without a scheme, port or path"),
    (f"{'a' * 64}.example", "is no host name"),
    (".".join(["a" * 49] * 6), "is no host name"),
    ("bücher..example", "is no host name"),
    ("☃.example", "is no host name"),
    ("wss://joe@a.example/", "without a scheme, port or path"),
    ("spiffe://", "is no URI that a certificate can hold"),
    ("spiffe:///billing", "a host where there is a '//'"),
    ("spiffe://bücher.example/", "only the characters of RFC 3986"),
    ("spiffe://a.example/%zz", "only the characters of RFC 3986"),
    ("spiffe://a.example/ ", "only the characters of RFC 3986"),
    ("urn:", "is no URI that a certificate can hold"),
    ("@", "is no e-mail address"),
    ("joe@", "is no e-mail address"),
    ("Joe <joe@example.org>", "is no e-mail address"),
    ("jö@example.org", "is no e-mail address"),
    ("joe@bücher.example", "is no e-mail address"),
]

# What trustme does otherwise, and why this package does not follow.
UNLIKE_TRUSTME = {
    "x_y.example": "the underscore, which test set-ups have in host names, is no IDNA character",
    **{
        uri: "trustme issues nothing for a URI, or takes it for an e-mail address"
        for uri, name in NAMES
        if isinstance(name, x509.UniformResourceIdentifier)
    },
}


@pytest.mark.parametrize(("identity", "name"), NAMES)
def test_an_identity_becomes_its_name(identity: str, name: x509.GeneralName) -> None:
    """Host names, wildcards, IDNA, addresses, networks, e-mail, URIs: each becomes its own kind of name."""
    assert general_name(identity) == name


@pytest.fixture(scope="module")
def peer() -> trustme.CA:
    """A CA of trustme, whose rules these are."""
    return trustme.CA()


@pytest.mark.parametrize("identity", [name for name, _ in NAMES if name not in UNLIKE_TRUSTME])
def test_trustme_has_the_same_name(identity: str, peer: trustme.CA) -> None:
    """trustme puts the same name into its certificate, except where the table above says why not."""
    leaf = x509.load_pem_x509_certificate(peer.issue_cert(identity).cert_chain_pems[0].bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [general_name(identity)]


@pytest.mark.parametrize(("identity", "sentence"), WRONG)
def test_what_is_no_identity_is_refused(identity: str, sentence: str) -> None:
    """Text that is no identity raises ValueError which names it and says what is wrong."""
    with pytest.raises(ValueError, match=sentence) as caught:
        general_name(identity)
    assert repr(identity) in str(caught.value)


@pytest.mark.parametrize("wrong", [None, 5, b"localhost", ipaddress.ip_address("127.0.0.1")])
def test_an_identity_is_text(wrong: object) -> None:
    """Anything but text raises TypeError that shows what text would do."""
    with pytest.raises(TypeError, match=r"an identity is text, such as 'localhost' or '127.0.0.1'"):
        general_name(wrong)  # type: ignore[arg-type]
