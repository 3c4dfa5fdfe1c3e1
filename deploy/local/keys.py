"""What cannot be made anew: keys that a chain, a TPM or a database answers to."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.chain.governance import Keyring
from deploy.local.boxes import Box
from deploy.local.plan import Plan


def lost(plan: Plan) -> list[str]:
    """The files that are missing from a data folder whose system ran before."""
    if not plan.settings.endpoints.exists():
        return []
    data = plan.settings.data
    expected = [plan.chain_folder / "producer.key"]
    if (data / "mongo/user-made").exists():
        expected += [plan.settings.mongo_password, data / "mongo/key"]
    if plan.settings.identity.exists():
        expected.append(data / "identity/state/cognito.json")
    for box in plan.boxes:
        expected += _of_box(plan, box)
    return [*Keyring(plan.settings.keys).missing(), *(str(file) for file in expected if not file.exists())]


def _of_box(plan: Plan, box: Box) -> list[Path]:
    """Its secret and provisioning file (with the salt); once it has an account, its TPM and the key's record."""
    folder = plan.box_folder(box)
    files = [folder / "secret", folder / "box.json"]
    if _has_account(folder / "box.json"):
        files += [folder / "swtpm/tpm2-00.permall", folder / "tpm-api/keys/account.json"]
    return files


def _has_account(file: Path) -> bool:
    try:
        return bool(json.loads(file.read_text()).get("account"))
    except (OSError, ValueError, AttributeError):
        return False
