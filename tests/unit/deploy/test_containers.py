"""The compose files say what the plan says, and keep every container to what it needs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.containers import box, cloud
from deploy.containers.common import USER
from deploy.containers.compose import BOX_FILE, CLOUD_FILE, files, stale
from deploy.containers.prepare import Folder
from deploy.containers.translation import DATA, EVERYWHERE, Names, paths, settings
from deploy.local.boxes import BOXES
from deploy.local.plan.box import BoxPrograms
from deploy.local.plan.cloud import CloudPrograms
from deploy.local.settings import REPO
from services.background_manager_logic.config import Config as ManagerConfig
from services.blockchain_connector.config import Config as ConnectorConfig
from services.blockchain_connector.keeper.config import KeeperConfig
from services.cls_box_logic.config import Config as LogicConfig
from services.cls_box_logic.engine_proxy import Config as ProxyConfig
from services.cls_box_logic.engine_proxy import names_in
from services.forecast_connector.config import Config as ForecastConfig
from services.forecast_connector.config import OracleConfig
from services.forecast_connector.config import WorkerConfig as ForecastWorkerConfig
from services.mastr_connector.config import Config as MastrConfig
from services.mastr_connector.config import WorkerConfig as MastrWorkerConfig
from services.shared.web.config import load
from services.tpm_api.config import Config as TpmConfig

READ_BY: dict[tuple[str, str], type[Any]] = {
    ("cloud", "background-manager-logic"): ManagerConfig,
    ("cloud", "blockchain-connector"): ConnectorConfig,
    ("cloud", "keeper"): KeeperConfig,
    ("cloud", "mastr-connector"): MastrConfig,
    ("cloud", "mastr-connector-worker"): MastrWorkerConfig,
    ("cloud", "forecast-connector"): ForecastConfig,
    ("cloud", "forecast-connector-worker"): ForecastWorkerConfig,
    ("cloud", "forecast-oracle"): OracleConfig,
    ("box", "tpm-api"): TpmConfig,
    ("box", "box-connector"): ConnectorConfig,
    ("box", "cls-box-logic"): LogicConfig,
    ("box", "worker"): LogicConfig,
}
COMPOSE = Path(os.environ.get("TBI_COMPOSE_ENV") or REPO / ".venv/compose") / "bin/docker-compose"
OUTSIDE = {
    "TBI_CONFIG": "/etc/tbi",
    "TBI_BOX_CONFIG": "/etc/tbi-box",
    "TBI_BOX_ADDRESS": "10.77.1.11",
    "TBI_CHAIN_URLS": "https://gateway.example:8443",
}


def filled(value: Any) -> str:
    """A value as compose fills it in where the operator says no more than he must."""
    return re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda found: OUTSIDE.get(found[1], found[2]), str(value))


def written(side: str) -> dict[str, dict[str, Any]]:
    """The containers of a compose file as it is committed."""
    found = yaml.safe_load((REPO / (CLOUD_FILE if side == "cloud" else BOX_FILE)).read_text())["services"]
    assert isinstance(found, dict)
    return found


def every() -> list[tuple[str, str, dict[str, Any]]]:
    return [(side, name, told) for side in ("cloud", "box") for name, told in written(side).items()]


def test_what_is_committed_is_what_the_plan_makes() -> None:
    assert stale() == []


def test_a_file_that_somebody_edited_is_told(tmp_path: Path) -> None:
    for path, text in files().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert stale(tmp_path) == []
    with (tmp_path / CLOUD_FILE).open("a") as file:
        file.write("# mine\n")
    assert stale(tmp_path) == [str(CLOUD_FILE)]


def test_every_program_of_the_plan_has_its_container() -> None:
    programs = {program.name for program in CloudPrograms(settings()).programs()}
    assert set(written("cloud")) == programs - {"chain"} | set(cloud.PRODUCERS) | {"boot"}
    programs = {program.name.removeprefix("seller.") for program in BoxPrograms(settings(), BOXES[0]).programs()}
    assert set(written("box")) == programs - {"blockchain-connector"} | {"box-connector", box.PROXY}


@pytest.mark.parametrize(("side", "name"), READ_BY)
def test_a_service_understands_what_it_is_told(side: str, name: str) -> None:
    told = {variable: filled(value) for variable, value in written(side)[name]["environment"].items()}
    load(READ_BY[side, name], told)


@pytest.mark.parametrize("side", ["cloud", "box"])
def test_a_container_is_told_what_the_plan_tells_its_program(side: str) -> None:
    if side == "cloud":
        told = {program.name: program for program in CloudPrograms(settings()).programs() if program.name != "chain"}
    else:
        told = {box.part(program): program for program in BoxPrograms(settings(), BOXES[0]).programs()}
    field = box.FIELD if side == "box" else {}
    for name, program in told.items():
        if name == "gateway":
            continue
        environment = written(side)[name].get("environment", {})
        more = field.get(program.name.removeprefix("seller."), {})
        which = {"TBI_CHAIN_ID"} if side == "cloud" and "TBI_CHAIN_URLS" in environment else set()
        which |= {"TBI_LOG_FORMAT"} if any(word.startswith("services.") for word in program.command) else set()
        assert set(environment) - {"TBI_PROBE"} == set(program.environment) | set(more) | which, name
        for variable, value in environment.items():
            assert variable == "TBI_PROBE" or "127.0." not in filled(value), (name, variable, value)


def test_addresses_become_names_and_a_port_of_nobody_is_refused() -> None:
    named = Names("127.0.0.1", {8083: "connector"})
    assert named("http://127.0.0.1:8083/x,http://127.0.0.1:8083") == "http://connector:8083/x,http://connector:8083"
    assert named("swtpm:host=127.0.0.1,port=8083") == "swtpm:host=connector,port=8083"
    assert named("127.0.0.1") == EVERYWHERE
    assert named("127.0.0.10") == "127.0.0.10"
    with pytest.raises(KeyError):
        named("127.0.0.1:9999")


@pytest.mark.parametrize(("side", "name", "told"), every())
def test_every_file_that_a_container_is_told_of_is_mounted(side: str, name: str, told: dict[str, Any]) -> None:
    targets = [Path(mount["target"]) for mount in told.get("volumes", [])]
    values = {**told.get("environment", {}), **{str(n): word for n, word in enumerate(told.get("command", ()))}}
    named = [path for path in paths({k: str(v) for k, v in values.items() if k != "TBI_PROBE"}) if path != DATA]
    reachable = [path for path in named if any(path == target or target in path.parents for target in targets)]
    assert reachable == named, (side, name)


@pytest.mark.parametrize(("side", "name", "told"), every())
def test_a_container_has_no_more_rights_than_it_needs(side: str, name: str, told: dict[str, Any]) -> None:
    assert told["user"] == f"{USER}:{USER}"
    assert told["read_only"] is True
    assert told["cap_drop"] == ["ALL"]
    assert told["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+m", told["mem_limit"])
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "userns_mode"} & set(told)
    assert all("docker.sock" not in str(mount) for mount in told.get("volumes", [])) or (side, name) == (
        "box",
        box.PROXY,
    )
    assert all(str(port).startswith("127.0.0.1:") for port in told.get("ports", []))
    assert side == "cloud" or "ports" not in told, "a box is called in the network of all boxes only"


def test_only_their_own_users_reach_the_stores_and_a_boxs_inner_parts() -> None:
    containers = written("cloud")
    assert containers["mongod"]["networks"] == containers["redis"]["networks"] == ["stores"]
    reached = [name for name, told in containers.items() if "vpn" in told["networks"]]
    assert reached == ["identity", "background-manager-logic", "gateway"], "boxes come to the chain by the gateway"
    outside = [name for name, told in written("box").items() if "vpn" in told["networks"]]
    assert outside == ["box-connector", "cls-box-logic"]


def test_the_engine_is_asked_through_its_proxy_alone_and_by_cls_box_logic_alone() -> None:
    containers = written("box")
    with_socket = [name for name, told in containers.items() if "docker.sock" in str(told.get("volumes"))]
    assert with_socket == [box.PROXY]
    assert [name for name, told in containers.items() if "engine" in told["networks"]] == ["cls-box-logic", box.PROXY]
    assert list(containers[box.PROXY]["networks"]) == ["engine"]
    assert yaml.safe_load((REPO / BOX_FILE).read_text())["networks"]["engine"] == {"internal": True}
    lists = {containers[name]["environment"]["TBI_CONTAINERS"] for name in ("cls-box-logic", box.PROXY)}
    managed = names_in(filled(lists.pop()))
    assert not lists
    told = {name: filled(value) for name, value in containers[box.PROXY]["environment"].items()}
    assert ProxyConfig.of(told) == ProxyConfig(managed, Path("/var/run/docker.sock"), EVERYWHERE, 2375)
    assert managed == {f"box-{name}-1" for name in ("box-connector", "redis", "tpm-api", "worker")}


def test_what_the_cloud_side_mounts_is_laid_out(tmp_path: Path) -> None:
    """But what the pool's own set-up writes, and what is known only when it is there."""
    Folder(tmp_path).lay_out()
    sources = {
        mount["source"].rpartition("}/")[2]
        for told in written("cloud").values()
        for mount in told.get("volumes", [])
        if mount["type"] == "bind"
    }
    later = {source for source in sources if source.startswith("pool/")} | {"gateway/config.json"}
    assert [source for source in sorted(sources - later) if not (tmp_path / source).exists()] == []


def test_secrets_go_to_those_who_need_them() -> None:
    """Governors' keys are for the boot alone; a service reads its own secret; a node its own key."""
    for name, told in written("cloud").items():
        sources = [filled(mount["source"]) for mount in told.get("volumes", []) if mount["type"] == "bind"]
        assert any(source.endswith("/keys") for source in sources) == (name == "boot")
        foreign = [
            source for source in sources if ".secret" in source and not source.endswith(f"/{_owner(name)}.secret")
        ]
        assert foreign == []
        keys = [source.rpartition("/")[2] for source in sources if "/chain/" in source and source.endswith(".key")]
        assert keys in ([], [f"{name}.key"]) or name == "boot"


def _owner(name: str) -> str:
    return "forecast-connector" if name.startswith("forecast") else name


@pytest.mark.parametrize("file", [CLOUD_FILE, BOX_FILE])
def test_compose_takes_the_file(file: Path) -> None:
    if not COMPOSE.is_file():
        pytest.skip(f"there is no {COMPOSE}: ./tbi test installs it (locks/compose.txt)")
    profiles = ("--profile", "local", "--profile", "boot", "--profile", "stand-ins")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **OUTSIDE}
    command = [str(COMPOSE), "--file", str(REPO / file), *profiles, "config", "--quiet"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
