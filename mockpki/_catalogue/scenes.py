"""Scenes: where a fault is shown, and what the honest answer and the bent one look like there.

Both are made live, by a PKI of their own. No fault is known here, only the layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._crlite.clubcard import Clubcard, Universe
from .._crlite.contents import count_milliseconds, spki_hash
from .._crlite.listing import Listed, Listing
from .._exchange.http import HttpRequest
from .._exchange.staples import staple_messages
from .._exchange.steps import Listening
from .._layers import (
    HTTP,
    CertificateContent,
    Encoding,
    FilterContent,
    FilterListing,
    FilterUniverse,
    Listener,
    Stapling,
    Transport,
    bend,
)
from .._pki import PKI
from .._pkix.certificate import TBSCertificate
from .._pkix.ocsp_request import OCSPRequest
from .._services.service import Service
from .decoded import Decoder
from .fields import CERTIFICATE, CRL, OCSP
from .recipe import Faults, SetUp, do_nothing
from .shown import (
    Lines,
    filter_lines,
    listening_lines,
    listing_lines,
    message_lines,
    universe_lines,
    wire_lines,
)
from .source import read_calls
from .values import octets

Pair = tuple[Lines, Lines]

_NONCE = bytes(range(32))


@dataclass(frozen=True)
class Scene:
    """Where a fault is shown: the *options* of a PKI, what is done in it, and whether a nonce is sent.

    *words* says it in a few words. In a handshake of TLS *version*, a staple is *asked* for or not.
    """

    words: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    set_up: SetUp = do_nothing
    nonce: bytes | None = None
    version: str = "TLSv1.3"
    asked: bool = True
    delta: bool = False
    """Of a CA that publishes deltas, one of them."""

    def make_pki(self) -> PKI:
        """A PKI of it. With Ed25519, signatures over the same octets repeat, so what differs is the fault."""
        return PKI(**{"key_type": "Ed25519", **self.options})

    @property
    def setup(self) -> str:
        """What is done, as Python; "" where there is nothing to do."""
        return read_calls(__name__, "Scene")[self.words].get("set_up", "")


SCENES = (
    Scene(),
    Scene("asked with a nonce", nonce=_NONCE),
    Scene(
        "the certificate and two others are revoked",
        set_up=lambda pki, leaf: pki.revoke([leaf, 0x1000, 0x1001], "superseded"),
    ),
    Scene("with RSA keys", {"key_type": "RSA-2048"}),
    Scene("where the responder gives its name", {"responder_id": "name"}),
    Scene("where a delegate signs", {"delegated": True}),
    Scene("in TLS 1.2", version="TLSv1.2"),
    Scene("where the client asks for no staple", asked=False),
    Scene("where the CRL has a scope", {"publishes": "step-ca"}),
    Scene("where there are deltas", {"publishes": "ad-cs"}),
    Scene("where there are deltas, in one of them", {"publishes": "ad-cs"}, delta=True),
)


@dataclass(frozen=True)
class Stage:
    """One scene, set: *pki* and *leaf* at the time *now*, for a *target* of `entries.TARGETS`."""

    pki: PKI
    leaf: Leaf
    scene: Scene
    target: str
    now: datetime

    def pair(self, bent: Faults, between: SetUp = do_nothing) -> Pair:
        """The honest answer and the *bent* one as lines; *between* is called between them."""
        if any(isinstance(fault, Listener) for fault in bent):
            return listening_lines(Listening()), listening_lines(bend(Listener, Listening(), bent))
        if any(isinstance(fault, HTTP | Transport) for fault in bent):
            return self._exchange_lines(()), self._exchange_lines(bent)
        if any(isinstance(fault, Stapling) for fault in bent):
            return self._message_pair(bent)
        if any(isinstance(fault, CertificateContent) for fault in bent):
            return self._certificate_pair(bent)
        if self.target == "filter":
            return self._filter_pair(bent)
        honest = self._octets(())
        between(self.pki, self.leaf)
        return self._decode(honest, self._octets(bent))

    # Octets.

    def _octets(self, bent: Iterable[Any]) -> bytes:
        if self.target == "CRL":
            return self.pki.crl.crl(*bent, delta=self.scene.delta)
        if self.target == "caIssuers":
            return bend(Encoding, self.pki.ca.der, bent)
        return self.pki.ocsp.response_for(self.leaf, *bent, nonce=self.scene.nonce)

    def _decode(self, honest: bytes, bent: bytes) -> Pair:
        kinds = {"CRL": CRL, "caIssuers": CERTIFICATE}
        kind = kinds.get(self.target, OCSP)
        decoder = self._decoder()
        lines = decoder.lines(honest, kind), decoder.lines(bent, kind)
        if lines[1][0].startswith("no DER"):
            return [f"octets: {octets(honest)}"], lines[1]
        return lines

    def _decoder(self) -> Decoder:
        keys = {"the CA's key": self.pki.ca, "the root's key": self.pki.root}
        return Decoder(self.now, {name: ca.certificate.public_key() for name, ca in keys.items()})

    # Staples in a handshake.

    def _message_pair(self, bent: Faults) -> Pair:
        version, asked = self.scene.version, self.scene.asked
        chain: tuple[Leaf | CA, ...] = (self.leaf, self.pki.ca)

        def response_for(place: int, *more: Any) -> bytes:
            issuer = chain[place].issuer
            assert issuer is not None
            return issuer.ocsp.response_for(chain[place], *more)

        ders, staples = self.leaf.chain_ders, (response_for(0), None)
        honest = replace(staple_messages(ders, staples, asked, version), response_for=response_for)
        decoder = self._decoder()
        return message_lines(honest, decoder), message_lines(bend(Stapling, honest, bent), decoder)

    # Certificates.

    def _certificate_pair(self, bent: Faults) -> Pair:
        seen: list[TBSCertificate] = []
        # Keys and serial numbers are made anew for each certificate, so one is enough for both.
        self.pki.issue_cert("localhost", faults=[_Witness(seen.append), *bent, _Witness(seen.append)])  # type: ignore[list-item]
        decoder, signer = self._decoder(), self.pki.ca.signer
        honest, worse = (content.signed_by(signer).encode() for content in seen)
        return decoder.lines(honest, CERTIFICATE), decoder.lines(worse, CERTIFICATE)

    # Filters.

    def _filter_pair(self, bent: Faults) -> Pair:
        if any(isinstance(fault, FilterListing) for fault in bent):
            listing = self._make_listing()
            return listing_lines(listing), listing_lines(bend(FilterListing, listing, bent))
        last = count_milliseconds(self.now)
        coverage = {sha256(b"a log").digest(): (last - 90 * 24 * 3_600_000, last)}
        known = [self.leaf.serial_number, *range(1, 100), *range(0xF000, 0xF010)]
        universe: Universe = {spki_hash(self.pki.ca): (known, [1, 2, 0xF000])}
        if any(isinstance(fault, FilterUniverse) for fault in bent):
            return universe_lines(universe), universe_lines(bend(FilterUniverse, universe, bent))
        honest = Clubcard.build(universe, coverage)
        if any(isinstance(fault, Encoding) for fault in bent):
            whole = honest.v3()
            return [f"octets: {octets(whole)}"], [f"octets: {octets(bend(Encoding, whole, bent))}"]
        return filter_lines(honest), filter_lines(bend(FilterContent, honest, bent))

    def _make_listing(self) -> Listing:
        """A full filter, and three deltas."""
        names = ["0.filter", *(f"{number}.delta" for number in (1, 2, 3))]
        files = [
            Listed.of(name, "default", name.encode(), parent)
            for name, parent in zip(names, [None, *names], strict=False)
        ]
        return Listing(int(self.now.timestamp()), tuple(files))

    # HTTP.

    def _exchange_lines(self, bent: Faults) -> Lines:
        services: dict[str, Service[Any]] = {"CRL": self.pki.crl, "caIssuers": self.pki.ca.ca_issuers}
        if self.target == "filter":
            services["filter"] = self.pki.crlite
        service = services.get(self.target, self.pki.ocsp)
        with service.respond_with(*bent):
            return wire_lines(service.handle(self._request()))

    def _request(self) -> HttpRequest:
        if self.target in ("CRL", "caIssuers"):
            return HttpRequest("GET", "/")
        if self.target == "filter":
            return HttpRequest("GET", "/manifest.json")
        question = OCSPRequest((self.pki.ocsp._issuer.cert_id(self.leaf.serial_number),), self.scene.nonce)
        return HttpRequest("POST", "/ocsp", body=question.encode())


@dataclass(frozen=True)
class _Witness(CertificateContent):
    """Bends nothing: shows what passes."""

    show: Callable[[TBSCertificate], None]

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        self.show(honest)
        return honest
