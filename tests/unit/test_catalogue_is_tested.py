"""Every step of the test catalogue has a test with its id in its name, and no test names another."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ID = re.compile(r"^\| (TC\d\d\.\d-TS\d\d) \|", re.MULTILINE)
STEPS = ID.findall((ROOT / "docs/test_catalogue.md").read_text())
NAMED = re.compile(r"test_tc(\d\d)_(\d)_ts(\d\d)_")


def steps_tested() -> list[tuple[str, str]]:
    """(module, id) of each test, in the order in which they stand."""
    found = []
    for path in sorted((ROOT / "tests/catalogue").glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                named = NAMED.match(node.name)
                assert named is not None, f"{path.name}: {node.name} names no step"
                found.append((path.stem, f"TC{named[1]}.{named[2]}-TS{named[3]}"))
    return found


def test_the_catalogue_has_37_steps() -> None:
    assert len(STEPS) == len(set(STEPS)) == 37


def test_every_step_has_one_test_in_the_catalogues_order() -> None:
    assert [step for _, step in steps_tested()] == STEPS


def test_a_test_case_is_a_module() -> None:
    assert all(f"test_{step.partition('-')[0].lower().replace('.', '_')}" == module for module, step in steps_tested())
