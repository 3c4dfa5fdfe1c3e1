"""The Thunder collection says what the services' documents say, and knows every variable that it uses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from services.shared.web.openapi import SERVICES, documented_services
from tests import thunder

REQUESTS = list(thunder.in_order(thunder.collection()))
BY_NAME = {one["name"]: one for one in REQUESTS}


def operations() -> dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]]:
    """(method, path as in the collection) -> (operation, document)."""
    found = {}
    for service in documented_services():
        document = json.loads((SERVICES / service / "openapi.json").read_text(encoding="utf-8"))
        for path, methods in document["paths"].items():
            shaped = re.sub(r"\{(\w+)\}", r":\1", document["basePath"] + path)
            of_all = methods.pop("parameters", [])
            for method, operation in methods.items():
                found[method.upper(), shaped] = ({**operation, "path": of_all}, document)
    return found


OPERATIONS = operations()


def test_the_collection_has_the_tools_own_shape() -> None:
    told = thunder.collection()
    assert (told["clientName"], told["version"]) == ("Thunder Client", "1.2")
    folders = [folder["_id"] for folder in told["folders"]]
    ids = [*folders, *(one["_id"] for one in told["requests"])]
    assert len(set(ids)) == len(ids)
    assert {one["containerId"] for one in told["requests"]} == set(folders)
    assert {one["colId"] for one in told["requests"]} == {told["collectionId"]}


@pytest.mark.parametrize("name", ["auth/login", "performer/trigger-event"])
def test_the_originals_requests_are_there(name: str) -> None:
    assert BY_NAME[name]["url"].endswith(f"/blockchain-connector/api/v1/{name}")


@pytest.mark.parametrize("name", list(BY_NAME))
def test_each_request_is_one_of_the_documented_routes(name: str) -> None:
    one = BY_NAME[name]
    path = one["url"].partition("?")[0].removeprefix("{{gateway}}")
    operation, document = OPERATIONS[one["method"], path]
    (status,) = [test["value"] for test in one["tests"] if test["type"] == "res-code"]
    assert status in operation["responses"]
    parameters = {parameter["name"]: parameter for parameter in operation["path"] + operation.get("parameters", [])}
    assert {param["name"] for param in one["params"]} <= parameters.keys()
    if "body" in one:
        schema = parameters["payload"]["schema"]
        known = document["definitions"][schema["$ref"].removeprefix("#/definitions/")]
        names = set(re.findall(r'"(\w+)":', one["body"]["raw"]))
        assert set(known.get("required", ())) <= names <= known["properties"].keys()


def test_every_variable_is_in_the_environment_or_set_by_an_earlier_request() -> None:
    known = {*thunder.environment(), "#guid"}
    for one in REQUESTS:
        used = set(re.findall(r"\{\{([^}]+)\}\}", json.dumps({**one, "tests": []})))
        assert used <= known, one["name"]
        known |= {test["value"].strip("{}") for test in one["tests"] if test["type"] == "set-env-var"}


def test_no_password_stands_in_the_environment() -> None:
    for name, value in thunder.environment().items():
        assert value == "" or "password" not in name
