"""Which of several forecasts holds, and what a profile says of a household."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.forecast_connector.domain.series import NORM_KWH, Block, Issue, IssuedBlock, Series, latest, scaled

PV = Series("PV", "generation", "SEE900000000119")
START = 1_800_000_000 // 900 * 900


def issued(values: tuple[int | None, ...], issued_at: int, sequence: int = 1, series: Series = PV) -> IssuedBlock:
    return IssuedBlock(Block(series, START, values), Issue(issued_at, sequence, f"{issued_at}.xlsx"))


def energies(blocks: list[IssuedBlock], begin: int = START, end: int = START + 3600) -> list[int | None]:
    found = latest(blocks, begin, end).get(PV.key, {})
    return [found[slot].energy_wh if slot in found else None for slot in range(begin, end, 900)]


def test_the_latest_issue_wins_whatever_came_first() -> None:
    old, new = issued((1, 1, 1, 1), 10), issued((2, 2, 2, 2), 20)
    assert energies([new, old]) == energies([old, new]) == [2, 2, 2, 2]


def test_of_one_issue_the_workbook_that_was_read_later_wins() -> None:
    assert energies([issued((2,), 10, 2), issued((1,), 10, 1)]) == [2, None, None, None]


def test_a_blank_replaces_nothing_but_a_zero_does() -> None:
    assert energies([issued((5, 5, 5), 10), issued((None, 0, 7), 20)]) == [5, 0, 7, None]


def test_a_units_type_may_change_from_one_workbook_to_the_next() -> None:
    renamed = Series("SEE", "generation", PV.mastr_nr)
    assert energies([issued((5,), 10), issued((6,), 20, series=renamed)]) == [6, None, None, None]


@given(st.integers(-40, 40), st.integers(0, 40))
def test_only_what_was_asked_for_is_given(shift: int, length: int) -> None:
    begin, end = START + shift * 300, START + (shift + length) * 300
    found = latest([issued(tuple(range(10)), 10)], begin, end)[PV.key]
    wanted = {START + index * 900: index for index in range(10) if begin <= START + index * 900 < end}
    assert {slot: one.energy_wh for slot, one in found.items()} == wanted


@given(st.integers(0, 10**6), st.integers(0, 10**7))
def test_a_profile_is_scaled_exactly_with_halves_up(energy: int, kwh_annum: int) -> None:
    exact = energy * kwh_annum / NORM_KWH
    assert abs(scaled(energy, NORM_KWH, kwh_annum) - exact) <= 0.5 + 1e-6
    assert scaled(energy, NORM_KWH, NORM_KWH) == energy
    assert scaled(500, 1000, 1) == 1
