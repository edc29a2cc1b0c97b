"""CRLs on a schedule, in one file or many, with deltas or without: what `mockpki.publishing` says, as
octets."""

from __future__ import annotations

import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from .._clock import Clock
from .._layers import Faults, Timing, bend
from .._pkix.crl import TBSCertList, crl_number, encode_entries
from .._pkix.der import Extension
from .._pkix.points import Coverage, delta_crl_indicator, freshest_crl
from .._pkix.signing import Signer
from .._pkix.status import Revocation
from .._pkix.times import encode_x509_time
from .._pkix.window import Window
from ..publishing._issues import KEPT, Issue, Issues
from ..publishing._moments import Moments
from ..publishing._shards import ByReason
from ..publishing._values import Publishing
from .authorities import Authorities, Authority
from .crl_file import CrlFile
from .scope import Facts, Kind, Scope
from .signed_list import authority_key, sign_list

_NEXT_PUBLISH = "1.3.6.1.4.1.311.21.4"


@dataclass(frozen=True, slots=True)
class Place:
    """One file: the complete list of a scope, or its delta."""

    scope: Scope
    delta: bool

    @property
    def path(self) -> str:
        return self.scope.delta_path if self.delta else self.scope.path


class Scheduled:
    """All lists of one CA, or of one CRL issuer. *find_url* makes a URL of a path.

    Its lock is taken below a ledger's, whose changes it is told of, and it never asks the ledger. Nothing
    is signed with it held: what a fault does may take its time."""

    def __init__(
        self,
        publishing: Publishing,
        clock: Clock,
        authorities: Authorities,
        signer: Signer,
        find_url: Callable[[str], str],
    ) -> None:
        self.publishing, self._authorities = publishing, authorities
        self._clock, self._signer, self._find_url = clock, signer, find_url
        self._lock = threading.Lock()
        self._moments = Moments(publishing, clock.now())
        self._issued = self._changes = 0
        self._warned = False
        self._scopes: dict[tuple[Kind, int | None], Scope] = {}
        self.places: Mapping[str, Place] = {}
        """Every file by its path. Replaced and never changed, so that nobody has to lock it."""
        self._signed: dict[str, deque[tuple[Issue, bytes]]] = {}
        self._add_scopes()

    # Which lists there are.

    @property
    def _kind(self) -> Kind:
        return "user" if self.publishing.only else "all"

    def _add_scopes(self) -> None:
        """Those that there are now; some kinds of shards get more with time."""
        shards = self.publishing.shards
        keys: list[tuple[Kind, int | None]] = []
        if not self.publishing.divided or shards.aggregate:
            keys.append((self._kind, None))
        if self.publishing.divided:
            keys += [(self._kind, shard) for shard in shards.list_shards(self._issued)]
        if self.publishing.only == "kind":
            keys.append(("ca", None))
        deltas = (False, True) if self.publishing.deltas else (False,)
        added: list[Place] = []
        for key in keys:
            if key not in self._scopes:
                scope = Scope(*key, Issues(self.publishing, self._moments, self._find_end))
                self._scopes[key] = scope
                added += [Place(scope, delta) for delta in deltas]
        self.places = {**self.places, **{place.path: place for place in added}}

    def _find_end(self, authority: int, serial: int) -> datetime | None:
        facts = self._authorities.all[authority].facts.get(serial)
        return None if facts is None else facts.not_after

    def _find_facts(self, authority: Authority, serial: int) -> Facts:
        """What is known of *serial*; of one that was never issued, a shard that is always the same."""
        facts = authority.facts.get(serial)
        if facts is None:
            shards = self.publishing.shards.list_shards(self._issued)
            facts = Facts(None, shards[serial % len(shards)])
        return facts

    def _list_scopes(self, facts: Facts) -> list[Scope]:
        """The lists that such a certificate could be on, those first that it names."""
        if facts.is_ca and self.publishing.only == "kind":
            return [self._scopes["ca", None]]
        shards, kind = self.publishing.shards, self._kind
        if isinstance(shards, ByReason):
            return [self._scopes[kind, shard] for shard in shards.list_shards(0)]
        keys: list[tuple[Kind, int | None]] = [(kind, facts.shard if self.publishing.divided else None)]
        if self.publishing.divided and shards.aggregate:
            keys.append((kind, None))
        return [self._scopes[key] for key in keys]

    def find_place(self, target: str) -> Place | None:
        """The file that a request's *target* is, wherever the files are mounted; None for none of them."""
        # All paths have one name, or two.
        parts = urlsplit(target).path.split("/")
        tails = (f"/{'/'.join(parts[-count:])}" for count in (1, 2))
        return next((self.places[tail] for tail in tails if tail in self.places), None)

    def find_places(self, authority: Authority, serial: int, delta: bool) -> list[Place]:
        """The files that *serial* of *authority* names: several only where reasons divide them."""
        with self._lock:
            scopes = self._list_scopes(self._find_facts(authority, serial))
        named = scopes if isinstance(self.publishing.shards, ByReason) else scopes[:1]
        return [Place(scope, delta) for scope in named]

    # What happens to certificates.

    def assign(
        self, authority: Authority, serial: int, not_after: datetime, is_ca: bool
    ) -> tuple[list[bytes], list[bytes]]:
        """A certificate of *authority* is issued: the distribution points that it names, and those of
        deltas."""
        publishing = self.publishing
        if is_ca and publishing.only == "user":
            raise ValueError(
                "this CA's CRLs are for user certificates only (only='user'), so it issues no CA; publish by "
                "something with only='kind' or '', or name other CRLs with crl_urls="
            )
        with self._lock:
            shard = publishing.shards.choose(serial, not_after, self._issued)
            self._issued += 1
            authority.facts[serial] = Facts(not_after, shard, is_ca)
            if publishing.divided and (self._kind, shard) not in self._scopes:
                self._add_scopes()
        if not publishing.in_certificates:
            return [], []
        points = [self._cover(place) for place in self.find_places(authority, serial, delta=False)]
        fresh: list[Coverage] = []
        if publishing.deltas is not None and "certificate" in publishing.deltas.pointers:
            fresh = [self._cover(place) for place in self.find_places(authority, serial, delta=True)]
        crl_issuer = authority.crl_issuer
        return [one.point(crl_issuer) for one in points], [one.point(crl_issuer) for one in fresh]

    def _cover(self, place: Place) -> Coverage:
        return place.scope.cover(self.publishing, self._find_url(place.path))

    def note(self, authority: Authority, serials: Sequence[int], after: Revocation | None) -> None:
        """The ledger of *authority* has changed. See `mockpki._services.ledger.Watcher`."""
        now = self._clock.now()
        with self._lock:
            index = self._changes
            self._changes += 1
            for scope, some in self._group(authority, serials).items():
                listed = after if after is not None and self._is_listed(scope, after) else None
                if listed is None:
                    some = [serial for serial in some if scope.issues.has(serial, authority.number)]
                if some:
                    scope.issues.note_change(now, index, some, listed, authority.number)
            self._moments.note_change(now, self._changes, revoked=after is not None)

    def _group(self, authority: Authority, serials: Sequence[int]) -> dict[Scope, Sequence[int]]:
        if not self.publishing.divided and self.publishing.only != "kind":
            return dict.fromkeys(self._scopes.values(), serials)
        grouped: dict[Scope, list[int]] = {}
        for serial in serials:
            for scope in self._list_scopes(self._find_facts(authority, serial)):
                grouped.setdefault(scope, []).append(serial)
        return dict(grouped)

    def _is_listed(self, scope: Scope, revocation: Revocation) -> bool:
        """Whether the list has certificates that are revoked for such a reason."""
        shards = self.publishing.shards
        if scope.shard is None or not isinstance(shards, ByReason):
            return True
        return shards.holds(scope.shard, revocation.reason)

    # When.

    def find_next(self) -> datetime | None:
        """When the next list is due; None where only a revocation brings one."""
        with self._lock:
            moment = self._moments.find_next(self._clock.now())
        return None if moment is None else moment.time

    def publish(self, delta: bool, at: datetime | None) -> None:
        """Sign out of turn: now, or dated *at*."""
        if delta and self.publishing.deltas is None:
            raise ValueError("delta=True: this CA publishes no deltas; give it a way to publish with some")
        with self._lock:
            self._moments.add(at or self._clock.now(), delta=delta, seen=self._changes)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Sign nothing until the end of the block."""
        with self._lock:
            self._moments.suspend(self._clock.now())
        try:
            yield
        finally:
            with self._lock:
                self._moments.resume(self._clock.now(), self._changes)

    # The files.

    def find_issue(self, place: Place, now: datetime) -> Issue | None:
        """What is published at *place* at the time *now*; None where there is nothing yet."""
        with self._lock:
            return place.scope.issues.find_current(now, place.delta)

    def make(self, place: Place, faults: Faults) -> tuple[Window, bytes] | None:
        """The times and octets of what is published at *place*; None where there is nothing yet."""
        now = self._clock.now()
        issue = self.find_issue(place, now)
        if issue is None:
            return None
        window = bend(Timing, Window(now, issue.this_update, issue.next_update, issue.this_update), faults)
        if not faults:
            return window, self._sign_once(place, issue)
        return window, sign_list(self._write(place, issue, window), self._signer, faults)

    def make_file(self, place: Place) -> CrlFile | None:
        """What is published at *place*, as users see it; None where there is nothing yet."""
        issue = self.find_issue(place, self._clock.now())
        return None if issue is None else self._describe(place.path, issue, self._sign_once(place, issue))

    def _sign_once(self, place: Place, issue: Issue) -> bytes:
        """The honest octets of *issue*: signed by the first who asks, and kept."""
        kept = self._signed.setdefault(place.path, deque(maxlen=KEPT))
        found = next((der for one, der in reversed(kept) if one is issue), None)
        if found is None:
            self._warn_of_the_future(place, issue)
            window = Window(issue.this_update, issue.this_update, issue.next_update, issue.this_update)
            der = sign_list(self._write(place, issue, window), self._signer, ())
            with self._lock:
                # Another thread may have been first.
                found = next((der for one, der in reversed(kept) if one is issue), None)
                if found is None:
                    kept.append((issue, der))
                    found = der
        return found

    def _warn_of_the_future(self, place: Place, issue: Issue) -> None:
        """Say once that clients, who go by the system's time and not by the PKI's, will not believe it."""
        if not self._warned and issue.this_update > self._clock.now() - self._clock.offset:
            self._warned = True
            warnings.warn(
                f"{place.path} is dated {issue.this_update:%Y-%m-%d %H:%M:%S}Z, which is still to come for "
                "clients: they go by the system's time, and not by the PKI's; begin earlier, with "
                "PKI(publishes=..., ago=...)",
                stacklevel=2,
            )

    def list_signed(self) -> list[CrlFile]:
        """Every CRL that was signed for somebody, the last of each file, oldest first."""
        with self._lock:
            signed = [(path, issue, der) for path, kept in self._signed.items() for issue, der in kept]
        return [self._describe(*one) for one in sorted(signed, key=lambda one: one[1].moment)]

    def _describe(self, path: str, issue: Issue, der: bytes) -> CrlFile:
        return CrlFile(
            path, self._find_url(path), issue.number, issue.base, issue.this_update, issue.next_update,
            tuple(issue.serials), der,
        )  # fmt: skip

    def _write(self, place: Place, issue: Issue, window: Window) -> TBSCertList:
        entries = [
            encode_entries(part.serials, part.revocations, authority.certificate_issuer)
            for authority, part in self._authorities.pair(issue.parts)
        ]
        return TBSCertList(
            window.this_update,
            window.next_update,
            b"".join(entries) or None,
            tuple(self._list_extensions(place, issue)),
        )

    def _list_extensions(self, place: Place, issue: Issue) -> Iterable[Extension]:
        publishing, scope = self.publishing, place.scope
        yield authority_key(self._signer)
        yield crl_number(issue.number)
        covered = scope.cover_in_list(publishing, self._find_url(scope.path), self._authorities.is_indirect)
        if covered is not None:
            yield covered.extension()
        if issue.base is not None:
            yield delta_crl_indicator(issue.base)
            return
        deltas = publishing.deltas
        if deltas is not None and "crl" in deltas.pointers:
            # RFC 5280 section 5.2.6: "This extension MUST NOT appear in delta CRLs."
            yield freshest_crl([Coverage((self._find_url(scope.delta_path),)).point()])
        if publishing.next_publish and publishing.full.every is not None:
            due = issue.moment.time + publishing.full.every
            yield Extension(_NEXT_PUBLISH, False, encode_x509_time(due))

    def find_headers(self) -> dict[str, datetime | str]:
        """What the headers of HTTP say otherwise than for a list without a schedule."""
        found: dict[str, datetime | str] = {}
        due = self.find_next()
        if self.publishing.http_expires == "next_issue" and due is not None:
            found["Expires"] = due
        if self.publishing.cache_control is not None:
            found["Cache-Control"] = self.publishing.cache_control
        return found
