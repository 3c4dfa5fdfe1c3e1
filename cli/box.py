"""`box`: what an operator asks of one box, or tells it, by its own secret (services/cls_box_logic/README.md)."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import requests

DONE, REFUSED, UNKNOWN = 0, 1, 2
_BASE: Final = "/cls-box-logic/api/v1"
_PORT: Final = 8081
_TIMEOUT_S: Final = 700  # an update fetches an image
_CONTAINER_ACTS: Final = click.Choice(["start", "stop", "restart", "update"])


@dataclass(frozen=True)
class Box:
    """Where a box's CLS-Box-Logic is, and its secret."""

    url: str
    secret: str

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """Prints the answer as JSON, or why there is none; ends the program."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    method,
                    f"{self.url.rstrip('/')}{_BASE}{path}",
                    json=body,
                    headers={"Authorization": f"Bearer {self.secret}"},
                    timeout=(5, _TIMEOUT_S),
                )
            told = answer.json()
        except (requests.RequestException, ValueError) as error:
            click.echo(f"{self.url} does not answer as a box does ({type(error).__name__})", err=True)
            sys.exit(UNKNOWN)
        if not answer.ok:
            click.echo(told.get("detail") or f"the box answered {answer.status_code}", err=True)
            sys.exit(UNKNOWN if answer.status_code in (401, 503) else REFUSED)
        click.echo(json.dumps(told, indent=1, ensure_ascii=False))
        sys.exit(DONE)


@click.group()
@click.argument("target")
@click.option("--secret-file", type=click.Path(path_type=Path), help="The box's secret, for a TARGET that is a URL.")
@click.pass_context
def box(context: click.Context, target: str, secret_file: Path | None) -> None:
    """Look after one box: its state, its set-points, its containers. Answers are JSON.

    TARGET is the box's file at the desk (DESK/members/box-11.json: it is called at its address in the VPN), or the URL
    of its CLS-Box-Logic (http://127.0.1.11:8081) with --secret-file before it. Exit code 0: done; 1: the box refused;
    2: it does not answer, or not to this secret.
    """
    try:
        context.obj = _target(target, secret_file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        click.echo(f"{target} names no box that could be called ({type(error).__name__}: {error})", err=True)
        sys.exit(UNKNOWN)


def _target(target: str, secret_file: Path | None) -> Box:
    if target.startswith(("http://", "https://")):
        if secret_file is None:
            raise ValueError("a URL needs --secret-file before it")
        return Box(target, secret_file.read_text(encoding="ascii").strip())
    told = json.loads(Path(target).read_text(encoding="utf-8"))
    address = str(told["address"])
    return Box(f"http://{f'[{address}]' if ':' in address else address}:{_PORT}", str(told["secret"]))


@box.command()
@click.pass_obj
def state(called: Box) -> None:
    """Where it takes part, how it measures, clock, disk, link, versions."""
    called.ask("GET", "/state")


@box.command()
@click.pass_obj
def controls(called: Box) -> None:
    """Its flexible consumers and storage, with the set-points that hold now."""
    called.ask("GET", "/controls")


@box.command(context_settings={"ignore_unknown_options": True})  # a power may be negative
@click.argument("name")
@click.argument("power_w", type=int)
@click.argument("seconds", type=click.IntRange(1, 86_400))
@click.pass_obj
def hold(called: Box, name: str, power_w: int, seconds: int) -> None:
    """Hold a device at POWER_W for SECONDS; storage: above 0 it discharges, below it charges."""
    called.ask("POST", f"/control/{name}/start", {"power_w": power_w, "seconds": seconds})


@box.command()
@click.argument("name")
@click.pass_obj
def release(called: Box, name: str) -> None:
    """Let a device go: within a minute it does as it likes."""
    called.ask("POST", f"/control/{name}/stop")


@box.command()
@click.pass_obj
def containers(called: Box) -> None:
    """Its containers, as far as they are managed there."""
    called.ask("GET", "/containers")


@box.command()
@click.argument("name")
@click.argument("act", type=_CONTAINER_ACTS)
@click.pass_obj
def container(called: Box, name: str, act: str) -> None:
    """Start, stop, restart or update one of them."""
    called.ask("POST", f"/container/{name}/{act}")
