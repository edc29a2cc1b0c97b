"""A week of a CA: what it signed, and when clients knew of a revocation."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from mockpki import PKI, Leaf, relying_party
from mockpki.publishing import FREEIPA, IMMEDIATE, LETS_ENCRYPT, NAMED, VAULT, Deltas, Publishing, Schedule
from mockpki.scenarios.publishers._week import KINDS, Reader, Week, choose, live_weeks

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=number) for number in (1, 60, 3600, 86_400))
REVOKED_AT = DAY + 5 * HOUR + 30 * MINUTE


def live(publishes: Publishing, length: timedelta = 7 * DAY, revoked_after: timedelta = REVOKED_AT) -> Week:
    """One week."""
    (week,) = live_weeks({"it": publishes}, length, revoked_after)
    return week


def find(week: Week, name: str) -> Reader:
    """The client of that name."""
    return next(one for one in week.readers if one.name == name)


def knew(reader: Reader) -> list[tuple[str, timedelta]]:
    """What it knew, and from when on."""
    return [(run.says, run.begin) for run in reader.runs]


# Worked out by hand. The CA begins at 0, and the certificate is revoked at 29.5 h; for who asks, that is the
# next issue, and for who keeps, the end of what was fetched first, or of what was fetched at that end.
LEARNED: dict[str, dict[str, timedelta]] = {
    "immediate": {"asks each time": timedelta(), "keeps what it has": 7 * DAY - 10 * MINUTE - REVOKED_AT},
    "lets-encrypt": {"asks each time": HOUR / 2, "keeps what it has": 9 * DAY - SECOND - REVOKED_AT},
    "lets-encrypt-2022": {
        "asks each time": 30 * HOUR - REVOKED_AT,
        "keeps what it has": 9 * DAY - REVOKED_AT,
    },
    "ad-cs": {
        "asks each time": 7 * DAY - REVOKED_AT,
        "keeps what it has": 7 * DAY + 12 * HOUR - 10 * MINUTE - REVOKED_AT,
        "asks, with deltas": 2 * DAY - REVOKED_AT,
        # What it fetched first ended at 1 d 2 h 14 min; what it fetched then was signed at 1 d.
        "keeps, with deltas": 2 * DAY + 2 * HOUR + 14 * MINUTE - REVOKED_AT,
    },
    "vault": {"asks each time": timedelta(), "keeps what it has": 3 * DAY - REVOKED_AT},
    "vault-auto": {
        "asks each time": 60 * HOUR - REVOKED_AT,
        "keeps what it has": 72 * HOUR - REVOKED_AT,
        "asks, with deltas": 15 * MINUTE,
        "keeps, with deltas": 72 * HOUR - REVOKED_AT,
    },
    "step-ca": {"asks each time": 32 * HOUR - REVOKED_AT, "keeps what it has": 40 * HOUR - REVOKED_AT},
    "google-cas": {"asks each time": 15 * MINUTE, "keeps what it has": 7 * DAY - REVOKED_AT},
    "aws-private-ca": {"asks each time": HOUR / 2, "keeps what it has": 7 * DAY - REVOKED_AT},
    "freeipa": {"asks each time": 32 * HOUR - REVOKED_AT, "keeps what it has": 32 * HOUR - REVOKED_AT},
    # 25 h after 0 it fetched what was signed at 24 h.
    "ejbca-partitioned": {
        "asks each time": 2 * DAY - REVOKED_AT,
        "keeps what it has": 49 * HOUR - REVOKED_AT,
    },
    "digicert": {"asks each time": 2 * DAY - REVOKED_AT, "keeps what it has": 7 * DAY - REVOKED_AT},
}
LEARNED["ad-cs-partitioned"] = LEARNED["ad-cs"]
LEARNED["aws-partitioned"] = LEARNED["aws-private-ca"]


@pytest.fixture(scope="module")
def weeks() -> dict[str, Week]:
    """The weeks of all presets."""
    return {week.name: week for week in live_weeks(choose(()))}


@pytest.mark.parametrize("name", NAMED)
def test_when_each_preset_tells(weeks: dict[str, Week], name: str) -> None:
    """Who asks knows with the next issue, who keeps what it has when that is over: to the second."""
    week = weeks[name]
    assert {one.name: one.learned for one in week.readers} == LEARNED[name]
    for reader in week.readers:
        assert reader.learned is not None
        runs = reader.runs
        assert (runs[0].begin, runs[-1].end) == (timedelta(), week.length)
        assert all(one.end == other.begin for one, other in pairwise(runs))
        assert {run.says for run in runs} <= KINDS.keys()
        late = sum((run.end - run.begin for run in runs if run.says == "late"), timedelta())
        assert late == min(reader.learned, week.length - week.revoked_at)


@pytest.mark.parametrize("name", [name for name, value in NAMED.items() if value.scheduled])
def test_what_each_preset_signed(weeks: dict[str, Week], name: str) -> None:
    """Every regular issue of the week is there, and what a revocation brought; each as long as it is good."""
    week, value = weeks[name], NAMED[name]
    expected = []
    if value.full.every is not None:
        expected += [value.full.every * count for count in range(week.length // value.full.every)]
        expected += (
            []
            if 7 * DAY % value.full.every == timedelta()
            else [7 * DAY // value.full.every * value.full.every]
        )
    else:
        expected.append(timedelta())
    if value.full.after_revocation is not None:
        expected.append(week.revoked_at + value.full.after_revocation)
    assert [one.seen for one in week.complete] == sorted(expected)
    for one in week.complete:
        assert one.this_update == one.seen - value.full.backdate
        assert one.next_update == one.this_update + value.full.life
    numbers = [one.number for one in week.complete]
    assert numbers == sorted(set(numbers))
    assert bool(week.deltas) is (value.deltas is not None)
    for one in week.deltas:
        assert value.deltas is not None
        assert one.base in numbers
        assert one.next_update - one.this_update == value.deltas.schedule.life


def judge(pki: PKI, leaf: Leaf, deltas: bool, at: datetime) -> str:
    """What our client makes of what is published then."""
    crls = [
        pki.root.crl.crl(),
        pki.crl.file_for(leaf).der,
        *([pki.crl.file_for(leaf, delta=True).der] if deltas else []),
    ]
    policy = replace(relying_party.RFC5280, sources=("CRL",))
    verdict = relying_party.judge([leaf.der, pki.ca.der, pki.root.der], crls=crls, at=at, policy=policy)
    return str(verdict.status)


@pytest.mark.parametrize(
    "name", [name for name, value in NAMED.items() if value.scheduled and value.in_certificates]
)
def test_our_client_says_the_same(weeks: dict[str, Week], name: str) -> None:
    """To a client that reads CRLs whole, the certificate is good a second before, and revoked then."""
    with PKI(publishes=name, ago=20 * DAY) as pki, pki.clock.stop():
        leaf = pki.issue_cert("localhost")
        first = pki.crl.file_for(leaf)
        began = first.this_update + pki.ca.publishes.full.backdate
        pki.clock.shift(began + REVOKED_AT - pki.clock.now())
        pki.revoke(leaf, "superseded")
        for reader in sorted(weeks[name].readers, key=lambda one: one.learned or timedelta()):
            if reader.keeps:
                continue
            assert reader.learned is not None
            known = began + REVOKED_AT + reader.learned
            for at, says in ((known - SECOND, "good"), (known, "revoked")):
                if at >= began + REVOKED_AT:
                    pki.clock.shift(at - pki.clock.now())
                    assert judge(pki, leaf, reader.deltas, at) == says


def test_a_gap() -> None:
    """Between the end of one list and the next there is none that is current, whoever asks."""
    week = live(Publishing(Schedule(DAY, DAY / 2)), 3 * DAY, 30 * HOUR)
    expected = [
        ("good", 0 * DAY), ("none", DAY / 2), ("good", DAY), ("late", 30 * HOUR), ("none", 36 * HOUR),
        ("revoked", 2 * DAY), ("none", 60 * HOUR),
    ]  # fmt: skip
    for reader in week.readers:
        assert knew(reader) == expected
        assert reader.learned == 18 * HOUR


def test_what_nobody_signs() -> None:
    """Where a revocation alone signs, the first list goes stale; deltas by hand alone teach nobody."""
    week = live(replace(VAULT, full=replace(VAULT.full, life=DAY)), 3 * DAY, 2 * DAY)
    assert knew(find(week, "asks each time")) == [("good", 0 * DAY), ("none", DAY), ("revoked", 2 * DAY)]
    deltas = Deltas(Schedule(None, 30 * DAY))
    week = live(Publishing(Schedule(2 * DAY, 30 * DAY), deltas=deltas), 3 * DAY, HOUR)
    assert [one.seen for one in week.deltas] == [timedelta()]
    assert find(week, "asks, with deltas").learned == 2 * DAY - HOUR


def test_a_delta_that_starts_from_a_newer_list() -> None:
    """Who keeps an older complete list fetches the newer one, and goes by both."""
    week = live(
        Publishing(Schedule(DAY, 10 * DAY), deltas=Deltas(Schedule(HOUR, HOUR))), 3 * DAY, 2 * DAY + HOUR / 2
    )
    keeps = find(week, "keeps, with deltas")
    assert keeps.learned == HOUR / 2
    assert find(week, "keeps what it has").learned == 10 * DAY - 2 * DAY - HOUR / 2


def test_when_it_is_revoked() -> None:
    """At the beginning, or in the last second; of a single day, by itself within it."""
    first, last = (live(FREEIPA, DAY, at) for at in (timedelta(), DAY - SECOND))
    assert knew(first.readers[0]) == [("late", timedelta()), ("revoked", 4 * HOUR)]
    assert knew(last.readers[0]) == [("good", timedelta()), ("late", DAY - SECOND)]
    assert last.readers[0].learned == SECOND
    (day,) = live_weeks({"a": LETS_ENCRYPT}, DAY)
    assert day.revoked_at == 5 * HOUR + 30 * MINUTE
    (week,) = live_weeks({"a": IMMEDIATE})
    assert (week.length, week.revoked_at) == (7 * DAY, REVOKED_AT)
    assert week.issued == ()


def test_what_cannot_be_watched() -> None:
    """ValueError for a revocation outside, for too many lists, and for more time than a PKI has."""
    for after in (7 * DAY, -SECOND):
        with pytest.raises(ValueError, match="which is not within the 7 d of the picture"):
            live(FREEIPA, 7 * DAY, after)
    with pytest.raises(ValueError, match="it signs 604,800 CRLs in 7 d"):
        live(Publishing(Schedule(SECOND, DAY)))
    with pytest.raises(ValueError, match="takes longer than the 9000 days"):
        live(Publishing(Schedule(DAY, 9000 * DAY)))


def test_names() -> None:
    """All presets, or those that are named, each once and in their order; with near names for a wrong one."""
    assert choose(()) == NAMED
    assert list(choose(("VAULT", "ad_cs", "vault"))) == ["ad-cs", "vault"]
    with pytest.raises(LookupError, match="did you mean"):
        choose(("valt",))
