"""Whatever an answer is like: both readers find something in it, or call it unusable. They never fail."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from cryptography import x509
from cryptography.x509.ocsp import load_der_ocsp_response

from mockpki import PKI, Leaf, faults
from mockpki._validation.crl import read_crl
from mockpki._validation.finding import Finding, Status, Tolerance, Unusable, reading
from mockpki._validation.ocsp import read_response
from tests.kit.ocsp_answers import evaluate
from tests.relying_party.kit import CRL_ONLY, check, looked

Reader = Callable[..., Finding]

ODD = [
    "CrlVersion(None)",
    "CrlVersion(0), CrlNumber(-1)",
    "CrlVersion(99)",
    "CrlVersion(None), NoCrlExtensions()",
    "CrlNumber(-1)",
    "CrlNumber(2**200)",
    "CrlNumber(None, critical=True)",
    "Entry(9, 99)",
    "Entry(9, 7), Entry(9, 7)",
    "Entry(0), Entry(-5)",
    "BadTime('this_update', 'thirteenth_month')",
    "BadTime('next_update', 'text')",
    "BadTime('this_update', 'integer')",
    "GeneralizedTime('next_update')",
    "EmptyRevoked()",
    "IssuingDistributionPoint(only_user=True, only_ca=True)",
    "IssuingDistributionPoint(relative_name='x')",
    "SignatureDigest('md5')",
    "MislabelledSignature()",
    "Version(0)",
    "Version(1)",
    "Version(2**70)",
    "OddTime('produced_at', 'offset')",
    "OddTime('this_update', 'no_seconds')",
    "OddTime('next_update', 'utc_time')",
    "CertIDHash('sha512')",
    "UnknownHash('1.2.3')",
    "ResponseStatusNumber(4)",
    "ResponseStatusNumber(17)",
    "ResponseExtension('2.999.7', False), ResponseExtension('2.999.7', True)",
    "ResponseExtension('1.3.6.1.5.5.7.48.1.2', False, b'')",
    "SingleExtension('2.5.29.21', False, b'odd')",
    "Singles(Single('good', timing=NoNextUpdate()), Single('revoked'))",
    "Embed('root', 'child', 'unrelated')",
    "EmbedCopy('root', first=True)",
    "Delegate(tampered='content')",
    "Delegate(key_type='P-192')",
    "Delegate(eku=()), Forged()",
    "Early(by=timedelta(days=100000))",
    "Stale(by=timedelta(days=20000))",
    "SignedGarbage()",
    "SignedTrailingAt((2, 0))",
    "SignedTrailingAt((0,))",
    "TrailingAt(())",
    "Garbage(b'')",
    "Garbage(b'0\\x80')",
    "Garbage(b'0\\x84\\xff\\xff\\xff\\xff')",
    "Pem()",
]
"""Beside every fault as it is made without arguments."""

EXPRESSIONS = [f"{kind.__name__}()" for kind in faults.CATALOGUE] + ODD


@pytest.fixture(scope="module")
def pki() -> Iterator[PKI]:
    """RSA: then every digest can be had."""
    with PKI(key_type="RSA-2048") as pki:
        yield pki


@pytest.fixture(scope="module")
def leaf(pki: PKI) -> Leaf:
    """Revoked, so that entries can be bent."""
    leaf = pki.issue_cert("localhost", key_type="P-256")
    pki.revoke(leaf, "key_compromise")
    return leaf


@pytest.fixture(scope="module")
def scheduled() -> Iterator[PKI]:
    """A CA whose CRLs say what they cover, with deltas."""
    with PKI(publishes="ad-cs-partitioned", ago=timedelta(days=9), key_type="RSA-2048") as pki:
        yield pki


def bend_crls(pki: PKI, scheduled: PKI, leaf: Leaf, bent: tuple[Any, ...]) -> list[bytes]:
    """The CRL with these faults; where they are for those of a schedule, every CRL that can have them."""
    if not any(type(fault).__module__.endswith("._crl_scope") for fault in bent):
        return [pki.crl.crl(*bent)]
    made = []
    for delta in (False, True):
        with contextlib.suppress(ValueError):
            made.append(scheduled.crl.crl(*bent, of=1, delta=delta))
    return made


def read_by(reader: Reader, der: bytes, leaf: Leaf, pki: PKI) -> Finding | Unusable:
    """What *reader* finds, or why it is unusable; every other exception is the test's."""
    try:
        return reader(der, leaf.certificate, pki.ca.certificate, pki.clock.now(), Tolerance())
    except Unusable as unusable:
        return unusable


def can_have(fault: Any, kinds: Any) -> bool:
    """Whether an answer whose faults are of these *kinds* can have it."""
    return isinstance(fault, get_args(kinds))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_bent_answer_is_read_or_unusable(pki: PKI, scheduled: PKI, leaf: Leaf, expression: str) -> None:
    """By both readers, also by the one that it is not meant for; there it is always unusable."""
    bent: tuple[Any, ...] = evaluate(expression)
    made: list[tuple[bytes, Reader, Reader]] = []
    if all(can_have(fault, faults.OCSPBytesFault) for fault in bent):
        made.append((pki.ocsp.response_for(leaf, *bent), read_response, read_crl))
    if all(can_have(fault, faults.CRLBytesFault) for fault in bent):
        crls = bend_crls(pki, scheduled, leaf, bent)
        assert crls
        made += [(crl, read_crl, read_response) for crl in crls]
    for der, its_own, another in made:
        found = read_by(its_own, der, leaf, pki)
        assert isinstance(found, Finding) or (found.word and found.sentence)
        assert isinstance(read_by(another, der, leaf, pki), Unusable)


def test_the_table_bends_both(pki: PKI, leaf: Leaf) -> None:
    """Of what is in it, most can be given to an OCSP answer and many to a CRL; and honest ones are read."""
    for der, reader in ((pki.ocsp.response_for(leaf), read_response), (pki.crl.crl(), read_crl)):
        found = read_by(reader, der, leaf, pki)
        assert isinstance(found, Finding)
        assert found.status is Status.REVOKED
    for kinds, least in ((faults.OCSPBytesFault, 80), (faults.CRLBytesFault, 60)):
        assert sum(all(can_have(one, kinds) for one in evaluate(text)) for text in EXPRESSIONS) >= least


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
@pytest.mark.parametrize("kind", ["OCSP", "CRL"])
def test_any_octet_may_be_another(pki: PKI, leaf: Leaf, kind: str, mask: int) -> None:
    """Wherever an octet is bent nothing breaks; and of those that are signed, nobody takes the answer."""
    if kind == "OCSP":
        honest, reader = pki.ocsp.response_for(leaf, faults.Embed()), read_response
        tbs = load_der_ocsp_response(honest).tbs_response_bytes
    else:
        honest, reader = pki.crl.crl(), read_crl
        tbs = x509.load_der_x509_crl(honest).tbs_certlist_bytes
    signed = range(honest.index(tbs), honest.index(tbs) + len(tbs))
    for at in range(len(honest)):
        bent = honest[:at] + bytes([honest[at] ^ mask]) + honest[at + 1 :]
        found = read_by(reader, bent, leaf, pki)
        assert at not in signed or isinstance(found, Unusable), at


@pytest.mark.parametrize(
    ("bent", "word"),
    [
        ((), "revoked"),
        ((faults.CrlVersion(2),), "unreadable"),
        ((faults.CrlVersion(99), faults.CrlExtension()), "unreadable"),
    ],
)
def test_a_client_goes_on(pki: PKI, leaf: Leaf, bent: tuple[faults.CRLFault, ...], word: str) -> None:
    """A CRL of a version that there is not is unusable to a client, and no error of its own; v2 is read."""
    with pki.crl.respond_with(*bent):
        hard, soft = (check(pki, leaf, replace(CRL_ONLY, hard_fail=hard))[0] for hard in (True, False))
    assert looked(hard)[-1] == looked(soft)[-1] == ("CRL", word)
    assert (hard.accepted, soft.accepted) == (False, bool(bent))


def test_reading_lets_through_what_is_known() -> None:
    """What *cryptography* raises is unusable; Unusable itself, and what the caller knows, pass."""
    for error in (x509.InvalidVersion("odd", 9), IndexError(), OverflowError("far"), RuntimeError("x")):
        with pytest.raises(Unusable, match="it cannot be read") as caught, reading():
            raise error
        assert caught.value.word == "unreadable"
        assert caught.value.__cause__ is error
    with pytest.raises(Unusable, match=r"^because$"), reading():
        raise Unusable("so", "because")
    with pytest.raises(KeyError), reading(KeyError):
        raise KeyError("mine")
    with pytest.raises(KeyboardInterrupt), reading():
        raise KeyboardInterrupt
