"""Pages name the block whose state they show."""

from __future__ import annotations

from typing import Any, cast

import pytest

from services.blockchain_connector.reader.service import Reader
from services.shared.chain.errors import ChainUnavailable
from tests.unit.services.blockchain_connector.scripted import ScriptedChain


@pytest.fixture
def chain() -> ScriptedChain:
    made = ScriptedChain()
    made.tables["tbimarket", "lem", "offers"] = [{"id": 1}]
    made.next_key = "2"
    return made


def _read(chain: ScriptedChain, cursor: str | None = None) -> dict[str, Any]:
    names = ("lower", "upper", "key_type")
    query = {"scope": "lem", "cursor": cursor, "index": 1, "limit": 1, **dict.fromkeys(names)}
    return Reader(cast(Any, chain)).table("tbimarket", "offers", query)


def test_a_later_page_says_whether_it_shows_the_first_ones_state(chain: ScriptedChain) -> None:
    first = _read(chain)
    assert (first["block_num"], first["first_block_num"], first["next_cursor"]) == (10, 10, "10_2")
    same = _read(chain, first["next_cursor"])
    assert (same["block_num"], same["first_block_num"]) == (10, 10)
    chain.head = 11
    later = _read(chain, first["next_cursor"])
    assert (later["block_num"], later["first_block_num"], later["next_cursor"]) == (11, 10, "10_2")


def test_a_page_that_a_block_fell_into_is_read_again(chain: ScriptedChain) -> None:
    reads = []

    def one_block_more() -> None:
        reads.append(1)
        if len(reads) == 1:
            chain.head += 1

    chain.on_page = one_block_more
    assert (_read(chain)["block_num"], len(reads)) == (11, 2)


def test_a_page_of_two_states_is_never_given(chain: ScriptedChain) -> None:
    def always_one_more() -> None:
        chain.head += 1
        chain.tables["tbimarket", "lem", "offers"] = [{"id": chain.head}]

    chain.on_page = always_one_more
    with pytest.raises(ChainUnavailable, match="faster"):
        _read(chain)


def test_rows_that_are_the_same_before_and_after_a_head_are_that_heads(chain: ScriptedChain) -> None:
    """On a machine where every read takes longer than a block."""
    reads = []

    def always_one_more() -> None:
        reads.append(chain.head)
        chain.head += 1

    chain.on_page = always_one_more
    found = _read(chain)
    assert (found["items"], found["block_num"], reads) == ([{"id": 1}], 11, [10, 11])


def test_a_cursor_of_another_form_is_a_key(chain: ScriptedChain) -> None:
    assert _read(chain, "alice")["first_block_num"] == 10


def _numbered(chain: ScriptedChain, first: int, last: int, fork: str = "") -> None:
    for number in range(first, last + 1):
        chain.numbered[number] = {
            "number": number,
            "id": f"{fork}{number}",
            "previous_id": f"{fork}{number - 1}",
            "time": float(number),
            "transactions": [],
        }


def _blocks(chain: ScriptedChain, **query: int) -> tuple[list[int], str | None]:
    page = Reader(cast(Any, chain)).blocks({"after": None, "limit": 4, "cursor": None, **query})
    return [block["number"] for block in page["items"]], page["next_cursor"]


def test_blocks_come_the_newest_first_and_page_downwards(chain: ScriptedChain) -> None:
    _numbered(chain, 1, 10)
    assert _blocks(chain) == ([10, 9, 8, 7], "7")
    assert _blocks(chain, cursor=7) == ([6, 5, 4, 3], "3")
    assert _blocks(chain, cursor=3) == ([2, 1], None)
    assert _blocks(chain, cursor=1) == ([], None)


def test_only_blocks_above_the_callers_newest(chain: ScriptedChain) -> None:
    _numbered(chain, 1, 10)
    assert _blocks(chain, after=8) == ([10, 9], None)
    assert _blocks(chain, after=10) == ([], None)
    assert _blocks(chain, after=4) == ([10, 9, 8, 7], "7")
    assert _blocks(chain, after=4, cursor=7) == ([6, 5], None)


def test_a_head_without_a_trace_yet_is_left_out(chain: ScriptedChain) -> None:
    _numbered(chain, 1, 9)
    assert _blocks(chain) == ([9, 8, 7], "7")


def test_a_node_that_began_later_has_no_more_pages_below(chain: ScriptedChain) -> None:
    _numbered(chain, 8, 10)
    assert _blocks(chain) == ([10, 9, 8], None)


def test_blocks_of_two_forks_are_never_given(chain: ScriptedChain) -> None:
    _numbered(chain, 1, 10)
    _numbered(chain, 9, 10, fork="f")
    with pytest.raises(ChainUnavailable, match="fork"):
        _blocks(chain)
    assert _blocks(chain, cursor=9) == ([8, 7, 6, 5], "5")
