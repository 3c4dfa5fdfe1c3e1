"""Setting the boxes up: secret, provisioning file, TPM key, registration in market `lem`."""

from __future__ import annotations

import requests

from deploy.chain.governance import Governance
from deploy.chain.market import LEM, Participant, Point, fund, has_euro, is_registered, register_participant, salted
from deploy.local.boxes import Box, Provisioned, provision
from deploy.local.plan import Plan
from services.shared.web.auth import create_box_secret, read_box_secret

KEY_LABEL = "account"
PLAY_MONEY = "100.000000 EUR"
_TIMEOUT_S = 30


class ProvisioningError(Exception):
    """A box cannot be set up."""


def prepare(plan: Plan, box: Box) -> Provisioned:
    """What the box's programs read when they start."""
    create_box_secret(plan.settings.data / "cloud/secret")
    return provision(box, plan.box_folder(box))


def register(plan: Plan, chain: Governance, entry: Provisioned) -> bool:
    """Account with the box's TPM key, its point and units in `lem`, some EUR to begin with. False: all was there."""
    if is_registered(chain, LEM.name, entry.account) and has_euro(chain, entry.account):
        return False
    register_participant(chain, LEM.name, participant(plan, entry))
    if not has_euro(chain, entry.account):
        fund(chain, [entry.account], PLAY_MONEY)
    return True


def participant(plan: Plan, entry: Provisioned) -> Participant:
    """The box as a market's registry takes it. Raises ProvisioningError when its TPM API gives no key."""
    units = tuple(salted(entry.salt, unit.mastr_nr) for unit in entry.box.units)
    point = Point(salted(entry.salt, entry.box.serial_number), units=units)
    return Participant(entry.account, tpm_key(plan, entry.box), (point,))


def tpm_key(plan: Plan, box: Box) -> str:
    """`PUB_R1_...` of the box's TPM; the key is made when there is none. Raises ProvisioningError."""
    url = plan.program(f"{box.name}.tpm-api").url
    headers = {"Authorization": f"Bearer {read_box_secret(plan.box_folder(box) / 'secret')}"}
    try:
        answer = requests.get(f"{url}/key/{KEY_LABEL}", headers=headers, timeout=_TIMEOUT_S)
        if answer.status_code == 404:
            answer = requests.post(f"{url}/key", json={"label": KEY_LABEL}, headers=headers, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return str(answer.json()["public_key"])
    except (requests.RequestException, ValueError, KeyError) as error:
        raise ProvisioningError(f"the TPM API of box {box.name} gives no key: {error}") from error
