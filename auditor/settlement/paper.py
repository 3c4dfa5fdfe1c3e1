"""The statement as PDF, for people. What it says is proven by the JSON file whose hash it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from fpdf import FPDF, XPos, YPos

from auditor.settlement.statement import epoch

_SHOWN: Final = ("kind", "slot (UTC)", "offer", "with", "ct/kWh", "Wh", "delivered", "consumed", "net EUR")
_WIDTHS: Final = (16, 36, 14, 26, 18, 16, 18, 18, 26)
_ROW: Final = 5.0


def as_pdf(statement: Mapping[str, Any], proof_sha256: str, signer: str) -> bytes:
    """Without a signature. The same statement gives the same bytes."""
    paper = FPDF()
    paper.set_creation_date(datetime.fromtimestamp(epoch(statement["to"]), UTC))
    paper.set_title(f"Settlement of {statement['participant']}, {statement['from']} to {statement['to']}")
    paper.set_subject(f"sha256:{proof_sha256}")
    paper.add_page()
    _heading(paper, statement)
    _table(paper, _lines(statement))
    _sums(paper, statement["totals"])
    _footing(paper, proof_sha256, signer, statement["not_settled"])
    return bytes(paper.output()) + b"\n"


def _heading(paper: FPDF, statement: Mapping[str, Any]) -> None:
    paper.set_font("helvetica", "B", 16)
    _say(paper, "Settlement")
    paper.set_font("helvetica", size=10)
    _say(paper, f"Participant {statement['participant']} in the market {statement['market']}")
    _say(paper, f"Slots from {statement['from']} to before {statement['to']}")
    paper.ln(3)


def _lines(statement: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for kind, other in (("sold", "buyer"), ("bought", "seller")):
        for line in statement[kind]:
            energy = [str(line[name]) for name in ("sold_wh", "delivered_wh", "consumed_wh")]
            price = line["price_ct_per_kwh"]
            yield kind, line["slot"], str(line["offer"]), line[other], price, *energy, line["net_eur"]
    for line in statement["surplus"]:
        yield "surplus", line["slot"], "", "EVU", "", str(line["energy_wh"]), "", "", line["net_eur"]


def _table(paper: FPDF, lines: Iterable[Sequence[str]]) -> None:
    paper.set_font("helvetica", "B", 8)
    _row(paper, _SHOWN)
    paper.set_font("helvetica", size=8)
    for line in lines:
        _row(paper, line)
    paper.ln(3)


def _row(paper: FPDF, cells: Sequence[str]) -> None:
    for width, cell in zip(_WIDTHS, cells, strict=True):
        paper.cell(width, _ROW, cell, border="B")
    paper.ln(_ROW)


def _sums(paper: FPDF, totals: Mapping[str, Any]) -> None:
    paper.set_font("helvetica", size=10)
    _say(paper, f"Sold: {totals['sold_wh']} Wh, delivered {totals['delivered_wh']} Wh: {totals['sold_eur']} EUR")
    _say(paper, f"Bought: {totals['bought_wh']} Wh: {totals['bought_eur']} EUR")
    _say(paper, f"Surplus to the EVU: {totals['surplus_wh']} Wh: {totals['surplus_eur']} EUR")
    paper.set_font("helvetica", "B", 10)
    _say(paper, f"Together: {totals['net_eur']} EUR")
    paper.ln(3)


def _footing(paper: FPDF, proof_sha256: str, signer: str, not_settled: Sequence[int]) -> None:
    paper.set_font("helvetica", size=8)
    if not_settled:
        _say(paper, f"Sold and not settled yet: offers {', '.join(map(str, not_settled))}")
    _say(paper, "Every amount stands on the chain. The file with the proofs has the SHA-256")
    _say(paper, proof_sha256)
    _say(paper, "and is checked by: tbi settlement verify FILE. Signed by the operator's key")
    _say(paper, signer)


def _say(paper: FPDF, text: str) -> None:
    paper.cell(0, 6, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
