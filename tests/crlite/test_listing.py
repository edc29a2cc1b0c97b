"""The lists of filters, as clients read them."""

import json
from datetime import datetime, timezone
from hashlib import sha256

from mockpki._crlite.listing import Listed, Listing

FULL = Listed.of("1-default.filter", "default", b"full")
DELTA = Listed.of("2-default.delta", "default", b"a delta", FULL.name)
LISTING = Listing(1_795_744_688, (FULL, DELTA))


def test_the_manifest() -> None:
    """What upki's clients read: a name, a size and a hash for each file, in order, and when it was made."""
    assert json.loads(LISTING.manifest()) == {
        "generated_at": 1_795_744_688,
        "comment": "",
        "files": [
            {"filename": "1-default.filter", "size": 4, "hash": sha256(b"full").hexdigest()},
            {"filename": "2-default.delta", "size": 7, "hash": sha256(b"a delta").hexdigest()},
        ],
    }
    assert LISTING.time == datetime(2026, 11, 27, 1, 58, 8, tzinfo=timezone.utc)


def test_the_records() -> None:
    """What Remote Settings has: each knows its channel, its parent, and where its octets are."""
    full, delta = json.loads(LISTING.records())["data"]
    assert full == {
        "id": "1-default",
        "parent": None,
        "incremental": False,
        "channel": "default",
        "attachment": {
            "hash": sha256(b"full").hexdigest(),
            "size": 4,
            "filename": "1-default.filter",
            "location": "1-default.filter",
        },
    }
    assert (delta["id"], delta["parent"], delta["incremental"]) == ("2-default", "1-default", True)


def test_none_at_all() -> None:
    """Both say so."""
    empty = Listing(0, ())
    assert (json.loads(empty.manifest())["files"], json.loads(empty.records())) == ([], {"data": []})
