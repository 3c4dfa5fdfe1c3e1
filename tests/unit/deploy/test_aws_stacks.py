"""The stacks of deploy/aws beside each other: made in their order, and what runs in them finds its settings."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.chain.accounts import OPERATOR, key_names
from deploy.chain.governance import Keyring
from deploy.local.identity.pool import SERVICES
from deploy.local.settings import REPO
from services.shared.identity import read_address
from services.shared.web.config import Setting, load
from services.shared.web.tokens import read_pool
from tests.unit.deploy.cloudformation import TEMPLATES, read, within

ORDER = ("foundation.yaml", "repositories.yaml", "sign-in.yaml", "cloud-side.yaml", "trigger-service.yaml")
"""As docs/aws.md has them made."""
STACKS = {"Foundation": "foundation.yaml", "Identity": "sign-in.yaml"}
CLOUD = read("cloud-side.yaml")
PARTS: dict[str, dict[str, str]] = CLOUD["Mappings"]["Parts"]
SHAPES = CLOUD["Resources"]["Fn::ForEach::Running"][2]
ROOM, PART = SHAPES["${Part}Task"]["Properties"]["ContainerDefinitions"]
NEITHER = {"TBI_LOG_FORMAT": "every service's (services/shared/web/serve.py)"}
WITHOUT_PORT = ("Worker", "Oracle", "Keeper")


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in template["Resources"].values() if isinstance(one, dict) and one["Type"] == kind]


def exports(name: str) -> set[str]:
    told = [one["Export"]["Name"]["Fn::Sub"] for one in read(name)["Outputs"].values() if "Export" in one]
    return {one.removeprefix("${AWS::StackName}-") for one in told}


def imports(name: str) -> set[tuple[str, str]]:
    """Parameter that names the stack, and name of the export."""
    found = set()
    for one in within(read(name), "Fn::ImportValue"):
        text, values = (one["Fn::Sub"], {}) if isinstance(one["Fn::Sub"], str) else one["Fn::Sub"]
        stack, what = re.fullmatch(r"\$\{(\w+)\}-(.+)", text).groups()  # type: ignore[union-attr]
        for variable, value in values.items():
            column = value["Fn::FindInMap"][2]
            found |= {(stack, what.replace(f"${{{variable}}}", part[column])) for part in PARTS.values()}
        if not values:
            found.add((stack, what))
    return found


def settings(module: str) -> type[Any]:
    """The configuration that the program reads."""
    package = importlib.util.find_spec(module)
    assert package is not None
    name = f"{module}.__main__" if package.submodule_search_locations else module
    source = Path(importlib.util.find_spec(name).origin or "").read_text()  # type: ignore[union-attr]
    (config,) = re.findall(r"run_service\([^,]+, (\w+), ", source)
    found: type[Any] = getattr(importlib.import_module(name), config)
    return found


def variables(config: type[Any]) -> set[str]:
    hints = importlib.import_module("typing").get_type_hints(config, include_extras=True)
    return {
        one.variable for hint in hints.values() for one in getattr(hint, "__metadata__", ()) if isinstance(one, Setting)
    }


def given(part: dict[str, str]) -> dict[str, str]:
    """What the part's container is told, with words for what stands in an account alone."""
    words = {
        "TBI_PORT": part["Port"],
        "MONGO_URI": "mongodb://tbi@documents:27017/?tls=true",
        "TBI_REDIS_URL": "rediss://jobs:6379/0",
        "MASTR_WSDL_URL": "https://register.example/mastr.wsdl",
        "TBI_CHAIN_URLS": "http://10.0.0.1:8888,http://10.0.0.2:8888",
        "TBI_CHAIN_ID": "a" * 64,
        "TBI_BOX_NETWORKS": "10.77.0.0/16",
        "TBI_RP_ID": "portal.example",
        "TBI_RP_ORIGINS": "https://portal.example",
        "TBI_AUDIT_NODE_URL": "http://10.0.0.1:8888",
    }
    components = within(PART["Environment"], "Fn::Join")[0][1]
    words["TBI_COMPONENTS"] = ",".join(components)
    told = {one["Name"]: one["Value"] for one in PART["Environment"]}
    assert {name for name, value in told.items() if not isinstance(value, str)} <= set(words)
    return {**told, **words, **{one["Name"]: "x" for one in PART["Secrets"]}}


def test_all_templates_are_made_in_some_order() -> None:
    assert sorted(ORDER) == [file.name for file in TEMPLATES]
    told = re.findall(r"--template(?:-file)? deploy/aws/([a-z-]+\.yaml)", (REPO / "docs/aws.md").read_text())
    assert tuple(dict.fromkeys(told)) == ORDER


@pytest.mark.parametrize("name", ORDER)
def test_what_a_stack_takes_over_an_earlier_one_gives(name: str) -> None:
    earlier = ORDER[: ORDER.index(name)]
    for stack, what in imports(name):
        assert STACKS[stack] in earlier
        assert what in exports(STACKS[stack]), f"{name}: {stack}-{what}"


@pytest.mark.parametrize("name", ORDER)
def test_every_parameter_says_what_it_is(name: str) -> None:
    template = read(name)
    assert all(one.get("Description") for one in template.get("Parameters", {}).values())
    assert all(one.get("Description") for one in template.get("Outputs", {}).values())


@pytest.mark.parametrize("name", ORDER)
def test_every_alarm_is_heard_and_says_what_to_do(name: str) -> None:
    alarms = [one for one in within({"": read(name)}, "Type") if one == "AWS::CloudWatch::Alarm"]
    actions = within(read(name), "AlarmActions")
    assert len(actions) == len(alarms) == len(within(read(name), "AlarmDescription"))
    assert all(actions)


@pytest.mark.parametrize("name", ORDER)
def test_logs_are_not_kept_for_ever(name: str) -> None:
    template = read(name)
    groups, clusters = (of_type(template, kind) for kind in ("AWS::Logs::LogGroup", "AWS::DocDB::DBCluster"))
    assert all(one["Properties"]["RetentionInDays"] <= 90 for one in groups)
    if "AWS::Serverless::Function" in within(template, "Type"):
        assert template["Globals"]["Function"]["LoggingConfig"]["LogGroup"] == {"Ref": "Log"}
        assert groups
    for cluster in clusters:
        (kind,) = cluster["Properties"]["EnableCloudwatchLogsExports"]
        (identifier,) = within(cluster["Properties"]["DBClusterIdentifier"], "Fn::Sub")
        names = [one["Properties"]["LogGroupName"] for one in groups]
        assert {"Fn::Sub": f"/aws/docdb/{identifier}/{kind}"} in names


@pytest.mark.parametrize("name", PARTS)
def test_a_part_starts_with_what_it_is_given(name: str) -> None:
    part = PARTS[name]
    config = load(settings(part["Module"]), given(part))
    if not name.endswith(WITHOUT_PORT):
        assert (config.host, config.port) == ("0.0.0.0", int(part["Port"]))  # noqa: S104 - a task's own address


def test_nothing_is_given_that_nobody_reads() -> None:
    read_by_parts = set().union(*(variables(settings(part["Module"])) for part in PARTS.values()))
    assert set(given(PARTS["Manager"])) - set(NEITHER) - read_by_parts == set()


def test_the_manager_may_do_with_the_pool_what_it_does_and_no_more() -> None:
    """Signing in is open to everybody; what administers needs the role."""
    sources = (REPO / "services/background_manager_logic").rglob("*.py")
    called = {
        one for file in sources for one in re.findall(r"_client\.((?:admin|list|describe)_\w+)", file.read_text())
    }
    allowed = within(CLOUD["Resources"]["ManagerRole"], "Action")
    (actions,) = (one for one in allowed if isinstance(one, list))
    assert {f"cognito-idp:{''.join(word.title() for word in one.split('_'))}" for one in called} == set(actions)


def test_a_key_is_looked_for_under_the_name_that_the_keyring_gives_it() -> None:
    files = {Keyring(Path("/")).path(name).name for name in key_names() if name.startswith(f"{OPERATOR}.")}
    assert Path(given(PARTS["Keeper"])["TBI_KEY_FILE"]).name in files
    described = read("foundation.yaml")["Resources"]["OperatorKeys"]["Properties"]["Description"]
    assert set(re.findall(r'"(\S+?\.key)"', described)) <= files


def test_the_pools_description_is_what_services_read(tmp_path: Path) -> None:
    told = read("sign-in.yaml")["Outputs"]["PoolDescription"]["Value"]["Fn::Sub"]
    file = tmp_path / "identity.json"
    file.write_text(re.sub(r"\$\{([\w:]+)\}", r"\1", told))
    address = read_address(file)
    pool = read_pool(file)
    server = read("sign-in.yaml")["Resources"]["Services"]["Properties"]
    assert pool.service_scope == f"{server['Identifier']}/{server['Scopes'][0]['ScopeName']}"
    assert pool.issuer == "https://cognito-idp.AWS::Region.amazonaws.com/Pool"
    assert pool.jwks_url == f"{pool.issuer}/.well-known/jwks.json"
    assert pool.second_factor_required, "the parameter's name stands for another word than optional"
    assert address.endpoint_url is None
    assert set(address.service_client_ids) == set(SERVICES)
    assert address.token_url == "https://DomainPrefix.auth.AWS::Region.amazoncognito.com/oauth2/token"
    portal = json.loads(
        re.sub(r"\$\{([\w:]+)\}", r"\1", read("sign-in.yaml")["Outputs"]["PortalPool"]["Value"]["Fn::Sub"])
    )
    assert portal == {
        "region": address.region,
        "user_pool_id": address.user_pool_id,
        "portal_client_id": address.portal_client_id,
        "identity_endpoint": None,
    }


def test_functions_find_the_services_by_names_that_there_are() -> None:
    namespace = read("foundation.yaml")["Resources"]["Names"]["Properties"]["Name"]
    there = {f"http://{part['Name']}.{namespace}:{part['Port']}/{part['Name']}/api/v1" for part in PARTS.values()}
    for template in ("sign-in.yaml", "trigger-service.yaml"):
        urls = [one["Default"] for name, one in read(template)["Parameters"].items() if name.endswith("rUrl")]
        assert urls
        assert set(urls) <= there
    assert SHAPES["${Part}Name"]["Properties"]["Name"] == {"Fn::FindInMap": ["Parts", {"Ref": "Part"}, "Name"]}


def test_a_tasks_bare_volumes_are_given_to_the_parts_user_first() -> None:
    """Of Fargate's volumes only EFS knows whose they are."""
    gateway = CLOUD["Resources"]["GatewayTask"]["Properties"]
    for task in (SHAPES["${Part}Task"]["Properties"], gateway):
        room, part = task["ContainerDefinitions"]
        bare = {one["Name"] for one in task["Volumes"] if "EFSVolumeConfiguration" not in one}
        assert (room["User"], part["User"]) == ("0:0", "10001:10001")
        assert {one["SourceVolume"] for one in room["MountPoints"]} == bare
        assert part["DependsOn"] == [{"ContainerName": room["Name"], "Condition": "SUCCESS"}]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_secrets_become_files_of_the_parts_user_alone(tmp_path: Path) -> None:
    run, scratch, bundle = tmp_path / "run", tmp_path / "tmp", tmp_path / "bundle.pem"
    for folder in (run, scratch):
        folder.mkdir()
    bundle.write_text("certificates")
    script = ROOM["Command"][2].replace("/run/tbi", str(run)).replace('"/tmp"', f'"{scratch}"')
    script = re.sub(r'"https://[^"]+"', f'"file://{bundle}"', script)
    told = {one["Name"]: one["Name"].lower() for one in (*ROOM["Environment"], *ROOM["Secrets"])}
    subprocess.run(
        [sys.executable, "-c", script], env={**told, "KEYS": '{"tbiadmin.keeper.key": "PVT_K1_x"}'}, check=True
    )
    wanted = {str(value) for name, value in given(PARTS["Keeper"]).items() if value.startswith("/run/tbi/")}
    wanted |= set(re.findall(r"/run/tbi/[\w.-]+", json.dumps(PART["Environment"])))
    for name in wanted:
        assert (run / Path(name).relative_to("/run/tbi")).exists(), name
    for path in (scratch, run, *run.rglob("*")):
        about = path.stat()
        assert (about.st_uid, about.st_gid) == (10001, 10001)
        assert path in (scratch, run) or about.st_mode & 0o077 == 0, path
    assert (run / "keys/tbiadmin.keeper.key").read_text() == "PVT_K1_x"


def test_what_a_trigger_comes_to_nothing_with_lies_in_the_dead_letter_queue() -> None:
    """Of a function that fails to the last, and of an event that reaches no function at all."""
    resources = read("trigger-service.yaml")["Resources"]
    queue = {"Fn::GetAtt": "DeadLetters.Arn"}
    functions = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Serverless::Function"]
    assert len(functions) == 3
    for function in functions:
        invoked = function["EventInvokeConfig"]
        assert invoked["MaximumRetryAttempts"] == 2
        assert invoked["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": queue}
        for event in function["Events"].values():
            assert event["Properties"]["DeadLetterConfig"] == {"Arn": queue}
            assert event["Properties"]["RetryPolicy"]["MaximumRetryAttempts"] >= 2
    keeps_s = resources["DeadLetters"]["Properties"]["MessageRetentionPeriod"]
    assert keeps_s == 14 * 86_400, "the longest that SQS has: a person has a fortnight"
