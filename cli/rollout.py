"""`rollout`: boxes to a version (deploy/cls_box/rollout does the work)."""

from __future__ import annotations

import sys

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="ACT FLEET [BOX]...")
def rollout(arguments: tuple[str, ...]) -> None:
    """Bring boxes to the versions that a fleet file names (docs/operations.md); ACT is one of

    \b
    plan      what would be done, and what stands against it now
    apply     bring the boxes there; what was interrupted goes on
    status    where each box stands, and how it is now
    rollback  bring the boxes back to what they ran before

    With --json for programs; --state DIR: where the boxes' states are kept.
    """
    from deploy.cls_box.rollout.__main__ import main  # noqa: PLC0415 - loaded for this command only

    sys.exit(main(list(arguments)))
