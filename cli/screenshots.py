"""`screenshots`: pictures of the portal's pages."""

from __future__ import annotations

import json
from pathlib import Path

import click

from deploy.local.settings import REPO, SettingsError, read


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=REPO / "build/screenshots", show_default=True)
def screenshots(folder: Path) -> None:
    """Write a picture of every page of the running system's portal: both languages, wide and narrow."""
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - loaded for this command only

    from deploy.local.browser import BrowserError, launch  # noqa: PLC0415
    from deploy.local.screenshots import take  # noqa: PLC0415

    try:
        settings = read()
        portal = str(json.loads(settings.endpoints.read_text())["portal"]).rstrip("/")
        users = json.loads(settings.users.read_text())
        with sync_playwright() as playwright:
            browser = launch(playwright)
            written = list(take(browser, portal, users, folder, click.echo))
            browser.close()
    except FileNotFoundError as error:
        raise click.ClickException("no system is there to be shown: run ./tbi up") from error
    except (SettingsError, BrowserError, Error) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{len(written)} pictures in {folder}")
