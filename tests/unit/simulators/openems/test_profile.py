"""The default household is plausible and the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime

from simulators.openems.profile import Profile

DAY_MS = 86_400_000


def midnight(month: int, day: int) -> int:
    return int(datetime(2026, month, day, tzinfo=UTC).timestamp()) * 1000


def day_kwh(profile: Profile, month: int, what: str) -> float:
    power = profile.load_w if what == "load" else profile.generation_w
    return sum(power(midnight(month, 21) + minute * 60_000) for minute in range(1440)) / 60_000


def test_the_sun_shines_by_day_and_more_in_summer() -> None:
    profile = Profile(seed=1, kwh_annum=3500, peak_w=9900)
    assert profile.generation_w(midnight(6, 21)) == 0
    summer, winter = day_kwh(profile, 6, "sun"), day_kwh(profile, 12, "sun")
    assert 25 < summer < 90
    assert 0 < winter < summer / 3


def test_a_year_of_load_comes_near_the_annual_consumption() -> None:
    profile = Profile(seed=2, kwh_annum=3500, peak_w=0)
    days = [day_kwh(profile, month, "load") for month in range(1, 13)]
    assert 0.8 * 3500 < sum(days) / 12 * 365 < 1.2 * 3500
    assert day_kwh(profile, 6, "sun") == 0


def test_the_same_seed_gives_the_same_day_and_another_one_another() -> None:
    at_ms = midnight(6, 21) + 11 * 3_600_000
    first, again, other = (Profile(seed=seed, kwh_annum=3500, peak_w=9900) for seed in (3, 3, 4))
    assert first.load_w(at_ms) == again.load_w(at_ms)
    assert (first.load_w(at_ms), first.generation_w(at_ms)) != (other.load_w(at_ms), other.generation_w(at_ms))


def test_power_is_constant_over_a_minute() -> None:
    profile = Profile(seed=5, kwh_annum=3500, peak_w=9900)
    at_ms = midnight(6, 21) + 11 * 3_600_000
    assert profile.generation_w(at_ms) == profile.generation_w(at_ms + 59_999)
    assert profile.load_w(at_ms) == profile.load_w(at_ms + 59_999)
