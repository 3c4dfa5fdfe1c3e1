"""The pool's template: clean to AWS's linter, and without a way around the second factor."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.identity.pool import ATTRIBUTES, GROUPS, SERVICES
from deploy.local.settings import REPO

FILE = REPO / "deploy/aws/sign-in.yaml"


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms are read as what stands behind them."""


def _as_it_stands(_loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    return node.value


_Loader.add_multi_constructor("!", _as_it_stands)


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(FILE.read_text(), Loader=_Loader)["Resources"]  # noqa: S506 - a safe loader
    return found


def test_the_template_is_clean_to_the_linter() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--format", "json", str(FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (json.loads(done.stdout or "[]"), done.returncode) == ([], 0), done.stderr


def test_the_portals_client_has_the_challenge_and_nothing_else(resources: dict[str, Any]) -> None:
    flows = {
        one["Properties"]["ClientName"]: set(one["Properties"]["ExplicitAuthFlows"])
        for one in resources.values()
        if one["Type"] == "AWS::Cognito::UserPoolClient"
    }
    assert flows.pop("portal") == {"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert flows.pop("machine") == {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert flows == {name: {"ALLOW_REFRESH_TOKEN_AUTH"} for name in SERVICES}


def test_all_four_triggers_are_functions_that_there_are(resources: dict[str, Any]) -> None:
    pool = resources["Pool"]["Properties"]
    called = {name: value for name, value in pool["LambdaConfig"].items() if isinstance(value, str)}
    called["tokens"] = pool["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaArn"]
    assert pool["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaVersion"] == "V2_0"
    functions = {name: one for name, one in resources.items() if one["Type"] == "AWS::Serverless::Function"}
    assert {arn.partition(".")[0] for arn in called.values()} == set(functions)
    for name, one in functions.items():
        module, _, handler = one["Properties"]["Handler"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), handler))
        assert resources[f"{name}Permission"]["Properties"]["Principal"] == "cognito-idp.amazonaws.com"


def test_the_pool_is_the_one_of_the_embedded_system(resources: dict[str, Any]) -> None:
    groups = [one for one in resources.values() if one["Type"] == "AWS::Cognito::UserPoolGroup"]
    assert {one["Properties"]["GroupName"] for one in groups} == set(GROUPS)
    schema = resources["Pool"]["Properties"]["Schema"]
    lengths = {one["Name"]: int(one["StringAttributeConstraints"]["MaxLength"]) for one in schema}
    assert lengths == ATTRIBUTES
