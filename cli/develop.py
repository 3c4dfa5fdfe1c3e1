"""`lock`, `generate` and `version`."""

from __future__ import annotations

import time
from typing import Final

import click

_SHOWN: Final = 20


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
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when a client is not what the documents give.")
def generate(check: bool) -> None:
    """Make the clients of all services from their documents (clients/, webportal/src/app/api/), and build/api-docs/."""
    from deploy.local import api_docs  # noqa: PLC0415 - loaded for this command only
    from deploy.local.generate import CURE, GenerateError, stale, write  # noqa: PLC0415

    began = time.monotonic()
    try:
        wrong = stale() if check else []
        made = [] if check else [*write(), api_docs.write()]
    except GenerateError as error:
        raise click.ClickException(str(error)) from error
    for path in (*made, *wrong[:_SHOWN]):
        click.echo(path)
    if wrong:
        raise click.ClickException(f"{len(wrong)} files of the generated clients are not current: {CURE}")
    click.echo(f"{time.monotonic() - began:.1f} s")


@click.command()
def version() -> None:
    """Tell the version, the chain node's and the commit."""
    from deploy.local.version import describe  # noqa: PLC0415 - loaded for this command only

    for name, value in describe().items():
        click.echo(f"{name:12} {value}")
