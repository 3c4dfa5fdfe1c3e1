"""Every rule is found by its id in words, in the model or a contract, and in the name of a test."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULE = re.compile(r"\bM-[A-Z][A-Z0-9]{2}-\d\d\b")
IN_WORDS = sorted(set(RULE.findall((ROOT / "contracts/README.md").read_text())))

NOT_IN_CODE = {
    "M-ADM-02": "follows from the contract accounts' authority (deploy/chain/accounts.py)",
    "M-BID-06": "says what is not kept",
    "M-KEE-01": "is kept by the keeper",
    "M-LED-03": "is what all other rules of the ledger add up to",
    "M-PRV-01": "follows from what is registered",
    "M-RAM-02": "is the payer that each contract names for its rows",
}

NOT_IN_THE_MODEL = {
    "M-ADM-02": "the model has no code to change",
    "M-BID-06": "says what is not kept",
    "M-CON-01": "the schedule of producers is the chain's, not the market's",
    "M-CON-02": "as M-CON-01",
    "M-CON-03": "as M-CON-01",
    "M-KEE-01": "is kept by the keeper",
    "M-RAM-02": "the model has no RAM",
}


def test_every_rule_stands_in_a_test_name() -> None:
    names = {
        node.name.lower()
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    untested = [rule for rule in IN_WORDS if not any(rule.lower().replace("-", "_") in name for name in names)]
    assert untested == []


@pytest.mark.parametrize(("room", "ending"), [("contracts", "*.ts"), ("market", "*.py")])
def test_no_rule_is_enforced_that_is_not_written_down(room: str, ending: str) -> None:
    enforced = {
        rule
        for path in (ROOT / room).rglob(ending)
        if "node_modules" not in path.parts
        for rule in RULE.findall(path.read_text())
    }
    assert sorted(enforced - set(IN_WORDS)) == []


def test_every_rule_is_enforced_by_a_contract() -> None:
    sources = "".join(
        path.read_text() for path in (ROOT / "contracts").rglob("*.ts") if "node_modules" not in path.parts
    )
    missing = [rule for rule in IN_WORDS if rule not in sources and rule not in NOT_IN_CODE]
    assert missing == []


def test_every_rule_is_found_in_the_model() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "market").rglob("*.py"))
    assert [rule for rule in IN_WORDS if rule not in sources] == sorted(NOT_IN_THE_MODEL)
