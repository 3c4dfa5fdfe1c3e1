"""The plan: what runs where."""

import json
from collections import Counter
from pathlib import Path

import pytest

from deploy.local import settings as settings_module
from deploy.local.plan import Plan, folders, make
from deploy.local.settings import MAX_OFFSET, Settings, SettingsError


def test_the_cloud_side_is_at_one_address_and_each_box_at_its_own_with_the_ports_of_the_field(plan: Plan) -> None:
    assert plan.endpoints() == {
        "portal": "http://localhost:8080",
        "gateway": "http://127.0.0.1:8080",
        "chain": "http://127.0.0.1:8888",
        "identity": "http://127.0.0.1:4566",
        "mastr-simulator": "http://127.0.0.1:8086",
        "trigger-service": "http://127.0.0.1:8087",
        "background-manager-logic": "http://127.0.0.1:8090/background-manager-logic/api/v1",
        "mastr-connector": "http://127.0.0.1:8085/mastr-connector/api/v1",
        "forecast-connector": "http://127.0.0.1:8092/forecast-connector/api/v1",
        "blockchain-connector": "http://127.0.0.1:8083/blockchain-connector/api/v1",
        **{
            f"{box}.{part}": f"http://127.0.1.{host}:{port}{path}"
            for box, host in (("seller", 11), ("bidder1", 12), ("bidder2", 13), ("newcomer", 14))
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


def test_everything_listens_on_loopback(plan: Plan) -> None:
    assert all(program.host.startswith("127.0.") for program in plan.programs)


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
    for port in ("8888", "4566", "27017", ":6379/", "8090", "8085", "8092", "8083", "8086"):
        assert port in first_text
        assert port not in second_text


def test_every_port_is_one_with_the_greatest_offset(plan: Plan) -> None:
    highest = max(port for program in plan.programs for port in program.ports)
    assert highest + MAX_OFFSET < 65_536


def test_what_needs_the_pool_or_a_boxs_file_does_not_start_early(plan: Plan) -> None:
    early = {program.name.split(".")[-1] for program in plan.programs if program.early}
    assert early == {"chain", "identity", "mongod", "mastr-simulator", "swtpm", "redis", "openems"}
    for program in plan.programs:
        if program.early:
            assert not {"TBI_IDENTITY_FILE", "TBI_BOX_CONFIG"} & set(program.environment), program.name


def test_programs_stand_in_the_order_in_which_they_start(plan: Plan) -> None:
    ranks = [program.rank for program in plan.programs]
    assert ranks == sorted(ranks)
    assert plan.programs[-1].name == "gateway"


def test_no_secret_or_key_stands_in_a_command_or_an_environment(plan: Plan) -> None:
    for program in plan.programs:
        names = [key for key in program.environment if any(word in key for word in ("SECRET", "KEY", "PASSWORD"))]
        secrets = {key: program.environment[key] for key in names if key != "MASTR_API_KEY"}  # the simulator's: public
        assert all(value.startswith(str(plan.settings.data)) for value in secrets.values()), program.name


def test_every_service_of_the_cloud_side_has_a_client_of_its_own_and_the_pool(plan: Plan) -> None:
    for name in ("background-manager-logic", "mastr-connector", "forecast-connector", "blockchain-connector"):
        environment = plan.program(name).environment
        assert environment["TBI_SERVICE_SECRET_FILE"].endswith(f"identity/services/{name}.secret")
        assert environment["TBI_IDENTITY_FILE"] == str(plan.settings.identity)
        assert "TBI_BOX_SECRET_FILE" not in environment


def test_within_a_box_only_its_logic_knows_the_pool(plan: Plan) -> None:
    with_pool = {p.name for p in plan.programs if "." in p.name and "TBI_IDENTITY_FILE" in p.environment}
    assert with_pool == {f"{box.name}.{part}" for box in plan.boxes for part in ("cls-box-logic", "worker")}


def test_every_folder_that_a_program_writes_to_is_made(plan: Plan) -> None:
    made = {str(folder) for folder in folders(plan)}
    for program in plan.programs:
        state = program.environment.get("TBI_STATE_DIR")
        assert state is None or state in made, program.name


def test_the_folder_remembers_the_offset_that_it_was_started_with(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"port_offset": 700}))
    environment = {"TBI_DATA": str(tmp_path), "TBI_CHAIN_ENV": "/chain"}
    assert settings_module.read(environment).port_offset == 700
    assert settings_module.read({**environment, "TBI_PORT_OFFSET": "3"}).port_offset == 3


def test_a_mongodb_that_runs_elsewhere_takes_the_place_of_ours(tmp_path: Path) -> None:
    uri = "mongodb://somebody:secret@db.example/"
    told = settings_module.read({"TBI_DATA": str(tmp_path), "MONGO_URI": uri})
    plan = make(told)
    assert "mongod" not in {program.name for program in plan.programs}
    assert plan.program("background-manager-logic").environment["MONGO_URI"] == uri
    assert "TBI_MONGO_PASSWORD_FILE" not in plan.program("forecast-oracle").environment
    assert "secret" not in repr(told)
    (tmp_path / "settings.json").write_text(json.dumps(told.remembered()))
    assert settings_module.read({"TBI_DATA": str(tmp_path)}).mongo_uri == uri


def test_environments_are_where_the_variables_say(tmp_path: Path) -> None:
    told = settings_module.read({"TBI_DATA": str(tmp_path), "TBI_MONGO_ENV": "/m", "TBI_IDENTITY_ENV": "/i"})
    assert (told.mongo_env, told.identity_env) == (Path("/m"), Path("/i"))


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "38001"])
def test_an_offset_that_cannot_be_meant_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TBI_PORT_OFFSET is"):
        settings_module.read({"TBI_DATA": str(tmp_path), "TBI_PORT_OFFSET": text})
