"""The public verbs of `PKI`, `CA` and `Leaf`, and what they say to those who misuse them."""

import os
import socket
import ssl
import stat
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as their_ocsp
from OpenSSL import SSL, crypto

from mockpki import CA, PKI, Leaf, faults
from mockpki._pkix.keys import KeyType
from tests.kit.asking import cert_id, post, question, send, status
from tests.kit.authorities import key
from tests.kit.programs import need, run

UTC = timezone.utc


def revoked_serials(ca: CA) -> set[int]:
    """The serial numbers on the CRL that is published."""
    return {entry.serial_number for entry in x509.load_der_x509_crl(send(ca.crl.url).body)}


# What a PKI is made of.


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_depth(depth: int) -> None:
    """So many CAs are below the root; the last one issues, and the chain leads up to the root."""
    with PKI(depth=depth) as pki:
        assert len(pki.cas) == depth + 1
        assert (pki.cas[0], pki.cas[-1]) == (pki.root, pki.ca)
        leaf = pki.issue_cert("localhost")
        assert len(leaf.chain) == depth + 1
        above = (*leaf.chain[1:], pki.root.certificate)
        for certificate, issuer in zip(leaf.chain, above, strict=True):
            certificate.verify_directly_issued_by(issuer)


def test_every_ca_has_live_services() -> None:
    """Each CA answers for its own, on ports of its own; the URLs in certificates are these."""
    with PKI(depth=2) as pki:
        urls = [service.url for ca in pki.cas for service in (ca.ocsp, ca.crl, ca.ca_issuers)]
        assert len({urlsplit(url).port for url in urls}) == 9
        for ca in pki.cas:
            assert send(ca.ca_issuers.url).body == ca.der
            assert x509.load_der_x509_crl(send(ca.crl.url).body).issuer == ca.certificate.subject
        assert status(pki.ca) == status(pki.cas[1]) == status(pki.issue_cert("localhost")) == "good"


def test_no_two_pkis_are_alike() -> None:
    """Subjects, keys and serial numbers are new each time: clients keep what they have seen."""
    with PKI() as one, PKI() as other:
        for ours, theirs in zip(one.cas, other.cas, strict=True):
            assert ours.certificate.subject != theirs.certificate.subject
            assert ours.serial_number != theirs.serial_number
            assert ours.signer.key_hash != theirs.signer.key_hash


@pytest.mark.parametrize("delegated", [False, True])
@pytest.mark.parametrize("responder_id", ["key", "name"])
def test_who_signs_ocsp(delegated: bool, responder_id: str) -> None:
    """The CA or its delegate signs, and is named as asked; only a delegate's certificate comes along."""
    with PKI(delegated=delegated, responder_id=responder_id) as pki:
        body = post(pki.ocsp.url, question(cert_id(pki.issue_cert("localhost")))).body
        answer = their_ocsp.load_der_ocsp_response(body)
        signer = answer.certificates[0] if delegated else pki.ca.certificate
        assert len(answer.certificates) == int(delegated)
        if responder_id == "name":
            assert (answer.responder_name, answer.responder_key_hash) == (signer.subject, None)
        else:
            hashed = x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest
            assert (answer.responder_name, answer.responder_key_hash) == (None, hashed)


@pytest.mark.parametrize("key_type", [trustme.KeyType.ECDSA, trustme.KeyType.RSA])
def test_a_root_of_trustmes(key_type: trustme.KeyType) -> None:
    """Clients that trust a `trustme.CA` trust what is issued below it."""
    root = trustme.CA(key_type=key_type)
    with PKI(root=root) as pki:
        assert pki.root.cert_pem == root.cert_pem.bytes()
        context = ssl.create_default_context()
        root.configure_trust(context)
        with (
            pki.tls_server(pki.issue_cert("localhost")) as server,
            socket.create_connection((server.host, server.port), timeout=30) as sock,
        ):
            context.wrap_socket(sock, server_hostname="localhost").close()
        assert server.connections[0].completed
        assert status(pki.ca) == "good"


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        (
            {"depth": -1},
            ValueError,
            "depth= of PKI takes the number of CAs below the root, from 0 to 100; got -1",
        ),
        ({"key_type": "DSA"}, ValueError, "'DSA' is no key type; there are P-256, "),
        ({"key_type": 2048}, TypeError, "key_type= of PKI takes a name such as 'P-256'; got 2048"),
        ({"responder_id": "both"}, ValueError, "responder_id is 'key' or 'name' .*; got 'both'"),
        ({"host": "0.0.0.0"}, ValueError, "'0.0.0.0' is not a loopback address"),
        (
            {"root": "root.pem"},
            TypeError,
            r"root= takes a trustme.CA, or \(certificate, key\) of a CA of your own; got 'root.pem'",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_options_that_cannot_be(options: dict[str, Any], error: type[Exception], sentence: str) -> None:
    """Each wrong option is an error that names the value and what there is instead."""
    with pytest.raises(error, match=sentence):
        PKI(**options)


# Where things are.


def test_files(pki: PKI) -> None:
    """Paths lead to the PEM they name, readable by nobody else, and stay the same."""
    leaf = pki.issue_cert("localhost")
    files = {
        pki.ca_file: pki.root.cert_pem,
        pki.ca.cert_file: pki.ca.cert_pem,
        leaf.cert_file: leaf.cert_pem,
        leaf.chain_file: leaf.cert_pem + pki.ca.cert_pem,
        leaf.key_file: leaf.key_pem,
    }
    assert len(files) == 5
    for path, content in files.items():
        with open(path, "rb") as file:
            assert file.read() == content
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert leaf.key_file in files


def test_dead_and_unresolvable_urls(pki: PKI) -> None:
    """One refuses connections and keeps its port; the other has no address."""
    dead = urlsplit(pki.dead_url)
    assert pki.dead_url == dead.geturl()
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((dead.hostname, dead.port), timeout=30)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((dead.hostname, dead.port))
    # RFC 6761 section 6.4: name resolution of .invalid "SHOULD always return negative responses".
    assert str(urlsplit(pki.unresolvable_url).hostname).endswith(".invalid")


# What becomes of certificates.


def test_revoke_release_forget(pki: PKI) -> None:
    """One leaf through its life, as the responder and the CRL tell it."""
    leaf = pki.issue_cert("localhost")
    assert status(leaf) == "good"
    pki.revoke(leaf, "certificate_hold")
    assert status(leaf) == "revoked"
    assert revoked_serials(pki.ca) == {leaf.serial_number}
    pki.release(leaf)
    assert status(leaf) == "good"
    assert revoked_serials(pki.ca) == set()
    pki.revoke(leaf, x509.ReasonFlags.key_compromise)
    assert status(leaf) == "revoked"
    pki.forget(pki.issue_cert("localhost"))
    pki.forget(leaf)
    assert status(leaf) == "unknown"


def test_many_at_once_by_any_name(pki: PKI) -> None:
    """Leaves, serial numbers, CAs, and mixtures of them, each go to who issued it."""
    leaves = [pki.issue_cert("localhost") for _ in range(3)]
    child = pki.ca.create_child_ca()
    below = child.issue_cert("localhost")
    pki.revoke([leaves[0], leaves[1].serial_number, child, below, pki.ca])
    asked: list[Leaf | CA] = [*leaves, child, below, pki.ca]
    assert list(map(status, asked)) == ["revoked", "revoked", "good", "revoked", "revoked", "revoked"]
    assert revoked_serials(pki.root) == {pki.ca.serial_number}
    assert revoked_serials(child) == {below.serial_number}


NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001 - that is what is wrong with it


def _twice(pki: PKI) -> None:
    for _ in range(2):
        pki.issue_cert("localhost", serial_number=77)


def _server(pki: PKI, **options: Any) -> None:
    pki.tls_server(pki.issue_cert("localhost"), **options)


MISUSES: list[tuple[Callable[[Any, PKI], Any], type[Exception], str]] = [
    (lambda pki, other: pki.issue_cert("https://a/"), ValueError, "'https://a/' is no host name"),
    (lambda pki, other: pki.issue_cert("a@b@c"), ValueError, "'a@b@c' is no"),
    (
        lambda pki, other: pki.issue_cert(1),
        TypeError,
        "identities= of .* takes text, such as 'localhost' or '127.0.0.1'; got 1",
    ),
    (lambda pki, other: pki.issue_cert(), ValueError, "a certificate needs an identity"),
    (lambda pki, other: _twice(pki), ValueError, "77|0x4d"),
    (lambda pki, other: pki.issue_cert("a", not_before=NAIVE), ValueError, "no time zone"),
    (lambda pki, other: pki.issue_cert("a", not_after=NAIVE), ValueError, "no time zone"),
    (lambda pki, other: pki.revoke(1, "boredom"), ValueError, "'boredom'"),
    (lambda pki, other: pki.revoke(1, "remove_from_crl"), ValueError, r"use release\(\)"),
    (lambda pki, other: pki.revoke(1, at=NAIVE), ValueError, "no time zone"),
    (lambda pki, other: pki.revoke(other.issue_cert("a")), ValueError, "belongs to another PKI"),
    (lambda pki, other: pki.ca.revoke(other.issue_cert("a")), ValueError, "was issued by .*; ask its issuer"),
    (lambda pki, other: pki.revoke(pki.root), ValueError, "is a root: nobody is above it"),
    (
        lambda pki, other: pki.revoke("a"),
        TypeError,
        "target= of .* takes a leaf, a CA, a serial number, or a list of them; got 'a'",
    ),
    (
        lambda pki, other: pki.revoke(True),
        TypeError,
        "target= of .* takes a leaf, a CA, a serial number, or a list of them; got True",
    ),
    (lambda pki, other: pki.release(pki.issue_cert("a")), LookupError, "hold"),
    (lambda pki, other: pki.forget(12345), LookupError, "12345|0x3039"),
    (lambda pki, other: pki.ocsp.respond_with(faults.Hang), TypeError, r"is a class; write Hang\(\)"),
    (lambda pki, other: pki.ocsp.respond_with("hang"), TypeError, "takes faults, such as"),
    (lambda pki, other: pki.crl.respond_with(faults.TryLater()), TypeError, "OCSP envelope layer"),
    (lambda pki, other: pki.ocsp.respond_with(to=other.issue_cert("a")), ValueError, "does not answer for"),
    (lambda pki, other: pki.ocsp.respond_with(faults.Refused(), to=1), ValueError, "leave to= out"),
    (lambda pki, other: pki.ocsp.response_for(other.issue_cert("a")), ValueError, "does not answer for"),
    (lambda pki, other: pki.tls_server(), ValueError, "a TLS server needs a certificate"),
    (lambda pki, other: pki.tls_server("localhost"), TypeError, r"tls_server\(\) takes leaves"),
    (lambda pki, other: pki.tls_server(other.issue_cert("a")), ValueError, "belongs to another PKI"),
    (lambda pki, other: _server(pki, handler=print, forward_to=("::1", 1)), ValueError, "give one of them"),
    (lambda pki, other: _server(pki, staple=[faults.Hang()]), TypeError, "transport layer"),
    (lambda pki, other: pki.clock.shift(3600), TypeError, r"shift\(\) takes a timedelta"),
]


@pytest.mark.parametrize(("misuse", "error", "sentence"), MISUSES, ids=[case[2] for case in MISUSES])
def test_misuse(pki: PKI, misuse: Callable[[Any, PKI], Any], error: type[Exception], sentence: str) -> None:
    """Each is a clear error and changes nothing: the PKI goes on as honest as before."""
    with PKI() as other:
        with pytest.raises(error, match=sentence):
            misuse(pki, other)
        assert status(pki.issue_cert("localhost")) == status(other.issue_cert("localhost")) == "good"


# Time.


def test_the_clock_moves_everything(pki: PKI) -> None:
    """Answers, CRLs and revocations follow the PKI's clock; certificates stay valid for the system's too."""
    before, dated_back = pki.clock.now(), timedelta(minutes=10)
    pki.clock.shift(timedelta(days=400))
    leaf = pki.issue_cert("localhost")
    pki.revoke(leaf)
    answer = their_ocsp.load_der_ocsp_response(post(pki.ocsp.url, question(cert_id(leaf))).body)
    crl = x509.load_der_x509_crl(send(pki.crl.url).body)
    for time in (
        answer.this_update_utc,
        answer.revocation_time_utc,
        crl.last_update_utc,
    ):
        assert time is not None
        assert timedelta(days=400) <= time + dated_back - before < timedelta(days=401)
    assert timedelta(days=400) <= pki.crl.requests[0].time - before < timedelta(days=401)
    certificate = leaf.certificate
    assert certificate.not_valid_before_utc < datetime.now(timezone.utc)
    assert certificate.not_valid_after_utc > pki.clock.now()


# Names for people.


def test_representations(pki: PKI) -> None:
    """What a failed assertion shows says what it is, and where."""
    leaf = pki.issue_cert("localhost", "127.0.0.1")
    assert repr(leaf) == f"<Leaf localhost, 127.0.0.1 by {pki.ca.common_name}>"
    assert repr(pki.ca) == f"<CA {pki.ca.common_name}>"
    assert pki.ca.common_name in repr(pki)
    assert pki.ocsp.url.removesuffix("/ocsp") in repr(pki.ocsp)
    with pki.tls_server(leaf) as server:
        assert f"port {server.port}" in repr(server)


# An adopted root.


def adopted(private: Any) -> trustme.CA:
    """A trustme.CA around a key of somebody's own, as from_pem makes it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody's root")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=999))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    pem = private.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return trustme.CA.from_pem(certificate.public_bytes(Encoding.PEM), pem)


# No Edwards curves: trustme does not hand out such a key (it wants the traditional format, which has none).
OTHERS = {
    "trustme": lambda: trustme.CA(),
    "trustme RSA": lambda: trustme.CA(key_type=trustme.KeyType.RSA),
    "P-384": lambda: adopted(key(KeyType.P384)),
    "P-521": lambda: adopted(ec.generate_private_key(ec.SECP521R1())),
    "RSA-1024": lambda: adopted(rsa.generate_private_key(65537, 1024)),
}


@pytest.mark.parametrize("which", OTHERS)
@pytest.mark.parametrize("depth", [0, 1])
def test_an_adopted_root_signs_for_the_pki(which: str, depth: int) -> None:
    """Under a root of trustme, whatever its key, CAs, leaves, answers and CRLs verify; a forgery does not."""
    root = OTHERS[which]()
    own = x509.load_pem_x509_certificate(root.cert_pem.bytes())
    with PKI(root=root, depth=depth, delegated=True) as pki:
        assert pki.root.certificate == own
        leaf = pki.issue_cert("a.example")
        chain = [leaf.certificate, *(one.certificate for one in reversed(pki.cas))]
        for below, above in pairwise(chain):
            below.verify_directly_issued_by(above)
        assert x509.load_der_x509_crl(pki.root.crl.crl()).is_signature_valid(own.public_key())  # type: ignore[arg-type]
        answer = their_ocsp.load_der_ocsp_response(pki.ocsp.response_for(leaf))
        answer.certificates[0].verify_directly_issued_by(pki.ca.certificate)
        forged = x509.load_der_x509_crl(pki.root.crl.crl(faults.Forged()))
        assert not forged.is_signature_valid(own.public_key())  # type: ignore[arg-type]


def test_an_adopted_root_is_trusted_as_trustme_trusts_it() -> None:
    """What the PKI issues is trusted where trustme's root is, and nowhere else."""
    root = trustme.CA()
    with PKI(root=root) as pki:
        leaf = pki.issue_cert("a.example")
        context = SSL.Context(SSL.TLS_METHOD)
        root.configure_trust(context)
        verify = crypto.X509StoreContext
        intermediates = [crypto.X509.from_cryptography(item) for item in leaf.chain[1:]]
        ours = crypto.X509.from_cryptography(leaf.certificate)
        store = context.get_cert_store()
        assert store is not None
        verify(store, ours, intermediates).verify_certificate()
        other = SSL.Context(SSL.TLS_METHOD)
        trustme.CA().configure_trust(other)
        elsewhere = other.get_cert_store()
        assert elsewhere is not None
        with pytest.raises(crypto.X509StoreContextError, match="unable to get"):
            verify(elsewhere, ours, intermediates).verify_certificate()


def test_a_root_that_is_no_trustme_ca() -> None:
    """Anything else as root is a TypeError; a key that cannot sign here is a sentence of its own."""
    with pytest.raises(TypeError, match=r"takes a trustme.CA, or \(certificate, key\) .*; got 'root.pem'"):
        PKI(root="root.pem")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is no key that an authority here can sign with"):
        PKI(root=adopted(dsa.generate_private_key(1024)))
    with pytest.raises(
        ValueError, match=r"trustme does not hand out the key of root=<trustme\.CA .*RSA or EC"
    ):
        PKI(root=adopted(ed25519.Ed25519PrivateKey.generate()))


def test_a_deep_pki_in_a_message() -> None:
    """Its repr is a line at most: the first two and the last CA, and how many there are between them."""
    with PKI(depth=40, root=trustme.CA(organization_name="long " * 99)) as pki:
        said = repr(pki)
        assert len(said) < 300
        assert said.endswith(f"{pki.cas[1].common_name} > 38 more > {pki.ca.common_name}>")
        assert len(repr(pki.root)) < 100
    with PKI(depth=3) as pki:
        assert repr(pki).endswith(": " + " > ".join(ca.common_name for ca in pki.cas) + ">")


# Files for programs.


def verify_with_crls(pki: PKI, leaf: Leaf, crls: str) -> str:
    """What ``openssl verify`` says of a leaf and every CA above it, by CRLs alone."""
    return run(
        need("openssl"), "verify", "-crl_check_all", "-CAfile", pki.ca_file, "-CRLfile", crls,
        "-untrusted", leaf.chain_file, leaf.cert_file,
    ).stderr  # fmt: skip


@pytest.mark.parametrize("publishes", ["immediate", "vault", "lets-encrypt"])
def test_the_crls_of_all_as_a_file(publishes: str, tmp_path: Path) -> None:
    """OpenSSL checks the whole chain by it: good, then revoked; without the root's CRL it cannot."""
    with PKI(depth=2, publishes=publishes) as pki:
        leaf = pki.issue_cert("localhost")
        path = pki.crl_file
        assert verify_with_crls(pki, leaf, path) == ""
        without = tmp_path / "some.pem"
        without.write_bytes(b"".join(ca.crl.pem_of_all() for ca in pki.cas[1:]))
        assert "unable to get certificate CRL" in verify_with_crls(pki, leaf, str(without))
        pki.revoke(leaf)
        if publishes != "immediate":
            pki.crl.publish()
        assert pki.crl_file == path
        assert "certificate revoked" in verify_with_crls(pki, leaf, path)
    with pytest.raises(ValueError, match="this PKI is closed"):
        _ = pki.crl_file
