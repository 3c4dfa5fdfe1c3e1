"""A box of ARMv7 images, emulated, at a chain that runs natively beside the engine.

The box's own compose file, whole. What stands in for a box's hardware (TPM, OpenEMS) is of this machine's processor.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import requests

from deploy.chain import market as chain_market
from deploy.chain.market import Participant, Point
from deploy.containers import box as box_containers
from deploy.containers.base import ARMV7
from deploy.containers.compose import BOX_FILE
from deploy.containers.engine import BASE, Engine, Project
from deploy.containers.memory import Taken, is_emulated, taken
from deploy.containers.prepare import Folder
from deploy.local.boxes import BOXES, provision
from deploy.local.settings import REPO
from market.values import salted_hash
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until
from tests.integration.chain.support import Chain, random_name

GATEWAY: Final = "10.79.0.1"
"""Where the engine's machine is, for the box."""
IMAGES: Final = ("box", "redis")
_NETWORK, _SUBNET, _VERSION = "tbi-armv7", "10.79.0.0/16", "armv7"
_STAND_INS: Final = ("swtpm", "openems")
_MEMBERS: Final = ("tpm-api", "box-connector", "cls-box-logic", "worker", box_containers.PROXY)
_QEMU_BYTES: Final = 96 << 20
_READY_S: Final = 240.0
_OWNER: Final = "its-owner"


class ArmBox:
    """`members` are its Python processes' containers, `parts` those and its Redis."""

    members, parts = _MEMBERS, ("redis", *_MEMBERS)

    def __init__(self, engine: Engine, folder: Path, pool: Path) -> None:
        self.engine, self._folder, self._pool = engine, Folder(folder), pool
        self.plan = replace(BOXES[0], address="10.79.1.11")
        self.url = f"http://{self.plan.address}:8081/cls-box-logic/api/v1"
        self._project = self._compose("http://none-yet:8888")
        self._session = requests.Session()

    def build(self) -> None:
        """The stand-ins for this machine, what a box has for ARMv7."""
        self.engine.make_base()
        self.engine.make_base(ARMV7)
        self._project.build(*_STAND_INS)
        told = {"BASE_IMAGE": ARMV7.image, "DOCKER_DEFAULT_PLATFORM": str(ARMV7.platform)}
        Project(self.engine, REPO / BOX_FILE, {**self._project.values, **told}).build("redis", "tpm-api")

    def connect_network(self) -> None:
        """The VPN's stand-in; from then on this machine has the address `GATEWAY`."""
        if _NETWORK not in self.engine.docker("network", "ls", "--format", "{{.Name}}").split():
            space = ("--subnet", _SUBNET, "--gateway", GATEWAY, "--ip-range", "10.79.200.0/24")
            self.engine.docker("network", "create", *space, _NETWORK)

    def up(self, chain_url: str) -> None:
        """A provisioned box without an account, all of whose parts are well."""
        home = self._folder.box(self.plan)
        provision(self.plan, home / "box", _OWNER)
        (home / "identity.json").write_bytes(self._pool.read_bytes())
        self._folder.give_away()
        self._session.headers["Authorization"] = f"Bearer {(home / 'box/secret').read_text().strip()}"
        self._project = self._compose(chain_url)
        self._project("up", "--detach", "--no-build", *_STAND_INS)
        wait_until(lambda: not self._project.unwell(), 120, every=1, what="TPM and OpenEMS")
        self._project("create", "--no-build")
        self._widen()
        self._project("up", "--detach", "--no-build")
        self.wait_until_well()

    def down(self) -> None:
        self._session.close()
        self._project("down", "--volumes", "--remove-orphans", "--timeout", "40")
        if _NETWORK in self.engine.docker("network", "ls", "--format", "{{.Name}}").split():
            self.engine.docker("network", "rm", _NETWORK)

    def wait_until_well(self) -> None:
        """Until every check of its health is, and its TPM tells the account's key."""
        amiss: list[str] = []

        def well() -> bool:
            amiss[:] = self._amiss()
            return not amiss

        try:
            wait_until(well, _READY_S, every=0.25, what="the box's health")
        except TimeoutError as error:
            logs = self._project("logs", "--tail", "15", *self.members)
            raise TimeoutError(f"not well: {'; '.join(amiss)}\n{logs}") from error

    def power_cycle(self) -> float:
        """Everything stopped, then started at once as when a board gets power; s until all is well."""
        containers = [str(state["ID"]) for name, state in self._project.states().items() if name in self.parts]
        self.engine.docker("stop", "--time", "30", *containers)
        began = time.monotonic()
        with ThreadPoolExecutor(len(containers)) as beside:
            list(beside.map(lambda container: self.engine.docker("start", container), containers))
        self.wait_until_well()
        seconds = time.monotonic() - began
        stopped = [name for name, state in self._project.states().items() if state["State"] != "running"]
        assert not stopped, f"{', '.join(stopped)} did not stay up"
        return seconds

    def take_part(self, chain: Chain, market: str) -> tuple[str, int]:
        """(account, point): the operator registers the account with the key of the box's TPM, and the box is told."""
        account, key, salt = random_name("t"), self.key(), bytes.fromhex(self._provisioned()["salt"])
        units = tuple(salted_hash(salt, unit.mastr_nr).hex() for unit in self.plan.units)
        point = Point(salted_hash(salt, self.plan.serial_number).hex(), units=units)
        registered = chain_market.register_participant(chain.governance, market, Participant(account, key, (point,)))
        self._put(f"{self.url}/account", {"account_name": account, "owner_sub": _OWNER})
        wait_until(lambda: self.get("/state")["sampler"]["next_border"], 60, what="the box to know its market")
        return account, registered.points[point.hash]

    def key(self) -> str:
        """Of its TPM."""
        return str(self.get("/account-key", nonce=secrets.token_hex(16))["public_key"])

    def produce(self, slot: int, slot_s: int, energy_wh: int) -> None:
        """The inverter's energy in a slot, fed in within a second in its middle."""
        middle = slot + slot_s // 2
        stretch = {
            "component": "pvInverter0",
            "from": _iso(middle),
            "to": _iso(middle + 1),
            "power_w": energy_wh * 3600,
        }
        self._put(f"http://{self._project.address('openems')}:8084/simulator/schedule", [stretch])

    def get(self, path: str, **query: str) -> dict[str, Any]:
        answer = self._session.get(self.url + path, params=query, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def machine(self, part: str) -> str:
        """The processor, as a part's own shell sees it."""
        return self.engine.docker("exec", self._container(part), "uname", "-m").strip()

    def platform(self, image: str) -> str:
        """What the image says that it is for."""
        told = "{{.Os}}/{{.Architecture}}/{{.Variant}}"
        return self.engine.docker("image", "inspect", "--format", told, f"tbienergy/{image}:{_VERSION}").strip()

    def restarts(self) -> dict[str, int]:
        """How often the engine had to start a part again; those that it had not are not told."""
        asked = ("inspect", "--format", "{{.RestartCount}}")
        counts = {part: int(self.engine.docker(*asked, self._container(part))) for part in self.parts}
        return {part: count for part, count in counts.items() if count}

    def memory(self) -> dict[str, Taken]:
        """Of each member's emulated processes."""
        found = {}
        for part in self.members:
            rows = self.engine.docker("top", self._container(part), "-eo", "pid").split()[1:]
            emulated = [int(pid) for pid in rows if is_emulated(int(pid))]
            assert emulated, f"nothing of {part} is emulated"
            found[part] = sum(map(taken, emulated), Taken(0.0))
        return found

    def image_mb(self, image: str) -> tuple[float, float]:
        """(as it is, compressed as a registry has it) in MB."""
        name, archive = f"tbienergy/{image}:{_VERSION}", self._folder.path / f"{image}.tar"
        self.engine.docker("save", "--output", str(archive), name)
        packer, compressed, size = zlib.compressobj(6), 0, 0
        with archive.open("rb") as stream:
            while block := stream.read(1 << 20):
                size, compressed = size + len(block), compressed + len(packer.compress(block))
        archive.unlink()
        return size / 1e6, (compressed + len(packer.flush())) / 1e6

    def _compose(self, chain_url: str) -> Project:
        told = {
            **self._folder.box_environment(self.plan),
            "TBI_VPN": _NETWORK,
            "TBI_VERSION": _VERSION,
            "BASE_IMAGE": BASE,
            "TBI_CHAIN_URLS": chain_url,
            "TBI_OPENEMS_KWH_ANNUM": "0",
            "TBI_OPENEMS_PEAK_W": "0",
            "TBI_POINTS_REFRESH_S": "1",
            **self.engine.socket_environment(),
        }
        return Project(self.engine, REPO / BOX_FILE, told, (box_containers.STAND_INS,))

    def _amiss(self) -> list[str]:
        try:
            checks = self._session.get(f"{self.url}/health", timeout=30).json()["checks"]
        except (requests.RequestException, ValueError, KeyError) as error:
            return [f"CLS-Box-Logic does not answer ({type(error).__name__})"]
        ill = [f"{name}: {check.get('detail')}" for name, check in checks.items() if check["status"] != "ok"]
        return ill or self._tpm_amiss()

    def _tpm_amiss(self) -> list[str]:
        """The checks do not ask the TPM before the connector has signed something."""
        try:
            self.key()
        except requests.RequestException as error:
            return [f"the TPM's key is not told ({error})"]
        return []

    def _widen(self) -> None:
        """The file's limits are of what a board needs: qemu's own memory comes on top."""
        for part in self.parts:
            limit = int(self.engine.docker("inspect", "--format", "{{.HostConfig.Memory}}", self._container(part)))
            wider = str(limit + _QEMU_BYTES)
            self.engine.docker("update", "--memory", wider, "--memory-swap", wider, self._container(part))

    def _container(self, part: str) -> str:
        return str(self._project.states()[part]["ID"])

    def _provisioned(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self._folder.box(self.plan) / "box/box.json").read_text())
        return found

    def _put(self, url: str, body: Any) -> None:
        self._session.put(url, json=body, timeout=30).raise_for_status()


def ask_for(chain: Chain, market: str, account: str, point: int, slot: int) -> dict[str, Any]:
    """What a box delivers for a slot that is over, once it was asked as the keeper asks; as it stands on the chain."""
    event = {"energy_wh": 0, "buyer": "", "kind": "senddata"}
    data = {"market": market, "box": account, "point": point, "slot": slot, **event}
    signer = chain.governance.keyring.signer("tbiadmin.event")
    chain.client.push([Action("tbiclsbox", "raise", [("tbiadmin", "event")], data)], [signer], timeout_s=60)
    key = slot << 32 | point

    def delivered() -> list[dict[str, Any]]:
        return chain.client.rows("tbimarket", market, "readings", lower=key, upper=key)

    (row,) = wait_until(delivered, 120, every=0.25, what="the delivery on the chain")
    return row


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
