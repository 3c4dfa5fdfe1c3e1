"""A recorded day of a real node passes; whoever tampers with it is found."""

from __future__ import annotations

import gzip
import json
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from auditor.audit import Result, audit
from auditor.chain.known import known_code
from auditor.chain.sources import BlockLogSource, ExportSource
from auditor.errors import CannotLook
from cli.audit import DIVERGES, EQUAL, UNKNOWN
from cli.audit import audit as command

HERE = Path(__file__).with_name("recorded_day")
DAY = HERE / "day.export.gz"
SEEDS = range(12)
EVENTS = ("logaward", "logsettle", "logsweep", "ack", "addtraded", "addmeasured", "addforecast")
Lines = list[dict[str, Any]]


def say(_text: str) -> None:
    """Progress is not looked at here."""


@pytest.fixture(scope="module")
def day() -> str:
    return gzip.decompress(DAY.read_bytes()).decode()


@pytest.fixture(scope="module")
def log() -> bytes:
    return gzip.decompress((HERE / "blocks.log.gz").read_bytes())


def audited(day: str, folder: Path, tamper: Callable[[Lines], object], *, proofs: bool = True) -> Result:
    """The day after somebody changed its lines; without `proofs`, as if he could have signed them as the producer."""
    lines = [json.loads(line) for line in day.splitlines()]
    tamper(lines)
    path = folder / "export.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(line) for line in lines).encode(), 1))
    return audit(ExportSource(path), say, proofs=proofs)


def actions(lines: Lines, *names: str, all_receivers: bool = False) -> list[tuple[int, dict[str, Any]]]:
    """Block and action of all that have one of the names; without names, of the market's contracts."""
    return [
        (number, action)
        for number, line in enumerate(lines)
        for transaction in (line.get("trace") or {"transactions": []})["transactions"]
        for action in transaction["actions"]
        if (action["action"] in names if names else action["account"].startswith("tbi"))
        and (all_receivers or action["receiver"] == action["account"])
    ]


def patched(action: dict[str, Any], place: int, form: str, change: int) -> None:
    """Adds to a number inside the action's data."""
    data = bytearray.fromhex(action["data"])
    (value,) = struct.unpack_from(form, data, place)
    struct.pack_into(form, data, place, value + change)
    action["data"] = data.hex()


def test_the_day_is_equal() -> None:
    result = audit(ExportSource(DAY), say)
    assert (result.finding, result.traced, result.blocks) == (None, True, 76)
    assert {name: result.counts[name] for name in ("award", "deliver", "settle", "logaward", "logsettle")} == {
        "award": 2,
        "deliver": 2,
        "settle": 3,
        "logaward": 3,
        "logsettle": 3,
    }
    assert all(code["known"] for code in result.codes)
    assert sum(key["signatures"] for key in result.keys) == result.counts["signatures"]
    boxes = [key for key in result.keys if key["key"].startswith("PUB_R1_")]
    assert boxes
    assert all(len(key["accounts"]) == 1 for key in boxes)


def test_the_block_log_is_equal(log: bytes, tmp_path: Path) -> None:
    path = tmp_path / "blocks.log"
    path.write_bytes(log)
    result = audit(BlockLogSource(path), say)
    assert (result.finding, result.traced, result.counts["settle"]) == (None, False, 3)


# whoever can sign as the producer is found by the rules


@pytest.mark.parametrize("seed", SEEDS)
def test_a_forged_award_is_found(day: str, tmp_path: Path, seed: int) -> None:
    def forge(lines: Lines) -> None:
        choice = random.Random(seed)
        _, award = choice.choice(actions(lines, "logaward"))
        place, form = choice.choice(((8, "<Q"), (16, "<B"), (17, "<Q"), (25, "<I")))  # offer, status, buyer, price
        patched(award, place, form, choice.randint(1, 100))

    found = audited(day, tmp_path, forge, proofs=False).finding
    assert found is not None
    assert (found.rule, found.action) == ("M-AWD-01", "tbimarket::logaward")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_moved_cent_is_found(day: str, tmp_path: Path, seed: int) -> None:
    def move(lines: Lines) -> None:
        choice = random.Random(seed)
        name, places = choice.choice((("logsettle", (68, 76, 84, 92)), ("logsweep", (20,)), ("transfer", (16,))))
        moved = [action for _, action in actions(lines, name) if name != "transfer" or _by_market(action)]
        patched(choice.choice(moved), choice.choice(places), "<q", choice.choice((-10_000, 1, 10_000)))

    found = audited(day, tmp_path, move, proofs=False).finding
    assert found is not None
    assert found.rule in {"M-SET-05", "M-SEC-01", "M-LED-02"}


def _by_market(action: dict[str, Any]) -> bool:
    return any(level["account"] == "tbimarket" for level in action["authorization"])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", EVENTS)
def test_a_missing_event_is_found(day: str, tmp_path: Path, name: str, seed: int) -> None:
    def drop(lines: Lines) -> None:
        number, action = random.Random(seed).choice(actions(lines, name))
        for transaction in lines[number]["trace"]["transactions"]:
            transaction["actions"] = [item for item in transaction["actions"] if item is not action]

    found = audited(day, tmp_path, drop, proofs=False).finding
    assert found is not None
    assert found.rule.startswith("M-")


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_that_nobody_placed_is_found(day: str, tmp_path: Path, seed: int) -> None:
    """An action that stands twice: a second bid, award, delivery, settlement."""

    def repeat(lines: Lines) -> None:
        names = ("offer", "bid", "award", "deliver", "settle", "sweep", "p2paccept", "regunit", "regpoint")
        number, action = random.Random(seed).choice(actions(lines, *names))
        transaction = next(item for item in lines[number]["trace"]["transactions"] if action in item["actions"])
        again = {**action, "global_sequence": max(item["global_sequence"] for item in transaction["actions"]) + 1}
        transaction["actions"].append(again)

    found = audited(day, tmp_path, repeat, proofs=False).finding
    assert found is not None
    assert found.rule.startswith("M-")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_swapped_key_is_found(day: str, tmp_path: Path, seed: int) -> None:
    """The signature of another order stands under one: made by a key, but for something else."""

    def swap(lines: Lines) -> None:
        signed = [item["trx"][1] for line in lines for item in line.get("raw", {"transactions": []})["transactions"]]
        own = [item for item in signed if isinstance(item, dict) and item["signatures"][0].startswith("SIG_R1")]
        one, other = random.Random(seed).sample(own, 2)
        one["signatures"] = other["signatures"]

    found = audited(day, tmp_path, swap, proofs=False).finding
    assert found is not None
    assert (found.rule, found.key[:7], found.account != "") == ("M-REG-04", "PUB_R1_", True)


# whoever cannot is found by the bytes


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(part, (*path, key))
    elif isinstance(value, str) and len(value) >= 64 and path[-1] != "id":
        yield path


@pytest.mark.parametrize("seed", range(24))
def test_any_changed_digit_of_the_export_is_found(day: str, tmp_path: Path, seed: int) -> None:
    def change(lines: Lines) -> None:
        choice = random.Random(seed)
        line: Any = choice.choice(lines[2:-1])
        path = choice.choice(list(_leaves({key: line["raw"][key] for key in line["raw"]}, ("raw",))))
        for key in path[:-1]:
            line = line[key]
        text = line[path[-1]]
        place = choice.randrange(12, len(text) - 1)
        line[path[-1]] = text[:place] + ("2" if text[place] != "2" else "3") + text[place + 1 :]

    result = audited(day, tmp_path, change)
    assert result.finding is not None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_changed_trace_is_found_by_its_blocks_root(day: str, tmp_path: Path, seed: int) -> None:
    def change(lines: Lines) -> None:
        _, action = random.Random(seed).choice(actions(lines))
        action["data"] = action["data"][:-2] + f"{int(action['data'][-2:], 16) ^ 1:02x}"

    found = audited(day, tmp_path, change).finding
    assert found is not None
    assert found.rule == "actions"


@pytest.mark.parametrize("seed", range(24))
def test_any_changed_byte_of_the_block_log_is_found(log: bytes, tmp_path: Path, seed: int) -> None:
    choice = random.Random(seed)
    changed = bytearray(log)
    changed[choice.randrange(8, len(log))] ^= 1 << choice.randrange(8)
    path = tmp_path / "blocks.log"
    path.write_bytes(changed)
    try:
        found = audit(BlockLogSource(path), say).finding
    except CannotLook:
        return
    assert found is not None


def test_a_contract_that_awards_wrongly_is_found_by_its_code_and_by_its_award() -> None:
    chain = ExportSource(HERE / "wrong_award.export.gz")
    by_code = audit(chain, say).finding
    assert by_code is not None
    assert (by_code.rule, by_code.action) == ("code", "setcode tbimarket")

    known = {**known_code(), "tbimarket": [by_code.found]}
    by_award = audit(chain, say, known).finding
    assert by_award is not None
    assert (by_award.rule, by_award.action) == ("M-AWD-01", "tbimarket::logaward")


def test_unknown_code_is_found() -> None:
    known = {**known_code(), "tbimarket": ["0" * 64]}
    found = audit(ExportSource(DAY), say, known).finding
    assert found is not None
    assert (found.rule, found.action) == ("code", "setcode tbimarket")


def test_the_known_codes_are_those_built() -> None:
    sources = json.loads((Path(__file__).parents[3] / "contracts/build/sources.json").read_text())
    for account, hashes in known_code().items():
        assert sources["results"][f"contracts/build/{account}.wasm"] in hashes, (
            f"add it to auditor/chain/known_code.json: {account}"
        )


# the command


def test_the_commands_exit_codes(day: str, tmp_path: Path) -> None:
    run = CliRunner().invoke
    told = tmp_path / "result.json"
    done = run(command, ["--export", str(DAY), "--json", str(told)])
    assert (done.exit_code, done.output.splitlines()[-1]) == (EQUAL, "equal"), done.output
    assert json.loads(told.read_text())["equal"] is True

    wrong = tmp_path / "wrong.gz"
    lines = [json.loads(line) for line in day.splitlines()]
    lines[40]["raw"]["confirmed"] += 1
    wrong.write_bytes(gzip.compress("\n".join(json.dumps(line) for line in lines).encode(), 1))
    done = run(command, ["--export", str(wrong)])
    assert (done.exit_code, "DIVERGENCE  block 40" in done.output) == (DIVERGES, True), done.output

    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress("\n".join(day.splitlines()[:-1]).encode(), 1))
    for arguments in (
        ["--export", str(cut)],
        ["--export", str(tmp_path / "none")],
        ["--export", str(HERE / "README.md")],
    ):
        assert run(command, arguments).exit_code == UNKNOWN
    assert run(command, ["--export", str(DAY), "--chain-id", "0" * 64]).exit_code == UNKNOWN
    assert run(command, ["--export", str(DAY), "--node", "http://127.0.0.1:1"]).exit_code == UNKNOWN
