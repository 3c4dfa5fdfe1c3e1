"""The checked-in template: clean to AWS's linter, and read here as it stands."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.local.triggers.template import FILE, Function, Pattern, TemplateError, read

PARAMETERS = {
    name: f"http://{name.lower()}.example"
    for name in ("MastrConnectorUrl", "ForecastConnectorUrl", "ConnectorUrl", "TokenUrl", "ClientId")
}


def test_the_template_is_clean_to_the_linter() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--format", "json", str(FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (json.loads(done.stdout or "[]"), done.returncode) == ([], 0), done.stderr


def test_its_functions_are_there_with_schedules_and_patterns() -> None:
    functions = {one.name: one for one in read(PARAMETERS)}
    assert set(functions) == {"MastrSync", "ForecastSync", "ForwardEvent"}
    for function in functions.values():
        module, _, name = function.handler.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))
        assert function.retries == 2
        assert function.variables["TBI_TOKEN_URL"] == "http://tokenurl.example"
        assert function.variables["TBI_SERVICE_SECRET_NAME"] == "tbi/trigger-service"
    assert list(functions["MastrSync"].schedules) == ["MastrSync.Daily"]
    assert functions["MastrSync"].schedules["MastrSync.Daily"].zone == "Europe/Berlin"
    (pattern,) = functions["ForwardEvent"].patterns
    assert pattern.fits({"source": "tbienergy.operator", "detail-type": "trigger-event", "detail": {}})


def test_a_parameter_without_a_value_is_named() -> None:
    with pytest.raises(TemplateError, match="TBI_CLIENT_ID needs the parameter ClientId"):
        read({name: value for name, value in PARAMETERS.items() if name != "ClientId"})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("Type: ScheduleV2", "Type: Api"), "events of type Api are not run here"),
        (("source: [tbienergy.operator]", "source: [{prefix: tbi}]"), "only lists of texts"),
        (("cron(30 4", "cron(61 4"), "cron"),
    ],
)
def test_what_cannot_be_run_here_is_said_at_the_start(change: tuple[str, str], why: str, tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(FILE.read_text().replace(*change))
    with pytest.raises((TemplateError, ValueError), match=why):
        read(PARAMETERS, file)


@pytest.mark.parametrize(
    ("event", "fits"),
    [
        ({"source": "a", "detail": {"kind": "x", "more": 1}}, True),
        ({"source": "b", "detail": {"kind": "y"}}, True),
        ({"source": "c", "detail": {"kind": "x"}}, False),
        ({"source": "a", "detail": {"kind": "z"}}, False),
        ({"source": "a", "detail": "x"}, False),
        ({"source": "a"}, False),
    ],
)
def test_patterns_fit_by_their_lists(event: dict[str, Any], fits: bool) -> None:
    assert Pattern({"source": ["a", "b"], "detail": {"kind": ["x", "y"]}}).fits(event) is fits


def test_a_function_stands_still() -> None:
    with pytest.raises(AttributeError):
        read(PARAMETERS)[0].name = "other"  # type: ignore[misc]
    assert isinstance(read(PARAMETERS)[0], Function)
