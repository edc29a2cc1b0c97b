"""The headers that caches go by: RFC 9919 section 7.2, for any window."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from mockpki._pkix.window import Window
from mockpki._services.caching import caching_headers

NOW = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
HONEST = Window.honest(NOW)


def test_an_honest_window() -> None:
    """All five headers, once each: the tag is of the body, the times are the window's."""
    headers = caching_headers(HONEST, b"body")
    assert [name for name, _ in headers] == ["Last-Modified", "ETag", "Expires", "Cache-Control", "Date"]
    found = dict(headers)
    assert found["ETag"] == f'"{hashlib.sha256(b"body").hexdigest()}"'
    assert found["Date"] == "Mon, 03 Feb 2031 04:05:06 GMT"
    assert found["Last-Modified"] == f"{HONEST.this_update:%a, %d %b %Y %H:%M:%S} GMT"
    assert found["Expires"] == f"{HONEST.next_update:%a, %d %b %Y %H:%M:%S} GMT"


@pytest.mark.parametrize(
    ("left", "age"),
    [(timedelta(hours=2), 3600), (timedelta(seconds=3), 1), (timedelta(0), 0), (timedelta(days=-3), 0)],
)
def test_a_cache_may_keep_it_for_half_of_what_is_left(left: timedelta, age: int) -> None:
    """RFC 9919 section 6: later than thisUpdate but earlier than nextUpdate; of what is over, not at all."""
    found = dict(caching_headers(replace(HONEST, next_update=NOW + left), b""))
    assert found["Cache-Control"] == f"max-age={age}, public, no-transform, must-revalidate"


def test_without_a_next_update_nothing_is_promised() -> None:
    """Neither Expires nor Cache-Control: nobody knows when the next one comes."""
    found = dict(caching_headers(replace(HONEST, next_update=None), b""))
    assert found.keys() == {"Last-Modified", "ETag", "Date"}
