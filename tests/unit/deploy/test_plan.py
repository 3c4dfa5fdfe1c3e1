"""The plan: what runs where."""

import json
from collections import Counter
from pathlib import Path

import pytest

from deploy.local import settings as settings_module
from deploy.local.plan import Plan, make
from deploy.local.settings import Settings, SettingsError


def test_each_box_has_an_address_of_its_own_with_the_ports_of_the_field(plan: Plan) -> None:
    assert plan.endpoints() == {
        "chain": "http://127.0.0.1:8888",
        "blockchain-connector": "http://127.0.0.1:8083/blockchain-connector/api/v1",
        **{
            f"{box}.{part}": f"http://127.0.1.{host}:{port}{path}"
            for box, host in (("seller", 11), ("bidder1", 12), ("bidder2", 13))
            for part, port, path in (
                ("openems", 8084, ""),
                ("tpm-api", 8082, "/tpm-api/api/v1"),
                ("blockchain-connector", 8083, "/blockchain-connector/api/v1"),
                ("cls-box-logic", 8081, "/cls-box-logic/api/v1"),
            )
        },
    }


def test_no_two_programs_share_a_port_or_a_name(plan: Plan) -> None:
    taken = Counter((program.host, port) for program in plan.programs for port in program.ports)
    names = Counter(program.name for program in plan.programs)
    assert max(taken.values()) == max(names.values()) == 1


def test_a_second_system_shares_nothing_with_the_first(plan: Plan, tmp_path: Path) -> None:
    second = make(Settings(tmp_path / "second", 1000, plan.settings.python, plan.settings.chain_env))

    def of(which: Plan) -> tuple[set[tuple[str, int]], str]:
        ports = {(program.host, port) for program in which.programs for port in program.ports}
        return ports, " ".join(f"{program.command} {dict(program.environment)}" for program in which.programs)

    first_ports, first_text = of(plan)
    second_ports, second_text = of(second)
    assert not first_ports & second_ports
    assert str(plan.settings.data) not in second_text
    assert str(second.settings.data) not in first_text


def test_only_the_chain_and_what_a_box_needs_to_be_set_up_start_early(plan: Plan) -> None:
    early = {program.name.split(".")[-1] for program in plan.programs if program.early}
    assert early == {"chain", "swtpm", "redis", "openems", "tpm-api"}


def test_no_secret_or_key_stands_in_a_command_or_an_environment(plan: Plan) -> None:
    for program in plan.programs:
        secrets = {key: value for key, value in program.environment.items() if "SECRET" in key or "KEY" in key}
        assert all(value.startswith(str(plan.settings.data)) for value in secrets.values()), program.name


def test_the_folder_remembers_the_offset_that_it_was_started_with(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"port_offset": 700}))
    environment = {"TBI_DATA": str(tmp_path), "TBI_CHAIN_ENV": "/chain"}
    assert settings_module.read(environment).port_offset == 700
    assert settings_module.read({**environment, "TBI_PORT_OFFSET": "3"}).port_offset == 3


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "50001"])
def test_an_offset_that_cannot_be_meant_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TBI_PORT_OFFSET is"):
        settings_module.read({"TBI_DATA": str(tmp_path), "TBI_PORT_OFFSET": text})
