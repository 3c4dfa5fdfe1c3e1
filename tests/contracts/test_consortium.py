"""consortium: M-CON. A chain of its own, for its producers change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.chain_tester import Act, ChainTester, Pushed
from tests.contracts.scene import deploy_all, refused

PARTNERS = ["partnera", "partnerb", "partnerc", "partnerd"]
BLOCKS = 40
"""Enough for a schedule to become active with one producer."""


@pytest.fixture
def own_chain() -> Iterator[ChainTester]:
    with ChainTester() as chain:
        deploy_all(chain)
        for name in (*PARTNERS, "stranger", "producera", "producerb"):
            chain.create(name)
        yield chain


def set_partners(chain: ChainTester, *partners: str, by: str = "consortium") -> Pushed:
    return chain.push(Act("consortium", "setpartners", {"partners": list(partners)}, [by]))


def producer(chain: ChainTester, name: str, kind: str = "K1") -> dict[str, str]:
    """A producer with a new key, which this chain can sign blocks with."""
    public, private = chain.new_key(kind)
    chain.sign_blocks(public, private)
    return {"name": name, "key": public}


def vote(chain: ChainTester, partner: str, *producers: dict[str, str], by: str = "") -> Pushed:
    return chain.push(Act("consortium", "vote", {"partner": partner, "producers": list(producers)}, [by or partner]))


def rows(chain: ChainTester, table: str) -> list[dict[str, Any]]:
    return chain.rows("consortium", "consortium", table)


def version(chain: ChainTester) -> int:
    return int(chain.schedule()["active"]["version"])


def test_m_con_01_the_governance_sets_the_partners(own_chain: ChainTester) -> None:
    with refused("M-CON-01"):
        set_partners(own_chain, *PARTNERS, by="partnera")
    for bad in (
        [],
        ["partnerb", "partnera"],
        ["partnera", "partnera"],
        ["nobody"],
        [f"p{x}" for x in "abcdefghijklmnopqrstuv"],
    ):
        with refused("M-CON-01"):
            set_partners(own_chain, *bad)
    set_partners(own_chain, *PARTNERS)
    assert [row["account"] for row in rows(own_chain, "partners")] == PARTNERS
    set_partners(own_chain, "partnerb", "stranger")
    assert [row["account"] for row in rows(own_chain, "partners")] == ["partnerb", "stranger"]


def test_m_con_01_votes_of_those_who_leave_are_removed(own_chain: ChainTester) -> None:
    set_partners(own_chain, *PARTNERS)
    one, other = producer(own_chain, "producera"), producer(own_chain, "producerb")
    vote(own_chain, "partnera", one)
    vote(own_chain, "partnerb", other)
    set_partners(own_chain, "partnerb", "partnerc", "partnerd")
    assert [row["partner"] for row in rows(own_chain, "votes")] == ["partnerb"]
    assert [row["producers"][0]["name"] for row in rows(own_chain, "proposals")] == ["producerb"]


def test_m_con_02_a_partner_votes_by_his_own_authority(own_chain: ChainTester) -> None:
    set_partners(own_chain, *PARTNERS)
    one = producer(own_chain, "producera")
    with refused("M-CON-02"):
        vote(own_chain, "partnera", one, by="partnerb")
    with refused("M-CON-02"):
        vote(own_chain, "stranger", one)


def test_m_con_02_the_producers_ascend_and_exist(own_chain: ChainTester) -> None:
    set_partners(own_chain, *PARTNERS)
    one, other = producer(own_chain, "producera"), producer(own_chain, "producerb")
    for bad in ([], [other, one], [one, one], [producer(own_chain, "nobody")], [one] * 22):
        with refused("M-CON-02"):
            vote(own_chain, "partnera", *bad)


def test_m_con_02_a_new_vote_replaces_the_old(own_chain: ChainTester) -> None:
    set_partners(own_chain, *PARTNERS)
    one, other = producer(own_chain, "producera"), producer(own_chain, "producerb", "R1")
    vote(own_chain, "partnera", one)
    vote(own_chain, "partnera", one)
    vote(own_chain, "partnerb", one)
    vote(own_chain, "partnera", other)
    votes = rows(own_chain, "votes")
    assert [row["partner"] for row in votes] == ["partnera", "partnerb"]
    hashes = {row["hash"]: row["producers"] for row in rows(own_chain, "proposals")}
    assert [hashes[row["hash"]] for row in votes] == [[other], [one]]
    wanted = votes[0]["hash"]
    found = own_chain.rows(
        "consortium", "consortium", "proposals", index=2, key_type="sha256", lower=wanted, upper=wanted
    )
    assert [row["producers"] for row in found] == [[other]]
    vote(own_chain, "partnerb", other)
    assert len(rows(own_chain, "proposals")) == 1


def test_m_con_03_more_than_two_thirds_change_the_schedule(own_chain: ChainTester) -> None:
    set_partners(own_chain, *PARTNERS)
    producers = [producer(own_chain, "producera"), producer(own_chain, "producerb", "R1")]
    for partner in PARTNERS[:2]:
        vote(own_chain, partner, *producers)
    assert own_chain.schedule()["proposed"]["producers"] == []
    vote(own_chain, "partnerc", *producers)  # 3 of 4: floor(2 * 4 / 3) + 1
    assert [entry["producer_name"] for entry in own_chain.schedule()["proposed"]["producers"]] == [
        "producera",
        "producerb",
    ]
    assert rows(own_chain, "votes") == rows(own_chain, "proposals") == []
    before = version(own_chain)
    for _ in range(BLOCKS):
        own_chain.produce()
    active = own_chain.schedule()["active"]
    assert active["version"] == before + 1
    keys = {entry["producer_name"]: entry["authority"][1]["keys"][0]["key"] for entry in active["producers"]}
    assert keys == {entry["name"]: entry["key"] for entry in producers}


def test_m_con_03_the_schedule_in_force_is_not_proposed_again(own_chain: ChainTester) -> None:
    set_partners(own_chain, "partnera")
    one = producer(own_chain, "producera")
    vote(own_chain, "partnera", one)
    for _ in range(BLOCKS):
        own_chain.produce()
    with refused("M-CON-03"):
        vote(own_chain, "partnera", one)


def test_m_ram_02_the_consortium_pays_for_its_rows(own_chain: ChainTester) -> None:
    set_partners(own_chain, *PARTNERS)
    vote(own_chain, "partnera", producer(own_chain, "producera"))
    for table in ("partners", "votes", "proposals"):
        assert own_chain.payers("consortium", "consortium", table) == {"consortium"}
