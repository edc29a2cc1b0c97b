"""Judgements without a network: what RFC 5280 section 6.3.3 says in a hundred situations, and arguments."""

import re
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mockpki import PKI, faults, relying_party
from mockpki.relying_party import HARD_FAIL, RFC5280, SOFT_FAIL, Policy, Status
from tests.kit.crl_cases import CASES, FOR_CA, GOOD, NEWER, REVOKED, UNDETERMINED, Case
from tests.kit.crl_world import (
    CA,
    CRL_ISSUER,
    LISTED,
    NEW_KEY,
    NOW,
    ROOT,
    A,
    Entry,
    Flags,
    crl,
    leaf,
    point,
    scope,
    url,
)

PLAIN = Policy(sources=("CRL",))
WHOLE = replace(PLAIN, use_deltas=True, extended_crls=True)
ROOTS = crl(by=ROOT)
"""By which every CA and CRL issuer is good."""


def test_the_table() -> None:
    """No name stands twice in it, and each status is there often."""
    assert len({case.name for case in CASES}) == len(CASES) >= 58
    for status in (GOOD, REVOKED, UNDETERMINED):
        assert sum(case.whole == status for case in CASES) >= 20
    assert sum(case.whole != case.plain for case in CASES) >= 20


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    """The client finds what is written there, with both of its switches and with none; in any order."""
    others = [one.certificate for one in case.others]
    crls = [*case.crls(), ROOTS]
    for policy, status in ((WHOLE, case.whole), (PLAIN, case.plain)):
        for given in (crls, crls[::-1]):
            verdict = relying_party.judge(case.chain, others=others, crls=given, at=NOW, policy=policy)
            assert verdict.status == status, (policy, str(verdict))
            assert verdict.accepted == (status != REVOKED)
            hard = replace(policy, hard_fail=True)
            verdict = relying_party.judge(case.chain, others=others, crls=given, at=NOW, policy=hard)
            assert verdict.accepted == (status == GOOD), str(verdict)


class TestSwitches:
    """One at a time."""

    @pytest.mark.parametrize(
        ("name", "use_deltas", "extended_crls"),
        [
            ("delta-revoked", True, False),
            ("delta-released", True, False),
            ("delta-revives", True, False),
            ("indirect-revoked", False, True),
            ("reasons-good", False, True),
            ("new-key-revoked", False, True),
            ("outside-every-point", False, True),
            ("indirect-delta", True, True),
        ],
    )
    def test_each(self, name: str, use_deltas: bool, extended_crls: bool) -> None:
        """What needs one of them needs no other, and cannot do without it."""
        (case,) = [one for one in CASES if one.name == name]
        for deltas in (False, True):
            for extended in (False, True):
                policy = replace(PLAIN, use_deltas=deltas, extended_crls=extended)
                verdict = relying_party.judge(
                    case.chain, others=[CRL_ISSUER.certificate, NEW_KEY.certificate],
                    crls=[*case.crls(), ROOTS], at=NOW, policy=policy,
                )  # fmt: skip
                enough = deltas >= use_deltas and extended >= extended_crls
                assert (verdict.status == case.whole) == enough, str(verdict)

    def test_named(self) -> None:
        """The policy of the RFC's name has both, and rejects where nothing could tell."""
        assert replace(HARD_FAIL, use_deltas=True, extended_crls=True) == RFC5280
        assert relying_party.named("rfc5280") is RFC5280


class TestCRLIssuer:
    """The issuer of a CRL is itself judged, as the policy says."""

    INDIRECT = point(url("i"), crl_issuer="CRL Issuer")

    @pytest.mark.parametrize(
        ("roots", "accepted"),
        [([ROOTS], True), ([crl(Entry(0x2004), by=ROOT)], False)],
        ids=["good", "revoked"],
    )
    def test_revoked(self, roots: list[bytes], accepted: bool) -> None:
        """What a revoked one has signed tells nothing; and its own CRL was looked at."""
        verdict = relying_party.judge(
            [leaf(self.INDIRECT), CA.certificate, ROOT.certificate], others=[CRL_ISSUER.certificate],
            crls=[crl(by=CRL_ISSUER, idp=scope(url("i"), indirect=True)), *roots], at=NOW,
            policy=replace(WHOLE, hard_fail=True),
        )  # fmt: skip
        assert verdict.accepted == accepted, str(verdict)
        assert "CRL Issuer" in {look.certificate for look in verdict.fetched}

    def test_it_cannot_vouch_for_itself(self) -> None:
        """A CRL issuer whose own status is in its own CRL alone is believed by nobody, and nothing hangs."""
        own = x509.CRLDistributionPoints([self.INDIRECT])
        circular = replace(CRL_ISSUER, more=(own,))
        for roots, accepted in ((crl(by=ROOT, idp=scope(cas=True)), False), (ROOTS, True)):
            verdict = relying_party.judge(
                [leaf(self.INDIRECT), CA.certificate, ROOT.certificate],
                others=[circular.certificate],
                crls=[crl(by=CRL_ISSUER, idp=scope(url("i"), indirect=True)), roots],
                at=NOW, policy=replace(WHOLE, hard_fail=True),
            )  # fmt: skip
            assert verdict.accepted == accepted, str(verdict)

    def test_not_even_where_nothing_has_to_be_told(self) -> None:
        """A CRL issuer's CRL is no word about the CRL issuer itself, under no policy."""
        own = x509.CRLDistributionPoints([self.INDIRECT])
        about = replace(CRL_ISSUER, more=(own,)).certificate
        of_its_own = crl(by=CRL_ISSUER, idp=scope(url("i"), indirect=True))
        of_another = crl(by=CA, idp=scope(url("i"), indirect=True))
        for given, status in (
            (of_its_own, Status.UNDETERMINED),
            (of_another, Status.UNDETERMINED),
            (ROOTS, Status.GOOD),
        ):
            verdict = relying_party.judge(
                [about, ROOT.certificate], others=[about], crls=[given], at=NOW, policy=WHOLE
            )
            assert verdict.status is status, str(verdict)


class TestAnswers:
    """Staples and OCSP answers may be given, too."""

    def test_each(self, pki: PKI) -> None:
        """Each source is read where the policy looks at it; what is about another certificate is left out."""
        good, revoked = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        pki.revoke(revoked)
        ocsp = [
            pki.ocsp.response_for(good),
            pki.ocsp.response_for(revoked),
            pki.root.ocsp.response_for(pki.ca),
        ]
        crls = [pki.crl.crl(), pki.root.crl.crl()]
        for one, status in ((good, Status.GOOD), (revoked, Status.REVOKED)):
            chain = [one.der, pki.ca.der, pki.root.der]
            by_ocsp = relying_party.judge(chain, ocsp=ocsp)
            by_crl = relying_party.judge(chain, crls=crls, policy="soft-fail")
            stapled = relying_party.judge(
                chain, staple=pki.ocsp.response_for(one), ocsp=ocsp[2:], policy=HARD_FAIL
            )
            for verdict in (by_ocsp, by_crl, stapled):
                assert (verdict.status, verdict.accepted) == (status, status is Status.GOOD), str(verdict)
            assert {look.url for look in by_ocsp.fetched} == {None}
            assert "wrong certificate" not in {look.outcome for look in by_ocsp.fetched}

    def test_nothing_could_tell(self, pki: PKI) -> None:
        """Then the status is undetermined, and why each answer was no use is told."""
        one, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        chain = [one.certificate, pki.ca.certificate, pki.root.certificate]
        cases: list[tuple[dict[str, Any], list[str]]] = [
            ({}, []),
            ({"ocsp": [pki.ocsp.response_for(other)]}, ["wrong certificate"]),
            ({"ocsp": [b"?"]}, ["unreadable"]),
            ({"crls": [b"?"]}, ["unreadable"]),
            ({"crls": [pki.root.crl.crl()]}, ["wrong signer"]),
            ({"crls": [pki.crl.crl(faults.Stale())]}, ["stale"]),
        ]
        for given, words in cases:
            verdict = relying_party.judge(chain, **given, policy=SOFT_FAIL)
            assert (verdict.status, verdict.accepted) == (Status.UNDETERMINED, True)
            found = [
                look.outcome for look in verdict.fetched if look.certificate == verdict.fetched[0].certificate
            ]
            assert found == ["no staple", *words]
            assert not relying_party.judge(chain, **given, policy=HARD_FAIL).accepted

    def test_no_source(self) -> None:
        """A certificate that names none, and for which none is given, passes where the policy says so."""
        chain = [leaf(), CA.certificate, ROOT.certificate]
        assert relying_party.judge(chain, at=NOW, policy=RFC5280).accepted
        strict = replace(RFC5280, sourceless_passes=False)
        assert not relying_party.judge(chain, at=NOW, policy=strict).accepted
        # One that is given is a source.
        assert not relying_party.judge(chain, crls=[crl(signed_with="?")], at=NOW, policy=RFC5280).accepted


def test_what_a_delta_did_is_told() -> None:
    """Both CRLs stand in the verdict, the complete one first, with what they come to together."""
    crls = [crl(LISTED), crl(base=5, number=6, times=NEWER), ROOTS]
    chain = [leaf(A, freshest=True), CA.certificate, ROOT.certificate]
    verdict = relying_party.judge(chain, crls=crls, at=NOW, policy="rfc5280")
    first, second, *_ = [look for look in verdict.fetched if look.source == "CRL"]
    assert (first.outcome, second.outcome) == ("revoked", "revoked")
    assert second.sentence.startswith("delta CRL 6, for CRL 5 or later; together: revoked at ")
    stale = relying_party.judge(
        chain, crls=[crl(base=5, number=6, signed_with="?"), crls[0]], at=NOW, policy=RFC5280
    )
    words = [(look.outcome, look.sentence) for look in stale.fetched if look.source == "CRL"]
    assert words[1] == (
        "bad signature",
        "as a delta CRL: its signature is not that of the complete CRL's issuer",
    )


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"chain": []}, ValueError, "chain= is empty"),
        ({"chain": [b"?"]}, ValueError, "cryptography does not read this certificate"),
        (
            {"chain": ["leaf.pem"]},
            TypeError,
            "chain= takes certificates of cryptography, or DER as bytes; got",
        ),
        ({"chain": b"?"}, TypeError, "chain= takes several, such as a list; got"),
        ({"others": [1]}, TypeError, "others= takes certificates"),
        ({"crls": ROOTS}, TypeError, "crls= takes several"),
        ({"crls": ["x"]}, TypeError, "crls= takes DER as bytes; got 'x'"),
        ({"ocsp": [None]}, TypeError, "ocsp= takes DER as bytes; got None"),
        ({"staple": "x"}, TypeError, "staple= takes DER as bytes; got 'x'"),
        ({"at": NOW.replace(tzinfo=None)}, ValueError, "has no time zone"),
        ({"policy": "rfc-5280"}, LookupError, "there is no policy 'rfc-5280'; did you mean rfc5280"),
    ],
)
def test_arguments(arguments: dict[str, Any], kind: type[Exception], sentence: str) -> None:
    """What makes no sense is refused with a sentence."""
    chain = arguments.pop("chain", [CA.certificate, ROOT.certificate.public_bytes(Encoding.DER)])
    with pytest.raises(kind, match=sentence):
        relying_party.judge(chain, **arguments)


BAD_NAMES = bytes.fromhex("3004a3023000")  # an x400Address, which cryptography has no type for


@pytest.mark.parametrize(
    ("oid", "octets"),
    [
        ("1.3.6.1.5.5.7.1.1", b"\x30\x03\x02\x01"),
        ("2.5.29.31", b"no DER"),
        ("1.3.6.1.5.5.7.1.24", b"\xff"),
        ("2.5.29.15", b"\xff"),
        ("2.5.29.18", BAD_NAMES),
    ],
    ids=["authorityInfoAccess", "cRLDistributionPoints", "TLS feature", "keyUsage", "issuerAltName"],
)
def test_unreadable_extensions(oid: str, octets: bytes, pki: PKI) -> None:
    """A certificate whose extensions cannot be read is rejected with the reason, wherever it stands; of
    others beside the chain it is nobody's. A policy that looks at nothing does not look there."""
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), octets)
    leaf = pki.issue_cert("localhost", extensions=[odd], ocsp_urls=[], crl_urls=[], ca_issuers_urls=[])
    good, anchor = pki.issue_cert("localhost"), [pki.ca.der, pki.root.der]
    for policy in ("soft-fail", "hard-fail", "must-staple", "rfc5280"):
        for chain in ([leaf.der, *anchor], [leaf.der, pki.ca.der]):
            found = relying_party.judge(chain, crls=[pki.crl.crl()], policy=policy)
            assert (found.accepted, found.status) == (False, Status.UNDETERMINED)
            assert re.search(r"leaf .*: it cannot be read: .* \(its extensions\)$", found.reasons[0])
        above = relying_party.judge([good.der, leaf.der, pki.root.der], policy=replace(SOFT_FAIL))
        assert (above.accepted, len(above.reasons)) == (False, 1)
        crls = [pki.crl.crl(), pki.root.crl.crl()]
        for whole in ([good.der, pki.ca.der, pki.root.der], [good.der, pki.ca.der, leaf.der]):
            given = relying_party.judge(whole, others=[leaf.der], crls=crls, policy=policy)
            assert given.accepted is (whole[-1] == pki.root.der or policy in ("soft-fail", "must-staple"))
    assert relying_party.judge([leaf.der, *anchor], policy="no-check").accepted


def test_a_trusted_certificate() -> None:
    """An anchor alone is itself trusted."""
    verdict = relying_party.judge([ROOT.certificate])
    assert (verdict.accepted, verdict.reasons) == (True, ("the certificate is itself trusted",))


class TestBent:
    """Octets that are not as they were: nothing breaks, and nobody believes them."""

    WHERE = point(url("i"), crl_issuer="CRL Issuer")
    SCOPE = scope(url("i"), indirect=True)
    BASE: ClassVar[dict[str, Any]] = {"by": CRL_ISSUER, "idp": SCOPE}
    HOLD = replace(FOR_CA, reason=Flags.certificate_hold)
    RELEASE = replace(FOR_CA, reason=Flags.remove_from_crl)

    def judge(self, complete: bytes, delta: bytes) -> str:
        """What an indirect CRL and a delta CRL come to."""
        verdict = relying_party.judge(
            [leaf(self.WHERE, freshest=True), CA.certificate, ROOT.certificate],
            others=[CRL_ISSUER.certificate], crls=[complete, delta, ROOTS], at=NOW, policy=WHOLE,
        )  # fmt: skip
        return verdict.status

    @pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
    def test_any_octet(self, mask: int) -> None:
        """Without the complete CRL nothing is known, and without the delta CRL what stands there."""
        complete = crl(self.HOLD, **self.BASE)
        delta = crl(self.RELEASE, base=5, number=6, times=NEWER, **self.BASE)
        assert self.judge(complete, delta) == GOOD
        for honest, is_delta, status in ((complete, False, UNDETERMINED), (delta, True, REVOKED)):
            tbs = x509.load_der_x509_crl(honest).tbs_certlist_bytes
            signed = range(honest.index(tbs), honest.index(tbs) + len(tbs))
            for at in range(len(honest)):
                bent = honest[:at] + bytes([honest[at] ^ mask]) + honest[at + 1 :]
                found = self.judge(complete, bent) if is_delta else self.judge(bent, delta)
                # What is not signed may say the same in another way.
                assert found == status or (found == GOOD and at not in signed), at
