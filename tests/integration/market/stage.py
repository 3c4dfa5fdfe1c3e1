"""The market's whole cloud side with boxes, of real parts: chain, connector, identity, database, manager."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from tests.integration.background_manager_logic.manager import Manager, Register
from tests.integration.box.processes import Program, free_port, module
from tests.integration.chain.support import Chain, random_name
from tests.integration.identity.pool import Identity
from tests.integration.market.box import MarketBox
from tests.integration.mongo import Mongo


class CloudConnector:
    """The cloud side's connector as a process, with the operator's keys."""

    def __init__(self, folder: Path, chain: Chain, identity: Identity) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/blockchain-connector/api/v1"
        environment = {
            "TBI_PORT": str(port),
            "TBI_CHAIN_URLS": chain.node.url,
            "TBI_STATE_DIR": str(folder / "state"),
            "TBI_IDENTITY_FILE": str(identity.file),
            "TBI_KEYS_DIR": str(chain.keys_dir),
            "TBI_EXPIRY_S": "5",
            "TBI_CONFIRM_TIMEOUT_S": "15",
        }
        self.program = Program(
            module("services.blockchain_connector"), environment, folder / "connector.log", self._is_up
        )

    def _is_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=2).ok
        except requests.RequestException:
            return False


class Stage:
    """`manager` is what tests ask; `boxes` by the role of whose they are.

    The first box runs from the start, others from their `install` on.
    """

    def __init__(
        self, folder: Path, chain: Chain, identity: Identity, mongo: Mongo, register: Register, *, roles: Sequence[str]
    ) -> None:
        self.chain, self.identity, self.register = chain, identity, register
        port = free_port()
        self.boxes = {role: MarketBox(folder / role, identity, chain.node.url, role, port) for role in roles}
        self.connector = CloudConnector(folder / "connector", chain, identity)
        first = self.boxes[roles[0]]
        self.manager = Manager(folder, identity, mongo, register, first, connector_url=self.connector.url)
        self.connector.program.told(
            TBI_MANAGER_URL=self.manager.url.partition("/background-manager-logic")[0],
            TBI_SERVICE_SECRET_FILE=str(identity.service_secret("blockchain-connector")),
        )

    def start(self) -> None:
        self.connector.program.start()
        next(iter(self.boxes.values())).power_on()
        self.manager.program.start()

    def stop(self) -> None:
        self.manager.program.end()
        self.manager.http.close()
        for box in self.boxes.values():
            box.stop()
        self.connector.program.end()

    def clear(self) -> None:
        """Nothing kept, nothing wrong."""
        self.manager.forget()
        self.register.units.clear()
        for role, box in self.boxes.items():
            if box.is_on:
                box.faults()
            self.attribute(role, cls_box_ip=box.ip)
            for unit in box.plan.units:
                self.register.put(unit.mastr_nr, str(box.plan.operator_nr))

    def attribute(self, role: str, **values: str) -> None:
        """Writes attributes of a user, as an administrator of the pool."""
        pairs = [{"Name": f"custom:{name}", "Value": value} for name, value in values.items()]
        client = self.identity.cognito()
        client.admin_update_user_attributes(
            UserPoolId=self.identity.about["user_pool_id"], Username=role, UserAttributes=pairs
        )
        client.close()

    def install(self, role: str, *, meter: bool = True, units: bool = True) -> MarketBox:
        """Has the box of `role` added, with its meter and its units."""
        box, ask = self.boxes[role], self.manager
        if not box.is_on:
            box.power_on()
        ask.made("/cls-box", ip=box.ip, name=role, location="Trier")
        if meter:
            ask.made("/grid-meter", serial_number=box.serial, cls_box_ip=box.ip)
        for unit in box.plan.units if units else ():
            ask.made(
                "/unit",
                unit_mastr_nr=unit.mastr_nr,
                cls_box_ip=box.ip,
                marktakteur_mastr_nr=box.plan.operator_nr,
            )
        return box

    def register_account(self, role: str, market: str = "lem") -> dict[str, Any]:
        """POST /eos-account for the box of `role`, under a new pseudonym."""
        return self.manager.made(
            "/eos-account", cls_box_ip=self.boxes[role].ip, account_name=random_name(), market=market
        )

    def join(self, role: str, market: str = "lem") -> dict[str, Any]:
        """Box, meter, units, account and units on the market; then the box's connector, so that it can trade."""
        box = self.install(role)
        account = self.register_account(role, market)
        for unit in box.plan.units:
            self.manager.made("/market/unit", unit_mastr_nr=unit.mastr_nr, market=market)
        box.connect()
        return account

    def rows(self, table: str, market: str, contract: str = "tbiclsbox") -> list[dict[str, Any]]:
        """What stands on the chain."""
        return self.chain.client.rows(contract, market, table)
