"""The owner's orders about passive contracts and peer-to-peer deals: limits first, then one action with one effect."""

from __future__ import annotations

from typing import Any

from services.cls_box_logic.connector import Connector
from services.cls_box_logic.domain.agreements import Agreement, DealAcceptance, DealDrop, check_agreement
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.participation import Participation
from services.cls_box_logic.provisioning import Box
from services.cls_box_logic.service.carrier import Answer, Carrier, shown


class Agreements:
    """Signed by the box's key, which is the owner's only signature."""

    def __init__(
        self, *, box: Box, ownership: Ownership, participation: Participation, connector: Connector, carrier: Carrier
    ) -> None:
        self._box = box
        self._ownership = ownership
        self._participation = participation
        self._connector = connector
        self._carrier = carrier

    def order(self, kind: str, order: Agreement, key: str) -> Answer:
        """Carries an order out: `transaction_id`, `block_num`. `key`: the caller's Idempotency-Key, for this `kind`.

        Raises NoAccount, NotAllowedHere, Unknown (no unit of the market's), MarketRefused, ChainAway, ConnectorBroken.
        """
        check_agreement(order, {unit.mastr_nr for unit in self._box.units}, self._box.limits)
        self._ownership.account()

        def place(key: str) -> Answer:
            return shown(self._connector.transact([self._action(order)], key))

        return self._carrier.carry(kind, key, order.body(), place)

    def _action(self, order: Agreement) -> dict[str, Any]:
        account = self._ownership.account()
        if isinstance(order, DealDrop | DealAcceptance):
            return order.action(account)
        return order.action(account, self._participation.unit(order.market, order.unit_mastr_nr))
