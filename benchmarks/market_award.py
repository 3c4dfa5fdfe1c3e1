"""P4: the market model awards one slot; beside it, when asked for, gsy-framework clears as many orders.

    python -m benchmarks.market_award [--sizes 10000 30000 100000] [--seed 1] [--profile]
    python -m benchmarks.market_award --gsy-python PYTHON --gsy-source FOLDER

A size is a number of offers; five times as many bids stand against them. Every order is an action of the model's, with
all its checks: 16 offers a seller, 250 highest bids a bidder at most. Timed are placing the offers, the bids, and the
awards; P4 is the awards. `--gsy-python` names the interpreter of an environment that has gsy-framework's requirements
(pendulum, redis), `--gsy-source` a checkout of it: see `gsy_clearing.py` for what differs in the rules.
"""

import argparse
import cProfile
import gc
import json
import math
import platform
import pstats
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from market import actions
from market.model import Model
from market.rows import OfferStatus, Params, Prices

REACH_S, REACH_OFFERS = 0.5, 10_000
BIDS_AN_OFFER = 5
OFFERS_A_SELLER = 16
BIDS_A_BIDDER = 250
SLOT_S = 900
NOW = 1_800_000_000
SLOT = NOW + 8 * SLOT_S
LEAD_S = 300
TICK = 100
ENERGY_WH = (100, 2000)
START_PRICE = (80_000, 200_000)
RAISE = 20_000
EVU, OPERATOR, MARKET = "tbievu", "tbiadmin", "lem"
MONEY = 10**13
GSY = Path(__file__).with_name("gsy_clearing.py")


@dataclass(frozen=True)
class Orders:
    """Of one slot, in the order in which they are placed; each with the account that signs it."""

    sellers: int
    bidders: int
    offers: list[actions.PlaceOffer]
    bids: list[actions.Bid]


@dataclass(frozen=True)
class Times:
    """Seconds."""

    offers: float
    bids: float
    awards: float


def main() -> None:
    """Measure each size, print, and fail when P4 is not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000], help="numbers of offers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", action="store_true", help="of the first size: where the time goes")
    parser.add_argument("--gsy-python", type=Path, help="interpreter of an environment for gsy-framework")
    parser.add_argument("--gsy-source", type=Path, help="a checkout of gsy-framework")
    parser.add_argument("--gsy-sizes", type=int, nargs="+", default=[100, 200, 400, 800], help="numbers of offers")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, seed {options.seed}")
    print(f"{'offers':>8} {'bids':>8} {'offers s':>9} {'bids s':>8} {'awards s':>9} {'awards, us per offer':>21}")
    if options.profile:
        profile(options.sizes[0], options.seed)
        return
    reached = [measure_and_show(size, options.seed) for size in options.sizes]
    if options.gsy_python:
        for size in options.gsy_sizes:
            compare(options.gsy_python, options.gsy_source, size, options.seed)
    if not all(reached):
        sys.exit("P4 is not reached")


def measure_and_show(size: int, seed: int) -> bool:
    orders = make_orders(size, random.Random(seed))
    times = run(orders)
    each = times.awards / size * 1e6
    print(f"{size:8} {len(orders.bids):8} {times.offers:9.2f} {times.bids:8.2f} {times.awards:9.3f} {each:21.1f}")
    return size != REACH_OFFERS or times.awards <= REACH_S


def make_orders(size: int, rng: random.Random) -> Orders:
    """`size` offers and five times as many bids. An offer's bids ascend; bids of different offers are mixed."""
    sellers = math.ceil(size / OFFERS_A_SELLER)
    bidders = math.ceil(size / BIDS_A_BIDDER) * 2
    offers = [_offer(number, rng) for number in range(size)]
    turns = [number for number in range(size) for _ in range(BIDS_AN_OFFER)]
    rng.shuffle(turns)
    price = [offer.start_price for offer in offers]
    room = [0] * bidders
    holder: list[int | None] = [None] * size
    bids = []
    for number in turns:
        bidder = _bidder(room, holder[number], rng)
        holder[number] = bidder
        bids.append(actions.Bid(MARKET, f"bidder{bidder}", number + 1, price[number]))
        price[number] += TICK + rng.randrange(RAISE)
    return Orders(sellers, bidders, offers, bids)


def _offer(number: int, rng: random.Random) -> actions.PlaceOffer:
    seller = number // OFFERS_A_SELLER
    energy, price = rng.randint(*ENERGY_WH), rng.randint(*START_PRICE)
    return actions.PlaceOffer(MARKET, f"seller{seller}", seller + 1, SLOT, energy, price, number)


def _bidder(room: list[int], before: int | None, rng: random.Random) -> int:
    """One who may hold another highest bid; he who is outbid may again hold one more."""
    while room[bidder := rng.randrange(len(room))] >= BIDS_A_BIDDER and bidder != before:
        pass
    if before is not None:
        room[before] -= 1
    room[bidder] += 1
    return bidder


def run(orders: Orders) -> Times:
    """Places the orders in a new market and awards them all."""
    model = open_market(orders)
    offers = timed(model, NOW, ((offer, offer.seller) for offer in orders.offers))
    bids = timed(model, NOW + 1, ((bid, bid.bidder) for bid in orders.bids))
    awards = timed(model, SLOT - LEAD_S, ((award, "") for award in awards_of(orders)))
    held, tokens = model.money()
    sold = model.world.books(MARKET).offers.values()
    if held != tokens or any(offer.status != OfferStatus.AWARDED for offer in sold):
        raise SystemExit("the model's books are wrong: M-LED-03, M-AWD-01")
    return Times(offers, bids, awards)


def awards_of(orders: Orders) -> list[actions.Award]:
    return [actions.Award(MARKET, number + 1) for number in range(len(orders.offers))]


def timed(model: Model, now: int, signed: Iterable[tuple[actions.Action, str]]) -> float:
    """Seconds for all these actions."""
    pairs = [(action, (who,)) for action, who in signed]
    gc.collect()
    begun = time.perf_counter()
    for action, who in pairs:
        model.apply(action, now, who)
    return time.perf_counter() - begun


def open_market(orders: Orders) -> Model:
    """A market with sellers, each with a point and a unit that may offer enough, and bidders with money."""
    names = [f"seller{number}" for number in range(orders.sellers)]
    names += [f"bidder{number}" for number in range(orders.bidders)]
    model = Model({name: f"PUB_{name}" for name in (*names, EVU, OPERATOR, "tbimarket")})
    params = Params(0, LEAD_S, 60, 30, 96 * 3600, 7 * 86400, TICK, 1, 2**32 - 1, 16, 256, 0)
    setup: list[tuple[actions.Action, str]] = [
        (actions.Create(EVU, MONEY * len(names)), "tbitoken"),
        (actions.Issue(EVU, MONEY * len(names)), EVU),
        (actions.OpenMarket(MARKET, SLOT_S, 7 * 86400, 0, OPERATOR, EVU, params, Prices(0, 1, 400_000)), "tbimarket"),
    ]
    for number, name in enumerate(names, start=1):
        setup += [
            (actions.RegBox(MARKET, name, f"PUB_{name}"), OPERATOR),
            (actions.RegPoint(MARKET, name, name, "group", f"point {number}"), OPERATOR),
            (actions.Transfer(EVU, name, MONEY, ""), EVU),
            (actions.Transfer(name, "tbimarket", MONEY, MARKET), name),
        ]
    for number in range(1, orders.sellers + 1):
        maximum = (actions.UnitMaximum(number, 10**6, 10**6),)
        points = (actions.PointForecast(number, 0, maximum),)
        setup += [
            (actions.RegUnit(MARKET, number, f"unit {number}"), OPERATOR),
            (actions.RecordForecast(MARKET, SLOT, points), OPERATOR),
        ]
    timed(model, NOW, setup)
    return model


def profile(size: int, seed: int) -> None:
    """Where the time of bids and awards goes."""
    orders = make_orders(size, random.Random(seed))
    model = open_market(orders)
    timed(model, NOW, ((offer, offer.seller) for offer in orders.offers))
    for name, now, batch in (
        ("bids", NOW + 1, [(bid, bid.bidder) for bid in orders.bids]),
        ("awards", SLOT - LEAD_S, [(award, "") for award in awards_of(orders)]),
    ):
        print(name)
        with cProfile.Profile() as found:
            timed(model, now, batch)
        pstats.Stats(found).sort_stats("tottime").print_stats(14)


def compare(python: Path, source: Path, size: int, seed: int) -> None:
    """The same orders for both; gsy-framework is timed in a process of its own."""
    orders = make_orders(size, random.Random(seed))
    times = run(orders)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(as_gsy(orders), file)
        file.flush()
        command: Sequence[str] = [str(python), str(GSY), file.name]
        found = subprocess.run(command, env={"PYTHONPATH": str(source)}, capture_output=True, text=True, check=False)
    if found.returncode:
        raise SystemExit(f"gsy-framework has failed: {found.stderr[-2000:]}")
    print(f"{size} offers, {len(orders.bids)} bids: model {times.bids + times.awards:.3f} s (bids and awards)")
    print(found.stdout.rstrip())


def as_gsy(orders: Orders) -> dict[str, list[dict[str, str | float]]]:
    """Energy in kWh, rates in ct/kWh; a bid asks for as much as the offer that it was made for has."""
    offers: list[dict[str, str | float]] = [
        {
            "id": f"offer{number}",
            "seller": offer.seller,
            "energy": offer.energy_wh / 1000,
            "energy_rate": offer.start_price / 10**4,
        }
        for number, offer in enumerate(orders.offers, start=1)
    ]
    bids: list[dict[str, str | float]] = [
        {
            "id": f"bid{number}",
            "buyer": bid.bidder,
            "energy": orders.offers[bid.offer - 1].energy_wh / 1000,
            "energy_rate": bid.price / 10**4,
        }
        for number, bid in enumerate(orders.bids)
    ]
    return {"offers": offers, "bids": bids}


if __name__ == "__main__":
    main()
