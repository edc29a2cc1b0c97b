"""A way to publish in words: what is told of its values."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki.publishing import (
    AD_CS,
    IMMEDIATE,
    NAMED,
    VAULT,
    AtRandom,
    ByExpiry,
    ByReason,
    BySerial,
    Deltas,
    Filling,
    InTurn,
    Publishing,
    Schedule,
    Shards,
    in_words,
)

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=number) for number in (1, 60, 3600, 86_400))
HOURLY = Publishing(Schedule(HOUR, DAY))


@dataclass(frozen=True)
class ByName(Shards):
    """A kind of one's own."""


def daily(base: str = "last", pointers: tuple[str, ...] = ("crl", "certificate"), **more: Any) -> Deltas:
    """Deltas."""
    return Deltas(Schedule(DAY, 2 * DAY), base, frozenset(pointers), **more)  # type: ignore[arg-type]


TOLD: list[tuple[Publishing, dict[str, Any], str]] = [
    (IMMEDIATE, {}, "A complete CRL is signed at every request, good for 7 d and dated back 10 min."),
    (HOURLY, {}, "A complete CRL is signed every 1 h, good for 1 d."),
    (HOURLY, {"full": Schedule(HOUR, DAY, 10 * MINUTE)},
     "A complete CRL is signed every 1 h, good for 1 d and dated back 10 min."),
    (HOURLY, {"full": Schedule(DAY, DAY, after_revocation=15 * MINUTE)},
     "A complete CRL is signed every 1 d and 15 min after a revocation, good for 1 d."),
    (VAULT, {}, "A complete CRL is signed at each revocation, and at no other time, good for 3 d."),
    (HOURLY, {"full": Schedule(HOUR, DAY, 10 * MINUTE)}, "The next one comes 22 h 50 min before it ends."),
    (HOURLY, {"full": Schedule(HOUR, HOUR)}, "It ends when the next one comes."),
    (HOURLY, {"full": Schedule(HOUR, HOUR, SECOND)}, "It is over 1 s before the next one comes."),
    (VAULT, {}, "Where nothing is revoked for longer than that, what is published is over."),
    (HOURLY, {}, "Everything is in one file."),
    (HOURLY, {"shards": BySerial(1)}, "The list is divided into 1 file by serial numbers."),
    (HOURLY, {"shards": BySerial(2, aggregate=True)},
     "The list is divided into 2 files by serial numbers, and beside them there is one of everything."),
    (HOURLY, {"shards": AtRandom(1000)}, "The list is divided into 1,000 files at random."),
    (HOURLY, {"shards": InTurn(3)},
     "The list is divided into 3 files, which certificates go to in turn."),
    (HOURLY, {"shards": ByExpiry(16 * HOUR, 128)},
     "The list is divided into 128 files by the end of validity, for spans of 16 h, in turn."),
    (HOURLY, {"shards": Filling(5000, aggregate=False)},
     "A file takes new certificates until it has 5,000 certificates; then there is another."),
    (HOURLY, {"shards": Filling(1)},
     "A file takes new certificates until it has 1 certificate; then there is another, and beside them there "
     "is one of everything."),
    (HOURLY, {"shards": ByReason(("key_compromise", "superseded"))},
     "The list is divided into 2 files: one is for the reasons key compromise, superseded, one for all "
     "others."),
    (HOURLY, {"shards": ByName()}, "The list is divided by ByName."),
    (HOURLY, {}, "There are no deltas."),
    (HOURLY, {"deltas": daily()}, "A delta is signed every 1 d, good for 2 d."),
    (HOURLY, {"deltas": daily(if_changed=True)},
     "A delta is signed every 1 d if anything has changed, good for 2 d."),
    (HOURLY, {"deltas": Deltas(Schedule(None, DAY))}, "A delta is signed by hand alone, good for 1 d."),
    (HOURLY, {"deltas": daily()}, "It has what has changed since the last complete CRL."),
    (HOURLY, {"deltas": daily("previous")},
     "It has what has changed since the complete CRL before the last."),
    (HOURLY, {"deltas": daily()}, "Where deltas are, certificates and complete CRLs say."),
    (HOURLY, {"deltas": daily(), "in_certificates": False}, "Where deltas are, complete CRLs say."),
    (HOURLY, {"deltas": daily(pointers=("certificate",))}, "Where deltas are, certificates say."),
    (HOURLY, {"deltas": daily(pointers=())},
     "Neither certificates nor complete CRLs say where deltas are."),
    (HOURLY, {"shards": BySerial(2)}, "A CRL says where it is from (issuingDistributionPoint)."),
    (HOURLY, {"idp": "always", "only": "user"},
     "A CRL says where it is from and that it is for user certificates alone (issuingDistributionPoint)."),
    (HOURLY, {"only": "kind"},
     "A CRL says whether it is for user certificates or for those of CAs, each of which have their own "
     "(issuingDistributionPoint)."),
    (HOURLY, {"shards": BySerial(2), "idp": "never"},
     "A CRL does not say where it is from: it looks like one of everything."),
    (HOURLY, {}, "CRLs are numbered from 1 on."),
    (HOURLY, {"numbers": "ms"}, "A CRL's number is the time of its signing in milliseconds."),
    (HOURLY, {"numbers": "ns"}, "A CRL's number is the time of its signing in nanoseconds."),
    (HOURLY, {}, "A certificate that is over stays on the list."),
    (HOURLY, {"keep_expired": timedelta()}, "A certificate that is over stays for one more CRL."),
    (HOURLY, {"keep_expired": HOUR},
     "A certificate stays on the list for 1 h after its end, and on one CRL."),
    (VAULT, {}, "A certificate leaves the list with the first CRL after its end."),
    (VAULT, {"keep_expired": HOUR},
     "A certificate leaves the list with the first CRL after its end plus 1 h."),
    (AD_CS, {}, "A complete CRL says when the next one comes (nextCRLPublish)."),
    (HOURLY, {"in_certificates": False},
     "Certificates do not say where their CRL is: clients have to be told."),
    (HOURLY, {"http_expires": "next_issue"}, "In HTTP, Expires says when the next CRL comes."),
    (HOURLY, {"http_expires": "next_issue", "cache_control": "no-store"},
     "In HTTP, Expires says when the next CRL comes and Cache-Control is no-store."),
    (HOURLY, {}, "OCSP answers are signed when they are asked for."),
    (HOURLY, {"ocsp": "none"}, "There is no OCSP: certificates name no responder."),
    (HOURLY, {"ocsp": "from_crl"},
     "OCSP answers say what the complete CRL says, for as long as it is good."),
    (VAULT, {}, "OCSP answers are signed when they are asked for, good for 12 h."),
    (HOURLY, {"ocsp": Schedule(HOUR, DAY)}, "A set of OCSP answers is signed every 1 h, good for 1 d."),
]  # fmt: skip


@pytest.mark.parametrize(("publishes", "changes", "sentence"), TOLD)
def test_what_is_told_of_a_way_to_publish(
    publishes: Publishing, changes: dict[str, Any], sentence: str
) -> None:
    """Each value that matters to people has its sentence."""
    assert sentence in in_words(replace(publishes, **changes))


def test_no_two_presets_are_told_alike() -> None:
    """A name stands for its value, and what is different about one is said."""
    told = {name: tuple(in_words(name)) for name in NAMED}
    assert len(set(told.values())) == len(NAMED)
    assert all(told[name] == tuple(in_words(value)) for name, value in NAMED.items())
    assert all(one[0].isupper() and one.endswith(".") for words in told.values() for one in words)


def test_of_a_list_without_a_schedule_nothing_is_told_that_it_has_not() -> None:
    """It has no next one, no file of its own and no number that anybody goes by."""
    assert len(in_words("immediate")) == 2


def test_what_is_none() -> None:
    """LookupError with near names, TypeError with what is taken."""
    with pytest.raises(LookupError, match="did you mean vault"):
        in_words("valt")
    with pytest.raises(TypeError, match=r"publishes= of in_words\(\) takes a Publishing or the name of one"):
        in_words(7)  # type: ignore[arg-type]
