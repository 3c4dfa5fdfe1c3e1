"""What is written down of the actions' bytes is what the contracts' ABIs say."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.settlement.layouts import ACTIONS

BUILT = Path(__file__).resolve().parents[4] / "contracts/build"


def fields_of(abi: dict[str, Any], struct: str) -> tuple[tuple[str, Any], ...]:
    structs = {item["name"]: item["fields"] for item in abi["structs"]}

    def kind_of(kind: str) -> Any:
        if kind.endswith("[]"):
            return [kind_of(kind[:-2])]
        return fields_of(abi, kind) if kind in structs else kind

    return tuple((field["name"], kind_of(field["type"])) for field in structs[struct])


@pytest.mark.parametrize(("contract", "action"), ACTIONS)
def test_a_layout_is_the_abis(contract: str, action: str) -> None:
    abi = json.loads((BUILT / f"{contract}.abi").read_text())
    [struct] = [item["type"] for item in abi["actions"] if item["name"] == action]
    assert ACTIONS[contract, action] == fields_of(abi, struct)
