"""Times as DER has them: the right type, in UTC, as others read them."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from mockpki._pkix.times import encode_time, encode_x509_time, generalized_time, utc_time, x509_time

UTC = timezone.utc
TIMES = [
    (datetime(1949, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x18\x0f19491231235959Z"),
    (datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z"),
    (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d991231235959Z"),
    (datetime(2000, 2, 29, tzinfo=UTC), b"\x17\x0d000229000000Z"),
    (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
    (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
    (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x18\x0f99991231235959Z"),
    (datetime(2049, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))), b"\x18\x0f20500101003000Z"),
    (datetime(2050, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), b"\x17\x0d491231233000Z"),
    (datetime(2026, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC), b"\x17\x0d260101000000Z"),
    # The hour that comes twice, both times.
    (datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")), b"\x17\x0d261025003000Z"),
    (datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1), b"\x17\x0d261025013000Z"),
]


@pytest.mark.parametrize(("time", "octets"), TIMES)
def test_times_change_their_type_in_2050(time: datetime, octets: bytes) -> None:
    """X.509 has UTCTime from 1950 through 2049, else GeneralizedTime; both in UTC, without a fraction."""
    assert x509_time(time) == encode_x509_time(time) == octets
    whole = time.astimezone(UTC).replace(microsecond=0)
    assert core.load(octets).native == whole
    assert core.GeneralizedTime.load(generalized_time(time)).native == whole


@pytest.mark.parametrize("write", [generalized_time, utc_time, x509_time])
def test_a_time_without_a_zone_is_refused(write: Callable[[datetime], bytes]) -> None:
    """No writer guesses the zone of a naive datetime, and none goes out of the calendar."""
    with pytest.raises(ValueError, match="has no time zone"):
        write(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="out of the calendar's range"):
        write(datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))))


def test_ready_der_passes_for_a_time() -> None:
    """A fault may give the octets of a time itself."""
    odd = b"\x18\x1120260101000000.5Z"
    assert encode_time(odd) == encode_x509_time(odd) == odd


@given(st.datetimes(min_value=datetime(1, 1, 2), timezones=st.timezones()))  # noqa: DTZ001
def test_any_time_is_the_one_that_others_read(time: datetime) -> None:
    """Any aware time is read by asn1crypto as the same second in UTC."""
    try:
        whole = time.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        with pytest.raises(ValueError, match="out of the calendar"):
            x509_time(time)
        return
    assert core.GeneralizedTime.load(generalized_time(time)).native == whole
    assert core.load(x509_time(time)).native == whole
