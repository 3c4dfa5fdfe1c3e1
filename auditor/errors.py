"""What an audit can come to beside "equal"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NoReturn


class CannotLook(Exception):  # noqa: N818 - it reads as what happened
    """The chain could not be read to its end; the text names cause and cure."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Where chain and rules part. `rule` is a market rule's id (`M-AWD-01`) or a word for the chain's own bytes
    (`header`, `transactions`, `actions`, `producer`, `signature`, `code`)."""

    block: int
    transaction: str
    action: str
    rule: str
    expected: str
    found: str
    key: str = ""
    account: str = ""
    """Of a signature that should not be there: whose key made it, as which account it was to act."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        where = " ".join(part for part in (f"block {self.block}", self.transaction[:16], self.action) if part)
        return f"{where}: {self.rule}: expected {self.expected}; the chain has {self.found}"


class Divergence(Exception):  # noqa: N818
    """The first thing that does not hold."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def diverge(  # noqa: PLR0917 - the fields of a finding, the last two for where there are any
    block: int, rule: str, expected: object, found: object, transaction: str = "", action: str = ""
) -> NoReturn:
    """Raises the Divergence."""
    raise Divergence(Finding(block, transaction, action, rule, str(expected), str(found)))
