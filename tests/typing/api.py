"""The public API as a type checker sees it: mypy checks this file, and nobody runs it.

A call marked ``type: ignore`` has to be an error: mypy reports an ignore that is not needed.
"""

import ssl
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from cryptography import x509
from OpenSSL import SSL

import mockpki
from mockpki import (
    CA,
    PKI,
    Handshake,
    KeyType,
    Leaf,
    TlsServer,
    crlite,
    faults,
    relying_party,
    scenarios,
    staplers,
)
from mockpki.sequences import EveryNth, FirstN, Flapping, Incoming, Mix

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Older(faults.Timing):
    """A fault of the user's own."""

    by: timedelta

    def __call__(self, honest: faults.Window) -> faults.Window:
        return replace(honest, this_update=honest.this_update - self.by)


@dataclass(frozen=True)
class Wrong(faults.Timing):
    """Gives back another layer's value."""

    def __call__(self, honest: faults.Window) -> bytes:  # type: ignore[override]
        return b""


def the_pki() -> None:
    """Made, asked and controlled."""
    with PKI(depth=2, key_type="RSA-2048", delegated=True, responder_id="name", host="::1") as pki:
        root: CA = pki.root
        cas: tuple[CA, ...] = pki.cas
        path: str = pki.ca_file
        files: tuple[str, str, str] = pki.truststore_file, pki.crl_file, pki.issue_cert("a.test").p12_file
        variables: dict[str, str] = pki.environ()
        pki.issue_cert("a.test", key=pki.issue_cert("a.test").key, subject="CN=a")
        pki.root.create_child_ca(not_before=pki.clock.now(), not_after=pki.clock.now() + DAY, key=b"PEM")
        pki.ocsp.answer_for(root.ocsp)
        pki.reset()
        pki.tls_server(pki.issue_cert("a.test"), chain=[root, root.certificate, root.der])
        pki.clock.shift(DAY)
        now: datetime = pki.clock.now()
        pki.configure_trust(ssl.create_default_context())
        pki.configure_trust(SSL.Context(SSL.TLS_METHOD))
        print(root, cas, path, now, files, variables, KeyType.of("P-256"))
    PKI(depth="2")  # type: ignore[arg-type]
    pki.clock.shift(3)  # type: ignore[arg-type]


def certificates(pki: PKI) -> None:
    """Issued, revoked, released, forgotten."""
    leaf: Leaf = pki.issue_cert(
        "localhost", "127.0.0.1", must_staple=True, not_after=datetime.now(timezone.utc)
    )
    other: Leaf = pki.ca.issue_cert("b.test", ocsp_urls=[pki.dead_url, pki.ocsp.url], serial_number=5)
    child: CA = pki.ca.create_child_ca(key_type="Ed25519")
    own: CA = pki.root.adopt_child_ca("issuing.pem", b"KEY", publishes="immediate")
    pki.revoke(own)
    pki.revoke(leaf, "key_compromise", at=datetime.now(timezone.utc))
    pki.revoke([leaf, other, 5], x509.ReasonFlags.superseded)
    pki.revoke(child)
    pki.release(leaf)
    pki.forget([other, 5])
    files: list[str] = [leaf.cert_file, leaf.key_file, leaf.chain_file]
    leaf.configure_cert(ssl.create_default_context())
    print(files)
    pki.issue_cert(b"localhost")  # type: ignore[arg-type]
    pki.issue_cert("localhost", must_stable=True)  # type: ignore[call-arg]
    pki.revoke("localhost")  # type: ignore[arg-type]
    pki.revoke(leaf, 1)  # type: ignore[arg-type]


def ocsp_answers(pki: PKI, leaf: Leaf) -> None:
    """Every layer but that of CRLs; `to` a leaf, a CA or a serial number."""
    pki.ocsp.respond_with(faults.Stale(by=DAY), faults.BadSignature(), faults.HttpStatus(503), Older(DAY))
    with pki.ocsp.respond_with(faults.Hang(), to=leaf) as service:
        service.assert_asked(leaf, times=1)
    pki.root.ocsp.respond_with(faults.Revoked("ca_compromise"), to=pki.ca)
    pki.ocsp.respond_with(faults.Unknown(), to=5)
    pki.ocsp.script([faults.HttpStatus(503)], [faults.TryLater(), faults.Slow()], [], faults.Refused())
    pki.ocsp.assert_not_asked()
    serials: tuple[int, ...] = pki.ocsp.wait_for_request(timeout=DAY).serials
    der: bytes = pki.ocsp.response_for(
        leaf, Older(DAY), faults.TryLater(), hash_algorithm="sha256", nonce=b"n"
    )
    print(serials, der)
    pki.ocsp.respond_with("stale")  # type: ignore[arg-type]
    pki.ocsp.respond_with(faults.Stale)  # type: ignore[arg-type]
    pki.ocsp.respond_with([faults.Stale()])  # type: ignore[arg-type]
    pki.ocsp.respond_with(faults.Stale(), to="localhost")  # type: ignore[arg-type]
    pki.ocsp.script([faults.Stale])  # type: ignore[list-item]
    pki.ocsp.response_for(leaf, faults.HttpStatus(500))  # type: ignore[arg-type]
    pki.ocsp.response_for(leaf, faults.Hang())  # type: ignore[arg-type]
    pki.ocsp.response_for(leaf, faults.EmptyStaple())  # type: ignore[arg-type]
    pki.ocsp.wait_for_request("5")  # type: ignore[arg-type]
    faults.Stale(by=3)  # type: ignore[arg-type]


def crls_and_files(pki: PKI, leaf: Leaf) -> None:
    """A CRL has no OCSP faults; a file has neither times nor a signer."""
    pki.crl.respond_with(faults.Stale(), faults.WrongSigner(), faults.Garbage(), faults.Close(), Older(DAY))
    pki.crl.script([faults.Reset()], [])
    pki.ca.ca_issuers.respond_with(faults.Garbage(b""), faults.HttpStatus(404), faults.Refused())
    octets: list[bytes] = [pki.crl.crl(faults.Forged()), pki.crl.pem(Older(DAY))]
    print(octets)
    pki.crl.respond_with(faults.TryLater())  # type: ignore[arg-type]
    pki.crl.respond_with(faults.Good())  # type: ignore[arg-type]
    pki.crl.script([faults.TryLater()])  # type: ignore[list-item]
    pki.crl.respond_with(faults.Stale(), to=leaf)
    pki.crl.assert_asked(leaf)
    pki.crl.respond_with(faults.Stale(), to=7.5)  # type: ignore[arg-type]
    pki.crl.crl(faults.HttpStatus(404))  # type: ignore[arg-type]
    pki.ca.ca_issuers.respond_with(faults.Stale())  # type: ignore[arg-type]
    pki.ca.ca_issuers.respond_with(faults.BadSignature())  # type: ignore[arg-type]


def sequences(pki: PKI) -> None:
    """Ready-made, or a function of the request."""
    pki.crl.respond_by(EveryNth(3, [faults.Stale(), faults.Reset()]))
    pki.ca.ca_issuers.respond_by(FirstN(3, faults.Half("reset"), per_client=False))
    with pki.ocsp.respond_by(Flapping(up=2, down=1, faults=faults.TryLater())) as service:
        service.assert_asked(times=3)
    mix = Mix([], faults.Stale(), [faults.TryLater(), faults.SlowBody(DAY)], seed=3)
    seed: int = mix.seed
    pki.ocsp.respond_by(mix)

    def choose(incoming: Incoming) -> list[faults.Revoked]:
        return [faults.Revoked()] if incoming.number > seed or 5 in incoming.serials else []

    pki.ocsp.respond_by(choose)
    pki.ocsp.respond_by(lambda incoming: [faults.Hang()] if incoming.headers else [])
    pki.crl.respond_by(choose)  # type: ignore[arg-type]
    pki.ocsp.respond_by(faults.Stale())  # type: ignore[arg-type]
    EveryNth("3", faults.Stale())  # type: ignore[arg-type]


def tls_servers(pki: PKI, leaf: Leaf, other: Leaf) -> None:
    """Staples in all their forms."""
    with pki.tls_server(leaf, other, staple=[faults.Stale(), faults.TryLater()], client_ca=pki.ca) as server:
        where: tuple[str, int, str] = (server.host, server.port, server.url)
        handshakes: Sequence[Handshake] = server.connections
        print(where, handshakes)
    running: TlsServer = pki.tls_server(leaf, staple=None)
    pki.tls_server(leaf, staple=b"octets", forward_to=("127.0.0.1", 80))
    pki.tls_server(leaf, before_tls=lambda sock: sock.sendall(b"220 go"), resumption=True)
    resumed: bool = server.connections[0].resumed
    pki.tls_server(leaf, staple=lambda leaf: leaf.der)
    pki.tls_server(leaf, staple=[faults.Revoked(), faults.StapleOnIntermediate([faults.Good()])])
    print(running, resumed)
    pki.tls_server(leaf, staple=[faults.HttpStatus(503)])  # type: ignore[list-item]
    pki.tls_server(leaf, staple=[faults.Hang()])  # type: ignore[list-item]
    pki.tls_server("localhost")  # type: ignore[arg-type]
    pki.tls_server(leaf, before_tls="smtp")  # type: ignore[arg-type]


def stapling(pki: PKI, leaf: Leaf) -> None:
    """Policies, varied or by name, and a stapler of one's own."""
    quick = replace(staplers.NGINX, workers=4, error_ttl=DAY)
    with pki.tls_server(leaf, staple=quick) as server:
        share: float = server.stapler.stats.share_stapled
        kinds: list[staplers.Kind] = [event.kind for event in server.stapler.events]
        server.stapler.settle(timeout=DAY)
        print(share, kinds, server.connections[0].staple_reason)
    pki.tls_server(leaf, staple=staplers.Stapler(staplers.named("hitch")))
    pki.tls_server(lambda name: pki.issue_cert(name or "localhost"), staple=staplers.SQUARESPACE)
    staplers.StaplePolicy(trigger="now and then")  # type: ignore[arg-type]
    pki.tls_server(leaf, staple=staplers)  # type: ignore[arg-type]


def judging() -> None:
    """Scenarios, policies and cases."""
    policy = replace(relying_party.HARD_FAIL, sources=("CRL", "OCSP"), whole_chain=False)
    mine = scenarios.Scenario(
        "ocsp-old", "Old.", ocsp=scenarios.Offer(scenarios.Says.UNUSABLE, [faults.Stale()])
    )
    verdict: scenarios.Expected = mine.expected(policy).verdict
    for case in scenarios.cases("soft-fail", only="ocsp-*", table=(*scenarios.TABLE, mine)):
        result: scenarios.Result = case.check(lambda url, ca_file: None, evidence=False)
        awaited: Awaitable[scenarios.Result] = case.check_async(lambda url: None)
        print(awaited)
        print(verdict, result.outcome.accepted, result.seen.asked)
    relying_party.check("127.0.0.1", 443, ca=b"", policy="no-check")
    filters = relying_party.Policy(sources=("CRLite", "OCSP"), filter_confirms=True)
    with PKI(logged=True) as pki:
        for crlite in (pki.crlite, pki.crlite.url, b"", [b""], None):
            relying_party.check("127.0.0.1", 443, ca=b"", policy=filters, crlite=crlite)
    scenarios.Scenario("x", "X.", crlite=scenarios.FilterOffer(scenarios.Says.GOOD, made="with a delta"))
    judged: relying_party.Verdict = relying_party.judge(
        [b""], others=[], crls=[b""], filters=[b""], policy="rfc5280"
    )
    print(judged.status)
    relying_party.judge([b""], crls=["ca.crl"])  # type: ignore[list-item]
    relying_party.Policy(sources=("ocsp",))  # type: ignore[arg-type]
    relying_party.check("127.0.0.1", 443, ca=b"", crlite=3)  # type: ignore[arg-type]
    scenarios.FilterOffer(scenarios.Says.GOOD, made="then")  # type: ignore[arg-type]
    scenarios.parametrize(policy=3)  # type: ignore[arg-type]


def doors(pki: PKI) -> None:
    """Every public module is there once the package is imported, with its types."""
    fault: faults.OCSPFault = mockpki.faults.Stale(by=DAY)
    policy: relying_party.Policy = mockpki.relying_party.HARD_FAIL
    table: Sequence[scenarios.Scenario] = mockpki.scenarios.TABLE
    stapling: staplers.StaplePolicy = mockpki.staplers.NGINX
    first: FirstN = mockpki.sequences.FirstN(2, faults.Hang())
    application = mockpki.wsgi.application(pki)
    print(fault, policy, table, stapling, first, application)
    mockpki.faults.Stale(by=3)  # type: ignore[arg-type]
    mockpki.relying_party.Policy(hard_fail=3)  # type: ignore[arg-type]
    mockpki.scenarios.matching(3)  # type: ignore[arg-type]
    mockpki.staplers.named(3)  # type: ignore[arg-type]
    mockpki.sequences.FirstN("2", faults.Hang())  # type: ignore[arg-type]
    mockpki.wsgi.application(3)  # type: ignore[arg-type]


def filters(issuer: bytes, at: datetime) -> None:
    """Built, asked and written; a log and its timestamps."""
    log: crlite.CtLog = crlite.CtLog(name="a log")
    sct: bytes = log.sct(b"tbs", b"spki", at)
    crlite.scts_extension([sct])
    pair: tuple[bytes, int] = crlite.Sct.parse(sct).log_and_time
    card = crlite.Clubcard.build({issuer: ([1, 2, b"\0\xff"], [2])}, {log.log_id: (0, 9)}, seed=7)
    status: crlite.Status = crlite.Clubcard.parse(card.v3()).status(issuer, 2, [pair])
    crlite.Clubcard.build({issuer: [1, 2]}, {})  # type: ignore[dict-item]
    older: bytes = crlite.cascade({issuer: ([1, 2], [2])}, salt=b"salt").encode()
    print(status, card.v4(), older)


def protocols(case: scenarios.Case, pki: PKI) -> None:
    """What speaks with a client of another protocol than HTTP."""
    done = case.check(lambda url: url, handler=lambda sock: None, before_tls=lambda sock: None)
    print(done.seen.resumed)
    with scenarios.staged(case.scenario, pki, forward_to=("127.0.0.1", 6379)) as stage:
        print(stage.target)
    case.check(lambda url: url, handler="smtp")  # type: ignore[arg-type]
