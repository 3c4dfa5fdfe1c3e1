"""`rollout`: boxes to a version (deploy/cls_box/rollout does the work)."""

from __future__ import annotations

import sys

import click


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def rollout(arguments: tuple[str, ...]) -> None:
    """Bring boxes to the versions that a fleet file names: plan, apply, status, rollback."""
    from deploy.cls_box.rollout.__main__ import main  # noqa: PLC0415 - loaded for this command only

    sys.exit(main(list(arguments) or ["--help"]))
