"""The cloud side's CloudFormation template: clean to AWS's linter, with the plan's parts and their settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.plan import Plan

FILE = Path(__file__).parents[3] / "deploy/aws/cloud-side.yaml"
ELSEWHERE = {
    "chain": "the consortium's nodes",
    "identity": "Amazon Cognito (sign-in.yaml)",
    "mongod": "Amazon DocumentDB",
    "redis": "Amazon ElastiCache",
    "mastr-simulator": "the register itself",
    "trigger-service": "trigger-service.yaml",
    "gateway": "a task of its own shape",
}
"""What of the plan is no part of the mapping, and what it is instead."""
NOT_SET = {"AWS_SHARED_CREDENTIALS_FILE": "the task's own role"}


class _Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions as their arguments."""


def _function(loader: _Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _function)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader's child
    return found


@pytest.fixture(scope="module")
def container(template: dict[str, Any]) -> dict[str, Any]:
    """The shape of every part's container."""
    _, _, shapes = template["Resources"]["Fn::ForEach::Running"]
    found: dict[str, Any] = shapes["${Part}Task"]["Properties"]["ContainerDefinitions"][1]
    return found


@pytest.mark.parametrize(
    "file", [FILE, FILE.with_name("repositories.yaml"), FILE.with_name("foundation.yaml")], ids=lambda file: file.name
)
def test_the_template_is_clean_to_the_linter(file: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), str(file)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_it_has_every_part_of_the_plan(template: dict[str, Any], plan: Plan) -> None:
    parts = template["Mappings"]["Parts"]
    _, running, _ = template["Resources"]["Fn::ForEach::Running"]
    assert sorted(running) == sorted(parts)
    cloud = {program.name: program for program in plan.programs if "." not in program.name}
    assert sorted([part["Name"] for part in parts.values()] + list(ELSEWHERE)) == sorted(cloud)
    for part in parts.values():
        assert part["Module"] == cloud[part["Name"]].command[-1]


def test_every_setting_of_the_plan_is_given(container: dict[str, Any], template: dict[str, Any], plan: Plan) -> None:
    names = {part["Name"] for part in template["Mappings"]["Parts"].values()}
    wanted = {name for program in plan.programs if program.name in names for name in program.environment}
    given = {entry["Name"] for entry in (*container["Environment"], *container["Secrets"])}
    assert wanted - given - set(NOT_SET) == set()


def test_no_secret_stands_in_the_environment(container: dict[str, Any]) -> None:
    words = ("PASSWORD", "SECRET", "KEY")
    plain = [
        entry["Name"]
        for entry in container["Environment"]
        if any(word in entry["Name"] for word in words) and not entry["Name"].endswith(("_FILE", "_DIR"))
    ]
    assert plain == []


def test_only_what_signs_for_the_operator_is_started_with_his_keys(template: dict[str, Any]) -> None:
    parts = template["Mappings"]["Parts"]
    signing = {name for name, part in parts.items() if part["Keys"] == "OperatorKeys"}
    assert signing == {name for name, part in parts.items() if part["Start"] == "SigningStartRole"}
    assert signing == {"Connector", "Keeper"}
    assert template["Resources"]["OperatorKeysPolicy"]["Properties"]["RoleName"] == "SigningStartRole"


def test_what_has_a_state_of_its_own_is_stopped_before_its_next_one_starts(template: dict[str, Any]) -> None:
    for name in ("Connector", "Keeper", "ForecastOracle"):
        part = template["Mappings"]["Parts"][name]
        assert (part["Count"], part["Most"], part["Least"]) == ("1", "100", "0"), name
