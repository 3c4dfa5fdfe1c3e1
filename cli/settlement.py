"""`settlement`: a participant's settlement of a period as files that a third party checks without a node."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from auditor.settlement.errors import Invalid, NotYet, SettlementError, Unreadable
from deploy.local.settings import SettingsError, read

if TYPE_CHECKING:
    from auditor.settlement.files import Key
    from auditor.settlement.verify import Verified

HOLDS, WRONG, UNKNOWN = 0, 1, 2
_PATH: Final = click.Path(path_type=Path)
_COPIES: Final = (".csv", ".pdf")


@click.group()
def settlement() -> None:
    """Export a participant's settlement with its proofs; verify one without a node (docs/settlement.md)."""


@settlement.command()
@click.option("--account", "accounts", multiple=True, help="Whose; may stand several times (default: everybody's).")
@click.option("--market", default="lem", show_default=True)
@click.option("--from", "begin", required=True, help="The first slot: 2026-11-01T00:00:00Z.")
@click.option("--to", "end", required=True, help="The first slot after the period.")
@click.option("--node", "url", help="A node that keeps all traces (default: the local system's).")
@click.option("--genesis", type=_PATH, help="genesis.json (default: the local system's).")
@click.option("--key", "key_file", type=_PATH, help="The operator's P-256 key, PEM; made if it is not there.")
@click.option("--out", type=_PATH, required=True, help="The folder for ACCOUNT.json, ACCOUNT.csv and ACCOUNT.pdf.")
def export(  # noqa: PLR0917 - one for each option, handed over by name
    accounts: tuple[str, ...],
    market: str,
    begin: str,
    end: str,
    url: str | None,
    genesis: Path | None,
    key_file: Path | None,
    out: Path,
) -> None:
    """Write participants' settlements: JSON with all proofs, CSV, and PDF. Exit code 2 when one cannot be."""
    from auditor.settlement.export import Exporter  # noqa: PLC0415 - loaded for this command only
    from auditor.settlement.files import Key  # noqa: PLC0415
    from auditor.settlement.node import Node  # noqa: PLC0415
    from auditor.settlement.statement import epoch  # noqa: PLC0415

    began = time.monotonic()
    try:
        period = (epoch(begin), epoch(end))
        first = json.loads((genesis or _local_genesis()).read_text())
        key = Key.of_file(key_file or read().keys / "settlement.pem")
        exporter = Exporter(Node(url or _local_node()), market, first, click.echo)
        out.mkdir(parents=True, exist_ok=True)
        for account in accounts or exporter.participants:
            _write(out / account, exporter.file(account, *period, key), key)
    except (SettlementError, SettingsError, OSError, ValueError, KeyError) as error:
        _end(UNKNOWN, f"not all settlements were written: {error}")
    click.echo(f"signed by {key.public}, {time.monotonic() - began:.1f} s")


def _write(name: Path, proof: bytes, key: Key) -> None:
    from auditor.settlement.copies import csv_of, pdf_of  # noqa: PLC0415 - loaded for this command only

    for suffix, content in ((".json", proof), (".csv", csv_of(proof, key)), (".pdf", pdf_of(proof, key))):
        path = name.with_name(name.name + suffix)
        path.write_bytes(content)
        click.echo(f"{path}  {len(content)} bytes")


@settlement.command()
@click.argument("file", type=_PATH)
@click.option("--chain-id", help="The chain that it must be of.")
@click.option("--key", help="The operator's key that must have signed it, PUB_R1_...")
@click.option("--proof", type=_PATH, help="Of a CSV or PDF: the JSON file (default: beside it).")
def verify(file: Path, chain_id: str | None, key: str | None, proof: Path | None) -> None:
    """Check FILE without a node. Exit code 0: it holds; 1: it does not; 2: it could not be looked at."""
    from auditor.settlement.copies import check_copy  # noqa: PLC0415 - loaded for this command only
    from auditor.settlement.verify import verify  # noqa: PLC0415

    is_copy = file.suffix in _COPIES
    try:
        proven = (proof or file.with_suffix(".json") if is_copy else file).read_bytes()
        found = verify(proven, chain_id=chain_id, key=key)
        if is_copy:
            check_copy(file.read_bytes(), proven, found.signer)
    except Invalid as error:
        _end(WRONG, f"{file} does not hold: {error}")
    except (Unreadable, OSError) as error:
        _end(UNKNOWN, f"{file} could not be checked: {error}")
    _show(found, chain_id is not None, key is not None)


def _show(found: Verified, known_chain: bool, known_key: bool) -> None:
    part, totals = found.statement, found.statement["totals"]
    lines: tuple[tuple[str, Any], ...] = (
        ("participant", f"{part['participant']} in the market {part['market']}"),
        ("slots", f"from {part['from']} to before {part['to']}"),
        ("sold", f"{totals['sold_wh']} Wh in {len(part['sold'])} offers: {totals['sold_eur']} EUR"),
        ("bought", f"{totals['bought_wh']} Wh in {len(part['bought'])} offers: {totals['bought_eur']} EUR"),
        ("surplus", f"{totals['surplus_wh']} Wh: {totals['surplus_eur']} EUR"),
        ("together", f"{totals['net_eur']} EUR"),
        ("proven by", f"{found.actions} actions in {found.blocks} blocks, sealed by {', '.join(found.sealed_by)}"),
        ("chain", found.chain_id + ("" if known_chain else "  (compare it, or give --chain-id)")),
        ("signed by", found.signer + ("" if known_key else "  (compare it, or give --key)")),
    )
    for name, text in lines:
        click.echo(f"{name:12} {text}")
    click.echo("the file holds")


def _local_genesis() -> Path:
    return read().data / "chain/genesis.json"


def _local_node() -> str:
    try:
        return str(json.loads(read().endpoints.read_text())["chain"])
    except FileNotFoundError as error:
        raise NotYet("no local system is there: run ./tbi up, or give --node and --genesis") from error


def _end(code: int, text: str) -> None:
    click.echo(text, err=True)
    sys.exit(code)
