"""The operator's folder: settings, the authority, and a file for each box with what was done.

desk.yaml                 vpn: network, boxes, hub_public_key, endpoint · identity: the pool's description
authority/                deploy/cls_box/authority
members/NAME.json         what is known of a box; also of one that is gone: its name and address stay taken
boxes/NAME/.env           its compose file's variables, as the fleet file names it
vpn-peers.conf            of all boxes that may come in
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from deploy.cls_box.authority import Authority
from deploy.cls_box.provision.errors import ProvisionError
from deploy.cls_box.provision.vpn import Network, peers
from deploy.local.identity.files import read_json, write_json, write_secret

Status = Literal["making", "ready", "retired", "stolen"]
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass
class Member:
    """A box. Everything but name and address comes step by step; texts are hexadecimal, base64 or PEM."""

    name: str
    address: str
    salt: str
    secret: str
    status: Status = "making"
    challenge: str = ""
    request: str = ""
    vpn_public_key: str = ""
    public_key: str = ""
    attesting_key: str = ""
    pcr_digest: str = ""
    evidence: dict[str, str] = field(default_factory=dict)
    serial: str = ""
    origin: str = ""


class Desk:
    """Raises ProvisionError when the folder has no settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            told = yaml.safe_load((folder / "desk.yaml").read_text(encoding="utf-8"))
            vpn = told["vpn"]
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ProvisionError(f"{folder}/desk.yaml cannot be read ({error}); docs/operations.md has one") from error
        self.network = Network.read(vpn)
        self.identity = folder / str(told.get("identity", "identity.json"))
        self.authority = Authority.make(folder / "authority")
        (folder / "members").mkdir(exist_ok=True, mode=0o700)

    def member(self, name: str) -> Member | None:
        told = read_json(self._file(name))
        try:
            return Member(**told) if told else None
        except TypeError as error:
            raise ProvisionError(f"{self._file(name)} cannot be read: {error}") from error

    def members(self) -> list[Member]:
        """All, also those that are gone."""
        names = sorted(file.stem for file in (self.folder / "members").glob("*.json"))
        return [member for name in names if (member := self.member(name)) is not None]

    def keep(self, member: Member) -> None:
        write_json(self._file(member.name), asdict(member))

    def publish_peers(self) -> None:
        """The VPN hub's list: boxes that are ready."""
        ready = {m.name: (m.vpn_public_key, m.address) for m in self.members() if m.status == "ready"}
        write_secret(self.folder / "vpn-peers.conf", peers(ready))

    def write_environment(self, member: Member, more: dict[str, str]) -> Path:
        """The box's .env; what somebody added to it stays."""
        folder = self.folder / "boxes" / member.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / ".env"
        ours = {"TBI_BOX_NAME": member.name, "TBI_BOX_ADDRESS": member.address, **more}
        there = file.read_text().splitlines() if file.is_file() else []
        kept = [line for line in there if line.partition("=")[0] not in ours]
        write_secret(file, "\n".join([*(f"{key}={value}" for key, value in ours.items()), *kept]) + "\n")
        return file

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ProvisionError(f"{name!r} is no box's name (a-z, 0-9 and -)")
        return self.folder / "members" / f"{name}.json"


def described(member: Member, points: list[dict[str, Any]], units: list[dict[str, Any]]) -> dict[str, Any]:
    """box.json, as CLS-Box-Logic reads it (services/cls_box_logic/README.md)."""
    return {
        "name": member.name,
        "address": member.address,
        "market_default": "lem",
        "salt": member.salt,
        "points": points,
        "units": units,
    }
