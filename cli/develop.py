"""`lock` and `version`."""

from __future__ import annotations

import click


@click.command()
@click.option("--upgrade", is_flag=True, help="Take the newest versions; without it versions stay where they can.")
def lock(upgrade: bool) -> None:
    """Write the hashed locks under locks/ anew, from pyproject.toml."""
    from deploy.local.locks import LockError, write_all  # noqa: PLC0415 - loaded for this command only

    try:
        write_all(click.echo, upgrade)
    except LockError as error:
        raise click.ClickException(str(error)) from error


@click.command()
def version() -> None:
    """Tell the version, the chain node's and the commit."""
    from deploy.local.version import describe  # noqa: PLC0415 - loaded for this command only

    for name, value in describe().items():
        click.echo(f"{name:12} {value}")
