"""Every class of attacks that contracts/README.md lists has its file, with three tests that bear its name."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "contracts/README.md").read_text(encoding="utf-8")
ATTACKS = ROOT / "tests/contracts/attacks"
CLASSES = re.findall(r"^\| `([a-z_]+)` \|", README.partition("## Attacks")[2].partition("\n## ")[0], re.MULTILINE)
LEAST = 3


def file_of(attack: str) -> Path:
    return next(path for path in ATTACKS.glob("test_*.py") if path.stem in (f"test_{attack}", f"test_{attack}s"))


def test_the_list_and_the_files_are_the_same() -> None:
    assert len(CLASSES) == 15
    assert sorted(file_of(attack).name for attack in CLASSES) == sorted(path.name for path in ATTACKS.glob("test_*.py"))


@pytest.mark.parametrize("attack", CLASSES)
def test_an_attack_has_three_tests_that_bear_its_name(attack: str) -> None:
    tree = ast.parse(file_of(attack).read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert len(names) >= LEAST
    assert [name for name in names if f"attack_{attack}" not in name] == []
