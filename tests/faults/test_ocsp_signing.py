"""Delegates of every kind, and the certificates that are sent along."""

from datetime import timedelta

import pytest
from cryptography import x509

from mockpki import PKI, faults
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
