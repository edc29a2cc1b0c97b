"""What openssl and GnuTLS make of faults of an OCSP answer, where RFC 6960 leaves one answer."""

from pathlib import Path
from typing import NamedTuple

import pytest

from mockpki import PKI
from tests.kit.ocsp_answers import evaluate
from tests.kit.programs import need, run

# Where the RFC leaves one answer, and two programs that share no code with us give it.


class Case(NamedTuple):
    """A fault, its harmless twin, the clause, and why `openssl ocsp` and GnuTLS say no."""

    fault: str
    twin: str
    clause: str
    openssl: str
    gnutls: str


SIGNATURE, DELEGATION = "RFC 6960 section 3.2, check 2", "RFC 6960 section 4.2.2.2"
BROKEN, UNTRUSTED = "signature failure", "certificate verify error"
CASES = [
    Case("BadSignature()", "ByKey()", SIGNATURE, BROKEN, "Signature failure"),
    Case("Forged()", "ByKey()", SIGNATURE, BROKEN, "Signature failure"),
    Case("Delegate(), Forged()", "Delegate()", SIGNATURE, BROKEN, "Signature failure"),
    Case("WrongSigner(embed=True)", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("SameName()", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("Delegate(eku=())", "Delegate()", DELEGATION, "missing ocspsigning usage", "keyusage error"),
    Case("Delegate(eku=('client_auth',))", "Delegate()", DELEGATION, "missing ocspsigning usage", ""),
    Case("Delegate(eku=('1.3.6.1.5.5.7.3',))", "Delegate()", DELEGATION, "missing ocspsigning usage", ""),
    Case("Delegate(issuer='stranger')", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("Delegate(issuer='spoof')", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("Delegate(issuer='root')", "Delegate()", DELEGATION, "root ca not trusted", "not trusted"),
    Case("Delegate(tampered='signature')", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case("Delegate(tampered='content')", "Delegate()", DELEGATION, UNTRUSTED, "not trusted"),
    Case(
        "Delegate(not_after=timedelta(days=-1))", "Delegate()", "RFC 5280 section 6.1.3 (a)(2)",
        "certificate has expired", "expired",
    ),
    Case(
        "OddTime('this_update', 'utc_time')", "ByKey()", "RFC 6960 section 4.2.1, thisUpdate GeneralizedTime",
        "wrong tag", "Error in TAG",
    ),
    Case("SignedGarbage()", "ByKey()", "RFC 6960 section 4.2.1, tbsResponseData", "asn1", "ASN1 parser"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{case.fault}: {case.clause}" for case in CASES])
def test_verifiers_agree_where_the_rfc_leaves_no_choice(case: Case, tmp_path: Path) -> None:
    """Both accept the twin; both refuse the fault, each for the reason that the clause gives."""
    openssl, ocsptool = need("openssl"), need("ocsptool")
    answer, issuer = tmp_path / "answer.der", tmp_path / "issuer.pem"
    # GnuTLS takes the CA as the signer itself, or as the one who has certified the signer.
    role = "--load-trust" if case.twin == "Delegate()" else "--load-signer"
    with PKI() as pki:
        one = pki.issue_cert("localhost")
        issuer.write_bytes(pki.ca.cert_pem)

        def say(expression: str) -> tuple[str, int, str]:
            answer.write_bytes(pki.ocsp.response_for(one, *evaluate(expression)))
            first = run(
                openssl, "ocsp", "-respin", answer, "-issuer", issuer, "-cert", one.cert_file,
                "-CAfile", pki.ca_file, "-no_nonce",
            )  # fmt: skip
            second = run(ocsptool, "--verify-response", "--inder", "--load-response", answer, role, issuer)
            return first.stdout + first.stderr, second.returncode, second.stdout + second.stderr

        said, code, also_said = say(case.twin)
        assert "Response verify OK" in said
        assert f"{one.cert_file}: good" in said
        assert (code, "Success" in also_said) == (0, True)
        said, code, also_said = say(case.fault)
        assert "Response verify OK" not in said
        assert case.openssl in said
        assert code != 0
        assert case.gnutls in also_said
