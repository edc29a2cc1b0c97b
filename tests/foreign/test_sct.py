"""SCTs of certificates, as OpenSSL judges them."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from mockpki import PKI
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
    with pki.tls_server(leaf) as server:
        where = ("-connect", f"{server.host}:{server.port}", "-servername", "localhost")
        logs = ("-ct", "-ctlogfile", tmp_path / "logs.conf")
        done = run(need("openssl"), "s_client", *where, "-CAfile", pki.root.cert_file, *logs)
    return re.findall(r"SCT validation status: (.+)", done.stdout) + re.findall("Log +: (.+)", done.stdout)


def test_openssl_finds_the_scts_valid(pki: PKI, tmp_path: Path) -> None:
    """Two SCTs of a log in its file are valid, with a bit turned they are not; a strange log is unknown."""
    log = CtLog(name="the log of this test")
    assert s_client(pki, tmp_path, log, log) == ["valid", "valid", log.name, log.name]
    assert s_client(pki, tmp_path, log, log, bent=flip_signature)[:2] == ["invalid", "invalid"]
    assert s_client(pki, tmp_path, log, CtLog())[:2] == ["unknown log", "unknown log"]
