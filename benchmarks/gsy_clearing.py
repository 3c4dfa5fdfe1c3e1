"""The part of `market_award.py` that runs in gsy-framework's own environment: clears the orders of a JSON file.

What differs in the rules. gsy-framework matches all bids of a slot with all offers at once and divides energy; a bid
names no offer. Pay-as-bid pairs the dearest offers with the dearest bids at the bid's rate; pay-as-clear finds the
crossing of the two curves and gives all the same rate. Here a bid names its offer, must beat the highest one when it is
made, locks money, and wins all of the offer's energy or nothing; most of the work is done when the bid comes in.
gsy-framework checks neither money nor forecasts nor who signs, and works in floating point.
"""

import json
import sys
import time
from pathlib import Path

from gsy_framework.matching_algorithms import PayAsBidMatchingAlgorithm, PayAsClearMatchingAlgorithm


def main() -> None:
    """Times both algorithms on the same orders."""
    orders = json.loads(Path(sys.argv[1]).read_text())
    for name, algorithm in (("pay-as-bid", PayAsBidMatchingAlgorithm), ("pay-as-clear", PayAsClearMatchingAlgorithm)):
        data = {"market": {"slot": {**orders, "current_time": "now"}}}
        begun = time.perf_counter()
        matches = algorithm().get_matches_recommendations(data)
        print(f"    gsy-framework {name}: {time.perf_counter() - begun:.3f} s, {len(matches)} matches")


if __name__ == "__main__":
    main()
