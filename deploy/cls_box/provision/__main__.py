"""`python -m deploy.cls_box.provision ACT DESK [BOX]`: a box's beginning and end. docs/operations.md.

begin   its name, address, secret and folder; then its containers start (rollout)
finish  keys on the box, vouched for by its TPM; certificate; VPN. Done again it changes nothing
renew   a new certificate, once the earlier one has 30 days left
retire, stolen   no way in any more; says what is left to do
list    all boxes
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.cls_box.authority import AuthorityError
from deploy.cls_box.provision.desk import Desk, Member, described
from deploy.cls_box.provision.errors import ProvisionError
from deploy.cls_box.provision.hand import EngineHand, Hand, LocalHand
from deploy.cls_box.provision.leaving import leave, renew
from deploy.cls_box.provision.register import MarketRegister, Register
from deploy.cls_box.provision.steps import Wish, lay_out, prove, shown
from deploy.cls_box.rollout.engine import DockerEngine
from deploy.local.fill.people import Person
from services.cls_box_logic.provisioning import box_of as check_box

ACTS = ("begin", "finish", "renew", "retire", "stolen", "list")


def main(arguments: Sequence[str] | None = None) -> int:
    told = _parser().parse_args(arguments)
    try:
        _act(told, Desk(told.desk))
    except (ProvisionError, AuthorityError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="provision", description="A box's beginning and end.")
    parser.add_argument("act", choices=ACTS)
    parser.add_argument("desk", type=Path, help="the operator's folder (desk.yaml)")
    parser.add_argument("box", nargs="?", default="")
    parser.add_argument("--address", help="begin: in the VPN; the next free one when it is not given")
    parser.add_argument("--box-file", type=Path, help="begin: JSON with `points` and `units` as box.json has them")
    parser.add_argument("--context", help="the box's engine: a docker context")
    parser.add_argument("--host", help="the box's engine: ssh://user@address")
    parser.add_argument("--image", default="", help="begin: the box's image by digest")
    parser.add_argument("--folder", default="/etc/tbi-box", help="TBI_BOX_CONFIG on the box")
    parser.add_argument("--local", type=Path, help="in place of an engine: the folder of a box on this machine")
    parser.add_argument("--tpm-api", default="", help="with --local: the URL of its TPM API")
    parser.add_argument("--gateway", default="", help="retire, stolen: the portal's address; its register is told")
    parser.add_argument(
        "--user", default="admin", help="with --gateway: an administrator (password: TBI_PASSWORD, or asked)"
    )
    return parser


def _act(told: argparse.Namespace, desk: Desk) -> None:
    if told.act == "list":
        sys.stdout.write(json.dumps([shown(member) for member in desk.members()], indent=1) + "\n")
    elif told.act == "begin":
        hand = _hand(told)
        if told.local is None and not told.image:
            raise ProvisionError("begin: --image is needed, the box's image by digest")
        lay_out(desk, Wish(told.box, told.address, *_points_and_units(told.box_file)), hand, _say)
    elif told.act == "finish":
        member = desk.member(told.box)
        if member is None or member.status not in ("making", "ready"):
            raise ProvisionError(f"{told.box} was not begun, or has left")
        prove(desk, member, _hand(told), _say)
    elif told.act == "renew":
        _say(f"{told.box}: certificate until {renew(desk, told.box, _hand(told))}; shown with the next connection")
    else:
        for line in leave(desk, told.box, "stolen" if told.act == "stolen" else "retired", _register(told)):
            _say(f"- {line}")


def _points_and_units(file: Path | None) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """Of a --box-file, in the form that the box itself takes them. Raises ProvisionError."""
    if file is None:
        return (), ()
    try:
        more = json.loads(file.read_text(encoding="utf-8"))
        points, units = tuple(more.get("points", ())), tuple(more.get("units", ()))
        check_box(described(Member("box", "10.0.0.1", "00", ""), list(points), list(units)))
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ProvisionError(
            f"--box-file {file} is no JSON with `points` and `units` as box.json has them: {error}"
        ) from error
    return points, units


def _register(told: argparse.Namespace) -> Register | None:
    if not told.gateway:
        return None
    password = os.environ.get("TBI_PASSWORD") or getpass.getpass(f"Password of {told.user}: ")
    return MarketRegister(Person(told.gateway.rstrip("/"), told.user, password, ""))


def _hand(told: argparse.Namespace) -> Hand:
    if told.local is not None:
        box = told.local / "box"
        return LocalHand(
            told.local,
            {
                "TBI_BOX_CONFIG": str(box / "box.json"),
                "TBI_BOX_SECRET_FILE": str(box / "secret"),
                "TBI_TPM_API_URL": told.tpm_api,
            },
        )
    if (told.context is None) == (told.host is None):
        raise ProvisionError("either --context or --host (or --local) is needed")
    engine = ("DOCKER_CONTEXT", told.context) if told.context else ("DOCKER_HOST", told.host)
    return EngineHand(DockerEngine(engine, told.box), told.folder, told.image)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
