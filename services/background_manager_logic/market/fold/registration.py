"""Markets with their parameters and prices, metering points, units."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.background_manager_logic.market.documents import Action, point_key


def _open_market(action: Action) -> None:
    told = action.told
    market = {name: told[name] for name in ("market", "slot_s", "horizon_s", "until", "evu")}
    market |= {"params": [{**told["params"], "from_slot": 0}], "prices": [{**told["prices"], "from_slot": 0}]}
    action.docs.put("markets", action.market, market | {"opened_at": action.at, "offers": 0, "points": 0, "units": 0})


def _set(name: str) -> Callable[[Action], None]:
    def step(action: Action) -> None:
        market = action.market_doc()
        if market is not None:
            new = dict(action.told[name])
            others = [row for row in market[name] if row["from_slot"] != new["from_slot"]]
            market[name] = sorted([*others, new], key=lambda row: int(row["from_slot"]))
            action.docs.put("markets", action.market, market)

    return step


def _register_point(action: Action) -> None:
    market = action.market_doc()
    if market is None:
        return
    market["points"] += 1
    action.docs.put("markets", action.market, market)
    point = {name: action.told[name] for name in ("market", "account", "box", "group", "hash")}
    point |= {"point": market["points"], "since": action.at, "units": []}
    action.docs.put("points", point_key(action.market, market["points"]), point)


def _register_unit(action: Action) -> None:
    market = action.market_doc()
    if market is None:
        return
    market["units"] += 1
    action.docs.put("markets", action.market, market)
    unit = {name: action.told[name] for name in ("market", "point", "hash")}
    unit |= {"unit": market["units"], "since": action.at, "proposal": None, "contracts": []}
    action.docs.put("units", point_key(action.market, market["units"]), unit)
    key = point_key(action.market, int(unit["point"]))
    point = action.docs.get("points", key)
    if point is not None:
        action.docs.put("points", key, point | {"units": [*point["units"], unit["unit"]]})


STEPS: Mapping[str, Callable[[Action], None]] = {
    "tbimarket.openmarket": _open_market,
    "tbimarket.setparams": _set("params"),
    "tbimarket.setprices": _set("prices"),
    "tbiclsbox.regpoint": _register_point,
    "tbiclsbox.regunit": _register_unit,
}
