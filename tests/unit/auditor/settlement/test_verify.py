"""A recorded settlement holds; changed anywhere it does not."""

import json
import os
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from auditor.settlement import files
from auditor.settlement.errors import Invalid, SettlementError, Unreadable
from auditor.settlement.files import Key
from auditor.settlement.verify import verify
from services.shared.chain import keys

SEEDS = range(int(os.environ.get("TBI_SEEDS", "60")))
Content = dict[str, Any]
Forged = Callable[[Callable[[Content], object]], bytes]


def test_the_sellers_file_holds_and_says_what_was_traded(seller: bytes) -> None:
    found = verify(seller)
    part = found.statement
    assert [(line["sold_wh"], line["delivered_wh"], line["net_eur"]) for line in part["sold"]] == [
        (1000, 1000, "0.210000"),
        (500, 200, "0.009000"),
    ]
    assert part["sold"][1]["penalty_eur"] == "0.033000"
    assert (part["totals"]["net_eur"], part["not_settled"], found.sealed_by) == ("0.219000", [], ("eosio",))


def test_the_buyers_file_holds_and_pays_for_what_he_did_not_use(buyer: bytes) -> None:
    [line] = verify(buyer).statement["bought"]
    assert (line["paid_to_seller_eur"], line["received_for_unused_eur"], line["net_eur"]) == (
        "0.210000",
        "0.024000",
        "-0.186000",
    )


def test_whose_it_is_and_of_which_chain_is_asked_for(seller: bytes, forged: Forged) -> None:
    signer, chain_id = verify(seller).signer, verify(seller).chain_id
    assert verify(seller, chain_id=chain_id, key=signer)
    with pytest.raises(Invalid, match="not by the expected key"):
        verify(forged(lambda _content: None), key=signer)
    with pytest.raises(Invalid, match="of the chain"):
        verify(seller, chain_id="0" * 64)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_changed_bit_anywhere_is_found(seller: bytes, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(5):
        changed = bytearray(seller)
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        with pytest.raises(SettlementError):
            verify(bytes(changed))


# What follows is signed again by the one who has changed it: only the proofs can tell.


def _other(rng: random.Random, text: str) -> str:
    """The text with one hexadecimal digit or digit changed."""
    places = [match.start() for match in re.finditer(r"[0-9a-f]", text)]
    place = rng.choice(places)
    digits = "0123456789" if "." in text else "0123456789abcdef"
    other = rng.choice([digit for digit in digits if digit != text[place]])
    return text[:place] + other + text[place + 1 :]


def _change(rng: random.Random, places: list[tuple[Any, Any]]) -> None:
    """One of the places (a container and a key in it) gets another text or number."""
    container, key = rng.choice(places)
    value = container[key]
    container[key] = (
        value + rng.choice([-1, 1])
        if isinstance(value, int) and value
        else (value + 1 if isinstance(value, int) else _other(rng, value))
    )


def _lines(content: Content) -> list[Content]:
    part = content["statement"]
    return [part["totals"], *part["sold"], *part["bought"], *part["surplus"]]


def _fields(items: list[Content], *endings: str) -> list[tuple[Any, Any]]:
    return [(item, name) for item in items for name in item if name.endswith(endings)]


def _each(items: list[list[str]]) -> list[tuple[Any, Any]]:
    return [(item, place) for item in items for place in range(len(item))]


def _parts(content: Content, name: str) -> list[Content]:
    return [item for block in content["blocks"] for item in block[name]]


PLACES: dict[str, Callable[[Content], list[tuple[Any, Any]]]] = {
    "an amount": lambda content: _fields(_lines(content), "_eur"),
    "an energy": lambda content: _fields(_lines(content), "_wh"),
    "a price": lambda content: _fields(_lines(content), "_kwh"),
    "a block's path": lambda content: _each([block["path"] for block in content["blocks"]]),
    "an action's path": lambda content: _each([item["path"] for item in _parts(content, "actions")]),
    "a block's header": lambda content: [(block, "header") for block in content["blocks"]],
    "an action": lambda content: [(item, "action") for item in _parts(content, "actions")],
    "a receipt": lambda content: [(item, "receipt") for item in _parts(content, "actions")],
    "a transaction": lambda content: [(item, "packed") for item in _parts(content, "transactions")],
    "what a transaction cost": lambda content: _fields(_parts(content, "transactions"), "cpu_us", "net_words"),
    "a sealing header": lambda content: [(item, "header") for item in content["chain"]["seal"]["headers"]],
    "the root before a seal": lambda content: [(item, "before") for item in content["chain"]["seal"]["headers"]],
    "the schedule's hash": lambda content: [(content["chain"]["seal"], "schedule_hash")],
    "the chain's id": lambda content: [(content["chain"], "id")],
    "the genesis": lambda content: [(content["chain"], "genesis")],
    "the first header": lambda content: [(content["chain"], "first_header")],
    "the first block's path": lambda content: _each([content["chain"]["anchor_path"]]),
    "an offer's number": lambda content: [
        (content["claim"]["offers"], number) for number in content["claim"]["offers"]
    ],
}
KINDS = sorted(PLACES)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_forged_part_is_found_by_the_proofs(forged: Forged, seed: int) -> None:
    rng = random.Random(seed)
    for what in [KINDS[seed % len(KINDS)], *rng.sample(KINDS, 4)]:
        file = forged(lambda content: _change(rng, PLACES[what](content)))  # noqa: B023 - called at once
        with pytest.raises(SettlementError):
            verify(file)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_forged_signature_is_found(seller: bytes, forger: Key, seed: int) -> None:
    """Signatures in their text form have a checksum: the bytes under it are changed, and the checksum made anew."""
    rng = random.Random(seed)
    content = json.loads(seller)
    transactions = [(item["signatures"], 0) for item in _parts(content, "transactions")]
    seals = [(item, "signature") for item in content["chain"]["seal"]["headers"]]
    container, key = rng.choice(transactions if seed % 2 else seals)
    kind, text = keys.from_text("SIG", container[key])
    body = bytearray(text)
    body[1 + rng.randrange(64)] ^= 1 << rng.randrange(8)
    container[key] = keys.to_text("SIG", kind, bytes(body))
    with pytest.raises(Invalid):
        verify(files.written(files.signed(content, forger)))


def test_a_period_or_a_participant_is_changed_only_with_the_operators_key(seller: bytes, forged: Forged) -> None:
    content = json.loads(seller)
    content["statement"]["to"] = "2026-11-29T00:00:00Z"
    with pytest.raises(Invalid, match="is not what"):
        verify(files.written(content))
    with pytest.raises(Invalid):
        verify(forged(lambda part: part["statement"].update({"from": "2026-11-28T07:15:00Z"})))
    with pytest.raises(Invalid):
        verify(forged(lambda part: part["statement"].update({"participant": "t413pauqkfgx"})))
    with pytest.raises(Invalid):
        verify(forged(lambda part: part["statement"].update({"market": "lem"})))


@pytest.mark.parametrize("number", range(13))
def test_an_action_that_is_left_out_is_missed(forged: Forged, number: int) -> None:
    """Each of the thirteen is needed: opening, box, point, offers, bids, awards, delivery, settlements, surplus."""

    def leave_out(content: Content) -> None:
        content["blocks"] = [
            {**block, "actions": [item for item in block["actions"] if item is not left_out]}
            for block in content["blocks"]
            for left_out in [_parts(content, "actions")[number]]
        ]
        content["blocks"] = [block for block in content["blocks"] if block["actions"]]

    with pytest.raises(Invalid):
        verify(forged(leave_out))


def test_two_offers_do_not_change_their_numbers(forged: Forged) -> None:
    def swap(content: Content) -> None:
        offers = content["claim"]["offers"]
        offers["1"], offers["2"] = offers["2"], offers["1"]

    with pytest.raises(Invalid, match="M-"):
        verify(forged(swap))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"format": "tbi-settlement/2"}', '{"format": "tbi-settlement/1"}', "[" * 9999]
)
def test_what_is_no_settlement_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        verify(text.encode())


def test_a_member_that_stands_there_twice_is_unreadable(seller: bytes) -> None:
    with pytest.raises(Unreadable, match="twice"):
        verify(seller.replace(b'"format":', b'"format":"tbi-settlement/1","format":'))
