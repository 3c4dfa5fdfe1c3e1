"""The market's register of boxes (Background-Manager-Logic), told that a box has left: the overview then says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from deploy.cls_box.provision.errors import ProvisionError
from deploy.local.fill.people import MANAGER, FillError, Person, Refused


class Register(Protocol):
    def left(self, address: str, how: str) -> str:
        """What became of it, in words. Raises ProvisionError."""
        ...


@dataclass(frozen=True)
class MarketRegister:
    """Over the gateway, as an administrator."""

    administrator: Person

    def left(self, address: str, how: str) -> str:
        try:
            self.administrator.patch(f"{MANAGER}/cls-box/{quote(address, safe='')}", {"state": how})
        except Refused as refused:
            if refused.status == 404:
                return f"the market's register has no box at {address}"
            raise ProvisionError(f"the market's register was not told: {refused}") from refused
        except FillError as error:
            raise ProvisionError(f"the market's register was not told: {error}") from error
        return f"the market's register says that the box at {address} is {how}"
