"""What a box signs, and what it does not."""

import contextlib
import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.shared.chain.abi import Abi
from services.shared.chain.keys import transaction_digest
from services.shared.chain.transaction import PackedAction, Transaction
from services.shared.chain.wire import PACK
from services.tpm_api.domain import (
    JOURNAL_TAG,
    MAX_ACTIONS,
    Malformed,
    NotAllowed,
    digest_to_sign,
    journal_digest,
    label_of,
)

NOW = 1_800_000_000.25
BOX = "box1"
CHAIN = "cf" * 32
OWN = ((BOX, "active"),)


def names(*values: str) -> bytes:
    return b"".join(PACK["name"](value) for value in values)


def action(name: str, party: str = BOX, account: str = "tbimarket") -> PackedAction:
    return PackedAction(account, name, OWN, names("lem", party) + bytes(24))


def deposit(sender: str = BOX, receiver: str = "tbimarket", tail: bytes = b"") -> PackedAction:
    data = names(sender, receiver) + PACK["asset"]("1.000000 EUR") + PACK["string"]("lem") + tail
    return PackedAction("tbitoken", "transfer", OWN, data)


def transaction(*actions: PackedAction, expiration: int = int(NOW) + 60, delay_sec: int = 0) -> Transaction:
    return Transaction(expiration, 1, 2, actions, delay_sec=delay_sec)


def digest(value: Transaction | bytes) -> bytes:
    packed = value if isinstance(value, bytes) else value.pack()
    return digest_to_sign(CHAIN, packed, account=BOX, now=NOW)


def reasons(value: Transaction) -> dict[str, str]:
    with pytest.raises(NotAllowed) as caught:
        digest(value)
    return caught.value.reasons


@pytest.mark.parametrize(
    "name",
    [
        *("offer", "retract", "bid", "deliver", "withdraw"),
        *("passaccept", "passdrop", "passend"),
        *("p2ppropose", "p2pdrop", "p2paccept"),
    ],
)
def test_the_market_actions_of_a_box_are_signed(name: str) -> None:
    value = transaction(action(name))
    assert digest(value) == transaction_digest(CHAIN, value.pack())


def test_a_deposit_is_signed_also_together_with_an_order() -> None:
    value = transaction(deposit(), action("bid"))
    assert digest(value) == hashlib.sha256(bytes.fromhex(CHAIN) + value.pack() + bytes(32)).digest()


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ("tbimarket", "award"),
        ("tbimarket", "setprices"),
        ("tbimarket", "passpropose"),
        ("tbimarket", "passclear"),
        ("tbimarket", "mintp2x"),
        ("tbimarket", "openmarket"),
        ("tbitoken", "issue"),
        ("tbitoken", "open"),
        ("tbipool", "addtraded"),
        ("tbiclsbox", "senddata"),
        ("eosio", "updateauth"),
        ("eosio", "linkauth"),
        ("eosio", "setcode"),
        ("eosio.msig", "approve"),
        ("evil", "bid"),
        ("tbimarket", ""),
    ],
)
def test_no_other_action_is_signed(account: str, name: str) -> None:
    assert "not among the actions" in reasons(transaction(action(name, account=account)))["actions.0"]


def test_one_foreign_action_among_allowed_ones_is_enough() -> None:
    assert set(reasons(transaction(action("bid"), action("award"), action("bid")))) == {"actions.1"}


@pytest.mark.parametrize(
    "authorization",
    [
        (),
        (("box2", "active"),),
        ((BOX, "owner"),),
        ((BOX, "active"), ("box2", "active")),
        ((BOX, "active"), (BOX, "active")),
    ],
)
def test_no_other_authorization_than_the_boxs_own_is_signed(authorization: tuple[tuple[str, str], ...]) -> None:
    foreign = dataclasses.replace(action("bid"), authorization=authorization)
    assert "box1@active" in reasons(transaction(foreign))["actions.0"]


def test_an_action_for_another_account_is_not_signed() -> None:
    assert "acts for box2" in reasons(transaction(action("bid", party="box2")))["actions.0"]


@pytest.mark.parametrize("data", [b"", b"1234567", names("lem")])
def test_an_action_whose_data_ends_early_is_not_signed(data: bytes) -> None:
    assert "cannot be read" in reasons(transaction(dataclasses.replace(action("bid"), data=data)))["actions.0"]


def test_money_goes_to_the_market_only() -> None:
    assert "to tbimarket only" in reasons(transaction(deposit(receiver="thief")))["actions.0"]


def test_anothers_money_is_not_moved() -> None:
    assert "from box2" in reasons(transaction(deposit(sender="box2")))["actions.0"]


def test_nothing_follows_a_deposits_memo() -> None:
    assert "after the memo" in reasons(transaction(deposit(tail=b"\0")))["actions.0"]


@pytest.mark.parametrize("expiration", [0, int(NOW) - 1, int(NOW), int(NOW) + 3601, 2**32 - 1])
def test_a_transaction_expires_within_the_hour(expiration: int) -> None:
    assert set(reasons(transaction(action("bid"), expiration=expiration))) == {"expiration"}


@pytest.mark.parametrize("expiration", [int(NOW) + 1, int(NOW) + 3600])
def test_the_bounds_of_the_expiry_are_signed(expiration: int) -> None:
    assert digest(transaction(action("bid"), expiration=expiration))


def test_a_deferred_transaction_is_not_signed() -> None:
    assert set(reasons(transaction(action("bid"), delay_sec=1))) == {"delay_sec"}


@pytest.mark.parametrize("count", [0, MAX_ACTIONS + 1, 200])
def test_a_transaction_has_a_bounded_number_of_actions(count: int) -> None:
    assert set(reasons(transaction(*[action("bid")] * count))) == {"actions"}


def test_all_that_is_not_allowed_is_said_at_once() -> None:
    value = transaction(action("award"), action("bid", party="box2"), expiration=0, delay_sec=9)
    assert set(reasons(value)) == {"actions.0", "actions.1", "expiration", "delay_sec"}


def packed_with(context_free: bytes = b"\0", extensions: bytes = b"\0") -> bytes:
    plain = transaction(action("bid")).pack()
    return plain[:13] + context_free + plain[14:-1] + extensions


def test_the_parts_are_where_the_next_test_takes_them_to_be() -> None:
    assert packed_with() == transaction(action("bid")).pack()


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        bytes(15),
        packed_with(context_free=b"\1" + action("bid").pack()),
        packed_with(extensions=b"\1\0\0\0"),
        packed_with() + b"\0",
        packed_with()[:-1],
        packed_with(context_free=b"\x80\0"),  # a zero in two bytes: the same content in another form
        b"\xff" * 100,
    ],
)
def test_what_is_no_transaction_in_its_one_form_is_malformed(packed: bytes) -> None:
    with pytest.raises(Malformed):
        digest(packed)


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_else(packed: bytes) -> None:
    with pytest.raises((Malformed, NotAllowed)):
        digest(packed)


@settings(max_examples=500)
@given(position=st.integers(0, 10**6), value=st.integers(1, 255))
def test_a_changed_byte_never_signs_as_the_same_transaction(position: int, value: int) -> None:
    packed = bytearray(transaction(deposit(), action("bid")).pack())
    before = digest(bytes(packed))
    packed[position % len(packed)] ^= value
    with contextlib.suppress(Malformed, NotAllowed):
        assert digest(bytes(packed)) != before


def test_a_journal_head_never_passes_for_a_transaction() -> None:
    head = bytes(range(32))
    assert journal_digest(head) == hashlib.sha256(JOURNAL_TAG + head).digest()
    shortest = len(bytes.fromhex(CHAIN) + transaction().pack() + bytes(32))
    assert len(JOURNAL_TAG) + 32 < shortest


@pytest.mark.parametrize("label", ["", "-attestation", "A", "a b", "a/../b", "a" * 33, "1a", "ä", "a\n"])
def test_a_label_is_a_plain_word(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        label_of(label)


TERMS = {
    "unit": 7,
    "slot": 900,
    "energy_wh": 1,
    "price": 1,
    "key": 1,
    "from_slot": 900,
    "until_slot": 0,
    "end_slot": 900,
}
ACTS = {"passaccept": "owner", "passdrop": "party", "passend": "party"}
ACTS |= {"p2ppropose": "seller", "p2pdrop": "party", "p2paccept": "buyer"}
ABI = Abi(json.loads((Path(__file__).parents[4] / "contracts/build/tbimarket.abi").read_text(encoding="utf-8")))


@pytest.mark.parametrize(("name", "role"), ACTS.items())
def test_an_agreement_is_signed_in_the_role_in_which_the_box_acts(name: str, role: str) -> None:
    """As the contract has the action: who is bound is the box's own account, and nobody else is."""
    roles = [field for field, kind in ABI.fields(name) if kind == "name" and field != "market"]

    def by(account: str, others: str) -> PackedAction:
        data = {**TERMS, **dict.fromkeys(roles, others), "market": "lem", role: account}
        wanted = {field: data[field] for field, _ in ABI.fields(name)}
        return PackedAction("tbimarket", name, OWN, ABI.pack_action(name, wanted))

    assert digest(transaction(by(BOX, "another1")))
    assert "acts for another1" in reasons(transaction(by("another1", BOX)))["actions.0"]
