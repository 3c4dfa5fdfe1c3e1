"""What is wrong with a workbook, by sheet and cell, for the people who made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 50
"""More findings than these help nobody."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `sheet` and `cell` are empty where it concerns the whole."""

    text: str
    sheet: str = ""
    cell: str = ""

    def __str__(self) -> str:
        place = ", ".join(part for part in (f"sheet {self.sheet!r}" if self.sheet else "", self.cell) if part)
        return f"{place}: {self.text}" if place else self.text


def report(name: str, digest: str, findings: Sequence[Finding]) -> str:
    """What is told to those who made a refused workbook. `digest`: the SHA-256 of its bytes, in hex."""
    lines = [
        f"{name} was not imported; no value of it counts.",
        f"SHA-256 {digest}",
        "",
        *(f"- {finding}" for finding in findings),
        "",
        "Correct it and put it into the forecast folder again.",
    ]
    return "\n".join(lines) + "\n"


class WorkbookRefused(Exception):  # noqa: N818 - it names the outcome of reading
    """The workbook is not read, no part of it. `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings[:3]))
        self.findings = tuple(findings)


class TooManyFindingsError(Exception):
    """There is no point in looking on."""


@dataclass
class Findings:
    """Collects findings while a workbook is read."""

    items: list[Finding] = field(default_factory=list)

    def add(self, text: str, sheet: str = "", cell: str = "") -> None:
        """Raises TooManyFindingsError after MOST."""
        self.items.append(Finding(text, sheet, cell))
        if len(self.items) >= MOST:
            raise TooManyFindingsError


def cell_name(row: int, column: int) -> str:
    """`B7` for row 7, column 1 (columns count from 0, rows from 1, as people see them)."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"
