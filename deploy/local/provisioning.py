"""What is laid out before the programs start: secrets, and each box's provisioning file with its owner."""

from __future__ import annotations

from deploy.local.boxes import provision
from deploy.local.gateway import write_pool
from deploy.local.identity.files import read_json
from deploy.local.identity.pool import SERVICES
from deploy.local.plan import Plan
from services.shared.web.auth import create_box_secret


class ProvisioningError(Exception):
    """A box cannot be set up."""


def lay_secrets(plan: Plan) -> None:
    """The secrets of the boxes: what starts early may need one."""
    for box in plan.boxes:
        create_box_secret(plan.box_folder(box) / "secret")


def is_provisioned(plan: Plan) -> bool:
    """Whether everything is there that programs read when they start, and is of today.

    A pool that was described at another port, or before a service had its client, is described anew first.
    """
    pool = read_json(plan.settings.identity)
    current = pool.get("endpoint_url") == plan.url("identity")
    complete = set(SERVICES) <= set(pool.get("service_client_ids", ()))
    return current and complete and all((plan.box_folder(box) / "box.json").exists() for box in plan.boxes)


def provision_all(plan: Plan) -> None:
    """The boxes with their owners, and what the portal must know of the pool; the identity emulation is there.

    Raises ProvisioningError.
    """
    users = read_json(plan.settings.users)
    pool = read_json(plan.settings.identity)
    try:
        for box in plan.boxes:
            provision(box, plan.box_folder(box), str(users[box.name]["sub"]))
        write_pool(plan, pool)
    except KeyError as error:
        raise ProvisioningError(
            f"{plan.settings.users} and {plan.settings.identity} lack {error}; the identity emulation writes them anew "
            "when it starts: ./tbi down, then ./tbi up"
        ) from error
