"""Faults of the lists that filters are found by: each changes one thing, in both kinds of lists."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._crlite.listing import Listed, Listing
from tests.kit.asking import send

NAMES = ["0.filter", "1.delta", "2.delta", "3.delta"]
FILES = tuple(
    Listed.of(f"{channel}-{name}", channel, name.encode(), f"{channel}-{parent}" if parent else None)
    for channel in ("default", "compat")
    for name, parent in zip(NAMES, [None, *NAMES], strict=False)
)
LISTING = Listing(1_795_744_688, FILES)


@pytest.mark.parametrize(
    ("fault", "field"),
    [(faults.WrongHash(), "digest"), (faults.WrongSize(), "size"), (faults.WrongSize(by=-3), "size")],
    ids=repr,
)
def test_it_changes_its_field_alone(fault: Any, field: str) -> None:
    """Of every file that is listed, and the files are the same."""
    bent = fault(LISTING)
    assert replace(bent, files=FILES) == LISTING
    for one, honest in zip(bent.files, FILES, strict=True):
        assert getattr(one, field) != getattr(honest, field)
        assert replace(one, **{field: getattr(honest, field)}) == honest


def test_how_wrong() -> None:
    """One bit of a hash; a size by so many octets, and never below nothing."""
    hashes = [
        (one.digest, bent.digest) for one, bent in zip(FILES, faults.WrongHash()(LISTING).files, strict=True)
    ]
    assert {(int.from_bytes(one) ^ int.from_bytes(other)) for one, other in hashes} == {1}
    sizes = [one.size for one in faults.WrongSize(by=5)(LISTING).files[:2]]
    assert sizes == [13, 12]
    assert {one.size for one in faults.WrongSize(by=-1_000)(LISTING).files} == {0}


def test_a_stale_list() -> None:
    """Eleven days ago if *by* is left out, or at the beginning of time; else it is as it was."""
    for by, made in ((timedelta(days=11), LISTING.generated_at - 11 * 86_400), (timedelta(days=40_000), 0)):
        assert faults.StaleListing(by)(LISTING) == replace(LISTING, generated_at=made)
    assert faults.StaleListing() == faults.StaleListing(timedelta(days=11))
    with pytest.raises(ValueError, match="changes nothing; give a second or more"):
        faults.StaleListing(timedelta(milliseconds=1))
    with PKI(logged=True) as pki:
        pki.crlite.publish()
        url = f"{pki.crlite.url}manifest.json"
        with pki.crlite.respond_with(faults.StaleListing()):
            bent = json.loads(send(url).body)
        honest = json.loads(send(url).body)
        assert bent == {**honest, "generated_at": honest["generated_at"] - 11 * 86_400}


def test_a_missing_delta() -> None:
    """The one in the middle, of each channel; the rest stays, and so does what names it as its parent."""
    bent = faults.MissingDelta()(LISTING)
    gone = [one for one in FILES if one not in bent.files]
    assert [one.name for one in gone] == ["default-2.delta", "compat-2.delta"]
    assert bent == replace(LISTING, files=tuple(one for one in FILES if one not in gone))
    only = Listing(0, FILES[:2])
    assert faults.MissingDelta()(only).files == FILES[:1]
    with pytest.raises(ValueError, match="needs a list with a delta; it has 1 full filters"):
        faults.MissingDelta()(Listing(0, FILES[:1]))
    with pytest.raises(ValueError, match="changes nothing; give another number of octets"):
        faults.WrongSize(by=0)


@pytest.mark.parametrize("fault", [faults.WrongHash(), faults.WrongSize(), faults.MissingDelta()], ids=repr)
def test_both_lists_are_wrong_alike(fault: Any) -> None:
    """The manifest and the records say the same; what is at the names is honest."""
    with PKI(logged=True) as pki:
        pki.issue_cert("localhost")
        for _ in range(4):
            pki.crlite.publish()

        def read() -> list[list[tuple[Any, ...]]]:
            """What either says of the default channel."""
            manifest = json.loads(send(pki.crlite.url + "manifest.json").body)["files"]
            path = "v1/buckets/security-state/collections/cert-revocations/records"
            records = json.loads(send(pki.crlite.url + path).body)["data"]
            attached = [one["attachment"] for one in records if one["channel"] == "default"]
            return [[tuple(one[key] for key in ("filename", "size", "hash")) for one in listed]
                    for listed in (manifest, attached)]  # fmt: skip

        honest = read()
        with pki.crlite.respond_with(fault):
            bent = read()
            assert tuple(send(file.url).body for file in pki.crlite.files) == pki.crlite.filters
        assert honest[0] == honest[1] != bent[0] == bent[1]
        assert read() == honest
