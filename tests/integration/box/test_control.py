"""An operator holds a device at a power and lets it go, with ./tbi box, a real service and OpenEMS' stand-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.box import DONE, REFUSED, UNKNOWN
from cli.box import box as command
from services.shared.wait import wait_until
from tests.integration.box.box import Box

LOAD = "meter1/ActivePower"


def told(box: Box, *words: str, target: str | None = None) -> tuple[int, Any]:
    secret = ["--secret-file", str(box.file.with_name("secret"))] if target is None else []
    result = CliRunner().invoke(command, [*secret, target or box.url.partition("/cls-box-logic")[0], *words])
    return result.exit_code, json.loads(result.stdout) if result.exit_code == DONE else result.stderr


def load_w(box: Box) -> int | None:
    answer = box.lab.get(f"{box.openems_url}/rest/channel/{LOAD}", auth=("x", "owner"), timeout=5)
    power: int | None = answer.json()["value"]
    return power


def test_a_device_is_held_at_a_power_until_it_is_let_go_also_over_a_restart(box: Box) -> None:
    code, shown = told(box, "hold", "heat-pump", "4321", "600")
    assert (code, shown["running"], shown["power_w"]) == (DONE, True, 4321)
    wait_until(lambda: load_w(box) == 4321, 10, what="the device to take it")
    assert told(box, "hold", "heat-pump", "-5", "600")[1]["power_w"] == -5
    assert told(box, "hold", "heat-pump", "1234", "600")[0] == DONE
    wait_until(lambda: load_w(box) == 1234, 10, what="the device to take the new one")
    box.logic.kill()
    box.logic.start()
    shown = told(box, "controls")[1]["items"][0]
    assert (shown["running"], shown["power_w"], shown["trouble"]) == (True, 1234, None)
    assert told(box, "release", "heat-pump")[1]["running"] is False
    assert told(box, "controls")[1]["items"][0]["running"] is False


def test_what_is_refused_is_said_in_words(box: Box) -> None:
    code, said = told(box, "hold", "heat-pump", "11001", "60")
    assert (code, "takes -10 to 11000 W" in said) == (REFUSED, True)
    code, said = told(box, "release", "battery")
    assert (code, "controls no battery" in said) == (REFUSED, True)
    assert told(box, "hold", "heat-pump", "1", "86401")[0] == 2


def test_a_box_is_named_by_its_file_at_the_desk_too(box: Box, tmp_path: Path) -> None:
    file = tmp_path / "box-11.json"
    file.write_text(json.dumps({"address": "::1", "secret": "x"}))
    code, said = told(box, "state", target=str(file))
    assert (code, "http://[::1]:8081 does not answer" in said) == (UNKNOWN, True)
    assert told(box, "state")[1]["name"] == "seller"


@pytest.mark.parametrize("target", ["/nowhere.json", "http://127.0.0.1:1"])
def test_what_names_no_box_is_said(box: Box, target: str) -> None:
    code, said = told(box, "state", target=target)
    assert (code, "names no box" in said) == (UNKNOWN, True)


def test_without_the_secret_it_is_said_and_an_engine_that_is_not_there_too(box: Box, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x" * 40)
    url = box.url.partition("/cls-box-logic")[0]
    result = CliRunner().invoke(command, ["--secret-file", str(tmp_path / "other"), url, "state"])
    assert result.exit_code == UNKNOWN
    code, said = told(box, "container", "redis", "restart")
    assert (code, "Redis is not among the containers" in said) == (REFUSED, True)
