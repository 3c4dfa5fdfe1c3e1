"""What runs, as data: every program with its command, environment, address and health. Nothing here starts anything.

    cloud side, 127.0.0.1        chain (8888, 9876 for other nodes), blockchain-connector (8083), keeper
    each box, an address of its  cls-box-logic (8081) with its worker, tpm-api (8082), blockchain-connector (8083),
    own, 127.0.1.11 and up       openems (8084), redis (6379), swtpm (2321, 2322)

In the field the TPM API, Redis and the TPM are reached from inside the box only; on one machine nothing but the box's
secret keeps the boxes apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from deploy.chain.accounts import OPERATOR
from deploy.chain.governance import Keyring
from deploy.local.boxes import BOXES, Box
from deploy.local.settings import Settings

CLOUD = "127.0.0.1"
Probe = Literal["http", "chain", "redis", "tcp", "heartbeat", "process"]


@dataclass(frozen=True)
class Program:
    """`ports` are all that it opens on `host`, the main one first. `early`: needed before a box can be set up."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    host: str = CLOUD
    ports: tuple[int, ...] = ()
    path: str = ""
    probe: Probe = "process"
    early: bool = False
    rank: int = 50
    stop_s: int = 15

    @property
    def address(self) -> str:
        return f"{self.host}:{self.ports[0]}" if self.ports else ""

    @property
    def url(self) -> str | None:
        """Its base URL, when it speaks HTTP."""
        return f"http://{self.address}{self.path}" if self.probe in ("http", "chain") else None


@dataclass(frozen=True)
class Plan:
    settings: Settings
    programs: tuple[Program, ...]
    boxes: tuple[Box, ...] = BOXES

    def program(self, name: str) -> Program:
        return next(program for program in self.programs if program.name == name)

    def box_folder(self, box: Box) -> Path:
        return self.settings.data / "boxes" / box.name

    @property
    def chain_folder(self) -> Path:
        return self.settings.data / "chain"

    def endpoints(self) -> dict[str, str]:
        """Name -> base URL of every part that has one."""
        return {program.name: program.url for program in self.programs if program.url}


def make(settings: Settings) -> Plan:
    """The plan of the local system for these settings."""
    cloud = _Cloud(settings)
    programs = [*cloud.programs(), *(program for box in BOXES for program in _BoxPrograms(settings, box).programs())]
    return Plan(settings, tuple(programs))


class _Base:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def port(self, number: int) -> int:
        return number + self.settings.port_offset

    def module(self, name: str, *arguments: str) -> tuple[str, ...]:
        return (self.settings.python, "-m", name, *arguments)

    def chain_url(self) -> str:
        return f"http://{CLOUD}:{self.port(8888)}"


class _Cloud(_Base):
    def programs(self) -> list[Program]:
        return [self._chain(), self._connector(), self._keeper()]

    def _chain(self) -> Program:
        http, p2p = self.port(8888), self.port(9876)
        folder = str(self.settings.data / "chain")
        return Program(
            "chain",
            self.module(
                "deploy.chain.node", "--data-dir", folder, "--http", f"{CLOUD}:{http}", "--p2p", f"{CLOUD}:{p2p}"
            ),
            {"TBI_CHAIN_ENV": str(self.settings.chain_env)},
            ports=(http, p2p),
            probe="chain",
            early=True,
            rank=10,
            stop_s=40,
        )

    def _connector(self) -> Program:
        port = self.port(8083)
        folder = self.settings.data / "cloud/blockchain-connector"
        return Program(
            "blockchain-connector",
            self.module("services.blockchain_connector"),
            {
                "TBI_HOST": CLOUD,
                "TBI_PORT": str(port),
                "TBI_CHAIN_URLS": self.chain_url(),
                "TBI_STATE_DIR": str(folder),
                "TBI_BOX_SECRET_FILE": str(self.settings.data / "cloud/secret"),
                "TBI_KEYS_DIR": str(Keyring(self.settings.keys).operator),
            },
            ports=(port,),
            path="/blockchain-connector/api/v1",
            probe="http",
        )

    def _keeper(self) -> Program:
        return Program(
            "keeper",
            self.module("services.blockchain_connector.keeper"),
            {
                "TBI_CHAIN_URLS": self.chain_url(),
                "TBI_KEY_FILE": str(Keyring(self.settings.keys).path(f"{OPERATOR}.keeper")),
                "TBI_STATE_DIR": str(self.settings.data / "cloud/keeper"),
            },
            probe="heartbeat",
        )


class _BoxPrograms(_Base):
    def __init__(self, settings: Settings, box: Box) -> None:
        super().__init__(settings)
        self.box = box
        self.folder = settings.data / "boxes" / box.name

    def programs(self) -> list[Program]:
        """Each part's program, under the box's name and address."""
        return [replace(part, name=f"{self.box.name}.{part.name}", host=self.box.address) for part in self._parts()]

    def _parts(self) -> list[Program]:
        return [
            self._swtpm(),
            self._redis(),
            self._openems(),
            replace(self._service("tpm-api", 8082), early=True, rank=30),
            self._service("blockchain-connector", 8083),
            self._service("cls-box-logic", 8081),
            Program("worker", self.module("services.cls_box_logic.worker"), self._common("cls-box-logic"), rank=70),
        ]

    def url(self, part: str, port: int) -> str:
        return f"http://{self.box.address}:{self.port(port)}/{part}/api/v1"

    def _state(self, part: str) -> str:
        return str(self.folder / part)

    def _common(self, part: str) -> dict[str, str]:
        """What every service of the box is told; each reads what it needs."""
        return {
            "TBI_HOST": self.box.address,
            "TBI_STATE_DIR": self._state(part),
            "TBI_BOX_CONFIG": str(self.folder / "box.json"),
            "TBI_BOX_SECRET_FILE": str(self.folder / "secret"),
            "TBI_CHAIN_URLS": self.chain_url(),
            "TBI_TPM_TCTI": f"swtpm:host={self.box.address},port={self.port(2321)}",
            "TBI_TPM_API_URL": self.url("tpm-api", 8082),
            "TBI_CONNECTOR_URL": self.url("blockchain-connector", 8083),
            "TBI_CLS_BOX_LOGIC_URL": self.url("cls-box-logic", 8081),
            "TBI_OPENEMS_URL": f"http://{self.box.address}:{self.port(8084)}",
            "TBI_REDIS_URL": f"redis://{self.box.address}:{self.port(6379)}/0",
        }

    def _service(self, part: str, port: int) -> Program:
        return Program(
            part,
            self.module(f"services.{part.replace('-', '_')}"),
            {**self._common(part), "TBI_PORT": str(self.port(port))},
            ports=(self.port(port),),
            path=f"/{part}/api/v1",
            probe="http",
            rank=60,
        )

    def _swtpm(self) -> Program:
        port, control = self.port(2321), self.port(2322)
        address = self.box.address
        return Program(
            "swtpm",
            (
                *("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._state('swtpm')},mode=0600"),
                *("--server", f"type=tcp,port={port},bindaddr={address},disconnect"),
                *("--ctrl", f"type=tcp,port={control},bindaddr={address}"),
                *("--flags", "not-need-init,startup-clear"),
            ),
            ports=(port, control),
            probe="tcp",
            early=True,
            rank=20,
        )

    def _redis(self) -> Program:
        port = self.port(6379)
        return Program(
            "redis",
            (
                *("redis-server", "--port", str(port), "--bind", self.box.address, "--dir", self._state("redis")),
                *("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no"),
                *("--maxmemory-policy", "noeviction", "--protected-mode", "no"),
            ),
            ports=(port,),
            probe="redis",
            early=True,
            rank=20,
        )

    def _openems(self) -> Program:
        port = self.port(8084)
        aliases = ",".join(f"{component}={alias}" for component, alias in self.box.aliases().items())
        return Program(
            "openems",
            self.module("simulators.openems"),
            {
                "TBI_HOST": self.box.address,
                "TBI_PORT": str(port),
                "TBI_STATE_DIR": self._state("openems"),
                "TBI_OPENEMS_ALIASES": aliases,
                "TBI_OPENEMS_KWH_ANNUM": str(self.box.kwh_annum),
                "TBI_OPENEMS_PEAK_W": str(sum(unit.peak_w for unit in self.box.units)),
                "TBI_OPENEMS_SEED": str(self.box.address.rsplit(".", 1)[1]),
            },
            ports=(port,),
            probe="http",
            early=True,
            rank=20,
        )


def folders(plan: Plan) -> list[Path]:
    """Every folder that a program writes to."""
    parts = ("swtpm", "redis", "openems", "tpm-api", "blockchain-connector", "cls-box-logic")
    return [
        plan.chain_folder,
        *(plan.settings.data / "cloud" / part for part in ("blockchain-connector", "keeper")),
        *(plan.box_folder(box) / part for box in plan.boxes for part in parts),
    ]
