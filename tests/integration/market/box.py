"""A whole box: TPM, TPM API, OpenEMS simulator, Redis, CLS-Box-Logic, its worker and its connector to a real chain."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

from deploy.local.boxes import BOXES
from deploy.local.boxes import Box as Plan
from services.shared.wait import wait_until
from services.tpm_api.swtpm import free_port_pair, swtpm_command, swtpm_tcti
from tests.integration.box.box import Box
from tests.integration.box.processes import Program, answers, free_port, module
from tests.integration.chain.connector import Connector
from tests.integration.identity.pool import Identity

PLANS = {plan.name: plan for plan in BOXES}


class MarketBox(Box):
    """The box of a demonstration user (`role`), at his address in the loopback network; all boxes have one `port`.

    It has no account and no owner until it is registered. `renew` makes another one of it. `connect` starts its
    connector, without which it orders and delivers nothing.
    """

    def __init__(self, folder: Path, identity: Identity, chain_url: str, role: str, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.plan: Plan = PLANS[role]
        self.ip, self._folder, self._tpm_port = self.plan.address, folder, free_port_pair()
        tpm_api_port = free_port()
        tpm_api_url = f"http://127.0.0.1:{tpm_api_port}"
        logic_url = f"http://{self.ip}:{port}"
        self.chain_connector = Connector(
            folder,
            chain_url,
            TBI_BOX_CONFIG=str(folder / "box.json"),
            TBI_TPM_API_URL=tpm_api_url,
            TBI_CLS_BOX_LOGIC_URL=logic_url,
        )
        super().__init__(
            folder,
            identity,
            provisioned=provisioning(self.plan),
            tpm_api_url=tpm_api_url,
            TBI_HOST=self.ip,
            TBI_PORT=str(port),
            TBI_CONNECTOR_URL=self.chain_connector.url,
        )
        self.url = f"{logic_url}/cls-box-logic/api/v1"
        self.logic = self._program("services.cls_box_logic", folder, answers(f"{self.url}/health"))
        self.tpm_api = Program(
            module("services.tpm_api"),
            {
                "TBI_TPM_TCTI": swtpm_tcti(self._tpm_port),
                "TBI_PORT": str(tpm_api_port),
                "TBI_STATE_DIR": str(folder / "tpm-api"),
                "TBI_BOX_CONFIG": str(folder / "box.json"),
                "TBI_BOX_SECRET_FILE": str(folder / "secret"),
            },
            folder / "tpm-api.log",
            answers(f"{tpm_api_url}/tpm-api/api/v1/health"),
        )
        self._swtpm: subprocess.Popen[bytes] | None = None
        self.is_on = False

    @property
    def serial(self) -> str:
        return self.plan.serial_number

    @property
    def mastr_nr(self) -> str:
        """Of its first unit."""
        return self.plan.units[0].mastr_nr

    @property
    def salt(self) -> str:
        return str(self.provisioned["salt"])

    @property
    def provisioned(self) -> dict[str, Any]:
        """What box.json says now."""
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    def power_on(self) -> None:
        self.is_on = True
        self._start_tpm()
        super().power_on()

    def connect(self) -> None:
        self.chain_connector.process.stop()
        self.chain_connector.start()

    def stop(self) -> None:
        self.chain_connector.process.stop()
        super().stop()
        self._stop_tpm()

    def renew(self) -> None:
        """Another box in its place: a new TPM, a new salt, no account, no owner."""
        self.chain_connector.process.stop()
        for part in (self.worker, self.logic):
            part.end()
        self._stop_tpm()
        for name in ("tpm", "tpm-api", "logic", "state"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        self.file.write_text(json.dumps(provisioning(self.plan)))
        self.flush_redis()
        self._start_tpm()
        for part in (self.logic, self.worker):
            part.start()

    def _start_tpm(self) -> None:
        (self._folder / "tpm").mkdir(exist_ok=True)
        command = swtpm_command(self._folder / "tpm", self._tpm_port)
        self._swtpm = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.tpm_api.start()

    def _stop_tpm(self) -> None:
        if self._swtpm is not None:
            self.tpm_api.end()
        process, self._swtpm = self._swtpm, None
        if process is not None:
            process.terminate()
            process.wait(10)


def provisioning(plan: Plan) -> dict[str, Any]:
    """As who installs a box writes it: without account and owner."""
    return {
        "name": plan.name,
        "address": plan.address,
        "market_default": "lem",
        "salt": secrets.token_hex(16),
        "points": [{"serial_number": plan.serial_number, "component": "meter0"}],
        "units": [
            {"mastr_nr": unit.mastr_nr, "component": unit.component, "point_serial_number": plan.serial_number}
            for unit in plan.units
        ],
        "limits": {},
    }


def wait_for_trading(box: MarketBox) -> None:
    """Until a registered box knows its markets: it looks for them once a second."""
    wait_until(lambda: box.get("/state")["sampler"]["next_border"], 20, what="the box to know its markets")
