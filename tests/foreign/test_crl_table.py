"""What OpenSSL, the JDK and BouncyCastle make of the CRLs of RFC 5280 section 6.3.3, on the same files."""

import os
import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.kit.crl_cases import CASES, GOOD, REVOKED, UNDETERMINED, Case
from tests.kit.crl_world import NOW, ROOT, crl
from tests.kit.indirect_cases import INDIRECT_CASES, write_indirect_cases
from tests.kit.programs import need, run

BY_NAME = {case.name: case for case in CASES}
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def pem(*issued: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """All of them."""
    return b"".join(one.public_bytes(Encoding.PEM) for one in issued)


def write(case: Case, folder: Path, *more: bytes) -> Path:
    """The certificates and CRLs, with *more* CRLs, as files in *folder*."""
    certificate, ca, root = case.chain
    folder.mkdir(exist_ok=True)
    (folder / "root.pem").write_bytes(pem(root))
    (folder / "ca.pem").write_bytes(pem(ca))
    (folder / "issuers.pem").write_bytes(pem(ca, *(one.certificate for one in case.others)))
    (folder / "cert.pem").write_bytes(pem(certificate))
    (folder / "crls.pem").write_bytes(pem(*map(x509.load_der_x509_crl, (*case.crls(), *more))))
    return folder


# OpenSSL, with its two switches and without.

NOT_BY_OPENSSL = {
    "delta-stale",
    "delta-early",
    "two-deltas",
    "delta-alone",
    "indirect-point-without-that-name",
}
"""Not compared: of these we know only what the RFC says."""

STRICTER_OPENSSL = {
    # The last paragraph of section 6.3.3 is about CRLs "not specified in a distribution point". OpenSSL asks
    # of a CRL that names a distribution point that the certificate names it, too.
    "no-point-named-by-issuer": UNDETERMINED,
    "no-point-named-by-alternative": UNDETERMINED,
    "outside-every-point": UNDETERMINED,
    # A delta CRL that cannot be used ends its search; the RFC leaves the complete one to go by.
    "delta-forged": UNDETERMINED,
    "delta-critical-extension": UNDETERMINED,
    "delta-critical-entry-extension": UNDETERMINED,
    # It looks at a CRL for one distribution point, and the RFC at each that fits for each distribution point.
    "reasons-of-one-list-for-both": UNDETERMINED,
}
"""Where it wants more than the RFC, with both of its switches."""
STRICTER_PLAIN = {"reasons-of-one-list-for-both": UNDETERMINED}
"""The same without them."""


def verify(folder: Path, *switches: str) -> tuple[str, str]:
    """What ``openssl verify`` makes of the files, and all that it says."""
    crls = folder / "crls.pem"
    given = ("-CRLfile", crls) if crls.stat().st_size else ()
    ran = run(
        need("openssl"), "verify", "-no-CAfile", "-no-CApath", "-CAfile", folder / "root.pem",
        "-untrusted", folder / "issuers.pem", "-crl_check", *given, *switches,
        "-attime", int(NOW.timestamp()), folder / "cert.pem",
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    # What it finds wrong on a CRL issuer's path is in what it prints.
    if "[CRL path] error" in said:
        return UNDETERMINED, said
    if ran.returncode == 0:
        return GOOD, said
    # The first of several is why.
    found = re.search(r"error (\d+) at 0 depth lookup", said)
    return REVOKED if found is not None and found[1] == "23" else UNDETERMINED, said


@each
def test_openssl(case: Case, tmp_path: Path) -> None:
    """Without its switches it says what we do without ours, and with them what the RFC says."""
    folder = write(case, tmp_path)
    if case.name != "delta-alone":
        status, said = verify(folder)
        assert status == STRICTER_PLAIN.get(case.name, case.plain), said
    if case.name not in NOT_BY_OPENSSL:
        status, said = verify(folder, "-extended_crl", "-use_deltas")
        assert status == STRICTER_OPENSSL.get(case.name, case.whole), said


# The JDK, which has no such switches.

NOT_BY_JAVA = {
    *(case.name for case in CASES if "delta" in case.name),
    *("released", "newly-revoked", "large-numbers", "critical-entry-extension"),
}
"""Not compared: of these we know only what the RFC says."""

STRICTER_JAVA = {
    # It takes the names of the certificate's issuer for a distribution point where the certificate has none,
    # but not its alternative names.
    "no-point-named-by-alternative": UNDETERMINED,
    "outside-every-point": UNDETERMINED,
    # Section 5.3.1: "The removeFromCRL (8) reasonCode value may only appear in delta CRLs".
    "removed-by-a-complete-one": REVOKED,
    # A distribution point with a cRLIssuer is for indirect CRLs, section 6.3.3 (b) (1); it takes no other CRL
    # than those of distribution points.
    "indirect-in-vain": UNDETERMINED,
    "indirect-in-vain-good": UNDETERMINED,
    "indirect-by-the-issuer-itself": UNDETERMINED,
    # It waits for all nine bits of ReasonFlags, the first of which is called unused.
    "reasons-good": UNDETERMINED,
    "reasons-first-lists": UNDETERMINED,
    "reasons-second-lists": UNDETERMINED,
    "reasons-of-the-list-alone": UNDETERMINED,
    "reasons-in-common": UNDETERMINED,
    "reasons-of-one-list-for-both": UNDETERMINED,
}
"""Where it wants more than the RFC."""


def ask_java(folder: Path, program: str, *options: object) -> dict[str, str]:
    """What the program beside this file makes of each case, and of what honest CRL issuers publish: one
    virtual machine for all."""
    write_indirect_cases(folder, NOW)
    for case in CASES:
        # It looks at the CAs, too.
        write(case, folder / case.name, crl(by=ROOT))
    source = Path(__file__).with_name(program)
    ran = run(need("java"), *options, source, folder, int(NOW.timestamp()), timeout=120)
    assert ran.returncode == 0, ran.stderr
    return dict(line.split("\t") for line in ran.stdout.splitlines())


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The verdicts of the JDK."""
    return ask_java(tmp_path_factory.mktemp("java"), "CrlTable.java")


@each
def test_java(case: Case, java: dict[str, str]) -> None:
    """PKIXRevocationChecker says what the RFC says, or wants more."""
    if case.name in NOT_BY_JAVA:
        assert java[case.name]
    else:
        assert java[case.name] == STRICTER_JAVA.get(case.name, case.whole)


# BouncyCastle, which completes CRLs with delta CRLs.

BOUNCY_CASTLE = Path("/usr/share/java/bcprov.jar")
"""Where Debian has it."""

NOT_BY_BOUNCY = {
    *(case.name for case in CASES if case.name.startswith(("indirect-", "reasons-"))),
    *("released", "newly-revoked", "large-numbers", "next-one-early", "two-deltas", "early", "delta-early"),
    *("delta-for-an-early-base", "delta-by-nobody"),
    *("critical-entry-extension", "delta-critical-entry-extension"),
}
"""Not compared: of these we know only what the RFC says."""

STRICTER_BOUNCY = {
    # It takes the name of the certificate's issuer for a distribution point, but not its alternative names.
    "no-point-named-by-alternative": UNDETERMINED,
    # It wants the complete CRL to be current, too.
    "delta-revives": UNDETERMINED,
    "delta-revives-revoked": UNDETERMINED,
    # A delta CRL that cannot be used ends its search; the RFC leaves the complete one to go by.
    "delta-forged": UNDETERMINED,
    "delta-by-another-key": UNDETERMINED,
    "delta-critical-extension": UNDETERMINED,
}
"""Where it wants more than the RFC."""


@pytest.fixture(scope="module")
def bouncy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The verdicts of BouncyCastle."""
    if not BOUNCY_CASTLE.exists():
        reason = f"{BOUNCY_CASTLE} is not on this machine (Debian: libbcprov-java)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return ask_java(tmp_path_factory.mktemp("bouncy"), "BouncyCrlTable.java", "-cp", BOUNCY_CASTLE)


@each
def test_bouncy_castle(case: Case, bouncy: dict[str, str]) -> None:
    """Its path validation with delta CRLs says what the RFC says, or wants more."""
    if case.name in NOT_BY_BOUNCY:
        assert bouncy[case.name]
    else:
        assert bouncy[case.name] == STRICTER_BOUNCY.get(case.name, case.whole)


@pytest.mark.parametrize(
    ("left_out", "stricter"),
    [
        (NOT_BY_OPENSSL, {**STRICTER_OPENSSL, **STRICTER_PLAIN}),
        (NOT_BY_JAVA, STRICTER_JAVA),
        (NOT_BY_BOUNCY, STRICTER_BOUNCY),
    ],
    ids=["openssl", "java", "bouncy-castle"],
)
def test_the_tables_are_about_cases(left_out: set[str], stricter: dict[str, str]) -> None:
    """No name stands in them that is in no case, none is laxer than the RFC, and most are compared."""
    assert BY_NAME.keys() >= left_out | stricter.keys()
    assert left_out.isdisjoint(stricter)
    assert GOOD not in stricter.values()
    assert len(BY_NAME) - len(left_out) >= 58


# What honest CRL issuers publish.

NOT_BY_BOUNCY_EITHER = {
    *(f"{name}-{which}" for name in ("both", "reasons", "released") for which in ("one", "other")),
    *("one-one", "scheduled-one", "kinds-one", "lets-encrypt-one", "held-one"),
}
"""Not compared: of these we know only what the RFC says."""


def test_honest_crl_issuers_by_openssl(tmp_path: Path) -> None:
    """It tells two certificates with one serial number apart, also by deltas; without its switch, or without
    the CRL issuer's certificate, it says that it cannot know."""
    for name, (whole, without_deltas) in write_indirect_cases(tmp_path, NOW).items():
        folder = tmp_path / name
        status, said = verify(folder, "-extended_crl", "-use_deltas")
        assert status == whole, (name, said)
        assert verify(folder, "-extended_crl")[0] == without_deltas, name
        if name.startswith(("one-", "shards-")):
            assert verify(folder, "-use_deltas")[0] == UNDETERMINED, name
            (folder / "issuers.pem").write_bytes((folder / "ca.pem").read_bytes())
            assert verify(folder, "-extended_crl", "-use_deltas")[0] == UNDETERMINED, name


def test_honest_crl_issuers_by_java(java: dict[str, str]) -> None:
    """So does the JDK, which reads no deltas."""
    for name, case in INDIRECT_CASES.items():
        found = java[f"{name}-one"], java[f"{name}-other"]
        assert found == (case.without_deltas or case.whole), name


def test_honest_crl_issuers_by_bouncy_castle(bouncy: dict[str, str]) -> None:
    """BouncyCastle finds the second entry of a group, and that there is none."""
    compared = []
    for name, case in INDIRECT_CASES.items():
        for which, status in zip(("one", "other"), case.whole, strict=True):
            place = f"{name}-{which}"
            if place not in NOT_BY_BOUNCY_EITHER:
                assert bouncy[place] == status, place
                compared.append(status)
    assert {GOOD, REVOKED} <= set(compared)
