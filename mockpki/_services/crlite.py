"""CRLite's publisher: filters of all certificates of a PKI, and the lists that clients find them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, Protocol, get_args
from urllib.parse import urlsplit

from cryptography import x509

from .._clock import Clock
from .._crlite.cascade import Cascade
from .._crlite.clubcard import Clubcard, Status
from .._crlite.contents import count_milliseconds, spki_hash
from .._crlite.listing import Listing
from .._crlite.log import CtLog
from .._crlite.subject import Subject
from .._exchange.http import Answer, HttpRequest
from .._layers import Encoding, Faults, FilterFault, FilterListing, bend
from .._parameters import OWN_CHECK, Within, check_arguments, show
from .._pkix.issued import IssuedCertificate
from .._pkix.reading import load_certificate
from .._pkix.times import check_time
from .._pkix.window import Window
from .._problems import Problems
from ..publishing._schedule import Schedule
from .control import Restore
from .enrolment import Enrolment
from .files import FileService
from .filter_file import Channel, FilterFile
from .filters import CHANNELS, Filters
from .questions import Inquiry

Version = Literal["v3", "v4"]
_MANIFEST = "manifest.json"
_RECORDS = "v1/buckets/security-state/collections/cert-revocations/records"
_TRIES = 100_000
_JSON = "application/json"


class Certified(IssuedCertificate, Protocol):
    """A leaf or a CA, with the CA that issued it."""

    @property
    def issuer(self) -> IssuedCertificate | None:
        """The CA above, None for a root."""
        ...


Leaf = Annotated[Certified, "a leaf, such as pki.issue_cert('localhost')"]
Target = Annotated[FilterFile | str, "a FilterFile, or a path such as '/manifest.json'"]


class CRLite(FileService[FilterFault]):
    """The filters of a PKI, of all its CAs: what was logged and has not expired, and what of it is revoked.

    It publishes when it is told to, or on a `schedule`. ``/manifest.json`` lists what there is as upki's
    clients read it, ``/v1/buckets/security-state/collections/cert-revocations/records`` as Remote Settings
    does; ``/compat/manifest.json`` is that of the other channel, which has only what was revoked for
    key_compromise, cessation_of_operation or privilege_withdrawn.
    """

    layers = get_args(FilterFault)
    path = "/"
    content_type = "application/octet-stream"

    def __init__(self, what: str, clock: Clock, problems: Problems, enrolment: Enrolment, log: CtLog) -> None:
        super().__init__(what, clock, problems)
        self._filters = Filters(enrolment, clock, lambda: log.log_id, lambda name: self.url + name)

    # When.

    @property
    def schedule(self) -> Schedule | None:
        """When filters are published by themselves: None for by `publish` alone, or a
        `mockpki.publishing.Schedule`, which counts from its setting on.

            pki.crlite.schedule = publishing.Schedule(every=timedelta(hours=12), life=timedelta(days=10))

        The first filter is a full one, and so is that after each *life*; what comes between are deltas. Their
        coverage ends by *backdate* before their time. Raises TypeError for what is no Schedule.
        """
        return self._filters.schedule

    @schedule.setter
    def schedule(self, value: Schedule) -> None:
        self._require_open()
        if not isinstance(value, Schedule):
            raise TypeError(f"schedule= takes a Schedule of mockpki.publishing; got {show(value)}")
        self._filters.start(value)

    @property
    def next_issue(self) -> datetime:
        """When the next filter is due, by the PKI's clock. LookupError where none is: set a `schedule`."""
        due = self._filters.find_next()
        if due is None:
            raise LookupError(f"the {self._what} has nothing due: set its schedule, or call publish()")
        return due

    @property
    def due_in(self) -> timedelta:
        """How long it is until `next_issue`: what to ``shift`` the PKI's clock by."""
        return self.next_issue - self._clock.now()

    @check_arguments
    def publish(
        self, full: bool = False, *, coverage_ends: datetime | None = None, channel: Channel | None = None
    ) -> None:
        """Publish what is known now: a full filter the first time, then deltas, which a client adds to it.

        *full* makes it a full one. A delta says what has been revoked since the filter before it, and nothing
        of what is not revoked any more: a release from hold takes a full one. *coverage_ends*, an aware
        datetime, has it know nothing that was logged later, like one that lags behind its logs; left out, it
        covers all that is logged by now. *channel* limits it to one of the two, ``"default"`` and
        ``"compat"``. Raises ValueError for an end of the coverage that is still to come.
        """
        self._require_open()
        high = None
        if coverage_ends is not None:
            coverage_ends = check_time(coverage_ends)
            if coverage_ends > self._clock.now():
                raise ValueError(
                    f"coverage_ends={coverage_ends} is still to come; for a filter that claims more than it "
                    "knows use faults.Coverage"
                )
            high = max(0, count_milliseconds(coverage_ends))
        self._filters.publish(full, high, CHANNELS if channel is None else (channel,))

    # Which filters there are.

    @check_arguments
    def list_files(self, channel: Channel = "default") -> tuple[FilterFile, ...]:
        """What a new client fetches now: the last full filter, and the deltas since, oldest first."""
        return tuple(self._filters.find_current(channel))

    @property
    def files(self) -> tuple[FilterFile, ...]:
        """What a new client of the default channel fetches now."""
        return self.list_files()

    @property
    def filters(self) -> tuple[bytes, ...]:
        """The octets of `files`, oldest first."""
        return tuple(file.octets for file in self.files)

    @check_arguments
    def filter(self, encoding: Version = "v3", *, channel: Channel = "default") -> bytes:
        """The last full filter, in version 3 or, with ``"v4"``, 4. LookupError before the first."""
        card = self._require_files(channel)[0].card
        return card.v4() if encoding == "v4" else card.v3()

    @check_arguments
    def delta(self, since: datetime, encoding: Version = "v3", *, channel: Channel = "default") -> bytes:
        """One delta for whoever has what was published at the time *since*. LookupError for nothing then."""
        card = self._filters.find_delta(channel, check_time(since)).card
        return card.v4() if encoding == "v4" else card.v3()

    @property
    def coverage_ends(self) -> datetime:
        """The last time that all `files` cover: an SCT of then is inside all of them.

        LookupError where there is none.
        """
        ends = [file.coverage_ends for file in self._require_files("default")]
        found = [end for end in ends if end is not None]
        if len(found) < len(ends):
            raise LookupError(f"a filter of the {self._what} covers nothing: nothing was logged before it")
        return min(found)

    def _require_files(self, channel: Channel) -> tuple[FilterFile, ...]:
        files = self.list_files(channel)
        if not files:
            raise LookupError(f"the {self._what} has no filter in the channel {channel!r} yet: publish() one")
        return files

    # What they say.

    @check_arguments
    def check(self, leaf: Leaf, *, channel: Channel = "default") -> Status:
        """What a client that has all `files` finds of *leaf*. LookupError before there is any.

        Of one that has expired a client need not ask, for the filters have dropped it: `Status.EXPIRED`.
        """
        issuer = leaf.issuer
        if issuer is None:
            raise ValueError(
                f"leaf={show(leaf)} is a root: no filter speaks of it; give what a CA has issued"
            )
        files = self._require_files(channel)
        if load_certificate(leaf.der).not_valid_after_utc < self._clock.now():
            return Status.EXPIRED
        return Subject.read(spki_hash(issuer), leaf.der).ask(file.card for file in files)

    @check_arguments
    def false_positive(
        self,
        issuer: Annotated[IssuedCertificate | None, "a CA, or its certificate"] = None,
        *,
        of: Annotated[Clubcard | Cascade | None, "a Clubcard or a Cascade"] = None,
    ) -> int:
        """A serial number that *issuer* has not used and `files` say is revoked; they are not wrong often.

            serial = pki.crlite.false_positive()
            leaf = pki.issue_cert("localhost", serial_number=serial, logged_at=pki.crlite.coverage_ends)

        That is a certificate which the filters cover, and whoever made them has missed. *issuer* can be left
        out where they speak of one alone. *of*: by this filter, and not `files`. Raises ValueError where
        nothing is found in 100,000 tries, as where nothing is revoked.
        """
        files = self._require_files("default")
        universe = files[0].universe
        name = self._choose_issuer([*universe]) if issuer is None else spki_hash(issuer)
        known = frozenset[int]().union(*(file.universe[name][0] for file in files if name in file.universe))
        cards: Sequence[Clubcard | Cascade] = [file.card for file in files] if of is None else [of]
        for _ in range(_TRIES):
            serial = x509.random_serial_number()
            if serial not in known and any(_holds(card, name, serial) for card in cards):
                return serial
        raise ValueError(
            f"no serial number in {_TRIES:,} that a filter of the {self._what} takes for revoked; revoke "
            "one more of the certificates of this issuer first, and publish(full=True)"
        )

    def _choose_issuer(self, names: list[bytes]) -> bytes:
        if len(names) != 1:
            raise ValueError(
                f"the filters of the {self._what} speak of {len(names)} issuers; say of which it is to be, "
                "with issuer=pki.ca"
            )
        return names[0]

    # What a test sets, and sees.

    @check_arguments
    def respond_with(
        self, *faults: Annotated[FilterFault, OWN_CHECK], to: Target | None = None
    ) -> Restore[CRLite]:
        """Answer with these faults from now on; none for honest. As a context manager, until its end.

        *to* limits them to one file, a `FilterFile` or a path, and goes before what is set for all. What a
        fault does to the filter itself the lists go by, too: they have the size and hash of what was made,
        not of what becomes of it on its way. Raises TypeError for a fault that this service cannot have.
        """
        return self._set_faults(None if to is None else _find_subject(_find_path(to)), faults)

    @check_arguments
    def assert_asked(
        self, file: Target | None = None, times: Annotated[int | None, Within(0)] = None
    ) -> None:
        """Fail unless there was a request, or exactly *times*; with a file or path, for that."""
        self._settle()
        if file is None:
            return self._log.assert_count(self._describe(), times)
        path = _find_path(file)
        wanted = _find_subject(path)
        return self._log.assert_count_of(
            self._describe(), f" for {path}", lambda one: _find_subject(one.path) == wanted, times
        )

    def assert_not_asked(self, file: Target | None = None) -> None:
        """Fail if there was any request; with a file or path, for that."""
        self.assert_asked(file, times=0)

    # Answers over HTTP.

    def _find_subjects(self, inquiry: Inquiry) -> Iterable[object]:
        return (_find_subject(inquiry.request.target),)

    def _make_answer(self, inquiry: Inquiry, faults: Faults) -> Answer:
        request = inquiry.request
        subject = _find_subject(request.target)
        if subject == _RECORDS:
            listing = self._list(CHANNELS, faults)
            return self._answer_json(request, listing, listing.records())
        if subject == _MANIFEST:
            listing = self._list(("default",), faults)
            return self._answer_json(request, listing, listing.manifest())
        if subject == f"compat/{_MANIFEST}":
            listing = self._list(("compat",), faults)
            return self._answer_json(request, listing, listing.manifest())
        file = self._filters.find_named(subject)
        if file is None:
            return Answer.text(
                404,
                f"mockpki: the {self._what} has nothing at {request.target}; there are {_MANIFEST}, "
                f"compat/{_MANIFEST} and {_RECORDS}, and the files that these list",
            )
        body = bend(Encoding, file.make(faults), faults)
        return self._answer_file(request, self._date(file.published), body)

    def _list(self, channels: Sequence[Channel], faults: Faults) -> Listing:
        files = [file for channel in channels for file in self._filters.find_current(channel)]
        last = max((file.published for file in files), default=self._clock.now())
        listed = tuple(file.describe(self._find_faults_of(file, faults)) for file in files)
        return bend(FilterListing, Listing(int(last.timestamp()), listed), faults)

    def _find_faults_of(self, file: FilterFile, faults: Faults) -> Faults:
        """Those that *file* would have; *faults* are for all of them."""
        rule = self._rules.get(file.name)
        return rule if isinstance(rule, tuple) else faults

    def _answer_json(self, request: HttpRequest, listing: Listing, body: bytes) -> Answer:
        return self._answer_file(request, self._date(listing.time), body, content_type=_JSON)

    def _date(self, made: datetime) -> Window:
        """The times of what has no end of its own."""
        return Window(self._clock.now(), made, None, made)


def _find_path(target: FilterFile | str) -> str:
    return target.name if isinstance(target, FilterFile) else target


def _find_subject(target: str) -> str:
    """What a request's *target* is for, wherever all is mounted: a list, or the name of a file."""
    path = urlsplit(target).path.strip("/")
    for known in (_RECORDS, f"compat/{_MANIFEST}", _MANIFEST):
        if path == known or path.endswith(f"/{known}"):
            return known
    return path.rpartition("/")[2]


def _holds(card: Clubcard | Cascade, issuer: bytes, serial: int) -> bool:
    """Whether *card* says that it is revoked, if it covers it."""
    if isinstance(card, Cascade):
        return card.status(issuer, serial) is Status.REVOKED
    scts = [(interval.log_id, interval.high) for interval in card.coverage]
    return card.status(issuer, serial, scts) is Status.REVOKED
