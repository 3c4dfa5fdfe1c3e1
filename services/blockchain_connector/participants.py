"""Whose numbers and salts there are: what the connector asks of the Background-Manager-Logic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class ManagerSilent(Exception):  # noqa: N818 - the name says what happened
    """The Background-Manager-Logic does not answer. The text is half a sentence."""


class ManagerWrong(Exception):  # noqa: N818 - the name says what happened
    """It answered, but not as it does."""


@dataclass(frozen=True)
class Numbers:
    """A participant's: the salt (hex) of his hashes on the chain, and the numbers of his meters and units in clear."""

    salt: str
    numbers: frozenset[str]


class NoManager:
    """Where no Background-Manager-Logic is configured."""

    def numbers(self) -> Iterator[Numbers]:
        raise ManagerSilent("this connector knows none (TBI_MANAGER_URL is not set)")
