"""What is checked in under contracts/build comes from the sources, and says what contracts/README.md says."""

import json
import re
import subprocess
import sys

import pytest

from tests.contracts.chain_tester import BUILT, REPOSITORY
from tests.contracts.translation import name_value

CONTRACTS = REPOSITORY / "contracts"
README = (CONTRACTS / "README.md").read_text(encoding="utf-8")
MOST_LINES = 300
KINDS = {"u8": "uint8", "u32": "uint32", "u64": "uint64", "i64": "int64", "u32[]": "uint32[]", "u64[16]": "uint64[]"}


def test_the_hashes_of_sources_and_results_are_those_of_the_last_build() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "contracts.build", "check", "--fast"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_names_are_worked_out_right() -> None:
    lines = re.findall(r"= 0x([0-9a-f]{16}); // (\S+)", (CONTRACTS / "shared/names.ts").read_text(encoding="utf-8"))
    assert lines
    assert [(int(value, 16), name) for value, name in lines] == [(name_value(name), name) for _, name in lines]


def test_no_source_is_longer_than_a_reader_bears() -> None:
    sources = [path for path in CONTRACTS.rglob("*.ts") if "node_modules" not in path.parts]
    assert {path.name: count for path in sources if (count := len(path.read_text().splitlines())) > MOST_LINES} == {}


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (CONTRACTS / "package-lock.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("contract", "table", "columns"),
    [
        ("tbiclsbox", "participants", "id u64, account name, points u32[]"),
        ("tbiclsbox", "boxes", "box name, key public_key, since u32"),
        ("tbiclsbox", "keys", "id u64, box name, key public_key, since u32"),
        ("tbiclsbox", "units", "id u64, hash checksum256, prefix u64, point u32, since u32"),
        ("tbimarket", "ledger", "owner name, participant u32, available i64, locked i64, bids u32"),
        ("tbimarket", "watermarks", "point u64, newest u32, bits u64[16]"),
        ("tbimarket", "slots", "slot u64, undecided u32, pending u32"),
        ("tbimarket", "passprops", "unit u64, owner name, price u32, from_slot u32, until_slot u32"),
        ("tbimarket", "passives", "key u64, owner name, price u32, until_slot u32"),
        ("tbimarket", "takeovers", "slot u64, swept_wh u64, passive_wh u64, unused_wh u64, minted_wh u64"),
        (
            "tbimarket",
            "deals",
            "key u64, seller name, buyer name, energy_wh u32, price u32, client_key u64, offer u64",
        ),
        ("tbipool", "groups", "id u64, group name"),
        ("consortium", "votes", "partner name, hash checksum256"),
    ],
)
def test_a_tables_columns_are_those_agreed(contract: str, table: str, columns: str) -> None:
    abi = json.loads((BUILT / f"{contract}.abi").read_text(encoding="utf-8"))
    struct = next(entry["type"] for entry in abi["tables"] if entry["name"] == table)
    fields = next(entry["fields"] for entry in abi["structs"] if entry["name"] == struct)
    wanted = [column.split(" ") for column in columns.split(", ")]
    assert [(field["name"], field["type"]) for field in fields] == [
        (name, KINDS.get(kind, kind)) for name, kind in wanted
    ]


def test_every_table_and_action_of_the_abis_stands_in_the_readme() -> None:
    for path in BUILT.glob("*.abi"):
        abi = json.loads(path.read_text(encoding="utf-8"))
        for entry in (*abi["tables"], *abi["actions"]):
            assert re.search(rf"`{entry['name']}[`(]", README), f"{path.name}: {entry['name']}"
