"""Whom a client trusts: who accepts a CA that nobody gave it keeps no policy, and is not judged."""

import asyncio
import re
import ssl
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockpki import PKI, relying_party, scenarios
from mockpki._tls.spoken import OWN_HTTP
from mockpki.relying_party import Verdict
from mockpki.scenarios import CONTROL, Outcome, Seen, staged
from mockpki.scenarios.clients._stranger import (
    STRANGER,
    chooses_trust,
    find_misplaced_trust,
    staged_by_stranger,
)
from tests.kit.broken_clients import trusts_anybody
from tests.kit.reference_client import reference

_REFUSED = "not judged: it accepts a certificate by a CA that it does not trust; have it verify the chain"


def _read_pem(path: str) -> list[bytes]:
    return [b64decode(text) for text in re.findall(r"-----\n([^-]+)\n-----END", Path(path).read_text())]


def judges_a_chain(chain_file: str, crl_file: str) -> Verdict:
    """Is given no anchor: the path is valid, and what is asked is whether it was revoked."""
    return relying_party.judge(_read_pem(chain_file), crls=_read_pem(crl_file), policy="soft-fail")


def believes_a_chain(ca_file: str, chain_file: str, crl_file: str) -> Verdict:
    """Is given an anchor, and looks at its name alone."""
    assert Path(ca_file).exists()
    return judges_a_chain(chain_file, crl_file)


def asserts(host: str, port: int, ca_file: str) -> None:
    """Takes for a mistake of the test what is none."""
    assert reference(relying_party.NO_CHECK)(host, port, ca_file, "localhost").accepted


@pytest.mark.parametrize("own", [True, False], ids=["own PKI", "pki="])
@pytest.mark.parametrize("policy", ["no-check", "hard-fail"])
def test_who_trusts_anybody(policy: str, own: bool, pki: PKI) -> None:
    """It is refused in every scenario alike, with what was sent, asked and alerted; its twin is judged."""
    where: dict[str, Any] = {} if own else {"pki": pki}
    good, revoked = scenarios.cases(policy, only=["staple-good", "crl-revoked"])
    for case in (good, revoked):
        with pytest.raises(AssertionError) as caught:
            case.check(trusts_anybody, **where)
        text = str(caught.value)
        assert text.startswith(f"{case.name}: {_REFUSED}")
        for part in (
            STRANGER.sentence,
            "expected: reject, before",
            "none sent; completed",
            "OCSP: not asked",
        ):
            assert part in text
    assert good.check(reference(relying_party.named(policy)), **where).ok
    assert good.check(asserts, **where).ok


@pytest.mark.parametrize("client", [judges_a_chain, believes_a_chain])
def test_files_alone(client: Any) -> None:
    """Who is given files, and no anchor, takes the path for valid; who is given one has to look at it."""
    good, revoked = scenarios.cases("soft-fail,sources=CRL", only=["crl-good", "crl-revoked"])
    for case, accepts in ((good, True), (revoked, False)):
        if client is judges_a_chain:
            assert case.check(client).outcome.accepted is accepts
            continue
        with pytest.raises(AssertionError, match=_REFUSED):
            case.check(client)


def test_trust_of_the_environment(pki: PKI, pki_environ: dict[str, str]) -> None:
    """Who is given no file may have its trust from elsewhere, in a PKI that is given, and is judged."""

    def connect(host: str, port: int) -> Verdict:
        return relying_party.check(host, port, ca=pki_environ["SSL_CERT_FILE"], server_name="localhost")

    (case,) = scenarios.cases("hard-fail", only="ocsp-revoked")
    assert case.check(connect, pki=pki).ok


def test_where_it_is() -> None:
    """Who can go to a PKI can go there: to its address, by its ports, its names and its time."""
    ports = range(40_000, 40_400)
    with PKI(host="localhost", advertise="localhost", ports=ports, ago=timedelta(days=900)) as pki:
        pki.clock.shift(timedelta(days=100))
        with staged(CONTROL, pki) as home, staged_by_stranger(home, OWN_HTTP) as there:
            own, other = home.target, there.target
    assert own.host == other.host
    for url in (own.crl_url, other.crl_url):
        assert urlsplit(url).hostname == "localhost"
    for found in (other.port, urlsplit(other.crl_url).port):
        assert found in ports
    dates = [stage.leaf.certificate.not_valid_before_utc for stage in (home, there)]
    assert abs(dates[0] - dates[1]) < timedelta(days=1)


@pytest.mark.parametrize("verifies", [True, False])
def test_in_another_protocol(verifies: bool) -> None:
    """The stranger speaks it, too, with clients of asyncio, too."""
    (case,) = scenarios.cases("no-check", only="staple-good")

    async def connect(host: str, port: int, ca_file: str) -> None:
        context = ssl.create_default_context(cafile=ca_file)
        if not verifies:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.readexactly(2) == b"go"
        await writer.start_tls(context, server_hostname="localhost")
        assert await reader.readexactly(2) == b"ok"
        writer.close()

    checked = case.check_async(
        connect, handler=lambda sock: sock.sendall(b"ok"), before_tls=lambda sock: sock.sendall(b"go")
    )
    if verifies:
        assert asyncio.run(checked).ok
        return
    with pytest.raises(AssertionError, match=_REFUSED):
        asyncio.run(checked)


def test_who_chooses() -> None:
    """Who comes without TLS, and is told of no anchor, cannot misplace any trust; nor can who rejects."""
    nothing = Seen((), (), ())
    assert not chooses_trust(nothing, ("cert_file", "ocsp_url"))
    assert chooses_trust(nothing, ("cert_file", "truststore"))
    assert find_misplaced_trust(Outcome(True), nothing).startswith("it accepts a certificate by a CA")
    assert find_misplaced_trust(Outcome(False), nothing) == find_misplaced_trust(Outcome(None), nothing) == ""
