"""`audit`: everything that the chain says of the market, recomputed by the rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from auditor.errors import CannotLook
from deploy.local.settings import SettingsError, read

if TYPE_CHECKING:
    from auditor.audit import Result
    from auditor.chain.sources import Source
    from auditor.replay.head import Compared

EQUAL, DIVERGES, UNKNOWN = 0, 1, 2
_PATH: Final = click.Path(path_type=Path)


@click.command()
@click.option("--node", "url", help="A node that keeps all traces (default: the local system's).")
@click.option("--block-log", type=_PATH, help="A node's blocks.log instead.")
@click.option("--export", "export_file", type=_PATH, help="A file of --write-export instead.")
@click.option("--genesis", type=_PATH, help="genesis.json, where a node no longer tells its first producers.")
@click.option("--chain-id", help="The chain that it must be.")
@click.option("--code", "codes", multiple=True, metavar="ACCOUNT=SHA256", help="A code that is allowed, too.")
@click.option("--write-export", type=_PATH, help="Only write the node's blocks and traces to this file.")
@click.option("--json", "json_file", type=_PATH, help="Write the result to this file, too.")
def audit(  # noqa: PLR0917 - one for each option, handed over by name
    url: str | None,
    block_log: Path | None,
    export_file: Path | None,
    genesis: Path | None,
    chain_id: str | None,
    codes: tuple[str, ...],
    write_export: Path | None,
    json_file: Path | None,
) -> None:
    """Recompute all awards, deliveries, balances and signatures from the chain alone (docs/audit.md).

    Exit code 0: chain and rules are equal; 1: they are not; 2: it could not be looked at.
    """
    from auditor.audit import audit as look  # noqa: PLC0415 - loaded for this command only

    try:
        source = _source(url, block_log, export_file, genesis)
        if chain_id and source.chain_id != chain_id:
            raise CannotLook(f"this is the chain {source.chain_id}")
        if write_export:
            _write(source, write_export)
            return
        result = look(source, click.echo, _known(codes))
        if json_file:
            json_file.write_text(json.dumps(result.as_json(), indent=2) + "\n")
    except (CannotLook, SettingsError, OSError, ValueError) as error:
        click.echo(f"it could not be looked at: {error}", err=True)
        sys.exit(UNKNOWN)
    _show(result, chain_id is not None)
    sys.exit(EQUAL if result.equal else DIVERGES)


def _source(url: str | None, block_log: Path | None, export_file: Path | None, genesis: Path | None) -> Source:
    from auditor.chain.sources import BlockLogSource, ExportSource, NodeSource  # noqa: PLC0415 - see above

    if sum(choice is not None for choice in (url, block_log, export_file)) > 1:
        raise CannotLook("--node, --block-log and --export exclude each other: give one")
    if block_log:
        return BlockLogSource(block_log)
    if export_file:
        return ExportSource(export_file)
    first: dict[str, Any] | None = json.loads(genesis.read_text()) if genesis else None
    return NodeSource(url or _local_node(), first)


def _local_node() -> str:
    try:
        return str(json.loads(read().endpoints.read_text())["chain"])
    except FileNotFoundError as error:
        raise CannotLook("no local system is there: run ./tbi up, or give --node, --block-log or --export") from error


def _write(source: Source, path: Path) -> None:
    from auditor.chain.sources import NodeSource, write_export  # noqa: PLC0415 - see above

    if not isinstance(source, NodeSource):
        raise CannotLook("--write-export needs a --node to read from")
    click.echo(f"{path}: {write_export(source, path)} blocks, {path.stat().st_size} bytes")


def _known(codes: tuple[str, ...]) -> dict[str, list[str]]:
    from auditor.chain.known import known_code  # noqa: PLC0415 - see above

    known = known_code()
    for code in codes:
        account, _, hashed = code.partition("=")
        known.setdefault(account, []).append(hashed)
    return known


def _show(result: Result, chain_known: bool) -> None:
    rate = result.blocks / result.seconds if result.seconds else 0
    click.echo(f"chain       {result.chain_id}" + ("" if chain_known else "  (compare it, or give --chain-id)"))
    click.echo(f"blocks      {result.blocks} in {result.seconds:.1f} s, {rate:.0f} a second")
    for name, number in sorted(result.counts.items()):
        if name != "blocks":
            click.echo(f"{name:14} {number}")
    _show_head(result.head)
    click.echo(f"{'signing keys':14} {len(result.keys)}")
    for code in result.codes:
        word = "known" if code["known"] else "UNKNOWN"
        click.echo(f"code of {code['account']} since block {code['block']}: {code['sha256']} {word}")
    if not result.traced:
        click.echo("without traces: what contracts sent and logged was not compared (docs/audit.md)")
    click.echo("equal" if result.finding is None else f"DIVERGENCE  {result.finding}")


def _show_head(head: Compared) -> None:
    if head.reversible:
        click.echo(f"{'not final yet':14} {head.reversible} blocks of these")
    rows = f"not compared: {head.reason}" if head.reason else str(head.rows)
    click.echo(f"{'table rows':14} {rows}")
