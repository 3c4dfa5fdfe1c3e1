"""What is wrong with real exports, each to be switched on by its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from simulators.mastr.numbers import generated_number
from simulators.mastr.register import Record

HARMLESS: Final = (
    "duplicate_at_border",  # the last record of a part is the first of the next one again
    "dangling_operator",  # an operator that stands in no file
    "dangling_location",  # the same of a location
    "dangling_plant",  # the same of a plant by the EEG
    "renamed_file",  # a file that is called otherwise than what it holds
    "unknown_file",  # a file of a table that nobody knows yet
    "missing_mandatory",  # a mandatory element is missing
    "new_element",  # an element that no schema knows yet
    "test_number",  # a number without the leading 9 and with a wrong check digit
)
BREAKING: Final = (
    "illegal_character",  # a control character in a text: no XML, but readable
    "truncated",  # the last unit file ends in the middle
    "missing_part",  # the first of several parts is not there
    "wrong_root",  # a file holds something else than its name says
    "entities",  # a document type with entities in place of the register's data
)
ALL: Final = (*HARMLESS, *BREAKING)

TEST_NUMBER: Final = "ABR111222333123"
_EVERY: Final = 97


def spoil(records: Iterable[Record], switched_on: frozenset[str], seed: int) -> Iterator[Record]:
    """The units' records with the harmless defects of single records."""
    for index, original in enumerate(records):
        record = dict(original)
        if index % _EVERY == 13 and "dangling_operator" in switched_on:
            record["AnlagenbetreiberMastrNummer"] = generated_number("ABR", 2 * 10**9 + index, seed)
        if index % _EVERY == 29 and "missing_mandatory" in switched_on:
            record.pop("NetzbetreiberpruefungStatus", None)
            record.pop("Ort", None)
        if index % _EVERY == 31 and "new_element" in switched_on:
            record["ErstImNaechstenHalbjahrBekannt"] = "1"
        if index % _EVERY == 37 and "test_number" in switched_on:
            record["AnlagenbetreiberMastrNummer"] = TEST_NUMBER
        if index % _EVERY == 41 and "dangling_location" in switched_on:
            record["LokationMaStRNummer"] = generated_number("SEL", 2 * 10**9 + index, seed)
        if index % _EVERY == 43 and "dangling_plant" in switched_on and "EegMaStRNummer" in record:
            record["EegMaStRNummer"] = generated_number("EEG", 2 * 10**9 + index, seed)
        if index == 11 and "illegal_character" in switched_on:
            record["Ort"] = record.get("Ort", "") + "\x0b"
        yield record
