"""Delegates of every kind, and the certificates that are sent along."""

from datetime import timedelta
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mockpki import PKI, faults
from mockpki._validation.finding import Status, Tolerance
from mockpki._validation.ocsp import read_response
from tests.kit.ocsp_answers import Desk, embedded, evaluate


def test_what_is_sent_along_keeps_its_order(desk: Desk) -> None:
    """Behind the delegate, or before it: the certificates stand as they were named."""
    ca, root = desk.pki.ca.certificate.subject, desk.pki.root.certificate.subject

    def subjects(expression: str) -> list[x509.Name]:
        certificates = embedded(desk.answer(expression))
        return [x509.load_der_x509_certificate(one).subject for one in certificates]

    [own] = subjects("Delegate()")
    assert own not in (ca, root)
    assert subjects("Delegate(), Embed('issuer', 'root')") == [own, ca, root]
    assert subjects("Delegate(), Embed('root', 'issuer', first=True)") == [root, ca, own]


def test_delegates_belong_to_their_own_pki() -> None:
    """Two PKIs in one process: each CA has signed its own delegate, at its own time, and not the other's."""
    with PKI() as one, PKI() as two:
        two.clock.shift(timedelta(days=200))
        certificates = [
            x509.load_der_x509_certificate(
                embedded(pki.ocsp.response_for(pki.issue_cert("localhost"), faults.Delegate()))[0]
            )
            for pki in (one, two)
        ]
        for pki, own, other in zip((one, two), certificates, reversed(certificates), strict=True):
            own.verify_directly_issued_by(pki.ca.certificate)
            with pytest.raises(ValueError, match="does not match certificate issuer"):
                other.verify_directly_issued_by(pki.ca.certificate)
            for now in (pki.clock.now(), pki.clock.system_time()):
                assert own.not_valid_before_utc < now < own.not_valid_after_utc
        assert certificates[0].subject != certificates[1].subject


@pytest.mark.parametrize(
    "before", ["()", "WrongSigner()", "SameName()", "ByRoot()", "Delegate(issuer='child')"]
)
def test_the_authority_in_question_is_never_lost(before: str) -> None:
    """Whoever signs, a delegate too: what comes after it still means the CA that is answered for."""
    with PKI(delegated=True) as pki:
        one = pki.issue_cert("localhost")

        def first(expression: str) -> x509.Certificate:
            chosen = evaluate(before) if before != "()" else ()
            answer = pki.ocsp.response_for(one, *chosen, *evaluate(expression))
            return x509.load_der_x509_certificate(embedded(answer)[0])

        first("Delegate()").verify_directly_issued_by(pki.ca.certificate)
        assert first("Embed('issuer', first=True)").public_key() == pki.ca.certificate.public_key()
        assert first("ByRoot(embed=True)").public_key() == pki.root.certificate.public_key()
        assert first("SameName()").subject == pki.ca.certificate.subject


@pytest.mark.parametrize("expression", ["ByRoot()", "Delegate(issuer='root')", "Embed('root')"])
def test_nothing_is_above_a_root(expression: str) -> None:
    """Where the issuing CA is the root there is no authority above to borrow."""
    with PKI(depth=0) as pki, pytest.raises(ValueError, match="nothing is above it"):
        pki.ocsp.response_for(pki.issue_cert("localhost"), *evaluate(expression))


WORLDS: dict[str, dict[str, Any]] = {
    "issuer": {},
    "delegate": {"delegated": True},
    "by name": {"responder_id": "name"},
    "deep": {"depth": 3},
    "RSA": {"key_type": "RSA-2048"},
    "a root of somebody else's": {"root": True},
}


def world(name: str) -> PKI:
    """A PKI of this kind."""
    options = dict(WORLDS[name])
    return PKI(root=trustme.CA()) if options.pop("root", False) else PKI(**options)


@pytest.mark.parametrize("name", WORLDS)
def test_the_cas_own_certificates_are_sent_octet_for_octet(name: str) -> None:
    """Embed() and ByRoot(embed=True) send what the CA itself has, whoever signs; nothing is made anew."""
    with world(name) as pki:
        one = pki.issue_cert("localhost")

        def sent(expression: str) -> list[bytes]:
            return embedded(pki.ocsp.response_for(one, *evaluate(expression)))

        own, root = pki.ca.der, pki.root.der
        assert sent("ByKey(), Embed('issuer', 'root')")[-2:] == [own, root]
        assert sent("Embed('root', first=True)")[0] == root
        assert sent("ByRoot(embed=True)") == [root]
        for before in ("WrongSigner()", "SameName()", "ByRoot()", "Forged()", "Delegate()"):
            assert sent(f"{before}, Embed('issuer', first=True)")[0] == own
            assert sent(f"{before}, ByRoot(embed=True)") == [root]


@pytest.mark.parametrize("depth", [1, 2])
def test_below_a_child_it_is_the_childs_own(depth: int) -> None:
    """The certificate is that of the CA that is asked, at every depth."""
    with PKI(depth=depth) as pki:
        child = pki.ca.create_child_ca(key_type="P-384")
        one = child.issue_cert("localhost")
        answer = child.ocsp.response_for(one, *evaluate("Embed('issuer', 'root')"))
        assert embedded(answer) == [child.der, pki.root.der]
        copy = child.ocsp.response_for(one, *evaluate("EmbedCopy('issuer')"))
        [certificate] = embedded(copy)
        assert certificate != child.der
        assert x509.load_der_x509_certificate(certificate).issuer == pki.ca.certificate.subject


@pytest.mark.parametrize("whose", ["issuer", "root"])
def test_a_copy_only_looks_like_it(pki: PKI, whose: str) -> None:
    """EmbedCopy() has the names of the CA's certificate, a stranger's key, and the signature of that key."""
    one = pki.issue_cert("localhost")
    own = (pki.ca if whose == "issuer" else pki.root).certificate
    answer = pki.ocsp.response_for(one, *evaluate(f"EmbedCopy({whose!r})"))
    [copy] = [x509.load_der_x509_certificate(der) for der in embedded(answer)]
    assert (copy.subject, copy.issuer) == (own.subject, own.issuer)
    assert copy.public_key() != own.public_key()
    key, real = copy.public_key(), pki.root.certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(real, ec.EllipticCurvePublicKey)
    made = copy.signature, copy.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256())
    key.verify(*made)
    with pytest.raises(InvalidSignature):
        real.verify(*made)
    # Nothing but that is another: the CA has signed, and a client that knows the CA finds the answer good.
    found = read_response(answer, one.certificate, pki.ca.certificate, pki.clock.now(), Tolerance())
    assert found.status is Status.GOOD
    with pytest.raises(ValueError, match="whose='child' is nobody to copy; there are issuer and root"):
        faults.EmbedCopy("child")
