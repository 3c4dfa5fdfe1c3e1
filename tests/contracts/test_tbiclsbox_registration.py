"""tbiclsbox: boxes, participants, metering points, units (M-REG, M-RAM-03)."""

from typing import Any

import pytest

from tests.contracts.chain_tester import Act
from tests.contracts.scene import OPERATOR, Scene, hash_of, refused


def test_m_reg_01_the_operator_registers_a_box_with_its_tpm_key_once(scene: Scene) -> None:
    box = scene.account("box", "R1")
    with refused("M-REG-01"):
        scene.registry_does("regbox", by=box, box=box, key=scene.keys[box])
    scene.registry_does("regbox", box=box, key=scene.keys[box])
    with refused("M-REG-01"):
        scene.registry_does("regbox", box=box, key=scene.keys[box])
    since = scene.opened_at
    assert scene.keys[box].startswith("PUB_R1_")
    assert scene.rows("tbiclsbox", "boxes") == [{"box": box, "key": scene.keys[box], "since": since}]
    assert scene.rows("tbiclsbox", "keys") == [{"id": 1, "box": box, "key": scene.keys[box], "since": since}]


def test_m_reg_01_points_and_units_are_the_operators_and_registered_once(scene: Scene) -> None:
    box = scene.box("box")
    point = {"account": box, "box": box, "group": "groupa", "hash": hash_of("a meter")}
    with refused("M-REG-01"):
        scene.registry_does("regpoint", by=box, **point)
    with refused("M-REG-01"):
        scene.registry_does("regpoint", **{**point, "account": "nobody"})
    scene.registry_does("regpoint", **point)
    with refused("M-REG-01"):
        scene.registry_does("regpoint", **point)
    with refused("M-REG-01"):
        scene.registry_does("regunit", by=box, point=1, hash=hash_of("a unit"))
    scene.registry_does("regunit", point=1, hash=hash_of("a unit"))
    with refused("M-REG-01"):
        scene.registry_does("regunit", point=1, hash=hash_of("a unit"))


def test_m_reg_01_hashes_that_begin_alike_are_told_apart(scene: Scene) -> None:
    box = scene.box("box")
    alike = [hash_of("x")[:16] + hash_of(text)[16:] for text in ("a", "b", "c")]
    for hashed in alike:
        scene.registry_does("regpoint", account=box, box=box, group="groupa", hash=hashed)
        scene.registry_does("regunit", point=1, hash=hashed)
    for hashed in alike:
        with refused("M-REG-01"):
            scene.registry_does("regpoint", account=box, box=box, group="groupa", hash=hashed)
        with refused("M-REG-01"):
            scene.registry_does("regunit", point=1, hash=hashed)
    prefix = int(alike[0][:16], 16)
    found = scene.rows("tbiclsbox", "points", index=2, key_type="i64", lower=prefix, upper=prefix)
    assert [row["hash"] for row in found] == alike


def test_m_reg_02_a_point_needs_a_registered_box_and_a_unit_a_registered_point(scene: Scene) -> None:
    box = scene.account("box", "R1")
    with refused("M-REG-02"):
        scene.registry_does("regpoint", account=box, box=box, group="groupa", hash=hash_of("a meter"))
    with refused("M-REG-02"):
        scene.registry_does("regunit", point=1, hash=hash_of("a unit"))
    with refused("M-REG-02"):
        scene.registry_does("rekey", box=box, key=scene.keys[box])


def test_m_reg_03_a_participant_comes_with_his_first_point(scene: Scene) -> None:
    first, other = scene.box("first"), scene.box("other")
    assert scene.rows("tbiclsbox", "participants") == []
    scene.point(first, units=2)
    scene.point(other)
    scene.point(first, units=1, box=other)
    assert scene.rows("tbiclsbox", "participants") == [
        {"id": 1, "account": first, "points": [1, 3]},
        {"id": 2, "account": other, "points": [2]},
    ]
    assert [row["units"] for row in scene.rows("tbiclsbox", "points")] == [[1, 2], [], [3]]
    assert [row["point"] for row in scene.rows("tbiclsbox", "units")] == [1, 1, 3]
    assert scene.rows("tbiclsbox", "boxpoints", other) == [
        {"id": 1, "market": scene.market, "point": 2, "slot_s": scene.slot_s},
        {"id": 2, "market": scene.market, "point": 3, "slot_s": scene.slot_s},
    ]
    by_account = scene.rows("tbiclsbox", "participants", index=2, key_type="name", lower=other, upper=other)
    assert [row["id"] for row in by_account] == [2]


def test_m_reg_04_a_changed_key_is_recorded_and_the_earlier_one_kept(scene: Scene) -> None:
    box = scene.box("box")
    before = scene.keys[box]
    with refused("M-REG-04"):
        scene.registry_does("rekey", box=box, key=before)
    after = scene.chain.change_key(box, "R1")
    scene.at(scene.opened_at + 60)
    with refused("M-REG-01"):
        scene.registry_does("rekey", by=box, box=box, key=after)
    scene.registry_does("rekey", box=box, key=after)
    assert scene.row("boxes", box, "tbiclsbox") == {"box": box, "key": after, "since": scene.opened_at + 60}
    of_box = scene.rows("tbiclsbox", "keys", index=2, key_type="name", lower=box, upper=box)
    assert [(row["key"], row["since"]) for row in of_box] == [(before, scene.opened_at), (after, scene.opened_at + 60)]


def test_m_reg_05_the_key_must_satisfy_the_boxs_active_permission_by_itself(scene: Scene) -> None:
    box, other = scene.account("box", "R1"), scene.account("other", "R1")
    with refused("M-REG-05"):
        scene.registry_does("regbox", box=box, key=scene.keys[other])
    with refused("M-REG-05"):
        scene.registry_does("regbox", box="nobody", key=scene.keys[other])
    two_needed = {
        "threshold": 2,
        "keys": [{"key": key, "weight": 1} for key in sorted((scene.keys[box], scene.keys[other]))],
        "accounts": [],
        "waits": [],
    }
    scene.chain.authorize(box, "active", two_needed)
    with refused("M-REG-05"):
        scene.registry_does("regbox", box=box, key=scene.keys[box])
    scene.registry_does("regbox", box=other, key=scene.keys[other])
    scene.chain.change_key(other, "R1")
    with refused("M-REG-05"):
        scene.registry_does("rekey", box=other, key=scene.keys[box])


def test_m_reg_05_a_browsers_key_is_no_boxs(scene: Scene) -> None:
    box = scene.account("box", "R1")
    head = scene.chain.push(
        Act("tbiclsbox", "regbox", {"market": scene.market, "box": box, "key": scene.keys[box]}, [OPERATOR])
    )
    market_and_box = head.traces[0].data[:32]
    webauthn = "02" + "03" * 33 + "01" + "09" + b"localhost".hex()
    with refused("M-REG-01"):
        scene.chain.push(Act("tbiclsbox", "regbox", market_and_box + webauthn, [OPERATOR]))
    fresh = scene.account("fresh", "R1")
    name = scene.registry_does("regbox", box=fresh, key=scene.keys[fresh]).traces[0].data[:32]
    with refused("M-REG-05"):
        scene.chain.push(Act("tbiclsbox", "rekey", name + webauthn, [OPERATOR]))


def test_m_mkt_01_every_registration_names_an_open_market(scene: Scene) -> None:
    box = scene.box("box")
    scene.market = "nomarket"
    calls: list[tuple[str, dict[str, Any]]] = [
        ("regbox", {"box": box, "key": scene.keys[box]}),
        ("rekey", {"box": box, "key": scene.keys[box]}),
        ("regpoint", {"account": box, "box": box, "group": "groupa", "hash": hash_of("a")}),
        ("regunit", {"point": 1, "hash": hash_of("a")}),
        ("senddata", {"limit": 1}),
        ("raise", {"box": box, "kind": "senddata", "point": 1, "slot": 0, "energy_wh": 0, "buyer": ""}),
        ("expire", {"box": box, "limit": 1}),
    ]
    for action, data in calls:
        with refused("M-MKT-01"):
            scene.registry_does(action, **data)


def test_m_ram_03_a_participant_has_at_most_8_points_and_a_point_8_units(scene: Scene) -> None:
    box = scene.box("box")
    for _ in range(8):
        scene.point(box)
    with refused("M-RAM-03"):
        scene.point(box)
    for _ in range(8):
        scene.registry_does("regunit", point=1, hash=hash_of(f"unit {scene.units}"))
        scene.units += 1
    with refused("M-RAM-03"):
        scene.registry_does("regunit", point=1, hash=hash_of("one too many"))
    assert scene.row("points", 1, "tbiclsbox")["units"] == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("table", ["participants", "boxes", "keys", "points", "units", "counters"])
def test_m_ram_02_the_registry_pays_for_its_rows(scene: Scene, table: str) -> None:
    box = scene.participant("box", units=1)
    scene.at(scene.opened_at + scene.slot_s)
    scene.registry_does("senddata", limit=1)
    assert scene.chain.payers("tbiclsbox", scene.market, table) == {"tbiclsbox"}
    for table_of_box in ("boxpoints", "events", "boxstate"):
        assert scene.chain.payers("tbiclsbox", box, table_of_box) == {"tbiclsbox"}


def test_the_counters_begin_with_the_first_registration(scene: Scene) -> None:
    assert scene.rows("tbiclsbox", "counters") == []
    scene.at(scene.opened_at + 1)
    scene.participant("box", units=2)
    assert scene.rows("tbiclsbox", "counters") == [
        {
            "id": 0,
            "participants": 1,
            "points": 1,
            "units": 2,
            "keys": 1,
            "event_slot": scene.opened_at + scene.slot_s,
            "event_point": 0,
        }
    ]
