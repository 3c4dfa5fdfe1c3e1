"""The command line: names of commands, and the room that does each one's work (imported only when it is called)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

HELP = Path(__file__).with_name("help.txt")
_MODULES = {
    "up": "cli.system",
    "down": "cli.system",
    "status": "cli.system",
    "logs": "cli.system",
    "reset": "cli.system",
    "demo": "cli.demo",
    "test": "cli.checks",
    "screenshots": "cli.screenshots",
    "settlement": "cli.settlement",
    "audit": "cli.audit",
    "backup": "cli.backup",
    "restore": "cli.backup",
    "governance": "cli.governance",
    "journal": "cli.journal",
    "box": "cli.box",
    "rollout": "cli.boxes",
    "provision": "cli.boxes",
    "authority": "cli.boxes",
    "lock": "cli.develop",
    "generate": "cli.develop",
    "version": "cli.develop",
}


class LazyGroup(click.Group):
    """A command's module is imported when the command is called: `./tbi status` loads no chain client."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_MODULES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _MODULES.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        found: Any = getattr(importlib.import_module(module), cmd_name)
        return found if isinstance(found, click.Command) else None

    def format_help(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(HELP.read_text())


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """tbiEnergy's one entry."""
