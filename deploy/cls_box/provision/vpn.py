"""Addresses in the network of all boxes, and WireGuard's configuration. Private keys are no part of it."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.cls_box.provision.errors import ProvisionError

KEY_ON_BOX = "/etc/tbi-box/box/link/vpn.key"


@dataclass(frozen=True)
class Network:
    """`boxes`: addresses that are given to boxes, within `all`. `hub_key` is public, base64."""

    all: ipaddress.IPv4Network | ipaddress.IPv6Network
    boxes: ipaddress.IPv4Network | ipaddress.IPv6Network
    hub_key: str
    endpoint: str

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Network:
        """Raises ProvisionError."""
        try:
            every, boxes = ipaddress.ip_network(str(told["network"])), ipaddress.ip_network(str(told["boxes"]))
            key, endpoint = str(told["hub_public_key"]), str(told["endpoint"])
        except (KeyError, TypeError, ValueError) as error:
            raise ProvisionError(
                f"vpn: network, boxes (a part of it), hub_public_key and endpoint are needed ({error})"
            ) from error
        if every.version != boxes.version or not boxes.subnet_of(every):  # type: ignore[arg-type]
            raise ProvisionError(f"vpn: {boxes} is no part of {every}")
        check_key(key, "vpn: hub_public_key")
        return cls(every, boxes, key, endpoint)

    def free(self, taken: Collection[str], wished: str | None) -> str:
        """An address for a box. One that a box had is not given away again. Raises ProvisionError."""
        if wished is not None:
            try:
                address = ipaddress.ip_address(wished)
            except ValueError as error:
                raise ProvisionError(f"{wished} is no address") from error
            if address not in self.boxes or str(address) in taken:
                raise ProvisionError(f"{wished} is taken, or not in {self.boxes}")
            return str(address)
        found = next((str(host) for host in self.boxes.hosts() if str(host) not in taken), None)
        if found is None:
            raise ProvisionError(f"no address is free in {self.boxes}")
        return found

    def of_box(self, name: str, address: str) -> str:
        """wg-quick's file on the box. Its key is read from where it was made."""
        width = ipaddress.ip_address(address).max_prefixlen
        return (
            f"# {name}\n[Interface]\nAddress = {address}/{width}\nPostUp = wg set %i private-key {KEY_ON_BOX}\n\n"
            f"[Peer]\nPublicKey = {self.hub_key}\nEndpoint = {self.endpoint}\nAllowedIPs = {self.all}\n"
            "PersistentKeepalive = 25\n"
        )


def peers(boxes: Mapping[str, tuple[str, str]]) -> str:
    """The hub's part: name -> public key and address, of every box that may come in."""
    return "\n".join(
        f"# {name}\n[Peer]\nPublicKey = {key}\nAllowedIPs = {address}/{ipaddress.ip_address(address).max_prefixlen}\n"
        for name, (key, address) in sorted(boxes.items())
    )


def check_key(text: str, where: str) -> bytes:
    """The 32 bytes of a public key. Raises ProvisionError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise ProvisionError(f"{where} is no key of WireGuard (32 bytes, base64)")
    return raw
