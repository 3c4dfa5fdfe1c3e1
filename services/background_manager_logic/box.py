"""The boxes: CLS-Box-Logic at each box's address, called with this service's token.

An order carries the user's own token besides: the box verifies it itself, so that this service can order nothing alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from clients import cls_box_logic
from clients.cls_box_logic import (
    Amount,
    Binding,
    ClsBoxLogicApi,
    NewBid,
    NewOffer,
    P2pAcceptance,
    P2pDrop,
    P2pProposal,
    PassiveAcceptance,
    PassiveDrop,
    PassiveEnd,
    Retraction,
)
from services.background_manager_logic.domain import Seen
from services.background_manager_logic.errors import (
    BoxSilent,
    BoxWrong,
    Conflict,
    ManagerError,
    OrderRefused,
    OrderUnanswered,
)
from services.shared.clients import How, Neighbour, NeighbourError, NeighbourRefused, NeighbourSilent
from services.shared.web.service_token import ServiceTokens

R = TypeVar("R")

_BASE = "/cls-box-logic/api/v1"
TIMEOUT_S = (2.0, 8.0)
"""To connect, to answer: of what is asked, orders have a longer one."""
_ORDER_TIMEOUT_S = (2.0, 50.0)
"""A box waits up to 45 s for its order's block."""
_USER_TOKEN = "X-User-Token"  # noqa: S105 - a header's name
_REFUSED = (400, 401, 403, 404, 409)
_AWAY = (503, 504)
_KEPT = 1024
"""So many boxes' connections are kept."""

_ORDERS: Mapping[str, tuple[Callable[..., Any], Any]] = {
    "offer": (ClsBoxLogicApi.post_offer, NewOffer),
    "bid": (ClsBoxLogicApi.post_bid, NewBid),
    "retract": (ClsBoxLogicApi.post_retract, Retraction),
    "deposit": (ClsBoxLogicApi.post_deposit, Amount),
    "withdraw": (ClsBoxLogicApi.post_withdraw, Amount),
    "passive-accept": (ClsBoxLogicApi.post_passive_accept, PassiveAcceptance),
    "passive-drop": (ClsBoxLogicApi.post_passive_drop, PassiveDrop),
    "passive-end": (ClsBoxLogicApi.post_passive_end, PassiveEnd),
    "p2p-propose": (ClsBoxLogicApi.post_p2p_propose, P2pProposal),
    "p2p-drop": (ClsBoxLogicApi.post_p2p_drop, P2pDrop),
    "p2p-accept": (ClsBoxLogicApi.post_p2p_accept, P2pAcceptance),
}
"""How each kind of order is given, and what its body is."""


class Boxes:
    """All boxes. Safe for several threads."""

    def __init__(self, tokens: ServiceTokens, port: int) -> None:
        self._tokens = tokens
        self._port = port
        self._box = lru_cache(_KEPT)(self._neighbour)

    def address(self, ip: str) -> str:
        """The base URL of the box's logic."""
        host = f"[{ip}]" if ":" in ip else ip
        return f"http://{host}:{self._port}{_BASE}"

    def health(self, ip: str) -> Mapping[str, Any]:
        """What the box says of its health; no token is needed. Raises BoxSilent, BoxWrong."""
        try:
            told = self._box(ip).call(lambda api, how: api.get_health(**how), with_token=False)
        except NeighbourSilent as error:
            raise _silent(ip, error) from error
        except NeighbourError as error:
            raise BoxWrong(f"what answers at {ip} is no CLS box; see the address") from error
        if told.status not in ("ok", "degraded"):
            raise BoxWrong(f"what answers at {ip} is no CLS box; see the address")
        return told.to_dict()

    def meter(self, ip: str, serial_number: str) -> Seen | None:
        """A meter as the box sees it; None when it sees none of this number. Raises BoxSilent, BoxWrong."""
        told = self._device(ip, serial_number, lambda api, how: api.get_meter(serial_number, **how))
        return None if told is None else Seen(serial_number, told.reachable, told.reason, None, told.hash)

    def unit(self, ip: str, mastr_nr: str) -> Seen | None:
        """A unit as the box sees it; None when it sees none of this number. Raises BoxSilent, BoxWrong."""
        told = self._device(ip, mastr_nr, lambda api, how: api.get_unit(mastr_nr, **how))
        return (
            None if told is None else Seen(mastr_nr, told.reachable, told.reason, told.point_serial_number, told.hash)
        )

    def account_key(self, ip: str, nonce: str) -> dict[str, Any]:
        """The key of the box's account, with what its TPM says of it to who chose `nonce` (hex, 8 to 32 bytes).

        `public_key, pem, account, owner_sub, salt, quote, attesting_key, attesting_public_area, certification,
        certified_public_area`. Raises BoxSilent (the TPM's absence, too), BoxWrong.
        """
        try:
            return self._box(ip).call(lambda api, how: api.get_account_key(nonce=nonce, **how)).to_dict()
        except NeighbourError as error:
            raise _failed(ip, "asked for its key", error) from error

    def bind(self, ip: str, account: str, owner_sub: str) -> dict[str, Any]:
        """Ties the box to its account and its owner, once: `account, owner_sub`.

        Raises Conflict (it belongs to another), BoxSilent, BoxWrong.
        """
        wanted = Binding(account_name=account, owner_sub=owner_sub)
        try:
            return self._box(ip).call(lambda api, how: api.put_account(payload=wanted, **how)).to_dict()
        except NeighbourError as error:
            if isinstance(error, NeighbourRefused) and error.status == 409:
                raise Conflict(f"the box at {ip} is not bound: {_detail(error)}") from error
            raise _failed(ip, "told its account", error) from error

    def knock(self, ip: str) -> None:
        """Tells the box that there is an event for it on the chain. Raises BoxSilent, BoxWrong."""
        try:
            self._box(ip).call(lambda api, how: api.post_knock(**how), empty=True)
        except NeighbourError as error:
            raise _failed(ip, "told of an event", error) from error

    def order(self, ip: str, kind: str, body: Mapping[str, Any], *, user_token: str, key: str) -> dict[str, Any]:
        """Gives the box an order of its owner's: `kind` is one of those that `_ORDERS` names; `body` as the box
        takes it; `user_token` the user's own token; `key` the Idempotency-Key (up to 100 characters).

        Gives the box's answer. Raises OrderRefused (400, 401, 403, 404, 409: the box, or the market with its `rule`),
        OrderUnanswered (503: box, TPM or chain are away, the same key may be tried again), BoxWrong.
        """
        give, shape = _ORDERS[kind]
        wanted = shape.from_dict(dict(body))
        try:
            told = self._box(ip).call(
                lambda api, how: give(api, payload=wanted, x_user_token=user_token, idempotency_key=key, **how),
                timeout_s=_ORDER_TIMEOUT_S,
            )
        except NeighbourError as error:
            raise _order_failed(ip, error) from error
        answer: dict[str, Any] = told.to_dict()
        return answer

    def _device(self, ip: str, number: str, ask: Callable[[ClsBoxLogicApi, How], R]) -> R | None:
        try:
            return self._box(ip).call(ask)
        except NeighbourError as error:
            if isinstance(error, NeighbourRefused) and error.status == 404 and error.problem:
                return None
            raise _failed(ip, f"asked for {number}", error) from error

    def _neighbour(self, ip: str) -> Neighbour[ClsBoxLogicApi]:
        return Neighbour(
            cls_box_logic, ClsBoxLogicApi, self.address(ip), header=self._tokens.header, timeout_s=TIMEOUT_S
        )


def _failed(ip: str, when: str, error: NeighbourError) -> ManagerError:
    if isinstance(error, NeighbourSilent):
        return _silent(ip, error)
    if not isinstance(error, NeighbourRefused):
        return BoxWrong(f"the box at {ip} speaks otherwise when {when}: {error}; see its version")
    if error.status in _AWAY:
        return BoxSilent(f"the box at {ip} cannot answer when {when}: {_detail(error)}")
    if error.status in (401, 403):
        return BoxWrong(f"the box at {ip} does not take this service's token: {_detail(error)}")
    return BoxWrong(f"the box at {ip} answered {error.status} when {when}: {_detail(error)}")


def _order_failed(ip: str, error: NeighbourError) -> ManagerError:
    if isinstance(error, NeighbourSilent):
        return OrderUnanswered(str(_silent(ip, error)))
    if not isinstance(error, NeighbourRefused):
        return BoxWrong(f"the box at {ip} speaks otherwise of an order: {error}; see its version")
    if error.status in _AWAY:
        return OrderUnanswered(f"the box at {ip} cannot carry the order out now: {_detail(error)}")
    if error.status not in _REFUSED or not error.problem or _is_about_service(error.problem):
        return BoxWrong(f"the box at {ip} answered {error.status} to an order: {_detail(error)}")
    rule, errors = error.problem.get("rule"), error.problem.get("errors")
    return OrderRefused(
        error.status,
        _detail(error),
        str(rule) if rule else None,
        errors=errors if isinstance(errors, dict) else None,
        retry_after_s=_seconds(error.retry_after),
    )


def _silent(ip: str, error: NeighbourSilent) -> BoxSilent:
    return BoxSilent(f"the box at {ip} cannot be asked: {error}; see its power, its link and the address")


def _detail(error: NeighbourRefused) -> str:
    """What a problem says, without its full stop."""
    told = error.problem.get("detail")
    return str(told).rstrip(".") if told else f"it answered {error.status} and said nothing of it"


def _is_about_service(told: Mapping[str, Any]) -> bool:
    """Whether a refusal speaks of this service's token rather than of the user or his order."""
    errors = told.get("errors") or {}
    return "Authorization" in errors or (told.get("status") == 401 and _USER_TOKEN not in errors)


def _seconds(value: str | None) -> int | None:
    return int(value) if value is not None and value.isascii() and value.isdigit() else None
