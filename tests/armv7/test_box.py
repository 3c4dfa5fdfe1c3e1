"""P11 and the whole path of a box on ARMv7: meter, journal, TPM, chain; with its start, its memory, its image."""

from __future__ import annotations

import time

import pytest

from services.shared.chain.accounts import is_keyed
from tests.armv7.box import IMAGES, ArmBox, ask_for
from tests.integration.chain.support import Chain

pytestmark = pytest.mark.timeout(3600)

SLOT_S, WH = 10, 1200
MEMORY_MB, IMAGE_MB = 200, 150


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_for_armv7(network: ArmBox, image: str) -> None:
    assert network.platform(image) == "linux/arm/v7"


@pytest.mark.parametrize("part", ArmBox.parts)
def test_every_part_runs_on_armv7(box: ArmBox, part: str) -> None:
    assert box.machine(part) == "armv7l"


def test_what_a_meter_counted_stands_on_the_chain_signed_by_the_tpm(
    box: ArmBox, chain: Chain, figures: list[str]
) -> None:
    market = chain.open_market(SLOT_S, deadline_s=600, retain_s=3600)
    account, point = box.take_part(chain, market)
    figures.append(f"power on to all checks well: {box.power_cycle():.1f} s")
    assert box.key().startswith("PUB_R1_")
    assert is_keyed(chain.client.account(account), "active", box.key()), "another key than the TPM's may sign"

    slot = (int(time.time()) // SLOT_S + 2) * SLOT_S
    box.produce(slot, SLOT_S, WH)
    chain.wait_for_time(slot + SLOT_S + 1)
    row = ask_for(chain, market, account, point, slot)
    assert (row["box"], row["fed_in_wh"], row["consumed_wh"]) == (account, WH, 0)
    assert [unit["produced_wh"] for unit in row["units"]] == [WH]
    figures.append(f"slot's end to its delivery on the chain: {row['delivered_at'] - slot - SLOT_S} s")


def test_p11_memory_of_all_python_processes(box: ArmBox, figures: list[str]) -> None:
    """What is asserted is the box's own: qemu, with what it translated, is no part of a board."""
    found = box.memory()
    own = {part: taken.total - taken.emulator for part, taken in found.items()}
    emulator = sum(taken.emulator for taken in found.values())
    each = ", ".join(f"{part} {mb:.0f}" for part, mb in own.items())
    figures.append(f"memory (PSS): {sum(own.values()):.0f} MB ({each}); qemu's own {emulator:.0f} MB beside")
    assert sum(own.values()) <= MEMORY_MB


def test_p11_image_compressed(network: ArmBox, figures: list[str]) -> None:
    size, compressed = network.image_mb("box")
    figures.append(f"image: {size:.0f} MB, compressed {compressed:.0f} MB")
    assert compressed <= IMAGE_MB


def test_no_part_died_meanwhile(box: ArmBox) -> None:
    assert box.restarts() == {}
