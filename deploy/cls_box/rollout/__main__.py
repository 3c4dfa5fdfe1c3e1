"""Boxes to a version: `python -m deploy.cls_box.rollout plan|apply|status|rollback FLEET [BOX...]`.

Exit code 0: all as wanted; 1: at least one box is not; 2: it could not be begun. docs/operations.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.cls_box.rollout.bundle import Bundle, of_release
from deploy.cls_box.rollout.campaign import Campaign
from deploy.cls_box.rollout.engine import DockerEngine
from deploy.cls_box.rollout.errors import RolloutError
from deploy.cls_box.rollout.fleet import Fleet, Member, read_fleet
from deploy.cls_box.rollout.report import of_outcomes, table
from deploy.cls_box.rollout.state import States
from deploy.cls_box.rollout.steps import is_good
from deploy.cls_box.rollout.survey import planned, seen
from deploy.cls_box.rollout.update import Update

DONE, NOT_ALL, NOT_BEGUN = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    told = _parser().parse_args(arguments)
    try:
        fleet = read_fleet(told.fleet)
        members = fleet.chosen(tuple(told.boxes))
        states = States(told.state or told.fleet.parent / "rollout-state")
        return int(told.act(told, fleet, members, states))
    except RolloutError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_BEGUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rollout", description="Bring boxes to the versions that a fleet file names.")
    acts = parser.add_subparsers(required=True, metavar="plan|apply|status|rollback")
    for name, act, words in (
        ("plan", _plan, "what would be done, and what stands against it now; changes nothing"),
        ("apply", _apply, "bring the boxes there; what was interrupted goes on"),
        ("status", _status, "where each box stands, and how it is now"),
        ("rollback", _rollback, "bring the boxes back to what they ran before"),
    ):
        sub = acts.add_parser(name, help=words, description=words)
        sub.add_argument("fleet", type=Path, metavar="FLEET", help="the fleet file (docs/operations.md)")
        sub.add_argument("boxes", nargs="*", metavar="BOX", help="only these")
        sub.add_argument("--state", type=Path, help="the folder of the boxes' states (rollout-state beside FLEET)")
        sub.add_argument("--json", action="store_true", help="for programs")
        sub.set_defaults(act=act)
    return parser


def engine_of(member: Member) -> DockerEngine:
    """The box's engine."""
    project = next(
        (
            line.partition("=")[2].strip().strip("'\"")
            for line in member.environment.read_text(encoding="utf-8").splitlines()
            if line.startswith("TBI_BOX_NAME=")
        ),
        member.name,
    )
    return DockerEngine(member.engine, project)


def target_of(fleet: Fleet, member: Member) -> Bundle:
    """What the fleet file wants of a box. Raises RolloutError."""
    compose, environment = fleet.compose.read_text(encoding="utf-8"), member.environment.read_text(encoding="utf-8")
    return of_release(member.version, compose, environment, fleet.releases[member.version])


def _plan(told: argparse.Namespace, fleet: Fleet, members: Sequence[Member], states: States) -> int:
    rows = [planned(m, target_of(fleet, m), engine_of(m), states.read(m.name), fleet.limits) for m in members]
    _show(rows, ("box", "runs", "wanted", "what would be done"), as_json=told.json)
    return DONE


def _status(told: argparse.Namespace, fleet: Fleet, members: Sequence[Member], states: States) -> int:
    rows = [seen(m, engine_of(m), states.read(m.name), fleet.limits) for m in members]
    _show(rows, ("box", "state", "version", "now"), as_json=told.json)
    return DONE if all(row[3] == "well" for row in rows) else NOT_ALL


def _apply(told: argparse.Namespace, fleet: Fleet, members: Sequence[Member], states: States) -> int:
    return _carried_out(told, fleet, states, {member: target_of(fleet, member) for member in members})


def _rollback(told: argparse.Namespace, fleet: Fleet, members: Sequence[Member], states: States) -> int:
    targets = {}
    for member in members:
        standing = states.read(member.name)
        if standing is not None and standing.before is not None and is_good(standing.phase):
            targets[member] = standing.before
        else:
            sys.stderr.write(f"{member.name}: there is nothing to go back to\n")
    return _carried_out(told, fleet, states, targets) if targets else NOT_BEGUN


def _carried_out(told: argparse.Namespace, fleet: Fleet, states: States, targets: dict[Member, Bundle]) -> int:
    with states.alone():
        updates = [
            Update(member, target, engine_of(member), states, limits=fleet.limits) for member, target in targets.items()
        ]
        outcomes = Campaign(updates, fleet.limits, lambda line: print(line, file=sys.stderr)).run()  # noqa: T201
    sys.stdout.write(of_outcomes(outcomes, as_json=told.json) + "\n")
    return DONE if all(outcome.is_good for outcome in outcomes) else NOT_ALL


def _show(rows: Sequence[tuple[str, ...]], titles: tuple[str, ...], *, as_json: bool) -> None:
    text = (
        json.dumps([dict(zip(titles, row, strict=True)) for row in rows], indent=1) if as_json else table(rows, titles)
    )
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
