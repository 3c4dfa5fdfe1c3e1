"""`rollout`, `provision`, `authority`: boxes in the field (deploy/cls_box does the work)."""

from __future__ import annotations

import sys
from typing import Final

import click

_AS_IT_IS: Final = {"ignore_unknown_options": True}
_WORDS: Final = click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="ACT FOLDER ...")


@click.command(context_settings=_AS_IT_IS)
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


@click.command(context_settings=_AS_IT_IS)
@_WORDS
def provision(arguments: tuple[str, ...]) -> None:
    """A box's beginning and end (docs/operations.md, Adding a box): ACT DESK [BOX]; ACT is one of

    \b
    begin, finish    a new box; broken off, it is begun again
    renew            its certificate, once it is due
    retire, stolen   no way in any more; says what is left to do
    list             all boxes

    With --context or --host: the box's engine; begin takes --image, --address, --box-file.
    retire and stolen tell the market's register with --gateway and --user (password: TBI_PASSWORD, or asked).
    """
    from deploy.cls_box.provision.__main__ import main  # noqa: PLC0415 - loaded for this command only

    sys.exit(main(list(arguments)))


@click.command(context_settings=_AS_IT_IS)
@_WORDS
def authority(arguments: tuple[str, ...]) -> None:
    """Certificates of boxes and of their gateway, by hand: ACT FOLDER [NAME]; ACT is one of

    \b
    make      a root and an issuing authority
    issue     a certificate for a box's --request
    gateway   the gateway's own, for each --address, with all that its door needs, in --out
    revoke    all of a box, for a --reason
    crl       the list of revoked certificates anew, daily
    list      what was issued
    """
    from deploy.cls_box.authority.__main__ import main  # noqa: PLC0415 - loaded for this command only

    sys.exit(main(list(arguments)))
