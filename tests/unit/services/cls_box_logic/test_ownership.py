"""Whose a box is: bound once, in the provisioning file, as a whole."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from market.values import EosName
from services.cls_box_logic.errors import Conflict, NoAccount, NotKept
from services.cls_box_logic.ownership import Ownership

ACCOUNT, SUB = EosName("newcomerabcd"), "b1f0-sub"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "box.json"
    write(made)
    return made


def write(file: Path, **more: Any) -> None:
    file.write_text(json.dumps({"name": "newcomer", "salt": "00ff", **more}), encoding="utf-8")


def test_nothing_is_bound_at_first_and_the_cure_is_named(file: Path) -> None:
    ownership = Ownership(file)
    assert (ownership.known_account(), ownership.owner_sub()) == (None, None)
    with pytest.raises(NoAccount, match="administrator registers it"):
        ownership.account()


def test_what_another_process_wrote_is_seen_without_a_restart(file: Path) -> None:
    service, worker = Ownership(file), Ownership(file)
    assert worker.known_account() is None
    service.bind(ACCOUNT, SUB)
    assert (worker.account(), worker.owner_sub()) == (ACCOUNT, SUB)


def test_the_rest_of_the_file_and_its_mode_stay(file: Path) -> None:
    file.chmod(0o640)
    write(file, account=None, limits={"max_energy_wh": 5})
    Ownership(file).bind(ACCOUNT, SUB)
    told = json.loads(file.read_text())
    assert told == {
        "name": "newcomer",
        "salt": "00ff",
        "limits": {"max_energy_wh": 5},
        "account": ACCOUNT,
        "owner_sub": SUB,
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [entry.name for entry in file.parent.iterdir()] == ["box.json"]


@pytest.mark.parametrize(
    ("told", "account", "sub", "whose"),
    [
        ({"account": ACCOUNT, "owner_sub": SUB}, "other", SUB, ACCOUNT),
        ({"account": ACCOUNT, "owner_sub": SUB}, ACCOUNT, "other", SUB),
        ({"owner_sub": SUB}, ACCOUNT, "other", SUB),
        ({"account": ACCOUNT}, "other", SUB, ACCOUNT),
    ],
)
def test_another_is_refused_and_changes_nothing(
    file: Path, told: dict[str, str], account: str, sub: str, whose: str
) -> None:
    write(file, **told)
    before = file.read_text()
    ownership = Ownership(file)
    with pytest.raises(Conflict, match=f"this box belongs to .* {whose}"):
        ownership.bind(EosName(account), sub)
    assert file.read_text() == before
    assert ownership.owner_sub() == told.get("owner_sub")


@pytest.mark.parametrize("told", [{"account": ACCOUNT}, {"owner_sub": SUB}, {"account": ACCOUNT, "owner_sub": SUB}])
def test_what_was_bound_by_the_installation_is_completed(file: Path, told: dict[str, str]) -> None:
    write(file, **told)
    ownership = Ownership(file)
    for _ in range(2):
        ownership.bind(ACCOUNT, SUB)
    assert (ownership.account(), ownership.owner_sub()) == (ACCOUNT, SUB)


def test_what_the_disk_does_not_take_is_not_bound(file: Path) -> None:
    before = file.read_text()
    file.with_suffix(".binding").mkdir()  # the draft's place is taken
    ownership = Ownership(file)
    with pytest.raises(NotKept, match="cannot be written"):
        ownership.bind(ACCOUNT, SUB)
    assert file.read_text() == before
    assert ownership.known_account() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"account": "Upper"}'])
def test_a_file_that_says_nothing_readable_binds_nobody(file: Path, text: str) -> None:
    file.write_text(text)
    ownership = Ownership(file)
    assert (ownership.known_account(), ownership.owner_sub()) == (None, None)


def test_what_was_known_stays_while_the_file_is_away(file: Path) -> None:
    ownership = Ownership(file)
    ownership.bind(ACCOUNT, SUB)
    file.unlink()
    assert (ownership.account(), ownership.owner_sub()) == (ACCOUNT, SUB)
