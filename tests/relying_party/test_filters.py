"""CRLite as a source: what filters say, when they say nothing, and who then has the word."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from mockpki import PKI, Leaf, faults, relying_party
from mockpki.crlite import Clubcard, spki_hash
from mockpki.relying_party import Policy, Source, Status
from tests.relying_party.kit import looked

CRLITE = Policy(sources=("CRLite", "staple", "OCSP"))
ENFORCE = replace(CRLITE, hard_fail=True, sourceless_passes=True)
CONFIRM = replace(ENFORCE, filter_confirms=True)
DAY = timedelta(days=1)
NOW = datetime.now(timezone.utc)


class World:
    """A logged PKI whose filter knows some certificates, of which the second is revoked, the third since."""

    def __init__(self, pki: PKI) -> None:
        self.pki = pki
        self.good, self.revoked, self.new, self.old = (
            pki.issue_cert("localhost", logged_at=NOW - age)
            for age in (DAY, DAY, DAY, 12 * DAY)
        )  # fmt: skip
        self.unlogged = pki.issue_cert("localhost", logged=False)
        self.sourceless = pki.issue_cert("localhost", logged=False, ocsp_urls=[], crl_urls=[])
        self.bare = pki.issue_cert("localhost", logged_at=NOW - DAY, ocsp_urls=[], crl_urls=[])
        ended = (NOW - 30 * DAY, NOW - timedelta(hours=1))
        self.expired = pki.issue_cert(
            "localhost", not_before=ended[0], not_after=ended[1], logged_at=NOW - 20 * DAY
        )
        self.full = self.build([self.revoked]).v3()
        self.delta = self.build([self.new]).v4()

    def build(self, revoked: Sequence[Leaf], until: datetime = NOW) -> Clubcard:
        """The filter of the logged ones, of whom these are *revoked*."""
        known = [self.good, self.revoked, self.new, self.old, self.bare]
        serials = [[leaf.serial_number for leaf in leaves] for leaves in (known, revoked)]
        coverage = {self.pki.ct_log.log_id: (0, round(until.timestamp() * 1000))}
        return Clubcard.build({spki_hash(self.pki.ca): (serials[0], serials[1])}, coverage)

    def judge(self, leaf: Leaf, filters: Sequence[bytes], policy: Policy = ENFORCE, **given: Any) -> Any:
        """The verdict without a network. The CA above is good by OCSP."""
        chain = [leaf.der, self.pki.ca.der, self.pki.root.der]
        above = self.pki.root.ocsp.response_for(self.pki.ca)
        given = {"ocsp": [above, *given.pop("ocsp", ())], **given}
        return relying_party.judge(chain, filters=filters, policy=policy, **given)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all: its certificates never change."""
    with PKI(logged=True) as pki:
        yield World(pki)


class TestWhatFiltersSay:
    def test_the_word_of_filters(self, world: World) -> None:
        """Good ends the search, revoked of any filter rejects, in whichever order; nobody is asked."""
        both, none = [world.full, world.delta], [world.build([]).v3()]
        for leaf, filters, status in (
            (world.good, both, Status.GOOD),
            (world.good, both[::-1], Status.GOOD),
            (world.revoked, both, Status.REVOKED),
            (world.revoked, none, Status.GOOD),
            (world.new, both, Status.REVOKED),
            (world.new, both[::-1], Status.REVOKED),
            (world.new, both[:1], Status.GOOD),
            (world.bare, both, Status.GOOD),
        ):
            verdict = world.judge(leaf, filters)
            assert (verdict.status, verdict.accepted) == (status, status is Status.GOOD), str(verdict)
            assert looked(verdict) == [("CRLite", status)]
            assert f"CRLite says {status}" in verdict.reasons[0] or verdict.accepted

    def test_when_they_say_nothing(self, world: World) -> None:
        """The next source has the word, good or revoked; the reason is told."""
        late = timedelta(days=100)
        foreign = Clubcard.build({bytes(32): ([1], [1])}, {world.pki.ct_log.log_id: (0, 1 << 60)}).v3()
        not_covering = world.build([world.revoked], NOW - 3 * DAY).v3()
        for leaf, filters, at, word in (
            (world.unlogged, [world.full, world.delta], NOW, "not covered"),
            (world.revoked, [not_covering], NOW, "not covered"),
            (world.revoked, [faults.MissingLog()(world.build([world.revoked])).v3()], NOW, "not covered"),
            (world.revoked, [foreign], NOW, "not enrolled"),
            (world.revoked, [foreign, not_covering], NOW, "not enrolled"),
            (world.expired, [world.full], NOW, "expired"),
            (world.revoked, [], NOW, "no filter"),
            (world.revoked, [world.full], NOW + 11 * DAY, "stale"),
            (world.revoked, [world.build([world.revoked], NOW - 11 * DAY).v3()], NOW, "stale"),
            (world.revoked, [faults.FilterVersion(9)(world.build([world.revoked])).v3()], NOW, "unreadable"),
            (world.revoked, [world.full, world.delta[:-1]], NOW, "unreadable"),
            (world.revoked, [b""], NOW, "unreadable"),
        ):
            policy = replace(ENFORCE, sources=("CRLite", "OCSP"), max_age=None, whole_chain=False)
            for bent, status in (([], Status.GOOD), ([faults.Revoked()], Status.REVOKED)):
                answer = world.pki.ocsp.response_for(leaf, *bent)
                soon = replace(
                    policy, clock_skew=late
                )  # so that the answer can be used at each of these times
                verdict = world.judge(leaf, filters, soon, ocsp=[answer], at=at)
                assert looked(verdict) == [("CRLite", word), ("OCSP", status)], str(verdict)
                assert verdict.accepted == (status is Status.GOOD)

    def test_age(self, world: World) -> None:
        """What a filter covers tells its age; one that says to cover all times has none."""
        # Tests may be read long before they are run, and the answers are of now.
        now = datetime.now(timezone.utc)
        for age, accepted in ((timedelta(days=9), True), (timedelta(days=11), False)):
            filters = [world.build([], NOW - age).v3()]
            assert world.judge(world.old, filters, at=now).accepted == accepted
            assert world.judge(world.old, filters, replace(ENFORCE, filter_max_age=20 * DAY), at=now).accepted
        timeless = faults.Coverage()(world.build([], NOW - 20 * DAY)).v3()
        assert world.judge(world.old, [timeless], at=now).accepted

    def test_is_there_a_source(self, world: World) -> None:
        """A certificate that filters do not speak of has no source in them; broken ones are one of no use."""
        broken = [world.full[:-1]]
        hard = replace(ENFORCE, sources=("CRLite",), whole_chain=False)
        for leaf, filters, accepted in (
            (world.sourceless, [world.full], True),
            (world.bare, [], True),
            (world.bare, [world.full], True),
            (world.bare, broken, False),
        ):
            verdict = world.judge(leaf, filters, hard)
            assert verdict.accepted == accepted, str(verdict)
            soft = replace(hard, hard_fail=False)
            assert world.judge(leaf, filters, soft).accepted
            assert world.judge(leaf, filters, replace(soft, unusable_rejects=True)).accepted == accepted

    def test_the_leaf_alone(self, world: World) -> None:
        """A CA is not looked for in filters, which know end entities; OCSP has the word on it."""
        verdict = world.judge(world.good, [world.full])
        assert [(one.source, one.certificate) for one in verdict.fetched] == [
            ("CRLite", verdict.fetched[0].certificate),
            ("OCSP", world.pki.ca.common_name),
        ]


class TestConfirmation:
    def test_ocsp_has_the_last_word(self, world: World) -> None:
        """To confirm revoked, OCSP's answer counts, and without one it rejects. CRLs are passed over."""
        everything: tuple[Source, ...] = ("CRLite", "CRL", "staple", "OCSP")
        for bent, accepted, status in (
            ([], True, Status.GOOD),
            ([faults.Revoked()], False, Status.REVOKED),
            ([faults.Stale()], False, Status.REVOKED),
            ([faults.Unknown()], False, Status.REVOKED),
            (None, False, Status.REVOKED),
        ):
            answer = [] if bent is None else [world.pki.ocsp.response_for(world.revoked, *bent)]
            crl = world.pki.crl.crl()
            for soft in (replace(CONFIRM, sources=everything), replace(CONFIRM, hard_fail=False)):
                verdict = world.judge(world.revoked, [world.full], soft, ocsp=answer, crls=[crl])
                assert (verdict.accepted, verdict.status) == (accepted, status), str(verdict)
                assert [source for source, _ in looked(verdict) if source == "CRL"] == []
                assert looked(verdict)[0] == ("CRLite", "revoked")
            assert world.judge(world.revoked, [world.full], ENFORCE, ocsp=answer).accepted is False

    def test_a_staple_confirms(self, world: World) -> None:
        """A staple is OCSP's word, too."""
        for bent, accepted in (([], True), ([faults.Revoked()], False)):
            staple = world.pki.ocsp.response_for(world.revoked, *bent)
            assert world.judge(world.revoked, [world.full], CONFIRM, staple=staple).accepted == accepted

    def test_unknown_rejects(self, world: World) -> None:
        """The policy's word on unknown holds here, too."""
        answer = [world.pki.ocsp.response_for(world.revoked, faults.Unknown())]
        strict = replace(CONFIRM, unknown_rejects=True)
        verdict = world.judge(world.revoked, [world.full], strict, ocsp=answer)
        assert (verdict.accepted, verdict.status) == (False, Status.UNKNOWN)

    def test_the_reason(self, world: World) -> None:
        """It is said that the filter's word was not confirmed, and what was tried."""
        verdict = world.judge(world.revoked, [world.full], CONFIRM)
        assert (
            "CRLite says revoked, and no source tells otherwise (CRLite: revoked; staple: no staple"
            in str(verdict)
        )


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[str]:
    """The URL below which these *files* are, by their paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def manifest(filters: Mapping[str, bytes], made: object = None, **wrong: object) -> bytes:
    """What says that there are these *filters*; each of its entries is *wrong* in these."""
    files = [
        {"filename": name, "size": len(octets), "hash": sha256(octets).hexdigest(), **wrong}
        for name, octets in filters.items()
    ]
    made = NOW.timestamp() if made is None else made
    return json.dumps({"generated_at": made, "comment": "", "files": files}).encode()


class TestTheService:
    """The client and `PKI.crlite`."""

    def test_faults(self) -> None:
        """What the client makes of each fault of filters, and of how they are found: revoked, or why not."""
        with PKI(logged=True) as pki:
            for _ in range(8):
                pki.issue_cert("localhost")
            zero = pki.issue_cert("localhost", serial_number=0xF0 << 120 | 7)
            pki.crlite.publish()
            revoked = [pki.issue_cert("localhost", logged_at=NOW - DAY) for _ in range(3)]
            for leaf in revoked:
                pki.revoke(leaf)
                pki.crlite.publish()
            pki.revoke(zero)
            pki.crlite.publish(full=True)
            cases: list[tuple[faults.FilterFault | None, str]] = [
                (None, "revoked"),
                (faults.Garbage(), "wrong size"),
                (faults.HttpStatus(503), "HTTP 503"),
                (faults.Refused(), "refused"),
                (faults.Close(), "broken off"),
                (faults.FlippedBit(), "wrong hash"),
                (faults.WrongHash(), "wrong hash"),
                (faults.WrongSize(), "wrong size"),
                (faults.StaleListing(), "stale"),
                (faults.FilterVersion(9), "unreadable"),
                (faults.NotEnrolled(), "not enrolled"),
                (faults.NotEnrolled(pki.ca), "not enrolled"),
                (faults.MissingLog(), "not covered"),
                (faults.StaleFilter(), "not covered"),
                (faults.Coverage(high=NOW - 2 * DAY), "not covered"),
                (faults.Coverage(), "revoked"),
            ]
            for fault, word in cases:
                with pki.crlite.respond_with(*([] if fault is None else [fault])):
                    assert self.look(pki, zero) == word, fault
            broken: list[tuple[faults.FilterFault, str]] = [
                (faults.FlippedBit(), "wrong hash"),
                (faults.Truncated(), "wrong size"),
                (faults.Trailing(), "wrong size"),
                (faults.HttpStatus(404), "HTTP 404"),
            ]
            (file,) = pki.crlite.files
            for one, word in broken:
                with pki.crlite.respond_with(one, to=file):
                    assert self.look(pki, zero) == word, one
            pki.crlite.assert_asked()

    def test_deltas(self) -> None:
        """Every delta counts, in its turn; what only a delta had that is not listed is good to a client."""
        with PKI(logged=True) as pki:
            leaves = [pki.issue_cert("localhost") for _ in range(5)]
            pki.crlite.publish()
            for leaf in leaves[:3]:
                pki.revoke(leaf)
                pki.crlite.publish()
                assert [self.look(pki, one) for one in (leaf, leaves[3])] == ["revoked", "good"]
            with pki.crlite.respond_with(faults.MissingDelta()):
                assert [self.look(pki, leaf) for leaf in leaves[:3]] == ["revoked", "good", "revoked"]

    @staticmethod
    def look(pki: PKI, leaf: Leaf) -> str:
        """The client's word for what the service's filters say of *leaf*."""
        policy = replace(CRLITE, whole_chain=False, sources=("CRLite",), timeout=timedelta(minutes=1))
        with pki.tls_server(leaf, staple=None) as server:
            verdict = relying_party.check(
                server.host, server.port, server_name="localhost", ca=pki.ca_file, policy=policy,
                crlite=pki.crlite,
            )  # fmt: skip
        (look,) = verdict.fetched
        assert (look.source, look.url) == ("CRLite", pki.crlite.url)
        assert verdict.accepted == (look.outcome != "revoked")
        return look.outcome


class TestOverHttp:
    def test_manifests(self, world: World) -> None:
        """Files that are as the manifest says are used; else none is, the reason is told, and OCSP asked."""
        files = {"a.filter": world.full, "b.delta": world.delta}
        served = {f"/{name}": octets for name, octets in files.items()}
        old = (NOW - 11 * DAY).timestamp()
        bent = world.delta[:-1] + bytes([world.delta[-1] ^ 1])
        for octets, there, word in (
            (manifest(files), served, "revoked"),
            (manifest(files, (NOW - 9 * DAY).timestamp()), served, "revoked"),
            (manifest(files, "long ago"), served, "revoked"),
            (manifest(files, float("nan")), served, "revoked"),
            (manifest({"a.filter": world.full}), served, "good"),
            (manifest(files, old), served, "stale"),
            (manifest(files, hash="0" * 64), served, "wrong hash"),
            (manifest(files, size=7), served, "wrong size"),
            (manifest(files, filename="c.filter"), served, "HTTP 404"),
            (manifest(files), {**served, "/b.delta": bent}, "wrong hash"),
            (manifest(files), {**served, "/b.delta": world.delta + b"\1"}, "wrong size"),
            (manifest({}), served, "no filter"),
            (manifest({"x.filter": b"\x09\0"}), {"/x.filter": b"\x09\0"}, "unreadable"),
            (manifest({str(number): b"" for number in range(1001)}), served, "too many"),
            (b"{", served, "unreadable"),
            (b"[" * 100_000, served, "unreadable"),
            (b"[]", served, "unreadable"),
            (b'{"files": [{}], "generated_at": 0}', served, "unreadable"),
        ):
            with serving({**there, "/manifest.json": octets}) as url:
                verdict = self.check(world, world.new, crlite=url)
            (look, *others) = verdict.fetched
            assert (look.source, look.url, look.outcome) == ("CRLite", url, word), str(verdict)
            assert verdict.accepted == (word != "revoked")
            assert bool([one for one in others if one.source == "OCSP"]) == (word not in ("revoked", "good"))

    def test_nobody_there(self, world: World) -> None:
        """A service that cannot be asked leads to the next source."""
        for crlite, word in ((world.pki.dead_url, "refused"), ("https://localhost/", "no http URL")):
            verdict = self.check(world, world.revoked, crlite=crlite)
            assert (verdict.accepted, looked(verdict)[0]) == (True, ("CRLite", word))

    def test_what_is_given(self, world: World) -> None:
        """A service, its URL with or without the manifest's name, or filters: one, or several."""
        files = {"a.filter": world.full}

        class Service:
            url = ""

        with serving({"/a.filter": world.full, "/manifest.json": manifest(files)}) as url:
            service = Service()
            service.url = url
            given: list[Any] = [service, url, f"{url}/", f"{url}/manifest.json", world.full, [world.full]]
            for crlite in given:
                assert not self.check(world, world.revoked, crlite=crlite).accepted
                assert self.check(world, world.good, crlite=crlite).accepted
        nothing: Any
        for nothing in (None, []):
            verdict = self.check(world, world.revoked, crlite=nothing)
            assert (verdict.accepted, looked(verdict)[0]) == (True, ("CRLite", "no filter"))

    def test_nonsense(self, world: World) -> None:
        """What is neither a service nor filters is refused with a sentence."""
        wrong: Any
        for wrong in (7, [7], object(), ["x"]):
            with pytest.raises(
                TypeError, match=r"crlite= takes a service such as pki.crlite, its URL, or filters"
            ):
                self.check(world, world.good, crlite=wrong)
        wrong = [7]
        with pytest.raises(TypeError, match="filters= takes octets as bytes; got 7"):
            relying_party.judge([world.good.der], filters=wrong)

    @staticmethod
    def check(world: World, leaf: Leaf, **options: Any) -> Any:
        """The verdict on a server without a staple."""
        policy = replace(ENFORCE, whole_chain=False, timeout=timedelta(minutes=1))
        with world.pki.tls_server(leaf, staple=None) as server:
            return relying_party.check(
                server.host,
                server.port,
                server_name="localhost",
                ca=world.pki.ca_file,
                policy=policy,
                **options,
            )
