"""tbimarket: deliveries (M-DEL), and the attacks on them."""

from typing import Any

import pytest

from tests.contracts.chain_tester import Act
from tests.contracts.scene import Scene, reading, refused


@pytest.fixture
def box(scene: Scene) -> str:
    """A box with a point of three units, after the end of the scene's slot."""
    name = scene.participant("box", units=3)
    scene.at(scene.end)
    return name


def shares(scene: Scene) -> list[list[int]]:
    return [[unit["fed_in_wh"] for unit in row["units"]] for row in scene.rows("tbimarket", "readings")]


def bits(scene: Scene) -> int:
    row = scene.row("watermarks", 1)
    return sum(word << 64 * place for place, word in enumerate(row["bits"]))


def test_m_del_01_only_the_points_box_delivers(scene: Scene, box: str) -> None:
    other = scene.participant("other")
    with refused("M-DEL-01"):
        scene.market_does("deliver", by=other, box=box, slot=scene.slot, readings=[reading(1)])
    with refused("M-DEL-01"):
        scene.deliver(other, reading(1))
    with refused("M-DEL-01"):
        scene.deliver(box, reading(1), reading(9))
    assert scene.rows("tbimarket", "readings") == []
    scene.deliver(box, reading(1, 40, 50))
    row = scene.row("readings", scene.slot << 32 | 1)
    assert (row["box"], row["fed_in_wh"], row["consumed_wh"]) == (box, 40, 50)
    assert (row["delivered_at"], row["status"], row["surplus"]) == (scene.end, 0, 0)


def test_m_del_01_a_box_delivers_for_all_its_points_at_once(new_scene: Any) -> None:
    scene = new_scene()
    box, other = scene.box("box"), scene.box("other")
    for owner in (box, other, other):
        scene.point(owner, box=box, group="groupb" if owner == other else "groupa")
    scene.at(scene.end)
    pushed = scene.deliver(box, reading(1, 1, 2), reading(2, 10, 20), reading(3, 100, 200))
    assert len(pushed.named("ack")) == 3
    assert [(row["fed_in_wh"], row["consumed_wh"], row["residual_wh"]) for row in scene.rows("tbipool", "figures")] == [
        (1, 2, -1),
        (110, 220, -110),
    ]


def test_m_del_02_replay_a_slot_is_delivered_once(scene: Scene, box: str) -> None:
    pushed = scene.deliver(box, reading(1, 40))
    with refused("M-DEL-02"):
        scene.deliver(box, reading(1, 40))
    with refused("M-DEL-02"):
        scene.deliver(box, reading(1, 41))
    with refused("M-DEL-02"):  # the very bytes again
        scene.chain.push(Act("tbimarket", "deliver", pushed.traces[0].data, [box]))
    assert len(scene.rows("tbimarket", "readings")) == 1


def test_m_del_02_a_delivery_stays_known_when_its_rows_are_erased(scene: Scene, box: str) -> None:
    scene.deliver(box, reading(1))
    scene.sweep(1)
    scene.at(scene.end + scene.params["retain_s"])
    scene.market_does("erase", by=box, slot=scene.slot, limit=9)
    assert scene.rows("tbimarket", "readings") == []
    with refused("M-DEL-02"):
        scene.deliver(box, reading(1))


def test_m_del_02_the_bitmap_tells_1024_slots_apart(new_scene: Any) -> None:
    scene = new_scene(slot_s=20)
    box = scene.participant("box")
    first = scene.opened_at
    scene.at(first + 2200 * 20)
    scene.deliver(box, reading(1), slot=first)
    scene.deliver(box, reading(1), slot=first + 1023 * 20)
    assert bits(scene) == 1 << 1023 | 1
    with refused("M-DEL-02"):
        scene.deliver(box, reading(1), slot=first)
    for back in (1, 63, 64, 65, 512, 1022):
        scene.deliver(box, reading(1), slot=first + (1023 - back) * 20)
        with refused("M-DEL-02"):
            scene.deliver(box, reading(1), slot=first + (1023 - back) * 20)
    expected = sum(1 << back for back in (0, 1, 63, 64, 65, 512, 1022, 1023))
    assert bits(scene) == expected
    for ahead in (1, 63, 64, 65, 300):
        newest = scene.row("watermarks", 1)["newest"]
        scene.deliver(box, reading(1), slot=newest + ahead * 20)
        expected = expected << ahead & (1 << 1024) - 1 | 1
        assert bits(scene) == expected
    with refused("M-DEL-02"):  # fallen off the end of the bitmap, and never forgotten
        scene.deliver(box, reading(1), slot=first)
    scene.at(first + 4000 * 20)
    scene.deliver(box, reading(1), slot=first + 3900 * 20)
    assert bits(scene) == 1


def test_m_del_03_not_before_the_slots_end_and_only_whole_slots(scene: Scene) -> None:
    box = scene.participant("box")
    scene.at(scene.end - 0.5)
    with refused("M-DEL-03"):
        scene.deliver(box, reading(1))
    scene.at(scene.end)
    with refused("M-DEL-03"):
        scene.deliver(box, reading(1), slot=scene.slot - 1)
    with refused("M-DEL-03"):
        scene.deliver(box, reading(1), slot=2**32 - 256)  # its end lies beyond 32 bits
    scene.deliver(box, reading(1))


@pytest.mark.parametrize(("after", "status"), [(900, 0), (901, 1), (96 * 3600, 1), (96 * 3600 + 1, 2)])
def test_m_del_04_late_is_marked_and_nothing_is_dropped(scene: Scene, box: str, after: int, status: int) -> None:
    scene.at(scene.end + after)
    scene.deliver(box, reading(1, 40, 50))
    assert scene.row("readings", scene.slot << 32 | 1)["status"] == status
    figures = scene.rows("tbipool", "figures")
    assert [row["fed_in_wh"] for row in figures] == ([] if status == 2 else [40])


def test_m_del_05_readings_begin_with_the_registration(scene: Scene) -> None:
    scene.at(scene.opened_at + 1)
    box = scene.participant("box")
    scene.at(scene.end)
    with refused("M-DEL-05"):
        scene.deliver(box, reading(1), slot=scene.opened_at)
    scene.deliver(box, reading(1), slot=scene.opened_at + 900)


@pytest.mark.parametrize(
    ("fed_in", "produced", "expected"),
    [
        (100, [(1, 1), (2, 1), (3, 1)], [33, 33, 34]),
        (100, [], [100, 0, 0]),
        (100, [(1, 0), (2, 0), (3, 0)], [100, 0, 0]),
        (100, [(3, 5)], [0, 0, 100]),
        (7, [(1, 1000), (3, 1)], [6, 0, 1]),
        (2**32 - 1, [(1, 2**32 - 1), (2, 2**32 - 1), (3, 2**32 - 1)], [1431655765, 1431655765, 1431655765]),
        (2**32 - 1, [(1, 1), (2, 2**32 - 1), (3, 2**32 - 2)], [0, 2147483648, 2147483647]),
        (0, [(1, 5)], [0, 0, 0]),
    ],
)
def test_m_del_06_the_feed_in_is_split_by_production(
    scene: Scene, box: str, fed_in: int, produced: list[tuple[int, int]], expected: list[int]
) -> None:
    scene.deliver(box, reading(1, fed_in, 0, *produced))
    assert shares(scene) == [expected]
    assert sum(expected) == fed_in


def test_m_del_06_eight_units_of_all_that_a_number_holds(scene: Scene) -> None:
    box = scene.participant("box", units=8)
    scene.at(scene.end)
    most = 2**32 - 1
    scene.deliver(box, reading(1, most, most, *((unit, most) for unit in range(1, 9))))
    upto = [most * (number * most) // (8 * most) for number in range(9)]
    assert shares(scene) == [[upto[number + 1] - upto[number] for number in range(8)]]


def test_m_reg_02_a_reading_names_the_points_own_units(scene: Scene, box: str) -> None:
    scene.participant("other", units=1)
    with refused("M-REG-02"):
        scene.deliver(box, reading(1, 10, 0, (4, 10)))


def test_m_ram_03_deliveries_are_bounded_and_ascend(scene: Scene, box: str) -> None:
    for readings in ([], [reading(1), reading(1)], [reading(2), reading(1)], [reading(n) for n in range(1, 18)]):
        with refused("M-RAM-03"):
            scene.deliver(box, *readings)
    for units in ([(1, 1), (1, 1)], [(2, 1), (1, 1)], [(n, 1) for n in range(1, 10)]):
        with refused("M-RAM-03"):
            scene.deliver(box, reading(1, 0, 0, *units))


def test_sixteen_points_of_eight_units_are_delivered_at_once(scene: Scene) -> None:
    box, other = scene.box("box"), scene.box("other")
    for number in range(16):
        scene.point((box, other)[number % 2], units=8, box=box)
    scene.at(scene.end)
    readings = [
        reading(point, 1000, 5, *((8 * (point - 1) + unit, unit) for unit in range(1, 9))) for point in range(1, 17)
    ]
    scene.deliver(box, *readings)
    assert len(scene.rows("tbimarket", "readings")) == 16
    assert all(sum(share) == 1000 for share in shares(scene))
