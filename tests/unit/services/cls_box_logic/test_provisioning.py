"""The box's provisioning file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from market.values import Price, WattHours
from services.cls_box_logic.provisioning import read_box
from services.shared.web import ConfigurationError

BODY: dict[str, Any] = {
    "name": "seller",
    "account": "sellerabcde1",
    "address": "127.0.1.11",
    "market_default": "lem",
    "salt": "00ff",
    "points": [{"serial_number": "1TBI0000000011", "component": "meter0"}],
    "units": [{"mastr_nr": "SEE900000000119", "component": "pvInverter0", "point_serial_number": "1TBI0000000011"}],
}


def write(folder: Path, **changes: Any) -> Path:
    file = folder / "box.json"
    file.write_text(json.dumps({**BODY, **changes}), encoding="utf-8")
    return file


def test_m_prv_01_numbers_stand_on_the_chain_as_salted_hashes(tmp_path: Path) -> None:
    box = read_box(write(tmp_path))
    assert box.hash_of("1TBI0000000011") == hashlib.sha256(b"\x00\xff" + b"1TBI0000000011").hexdigest()


def test_limits_have_defaults_and_can_be_set(tmp_path: Path) -> None:
    assert read_box(write(tmp_path)).limits.max_energy_wh == WattHours(1_000_000)
    limits = read_box(write(tmp_path, limits={"max_energy_wh": 500, "max_price_ct_per_kwh": "40"})).limits
    assert (limits.max_energy_wh, limits.max_price) == (500, Price(400_000))


@pytest.mark.parametrize("changes", [{"account": None}, {"owner_sub": None}, {"units": []}])
def test_account_owner_and_units_may_come_later(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert read_box(write(tmp_path, **changes)).name == "seller"


@pytest.mark.parametrize(
    "changes",
    [
        {"owner_sub": 7},
        {"account": "Seller"},
        {"salt": "xy"},
        {"points": [{"component": "meter0"}]},
        {"points": [{"serial_number": "1", "component": "meter0|.*"}]},
        {"units": [{"mastr_nr": "SEE900000000118", "component": "pv", "point_serial_number": "1TBI0000000011"}]},
        {"units": [{"mastr_nr": "SEE900000000119", "component": "pv", "point_serial_number": "other"}]},
        {"limits": {"max_energy_wh": -1}},
        {"points": None},
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_the_variables_name(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="TBI_BOX_CONFIG"):
        read_box(write(tmp_path, **changes))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.json"):
        read_box(tmp_path / "none.json")
