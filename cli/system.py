"""`up`, `down`, `status`, `logs`, `reset`: the local system (deploy/local does the work)."""

from __future__ import annotations

import sys

import click

from deploy.local import plan as plans
from deploy.local.settings import SettingsError, read


def _plan() -> plans.Plan:
    try:
        return plans.make(read())
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@click.command()
def up() -> None:
    """Start the whole system, wait until every part is well, fill it, say where and for whom. Safe to repeat."""
    from deploy.local.preflight import PreflightError  # noqa: PLC0415 - loaded for this command only
    from deploy.local.supervise import SupervisorError  # noqa: PLC0415
    from deploy.local.up import UpError  # noqa: PLC0415
    from deploy.local.up import up as bring_up  # noqa: PLC0415

    try:
        bring_up(_plan(), click.echo)
    except (PreflightError, SupervisorError, UpError) as error:
        raise click.ClickException(str(error)) from error


@click.command()
def down() -> None:
    """Stop everything in order. The data stay."""
    from deploy.local.down import down as take_down  # noqa: PLC0415 - loaded for this command only
    from deploy.local.supervise import SupervisorError  # noqa: PLC0415

    try:
        click.echo("stopped" if take_down(_plan()) else "nothing runs")
    except SupervisorError as error:
        raise click.ClickException(str(error)) from error


@click.command()
def status() -> None:
    """Show every part: state, process id, address, health, since when. Exit code 1 when one is not well."""
    from deploy.local.status import as_table  # noqa: PLC0415 - loaded for this command only
    from deploy.local.status import status as look  # noqa: PLC0415
    from deploy.local.supervise import SupervisorError  # noqa: PLC0415

    try:
        rows = look(_plan())
    except SupervisorError as error:
        raise click.ClickException(str(error)) from error
    click.echo(as_table(rows))
    if not all(row.well for row in rows):
        sys.exit(1)


@click.command()
@click.argument("part", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on until interrupted.")
@click.option("-n", "--lines", default=20, show_default=True, help="How many of each part's last lines.")
@click.option(
    "--trace", metavar="ID", help="All of one request, over all parts, in the order of time (header Trace-Id)."
)
def logs(part: str | None, follow: bool, lines: int, trace: str | None) -> None:
    """Show what the parts wrote. PART is a part's name (./tbi status shows them), or a box's for all its parts."""
    from deploy.local.logs import LogsError, files, of_trace, show  # noqa: PLC0415 - loaded for this command only

    try:
        paths = files(_plan(), part)
        if trace is None:
            sys.exit(show(paths, lines, follow))
        found = of_trace(paths, trace)
        click.echo("\n".join(found) or f"no part wrote anything of trace {trace}")
        sys.exit(0 if found else 1)
    except LogsError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Stop everything and delete the data folder: chain, keys, TPMs, readings, participants, users."""
    from deploy.local.down import ResetError  # noqa: PLC0415 - loaded for this command only
    from deploy.local.down import reset as delete  # noqa: PLC0415
    from deploy.local.supervise import SupervisorError  # noqa: PLC0415

    plan = _plan()
    if not yes:
        click.confirm(f"Delete {plan.settings.data}, with the chain, all keys and all users?", abort=True)
    try:
        click.echo(f"{plan.settings.data} deleted" if delete(plan) else "there is nothing to delete")
    except (ResetError, SupervisorError) as error:
        raise click.ClickException(str(error)) from error
