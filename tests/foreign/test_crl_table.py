"""What OpenSSL makes of the CRLs of RFC 5280 section 6.3.3, on the same files as our client."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.kit.crl_cases import CASES, GOOD, REVOKED, UNDETERMINED, Case
from tests.kit.crl_world import NOW
from tests.kit.programs import need, run

NOT_COMPARED = {"delta-stale", "delta-early", "two-deltas", "delta-alone", "indirect-point-without-that-name"}
"""Of these we know only what the RFC says."""

STRICTER = {
    # The last paragraph of section 6.3.3 is about CRLs "not specified in a distribution point". OpenSSL asks
    # of a CRL that names a distribution point that the certificate names it, too.
    "no-point-named-by-issuer": UNDETERMINED,
    "no-point-named-by-alternative": UNDETERMINED,
    "outside-every-point": UNDETERMINED,
    # A delta CRL that nobody can believe ends its search; the RFC leaves the complete one to go by.
    "delta-forged": UNDETERMINED,
}
"""Where OpenSSL wants more than the RFC, with both of its switches."""


def pem(*certificates: x509.Certificate) -> bytes:
    """All of them."""
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def verify(case: Case, folder: Path, *switches: str) -> tuple[str, str]:
    """What ``openssl verify`` makes of the certificate, and all that it says."""
    certificate, *between, root = case.chain
    (folder / "root.pem").write_bytes(pem(root))
    (folder / "issuers.pem").write_bytes(pem(*between, *(one.certificate for one in case.others)))
    (folder / "cert.pem").write_bytes(pem(certificate))
    crls = [x509.load_der_x509_crl(der).public_bytes(Encoding.PEM) for der in case.crls()]
    (folder / "crls.pem").write_bytes(b"".join(crls))
    ran = run(
        need("openssl"), "verify", "-no-CAfile", "-no-CApath", "-CAfile", folder / "root.pem",
        "-untrusted", folder / "issuers.pem", "-crl_check",
        *(("-CRLfile", folder / "crls.pem") if crls else ()), *switches,
        "-attime", int(NOW.timestamp()), folder / "cert.pem",
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    # It says what is wrong on a CRL issuer's path, and goes on.
    if ran.returncode == 0 and "[CRL path] error" not in said:
        return GOOD, said
    alone = "error 23 at 0 depth lookup" in said and "[CRL path] error" not in said
    return REVOKED if alone else UNDETERMINED, said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_openssl(case: Case, tmp_path: Path) -> None:
    """Without its switches it says what we do without ours, and with them what the RFC says."""
    if case.name != "delta-alone":
        status, said = verify(case, tmp_path)
        assert status == case.plain, said
    if case.name not in NOT_COMPARED:
        status, said = verify(case, tmp_path, "-extended_crl", "-use_deltas")
        assert status == STRICTER.get(case.name, case.whole), said


def test_the_tables_are_about_cases() -> None:
    """No name stands in them that is in no case."""
    assert {case.name for case in CASES} >= NOT_COMPARED | STRICTER.keys()
