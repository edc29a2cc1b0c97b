"""The lists that a CA divides its revoked certificates into."""

from datetime import datetime, timedelta, timezone

import pytest

from mockpki._pkix.points import Coverage
from mockpki._services.scope import Kind, Scope
from mockpki.publishing import WHOLE, ByReason, BySerial, Publishing, Schedule, Shards
from mockpki.publishing._issues import Issues
from mockpki.publishing._moments import Moments

HOUR = timedelta(hours=1)
URL = "http://ca.test/x.crl"
FIRST = ("key_compromise", "ca_compromise", "aa_compromise")
REST = (
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
    "certificate_hold",
    "privilege_withdrawn",
)


def scope(publishing: Publishing, kind: Kind = "all", shard: int | None = None) -> Scope:
    """A scope of a CA that publishes so."""
    moments = Moments(publishing, datetime(2026, 1, 1, tzinfo=timezone.utc))
    return Scope(kind, shard, Issues(publishing, moments, lambda authority, serial: None))


def publishing(shards: Shards = WHOLE, idp: str = "auto") -> Publishing:
    """Every hour."""
    return Publishing(Schedule(HOUR, 2 * HOUR), shards, idp=idp)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "shard", "paths"),
    [
        ("all", None, ("/ca.crl", "/ca-delta.crl")),
        ("user", 17, ("/ca/17.crl", "/ca/17-delta.crl")),
        ("ca", None, ("/cas.crl", "/cas-delta.crl")),
    ],
)
def test_where_they_are(kind: Kind, shard: int | None, paths: tuple[str, str]) -> None:
    """Each list and its delta have paths of their own."""
    one = scope(publishing(), kind, shard)
    assert (one.path, one.delta_path) == paths


@pytest.mark.parametrize(
    ("shards", "idp", "kind", "shard", "said"),
    [
        (WHOLE, "auto", "all", None, None),
        (WHOLE, "always", "all", None, Coverage((URL,))),
        (WHOLE, "auto", "user", None, Coverage(only_user=True)),
        (WHOLE, "auto", "ca", None, Coverage(only_ca=True)),
        (BySerial(4), "auto", "user", 3, Coverage((URL,), only_user=True)),
        (BySerial(4), "never", "all", 3, None),
        # The complete list beside the shards is for everybody.
        (BySerial(4, aggregate=True), "auto", "all", None, None),
        (ByReason(), "auto", "all", 0, Coverage((URL,), reasons=FIRST, unused=True)),
        (ByReason(), "auto", "all", 1, Coverage((URL,), reasons=REST)),
    ],
)
def test_what_they_say_that_they_cover(
    shards: Shards, idp: str, kind: Kind, shard: int | None, said: Coverage | None
) -> None:
    """A URL where there are several, kinds and reasons where these divide them, and nothing else."""
    found = scope(publishing(shards, idp), kind, shard).cover_in_list(publishing(shards, idp), URL)
    if found is not None and said is not None:
        assert sorted(found.reasons) == sorted(said.reasons)
        said = Coverage(said.urls, said.only_user, said.only_ca, found.reasons, said.unused)
    assert found == said
