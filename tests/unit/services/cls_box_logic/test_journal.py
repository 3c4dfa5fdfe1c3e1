"""The journal: nobody changes it unseen, it is bounded, and full means that nothing is done which it could not note."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from cli.journal import BROKEN, HOLDS, UNKNOWN
from cli.journal import journal as command
from services.cls_box_logic.answers import Answers
from services.cls_box_logic.domain.hash_chain import BrokenChain
from services.cls_box_logic.domain.proof import head_digest
from services.cls_box_logic.errors import JournalFull, TpmAway
from services.cls_box_logic.inbox import Event, Inbox
from services.cls_box_logic.journal import ALARM_SHARE, KEEP_MS, Journal, shown, shown_head
from services.cls_box_logic.service.notary import SIGN_AFTER_MS, Notary
from services.shared.chain.keys import r1_public_key, r1_signature
from services.tpm_api.domain import journal_digest

SLOT = 1_795_305_600
SMALL = 200_000


class Signer:
    """A key in software; `away` as a TPM may be."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = r1_public_key(self._key.public_key())
        self.away = False

    def sign_journal(self, head: bytes) -> tuple[str, str]:
        if self.away:
            raise TpmAway("the TPM does not answer")
        digest = head_digest(head)
        r, s = decode_dss_signature(self._key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
        return r1_signature(r, s, digest, self.public_key), self.public_key


class Clock:
    def __init__(self) -> None:
        self.now_ms = SLOT * 1000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    made = Journal(tmp_path, clock, SMALL)
    yield made
    made.close()


@pytest.fixture
def inbox(tmp_path: Path, clock: Clock) -> Iterator[Inbox]:
    made = Inbox(tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def notary(journal: Journal, inbox: Inbox, signer: Signer, clock: Clock) -> Notary:
    return Notary(journal, inbox, signer, clock)


def fill(journal: Journal, until: Callable[[], bool], slot: int = SLOT) -> int:
    """Readings until `until`; gives the last one's number."""
    last = 0
    while not until():
        last = journal.append("measured", {"point": 1, "text": "x" * 500}, market="lem", slot=slot)
    return last


def page(journal: Journal, since: int = 0, limit: int = 10_000) -> dict[str, object]:
    """As GET /journal answers."""
    before, found = journal.before(since)
    entries = journal.since(before, limit)
    last = entries[-1].seq if entries else before
    return {
        "previous": {"seq": before, "hash": found.hex()},
        "items": [shown(entry) for entry in entries],
        "heads": [shown_head(head) for head in journal.heads(before, last)],
        "next_since": last,
    }


def run(tmp_path: Path, content: object, *options: str) -> tuple[int, str]:
    file = tmp_path / "pages.json"
    file.write_text(json.dumps(content))
    result = CliRunner().invoke(command, [str(file), *options])
    return result.exit_code, result.output


def test_an_entry_cannot_be_changed_or_taken_out(journal: Journal, tmp_path: Path) -> None:
    journal.append("measured", {"point": 1})
    with sqlite3.connect(tmp_path / "journal.db") as other:
        for statement in ("DELETE FROM entries", "UPDATE entries SET kind = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(statement)


def test_what_a_thief_of_the_disk_changes_is_seen(journal: Journal, tmp_path: Path) -> None:
    for number in range(5):
        journal.append("measured", {"point": number, "fed_in_wh": 250}, market="lem", slot=SLOT)
    assert journal.verify() == 5
    with sqlite3.connect(tmp_path / "journal.db") as thief:
        thief.execute("DROP TRIGGER entries_stay")
        thief.execute("""UPDATE entries SET data = '{"fed_in_wh":999,"point":2}' WHERE seq = 3""")
    with pytest.raises(BrokenChain, match="entry 3 was changed"):
        journal.verify()
    with sqlite3.connect(tmp_path / "journal.db") as thief:
        thief.execute("DROP TRIGGER entries_keep")
        thief.execute("DELETE FROM entries WHERE seq = 3")
    with pytest.raises(BrokenChain, match="after entry 2 comes entry 4"):
        journal.verify()


def test_one_thing_is_noted_once(journal: Journal) -> None:
    first = journal.append("sent", {"block_num": 1}, once="deliver:lem:900")
    assert journal.append("sent", {"block_num": 1}, once="deliver:lem:900") == first
    assert journal.append("measured", {}, once="deliver:lem:900") == first + 1
    assert journal.head()[0] == first + 1


def test_the_head_is_signed_and_a_tpm_that_was_away_signs_a_later_one(
    journal: Journal, notary: Notary, signer: Signer, clock: Clock
) -> None:
    journal.append("measured", {"point": 1})
    signer.away = True
    notary.look()
    assert notary.trouble == "the TPM does not answer"
    journal.append("measured", {"point": 2})
    signer.away = False
    notary.look()
    assert [head.seq for head in journal.heads(0, 9)] == [2]
    journal.append("measured", {"point": 3})
    notary.look()
    assert journal.state().signed == 2
    clock.now_ms += SIGN_AFTER_MS
    notary.look()
    assert journal.state().signed == 3
    assert notary.trouble is None


def test_what_is_signed_is_what_the_tpm_api_signs(journal: Journal) -> None:
    assert head_digest(journal.head()[1]) == journal_digest(journal.head()[1])


def test_the_command_checks_hashes_and_signatures(
    journal: Journal, notary: Notary, signer: Signer, tmp_path: Path
) -> None:
    for number in range(4):
        journal.append("measured", {"point": number, "who": "Müller"}, market="lem", slot=SLOT)
    notary.look()
    pages = [page(journal, limit=2), page(journal, since=2)]
    code, said = run(tmp_path, pages, "--key", signer.public_key)
    assert (code, "entries 1 to 4" in said, "over entry 4" in said) == (HOLDS, True, True)
    assert run(tmp_path, pages, "--key", Signer().public_key)[0] == BROKEN
    assert run(tmp_path, [pages[0], pages[0]])[0] == BROKEN
    assert run(tmp_path, {"items": []})[0] == UNKNOWN
    pages[1]["heads"][0]["signature"] = Signer().sign_journal(journal.head()[1])[0]  # type: ignore[index] # JSON
    code, said = run(tmp_path, pages)
    assert (code, "signature over the head of entry 4" in said) == (BROKEN, True)
    whole = page(journal)
    whole["items"][1]["data"]["point"] = 77  # type: ignore[index] # JSON
    code, said = run(tmp_path, whole)
    assert (code, "entry 2 was changed" in said) == (BROKEN, True)


def test_the_command_says_what_is_signed_and_what_not(
    journal: Journal, notary: Notary, signer: Signer, tmp_path: Path
) -> None:
    assert run(tmp_path, page(journal), "--key", signer.public_key) == (HOLDS, "there is no entry after 0\n")
    journal.append("measured", {"point": 1})
    code, said = run(tmp_path, page(journal))
    assert (code, "no TPM has signed any of them" in said) == (HOLDS, True)
    code, said = run(tmp_path, page(journal), "--key", signer.public_key)
    assert (code, f"nothing of it is signed by {signer.public_key}" in said) == (UNKNOWN, True)
    notary.look()
    journal.append("measured", {"point": 2})
    code, said = run(tmp_path, page(journal), "--key", signer.public_key)
    assert (code, "up to 1 (1 heads" in said, "1 are not signed yet" in said) == (HOLDS, True, True)


def test_full_is_an_alarm_and_nothing_that_is_not_settled_goes(
    journal: Journal, inbox: Inbox, notary: Notary, clock: Clock
) -> None:
    inbox.take(Event("1.lem.1.1", "lem", "senddata", 1, SLOT, by_hand=False))
    last = fill(journal, lambda: journal.state().used >= 1)
    clock.now_ms += KEEP_MS + 1
    notary.look()
    assert journal.state().removed == 0
    assert "full" in (journal.state().trouble or "")
    with pytest.raises(JournalFull):
        journal.append("measured", {"point": 1})
    assert [entry.seq for entry in journal.since(0, 10_000)] == list(range(1, last + 1))
    inbox.finish("1.lem.1.1", {"status": "delivered"})
    notary.look()
    assert journal.state().removed == last
    assert journal.append("measured", {"point": 1}) == last + 1
    assert journal.verify() == last + 1


def test_what_is_young_or_unsigned_stays(journal: Journal, notary: Notary, clock: Clock) -> None:
    fill(journal, lambda: journal.state().used >= ALARM_SHARE)
    clock.now_ms += KEEP_MS + 1
    assert journal.tidy(notary.is_done) == 0
    journal.add_head(*journal.head(), "SIG_R1_x", "PUB_R1_x")
    clock.now_ms -= KEEP_MS
    assert journal.tidy(notary.is_done) == 0
    clock.now_ms += KEEP_MS
    assert journal.tidy(notary.is_done) > 0


def test_what_was_removed_leaves_a_chain_that_begins_at_a_signed_head(
    journal: Journal, notary: Notary, clock: Clock, tmp_path: Path
) -> None:
    fill(journal, lambda: journal.state().used >= 0.5)
    notary.look()
    signed = journal.state().signed
    clock.now_ms += KEEP_MS + 1
    fill(journal, lambda: journal.state().used >= ALARM_SHARE)
    while journal.tidy(notary.is_done):
        pass
    assert journal.state().removed == signed
    rest = page(journal)
    assert rest["previous"] == {"seq": signed, "hash": journal.heads(signed, signed)[0].hash.hex()}
    assert run(tmp_path, rest)[0] == HOLDS


def test_a_full_disk_is_a_full_journal_and_noted_on_when_there_is_room(journal: Journal) -> None:
    connection = journal._database.connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalFull, match="disk is full"):
        fill(journal, lambda: False)
    last = journal.head()[0]
    connection.execute("PRAGMA max_page_count = 1000000")
    assert journal.append("measured", {"point": 1}) == last + 1
    assert journal.verify() == last + 1


def test_orders_stop_before_deliveries_do(journal: Journal, tmp_path: Path) -> None:
    fill(journal, lambda: journal.state().used >= ALARM_SHARE)
    answers = Answers(tmp_path, lambda: 0, "a", journal.check_room)
    with pytest.raises(JournalFull):
        answers.begin("k", {"x": 1})
    answers.close()
    assert journal.append("measured", {"point": 1})


def test_an_order_that_was_answered_is_answered_again_by_a_full_box(journal: Journal, tmp_path: Path) -> None:
    answers = Answers(tmp_path, lambda: 0, "a", journal.check_room)
    assert answers.begin("k", {"x": 1}) is None
    answers.finish("k", {"answer": {"offer_id": 3}})
    fill(journal, lambda: journal.state().used >= ALARM_SHARE)
    assert answers.begin("k", {"x": 1}) == {"answer": {"offer_id": 3}}
    answers.close()


def test_a_journal_without_hashes_is_taken_over(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as old:
        old.execute(
            "CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, "
            "kind TEXT NOT NULL, market TEXT, slot INTEGER, data TEXT NOT NULL)"
        )
        old.execute("""INSERT INTO journal VALUES (1, 5, 'sent', 'lem', 900, '{"b":1,"a":"ü"}')""")
        old.execute("CREATE TRIGGER journal_keeps BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'no'); END")
    taken = Journal(tmp_path, lambda: 0)
    assert [(entry.seq, entry.data) for entry in taken.since(0, 9)] == [(1, {"a": "ü", "b": 1})]
    assert taken.append("sent", {}) == taken.verify() == 2
    taken.close()
    again = Journal(tmp_path, lambda: 0)
    assert again.verify() == 2
    again.close()
