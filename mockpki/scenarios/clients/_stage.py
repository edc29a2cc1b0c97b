"""Staging a scenario: a certificate, its CA and a TLS server of its own; and what was seen of the client.

Every stage has a CA of its own, and so URLs, ports and records of its own: nothing that a client remembers
from one scenario can decide another, in whichever order they are run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ... import faults
from ..._ca.ca import CA
from ..._ca.crl_issuer import CrlIssuer
from ..._ca.leaf import Leaf
from ..._pki import PKI
from ..._pkix.pem import write_pem
from ..._services.evidence import Request
from ..._services.publisher import Publisher
from ..._services.responder import Responder
from ..._tls.server import TlsServer
from ..._tls.spoken import Handler, Spoken
from ...publishing import IMMEDIATE, Publishing, by
from ...relying_party import crl_urls, responders
from ._filter_offer import FilterOffer, Made
from ._history import Instead, Visited
from ._lists import Lists
from ._offer import NO_OFFER, Offer, Says
from ._scenario import Scenario
from ._seen import Asked, Seen

SERVER_NAME = "localhost"
_IDENTITIES = (SERVER_NAME, "127.0.0.1")
_EARLIER = timedelta(days=1)
"""How long before a certificate the coverage of a filter ends that was made too early for it."""
_REASONS = {"revoked": "key_compromise", "hold": "certificate_hold"}


@dataclass(frozen=True)
class Target:
    """Where a client is sent, and what it needs to go there.

    *ca_file* is the path of the root as PEM, *truststore* the same as PKCS #12, for Java (an empty text where
    the installed cryptography, older than 45, writes none). *cert_file*,
    *chain_file*, *issuer_file* and *p12_file* (the server's key and chain as PKCS #12, an empty text where
    that cannot hold the key) are for clients that judge a certificate without connecting; *ocsp_url* and
    *crl_url* for those that have to be told where to ask: the first of the leaf's own, an empty text where it
    has none; *crl_file* for those that fetch no CRL: the CRLs of its chain that can be had, as PEM. The
    password of both PKCS #12 is ``mockpki``. *crlite_url* is where CRLite's filters are, by the
    ``manifest.json`` below it; they do not speak of the leaf where the scenario has none.
    """

    host: str
    port: int
    url: str
    ca_file: str
    server_name: str
    cert_file: str
    chain_file: str
    issuer_file: str
    ocsp_url: str
    crl_url: str
    crlite_url: str
    truststore: str
    p12_file: str
    crl_file: str


TARGET_NAMES = tuple(field.name for field in fields(Target))
"""What a client can be given, by name."""
_SUBJECTS = {"cert_file", "chain_file", "p12_file"}
_ADDRESSES = {"host", "port", "url", "ocsp_url", "crl_url", "crlite_url"}


class Stage:
    """A scenario that is on. Made by `staged`."""

    def __init__(
        self, scenario: Scenario, pki: PKI, ends: ExitStack, spoken: Spoken, *, client: bool = False
    ) -> None:
        self.scenario = scenario
        self._ends = ends
        self._given: Collection[str] | None = None
        # The root serves other stages, too, and what it was asked there is not read again.
        self._older = {service: service.last_number for service in (pki.root.ocsp, pki.root.crl)}
        self._filters = scenario.crlite is not None
        """Whether filters have to do with it: else their service is not opened."""
        self._pki = pki
        signs = pki.root.create_crl_issuer(publishes=_choose_way(scenario)) if scenario.indirect else None
        self.leaf, self.subject, self.issuer = _issue_certificates(scenario, pki, signs, client)
        """The leaf; the certificate that the scenario is about, which may be its CA; and who issued that."""
        other = _make_other(scenario, pki, self.issuer, self.subject)
        # In a PKI that goes on, stages that come and go give their ports back.
        for one in (self.leaf.issuer, self.issuer, other, signs):
            if one is not None:
                ends.callback(one.close)
        self._beside = [one for one in (signs or other,) if one is not None]
        """Whoever signs the CRL in the issuer's place: no chain leads there, so the server sends it, too."""
        self._lists = Lists(self.issuer, self.subject, other)
        self._publish_filters("before", "with a delta")
        staple = None if scenario.staple is None else list(scenario.staple.faults)
        chain = self.chain_ders[1:] if scenario.chain == "complete" else ()
        self.server: TlsServer = pki.tls_server(
            self.leaf, staple=staple, chain=chain, resumption=scenario.resumption, **spoken.arguments
        )
        self._before = self._records
        """What there was before the visit that is judged."""

    @property
    def chain_ders(self) -> tuple[bytes, ...]:
        """The leaf, the CAs above it without the root, and who signs the CRL in the issuer's place."""
        return (*self.leaf.chain_ders, *(one.der for one in self._beside))

    @property
    def target(self) -> Target:
        """Where to send a client."""
        leaf, server = self.leaf, self.server
        made: dict[str, Callable[[], str]] = {
            "p12_file": self._find_p12, "crl_file": self._write_crls, "chain_file": self._write_chain,
            "truststore": self._find_truststore, "crlite_url": lambda: self._pki.crlite.url,
        }  # fmt: skip
        return Target(
            host=server.host,
            port=server.port,
            url=server.url,
            ca_file=self._pki.ca_file,
            server_name=SERVER_NAME,
            cert_file=leaf.cert_file,
            issuer_file=leaf.issuer.cert_file,
            ocsp_url=next(iter(responders(leaf.certificate)), ""),
            crl_url=self._told or next(iter(crl_urls(leaf.certificate)), ""),
            # What takes long is made for whoever wants it.
            **{name: make() if self._is_given(name) else "" for name, make in made.items()},
        )

    def _is_given(self, name: str) -> bool:
        return self._given is None or name in self._given

    @cached_property
    def _folder(self) -> Path:
        return Path(self._ends.enter_context(TemporaryDirectory(prefix="mockpki-")))

    def _find_truststore(self) -> str:
        try:
            return self._pki.truststore_file
        except ValueError:
            return ""

    def _find_p12(self) -> str:
        try:
            return self.leaf.p12_file
        except ValueError:
            return ""

    def _write_chain(self) -> str:
        if not self._beside:
            return self.leaf.chain_file
        path = self._folder / "chain.crt"
        path.write_bytes(b"".join(write_pem("CERTIFICATE", der) for der in self.chain_ders))
        return str(path)

    def _write_crls(self) -> str:
        """The path of a file with the CRLs of the chain, as somebody has them who fetches what there is."""
        chain = dict.fromkeys((self.leaf.issuer, self.subject.issuer, self.issuer.issuer))
        texts = [ca.crl.pem() for ca in chain if ca and ca is not self.issuer]
        texts.extend(self._lists.list_pems(self.scenario.crl or NO_OFFER))
        path = self._folder / "crls.pem"
        path.write_bytes(b"".join(texts))
        return str(path)

    @property
    def _told(self) -> str:
        """Where the CRL is, if it is not the certificate that says so."""
        offer = self.scenario.crl
        return self.issuer.crl.url if offer is not None and offer.where == "told" else ""

    def visits(self, given: Collection[str] | None = None) -> Iterator[Target]:
        """Set up each visit of the client in turn, and say where it goes: only the last is judged.

        *given* are the names of `Target` that the client is given; None: nobody knows.
        """
        self._given = given
        if self._is_given("crlite_url") and not self._filters:
            self._filters, self._before = True, replace(self._before, crlite=tuple(self._pki.crlite.requests))
        if self.scenario.earlier is not None:
            self.issuer.ocsp.respond_with(*self.scenario.earlier)
            yield self.target
            self._before = self._records
        for event in self.scenario.history:
            if isinstance(event, Visited):
                yield self.target
                self._before = self._records
            else:
                self._lists.happen(event)
        self._arrange()
        yield self.target

    def _arrange(self) -> None:
        """Let happen to the certificate what the scenario says, and the services offer what it says."""
        scenario = self.scenario
        if scenario.status == "unknown":
            self.issuer.forget(self.subject)
        elif scenario.status != "good":
            self.issuer.revoke(self.subject, _REASONS[scenario.status])
        self.issuer.ocsp.respond_with(*(scenario.ocsp or NO_OFFER).faults)
        self._lists.serve(scenario.crl or NO_OFFER)
        self._publish_filters("since", "with a delta", "too early")
        if scenario.crlite is not None:
            for file in self._pki.crlite.files:
                self._pki.crlite.respond_with(*scenario.crlite.faults, to=file)

    def _publish_filters(self, *times: Made) -> None:
        """Publish what the scenario has at one of these *times*: a filter, or at the second its delta."""
        offer = self.scenario.crlite
        if offer is None or offer.made not in times:
            return
        delta = offer.made == "with a delta" and "since" in times
        early = self._pki.clock.now() - _EARLIER if offer.made == "too early" else None
        self._pki.crlite.publish(full=not delta, coverage_ends=early)

    def _list(self, service: Responder | Publisher) -> list[Request]:
        return service.since(self._older.get(service, 0))

    @property
    def _records(self) -> Seen:
        about, top = self.scenario.about, self._pki.root
        chain = [(about, self.subject, self.issuer)]
        if self.leaf is not self.subject:
            chain.append(("leaf", self.leaf, self.leaf.issuer))
        chain.append(("CA above", self.issuer, top))
        (_, ocsp, crl), *others = (
            (
                whom,
                tuple(one for one in self._list(issuer.ocsp) if subject.serial_number in one.serials),
                tuple(self._list(issuer.crl)),
            )
            for whom, subject, issuer in chain
        )
        return Seen(
            tuple(self.server.connections),
            ocsp,
            crl,
            tuple(Asked(*other) for other in others),
            about,
            tuple(self._pki.crlite.requests) if self._filters else (),
            "crl_file" in (self._given or ()),
            _are_files_alone(self._given or ()),
            self.scenario.chain == "complete",
            tuple(self.leaf.issuer.ca_issuers.requests),
        )

    @property
    def seen(self) -> Seen:
        """What was seen of the client on its last visit, so far."""
        before, now = self._before, self._records
        others = (
            Asked(one.about, one.ocsp[len(old.ocsp) :], one.crl[len(old.crl) :])
            for one, old in zip(now.others, before.others, strict=True)
        )
        return replace(
            now,
            handshakes=now.handshakes[len(before.handshakes) :],
            ocsp=now.ocsp[len(before.ocsp) :],
            crl=now.crl[len(before.crl) :],
            ca_issuers=now.ca_issuers[len(before.ca_issuers) :],
            crlite=now.crlite[len(before.crlite) :],
            others=tuple(other for other in others if other.ocsp or other.crl),
        )


@contextmanager
def staged(
    scenario: Scenario,
    pki: PKI,
    *,
    handler: Handler | None = None,
    forward_to: tuple[str, int] | None = None,
    before_tls: Handler | None = None,
    client: bool = False,
) -> Iterator[Stage]:
    """Put *scenario* on in *pki*, below its root, until the end of the block.

    *handler*, *forward_to* and *before_tls* are what its TLS server is given, for another protocol than HTTP.
    *client*: the leaf is one's.

        with PKI() as pki, staged(scenario, pki, forward_to=("127.0.0.1", 6379)) as stage:
            for target in stage.visits():
                accepted = connect(target.host, target.port, target.ca_file)
            result = judge(scenario, scenario.expected(policy), Outcome(accepted), stage.seen)
    """
    with ExitStack() as ends:
        stage = Stage(scenario, pki, ends, Spoken(handler, forward_to, before_tls), client=client)
        with stage.server:
            yield stage


def _are_files_alone(given: Collection[str]) -> bool:
    """Whether that is a certificate to be judged, and no address where somebody would see it."""
    return not _SUBJECTS.isdisjoint(given) and _ADDRESSES.isdisjoint(given)


def _choose_way(scenario: Scenario) -> Publishing:
    return scenario.publishes or IMMEDIATE


def _issue_certificates(
    scenario: Scenario, pki: PKI, signs: CrlIssuer | None, client: bool
) -> tuple[Leaf, Leaf | CA, CA]:
    """The leaf, the certificate that the scenario is about, and the CA that issued that."""
    publishes = _choose_way(scenario) if signs is None else by(signs)
    top = pki.root.create_child_ca(publishes=publishes)
    ocsp = _choose_urls(scenario.ocsp, top.ocsp.url, pki)
    crl: Sequence[str] | None = None
    own = publishes.scheduled or signs is not None
    if scenario.crl is None or scenario.crl.where != "live" or not own:
        crl = _choose_urls(scenario.crl, top.crl.url, pki)
    bent = []
    if scenario.crl is not None and scenario.crl.where == "first point dead":
        bent = [faults.DistributionPoint(pki.dead_url, add=True)]
    if scenario.about == "leaf":
        logged = _log(scenario.crlite, top, pki)
        leaf = top.issue_cert(
            *_IDENTITIES, client=client, must_staple=scenario.must_staple,
            ocsp_urls=ocsp, crl_urls=crl, faults=bent, **logged,
        )  # fmt: skip
        return leaf, leaf, top
    intermediate = top.create_child_ca(ocsp_urls=ocsp, crl_urls=crl, faults=bent)
    leaf = intermediate.issue_cert(*_IDENTITIES, client=client, must_staple=scenario.must_staple)
    return leaf, intermediate, top


def _log(offer: FilterOffer | None, issuer: CA, pki: PKI) -> dict[str, Any]:
    """What makes a leaf of *issuer* one of which filters speak, as *offer* has it; and others like it."""
    if offer is None:
        return {}
    others = [issuer.issue_cert(*_IDENTITIES, logged=True) for _ in range(2)]
    if offer.made != "without it":
        return {"logged": True}
    issuer.revoke(others[0])
    pki.crlite.publish(full=True)
    serial = pki.crlite.false_positive(issuer)
    return {"logged": True, "logged_at": pki.crlite.coverage_ends, "serial_number": serial}


def _choose_urls(offer: Offer | None, live: str, pki: PKI) -> list[str]:
    """The URLs of an *offer* in the certificate. *live* is that of the service itself."""
    if offer is None or offer.says is Says.NOTHING:
        return []
    return {
        "live": [live],
        "unresolvable": [pki.unresolvable_url],
        "first dead": [pki.dead_url, live],
        "first point dead": [live],
        "told": [],
    }[offer.where]


def _make_other(scenario: Scenario, pki: PKI, issuer: CA, subject: Leaf | CA) -> CA | None:
    """Another CA on the same list; or *issuer* with a new key, where its CRL is wanted: that has revoked
    *subject*."""
    if scenario.indirect:
        return pki.root.create_child_ca(publishes=issuer.publishes)
    bent = () if scenario.crl is None else scenario.crl.faults
    if not any(isinstance(one, Instead) and one.of == "new key" for one in bent):
        return None
    renewed = pki.root.create_child_ca(name_of=issuer)
    renewed.revoke(subject.serial_number, _REASONS["revoked"])
    return renewed
