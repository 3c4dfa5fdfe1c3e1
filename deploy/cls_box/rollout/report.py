"""What came out, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from deploy.cls_box.rollout.campaign import Outcome

_TITLES = ("box", "state", "version", "why")


def table(rows: Sequence[Sequence[str]], titles: Sequence[str] = _TITLES) -> str:
    """Columns as wide as they need to be; the last one is not filled up."""
    lines = [list(titles), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def of_outcomes(outcomes: Sequence[Outcome], *, as_json: bool) -> str:
    if as_json:
        return json.dumps([{**asdict(outcome), "good": outcome.is_good} for outcome in outcomes], indent=1)
    return table([(outcome.box, outcome.word, outcome.version, outcome.reason) for outcome in outcomes])
