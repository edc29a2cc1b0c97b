"""SECURITY.md says what the code does."""

import re
from pathlib import Path
from typing import Any

import ecdsa
import pytest

import mockpki
from mockpki import PKI, faults, wsgi
from mockpki._engine import fetch, http, loop, requests
from mockpki._programs import processes
from mockpki._serve import life, limits
from mockpki._serve.settings import Settings
from mockpki._tls import client_hello, connection, forwarding
from mockpki.relying_party import _fetch as relying_party_fetch
from mockpki.relying_party import _filters as relying_party_filters
from tests.kit.staple_reader import capture

PAGE = Path(mockpki.__file__).parent.parent / "SECURITY.md"

if not PAGE.exists():
    pytest.skip("this is not a checkout", allow_module_level=True)

ROWS = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))

LIMITS = {
    "the head of a request, and its trailers": [requests._LONGEST_HEAD],
    "the method of a request": [requests._LONGEST_METHOD],
    "the content of a request to OCSP, CRL and caIssuers services, and through WSGI": [requests.LARGEST],
    "answers that wait for a client who does not read": [http._MOST_UNSENT, http._MOST_STEPS],
    "a ClientHello": [client_hello._LIMIT],
    "what a client sends before there is a staple": [connection._MOST_EARLY],
    "what waits for either side of `forward_to=`": [forwarding._MOST_WAITING],
    "an answer that a stapler reads": [fetch._MOST, fetch._LONGEST_HEAD],
    "an answer that `relying_party` reads": [relying_party_fetch._MAX_BODY],
    "filters that `relying_party` fetches": [relying_party_filters._MOST],
    "`faults.Oversize`": [2**28],
    "what is kept of a program's output": [processes._KEPT],
    "the body of a call to `mockpki serve`": [limits.LARGEST_BODY],
    "the head of a call to it": [limits.LARGEST_HEAD],
    "PKIs that it has, unless `--max-pkis` says otherwise": [Settings().max_pkis],
    "CAs, certificates, TLS servers in one of them": [limits.CAS, limits.CERTIFICATES, limits.SERVERS],
    "requests and handshakes that each service and server there keeps, unless `--journal` says otherwise": [
        Settings().journal
    ],
    "how long a call to it waits, and its connections say nothing": [
        int(limits.LONGEST_WAIT.total_seconds()),
        int(limits.IDLE),
    ],
    "how long it takes to end": [int(life._PATIENCE), int(life._LAST)],
    "a fault, handler or stapler that does not come back, at the end of a test": [int(loop._LAST_PATIENCE)],
}


@pytest.mark.parametrize("what", sorted({*ROWS, *LIMITS} - {"what", "---"}))
def test_each_limit_is_that_of_the_code(what: str) -> None:
    """Every row has its number from the code, and every number of the code its row."""
    numbers = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", ROWS[what])]
    assert numbers == LIMITS[what]


def test_limits_that_stand_twice() -> None:
    """WSGI reads as much as the engine, and the largest Oversize is the largest there is."""
    assert wsgi._MAX_BODY == requests.LARGEST
    assert faults.Oversize(2**28).size == 2**28
    with pytest.raises(ValueError, match="size="):
        faults.Oversize(2**28 + 1)


def test_keys_stand_in_a_folder_of_ones_own() -> None:
    """Mode 0700, and gone with the PKI."""
    with PKI() as pki:
        path = Path(pki.issue_cert("localhost").key_file)
        assert path.parent.stat().st_mode & 0o077 == 0
    assert not path.parent.exists()


def test_where_ecdsa_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """In handshakes of the second TLS server, and nowhere else."""
    used: list[str] = []
    before = ecdsa.SigningKey.sign_digest_deterministic

    def sign(*given: Any, **options: Any) -> Any:
        used.append("ecdsa")
        return before(*given, **options)

    monkeypatch.setattr(ecdsa.SigningKey, "sign_digest_deterministic", sign)
    with PKI(key_type="P-256", delegated=True) as pki:
        leaf = pki.issue_cert("localhost")
        pki.crl.crl()
        for version in ("TLSv1.2", "TLSv1.3"):
            with pki.tls_server(leaf) as server:
                assert capture(pki, server, version).completed
            assert used == []
            with pki.tls_server(leaf, staple=[faults.EmptyStaple()]) as server:
                capture(pki, server, version, verify=False)
            assert set(used) == {"ecdsa"}
            used.clear()
