"""`governance`: what stands before the governors, and their decision, each with his own key."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from deploy.local.settings import SettingsError, read

if TYPE_CHECKING:
    from services.shared.chain.client import ChainClient
    from services.shared.chain.multisig import Proposal
    from services.shared.chain.signer import Signer

F = TypeVar("F", bound=Callable[..., Any])
_NODE: Final = click.option("--node", "url", help="A node of the chain (default: the local system's).")
_PROPOSER: Final = click.option("--proposer", help="Whose proposal, where several have the same name.")
_KEY: Final = click.option("--key", type=click.Path(path_type=Path), help="His key file (default: the local one).")
_YES: Final = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def governance() -> None:
    """Look at what is proposed to the governors; approve it and have it executed, with a governor's own key."""


def _told(act: F) -> F:
    """Whatever goes wrong is one sentence, with exit code 1."""

    @wraps(act)
    def told(*args: Any, **options: Any) -> Any:
        from services.shared.chain.errors import ChainError  # noqa: PLC0415 - loaded for this command only

        try:
            return act(*args, **options)
        except (ChainError, SettingsError) as error:
            raise click.ClickException(str(error)) from error

    return told  # type: ignore[return-value] # the command's own type, which wraps keeps


@governance.command("list")
@_NODE
@_told
def show_all(url: str | None) -> None:
    """What stands before the governors."""
    from services.shared.chain.multisig import proposals  # noqa: PLC0415 - loaded for this command only

    chain = _chain(url)
    found = proposals(chain)
    for one in found:
        approved = sum(approval.at is not None for approval in one.approvals)
        what = ", ".join(f"{act.account}::{act.name}" for act in one.actions)
        state = _state(one, chain.info().head_block_time)
        click.echo(f"{one.name:12}  {one.proposer:10}  {state:8}  {approved} of {len(one.approvals)}  {what}")
    if not found:
        click.echo("nothing stands before the governors")


@governance.command()
@click.argument("name")
@_PROPOSER
@_NODE
@_told
def show(name: str, proposer: str | None, url: str | None) -> None:
    """Show the proposal NAME, decoded."""
    from deploy.chain.deciding import find  # noqa: PLC0415 - loaded for this command only

    chain = _chain(url)
    _print(chain, find(chain, name, proposer))


@governance.command()
@click.argument("name")
@click.option("--governor", help="Who approves (default: the first who has not).")
@_KEY
@_PROPOSER
@_NODE
@_YES
@_told
def approve(  # noqa: PLR0917 - one for each option, handed over by name
    name: str, governor: str | None, key: Path | None, proposer: str | None, url: str | None, yes: bool
) -> None:
    """Approve the proposal NAME as a governor. It is shown first; approved is what was shown."""
    from deploy.chain.deciding import approve, find, undecided  # noqa: PLC0415 - loaded for this command only

    chain = _chain(url)
    proposal = find(chain, name, proposer)
    _print(chain, proposal)
    left = undecided(chain, proposal)
    if not left and governor is None:
        click.echo("all governors have approved it")
        return
    who = governor or left[0]
    signer = _signer(who, key)
    _ask(f"Approve this as {who}?", yes)
    receipt = approve(chain, proposal, who, signer)
    click.echo(f"{who} has approved {name}, block {receipt.block_num}")
    if find(chain, name, proposal.proposer).is_approved:
        click.echo(f"enough have: ./tbi governance execute {name}")


@governance.command()
@click.argument("name")
@click.option("--as", "executer", default="tbigovern1", show_default=True, help="The account that has it executed.")
@_KEY
@_PROPOSER
@_NODE
@_YES
@_told
def execute(  # noqa: PLR0917 - one for each option, handed over by name
    name: str, executer: str, key: Path | None, proposer: str | None, url: str | None, yes: bool
) -> None:
    """Have the approved proposal NAME executed. Any account may."""
    from deploy.chain.deciding import execute, find  # noqa: PLC0415 - loaded for this command only

    chain = _chain(url)
    proposal = find(chain, name, proposer)
    _print(chain, proposal)
    if not proposal.is_approved:
        raise click.ClickException(f"not enough governors have approved {name} yet")
    signer = _signer(executer, key)
    _ask(f"Have this executed by {executer}?", yes)
    receipt = execute(chain, proposal, executer, signer)
    click.echo(f"{name} is executed, block {receipt.block_num}")


def _chain(url: str | None) -> ChainClient:
    from services.shared.chain.client import ChainClient  # noqa: PLC0415 - loaded for this command only

    try:
        return ChainClient([url or str(json.loads(read().endpoints.read_text())["chain"])])
    except FileNotFoundError as error:
        raise click.ClickException("no local system is there: run ./tbi up, or give --node") from error


def _signer(account: str, key: Path | None) -> Signer:
    from deploy.chain.governance import Keyring  # noqa: PLC0415 - loaded for this command only
    from services.shared.chain.key_file import KeyFileSigner  # noqa: PLC0415

    file = key or Keyring(read().keys).path(account)
    if not file.is_file():
        raise click.ClickException(f"there is no key of {account} at {file}: give --key FILE")
    return KeyFileSigner(file)


def _state(proposal: Proposal, now: float) -> str:
    if proposal.expires_at <= now:
        return "expired"
    return "approved" if proposal.is_approved else "open"


def _print(chain: ChainClient, proposal: Proposal) -> None:
    from deploy.chain.deciding import told  # noqa: PLC0415 - loaded for this command only

    for line in told(proposal, chain.info().head_block_time):
        click.echo(line)


def _ask(question: str, yes: bool) -> None:
    if not yes and not click.confirm(question):
        click.echo("nothing was done")
        sys.exit(1)
