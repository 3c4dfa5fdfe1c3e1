"""Packing by an ABI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shared.chain.abi import Abi, pack_abi, unpack_abi
from services.shared.chain.errors import AbiError

CONTRACTS = Path(__file__).parents[5] / "contracts/build"
ABI = Abi(
    {
        "types": [{"new_type_name": "wh", "type": "uint32"}, {"new_type_name": "parent", "type": "base"}],
        "structs": [
            {"name": "base", "base": "", "fields": [{"name": "market", "type": "name"}]},
            {
                "name": "act",
                "base": "parent",
                "fields": [
                    {"name": "energy", "type": "wh"},
                    {"name": "maybe", "type": "string?"},
                    {"name": "list", "type": "item[]"},
                    {"name": "choice", "type": "either"},
                ],
            },
            {"name": "item", "base": "", "fields": [{"name": "n", "type": "uint8"}]},
            {
                "name": "grown",
                "base": "",
                "fields": [
                    {"name": "a", "type": "uint8"},
                    {"name": "b", "type": "uint8$"},
                    {"name": "c", "type": "uint8$"},
                ],
            },
            {"name": "loop", "base": "loop", "fields": []},
            {"name": "deep", "base": "", "fields": [{"name": "next", "type": "deep?"}]},
        ],
        "variants": [{"name": "either", "types": ["uint8", "string"]}],
        "actions": [{"name": "act", "type": "act"}, {"name": "grow", "type": "grown"}],
        "tables": [{"name": "items", "type": "item"}],
        "action_results": [{"name": "act", "result_type": "uint8"}],
    }
)
VALUE: dict[str, Any] = {
    "market": "lem",
    "energy": 258,
    "maybe": None,
    "list": [{"n": 1}, {"n": 2}],
    "choice": ["string", "x"],
}


def test_bases_come_first_then_typedefs_optionals_lists_and_variants() -> None:
    packed = ABI.pack_action("act", VALUE)
    assert packed.hex() == PACKED
    assert ABI.unpack_action("act", packed) == VALUE


PACKED = "000000000000a48a" + "02010000" + "00" + "020102" + "010178"


def test_binary_extensions_may_be_left_out_at_the_end_only() -> None:
    assert ABI.pack_action("grow", {"a": 1}).hex() == "01"
    assert ABI.pack_action("grow", {"a": 1, "b": 2}).hex() == "0102"
    assert ABI.unpack_action("grow", b"\x01\x02") == {"a": 1, "b": 2}
    with pytest.raises(AbiError, match="c follows"):
        ABI.pack_action("grow", {"a": 1, "c": 2})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"energy": None}, "energy"),
        ({"unknown": 1}, "no field unknown"),
        ({"list": {}}, "list"),
        ({"list": [{"n": 256}]}, "n: 256"),
        ({"choice": ["uint16", 1]}, "choice"),
        ({"choice": "x"}, "choice"),
        ({"market": "LEM"}, "market"),
    ],
)
def test_errors_name_the_field(change: dict[str, Any], message: str) -> None:
    with pytest.raises(AbiError, match=message):
        ABI.pack_action("act", {**VALUE, **change})


def test_missing_fields_actions_types_and_loops_are_errors() -> None:
    with pytest.raises(AbiError, match=r"act\.energy is missing"):
        ABI.pack_action("act", {"market": "lem"})
    with pytest.raises(AbiError, match="no action"):
        ABI.pack_action("nosuch", {})
    with pytest.raises(AbiError, match="no type"):
        ABI.pack("nosuch", 1)
    with pytest.raises(AbiError, match="no type"):
        ABI.unpack("nosuch", b"")
    with pytest.raises(AbiError, match="own base"):
        ABI.pack("loop", {})
    with pytest.raises(AbiError, match="nested too deeply"):
        ABI.unpack("deep", b"\1" * 100)
    nest: dict[str, Any] = {}
    for _ in range(40):
        nest = {"next": nest}
    with pytest.raises(AbiError, match="nested too deeply"):
        ABI.pack("deep", nest)


def test_bytes_left_over_are_an_error_in_actions_but_not_in_rows() -> None:
    with pytest.raises(AbiError, match="left over"):
        ABI.unpack("item", b"\x01\x02")
    assert ABI.unpack_row("items", b"\x01\x02") == {"n": 1}
    with pytest.raises(AbiError):
        ABI.unpack_row("items", b"")


def test_a_list_cannot_promise_more_than_there_is() -> None:
    with pytest.raises(AbiError, match="list of"):
        ABI.unpack("item[]", b"\xff\xff\xff\x7f")


def test_results() -> None:
    assert ABI.unpack_result("act", b"\x07") == 7
    assert ABI.unpack_result("other", b"\x07") == "07"


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_that_packs_to_them_or_an_error(data: bytes) -> None:
    try:
        value = ABI.unpack_action("act", data)
    except AbiError:
        return
    assert ABI.unpack_action("act", ABI.pack_action("act", value)) == value


def test_a_binary_abi_has_its_own_abi() -> None:
    definition = {
        "version": "eosio::abi/1.2",
        "structs": [{"name": "s", "base": "", "fields": [{"name": "a", "type": "uint8"}]}],
        "actions": [{"name": "act", "type": "s", "ricardian_contract": ""}],
        "tables": [{"name": "t", "type": "s", "index_type": "i64", "key_names": [], "key_types": []}],
        "variants": [{"name": "v", "types": ["uint8", "string"]}],
    }
    packed = pack_abi(definition)
    read = unpack_abi(packed)
    assert {name: value for name, value in read.items() if value} == definition
    assert pack_abi(read) == packed
    assert pack_abi({"version": "eosio::abi/1.0"}).hex().startswith("0e656f73696f3a3a6162692f312e30")


@pytest.mark.parametrize("file", sorted(CONTRACTS.glob("*.abi")), ids=lambda file: str(file.stem))
def test_our_contracts_abis_can_be_deployed(file: Path) -> None:
    definition = json.loads(file.read_text())
    read = unpack_abi(pack_abi(definition))
    assert [a["name"] for a in read["actions"]] == [a["name"] for a in definition["actions"]]
