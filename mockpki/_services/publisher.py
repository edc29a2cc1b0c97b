"""The publisher of a CA's CRLs: RFC 5280 section 5."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

from .._clock import Clock
from .._exchange.http import Answer
from .._layers import CRLBytesFault, CRLFault, Faults, check
from .._parameters import OWN_CHECK, Within, check_arguments, show
from .._pkix.issued import About, IssuedCertificate
from .._pkix.pem import write_pem
from .._pkix.signing import Signer
from .._pkix.times import check_time
from .._problems import Problems
from ..publishing._presets import IMMEDIATE
from ..publishing._values import Publishing
from .authorities import Authorities, Authority
from .control import Restore
from .crl_file import CrlFile
from .files import FileService
from .immediate import Immediate
from .ledger import Ledger
from .questions import Inquiry
from .scheduled import Place, Scheduled

Target = Annotated[IssuedCertificate | CrlFile | str | int, "a leaf, a serial number, a CrlFile or a path"]


class Publisher(FileService[CRLFault]):
    """The CRLs of a CA, or of a CRL issuer: by default a complete one, renewed at every request; else as
    `mockpki.publishing` says."""

    layers = get_args(CRLFault)
    path = "/ca.crl"
    # RFC 5280 section 4.2.1.13: "HTTP server implementations accessed via the URI SHOULD specify the
    # media type application/pkix-crl in the content-type header field of the response."
    content_type = "application/pkix-crl"

    def __init__(
        self,
        what: str,
        clock: Clock,
        problems: Problems,
        ledger: Ledger | None,
        signer: Signer,
        publishes: Publishing = IMMEDIATE,
    ) -> None:
        """Without a *ledger* it is a CRL issuer's, for the CAs that `enroll`."""
        super().__init__(what, clock, problems)
        self.publishes = publishes
        """How this CA publishes."""
        self._authorities = Authorities(signer.name, what, indirect=ledger is None)
        self._immediate = Immediate(clock, self._authorities, signer, publishes.full)
        self._scheduled: Scheduled | None = None
        if publishes.scheduled:
            self._scheduled = Scheduled(publishes, clock, self._authorities, signer, self._find_url)
        if ledger is not None:
            self.enroll(self, signer.name, ledger)

    def _find_url(self, path: str) -> str:
        return self._require_base_url() + path

    # Which files there are.

    @property
    def url(self) -> str:
        """The URL of the CRL. ValueError where there are several: `file_for` tells a certificate's own."""
        if self._several:
            raise ValueError(f"the {self._what} has several CRLs; file_for(leaf).url is a certificate's")
        return super().url

    @property
    def _several(self) -> bool:
        return self._scheduled is not None and len(self._scheduled.places) > 1

    @property
    def files(self) -> tuple[CrlFile, ...]:
        """Every CRL that is published now, complete ones and deltas. ValueError without a schedule."""
        scheduled = self._require_schedule()
        made = map(scheduled.make_file, scheduled.places.values())
        return tuple(file for file in made if file is not None)

    @check_arguments
    def file_for(self, leaf: About, delta: bool = False) -> CrlFile:
        """The CRL that covers *leaf*, a certificate or a serial number of this CA, as it is published now.

        Where reasons divide the list, that is the first of them. Where several CAs are on it, a serial number
        is not enough. Raises ValueError without a schedule, and where there is no delta; LookupError where
        nothing was published yet.
        """
        scheduled = self._require_schedule()
        if delta and self.publishes.deltas is None:
            raise ValueError(f"the {self._what} publishes no deltas; leave delta=True out")
        (place, *_) = scheduled.find_places(*self._identify(leaf), delta)
        file = scheduled.make_file(place)
        if file is None:
            raise LookupError(f"the {self._what} has not published {place.path} yet")
        return file

    @property
    def issued(self) -> tuple[CrlFile, ...]:
        """Every CRL that somebody asked for so far, of each file the last 64, oldest first: for replays.

        ValueError without a schedule.
        """
        return tuple(self._require_schedule().list_signed())

    def _require_schedule(self) -> Scheduled:
        if self._scheduled is None:
            raise ValueError(
                f"the {self._what} signs its CRL anew at every request; give the PKI a way to publish for "
                "this, such as PKI(publishes='lets-encrypt')"
            )
        return self._scheduled

    # When.

    @property
    def next_issue(self) -> datetime:
        """When the next CRL is due, by the PKI's clock.

        ValueError without a schedule; LookupError where only a revocation brings a new one.
        """
        due = self._require_schedule().find_next()
        if due is None:
            raise LookupError(
                f"the {self._what} has nothing due: a CRL comes with a revocation, or by publish()"
            )
        return due

    @property
    def due_in(self) -> timedelta:
        """How long it is until `next_issue`: what to ``shift`` the PKI's clock by."""
        return self.next_issue - self._clock.now()

    @check_arguments
    def publish(self, *, delta: bool = False, at: datetime | None = None) -> None:
        """Sign complete CRLs out of turn, or deltas, with all that is known now; *at* dates them earlier.

        Raises ValueError without a schedule, without deltas, and while the signer is suspended.
        """
        scheduled = self._require_schedule()
        if at is not None:
            at = check_time(at)
            if at > self._clock.now():
                raise ValueError(f"at={at} is still to come; shift the PKI's clock instead")
        scheduled.publish(delta, at)

    def suspended(self) -> AbstractContextManager[None]:
        """An outage of the signer, as a ``with`` block: nothing new is signed until its end.

        What was published last stays, and goes stale. What was due meanwhile is signed at the end of it.
        """
        return self._require_schedule().suspended()

    # CRLs as bytes.

    @check_arguments
    def crl(
        self, *faults: Annotated[CRLBytesFault, OWN_CHECK], of: Target | None = None, delta: bool = False
    ) -> bytes:
        """The CRL as DER, as it is now, without HTTP; where there are several, the one *of* a leaf, a serial
        number or a path.

        Raises TypeError for a fault it cannot have, ValueError where *of* is needed.
        """
        checked = check(faults, get_args(CRLBytesFault), "a CRL as bytes")
        if self._scheduled is None:
            if of is not None or delta:
                self._require_schedule()
            return self._immediate.make(checked)[1]
        made = self._scheduled.make(self._choose_place(self._scheduled, of, delta), checked)
        if made is None:
            raise LookupError(f"the {self._what} has not published that CRL yet")
        return made[1]

    @check_arguments
    def pem(
        self, *faults: Annotated[CRLBytesFault, OWN_CHECK], of: Target | None = None, delta: bool = False
    ) -> bytes:
        """The same as PEM, which is what ``openssl`` and `ssl.SSLContext` read from a file."""
        return write_pem("X509 CRL", self.crl(*faults, of=of, delta=delta))

    def _choose_place(self, scheduled: Scheduled, of: Target | None, delta: bool) -> Place:
        if of is not None:
            return self._find_place(scheduled, of, delta)
        places = [place for place in scheduled.places.values() if place.delta is delta]
        if len(places) != 1:
            raise ValueError(
                f"the {self._what} has {len(places)} such CRLs; say of which certificate, with of=leaf"
            )
        return places[0]

    def _find_place(self, scheduled: Scheduled, target: Target, delta: bool = False) -> Place:
        """The file that is meant. Raises TypeError or ValueError for what is none."""
        path = target.path if isinstance(target, CrlFile) else target
        if isinstance(path, str):
            place = scheduled.places.get(urlsplit(path).path)
            if place is None:
                raise ValueError(f"{path!r} is none of the paths of the {self._what}; see its files")
            return place
        return scheduled.find_places(*self._identify(path), delta)[0]

    # What a test sets, and sees.

    @check_arguments
    def respond_with(
        self, *faults: Annotated[CRLFault, OWN_CHECK], to: Target | None = None
    ) -> Restore[Publisher]:
        """Answer with these faults from now on; none for honest. As a context manager, until its end.

        *to* limits them to one file: a leaf's own, that of a serial number, a `CrlFile`, or a path; that goes
        before what is set for all. Raises TypeError for a fault this service cannot have, ValueError for *to*
        without a schedule."""
        if to is None:
            return self._set_faults(None, faults)
        place = self._find_place(self._require_schedule(), to)
        return self._set_faults(place.path, faults)

    @check_arguments
    def assert_asked(
        self,
        leaf: About | None = None,
        times: Annotated[int | None, Within(0)] = None,
        *,
        delta: bool = False,
    ) -> None:
        """Fail unless there was a request, or exactly *times*; with *leaf*, for the file that covers it.

        Without a schedule the one file names no certificate: TypeError.
        """
        self._settle()
        if leaf is None:
            return self._log.assert_count(self._describe(), times)
        if self._scheduled is None:
            raise TypeError(
                f"leaf={show(leaf)}: a request to the {self._what} names no certificate; leave it out"
            )
        scheduled = self._scheduled
        wanted = scheduled.find_places(*self._identify(leaf), delta)
        about = f" for {' or '.join(sorted(place.path for place in wanted))}"
        return self._log.assert_count_of(
            self._describe(), about, lambda one: self._find_requested(scheduled, one.path) in wanted, times
        )

    def assert_not_asked(self, leaf: About | None = None) -> None:
        """Fail if there was any request; with *leaf*, for the file that covers it."""
        self.assert_asked(leaf, times=0)

    def _identify(self, leaf: Any) -> tuple[Authority, int]:
        """Which CA's certificate is meant. Raises TypeError or ValueError where there is none."""
        serial = leaf if isinstance(leaf, int) else getattr(leaf, "serial_number", None)
        if isinstance(leaf, bool) or not isinstance(serial, int):
            raise TypeError(f"{leaf!r} is no leaf, CA or serial number")
        return self._authorities.find(leaf), serial

    # Answers over HTTP.

    def _find_requested(self, scheduled: Scheduled, target: str) -> Place | None:
        """Which file a request is for: where there is only one, that, whatever the target."""
        if self._several:
            return scheduled.find_place(target)
        return next(iter(scheduled.places.values()))

    def _find_subjects(self, inquiry: Inquiry) -> Iterable[object]:
        scheduled = self._scheduled
        place = None if scheduled is None else self._find_requested(scheduled, inquiry.request.target)
        return () if place is None else (place.path,)

    def _make_answer(self, inquiry: Inquiry, faults: Faults) -> Answer:
        scheduled = self._scheduled
        if scheduled is None:
            return self._answer_file(inquiry.request, *self._immediate.make(faults))
        place = self._find_requested(scheduled, inquiry.request.target)
        made = place and scheduled.make(place, faults)
        if not made:
            sentence = f"mockpki: the {self._what} publishes nothing at {inquiry.request.target}"
            return Answer.text(404, sentence)
        return self._answer_file(inquiry.request, *made, scheduled.find_headers())

    # What the CA needs to know.

    @property
    def enrolled(self) -> Sequence[Authority]:
        """The CAs that are on these lists, in the order in which they came."""
        return self._authorities.all

    def enroll(self, owner: object, name: bytes, ledger: Ledger) -> Authority:
        """From now on certificates of that CA are on these lists. *name* is its Name as DER."""
        authority = self._authorities.add(owner, name, ledger)
        if self._scheduled is not None:
            ledger.watch(partial(self._scheduled.note, authority))
        return authority

    @property
    def scheduled(self) -> Scheduled | None:
        """The lists of its schedule, None without one."""
        return self._scheduled

    def find_points(
        self, authority: Authority, serial: int, not_after: datetime, is_ca: bool
    ) -> tuple[list[bytes], list[bytes]]:
        """The distribution points of a certificate that is being issued, and those of deltas."""
        if self._scheduled is not None:
            return self._scheduled.assign(authority, serial, not_after, is_ca)
        named = self.publishes.in_certificates
        return ([self._immediate.point(self.url, authority)] if named else []), []
