"""Schedule expressions as AWS reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.triggers.schedule import Schedule, ScheduleError

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "after", "due"),
    [
        ("cron(30 4 * * ? *)", BERLIN, "2026-11-28T03:29:59", "2026-11-28T03:30"),
        ("cron(30 4 * * ? *)", BERLIN, "2026-11-28T03:30", "2026-11-29T03:30"),
        ("cron(30 4 * * ? *)", BERLIN, "2026-06-28T00:00", "2026-06-28T02:30"),
        ("cron(2/15 * * * ? *)", "UTC", "2026-11-28T12:47", "2026-11-28T13:02"),
        ("cron(0 8 ? * MON-FRI *)", "UTC", "2026-11-28T00:00", "2026-11-30T08:00"),  # a Saturday
        ("cron(0 8 ? * 1 *)", "UTC", "2026-11-28T00:00", "2026-11-29T08:00"),  # to AWS 1 is Sunday
        ("cron(0 0 L * ? *)", "UTC", "2028-02-01T00:00", "2028-02-29T00:00"),
        # the night in which the clocks go forward has no half past two: an hour later by the wall
        ("cron(30 2 * * ? *)", BERLIN, "2027-03-28T00:00", "2027-03-28T01:30"),
        # the night in which they go back has it twice: the first counts, and only once
        ("cron(30 2 * * ? *)", BERLIN, "2027-10-30T12:00", "2027-10-31T00:30"),
        ("cron(30 2 * * ? *)", BERLIN, "2027-10-31T00:30", "2027-11-01T01:30"),
        ("cron(30 2 * * ? *)", BERLIN, "2027-10-31T01:15", "2027-11-01T01:30"),
        ("rate(1 minute)", "UTC", "2026-11-28T12:00:05", "2026-11-28T12:01:05"),
        ("rate(6 hours)", "UTC", "2026-11-28T12:00", "2026-11-28T18:00"),
        ("at(2026-12-24T18:00:00)", BERLIN, "2026-11-28T12:00", "2026-12-24T17:00"),
    ],
)
def test_when_it_falls_due(expression: str, zone: str, after: str, due: str) -> None:
    assert Schedule(expression, zone).next_after(at(after)) == at(due)


def test_what_is_over_never_falls_due_again() -> None:
    assert Schedule("at(2026-01-01T00:00:00)").next_after(at("2026-11-28T12:00")) is None
    assert Schedule("cron(0 0 1 1 ? 2026)").next_after(at("2026-11-28T12:00")) is None


def test_a_year_of_local_time_has_one_night_each() -> None:
    moment, seen = at("2026-12-31T01:30"), []
    while (due := Schedule("cron(30 2 * * ? *)", BERLIN).next_after(moment)) and due <= at("2027-12-31T01:30"):
        assert timedelta(hours=22) < due - moment <= timedelta(hours=26)
        seen.append(due)
        moment = due
    assert len(seen) == 365


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        *(("cron(61 4 * * ? *)", "UTC"), ("cron(0 4 * * * *)", "UTC"), ("cron(0 4 * * ?)", "UTC")),
        *(("rate(1 minutes)", "UTC"), ("rate(2 minute)", "UTC"), ("rate(0 minutes)", "UTC")),
        *(("every day", "UTC"), ("at(2026-13-01T00:00:00)", "UTC"), ("cron(0 4 * * ? *)", "Europe/Trier")),
    ],
)
def test_what_aws_would_refuse_is_refused(expression: str, zone: str) -> None:
    with pytest.raises(ScheduleError):
        Schedule(expression, zone)
