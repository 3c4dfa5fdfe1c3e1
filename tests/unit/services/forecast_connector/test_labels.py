"""The time column: Excel's fractions, texts, and the two nights of the year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.forecast_connector.domain.times import LOCAL, QUARTER_S, quarters_of
from services.forecast_connector.workbook.labels import Clock, Label, parse_day, parse_label, resolve
from simulators.forecasts.workbooks import TimeStyle, labels

DAYS = st.dates(date(2000, 1, 1), date(2089, 12, 30))
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def resolved(cells: Sequence[object], clock: Clock | None = None) -> list[int | str]:
    read = [(number, parse_label(cell)) for number, cell in enumerate(cells, start=1)]
    return [slot for _, slot in resolve(read, clock or Clock())]


@given(DAYS, st.integers(0, 95), st.floats(-0.4, 0.4))
def test_a_serial_beside_its_minute_is_the_quarter_hour_that_is_meant(day: date, quarter: int, noise_s: float) -> None:
    serial = (day - date(1899, 12, 30)).days + (quarter * QUARTER_S + noise_s) / 86_400
    if quarter == 0 and noise_s < 0:
        serial = (day - date(1899, 12, 30)).days
    assert parse_label(serial) == Label(quarter * 15, day)


@given(DAYS, st.integers(0, 95))
def test_a_date_a_text_and_a_time_of_day_say_the_same(day: date, quarter: int) -> None:
    hour, minute = divmod(quarter * 15, 60)
    moment = datetime(day.year, day.month, day.day, hour, minute)
    assert parse_label(moment) == parse_label(moment + timedelta(milliseconds=400)) == Label(quarter * 15, day)
    assert parse_label(f"{day:%d.%m.%Y} {hour}:{minute:02d}") == Label(quarter * 15, day)
    assert parse_label(f"{moment:%Y-%m-%dT%H:%M:%S}") == Label(quarter * 15, day)
    assert parse_label(time(hour, minute)) == parse_label(f"{hour:02d}:{minute:02d} Uhr") == Label(quarter * 15)
    assert parse_label(timedelta(hours=hour, minutes=minute)) == parse_label(quarter / 96) == Label(quarter * 15)


@given(DAYS, st.sampled_from(["datetime", "serial", "text", "clock", "range"]))
def test_every_day_of_every_year_is_read_as_it_was_written(day: date, style: TimeStyle) -> None:
    quarters = quarters_of(day)
    assert resolved(labels(quarters, style), Clock(day)) == list(quarters)


@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2026, 11, 22)])
def test_ends_of_quarter_hours_are_read_as_such(day: date) -> None:
    quarters = quarters_of(day)
    ends = labels([quarter + QUARTER_S for quarter in quarters], "datetime")
    assert resolved(ends, Clock(ends=True)) == list(quarters)
    clocks = labels([quarter + QUARTER_S for quarter in quarters], "clock")
    assert resolved(clocks, Clock(day, ends=True)) == list(quarters)
    assert resolved([*clocks[:-1], "24:00"], Clock(day, ends=True)) == list(quarters)


def test_the_hour_that_comes_twice_is_told_by_marks_or_by_the_order_of_rows() -> None:
    night = [q for q in quarters_of(AUTUMN) if datetime.fromtimestamp(q, LOCAL).hour == 2]
    assert resolved(["2A:00", "02:15A", "02:30 A", "2a:45", "2B:00"], Clock(AUTUMN)) == night[:5]
    assert resolved(["02:00", "02:15", "02:30", "02:45", "02:00"], Clock(AUTUMN)) == night[:5]
    assert resolved(["2026-10-25T02:15:00+01:00"]) == [night[5]]
    assert resolved(["2026-10-25T01:15:00Z"]) == [night[5]]


def test_an_hour_that_should_come_twice_and_comes_once_is_refused() -> None:
    once = resolved(["01:30", "01:45", "02:00", "02:15", "02:30", "02:45", "03:00"], Clock(AUTUMN))
    assert isinstance(once[-1], str)
    assert "100 quarter hours" in once[-1]
    (alone,) = resolved(["02:15"], Clock(AUTUMN))
    assert "twice" in str(alone)


def test_an_hour_that_does_not_exist_is_refused() -> None:
    read = resolved(["01:45", "02:00"], Clock(SPRING))
    assert "does not exist" in str(read[1])
    assert resolved(["01:45", "03:00"], Clock(SPRING)) == list(quarters_of(SPRING)[7:9])


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["10:00", "10:30"], "1 quarter hours are missing"),
        (["10:00", "10:00"], "does not come after"),
        (["10:15", "10:00"], "does not come after"),
        (["24:00"], "begins no quarter hour"),
        (["10A:00"], "tell the two hours"),
    ],
)
def test_rows_that_do_not_follow_each_other_are_refused(cells: list[str], reason: str) -> None:
    assert reason in str(resolved(cells, Clock(date(2026, 11, 22)))[-1])


def test_a_sheet_may_hold_days_that_are_apart_but_no_hole_within_one() -> None:
    first, later = quarters_of(date(2026, 11, 22)), quarters_of(date(2026, 11, 25))
    cells = labels([*first, *later], "datetime")
    assert resolved(cells) == [*first, *later]


def test_a_time_without_a_day_needs_the_sheets() -> None:
    (slot,) = resolved(["10:00"])
    assert "says no day" in str(slot)


def test_utc_is_utc() -> None:
    assert resolved([datetime(2026, 10, 25, 2, 15)], Clock(utc=True)) == [
        int(datetime(2026, 10, 25, 2, 15, tzinfo=UTC).timestamp())
    ]


@pytest.mark.parametrize(
    "cell",
    [
        *("10:07", "25:00", "10:60", "gestern", "32.11.2026 10:00", "x" * 99, "10:00-11:00", "2026-11-22 10:00-10:30"),
        *(True, None, -0.5, 1.5, 1e9, float("nan"), time(10, 1), datetime(2026, 11, 22, 10, 14, 30)),
    ],
)
def test_what_is_no_beginning_of_a_quarter_hour_is_refused(cell: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_label(cell)


def test_days_are_read_as_dates_serials_and_texts() -> None:
    day = date(2026, 11, 23)
    cells: list[object] = [day, datetime(2026, 11, 23), 46349, 46349.0, "23.11.2026", " 2026-11-23 "]
    assert {parse_day(cell) for cell in cells} == {day}
    for cell in ("", "Montag", 5, 46349.5, None, "31.02.2026"):
        with pytest.raises(ValueError, match="day"):
            parse_day(cell)
