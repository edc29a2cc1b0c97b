"""A CRL issuer, and two CAs whose CRLs it signs, with a leaf each that has the same serial number."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from mockpki import PKI, Leaf, publishing
from mockpki.publishing import IMMEDIATE, BySerial, Deltas, Publishing, Schedule
from mockpki.relying_party import Verdict, crl_urls, judge, named

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURLY = Publishing(Schedule(HOUR, DAY))
SHARDS = replace(HOURLY, shards=BySerial(3, aggregate=True))
WITH_DELTAS = Publishing(Schedule(DAY, 2 * DAY), deltas=Deltas(Schedule(HOUR, DAY)))
RFC5280 = replace(named("rfc5280"), sources=("CRL",))
SERIAL = 4711


class IndirectWorld:
    """The three of them, by *publishes*, on a clock that stands. With *own*, the first CA has the CRL
    issuer's name, so that its CRLs are signed with another key of its own name."""

    def __init__(self, pki: PKI, publishes: Publishing | str, *, own: bool = False) -> None:
        self.pki = pki
        pki.clock.stop()
        self.issuer = pki.root.create_crl_issuer(publishes=publishes)
        by = publishing.by(self.issuer)
        self.first = pki.root.create_child_ca(publishes=by, name_of=self.issuer if own else None)
        self.second = pki.root.create_child_ca(publishes=by)
        self.one, self.other = (
            ca.issue_cert("localhost", serial_number=SERIAL) for ca in (self.first, self.second)
        )

    def pass_time(self) -> None:
        """To the next issue, if there is a schedule."""
        if self.first.publishes.full.every is not None:
            self.pki.clock.shift(self.issuer.crl.due_in)

    def judge(self, leaf: Leaf, *deltas: bytes, **options: Any) -> Verdict:
        """What our client makes of *leaf*, by the CRLs that it names, and *deltas*."""
        lists = [load(url) for url in crl_urls(leaf.certificate)]
        return judge(
            [leaf.certificate, leaf.issuer.certificate, self.pki.root.certificate],
            crls=[*lists, *deltas, self.pki.root.crl.crl()],
            at=self.pki.clock.now(),
            **{"others": [self.issuer.certificate], "policy": RFC5280, **options},
        )

    def judge_both(self, *deltas: bytes, **options: Any) -> list[str]:
        """The status of either leaf."""
        return [self.judge(leaf, *deltas, **options).status.value for leaf in (self.one, self.other)]


@contextmanager
def indirect(publishes: Publishing | str = IMMEDIATE) -> Iterator[IndirectWorld]:
    """That world, three weeks ago."""
    with PKI(ago=21 * DAY) as pki:
        yield IndirectWorld(pki, publishes)


def load(url: str) -> bytes:
    """What is at *url*."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return body
    finally:
        connection.close()
