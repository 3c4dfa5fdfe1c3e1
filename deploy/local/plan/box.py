"""The programs of one box, at its own address."""

from __future__ import annotations

from dataclasses import replace

from deploy.local.boxes import Box
from deploy.local.plan.base import Base
from deploy.local.plan.program import Program
from deploy.local.settings import Settings

PARTS = ("swtpm", "redis", "openems", "tpm-api", "blockchain-connector", "cls-box-logic")
"""Those that write into a folder of their own."""


class BoxPrograms(Base):
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
            self._service("tpm-api", 8082),
            self._service("blockchain-connector", 8083, TBI_LINK_DIR=""),  # on one machine: no certificates
            self._service("cls-box-logic", 8081, **self._pool()),
            Program(
                "worker",
                self.module("services.cls_box_logic.worker"),
                {**self._common("cls-box-logic"), **self._pool()},
                rank=70,
            ),
        ]

    def _url(self, part: str, port: int) -> str:
        return f"http://{self.box.address}:{self.port(port)}/{part}/api/v1"

    def _state(self, part: str) -> str:
        return str(self.folder / part)

    def _pool(self) -> dict[str, str]:
        """Whose tokens CLS-Box-Logic takes; the other parts know the box's secret only."""
        return {"TBI_IDENTITY_FILE": self.identity_file}

    def _common(self, part: str) -> dict[str, str]:
        """What every service of the box is told; each reads what it needs."""
        return {
            "TBI_HOST": self.box.address,
            "TBI_STATE_DIR": self._state(part),
            "TBI_BOX_CONFIG": str(self.folder / "box.json"),
            "TBI_BOX_SECRET_FILE": str(self.folder / "secret"),
            "TBI_CHAIN_URLS": self.chain_url(),
            "TBI_TPM_TCTI": f"swtpm:host={self.box.address},port={self.port(2321)}",
            "TBI_TPM_API_URL": self._url("tpm-api", 8082),
            "TBI_CONNECTOR_URL": self._url("blockchain-connector", 8083),
            "TBI_CLS_BOX_LOGIC_URL": self._url("cls-box-logic", 8081),
            "TBI_OPENEMS_URL": f"http://{self.box.address}:{self.port(8084)}",
            "TBI_REDIS_URL": f"redis://{self.box.address}:{self.port(6379)}/0",
        }

    def _service(self, part: str, port: int, **more: str) -> Program:
        return Program(
            part,
            self.module(f"services.{part.replace('-', '_')}"),
            {**self._common(part), "TBI_PORT": str(self.port(port)), **more},
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
                "TBI_OPENEMS_SEED": str(self.box.number),
            },
            ports=(port,),
            probe="openems",
            early=True,
            rank=20,
        )
