"""CLS-Box-Logic in a whole box."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.apis.stages.ground import Ground
from tests.apis.target import Target
from tests.integration.box.box import ACCOUNT, MARKET, MASTR, POINT, QUICK, SERIAL, UNIT, Box, iso
from tests.integration.tpm.conftest import SoftwareTpm, TpmApi


@contextmanager
def cls_box_logic(ground: Ground) -> Iterator[Target]:
    """A whole box: OpenEMS simulated, Redis, a worker, a TPM; its connector writes to no chain."""
    tpm = SoftwareTpm(ground.folder / "tpm")
    api = TpmApi(ground.folder, tpm.tcti)
    api.new_key()
    box = Box(ground.folder, ground.identity, tpm_api_url=f"http://127.0.0.1:{api.port}")
    try:
        box.start()
        job = box.hand(box.event(box.quick_slot(), QUICK))
        times = (iso(time.time() - 60), iso(time.time()), iso(time.time() + 60), "2025-03-30T02:30")
        known: dict[str, tuple[Any, ...]] = {
            "job_id": (job,),
            "mastr_nr": (MASTR,),
            "unit_mastr_nr": (MASTR,),
            "serial_number": (SERIAL,),
            "market": (QUICK, MARKET),
            "account_name": (ACCOUNT,),
            "owner_sub": (ground.identity.user("seller")["sub"],),
            "point": (POINT,),
            "offer_id": (1, 2),
            **dict.fromkeys(("buyer_account", "seller_account"), (ACCOUNT, "buyerabcde11")),
            "unit_id": (UNIT, 1),
            **dict.fromkeys(("from_slot", "until_slot", "end_slot"), (iso(1_900_000_020), iso(1_900_000_040))),
            "price_ct_per_kwh": ("25",),
            "energy_wh": (10, 1000),
            "key": ("7",),
            "nonce": ("00" * 16,),
            "amount_eur": ("1.00",),
            "slot_start": (iso(1_900_000_020), iso(box.slot() + 60)),
            **dict.fromkeys(("from", "to"), times),
        }
        root = box.url.partition("/cls-box-logic")[0]
        yield Target("cls_box_logic", root, ground.callers, known, secret=api.secret, owner="seller")
    finally:
        box.stop()
        api.end()
        tpm.end()
