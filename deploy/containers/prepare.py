"""An operator's folder for a system in containers on one machine: keys, secrets, exchange folders, the boxes' folders.

The layout is that of a data folder of the local system, with the pool in a folder of its own. Done twice, it changes
nothing.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import yaml

from auditor.settlement.files import Key
from deploy.chain.governance import Keyring
from deploy.chain.keys import read_or_create
from deploy.chain.nodeos import genesis
from deploy.cls_box.authority.__main__ import lay_out_gateway
from deploy.cls_box.provision.desk import Desk
from deploy.containers.cloud import FOUNDER, PRODUCERS
from deploy.containers.common import USER
from deploy.local.boxes import BOXES, Box
from deploy.local.identity.files import read_json, write_json, write_secret

NETWORK: Final = "10.77.0.0/16"
"""Of all boxes and of what they call: the VPN's stand-in."""
BOX_NETWORK: Final = "10.77.1.0/24"
GATEWAY: Final = "gateway"
"""Its name in `NETWORK`."""


def boxes() -> tuple[Box, ...]:
    """The local system's boxes with addresses in `NETWORK`."""
    return tuple(replace(box, address=f"10.77.1.{box.number}") for box in BOXES)


@dataclass(frozen=True)
class Folder:
    """`TBI_CONFIG` of the cloud side; `boxes/NAME` in it is `TBI_BOX_CONFIG` of a box."""

    path: Path

    @property
    def pool(self) -> Path:
        return self.path / "pool"

    @property
    def keyring(self) -> Keyring:
        return Keyring(self.path / "keys")

    @property
    def founder_key(self) -> Path:
        return self.path / f"chain/{FOUNDER}.key"

    def box(self, box: Box) -> Path:
        return self.path / "boxes" / box.name

    @property
    def desk(self) -> Desk:
        """The operator's, from which boxes are provisioned."""
        return Desk(self.path / "desk")

    def lay_out(self) -> None:
        """Everything that is there before the first container starts."""
        for name in ("pool", "keys", "chain", "cloud", "desk", "mastr", "forecasts"):
            (self.path / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.keyring.public_keys()
        Key.of_file(self.path / "keys/settlement.pem")
        self._chain()
        self._mongo_password()
        self._desk()
        self.give_away()

    def describe_pool(self, reachable_at: str) -> None:
        """For browsers, once the pool is set up: where they reach it."""
        told = read_json(self.pool / "identity.json")
        wanted = ("region", "user_pool_id", "portal_client_id")
        pool = {**{name: told[name] for name in wanted}, "identity_endpoint": reachable_at}
        write_json(self.path / "gateway/config.json", pool)
        self.give_away()

    def partners(self) -> dict[str, str]:
        """Partner -> the public key that its node signs blocks with."""
        return {partner: self._block_key(node) for node, partner in PRODUCERS.items()}

    def environment(self) -> dict[str, str]:
        """What the cloud side's compose file asks for."""
        keys = {f"TBI_KEY_{partner.upper()}": key for partner, key in self.partners().items()}
        return {"TBI_CONFIG": str(self.path), **keys}

    def box_environment(self, box: Box) -> dict[str, str]:
        """What a box's compose file asks for, of a box whose TPM and OpenEMS are emulated."""
        return {
            "TBI_BOX_NAME": f"box-{box.name}",
            "TBI_BOX_CONFIG": str(self.box(box)),
            "TBI_BOX_ADDRESS": box.address,
            "TBI_TPM_TCTI": "swtpm:host=swtpm.box,port=2321",
            "TBI_TPM_DEVICE": "/dev/null",
            "TBI_OPENEMS_ALIASES": ",".join(f"{component}={alias}" for component, alias in box.aliases().items()),
            "TBI_OPENEMS_KWH_ANNUM": str(box.kwh_annum),
            "TBI_OPENEMS_PEAK_W": str(sum(unit.peak_w for unit in box.units)),
            "TBI_OPENEMS_SEED": str(box.number),
        }

    def give_away(self) -> None:
        """Whoever laid it out, its files are the containers' user's: others may read nothing."""
        if os.geteuid() == 0:
            for path in _all(self.path):
                os.chown(path, USER, USER)

    def _block_key(self, node: str) -> str:
        return read_or_create(self.path / f"chain/{node}.key").public_key

    def _chain(self) -> None:
        file = self.path / "chain/genesis.json"
        keys = {node: self._block_key(node) for node in PRODUCERS}
        if not file.exists():
            write_secret(file, json.dumps(genesis(keys[FOUNDER], datetime.now(UTC)), indent=1))

    def _mongo_password(self) -> None:
        file = self.path / "cloud/mongo-password"
        if not file.exists():
            write_secret(file, secrets.token_urlsafe(32) + "\n")

    def _desk(self) -> None:
        """With an authority, and what the gateway's door for boxes reads."""
        file, link = self.path / "desk/desk.yaml", self.path / "gateway/link"
        if not file.exists():
            hub = base64.b64encode(secrets.token_bytes(32)).decode()  # a network stands in for the VPN: it has no hub
            vpn = {"network": NETWORK, "boxes": BOX_NETWORK, "hub_public_key": hub, "endpoint": "vpn.example:51820"}
            write_secret(file, yaml.safe_dump({"vpn": vpn, "identity": "../pool/identity.json"}))
        if not link.exists():
            lay_out_gateway(self.desk.authority, link, [GATEWAY])


def _all(folder: Path) -> Iterable[Path]:
    yield folder
    yield from folder.rglob("*")
