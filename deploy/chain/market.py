"""Opening markets and registering who takes part: the operator's work at the start, in the demo, in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from deploy.chain.accounts import EVU, OPERATOR
from deploy.chain.governance import Governance
from market.rows import Params, Prices
from market.values import Money, Price, salted_hash
from services.shared.chain.accounts import is_keyed, participant_account
from services.shared.chain.errors import ChainError
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until

PARAMETERS: Final = Params(
    from_slot=0,
    lead_s=900,
    extend_s=60,
    settle_gap_s=300,
    deadline_s=96 * 3600,
    retain_s=7 * 86_400,
    tick=Price.from_ct_per_kwh("0.1"),
    min_price=Price.from_ct_per_kwh("1"),
    max_price=Price.from_ct_per_kwh("60"),
    max_offers=8,
    max_bids=64,
    credit_line=Money.from_eur("10000"),
)
PRICES: Final = Prices(from_slot=0, evu_buy=Price.from_ct_per_kwh("8"), evu_sell=Price.from_ct_per_kwh("32"))


@dataclass(frozen=True)
class Market:
    """What `openmarket` takes. `until` 0: no end."""

    name: str
    slot_s: int = 900
    horizon_s: int = 7 * 86_400
    until: int = 0
    parameters: Params = PARAMETERS
    prices: Prices = PRICES


LEM: Final = Market("lem")


@dataclass(frozen=True)
class Point:
    """A metering point and its units, as hashes (M-PRV-01). `group` is its balancing group."""

    hash: str
    group: str = "tbigroup1"
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Participant:
    """A participant whose account belongs to his box; the key is that of the box's TPM."""

    account: str
    public_key: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Registered:
    """The ids that the registry gave, by hash."""

    points: dict[str, int]
    units: dict[str, int]


def salted(salt: str, number: str) -> str:
    """The hash of a meter's serial number or a unit's MaStR number; `salt` in hex."""
    return salted_hash(bytes.fromhex(salt), number).hex()


def open_market(chain: Governance, market: Market) -> bool:
    """Open it by the governors' multi-signature. False when it is open already. Raises ChainError."""
    if _is_open(chain, market.name):
        return False
    data = {
        "market": market.name,
        "slot_s": market.slot_s,
        "horizon_s": market.horizon_s,
        "until": market.until,
        "operator": OPERATOR,
        "evu": EVU,
        "params": asdict(market.parameters),
        "prices": asdict(market.prices),
    }
    chain.decide([Action("tbimarket", "openmarket", [("tbimarket", "active")], data)])
    wait_until(lambda: _is_open(chain, market.name), 10, what=f"the opening of market {market.name}")
    return True


def register_participant(chain: Governance, market: str, participant: Participant) -> Registered:
    """Account, box, points and units: what is there stays. Raises ChainError when the account has another key."""
    make_participant_account(chain, participant)
    _register(chain, market, participant)
    points = {
        row["hash"]: row
        for row in chain.client.rows("tbiclsbox", market, "points")
        if row["account"] == participant.account
    }
    unit_ids = {row["hash"]: row["id"] for row in chain.client.rows("tbiclsbox", market, "units")}
    return Registered(
        {point.hash: points[point.hash]["id"] for point in participant.points},
        {unit: unit_ids[unit] for point in participant.points for unit in point.units},
    )


def is_registered(chain: Governance, market: str, account: str) -> bool:
    """Whether the account's box and a point of it stand in the market's registry, with all its units."""
    return bool(chain.client.rows("tbiclsbox", account, "boxpoints", limit=1)) and bool(_box(chain, market, account))


def make_participant_account(chain: Governance, participant: Participant) -> None:
    """The box's key is `active`; `owner` is the recovery's, two of three with a delay."""
    if chain.has_account(participant.account):
        _check_key(chain, participant)
        return
    made = participant_account(participant.account, participant.public_key)
    chain.as_eosio([Action("eosio", name, [("eosio", "active")], data) for name, data in made])


def fund(chain: Governance, accounts: Sequence[str], amount: str) -> None:
    """The EVU issues EUR against deposits (here: assumed) and hands each account `amount`, such as "100.000000 EUR"."""
    total = Money(Money.from_asset(amount) * len(accounts)).asset
    authorization = [(EVU, "active")]
    chain.client.push(
        [
            Action("tbitoken", "issue", authorization, {"to": EVU, "quantity": total, "memo": "deposit"}),
            *(
                Action(
                    "tbitoken",
                    "transfer",
                    authorization,
                    {"from": EVU, "to": to, "quantity": amount, "memo": "deposit"},
                )
                for to in accounts
            ),
        ],
        [chain.keyring.signer(EVU)],
    )


def has_euro(chain: Governance, account: str) -> bool:
    """Whether the account ever held EUR (its row stays at 0)."""
    return any(row["balance"].endswith(" EUR") for row in chain.client.rows("tbitoken", account, "accounts"))


def _register(chain: Governance, market: str, participant: Participant) -> None:
    if not _box(chain, market, participant.account):
        _as_registrar(chain, ("regbox", {"market": market, "box": participant.account, "key": participant.public_key}))
    for point in participant.points:
        known = _by_hash(chain, market, "points", point.hash)
        if known is None:
            _as_registrar(
                chain,
                (
                    "regpoint",
                    {
                        "market": market,
                        "account": participant.account,
                        "box": participant.account,
                        "group": point.group,
                        "hash": point.hash,
                    },
                ),
            )
            known = _by_hash(chain, market, "points", point.hash)
        if known is None:
            raise ChainError(f"the metering point of {participant.account} was registered but is not to be read")
        units = [
            ("regunit", {"market": market, "point": known["id"], "hash": unit})
            for unit in point.units
            if _by_hash(chain, market, "units", unit) is None
        ]
        if units:
            _as_registrar(chain, *units)


def _as_registrar(chain: Governance, *actions: tuple[str, dict[str, Any]]) -> None:
    chain.as_operator("register", [("tbiclsbox", name, data) for name, data in actions])


def _box(chain: Governance, market: str, account: str) -> list[dict[str, Any]]:
    return chain.client.rows("tbiclsbox", market, "boxes", lower=account, upper=account, key_type="name")


def _by_hash(chain: Governance, market: str, table: str, digest: str) -> dict[str, Any] | None:
    prefix = int(digest[:16], 16)
    rows = chain.client.rows("tbiclsbox", market, table, lower=prefix, upper=prefix, index=2)
    return next((row for row in rows if row["hash"] == digest), None)


def _check_key(chain: Governance, participant: Participant) -> None:
    account = chain.client.account(participant.account)
    if not is_keyed(account, "active", participant.public_key):
        raise ChainError(f"the account {participant.account} has another key than its box's TPM")


def _is_open(chain: Governance, name: str) -> bool:
    return bool(chain.client.rows("tbimarket", "tbimarket", "markets", lower=name, upper=name, key_type="name"))
