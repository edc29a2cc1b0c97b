"""`mockpki serve` as a process: how it says that it is ready, what ends it, and what is then left."""

import json
import os
import stat
from pathlib import Path

from tests.kit.asking import send
from tests.kit.serve_process import started


def test_ready(tmp_path: Path) -> None:
    """One line on stdout, and nothing else; the same in a file of its owner's, as long as it runs."""
    file = tmp_path / "ready.json"
    with started("--ready-file", str(file), env={"MOCKPKI_SERVE_SERVICES_PORT": "0"}) as server:
        assert list(server.ready) == ["mockpki", "api", "url", "token", "pid", "services_port", "pkis"]
        assert server.ready["pid"] == server.process.pid
        assert server.ready["token"] is None
        assert file.read_text() == server.line
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert os.listdir(tmp_path) == [file.name]
        assert server.ask("GET", "/health")["status"] == "ok"
        pki = server.make_pki()
        own = f"http://127.0.0.1:{server.ready['services_port']}/"
        assert all(ca["ocsp_url"].startswith(own) for ca in pki["cas"])
        assert send(pki["cas"][0]["ca_issuers_url"]).status == 200
        status, out, said = server.end()
        assert (status, out, said) == (0, "", "")
        assert not file.exists()
        assert json.loads(server.line) == server.ready
