"""The statement as CSV (RFC 4180, UTF-8): a line for each of its lines, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

COLUMNS: Final = (
    "kind",
    "slot",
    "offer",
    "unit_or_point",
    "with",
    "price_ct_per_kwh",
    "energy_wh",
    "delivered_wh",
    "consumed_wh",
    "for_energy_eur",
    "to_evu_eur",
    "from_evu_eur",
    "net_eur",
    "action",
)
"""Only `net_eur` has a sign, from the participant's side; `action` is the number of the action that proves the line."""


def rows(statement: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """In the order of COLUMNS."""
    for line in statement["sold"]:
        money = (line["received_eur"], line["penalty_eur"], "0.000000")
        yield (
            "sold",
            *_sale(line),
            line["buyer"],
            *_energy(line),
            *money,
            line["net_eur"],
            line["proof"]["settlement"],
        )
    for line in statement["bought"]:
        money = (line["paid_to_seller_eur"], line["paid_to_evu_eur"], line["received_for_unused_eur"])
        yield (
            *("bought", *_sale(line), line["seller"], *_energy(line)),
            *(*money, line["net_eur"], line["proof"]["settlement"]),
        )
    for line in statement["surplus"]:
        energy = ("", line["energy_wh"], "", "")
        yield (
            *("surplus", line["slot"], "", line["point"], "", *energy),
            *("", "", line["net_eur"], line["net_eur"], line["proof"]["surplus"]),
        )


def _sale(line: Mapping[str, Any]) -> tuple[Any, ...]:
    return line["slot"], line["offer"], line["unit"]


def _energy(line: Mapping[str, Any]) -> tuple[Any, ...]:
    return line["price_ct_per_kwh"], line["sold_wh"], line["delivered_wh"], line["consumed_wh"]


def as_csv(statement: Mapping[str, Any], proof_sha256: str) -> bytes:
    """Without a signature. The comments at the beginning name whose it is and the hash of the file that proves it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    head = (statement["market"], statement["participant"], statement["from"], statement["to"], f"sha256:{proof_sha256}")
    writer.writerow([f"# {head[0]}", *head[1:]])
    writer.writerow(COLUMNS)
    writer.writerows(rows(statement))
    writer.writerow(["total", *[""] * (len(COLUMNS) - 3), statement["totals"]["net_eur"], ""])
    return text.getvalue().encode()
