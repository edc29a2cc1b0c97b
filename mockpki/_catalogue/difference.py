"""What a fault does, seen: the honest answer and the bent one, decoded, and where they differ.

Both are made live, by a PKI of their own. No fault is known here: a fault that has nothing to bend in
one scene is tried in the next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from difflib import SequenceMatcher
from typing import Any

from .. import faults
from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._exchange.http import HttpRequest
from .._exchange.staples import StapleMessages, staple_messages
from .._exchange.steps import Abort, Finish, Listening, Send, Silence, Step, Trickle, Wait, Wire
from .._layers import HTTP, CertificateContent, Encoding, Listener, Stapling, Transport, bend
from .._pki import PKI
from .._pkix.certificate import TBSCertificate
from .._pkix.ocsp_request import OCSPRequest
from .._services.service import Service
from ..faults import Fault
from .decoded import CERTIFICATE, CRL, OCSP, Decoder, octets
from .entries import Entry, describe_fault, find, make_fault
from .recipe import Alias

Faults = tuple[Fault[Any], ...]
Lines = list[str]
Pair = tuple[Lines, Lines]

_NONCE = bytes(range(32))


@dataclass(frozen=True)
class Scene:
    """Where a fault is shown: a PKI and what is done in it, both as Python, and whether a nonce is sent.

    *words* says it in a few words. With *bends*, the set-up is part of what is shown. In a handshake of
    TLS *version*, a staple is *asked* for or not.
    """

    words: str = ""
    pki: str = "PKI(key_type='Ed25519')"
    setup: str = ""
    nonce: bytes | None = None
    bends: bool = False
    version: str = "TLSv1.3"
    asked: bool = True


# Signatures by Ed25519 and RSA over the same octets are the same: what differs is the fault's doing.
_SCENES = (
    Scene(),
    Scene("asked with a nonce", nonce=_NONCE),
    Scene(
        "the certificate and two others are revoked", setup="pki.revoke([leaf, 0x1000, 0x1001], 'superseded')"
    ),
    Scene("with RSA keys", "PKI(key_type='RSA-2048')"),
    Scene("where the responder gives its name", "PKI(key_type='Ed25519', responder_id='name')"),
    Scene("where a delegate signs", "PKI(key_type='Ed25519', delegated=True)"),
    Scene("in TLS 1.2", version="TLSv1.2"),
    Scene("where the client asks for no staple", asked=False),
)


@dataclass(frozen=True)
class Difference:
    """Where the honest answer (``-``) and the bent one (``+``) differ; what holds them stands around (`` ``).

    *target* is what was bent, *scene* the circumstances, where they are not the usual.
    """

    target: str
    scene: str
    lines: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{mark} {line}" for mark, line in self.lines)


Shown = tuple[tuple[Entry | Alias, Difference], ...]


def show_fault(name: str, parameters: Iterable[str], target: str | None) -> Shown:
    """The fault of that name with its difference; or the aliases, each with its own.

    A fault is shown for the first target it can be given to, or for *target*. Raises LookupError for an
    unknown name, ValueError or TypeError for parameters or a target that it does not have.
    """
    found = find(name)
    if isinstance(found, tuple):
        if any(parameters):
            raise ValueError(f"{name} is an alias, and takes no parameters")
        aliases = [alias for alias in found if target is None or alias.given_to.lower() == target.lower()]
        if not aliases:
            raise ValueError(f"{name} is not for {target}, but for {found[0].given_to}")
        return tuple((alias, of_alias(alias)) for alias in aliases)
    fault, entry = make_fault(found, parameters), describe_fault(found)
    wanted = [one for one in entry.targets if target is None or one.lower() == target.lower()]
    if not wanted:
        raise ValueError(f"{entry.name} is not for {target}, but for {', '.join(entry.targets)}")
    return ((entry, of_fault(fault, wanted[0])),)


def of_fault(fault: Fault[Any], target: str) -> Difference:
    """What *fault* does to a *target* of `_catalogue.TARGETS`, in the first scene where it does anything.

    Raises ValueError when there is none, with what the fault itself said last, if it did.
    """
    return staged(fault, target)[1]


def staged(fault: Fault[Any], target: str) -> tuple[Scene, Difference]:
    """The same, and the scene."""
    why: ValueError | None = None
    for scene in _SCENES:
        try:
            found = _in(scene, target, lambda names: (fault,))
        except ValueError as error:
            why = error
            continue
        if found.lines:
            return scene, found
    raise ValueError(f"{fault!r} changes nothing here{f': {why}' if why else ''}")


def of_alias(alias: Alias) -> Difference:
    """What *alias* means, its set-up included. Nothing differs for one that means an honest answer."""

    def make(names: dict[str, Any]) -> Faults:
        made = eval(alias.expression, names)  # noqa: S307 - an expression of this package
        return made if isinstance(made, tuple) else (made,)

    return _in(Scene("", alias.pki, alias.setup, bends=True), alias.given_to, make)


def names(**more: object) -> dict[str, Any]:
    """The names that set-ups and expressions may use."""
    known = {name: getattr(faults, name) for name in dir(faults)}
    times = {"timedelta": dt.timedelta, "datetime": dt.datetime, "timezone": dt.timezone}
    return known | times | {"PKI": PKI} | more


def _in(scene: Scene, target: str, make: Callable[[dict[str, Any]], Faults]) -> Difference:
    with eval(scene.pki, names()) as pki:  # noqa: S307
        while True:
            now = pki.clock.now()
            pair = _once(scene, target, make, pki, now)
            # Both have to be of the same second.
            if pki.clock.now() == now:
                return Difference(target, scene.words, tuple(_changes(*map(_tree, pair))))


def _once(
    scene: Scene, target: str, make: Callable[[dict[str, Any]], Faults], pki: PKI, now: dt.datetime
) -> Pair:
    leaf = pki.issue_cert("localhost")
    known = names(pki=pki, leaf=leaf)
    stage = _Stage(pki, leaf, scene, target, now)
    if not scene.bends:
        exec(scene.setup, known)  # noqa: S102
        return stage.pair(make(known), lambda: None)
    return stage.pair(make(known), lambda: exec(scene.setup, known))  # noqa: S102


@dataclass(frozen=True)
class _Stage:
    """One scene, set."""

    pki: PKI
    leaf: Leaf
    scene: Scene
    target: str
    now: dt.datetime

    def pair(self, bent: Faults, between: Callable[[], object]) -> Pair:
        """The honest answer and the *bent* one as lines; *between* is called between them."""
        if any(isinstance(fault, Listener) for fault in bent):
            return _listening(()), _listening(bent)
        if any(isinstance(fault, HTTP | Transport) for fault in bent):
            return self._exchange(()), self._exchange(bent)
        if any(isinstance(fault, Stapling) for fault in bent):
            return self._messages(bent)
        if any(isinstance(fault, CertificateContent) for fault in bent):
            return self._certificates(bent)
        honest = self._octets(())
        between()
        return self._compared(honest, self._octets(bent))

    # Octets.

    def _octets(self, bent: Iterable[Any]) -> bytes:
        if self.target == "CRL":
            return self.pki.crl.crl(*bent)
        if self.target == "caIssuers":
            return bend(Encoding, self.pki.ca.der, bent)
        return self.pki.ocsp.response_for(self.leaf, *bent, nonce=self.scene.nonce)

    def _compared(self, honest: bytes, bent: bytes) -> Pair:
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

    def _messages(self, bent: Faults) -> Pair:
        version, asked = self.scene.version, self.scene.asked
        chain: tuple[Leaf | CA, ...] = (self.leaf, self.pki.ca)

        def response_for(place: int, *more: Any) -> bytes:
            issuer = chain[place].issuer
            assert issuer is not None
            return issuer.ocsp.response_for(chain[place], *more)

        ders, staples = self.leaf.chain_ders, (response_for(0), None)
        honest = replace(staple_messages(ders, staples, asked, version), response_for=response_for)
        return self._written(honest), self._written(bend(Stapling, honest, bent))

    def _written(self, messages: StapleMessages) -> Lines:
        lines: Lines = []
        entries = [(f"CertificateEntry {place}", entry) for place, entry in enumerate(messages.entries)]
        for name, extensions in (*entries, ("ServerHello", messages.server_hello)):
            lines.append(name)
            for number, content in extensions:
                lines.append(f"  extension {number}")
                lines += [f"    {line}" for line in self._status(content)]
        if messages.certificate_status is not None:
            lines += ["CertificateStatus"]
            lines += [f"  {line}" for line in self._status(messages.certificate_status)]
        return lines

    def _status(self, content: bytes) -> Lines:
        """A CertificateStatus: RFC 6066 section 8."""
        if not content:
            return ["no octets"]
        length = int.from_bytes(content[1:4])
        response, behind = content[4 : 4 + length], content[4 + length :]
        lines = [f"status_type: {content[0]}", f"length: {length}"]
        if response:
            lines += self._decoder().lines(response, OCSP)
        return [*lines, f"behind the end: {octets(behind)}"] if behind else lines

    # Certificates.

    def _certificates(self, bent: Faults) -> Pair:
        seen: list[TBSCertificate] = []
        # Keys and serial numbers are made anew for each certificate, so one is enough for both.
        self.pki.issue_cert("localhost", faults=[_Seen(seen.append), *bent, _Seen(seen.append)])  # type: ignore[list-item]
        decoder, signer = self._decoder(), self.pki.ca.signer
        honest, worse = (content.signed_by(signer).encode() for content in seen)
        return decoder.lines(honest, CERTIFICATE), decoder.lines(worse, CERTIFICATE)

    # HTTP.

    def _exchange(self, bent: Faults) -> Lines:
        services: dict[str, Service[Any]] = {"CRL": self.pki.crl, "caIssuers": self.pki.ca.ca_issuers}
        service = services.get(self.target, self.pki.ocsp)
        with service.respond_with(*bent):
            return _steps(service.handle(self._request()))

    def _request(self) -> HttpRequest:
        if self.target in ("CRL", "caIssuers"):
            return HttpRequest("GET", "/")
        question = OCSPRequest((self.pki.ocsp._issuer.cert_id(self.leaf.serial_number),), self.scene.nonce)
        return HttpRequest("POST", "/ocsp", body=question.encode())


@dataclass(frozen=True)
class _Seen(CertificateContent):
    """Bends nothing: shows what passes."""

    show: Callable[[TBSCertificate], None]

    def __call__(self, honest: TBSCertificate) -> TBSCertificate:
        self.show(honest)
        return honest


def _listening(bent: Faults) -> Lines:
    listening = bend(Listener, Listening(), bent)
    return ["the port", *(f"  {one.name}: {getattr(listening, one.name)}" for one in fields(listening))]


def _steps(wire: Wire) -> Lines:
    return [line for step in wire for line in _step(step)]


def _step(step: Step) -> Iterator[str]:
    match step:
        case Send(data):
            yield "send"
            yield from _message(data)
        case Trickle(data, size, seconds):
            yield f"send, {size} octet{'s' if size > 1 else ''} every {seconds:g} s"
            yield from _message(data)
        case Wait(seconds):
            yield f"wait {seconds:g} s"
        case Silence():
            yield "say nothing, for as long as the client waits"
        case Finish():
            yield "close the connection (FIN)"
        case Abort():
            yield "reset the connection (RST)"


def _message(data: bytes) -> Iterator[str]:
    """The head of an HTTP message line by line, and its body as octets; whatever else as octets."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not (blank and data.startswith(b"HTTP/")):
        head, body = b"", data
    yield from (f"  {line}" for line in head.decode("latin-1").split("\r\n") if line)
    yield f"  {'body' if head else 'octets'}: {octets(body)}"


# What differs.


@dataclass(frozen=True)
class _Node:
    """One line, and those below it with a larger margin."""

    line: str
    inside: tuple[_Node, ...]


def _tree(lines: Lines) -> tuple[_Node, ...]:
    heads = [at for at, line in enumerate(lines) if _margin(line) <= _margin(lines[0])]
    return tuple(
        _Node(lines[at], _tree(lines[at + 1 : end]))
        for at, end in zip(heads, [*heads[1:], len(lines)], strict=False)
    )


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _changes(honest: tuple[_Node, ...], bent: tuple[_Node, ...]) -> Iterator[tuple[str, str]]:
    """The lines that differ, each below those that hold it."""
    for what, a, b, c, d in SequenceMatcher(None, honest, bent, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        yield from _paired(honest[a:b], bent[c:d])


def _paired(gone: tuple[_Node, ...], come: tuple[_Node, ...]) -> Iterator[tuple[str, str]]:
    """Of the same name, one has become the other; the rest was taken out, or put in."""
    names, other_names = [node.line for node in gone], [node.line for node in come]
    for what, a, b, c, d in SequenceMatcher(None, names, other_names, autojunk=False).get_opcodes():
        if what == "equal":
            for node, other in zip(gone[a:b], come[c:d], strict=True):
                yield " ", node.line
                yield from _changes(node.inside, other.inside)
        elif [node.inside for node in gone[a:b]] == [node.inside for node in come[c:d]]:
            yield from (("-", name) for name in names[a:b])
            yield from (("+", name) for name in other_names[c:d])
        else:
            yield from _all("-", gone[a:b])
            yield from _all("+", come[c:d])


_MANY = 8


def _all(mark: str, nodes: tuple[_Node, ...]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        size = _size(node) - 1
        # What is gone as a whole need not be shown as a whole.
        if mark == "-" and size > _MANY:
            yield mark, f"{node.line}, with all {size} lines of it"
        else:
            yield mark, node.line
            yield from _all(mark, node.inside)


def _size(node: _Node) -> int:
    return 1 + sum(map(_size, node.inside))
