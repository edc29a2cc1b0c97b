"""Certificate signing requests: what they bring to a certificate, and what is none."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import CA
from mockpki._ca.csr import extensions_of_csr, key_of_csr, load_csr, names_of_csr, subject_of_csr
from mockpki._pkix.keys import KeyType
from tests.kit.authorities import digest, key
from tests.kit.profiles import KEY_USAGES, assert_is_leaf, kinds


def request(*names: str, private: Any = None) -> x509.CertificateSigningRequest:
    """A CSR as somebody else's tool makes it."""
    private = private or key(KeyType.P384)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    return builder.sign(private, digest(private))


def flipped(csr: x509.CertificateSigningRequest) -> bytes:
    """The CSR with a name changed after it was signed."""
    der = csr.public_bytes(Encoding.DER)
    assert der.count(b"a.example") == 1
    return der.replace(b"a.example", b"b.example")


CSR_FORMS: list[Callable[[x509.CertificateSigningRequest], x509.CertificateSigningRequest | bytes]] = [
    lambda csr: csr,
    lambda csr: csr.public_bytes(Encoding.PEM),
    lambda csr: csr.public_bytes(Encoding.DER),
]


@pytest.mark.parametrize("form", CSR_FORMS, ids=["object", "PEM", "DER"])
def test_a_csr_brings_key_and_names(ca: CA, form: Callable[[Any], Any]) -> None:
    """The certificate is for the CSR's key and names; the private key stays where it is."""
    csr = request("a.example", "b.example")
    leaf = ca.issue_cert(csr=form(csr))
    assert_is_leaf(leaf, x509.DNSName("a.example"), x509.DNSName("b.example"))
    assert leaf.certificate.public_key() == csr.public_key()
    with pytest.raises(LookupError, match="was issued from a CSR: its key is with whoever made the request"):
        leaf.key  # noqa: B018
    with pytest.raises(LookupError, match="was issued from a CSR"):
        leaf.key_file  # noqa: B018


def test_identities_go_before_those_of_a_csr(ca: CA) -> None:
    """Identities that are given replace the CSR's; with none anywhere there is a sentence."""
    assert_is_leaf(ca.issue_cert("c.example", csr=request("a.example")), x509.DNSName("c.example"))
    assert_is_leaf(ca.issue_cert("c.example", csr=request()), x509.DNSName("c.example"))
    with pytest.raises(ValueError, match="a certificate needs an identity"):
        ca.issue_cert(csr=request())


def test_a_csr_that_is_none(ca: CA) -> None:
    """A signature of another key, other octets, another PEM, other types: each its own sentence."""
    assert_is_leaf(ca.issue_cert(csr=request("a.example")), x509.DNSName("a.example"))
    with pytest.raises(ValueError, match="the CSR's signature does not belong to its key"):
        ca.issue_cert(csr=flipped(request("a.example")))
    with pytest.raises(ValueError, match="csr holds no certificate signing request"):
        ca.issue_cert(csr=b"\x30\x00")
    with pytest.raises(ValueError, match="csr holds no certificate signing request"):
        ca.issue_cert(csr=ca.cert_pem)
    with pytest.raises(
        TypeError, match=r"csr= of .* takes a CertificateSigningRequest, PEM or DER or None; got 'text'"
    ):
        ca.issue_cert(csr="text")  # type: ignore[arg-type]


# What else it asks for.


def asking(
    *extensions: x509.ExtensionType, subject: x509.Name | None = None, critical: bool = False
) -> x509.CertificateSigningRequest:
    """A CSR for a.example with these extensions and that subject."""
    private = key(KeyType.P256)
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject or x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example")]), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(private, digest(private))


def usage(*names: str) -> x509.KeyUsage:
    """These bits, and no other."""
    bits = {name: name in names for name in (*KEY_USAGES, "encipher_only", "decipher_only")}
    return x509.KeyUsage(**bits)


CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])
NO_FEATURE = x509.TLSFeature([x509.TLSFeatureType.status_request_v2])

GRANTED: dict[str, x509.ExtensionType] = {
    "must-staple": MUST_STAPLE,
    "usages": x509.ExtendedKeyUsage([SERVER, CLIENT]),
    "key usage": usage("digital_signature", "key_agreement"),
    "key identifier": x509.SubjectKeyIdentifier(b"mine"),
    "unknown": x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.7"), b"\x05\x00"),
}


@pytest.mark.parametrize("critical", [False, True])
@pytest.mark.parametrize("case", GRANTED)
def test_the_extensions_of_a_csr_are_granted(ca: CA, case: str, critical: bool) -> None:
    """What a CSR asks for is in the certificate as it was asked for, in the place of the CA's own."""
    asked = GRANTED[case]
    certificate = ca.issue_cert(csr=asking(asked, critical=critical)).certificate
    granted = certificate.extensions.get_extension_for_oid(asked.oid)
    assert (granted.value, granted.critical) == (asked, critical)
    plain = kinds(ca.issue_cert(csr=asking()).certificate)
    assert kinds(certificate) == plain | {granted.oid._name}


def test_a_leaf_is_no_ca_asked_or_not(ca: CA) -> None:
    """A CSR that says it is for no CA asks for what every leaf has."""
    csr = asking(x509.BasicConstraints(ca=False, path_length=None))
    assert_is_leaf(ca.issue_cert(csr=csr), x509.DNSName("a.example"))


REFUSED: dict[str, tuple[x509.ExtensionType, str]] = {
    "a CA": (x509.BasicConstraints(ca=True, path_length=None), r"make a CA with create_child_ca\(\)"),
    "signing": (usage("digital_signature", "key_cert_sign"), "asks for a CA's key usage"),
    "CRLs": (usage("digital_signature", "crl_sign"), "asks for a CA's key usage"),
    "nocheck": (x509.OCSPNoCheck(), "asks for the extension OCSPNoCheck, which is not the requester's"),
    "pointer": (
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.OCSP,
                    x509.UniformResourceIdentifier("http://a.example/"),
                )
            ]
        ),
        "asks for the extension authorityInfoAccess, which is not the requester's to say",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_requester_may_choose(ca: CA, case: str) -> None:
    """It is refused by name; the same word in extensions= goes before the CSR's, and is the issuer's own."""
    asked, sentence = REFUSED[case]
    with pytest.raises(ValueError, match=sentence):
        ca.issue_cert(csr=asking(asked))
    mine = usage("digital_signature") if isinstance(asked, x509.KeyUsage) else asked
    certificate = ca.issue_cert(csr=asking(asked), extensions=[mine]).certificate
    assert certificate.extensions.get_extension_for_oid(asked.oid).value == mine


def test_extensions_that_cannot_be_read(ca: CA) -> None:
    """A CSR with a malformed extension is refused with a sentence."""
    broken = x509.UnrecognizedExtension(x509.SubjectKeyIdentifier.oid, b"\x30")
    with pytest.raises(ValueError, match="the CSR asks for extensions that cryptography does not read"):
        ca.issue_cert(csr=asking(broken))


def test_an_option_that_the_csr_would_undo(ca: CA) -> None:
    """must_staple= and client= are not lost to a CSR that asks for something else; what agrees is merged."""
    with pytest.raises(ValueError, match=r"TLSFeature would take the place of what must_staple=True asks"):
        ca.issue_cert(csr=asking(NO_FEATURE), must_staple=True)
    with pytest.raises(ValueError, match=r"extendedKeyUsage would take the place of what client=True asks"):
        ca.issue_cert(csr=asking(x509.ExtendedKeyUsage([SERVER])), client=True)
    csr = asking(MUST_STAPLE, x509.ExtendedKeyUsage([SERVER, CLIENT]))
    both = ca.issue_cert(csr=csr, must_staple=True, client=True)
    usages = both.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [SERVER, CLIENT]
    with pytest.raises(ValueError, match="csr= brings a key of its own; leave key_type='P-256' out"):
        ca.issue_cert(csr=asking(), key_type="P-256")


def name_of(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    """A name with these attributes, in this order."""
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


C, O, CN, UID = (  # noqa: E741
    NameOID.COUNTRY_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.COMMON_NAME,
    NameOID.USER_ID,
)
TWO_IN_ONE = x509.Name(
    [
        x509.RelativeDistinguishedName([x509.NameAttribute(O, "Acme")]),
        x509.RelativeDistinguishedName([x509.NameAttribute(CN, "joe"), x509.NameAttribute(UID, "7")]),
    ]
)


@pytest.mark.parametrize(
    "subject",
    [
        name_of((CN, "joe")),
        name_of((C, "DE"), (O, "Bücher"), (CN, "b.example")),
        name_of((O, "without a common name")),
        x509.Name([x509.NameAttribute(CN, "old", x509.name._ASN1Type.T61String)]),
        TWO_IN_ONE,
    ],
    ids=lambda name: name.rfc4514_string(),
)
def test_the_subject_of_a_csr_is_kept(ca: CA, subject: x509.Name) -> None:
    """Octet for octet, with a name of its own beside it or without any."""
    csr = asking(subject=subject)
    for leaf in (ca.issue_cert(csr=csr), ca.issue_cert("c.example", csr=csr)):
        assert leaf.certificate.subject.public_bytes() == csr.subject.public_bytes()
        assert [one._type for one in leaf.certificate.subject] == [one._type for one in csr.subject]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (name_of((O, "Acme"), (CN, "joe")), name_of((O, "Acme"), (CN, "ann"))),
        (name_of((CN, "joe"), (O, "Acme")), name_of((CN, "ann"), (O, "Acme"))),
        (name_of((O, "Acme")), name_of((O, "Acme"), (CN, "ann"))),
        (name_of(), name_of((O, "mockpki"), (CN, "ann"))),
    ],
    ids=["last", "first", "none", "empty"],
)
def test_a_common_name_goes_before_that_of_the_csr(ca: CA, subject: x509.Name, expected: x509.Name) -> None:
    """common_name= replaces that one attribute; what else the subject says stays."""
    leaf = ca.issue_cert(csr=asking(subject=subject), common_name="ann")
    assert leaf.certificate.subject == expected
    assert leaf.names == ("a.example",)


def test_a_subject_is_an_identity(ca: CA) -> None:
    """A CSR with a subject and no other name is enough, as common_name= is; with neither it is not."""
    private = key(KeyType.P256)
    builder = x509.CertificateSigningRequestBuilder()
    leaf = ca.issue_cert(csr=builder.subject_name(name_of((CN, "joe"))).sign(private, digest(private)))
    assert leaf.certificate.subject == name_of((CN, "joe"))
    assert leaf.names == ()
    with pytest.raises(ValueError, match="a certificate needs an identity"):
        ca.issue_cert(csr=builder.subject_name(name_of()).sign(private, digest(private)))


def test_a_csr_of_another_version(ca: CA) -> None:
    """It is no CSR that anybody knows: a ValueError."""
    der = request("a.example").public_bytes(Encoding.DER)
    with pytest.raises(ValueError, match="csr holds no certificate signing request: 104 is not a valid"):
        ca.issue_cert(csr=der.replace(b"\x02\x01\0", b"\x02\x01\x68", 1))


def test_a_csr_with_a_key_that_nobody_knows(ca: CA) -> None:
    """A ValueError in words, whether the algorithm, the curve or the signature is unknown."""
    der = request("a.example").public_bytes(Encoding.DER)
    curve, ec_key = bytes.fromhex("06052b81040022"), bytes.fromhex("06072a8648ce3d0201")
    ecdsa_with_sha384 = bytes.fromhex("06082a8648ce3d040303")
    for known in (curve, ec_key, ecdsa_with_sha384):
        assert der.count(known) == 1
        unknown = der.replace(known, known[:-1] + b"\x7e")
        with pytest.raises(
            ValueError, match=r"^the CSR('s signature does not belong| has a key or a signature that)"
        ):
            ca.issue_cert("b.example", csr=unknown)
    assert_is_leaf(ca.issue_cert("b.example", csr=der), x509.DNSName("b.example"))


SOME_CSR = request("a.example").public_bytes(Encoding.DER)


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_any_csr_is_certified_or_a_sentence(data: st.DataObject) -> None:
    """One to three octets of a CSR are others: it is issued from, or a TypeError or ValueError with words."""
    der = bytearray(SOME_CSR)
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    for read in (lambda: key_of_csr(load_csr(bytes(der))), lambda: use_csr(bytes(der))):
        said = "nothing against it, which is as good"
        try:
            read()
        except ValueError as error:
            said = str(error)
        assert len(said.split()) > 5


def use_csr(der: bytes) -> None:
    """Read all that a CA reads, whoever signed it."""
    csr = load_csr(der)
    names_of_csr(csr)
    subject_of_csr(csr, "somebody")
    subject_of_csr(csr, None)
    extensions_of_csr(csr, ())
