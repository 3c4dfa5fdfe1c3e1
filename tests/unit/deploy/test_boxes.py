"""The boxes of the local system and what they are told."""

import json
import re
import stat
from pathlib import Path

from deploy.chain.market import salted
from deploy.local.boxes import BOXES, invented_mastr_number, provision


def test_a_mastr_number_carries_the_ean_check_digit() -> None:
    # A number's own check: the weighed sum of all twelve digits is a multiple of ten.
    for number in (0, 11, 1234567890, 9999999999):
        made = invented_mastr_number(number)
        assert re.fullmatch(r"SEE9\d{11}", made)
        assert sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(made[3:])) % 10 == 0


def test_a_box_is_provisioned_once(tmp_path: Path) -> None:
    first = provision(BOXES[0], tmp_path)
    secret = (tmp_path / "secret").read_text()
    assert provision(BOXES[0], tmp_path) == first
    assert (tmp_path / "secret").read_text() == secret
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("secret", "box.json")} == {0o600}


def test_m_prv_01_an_account_is_a_pseudonym_and_the_hash_is_salted(tmp_path: Path) -> None:
    told = [provision(box, tmp_path / box.name) for box in BOXES]
    assert all(re.fullmatch(r"[a-z1-5]{12}", entry.account) for entry in told)
    assert len({entry.account for entry in told} | {entry.salt for entry in told}) == 2 * len(BOXES)
    number = BOXES[0].units[0].mastr_nr
    assert salted(told[0].salt, number) != salted(told[1].salt, number)


def test_the_provisioning_file_has_the_agreed_form(tmp_path: Path) -> None:
    provision(BOXES[0], tmp_path)
    told = json.loads((tmp_path / "box.json").read_text())
    assert set(told) == {"name", "account", "address", "market_default", "salt", "points", "units"}
    assert told["points"] == [{"serial_number": "1TBI0000000011", "component": "meter0"}]
    unit = {"mastr_nr": "SEE900000000114", "component": "pvInverter0", "point_serial_number": "1TBI0000000011"}
    assert [dict(entry, mastr_nr=unit["mastr_nr"]) for entry in told["units"]] == [unit]
