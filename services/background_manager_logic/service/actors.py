"""Who acts on the market: the participant record says it, never the caller."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from services.background_manager_logic.errors import Conflict, NotOwn
from services.background_manager_logic.service.participants import Participation

EVU_ACCOUNT = "tbievu"
"""The utility's account: issuer of EUR, central counterparty, and a bidder like others (M-EVU-01)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`account`: on whose behalf he acts, if he has one yet; `sees_all`: whether names are shown to him.

    `token`: the token that his box wants to see with an order.
    """

    sub: str
    account: str | None
    cls_box_ip: str | None
    is_evu: bool
    sees_all: bool
    token: str = field(repr=False)

    def require_account(self) -> str:
        """Raises Conflict."""
        if self.account is None:
            raise Conflict("you have no account on the chain yet; ask the administrator to register your box")
        return self.account

    def require_box(self) -> str:
        """Where his orders go. Raises Conflict."""
        self.require_account()
        if self.cls_box_ip is None:
            raise Conflict("your participant record names no box; ask the administrator")
        return self.cls_box_ip


class Actors:
    """From a token's subject and groups to an actor."""

    def __init__(self, participation: Participation) -> None:
        self._participation = participation

    def of(self, sub: str, groups: Set[str], token: str, *, acts: bool = False) -> Actor:
        """Who asks. `acts`: he orders something, or asks for what is his own. Raises NotOwn for a user without an
        (active) participant record; one who only looks needs none.
        """
        sees_all = bool(groups & {"Admin", "EVU"})
        if "EVU" in groups:
            return Actor(sub, EVU_ACCOUNT, None, True, sees_all, token)
        try:
            record = self._participation.active(sub)
        except NotOwn:
            if acts and "Admin" not in groups:
                raise
            return Actor(sub, None, None, False, sees_all, token)
        return Actor(sub, record.eos_account, record.cls_box_ip, False, sees_all, token)
