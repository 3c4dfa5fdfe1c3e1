"""What `up` says at its end: where the portal is, and who can sign in there."""

from __future__ import annotations

from deploy.local.identity.files import read_json
from deploy.local.plan import Plan
from deploy.local.wellness import Say

_HEADS = ("USER", "PASSWORD", "ROLE")
_CAUTION = (
    "For this machine only: the identity emulation, mongod and the software TPMs are no security boundaries. Nothing "
    "here may hold a real person's data."
)


def announce(plan: Plan, say: Say) -> None:
    """Address, users with their passwords, and where the rest is written."""
    say("")
    say(f"portal: {plan.portal_url}")
    say("")
    for line in table(plan):
        say(f"  {line}")
    say("")
    say(f"addresses of all parts: {plan.settings.endpoints}")
    say(f"users with their attributes: {plan.settings.users}")
    say(_CAUTION)


def table(plan: Plan) -> list[str]:
    """A line for each user, under headings."""
    boxes = {box.name: box for box in plan.boxes}
    rows = [_HEADS]
    for role, user in read_json(plan.settings.users).items():
        box = boxes.get(role)
        place = "" if box is None else f", box {box.address}{'' if box.added else ' (not added yet)'}"
        rows.append((user["username"], user["password"], "/".join(user["groups"]) + place))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
