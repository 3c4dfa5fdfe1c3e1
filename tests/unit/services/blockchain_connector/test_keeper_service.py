"""The keeper's round: what it pushes together, what it leaves for later, and that nothing holds up anything else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from market.values import slot_key
from services.blockchain_connector.keeper.__main__ import chain_of
from services.blockchain_connector.keeper.config import KeeperConfig
from services.blockchain_connector.keeper.service import LEVEL, Keeper
from services.shared.chain.errors import ChainError, ChainUnavailable, ContractRefused, ResourcesExhausted
from services.shared.chain.key_file import K1Signer
from services.shared.chain.model import ChainInfo, Receipt
from services.shared.chain.signer import Signer
from services.shared.chain.transaction import Action
from services.shared.web import ConfigurationError
from services.shared.web.config import load

SLOT = 90_000
MARKET = {"market": "lem", "slot_s": 900, "until": 0, "evu": "tbievu"}
PARAMS = {"from_slot": 0, "deadline_s": 3600, "retain_s": 7200}
_INDEXED = {("offers", 2): "seller_key", ("offers", 4): "due_key", ("events", 2): "due"}
_PRIMARY = {"readings": "key", "forecasts": "key", "slots": "slot"}


class TableChain:
    """Tables with the bounds and indexes of the node's, and a `push` that the test decides about."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.tables: dict[tuple[str, str, str], list[dict[str, Any]]] = {
            ("tbimarket", "tbimarket", "markets"): [MARKET],
            ("tbimarket", "lem", "params"): [PARAMS],
        }
        self.pushed: list[list[tuple[str, dict[str, Any]]]] = []
        self.refused: dict[tuple[str, Any], ChainError] = {}
        self.away: ChainError | None = None

    def put(self, table: str, rows: Iterable[dict[str, Any]], contract: str = "tbimarket", scope: str = "lem") -> None:
        self.tables[contract, scope, table] = list(rows)

    def info(self) -> ChainInfo:
        return ChainInfo("", 1, "", self.now - 0.5, 1, "", self.now - 1.0, "")

    def rows(
        self,
        contract: str,
        scope: str,
        table: str,
        *,
        lower: int | None = None,
        upper: int | None = None,
        index: int = 1,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        rows = self.tables.get((contract, scope, table), [])
        field = _INDEXED.get((table, index)) if index > 1 else _PRIMARY.get(table, "id")
        if field is not None and rows and field in rows[0]:
            rows = sorted(rows, key=lambda row: int(row[field]))
            rows = [r for r in rows if (lower is None or r[field] >= lower) and (upper is None or r[field] <= upper)]
        return rows[:limit]

    def push(self, actions: Sequence[Action], _signers: Sequence[Signer], **_: Any) -> Receipt:
        if self.away is not None:
            raise self.away
        for action in actions:
            assert list(action.authorization) == [LEVEL]
            refusal = self.refused.get((action.name, action.data.get("offer", action.data.get("slot"))))
            if refusal is not None:
                raise refusal
        self.pushed.append([(action.name, action.data) for action in actions])
        return Receipt("", 1)

    def done(self, name: str, field: str) -> list[Any]:
        return [data[field] for batch in self.pushed for action, data in batch if action == name]


class World:
    def __init__(self) -> None:
        self.chain = TableChain(SLOT + 1000)
        self.monotonic = 0.0
        self.keeper = Keeper(cast(Any, self.chain), K1Signer((1).to_bytes(32, "big")), lambda: self.monotonic)

    def round(self, after_s: float = 0.5) -> int:
        self.monotonic += after_s
        return self.keeper.round()


@pytest.fixture
def world() -> World:
    return World()


def _open(number: int, closes_at: int = 1) -> dict[str, Any]:
    return {**_offer(number, status=0), "closes_at": closes_at, "due_key": closes_at}


def _offer(number: int, status: int, slot: int = SLOT) -> dict[str, Any]:
    row = {"id": number, "status": status, "closes_at": 1, "point": 1, "slot": slot, "bidder": "tbievu"}
    return {**row, "seller_key": slot_key(slot, 1), "due_key": status << 32 | 1}


def test_m_kee_01_several_actions_go_in_one_transaction(world: World) -> None:
    world.chain.put("offers", [_open(n) for n in range(30)])
    assert world.round() == 30
    assert [len(batch) for batch in world.chain.pushed] == [12, 12, 6]


def test_m_kee_01_one_refused_action_never_blocks_the_others(world: World) -> None:
    world.chain.put("offers", [_open(n) for n in range(12)])
    world.chain.refused["award", 5] = ContractRefused("somebody was faster", "M-AWD-02")
    assert world.round() == 11
    assert world.chain.done("award", "offer") == [n for n in range(12) if n != 5]
    assert (world.keeper.figures.refused, world.keeper.figures.last_refusal) == (1, None), "that is normal"


def test_m_kee_01_every_open_market_is_served_also_one_that_opens_meanwhile(world: World) -> None:
    world.chain.put("offers", [_open(1)])
    world.round()
    markets = [MARKET, {**MARKET, "market": "lem2"}, {**MARKET, "market": "lem3"}]
    world.chain.put("markets", markets, scope="tbimarket")
    for number, market in ((2, "lem2"), (3, "lem3")):
        world.chain.put("params", [PARAMS], scope=market)
        world.chain.put("offers", [_open(number)], scope=market)
    world.round()
    assert world.chain.done("award", "market") == ["lem", "lem2", "lem3"]
    assert world.chain.done("award", "offer") == [1, 2, 3]


def test_m_kee_01_what_was_pushed_is_not_pushed_again_before_it_can_be_seen(world: World) -> None:
    world.chain.put("offers", [_open(1)])
    world.round()
    assert world.round() == 0
    assert world.round(after_s=4.0) == 1, "it never got into a block: due again"


def test_m_led_04_a_refused_action_is_tried_less_and_less_often(world: World) -> None:
    world.chain.put("offers", [_open(1)])
    world.chain.refused["award", 1] = ContractRefused("too low", "M-LED-04")
    for _ in range(240):
        world.round()
    assert 5 <= world.keeper.figures.refused <= 9
    assert "M-LED-04" in str(world.keeper.figures.last_refusal)
    del world.chain.refused["award", 1]
    world.round(after_s=61)
    assert world.chain.done("award", "offer") == [1]


def test_resources_that_run_out_split_a_batch(world: World) -> None:
    world.chain.put("offers", [_open(n) for n in range(3)])
    world.chain.refused["award", 0] = ResourcesExhausted("cpu")
    assert world.round() == 2


def test_a_chain_that_is_away_is_told_upwards(world: World) -> None:
    world.chain.put("offers", [_open(1)])
    world.chain.away = ChainUnavailable("away")
    with pytest.raises(ChainUnavailable):
        world.round()
    world.chain.away = None
    assert world.round() == 1, "nothing was pushed, so nothing is waited for"


def test_m_set_04_settles_in_every_ended_slot_new_ones_first_old_ones_in_turns(world: World) -> None:
    """Thirty slots, none of which can ever be done: each gets its turn."""
    world.chain.now = SLOT + 30 * 900 + 3600 + 900
    slots = [SLOT + n * 900 for n in range(30)]
    world.chain.put("offers", [_offer(n, status=1, slot=slot) for n, slot in enumerate(slots)])
    world.round()  # finds the first slot
    world.round()
    assert len(world.chain.done("settle", "offer")) <= 8, "a bounded round"
    for _ in range(20):
        world.round()
    assert set(world.chain.done("settle", "offer")) == set(range(30))


def test_finished_slots_are_not_read_again(world: World) -> None:
    world.chain.now = SLOT + 10 * 900 + 3601 + 900
    world.chain.put("offers", [_offer(1, status=4)])
    for _ in range(8):
        world.round()
    asked: list[int] = []
    original = world.chain.rows

    def counting(contract: str, scope: str, table: str, **bounds: Any) -> list[dict[str, Any]]:
        if table == "readings" and bounds.get("upper") is not None:
            asked.append(bounds["lower"] >> 32)
        return original(contract, scope, table, **bounds)

    world.chain.rows = counting  # type: ignore[method-assign]
    world.round()
    assert SLOT not in asked


def test_m_ram_01_a_slot_that_cannot_go_holds_up_no_other(world: World) -> None:
    """Twenty slots to be erased behind ten whose offers cannot be settled."""
    world.chain.now = SLOT + 40 * 900 + 7200
    stuck, free = range(10), range(10, 30)
    slots = [SLOT + n * 900 for n in range(30)]
    world.chain.put("offers", [_offer(n, status=5 if n in stuck else 4, slot=slots[n]) for n in range(30)])
    world.chain.put("slots", [{"slot": slots[n], "undecided": 0, "pending": int(n in stuck)} for n in range(30)])
    for n in stuck:
        world.chain.refused["settle", n] = ContractRefused("too low", "M-LED-04")
    for _ in range(10):
        world.round(after_s=5.0)
    assert set(world.chain.done("erase", "slot")) == {slots[n] for n in free}


def test_m_evt_01_and_m_ram_01_events_are_raised_and_expire(world: World) -> None:
    counters = {"id": 0, "event_slot": SLOT, "event_point": 0, "points": 1}
    world.chain.put("counters", [counters], contract="tbiclsbox")
    world.chain.put("boxes", [{"box": "box1"}], contract="tbiclsbox")
    old = SLOT - 8 * 900
    event = {"id": 1, "due": slot_key(old, 1), "slot": old, "market": "lem"}
    world.chain.put("events", [event], contract="tbiclsbox", scope="box1")
    world.round()
    names = [name for batch in world.chain.pushed for name, _ in batch]
    assert sorted(names) == ["expire", "senddata"]


class _ForeignNode(BaseHTTPRequestHandler):
    """Answers every question, as a node of the chain `bb...` would."""

    def do_POST(self) -> None:
        answer = {
            "chain_id": "bb" * 32,
            "head_block_num": 9,
            "head_block_id": "09" * 32,
            "head_block_time": "2026-01-01T00:00:00.000",
            "last_irreversible_block_num": 8,
            "last_irreversible_block_id": "08" * 32,
            "last_irreversible_block_time": "2026-01-01T00:00:00.000",
            "server_version_string": "v4",
            "rows": [],
            "more": False,
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not into the tests' output."""


@pytest.fixture
def foreign() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _ForeignNode)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("chain_id", "refused"), [("aa" * 32, True), ("bb" * 32, False)])
def test_the_keeper_asks_and_signs_for_no_other_chain(
    foreign: str, tmp_path: Path, chain_id: str, refused: bool
) -> None:
    environment = {"TBI_CHAIN_URLS": foreign, "TBI_STATE_DIR": str(tmp_path), "TBI_KEY_FILE": str(tmp_path / "key")}
    chain = chain_of(load(KeeperConfig, {**environment, "TBI_CHAIN_ID": chain_id}))
    if refused:
        with pytest.raises(ChainUnavailable):
            chain.info()
    else:
        assert chain.info().chain_id == chain_id


def test_a_chain_id_has_64_digits(tmp_path: Path) -> None:
    environment = {"TBI_CHAIN_URLS": "http://a", "TBI_STATE_DIR": str(tmp_path), "TBI_KEY_FILE": str(tmp_path / "key")}
    with pytest.raises(ConfigurationError, match="TBI_CHAIN_ID"):
        load(KeeperConfig, {**environment, "TBI_CHAIN_ID": "abc"})
