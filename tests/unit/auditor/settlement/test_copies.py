"""CSV and PDF beside the file with the proofs."""

import csv
import io
import random
from collections.abc import Callable

import pytest

from auditor.settlement.copies import check_copy, csv_of, pdf_of
from auditor.settlement.errors import Invalid, SettlementError, Unreadable
from auditor.settlement.files import Key
from auditor.settlement.verify import verify

Made = Callable[[bytes, Key], bytes]


@pytest.fixture(scope="module")
def proof(seller: bytes) -> bytes:
    return seller


def test_the_csv_says_what_the_statement_says(proof: bytes, forger: Key) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of(proof, forger).decode().partition("\n")[2])))
    lines = verify(proof).statement["sold"]
    assert [(row["offer"], row["net_eur"]) for row in rows[:2]] == [
        (str(line["offer"]), line["net_eur"]) for line in lines
    ]
    assert (rows[3]["kind"], rows[3]["net_eur"]) == ("total", "0.219000")


def test_the_pdf_is_the_same_each_time_but_its_signature(proof: bytes, forger: Key) -> None:
    one, two = (pdf_of(proof, forger).rpartition(b"\n%tbi")[0] for _ in range(2))
    assert one == two
    assert one.startswith(b"%PDF-")


@pytest.mark.parametrize("made", [csv_of, pdf_of])
def test_a_copy_holds_beside_its_file(proof: bytes, forger: Key, made: Made) -> None:
    check_copy(made(proof, forger), proof, forger.public)


@pytest.mark.parametrize("made", [csv_of, pdf_of])
def test_a_changed_bit_of_a_copy_is_found(proof: bytes, forger: Key, made: Made) -> None:
    copy = made(proof, forger)
    for seed in range(60):
        rng = random.Random(seed)
        changed = bytearray(copy)
        changed[rng.randrange(len(changed) - 1)] ^= 1 << rng.randrange(8)
        with pytest.raises(SettlementError):
            check_copy(bytes(changed), proof, forger.public)


@pytest.mark.parametrize("made", [csv_of, pdf_of])
def test_a_copy_of_another_file_or_by_another_is_found(proof: bytes, buyer: bytes, forger: Key, made: Made) -> None:
    with pytest.raises(Invalid):
        check_copy(made(buyer, forger), proof, forger.public)
    with pytest.raises(Invalid, match="signed by"):
        check_copy(made(proof, forger), proof, verify(proof).signer)


def test_a_document_without_a_signature_is_unreadable(proof: bytes) -> None:
    with pytest.raises(Unreadable, match="last line"):
        check_copy(b"kind,slot\nsold,1\n", proof, "")
