"""What is there as a file that makes it again: what was clicked together, or called into being, in TOML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec

from .._ca.ca import CA
from .._catalogue.data import to_text
from .._pkix.status import Reason
from .._services.filters import CHANNELS
from .._services.service import Service
from ..sequences import CountingChooser
from . import bodies
from .durations import read_duration, write_duration
from .hosted import FILTERS, SERVICES, Hosted
from .problem import Problem
from .route import Call, Content, Routes

ROUTES = Routes()
TOML = "application/toml"
# In quotes where it could be taken for a number.
_HEX = re.compile(r"('?)\b([0-9a-f]{6,}(?:\.\d+)?)\b\1")
_BARE = re.compile(r"[A-Za-z0-9_.-]+")


@ROUTES.add("GET", "/v1/pkis/{pki}/toml", answers=TOML)
def get_toml(call: Call) -> Content:
    """The PKI as a file for `mockpki serve FILE.toml`, which makes it again.

    Keys, serial numbers and times are new then, unless they were given. What cannot be told is in comments;
    the private key of a CA that was given has to be added, and nothing is made without.
    """
    hosted = call.hosted
    with hosted.lock:
        return Content(write_toml(hosted).encode(), TOML)


def write_toml(hosted: Hosted) -> str:
    """What *hosted* is by now, as a file."""
    import tomli_w

    body, missing = Export(hosted).make_body()
    plain = msgspec.to_builtins(body, builtin_types=(datetime,))
    plain.pop("name", None)
    text = tomli_w.dumps({"pki": {hosted.name or "default": plain}}, multiline_strings=True)
    return "".join(f"# Not in this file: {sentence}.\n" for sentence in missing) + text


class Export:
    """The body of the call that makes *hosted* as it is now."""

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted
        # By its id, what is made again is called so, where something else refers to it.
        self._names: dict[str, str] = {}
        self._missing: list[str] = []

    def make_body(self) -> tuple[bodies.MakePki, list[str]]:
        """The body, and sentences on what it cannot tell."""
        hosted = self._hosted
        made: bodies.MakePki = hosted.bodies[hosted.id]
        servers = [self._write_server(id) for id in hosted.servers]
        services = {name: self._write_service(hosted.find_service(None, name)) for name in SERVICES}
        services[FILTERS] = self._write_filters(made)
        authorities = {key: one for id in hosted.cas for key, one in self._write_authority(id)}
        # Those that are referred to have their names by now; the certificates may refer to CAs.
        certificates = [self._write_certificate(id) for id in hosted.certificates if id in hosted.bodies]
        cas = [self._write_ca(id) for id in hosted.cas if id in hosted.bodies]
        return msgspec.structs.replace(
            made, root=self._write_adopted(made.root, "the root"), clock=self._write_clock(made), cas=cas,
            certificates=certificates, authorities=authorities, tls_servers=servers, **services,
        ), self._missing  # fmt: skip

    def _write_filters(self, made: bodies.MakePki) -> bodies.Service | None:
        """What their service is set to. What it has published has the times of then."""
        service = self._hosted.filters
        if service is None:
            return None
        if any(service.list_files(channel) for channel in CHANNELS):
            self._missing.append("the filters that are published; POST .../crlite/publish makes new ones")
        body = self._write_service(service)
        if body is not None and not made.logged:
            self._missing.append("what the service of filters is set to, which a stage has made")
            return None
        return body

    def _write_clock(self, made: bodies.MakePki) -> str | None:
        ago = timedelta() if made.ago is None else read_duration(made.ago, "ago")
        offset = self._hosted.pki.clock.offset
        return None if offset == -ago else write_duration(offset)

    def _write_certificate(self, id: str) -> bodies.IssueCert:
        hosted = self._hosted
        body: bodies.IssueCert = hosted.bodies[id]
        leaf = hosted.certificates[id]
        now = leaf.issuer.status(leaf)
        return msgspec.structs.replace(
            body,
            name=self._names.get(id, body.name),
            ca=body.ca and self._refer(body.ca),
            faults=self._rename(body.faults),
            status=now.status,
            reason=now.reason if now.status == "revoked" and now.reason != "unspecified" else None,
            at=body.at if body.at == now.at else None,
            invalidity_date=now.invalidity_date,
        )

    def _write_ca(self, id: str) -> bodies.MakeCa:
        body: bodies.MakeCa = self._hosted.bodies[id]
        name = self._names.get(id, body.name)
        return msgspec.structs.replace(
            body,
            name=name,
            key=None if body.key is None else self._leave_out(f"the CA {name!r}"),
            adopt=self._write_adopted(body.adopt, f"the CA {name!r}"),
            parent=body.parent and self._refer(body.parent),
            name_of=body.name_of and self._refer(body.name_of),
            faults=self._rename(body.faults),
        )

    def _write_adopted(self, adopted: bodies.Adopted | None, whose: str) -> bodies.Adopted | None:
        if adopted is None:
            return None
        return bodies.Adopted(adopted.certificate, self._leave_out(whose))

    def _leave_out(self, whose: str) -> str:
        """What stands for a private key that was given. Nothing is made with it: no other key is this one."""
        self._missing.append(f"the private key of {whose}, which was given; add it")
        return ""

    def _write_authority(self, id: str) -> Iterator[tuple[str, bodies.Authority]]:
        """What the CA of that *id* is set to and has revoked, by what it is called; nothing for nothing."""
        hosted = self._hosted
        ca: CA = hosted.cas[id]
        # Those of the issuing CA stand above.
        names = () if ca is hosted.pki.ca else SERVICES
        services = {name: self._write_service(getattr(ca, name)) for name in names}
        body = bodies.Authority(revoked=[*self._write_revoked(ca)], **services)
        if body == bodies.Authority():
            return
        if self._is_made_again(id):
            yield self._refer(id), body
        else:
            self._missing.append(f"what the CA {id}, which is made with the PKI, is set to and has revoked")

    def _write_revoked(self, ca: CA) -> Iterator[bodies.RevokeMany]:
        """What *ca* has revoked but for certificates, which have a status of their own."""
        _, _, serials, revocations = ca._ledger.list_revoked()
        leaves = (
            self._hosted.certificates[id] for id in self._hosted.certificates if id in self._hosted.bodies
        )
        own = {leaf.serial_number for leaf in leaves if leaf.issuer is ca}
        others = [pair for pair in zip(serials, revocations, strict=True) if pair[0] not in own]
        children = {one.serial_number: id for id, one in self._list_children(ca)}
        for revocation, pairs in groupby(others, lambda pair: pair[1]):
            why: dict[str, Any] = {"at": revocation.time, "invalidity_date": revocation.invalidity_date}
            if revocation.reason is not Reason.UNSPECIFIED:
                why["reason"] = revocation.reason.name.lower()
            members: list[str] = []
            rest: list[int] = []
            for serial, _ in pairs:
                child = children.get(serial)
                if child is None:
                    rest.append(serial)
                elif self._is_made_again(child):
                    members.append(self._refer(child))
                else:
                    self._missing.append(f"that the CA {child}, which is made with the PKI, is revoked")
            ranges = [*_find_ranges(rest)]
            singles = [f"{first:x}" for first, last in ranges if first == last]
            if members or singles:
                yield bodies.RevokeMany(certificates=members, serial_numbers=singles, **why)
            for first, last in ranges:
                if first != last:
                    whole = bodies.Range(first=f"{first:x}", last=f"{last:x}")
                    yield bodies.RevokeMany(serial_range=whole, **why)

    def _is_made_again(self, id: str) -> bool:
        """Whether the CA of that *id* is found by a name when it is made again."""
        return id in ("root", "ca") or id in self._hosted.bodies

    def _list_children(self, ca: CA) -> Iterator[tuple[str, CA]]:
        for id in self._hosted.cas:
            if self._hosted.cas[id].issuer is ca:
                yield id, self._hosted.cas[id]

    def _write_server(self, id: str) -> bodies.TlsServer:
        body: bodies.TlsServer = self._hosted.bodies[f"server {id}"]
        cas = [body.client_ca] if isinstance(body.client_ca, str) else body.client_ca
        chain = body.chain
        if chain is not None:
            chain = [self._refer(one) if isinstance(one, str) else one for one in chain]
        return msgspec.structs.replace(
            body,
            certificates=[self._refer(key) for key in body.certificates],
            client_ca=[self._refer(key) for key in cas],
            chain=chain,
            # TOML has no null.
            staple="none" if body.staple is None else self._rename(body.staple),
        )

    def _write_service(self, service: Service[Any]) -> bodies.Service | None:
        body = bodies.Service(script=[self._write_faults(one) for one in service.script_rest])
        for subject, rule in service.rules.items():
            if isinstance(rule, CountingChooser):
                body.sequence = self._write_sequence(rule.chooser)
            elif subject is None:
                body.faults = self._write_faults(rule)
            elif isinstance(subject, int) and self._is_known(f"{subject:x}"):
                body.to = {**body.to, self._refer(f"{subject:x}"): self._write_faults(rule)}
            else:
                self._missing.append(f"faults about {subject!r}, which is no certificate here")
        return None if body == bodies.Service() else body

    def _write_sequence(self, chooser: Any) -> bodies.Sequence:
        given = dict(vars(chooser))
        if "faults" in given:
            given["faults"] = self._write_choice(given["faults"])
        if "alternatives" in given:
            given["alternatives"] = [self._write_choice(one) for one in given["alternatives"]]
        kind: Any = type(chooser).__name__
        return bodies.Sequence(sequence=kind, **given)

    def _write_choice(self, choice: Any) -> list[str]:
        return self._write_faults(choice if isinstance(choice, list | tuple) else (choice,))

    def _write_faults(self, faults: Iterable[Any]) -> list[Any]:
        return [self._rename(to_text(fault)) for fault in faults]

    # What refers to something else.

    def _is_known(self, key: str) -> bool:
        """Whether a certificate or a CA is found by *key*, an id or a serial number."""
        return key in self._hosted.certificates or key in self._hosted.cas

    def _refer(self, key: str) -> str:
        """What the one that is found by *key* is called when it is made again."""
        hosted = self._hosted
        group: Any = hosted.cas if key in hosted.cas else hosted.certificates
        try:
            id = group.id_of(group.find(key))
        except Problem:
            return key
        if id in ("root", "ca"):
            return str(id)
        if id not in hosted.bodies:
            self._missing.append(f"the name of {id}, which is made with the PKI or by a server")
            return str(id)
        what = "ca" if group is hosted.cas else "certificate"
        own = group.name_of(id) or self._choose(lambda number: f"{what}-{number}")
        return self._names.setdefault(id, own)

    def _choose(self, name: Callable[[int], str]) -> str:
        """The first of these names that is nobody's."""
        taken, number = {*self._names.values()}, 1
        while (own := name(number)) in taken or own in self._hosted.certificates or own in self._hosted.cas:
            number += 1
        return own

    def _rename(self, value: Any) -> Any:
        """*value*, faults as texts or objects, with names in the place of ids."""
        if isinstance(value, str):
            return _HEX.sub(lambda found: self._rename_id(found[0], found[2]), value)
        if isinstance(value, dict):
            return {key: self._rename(one) for key, one in value.items()}
        return [self._rename(one) for one in value] if isinstance(value, list) else value

    def _rename_id(self, text: str, id: str) -> str:
        if not self._is_known(id):
            return text
        name = self._refer(id)
        if not _BARE.fullmatch(name):
            self._missing.append(f"the name {name!r} in a fault, which stands there by the old id")
            return text
        return name


def _find_ranges(serials: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of each row of numbers that follow one another."""
    for _, row in groupby(enumerate(serials), lambda pair: pair[1] - pair[0]):
        numbers = [serial for _, serial in row]
        yield numbers[0], numbers[-1]
