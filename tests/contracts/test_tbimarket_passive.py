"""tbimarket: passive contracts (M-PAS) and what the EVU takes over (M-SEC-02)."""

from typing import Any

import pytest

from tests.contracts.scene import EUR, HORIZON_S, ISSUER, OPERATOR, PARAMS, Scene, line, reading, refused

PRICE = 110_000


@pytest.fixture
def scene(new_scene: Any) -> Scene:
    """A seller with two units, a buyer; `slot` is the first whose trading has not begun."""
    scene: Scene = new_scene(params={"retain_s": 0})
    scene.participant("seller", units=2, money=100 * EUR)
    scene.participant("buyer", money=100 * EUR)
    scene.slot = scene.opened_at + HORIZON_S + 2 * scene.slot_s
    return scene


def propose(scene: Scene, by: str = ISSUER, **changes: Any) -> dict[str, int]:
    terms = {"unit": 1, "price": PRICE, "from_slot": scene.slot, "until_slot": scene.slot + 2 * scene.slot_s} | changes
    scene.market_does("passpropose", by=by, **terms)
    return terms


def accept(scene: Scene, terms: dict[str, int], owner: str = "seller", by: str = "") -> None:
    name = scene.name(owner)
    scene.market_does("passaccept", by=by or name, owner=name, **terms)


def agree(scene: Scene, **changes: Any) -> None:
    accept(scene, propose(scene, **changes))


def end(scene: Scene, party: str, slot: int, by: str = "") -> None:
    data = {"party": party, "unit": 1, "from_slot": scene.slot, "end_slot": slot}
    scene.market_does("passend", by=by or party, **data)


def clear(scene: Scene) -> None:
    scene.market_does("passclear", by=scene.name("buyer"), unit=1, from_slot=scene.slot)


def sweep(scene: Scene, slot: int) -> tuple[int, int]:
    """What was paid, and the energy."""
    (log,) = scene.sweep(1, slot=slot).named("logsweep")
    data = bytes.fromhex(log.data)
    return int.from_bytes(data[20:28], "little"), int.from_bytes(data[16:20], "little")


def test_m_pas_01_the_unit_is_paid_by_its_contract_and_the_other_by_the_evus_price(scene: Scene) -> None:
    agree(scene)
    scene.at(scene.end)
    scene.deliver(scene.name("seller"), reading(1, 999, 0, (1, 1000), (2, 500)))
    assert sweep(scene, scene.slot) == (73_260 + 26_640, 999)
    assert scene.rows("tbimarket", "takeovers") == [
        {"slot": scene.slot, "swept_wh": 333, "passive_wh": 666, "unused_wh": 0, "minted_wh": 0}
    ]
    assert scene.money(scene.name("seller")) == (100 * EUR + 99_900, 0)


def test_m_pas_01_only_in_the_slots_of_the_contract(scene: Scene) -> None:
    agree(scene)
    paid = []
    for number in (-1, 0, 1, 2):
        slot = scene.slot + number * scene.slot_s
        scene.at(slot + scene.slot_s)
        scene.deliver(scene.name("seller"), reading(1, 1000, 0, (1, 10)), slot=slot)
        paid.append(sweep(scene, slot)[0])
    assert paid == [80_000, 110_000, 110_000, 80_000]


def test_m_pas_02_a_passive_unit_is_not_offered(scene: Scene) -> None:
    agree(scene)
    scene.at(scene.opened_at + 3 * scene.slot_s)
    scene.forecast(line(1, (1, 0, 1000), (2, 0, 1000)))
    with refused("M-PAS-02"):
        scene.offer(scene.name("seller"), 1, 100)
    scene.offer(scene.name("seller"), 2, 100)


def test_m_pas_03_nobody_is_bound_by_another(scene: Scene) -> None:
    seller, buyer = scene.name("seller"), scene.name("buyer")
    for stranger in (seller, OPERATOR):
        with refused("M-PAS-03"):
            propose(scene, by=stranger)
    with refused("M-REG-02"):
        propose(scene, unit=3)
    terms = propose(scene)
    assert scene.rows("tbimarket", "passprops") == [{**terms, "owner": seller}]
    for by in (ISSUER, OPERATOR, buyer):
        with refused("M-PAS-03"):
            accept(scene, terms, by=by)
    with refused("M-PAS-03"):
        accept(scene, terms, owner="buyer")
    for other in ("unit", "price", "from_slot", "until_slot"):
        with refused("M-PAS-03"):
            accept(scene, terms | {other: terms[other] + 1})
    accept(scene, terms)
    assert scene.rows("tbimarket", "passprops") == []
    key = 1 << 32 | scene.slot
    assert scene.rows("tbimarket", "passives") == [
        {"key": key, "owner": seller, "price": PRICE, "until_slot": terms["until_slot"]}
    ]
    with refused("M-PAS-03"):
        accept(scene, terms)


def test_m_pas_03_either_drops_a_proposal(scene: Scene) -> None:
    for party in (scene.name("seller"), ISSUER):
        propose(scene)
        buyer = scene.name("buyer")
        for by, acts_as in ((buyer, party), (buyer, buyer)):
            with refused("M-PAS-03"):
                scene.market_does("passdrop", by=by, party=acts_as, unit=1)
        scene.market_does("passdrop", by=party, party=party, unit=1)
        assert scene.rows("tbimarket", "passprops") == []


def test_m_pas_04_times_and_order_of_contracts(scene: Scene) -> None:
    mistakes: tuple[dict[str, Any], ...] = (
        {"from_slot": scene.slot + 1},
        {"until_slot": scene.slot + 1},
        {"until_slot": scene.slot},
        {"from_slot": scene.slot - 2 * scene.slot_s},
    )
    for wrong in mistakes:
        with refused("M-PAS-04"):
            propose(scene, **wrong)
    terms = propose(scene)
    scene.at(scene.slot - HORIZON_S)
    with refused("M-PAS-04"):
        accept(scene, terms)
    first = scene.slot + 2 * scene.slot_s
    agree(scene, from_slot=first, until_slot=first + scene.slot_s)
    with refused("M-PAS-04"):
        agree(scene, from_slot=first, until_slot=0)
    agree(scene, from_slot=first + scene.slot_s, until_slot=0)
    with refused("M-PAS-04"):
        agree(scene, from_slot=first + 9 * scene.slot_s, until_slot=0)


def test_m_pas_05_either_ends_a_contract_for_slots_whose_trading_has_not_begun(scene: Scene) -> None:
    seller, second = scene.name("seller"), scene.slot + scene.slot_s
    agree(scene, until_slot=0)
    with refused("M-PAS-05"):
        end(scene, seller, second, by=scene.name("buyer"))
    for party, slot in ((scene.name("buyer"), second), (seller, second + 1), (seller, scene.slot - scene.slot_s)):
        with refused("M-PAS-05"):
            end(scene, party, slot)
    end(scene, ISSUER, scene.slot + 5 * scene.slot_s)
    end(scene, seller, second)
    assert scene.rows("tbimarket", "passives")[0]["until_slot"] == second
    with refused("M-PAS-05"):
        end(scene, seller, second)
    scene.at(scene.slot - HORIZON_S)
    with refused("M-PAS-05"):
        end(scene, seller, scene.slot)
    agree(scene, unit=2, from_slot=second, until_slot=0)
    data = {"party": seller, "unit": 2, "from_slot": second, "end_slot": second}
    scene.market_does("passend", by=seller, **data)
    assert len(scene.rows("tbimarket", "passives")) == 1


def test_m_ram_03_a_unit_has_at_most_eight_contracts(scene: Scene) -> None:
    for number in range(8):
        start = scene.slot + number * scene.slot_s
        agree(scene, from_slot=start, until_slot=start + scene.slot_s)
    with refused("M-RAM-03"):
        agree(scene, from_slot=scene.slot + 9 * scene.slot_s, until_slot=0)
    agree(scene, unit=2)


def test_m_ram_01_a_contract_is_erased_when_nothing_can_be_paid_by_it_any_more(scene: Scene) -> None:
    agree(scene)
    until = scene.slot + 2 * scene.slot_s
    deadline = 2 * PARAMS["deadline_s"]
    longer = dict(scene.params) | {"from_slot": scene.slot + scene.slot_s, "deadline_s": deadline}
    scene.market_does("setparams", by="tbimarket", params=longer)
    scene.at(scene.end)
    scene.deliver(scene.name("seller"), reading(1, 10, 0, (1, 10)))
    for moment in (until - 1, until + deadline):
        scene.at(moment)
        with refused("M-RAM-01"):
            clear(scene)
    scene.at(until + deadline + 1)
    with refused("M-RAM-01"):
        clear(scene)
    sweep(scene, scene.slot)
    scene.market_does("erase", by=OPERATOR, slot=scene.slot, limit=256)
    assert scene.rows("tbimarket", "takeovers") == []
    clear(scene)
    assert scene.rows("tbimarket", "passives") == []


def test_m_ram_02_the_market_pays_for_contracts_and_what_is_counted(scene: Scene) -> None:
    agree(scene)
    propose(scene, unit=2)
    scene.at(scene.end)
    scene.deliver(scene.name("seller"), reading(1, 10, 0, (1, 10)))
    sweep(scene, scene.slot)
    for table in ("passives", "passprops", "takeovers"):
        assert scene.chain.payers("tbimarket", scene.market, table) == {"tbimarket"}


def test_m_sec_02_unused_energy_counts_but_not_what_the_evu_supplied(scene: Scene) -> None:
    scene.slot = scene.opened_at + 4 * scene.slot_s
    seller, buyer = scene.name("seller"), scene.name("buyer")
    scene.forecast(line(1, (1, 0, 2000)))
    offers = [scene.offer(seller, 1, 1000) for _ in range(2)]
    for offer in offers:
        scene.bid(buyer, offer, 200_000)
    scene.at(scene.gate)
    for offer in offers:
        scene.award(offer)
    scene.at(scene.end)
    scene.deliver(seller, reading(1, 1500, 0, (1, 1500)))
    scene.deliver(buyer, reading(2, 0, 600))
    for offer in offers:
        scene.settle(offer)
    # the first: 1000 delivered, 600 used; the second: 500 delivered, none used
    assert scene.rows("tbimarket", "takeovers") == [
        {"slot": scene.slot, "swept_wh": 0, "passive_wh": 0, "unused_wh": 900, "minted_wh": 0}
    ]
