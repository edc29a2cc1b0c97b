"""SCTs of certificates, as OpenSSL judges them."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from mockpki import PKI, Leaf
from mockpki.crlite import CtLog
from tests.kit.logged import Logged, flip_signature
from tests.kit.programs import need, run


def s_client(pki: PKI, tmp_path: Path, log: CtLog, known: CtLog, **bent: Any) -> list[str]:
    """What ``openssl s_client -ct`` says of each SCT of a served certificate, where it *known* a log."""
    at = pki.clock.now() - timedelta(hours=1)
    leaf = pki.issue_cert(
        "localhost", faults=[Logged(pki.ca.signer, log, (at, at - timedelta(days=1)), **bent)]
    )
    (tmp_path / "logs.conf").write_text(known.openssl_config, encoding="ascii")
    return judge(pki, leaf, tmp_path / "logs.conf")


def judge(pki: PKI, leaf: Leaf, logs: Path | str) -> list[str]:
    """What is said of each SCT of *leaf*, and of which log it is, by the file *logs*."""
    with pki.tls_server(leaf) as server:
        where = ("-connect", f"{server.host}:{server.port}", "-servername", "localhost")
        known = ("-ct", "-ctlogfile", logs)
        done = run(need("openssl"), "s_client", *where, "-CAfile", pki.root.cert_file, *known)
    return re.findall(r"SCT validation status: (.+)", done.stdout) + re.findall("Log +: (.+)", done.stdout)


def test_openssl_finds_the_scts_valid(pki: PKI, tmp_path: Path) -> None:
    """Two SCTs of a log in its file are valid, with a bit turned they are not; a strange log is unknown."""
    log = CtLog(name="the log of this test")
    assert s_client(pki, tmp_path, log, log) == ["valid", "valid", log.name, log.name]
    assert s_client(pki, tmp_path, log, log, bent=flip_signature)[:2] == ["invalid", "invalid"]
    assert s_client(pki, tmp_path, log, CtLog())[:2] == ["unknown log", "unknown log"]


def test_openssl_finds_the_scts_of_a_logged_pki_valid() -> None:
    """By the file of its log; to that of another PKI's the log is unknown."""
    with PKI(logged=True) as pki, PKI() as other:
        leaf = pki.issue_cert("localhost")
        assert judge(pki, leaf, pki.ct_log.openssl_file) == ["valid", "valid", *[pki.ct_log.name] * 2]
        assert judge(pki, leaf, other.ct_log.openssl_file)[:2] == ["unknown log"] * 2
