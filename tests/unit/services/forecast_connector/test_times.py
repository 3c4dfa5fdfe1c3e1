"""Days of 92, 96 and 100 quarter hours, and times as people and programs write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.forecast_connector.domain.times import (
    LOCAL,
    QUARTER_S,
    day_blocks,
    iso,
    local_candidates,
    local_day,
    parse_epoch,
    parse_moment,
    quarters_of,
)

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 30))
MOMENTS = st.integers(0, 4_102_444_799)


@pytest.mark.parametrize(
    ("day", "slots"),
    [
        (date(2026, 3, 29), 92),
        (date(2026, 10, 25), 100),
        (date(2027, 3, 28), 92),
        (date(2027, 10, 31), 100),
        (date(2026, 11, 22), 96),
    ],
)
def test_a_day_has_92_96_or_100_quarter_hours(day: date, slots: int) -> None:
    assert len(quarters_of(day)) == slots


@given(DAYS)
def test_the_quarter_hours_of_a_day_are_those_of_this_local_day(day: date) -> None:
    quarters = quarters_of(day)
    assert {local_day(quarter) for quarter in quarters} == {day}
    assert local_day(quarters[0] - 1) == day - timedelta(days=1)
    assert local_day(quarters[-1] + QUARTER_S) == day + timedelta(days=1)


@given(DAYS)
def test_every_quarter_hour_is_among_the_candidates_of_what_the_clock_shows(day: date) -> None:
    seen: list[int] = []
    for minute in range(0, 1440, 15):
        seen += local_candidates(day, minute)
    assert sorted(seen) == list(quarters_of(day))


def test_the_hour_left_out_in_spring_does_not_exist_and_the_one_of_autumn_comes_twice() -> None:
    assert local_candidates(date(2026, 3, 29), 150) == ()
    first, second = local_candidates(date(2026, 10, 25), 150)
    assert second - first == 3600


@given(MOMENTS)
def test_a_time_that_was_written_is_read_again(moment: int) -> None:
    assert parse_epoch(iso(moment)) == moment
    local = datetime.fromtimestamp(moment, LOCAL)
    assert parse_epoch(local.isoformat()) == moment


@given(MOMENTS)
def test_a_time_without_offset_is_local_or_refused_where_it_is_ambiguous(moment: int) -> None:
    local = datetime.fromtimestamp(moment, LOCAL)
    text = local.replace(tzinfo=None).isoformat()
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        with pytest.raises(ValueError, match="ambiguous"):
            parse_moment(text)
    else:
        assert parse_epoch(text) == moment


def test_minutes_and_days_alone_are_understood_and_a_blank_stands_for_the_plus_of_an_offset() -> None:
    assert parse_moment("2026-11-22T10:15") == datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
    assert parse_moment("2026-11-22") == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert parse_moment("2026-11-22T10:15:00 01:00") == datetime(2026, 11, 22, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-13-01", "2026-11-22T25:00", "20261122", "2026-W47-7", "2026-11-22T10:15:00+99:00"),
        *("2026-11-22T10:15\n", "٢٠٢٦-11-22", "0001-01-01", "9999-12-31T23:59"),
        *("1969-12-31T00:00Z", "2100-01-01T00:00Z"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|is "):
        parse_moment(text)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        parse_moment(text)
    except ValueError:
        return


def test_blocks_end_at_local_midnight_and_at_gaps() -> None:
    quarters = [
        *quarters_of(date(2026, 10, 25)),
        *quarters_of(date(2026, 10, 26))[:4],
        quarters_of(date(2026, 10, 27))[0],
    ]
    assert day_blocks(quarters) == [(0, 100), (100, 104), (104, 105)]
    assert day_blocks([]) == []
