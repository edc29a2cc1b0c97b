"""Every figure of every preset, read back from certificates, CRLs, OCSP answers and headers.

The figures stand here a second time, so that one that is changed by mistake is found."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from mockpki import PKI, Leaf, publishing
from mockpki.relying_party import crl_urls
from tests.kit.asking import send

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=number) for number in (1, 60, 3600, 86_400))


@dataclass(frozen=True)
class Row:
    """What is documented of one way to publish; what is left out is what a CA does without more ado."""

    every: timedelta | None
    life: timedelta
    back: timedelta = timedelta()
    after: timedelta | None = None
    paths: tuple[str, ...] = ("/ca.crl",)
    choose: Callable[[x509.Certificate, int], str] = lambda certificate, before: "/ca.crl"
    """The path of a certificate's CRL, by what is in it and how many were issued before."""
    deltas: tuple[timedelta, timedelta, timedelta, str] | None = None
    """Every, life, back, and which complete CRL is the base."""
    if_changed: bool = False
    unit: int | None = None
    """Of numbers that are times, so many a second."""
    keep: timedelta | None = timedelta()
    scope: bool = False
    user: bool = False
    named: bool = True
    ocsp: str = "live"
    ocsp_life: timedelta = 7 * DAY
    expires: str = "next_update"
    cache_control: str | None = None
    next_publish: bool = False


def count(files: int, first: int = 1) -> tuple[str, ...]:
    """The paths of so many shards."""
    return tuple(f"/ca/{shard}.crl" for shard in range(first, first + files))


def by_serial(certificate: x509.Certificate, before: int) -> str:
    """Let's Encrypt's rule."""
    return f"/ca/{certificate.serial_number % 128 + 1}.crl"


def by_end(certificate: x509.Certificate, before: int) -> str:
    """Its rule of 2022."""
    return f"/ca/{int(certificate.not_valid_after_utc.timestamp()) // (16 * 3600) % 128}.crl"


def by_digest(certificate: x509.Certificate, before: int) -> str:
    """As good as at random."""
    digest = sha256(str(certificate.serial_number).encode()).digest()
    return f"/ca/{int.from_bytes(digest[:8]) % 10 + 1}.crl"


def in_turn(certificate: x509.Certificate, before: int) -> str:
    """One after the other."""
    return f"/ca/{before % 4 + 1}.crl"


def into_the_first(certificate: x509.Certificate, before: int) -> str:
    """Until there are 100,000."""
    return "/ca/1.crl"


AD_CS: dict[str, Any] = {
    "every": 7 * DAY, "life": 7 * DAY + 12 * HOUR, "back": 10 * MINUTE,
    "deltas": (DAY, DAY + 2 * HOUR + 24 * MINUTE, 10 * MINUTE, "previous"), "ocsp": "from_crl",
    "ocsp_life": 7 * DAY + 12 * HOUR, "next_publish": True,
}  # fmt: skip
AWS: dict[str, Any] = {
    "every": 3 * DAY + 12 * HOUR, "life": 7 * DAY, "after": 30 * MINUTE, "unit": 10**3, "ocsp": "hourly",
}  # fmt: skip
ROWS = {
    "lets-encrypt": Row(
        HOUR, 9 * DAY - SECOND, paths=count(128), choose=by_serial, unit=10**9, keep=DAY, scope=True,
        user=True, ocsp="none", expires="next_issue", cache_control="stale-if-error=60",
    ),
    "lets-encrypt-2022": Row(
        6 * HOUR, 9 * DAY, paths=count(128, 0), choose=by_end, unit=10**9, keep=DAY, scope=True, user=True,
        named=False,
    ),
    "ad-cs": Row(**AD_CS),
    "ad-cs-partitioned": Row(**AD_CS, paths=("/ca.crl", *count(10)), choose=by_digest, scope=True),
    "vault": Row(None, 72 * HOUR, after=timedelta(), ocsp_life=12 * HOUR),
    "vault-auto": Row(
        60 * HOUR, 72 * HOUR, deltas=(15 * MINUTE, 72 * HOUR, timedelta(), "last"), if_changed=True,
        ocsp_life=12 * HOUR,
    ),
    "step-ca": Row(16 * HOUR, DAY, keep=HOUR, scope=True, named=False, ocsp="none"),
    "google-cas": Row(DAY, 7 * DAY, after=15 * MINUTE, ocsp="none"),
    "aws-private-ca": Row(**AWS),
    "aws-partitioned": Row(**AWS, paths=count(4), choose=in_turn, scope=True),
    "freeipa": Row(4 * HOUR, 4 * HOUR, keep=None),
    "ejbca-partitioned": Row(DAY, DAY + HOUR, paths=count(10), choose=by_digest, scope=True),
    "digicert": Row(
        DAY, 7 * DAY, paths=("/ca.crl", "/ca/1.crl"), choose=into_the_first, scope=True,
    ),
}  # fmt: skip
each = pytest.mark.parametrize("name", ROWS)


@dataclass
class World:
    """A PKI that publishes so, whose clock stands, with the moment at which its CA was made."""

    pki: PKI
    row: Row
    leaf: Leaf
    began: datetime

    def go(self, to: timedelta) -> None:
        """Move the clock to so long after the CA's creation."""
        self.pki.clock.shift(self.began + to - self.pki.clock.now())

    def load(self, delta: bool = False, leaf: Leaf | None = None) -> x509.CertificateRevocationList:
        """The CRL of the certificate as it is published."""
        return x509.load_der_x509_crl(self.pki.crl.file_for(leaf or self.leaf, delta).der)

    def lists(self, leaf: Leaf | None = None) -> bool:
        """Whether the certificate is on it."""
        serial = (leaf or self.leaf).serial_number
        return self.load(leaf=leaf).get_revoked_certificate_by_serial_number(serial) is not None


@contextmanager
def opened(name: str) -> Iterator[World]:
    """A world. The CA's creation is read from its first CRL, and is no more than a minute ago."""
    row = ROWS[name]
    with PKI(publishes=name, ago=300 * DAY) as pki, pki.clock.stop():
        leaf = pki.issue_cert("localhost")
        world = World(pki, row, leaf, pki.clock.now())
        world.began = world.load().last_update_utc + row.back
        assert timedelta() <= pki.clock.now() - world.began < MINUTE
        yield world


def find(item: Any, kind: type[Any]) -> Any:
    """An extension, None where there is none."""
    try:
        return item.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def number(crl: x509.CertificateRevocationList) -> int:
    """The CRL's number."""
    return find(crl, x509.CRLNumber).value.crl_number  # type: ignore[no-any-return]


def test_all_rows_are_here() -> None:
    """But for the one that is no CA's."""
    assert set(ROWS) == set(publishing.NAMED) - {"immediate"}


@each
def test_when_complete_lists_are_signed(name: str) -> None:
    """To the second, dated back and good for as long as it says; numbers are counted or are times."""
    with opened(name) as world:
        row, first = world.row, world.load()
        assert first.next_update_utc is not None
        assert first.next_update_utc - first.last_update_utc == row.life
        time = int(world.began.timestamp())
        assert number(first) == (1 if row.unit is None else time * row.unit)
        if row.every is None:
            world.go(30 * DAY)
            assert number(world.load()) == number(first)
            return
        for issue in (1, 2):
            before = number(world.load())
            world.go(issue * row.every - SECOND)
            assert number(world.load()) == before or issue == 2
            world.go(issue * row.every)
            crl = world.load()
            assert crl.last_update_utc == world.began + issue * row.every - row.back
            assert number(crl) > before
            if row.unit is not None:
                assert number(crl) == (time + int((issue * row.every).total_seconds())) * row.unit


@each
def test_when_a_revocation_shows(name: str) -> None:
    """As soon after it as is promised, or at the next regular time, and not a second before."""
    with opened(name) as world:
        row = world.row
        world.go(HOUR + SECOND)
        world.pki.revoke(world.leaf, "superseded")
        if row.after is not None:
            due = HOUR + SECOND + row.after
        else:
            assert row.every is not None
            due = row.every * ((HOUR + SECOND) // row.every + 1)
        if due > HOUR + SECOND:
            assert not world.lists()
            world.go(due - SECOND)
            assert not world.lists()
        world.go(due)
        assert world.lists()
        assert world.load().last_update_utc == world.began + due - row.back


@each
def test_which_files_there_are(name: str) -> None:
    """All paths, each with its own scope; a certificate's is chosen as is documented, and named in it."""
    with opened(name) as world:
        row, pki = world.row, world.pki
        deltas = tuple(path.replace(".crl", "-delta.crl") for path in row.paths) if row.deltas else ()
        assert sorted(file.path for file in pki.crl.files) == sorted((*row.paths, *deltas))
        leaves = [world.leaf, *(pki.issue_cert("localhost") for _ in range(6))]
        for before, leaf in enumerate(leaves):
            file = pki.crl.file_for(leaf)
            assert file.path == urlsplit(file.url).path == row.choose(leaf.certificate, before)
            assert crl_urls(leaf.certificate) == ((file.url,) if row.named else ())
            fresh = find(leaf.certificate, x509.FreshestCRL)
            assert (fresh is not None) is (row.deltas is not None)
            if fresh is not None:
                assert not fresh.critical
                assert fresh.value[0].full_name[0].value == pki.crl.file_for(leaf, delta=True).url
        for file in pki.crl.files:
            check_scope(row, file.path, file.url, x509.load_der_x509_crl(file.der))


def check_scope(row: Row, path: str, url: str, crl: x509.CertificateRevocationList) -> None:
    """The issuing distribution point of one file: that of a complete one beside shards is for all."""
    scope = find(crl, x509.IssuingDistributionPoint)
    assert (scope is not None) is (row.scope and not (path == "/ca.crl" and len(row.paths) > 1) and
                                   not (path == "/ca-delta.crl" and len(row.paths) > 1))  # fmt: skip
    if scope is not None:
        assert scope.critical
        complete = url.replace("-delta.crl", ".crl")
        assert scope.value.full_name == [x509.UniformResourceIdentifier(complete)]
        assert scope.value.only_contains_user_certs is row.user
        assert not scope.value.only_contains_ca_certs
        assert scope.value.only_some_reasons is None
        assert not scope.value.indirect_crl


@each
def test_deltas(name: str) -> None:
    """When they are signed, for how long, and from which complete list on; or that there are none."""
    with opened(name) as world:
        row = world.row
        if row.deltas is None:
            with pytest.raises(ValueError, match="publishes no deltas"):
                world.load(delta=True)
            assert find(world.load(), x509.FreshestCRL) is None
            return
        every, life, back, base = row.deltas
        assert row.every is not None
        # RFC 5280 section 5.2.3: issued at the same time, "they MUST have the same CRL number".
        assert number(world.load(delta=True)) == number(world.load()) == 1
        # After two complete lists.
        start = 2 * row.every
        world.go(start + every / 2)
        if row.if_changed:
            first = number(world.load(delta=True))
            world.go(start + 3 * every)
            assert number(world.load(delta=True)) == first
        world.pki.revoke(world.leaf, "superseded")
        done = world.pki.clock.now() - world.began
        due = (done // every + 1) * every
        world.go(due - SECOND)
        before = number(world.load(delta=True))
        assert not is_on(world.load(delta=True), world.leaf)
        world.go(due)
        delta = world.load(delta=True)
        assert number(delta) > before
        assert delta.last_update_utc == world.began + due - back
        assert delta.next_update_utc == delta.last_update_utc + life
        assert is_on(delta, world.leaf)
        assert not world.lists()
        indicator = find(delta, x509.DeltaCRLIndicator)
        assert indicator.critical
        complete = world.load()
        if base == "last":
            assert indicator.value.crl_number == number(complete)
        else:
            # All numbers are of one sequence: there are seven deltas a week, one with each complete list.
            assert number(complete) == 15
            assert indicator.value.crl_number == 8
        fresh = find(complete, x509.FreshestCRL)
        assert fresh.value[0].full_name[0].value == world.pki.crl.file_for(world.leaf, delta=True).url
        assert find(delta, x509.FreshestCRL) is None


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.deltas])
def test_a_delta_of_the_same_time(name: str) -> None:
    """Signed with a complete list it has that one's number, and says with the one before it the same."""
    with opened(name) as world:
        every = world.row.every
        assert every is not None
        world.go(every - MINUTE)
        world.pki.revoke(world.leaf, "superseded")
        world.go(every)
        complete, delta = world.load(), world.load(delta=True)
        assert complete.last_update_utc == delta.last_update_utc == world.began + every - world.row.back
        assert number(complete) == number(delta)
        assert find(delta, x509.DeltaCRLIndicator).value.crl_number == 1
        assert is_on(complete, world.leaf)
        assert is_on(delta, world.leaf)


def is_on(crl: x509.CertificateRevocationList, leaf: Leaf) -> bool:
    """Whether it is listed."""
    return crl.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None


@each
def test_how_long_a_certificate_stays_that_is_over(name: str) -> None:
    """For one regular list after its end, or for longer, or for ever; not a list more and none less."""
    with opened(name) as world:
        row, pki = world.row, world.pki
        every = row.every or DAY
        end = world.began + 2 * every + MINUTE
        leaf = pki.issue_cert("localhost", not_after=end)
        pki.revoke(leaf, "superseded")
        if row.every is None:
            # Only revocations bring a list, none of which is regular: it leaves with the first after its end.
            for at, listed in ((-SECOND, True), (SECOND, False)):
                world.go(2 * every + MINUTE + at)
                pki.revoke(pki.issue_cert("localhost"), "superseded")
                assert world.lists(leaf) is listed
            return
        seen = []
        for issue in range(1, 30):
            world.go(issue * every)
            seen.append(world.lists(leaf))
        if row.keep is None:
            assert seen == [True] * 29
            return
        # The second is the last before its end, and the third is the one that RFC 5280 section 3.3 wants.
        last = 3
        while last * every - row.back <= 2 * every + MINUTE + row.keep:
            last += 1
        expected = max(3, last - 1)
        assert expected < 29
        assert seen == [True] * expected + [False] * (29 - expected)


@each
def test_what_http_says(name: str) -> None:
    """Expires is the end of the list, or when there will be another; Cache-Control as is documented."""
    with opened(name) as world:
        row, pki = world.row, world.pki
        world.go(HOUR / 2)
        file = pki.crl.file_for(world.leaf)
        headers = send(file.url).headers
        due = file.next_update
        if row.expires == "next_issue":
            assert row.every is not None
            due = world.began + row.every
        assert parsedate_to_datetime(headers["expires"]) == due
        assert parsedate_to_datetime(headers["last-modified"]) == file.this_update
        half = int((file.next_update - pki.clock.now()).total_seconds()) // 2
        usual = f"max-age={half}, public, no-transform, must-revalidate"
        assert headers["cache-control"] == (row.cache_control or usual)


@each
def test_how_answers_are_made(name: str) -> None:
    """By a responder that certificates name, or by none; of now, of the hour, or with the CRL."""
    with opened(name) as world:
        row, pki = world.row, world.pki
        access = find(world.leaf.certificate, x509.AuthorityInformationAccess).value
        named = [one for one in access if one.access_method == AuthorityInformationAccessOID.OCSP]
        assert len(named) == (0 if row.ocsp == "none" else 1)
        world.go(5 * HOUR / 2)
        answer = ocsp.load_der_ocsp_response(pki.ocsp.response_for(world.leaf))
        assert answer.next_update_utc is not None
        assert answer.next_update_utc - answer.this_update_utc == row.ocsp_life
        moments = {
            "hourly": world.began + 2 * HOUR,
            "from_crl": world.load().last_update_utc,
            # What Vault signs is of now, and what nothing is said of is dated back like answers of any CA.
            "live": pki.clock.now() - (timedelta() if name.startswith("vault") else 10 * MINUTE),
        }
        if row.ocsp != "none":
            late = answer.this_update_utc - moments[row.ocsp]
            # The hours of a responder begin when it is made, a moment after the first list.
            assert timedelta() <= late < MINUTE if row.ocsp == "hourly" else not late


@each
def test_what_is_said_of_the_next_list(name: str) -> None:
    """AD CS says when there will be another, in an extension of its own; nobody else does."""
    with opened(name) as world:
        found = [
            one.value.value
            for one in world.load().extensions
            if one.oid.dotted_string == "1.3.6.1.4.1.311.21.4"
        ]
        assert bool(found) is world.row.next_publish
        for octets in found:
            assert world.row.every is not None
            text = re.fullmatch(rb"\x17\x0d(\d{12})Z", octets)
            assert text is not None
            due = datetime.strptime(text[1].decode(), "%y%m%d%H%M%S").replace(tzinfo=timezone.utc)
            assert due == world.began + world.row.every


@each
def test_two_of_a_kind_share_nothing(name: str) -> None:
    """No port, no path and no number: what is done in one leaves the other as it was."""
    with opened(name) as one, opened(name) as other:
        files = [{file.url: file.der for file in world.pki.crl.files} for world in (one, other)]
        assert files[0].keys().isdisjoint(files[1])
        assert {urlsplit(url).port for url in files[0]}.isdisjoint(urlsplit(url).port for url in files[1])
        for _ in range(3):
            one.pki.issue_cert("localhost")
        one.pki.revoke(one.leaf, "superseded")
        for _ in range(3):
            one.pki.crl.publish()
            number(one.load())
        assert {file.url: file.der for file in other.pki.crl.files} == files[1]
        # The next certificate is in the shard that it would have been in by itself, and the next number, too.
        second = other.pki.issue_cert("localhost")
        assert other.pki.crl.file_for(second).path == other.row.choose(second.certificate, 1)
        before = number(other.load())
        other.pki.crl.publish()
        if other.row.unit is None:
            assert number(other.load()) == before + 1
        # What the other revokes, and signs, is not of the first.
        other.pki.revoke(other.leaf, "superseded")
        other.pki.crl.publish()
        assert other.lists()
        assert one.load().get_revoked_certificate_by_serial_number(other.leaf.serial_number) is None
