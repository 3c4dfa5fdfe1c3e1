"""The boxes of the local system and what they are told."""

import json
import re
import stat
from pathlib import Path

import pytest

from deploy.local.boxes import BOXES, invented_mastr_number, provision
from deploy.local.identity.files import write_json
from deploy.local.identity.pool import SERVICES
from deploy.local.plan import Plan
from deploy.local.provisioning import is_provisioned
from market.values import MastrNumber

OWNER = "5b1c0e1e-0000-4000-8000-000000000001"


def test_a_mastr_number_carries_the_ean_check_digit() -> None:
    # A number's own check: the weighed sum of all twelve digits is a multiple of ten.
    for number in (0, 11, 1234567890, 9999999999):
        made = invented_mastr_number(number)
        assert re.fullmatch(r"SEE9\d{11}", made)
        assert sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(made[3:])) % 10 == 0


def test_there_are_two_plants_on_the_market_a_household_without_one_and_a_newcomer() -> None:
    assert [(box.name, len(box.units), box.added) for box in BOXES] == [
        ("seller", 1, True),
        ("bidder1", 1, True),
        ("bidder2", 0, True),
        ("newcomer", 1, False),
    ]
    assert BOXES[1].units[0].peak_w < BOXES[0].units[0].peak_w


def test_units_and_operators_of_a_box_carry_its_number() -> None:
    for box in BOXES:
        assert [MastrNumber(unit.mastr_nr)[4:14] for unit in box.units] == [f"{box.number:010d}"] * len(box.units)
        assert (box.operator_nr is None) == (not box.units)
        assert box.operator_nr is None or MastrNumber(box.operator_nr).startswith("ABR9")


def test_a_box_is_provisioned_once(tmp_path: Path) -> None:
    provision(BOXES[0], tmp_path, OWNER)
    first = [(tmp_path / name).read_text() for name in ("secret", "box.json")]
    provision(BOXES[0], tmp_path, "somebody-else")
    assert [(tmp_path / name).read_text() for name in ("secret", "box.json")] == first
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("secret", "box.json")} == {0o600}


def test_m_prv_01_every_box_has_a_salt_of_its_own(tmp_path: Path) -> None:
    for box in BOXES:
        provision(box, tmp_path / box.name, OWNER)
    salts = {json.loads((tmp_path / box.name / "box.json").read_text())["salt"] for box in BOXES}
    assert len(salts) == len(BOXES)
    assert all(re.fullmatch(r"[0-9a-f]{32}", salt) for salt in salts)


def test_the_provisioning_file_names_the_owner_and_no_account_yet(tmp_path: Path) -> None:
    provision(BOXES[0], tmp_path, OWNER)
    told = json.loads((tmp_path / "box.json").read_text())
    assert set(told) == {"name", "address", "market_default", "owner_sub", "salt", "points", "units"}
    assert told["owner_sub"] == OWNER
    assert told["points"] == [{"serial_number": "1TBI0000000011", "component": "meter0"}]
    unit = {"mastr_nr": "SEE900000000114", "component": "pvInverter0", "point_serial_number": "1TBI0000000011"}
    assert [dict(entry, mastr_nr=unit["mastr_nr"]) for entry in told["units"]] == [unit]


@pytest.mark.parametrize("missing", ["port", "client", "file", "nothing"])
def test_a_pool_of_another_port_or_without_a_client_is_described_anew(plan: Plan, missing: str) -> None:
    for box in plan.boxes:
        plan.box_folder(box).mkdir(parents=True)
        write_json(plan.box_folder(box) / "box.json", {})
    clients = {name: name for name in SERVICES if missing != "client" or name != "sign-in"}
    address = "http://127.0.0.1:1" if missing == "port" else plan.url("identity")
    if missing != "file":
        write_json(plan.settings.identity, {"endpoint_url": address, "service_client_ids": clients})
    assert is_provisioned(plan) == (missing == "nothing")
