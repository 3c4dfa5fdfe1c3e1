"""A small market for the rules' tests: one seller, two buyers, an EVU with a credit line."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from market import actions
from market.books import MarketBooks
from market.call import Event
from market.model import Model
from market.refusal import Refused
from market.rows import Account, Offer, Params, Prices

EUR = 1_000_000
CT = 10_000
T0 = 1_800_000_000 - 1_800_000_000 % 900
"""Now, at the start of every test: a slot's border."""
SLOT_S = 900
SLOT = T0 + 8 * SLOT_S
"""The slot that the tests trade."""
LEAD_S = 900
GATE = SLOT - LEAD_S
END = SLOT + SLOT_S
DEADLINE_S = 96 * 3600
RETAIN_S = 7 * 86400
SALE = 28 * CT

PARAMS = Params(
    from_slot=0,
    lead_s=LEAD_S,
    extend_s=60,
    settle_gap_s=300,
    deadline_s=DEADLINE_S,
    retain_s=RETAIN_S,
    tick=100,
    min_price=1,
    max_price=100 * CT,
    max_offers=3,
    max_bids=4,
    credit_line=100 * EUR,
)
PRICES = Prices(from_slot=0, evu_buy=8 * CT, evu_sell=32 * CT)
ACCOUNTS = {name: f"PUB_{name}" for name in ("seller", "anna", "bert", "stranger", "tbiadmin", "tbievu", "tbimarket")}


def opening(market: str = "lem", **changes: object) -> actions.OpenMarket:
    action = actions.OpenMarket(market, SLOT_S, 7 * 86400, 0, "tbiadmin", "tbievu", PARAMS, PRICES)
    return replace(action, **changes)  # type: ignore[arg-type]


@dataclass
class Scenario:
    """Drives a model; `do` signs with whoever the action needs unless told otherwise."""

    model: Model
    now: int = T0

    def do(self, action: actions.Action, now: int | None = None, signed: str | None = None) -> list[Event]:
        self.now = self.now if now is None else now
        events = self.model.apply(action, self.now, {signed or signer_of(action)})
        held, tokens = self.model.money()
        assert held == tokens, "M-LED-03: the ledgers and the market's tokens differ"
        return events

    def refused(self, rule: str, action: actions.Action, now: int | None = None, signed: str | None = None) -> str:
        before = snapshot(self.model)
        with pytest.raises(Refused) as refusal:
            self.model.apply(action, self.now if now is None else now, {signed or signer_of(action)})
        assert refusal.value.rule == rule, str(refusal.value)
        assert snapshot(self.model) == before, "a refused action changed something"
        return refusal.value.reason

    @property
    def books(self) -> MarketBooks:
        return self.model.world.books("lem")

    def account(self, owner: str) -> Account:
        found = self.books.ledger.get(owner)
        assert found is not None
        return found

    def offer(self, number: int = 1) -> Offer:
        return self.books.offers[number]

    def deposit(self, owner: str, units: int, market: str = "lem") -> None:
        self.do(actions.Issue("tbievu", units))
        if owner != "tbievu":
            self.do(actions.Transfer("tbievu", owner, units, ""))
        self.do(actions.Transfer(owner, "tbimarket", units, market))

    def forecast(self, max_wh: int = 2000, slot: int = SLOT, consumption_wh: int = 300) -> None:
        unit = actions.UnitMaximum(1, max_wh + consumption_wh, max_wh)
        self.do(actions.RecordForecast("lem", slot, (actions.PointForecast(1, consumption_wh, (unit,)),)))

    def sell(
        self, energy_wh: int = 1000, price: int = SALE, buyer: str = "anna", key: int = 1, start: int = 20 * CT
    ) -> int:
        """Offer and bid; gives the offer's id."""
        number = self.model.world.markets["lem"].next_offer
        self.do(place(energy_wh=energy_wh, start_price=start, key=key))
        self.do(actions.Bid("lem", buyer, number, price))
        return number

    def deliver(
        self, box: str, fed_in_wh: int, consumed_wh: int, now: int = END, produced_wh: int | None = None
    ) -> None:
        point = {"seller": 1, "anna": 2, "bert": 3}[box]
        made = fed_in_wh if produced_wh is None else produced_wh
        units = (actions.UnitProduction(1, made),) if box == "seller" else ()
        self.do(actions.Deliver("lem", box, SLOT, (actions.PointReading(point, fed_in_wh, consumed_wh, units),)), now)


def place(**changes: object) -> actions.PlaceOffer:
    action = actions.PlaceOffer("lem", "seller", unit=1, slot=SLOT, energy_wh=1000, start_price=20 * CT, key=1)
    return replace(action, **changes)  # type: ignore[arg-type]


SIGNERS = {
    actions.Create: "tbitoken",
    actions.Issue: "tbievu",
    actions.PassPropose: "tbievu",
    actions.MintP2x: "tbievu",
    actions.OpenMarket: "tbimarket",
    actions.SetParams: "tbimarket",
    actions.SetPrices: "tbimarket",
}


def signer_of(action: actions.Action) -> str:
    """Who signs an action in the ordinary course of business."""
    own = ("seller", "bidder", "owner", "sender", "party")
    if isinstance(action, actions.Deliver):
        return action.box
    for field in own:
        if hasattr(action, field):
            return str(getattr(action, field))
    return SIGNERS.get(type(action), "tbiadmin")


def snapshot(model: Model) -> dict[str, object]:
    """Every row of every table."""
    world = model.world
    tables: dict[str, object] = {
        "stat": world.stat.values(),
        "tokens": [(k, world.balances[k]) for k in world.balances.primary_keys()],
        "p2x": world.p2x.values(),
    }
    tables["markets"] = world.markets.values()
    for market in world.markets.primary_keys():
        for name, table in vars(world.books(market)).items():
            tables[f"{market}.{name}"] = table.values()
    for box in ACCOUNTS:
        for name, table in vars(world.box(box)).items():
            tables[f"{box}.{name}"] = table.values()
    return tables


def open_scenario() -> Scenario:
    """A market with the boxes, points and the unit registered, nobody has money yet."""
    run = Scenario(Model(ACCOUNTS))
    run.do(actions.Create("tbievu", 1_000_000 * EUR))
    run.do(opening())
    for name in ("seller", "anna", "bert"):
        run.do(actions.RegBox("lem", name, f"PUB_{name}"))
        run.do(actions.RegPoint("lem", name, name, "trier", f"{name}-meter"))
    run.do(actions.RegUnit("lem", 1, "pv"))
    return run
