"""`test`: lint and tests."""

from __future__ import annotations

import sys

import click

from deploy.local.checks import APART, GROUPS, run, summary


@click.command()
@click.argument("group", default="all", type=click.Choice([*GROUPS, *APART, "all"]))
@click.argument("pytest_options", nargs=-1)
def test(group: str, pytest_options: tuple[str, ...]) -> None:
    """Run the checks and tests of a GROUP, or all but the containers'. What stands after -- goes to pytest.

    Exit code 1 when one fails.
    """
    results = run(GROUPS if group == "all" else (group,), click.echo, pytest_options)
    click.echo("\n" + summary(results))
    sys.exit(any(not result.passed for result in results))
