"""`demo`: a market's day in three short slots on the running system (demo/ does the work)."""

from __future__ import annotations

import time

import click

from demo.verdict import Row


@click.command()
def demo() -> None:
    """A day in three short slots: offered, bid for, delivered, settled; every row checked against the model."""
    from demo.run import Run  # noqa: PLC0415 - loaded for this command only
    from demo.stage import StageError, away, build  # noqa: PLC0415
    from deploy.local.fill import FillError  # noqa: PLC0415
    from deploy.local.fill.people import Refused  # noqa: PLC0415
    from deploy.local.plan import make  # noqa: PLC0415
    from deploy.local.settings import SettingsError, read  # noqa: PLC0415
    from deploy.local.supervise import SupervisorError  # noqa: PLC0415
    from services.shared.chain.errors import ChainError  # noqa: PLC0415

    began = time.monotonic()

    def say(topic: str, sentence: str) -> None:
        click.echo(f"{time.monotonic() - began:6.1f} s  {topic:<11} {sentence}")

    try:
        plan = make(read())
        rows = Run(build(plan, away(plan)), say).perform()
    except (StageError, FillError, Refused, SettingsError, SupervisorError, ChainError, TimeoutError) as error:
        raise click.ClickException(f"the demonstration broke off: {error}") from error
    click.echo()
    click.echo(table(rows))
    wrong = [row for row in rows if not row.holds]
    if wrong:
        raise click.ClickException(f"{len(wrong)} of {len(rows)} rows are not as the model says")
    click.echo(f"\nall {len(rows)} rows are as the model says")


def table(rows: list[Row]) -> str:
    """The rows, aligned, with a mark at each that does not hold."""
    heads = Row("", "the model says", "the routes say")
    every = (heads, *rows)
    what, expected, found = (max(len(getattr(row, name)) for row in every) for name in ("what", "expected", "found"))
    marks = {id(row): "! " for row in rows if not row.holds}
    return "\n".join(
        f"{marks.get(id(row), '  ')}{row.what:<{what}}  {row.expected:>{expected}}  {row.found:>{found}}"
        for row in every
    )
