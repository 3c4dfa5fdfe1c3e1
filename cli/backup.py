"""`backup`, `restore`: what cannot be had again from the chain or the register (deploy/backup does the work)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write participants, boxes, units, forecasts to FILE while everything runs. Keys and the chain are not in it."""
    from deploy.backup.__main__ import save  # noqa: PLC0415 - loaded for this command only

    _told(lambda uri, password: [f"{p.database}.{p.collection}: {p.documents}" for p in save(file, uri, password)])
    click.echo(f"{file} written; keep it where only the operator reads, and the keys' folder in another place")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--replace", is_flag=True, help="In the place of what is there.")
def restore(file: Path, replace: bool) -> None:
    """Put FILE back. The read model is no part of it: it follows from the chain."""
    from deploy.backup.__main__ import put_back  # noqa: PLC0415 - loaded for this command only

    _told(
        lambda uri, password: [
            f"{p.database}.{p.collection}: {p.documents}" for p in put_back(file, uri, password, replace=replace)
        ]
    )
    click.echo("restored; start the services anew (./tbi down, ./tbi up), so that none goes on with what it remembers")


def _told(work: Callable[[str, Path | None], list[str]]) -> None:
    from deploy.backup.archive import BackupError  # noqa: PLC0415 - loaded for these commands only
    from deploy.local.plan import make  # noqa: PLC0415
    from deploy.local.settings import read  # noqa: PLC0415

    plan = make(read())
    manager = next(program for program in plan.programs if program.name == "background-manager-logic")
    secret = manager.environment.get("TBI_MONGO_PASSWORD_FILE")
    try:
        for line in work(manager.environment["MONGO_URI"], Path(secret) if secret else None):
            click.echo(line)
    except BackupError as error:
        raise click.ClickException(f"{error}; the system must run (./tbi status)") from error
