"""The contracts' SCDL descriptions: valid by SCDL's metamodel, and what follows from the ABIs."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.descriptions import EVENTS, SCDL, TITLES, changed, data_type, path
from tests.contracts.chain_tester import BUILT

SCHEMA = Draft202012Validator(json.loads((SCDL / "schema.json").read_text(encoding="utf-8")))


def described(contract: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path(contract).read_text(encoding="utf-8"))
    return found


def test_the_descriptions_are_those_that_follow_from_the_abis() -> None:
    assert changed() == []
    assert sorted(TITLES) == sorted(abi.stem for abi in BUILT.glob("*.abi"))


@pytest.mark.parametrize("contract", TITLES)
def test_a_description_is_valid_scdl(contract: str) -> None:
    SCHEMA.validate(described(contract))


@pytest.mark.parametrize(
    "change",
    [
        {"scdl_version": "1.0"},
        {"address": "tbimarket"},
        {"sc_state": "BUSY"},
        {"functions": [{"name": "bid"}]},
        {"events": None},
    ],
)
def test_what_is_no_scdl_is_not_valid(change: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(described("tbimarket") | change)


@pytest.mark.parametrize("contract", TITLES)
def test_a_description_has_every_action_of_the_abi_with_its_parameters_in_order(contract: str) -> None:
    abi = json.loads((BUILT / f"{contract}.abi").read_text(encoding="utf-8"))
    structs = {struct["name"]: struct["fields"] for struct in abi["structs"]}
    found = described(contract)
    entries = {
        entry["name"]: entry.get("inputs", entry.get("params")) for entry in found["functions"] + found["events"]
    }
    assert sorted(entries) == sorted(action["name"] for action in abi["actions"])
    for name, parameters in entries.items():
        wanted = [(field["name"], field["type"]) for field in structs[name]]
        assert [(parameter["name"], parameter["description"]) for parameter in parameters] == wanted


def test_every_event_is_one_that_a_function_causes() -> None:
    market = described("tbimarket")
    caused = {event for function in market["functions"] for event in function["events"]}
    assert caused == {event["name"] for event in market["events"]}
    assert set(EVENTS) <= {function["name"] for function in market["functions"]}


def test_a_data_type_tells_what_a_parameter_may_be() -> None:
    price = Draft202012Validator(data_type("uint32", {}))
    assert price.is_valid(2**32 - 1)
    assert not price.is_valid(2**32)
    names = Draft202012Validator(data_type("name[]", {}))
    assert names.is_valid(["tbimarket"])
    assert not names.is_valid(["Tbi!"])
    with pytest.raises(ValueError, match="float64"):
        data_type("float64", {})
