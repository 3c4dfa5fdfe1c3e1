"""Transactions in binary."""

from __future__ import annotations

import hashlib

import pytest

from services.shared.chain.errors import AbiError
from services.shared.chain.transaction import (
    Action,
    PackedAction,
    SignedTransaction,
    Transaction,
    tapos,
    unpack_transaction,
)

ACTION = PackedAction("eosio.token", "transfer", (("alice", "active"), ("bob", "owner")), b"\x01\x02")


def test_a_transaction_byte_by_byte() -> None:
    packed = Transaction(0x01020304, 0x0506, 0x0708090A, (ACTION,), max_net_usage_words=300).pack()
    assert packed.hex() == (
        "04030201" "0605" "0a090807" "ac02" "00" "00"  # header
        "00"  # context-free actions
        "01" "00a6823403ea3055" "000000572d3ccdcd"  # eosio.token::transfer
        "02" "0000000000855c34" "00000000a8ed3232" "0000000000000e3d" "0000000080ab26a7"
        "020102"
        "00"  # extensions
    )  # fmt: skip
    assert unpack_transaction(packed) == Transaction(0x01020304, 0x0506, 0x0708090A, (ACTION,), 300)


def test_id_and_expiration_are_those_of_the_packed_bytes() -> None:
    packed = Transaction(1234, 1, 2, (ACTION,)).pack()
    signed = SignedTransaction(packed, ())
    assert (signed.id, signed.expiration) == (hashlib.sha256(packed).hexdigest(), 1234)


@pytest.mark.parametrize("cut", range(0, 40, 3))
def test_a_cut_transaction_is_none(cut: int) -> None:
    packed = Transaction(1, 2, 3, (ACTION,)).pack()
    with pytest.raises(AbiError):
        unpack_transaction(packed[:cut])


def test_what_a_signer_must_not_overlook_is_refused() -> None:
    packed = Transaction(1, 2, 3, ()).pack()
    with pytest.raises(AbiError, match="context-free"):
        unpack_transaction(packed[:-3] + b"\x01" + packed[-2:])
    with pytest.raises(AbiError, match="extensions"):
        unpack_transaction(packed[:-1] + b"\x01")
    with pytest.raises(AbiError, match="more bytes"):
        unpack_transaction(packed + b"\x00")


def test_tapos_are_the_low_number_and_the_third_word_of_the_id() -> None:
    assert tapos("0001e240" + "aabbccdd" + "04030201" + "00" * 20) == (0xE240, 0x01020304)


def test_an_actions_authorization_is_kept_in_order() -> None:
    action = Action("a", "b", [("x", "active"), ("y", "owner")], {"n": 1})
    assert action.packed(b"data") == PackedAction("a", "b", (("x", "active"), ("y", "owner")), b"data")
