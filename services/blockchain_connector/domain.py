"""Orders to write to the chain, and whose authority an action takes. No framework, no network."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from services.shared.chain.accounts import participant_account
from services.shared.chain.errors import KeyFormatError
from services.shared.chain.keys import r1_public_point

State = Literal["pending", "sent", "confirmed", "refused"]
Confirm = Literal["block", "irreversible"]
Level = tuple[str, str]

MARKET_CONTRACTS: Final = frozenset({"tbitoken", "tbiclsbox", "tbimarket", "tbipool"})
KEY_LIFETIME_S: Final = 7 * 24 * 3600  # of an Idempotency-Key

# The operator's permission for each kind of action (contracts/README.md, Accounts).
_OPERATOR_PERMISSIONS: Final = {
    "register": (("tbiclsbox", "regbox"), ("tbiclsbox", "rekey"), ("tbiclsbox", "regpoint"), ("tbiclsbox", "regunit")),
    "forecast": (("tbimarket", "forecast"),),
    "event": (("tbiclsbox", "raise"),),
    "keeper": (
        ("tbimarket", "award"),
        ("tbimarket", "settle"),
        ("tbimarket", "sweep"),
        ("tbimarket", "erase"),
        ("tbimarket", "passclear"),
        ("tbiclsbox", "senddata"),
        ("tbiclsbox", "expire"),
    ),
}
OPERATOR_PERMISSIONS: Final[Mapping[tuple[str, str], str]] = {
    action: permission for permission, actions in _OPERATOR_PERMISSIONS.items() for action in actions
}
# What only a market's EVU may do: such an action does not name who does it.
_OF_THE_EVU_ALONE: Final = frozenset({("tbimarket", "passpropose"), ("tbimarket", "mintp2x")})
OPERATOR: Final = "tbiadmin"
EVU: Final = "tbievu"
ACCOUNTS_LEVEL: Final[Level] = ("eosio", "accounts")

MSIG: Final = "eosio.msig"
PROPOSE_LEVEL: Final[Level] = (OPERATOR, "propose")
PROPOSABLE: Final = frozenset({("tbimarket", "setparams"), ("tbimarket", "setprices")})
"""What a service may propose to the governors (M-ADM-01)."""

# What each service may have written: the manager whatever the operator and the EVU may, the forecasts' oracle its own.
_FORECAST_ONLY: Final = frozenset({("tbimarket", "forecast")})
MANAGER: Final = "background-manager-logic"
_ACTIONS_OF_SERVICES: Final[Mapping[str, frozenset[tuple[str, str]]]] = {"forecast-connector": _FORECAST_ONLY}

EOS_NAME: Final = "^([a-z1-5.]{0,11}[a-z1-5]|[a-z1-5.]{12}[a-j1-5])$"
"""As the chain writes a name: no dot at the end, less room in a 13th character. Nodes read no other."""

_NAME: Final = re.compile(r"[a-z1-5.]{0,11}[a-z1-5]")
_RESERVED: Final = re.compile(r"eosio.*|tbi(?:token|clsbox|market|pool|admin|evu|govern.*|recovery.*)|consortium")


class UnfitAccount(ValueError):  # noqa: N818 - the name says what is
    """No account can be made like that; `field` is what is wrong with it."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(f"{field} {what}")
        self.field = field
        self.what = what


@dataclass(frozen=True)
class Call:
    """One action of an order, without its authorization: that is never the caller's to choose."""

    account: str
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Refusal:
    """Why an order has no effect and never will: an HTTP status, the market's rule (if one said no), a sentence."""

    status: int
    detail: str
    rule: str | None = None


@dataclass(frozen=True)
class Order:
    """What somebody wants written, under his key.

    pending: no transaction that could be included exists. sent: one may be, or may not. confirmed: it stands in a
    block (`final`: an irreversible one). refused: see `refusal`, and whether somebody was `told`. Times in seconds
    since the epoch.
    """

    key: str
    calls: tuple[Call, ...]
    confirm: Confirm
    valid_until: float
    state: State = "pending"
    packed: bytes = b""
    signatures: tuple[str, ...] = ()
    transaction_id: str = ""
    block_num: int = 0
    block_id: str = ""
    final: bool = False
    refusal: Refusal | None = None
    accepted_at: float = 0.0
    failed_at: float = 0.0
    told: bool = False

    @property
    def id(self) -> str:
        """What names the order in a path: a key may hold characters that a path cannot."""
        return order_ref(self.key)

    @property
    def is_dead_letter(self) -> bool:
        """Refused, and nobody who asked for it was there to hear of it."""
        return self.state == "refused" and not self.told

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.calls, self.confirm)

    @property
    def is_answered(self) -> bool:
        return self.state in ("confirmed", "refused")


def order_ref(key: str) -> str:
    """See `Order.id`."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def fingerprint(calls: Sequence[Call], confirm: str) -> str:
    """Equal for equal orders: a key that comes again must come with the same one."""
    body = [[call.account, call.name, call.data] for call in calls]
    return hashlib.sha256(json.dumps([body, confirm], sort_keys=True).encode()).hexdigest()


def may_write(service: str, calls: Sequence[Call]) -> bool:
    """Whether the operator's connector writes this for the service."""
    if service == MANAGER:
        return True
    allowed = _ACTIONS_OF_SERVICES.get(service, frozenset())
    return all((call.account, call.name) in allowed for call in calls)


def account_calls(name: str, public_key: str) -> tuple[Call, ...]:
    """What makes a participant's account, whose key is that of his box's TPM. Raises UnfitAccount."""
    if not _NAME.fullmatch(name):
        raise UnfitAccount("account_name", "must be 1 to 12 of a-z, 1-5 and dot, not ending in a dot")
    if _RESERVED.fullmatch(name):
        raise UnfitAccount("account_name", "is a name of the chain's or the market's own")
    try:
        r1_public_point(public_key)
    except KeyFormatError as error:
        raise UnfitAccount("public_key", f"is no key of a TPM (PUB_R1_...): {error}") from error
    return tuple(Call("eosio", action, data) for action, data in participant_account(name, public_key))


def is_account_order(calls: Sequence[Call]) -> bool:
    """Whether `calls` make one participant's account and do nothing else."""
    try:
        data = calls[0].data
        return tuple(calls) == account_calls(data["name"], data["active"]["keys"][0]["key"])
    except (UnfitAccount, LookupError, TypeError, AttributeError):
        return False


def is_proposal_order(calls: Sequence[Call]) -> bool:
    """Whether `calls` put something proposable before the governors as the operator, or take it back."""
    return bool(calls) and all(_is_proposal(call) for call in calls)


def _is_proposal(call: Call) -> bool:
    if call.account != MSIG or call.name not in ("propose", "cancel") or call.data.get("proposer") != OPERATOR:
        return False
    if call.name == "cancel":
        return call.data.get("canceler") == OPERATOR
    try:
        proposed = call.data["trx"]["actions"]
        return bool(proposed) and all((act["account"], act["name"]) in PROPOSABLE for act in proposed)
    except (LookupError, TypeError):
        return False


def operator_level(call: Call) -> Level | None:
    """The operator's or the EVU's permission that signs `call` on the cloud side; None where it has none."""
    permission = OPERATOR_PERMISSIONS.get((call.account, call.name))
    if permission is not None:
        return OPERATOR, permission
    return (EVU, "active") if _is_of_the_evu(call) else None


def _is_of_the_evu(call: Call) -> bool:
    """M-EVU-01 (it trades and pays in), M-TOK-01 (it issues), M-LED-02, M-PAS-03 and M-PAS-05, M-P2X-01."""
    if (call.account, call.name) in _OF_THE_EVU_ALONE:
        return True
    actor = {
        ("tbitoken", "transfer"): "from",
        ("tbitoken", "issue"): "to",
        ("tbimarket", "bid"): "bidder",
        ("tbimarket", "offer"): "seller",
        ("tbimarket", "retract"): "seller",
        ("tbimarket", "withdraw"): "owner",
        ("tbimarket", "passdrop"): "party",
        ("tbimarket", "passend"): "party",
    }.get((call.account, call.name))
    return actor is not None and call.data.get(actor) == EVU
