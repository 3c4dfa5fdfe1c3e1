"""The TPM API on a swtpm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.apis.stages.ground import Ground
from tests.apis.target import Target
from tests.integration.tpm.conftest import CHAIN, SoftwareTpm, TpmApi, action, deposit, transaction


@contextmanager
def tpm_api(ground: Ground) -> Iterator[Target]:
    """On a swtpm, with the box's key."""
    tpm = SoftwareTpm(ground.folder / "tpm")
    api = TpmApi(ground.folder / "api", tpm.tcti)
    try:
        api.new_key()
        packed = (transaction(), transaction(action("withdraw")), transaction(deposit()), transaction(deposit("other")))
        known: dict[str, tuple[Any, ...]] = {
            "label": ("account",),
            "chain_id": (CHAIN,),
            "packed_trx": tuple(one.pack().hex() for one in packed),
        }
        yield Target("tpm_api", f"http://127.0.0.1:{api.port}", ground.callers, known, secret=api.secret)
    finally:
        api.end()
        tpm.end()
